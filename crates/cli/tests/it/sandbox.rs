//! Attempts to get out of a confinement, run for real, and the same outside where they work.

use crate::rig::{Finished, Rig};
use std::{fs, net::TcpListener, os::unix::net::UnixListener};

/// Where an attempt leaves its trace, and how it is made.
struct Attempt {
    name: &'static str,
    script: String,
}

fn attempt(name: &'static str, script: impl Into<String>) -> Attempt {
    Attempt {
        name,
        script: script.into(),
    }
}

fn confined(rig: &Rig, script: &str) -> Finished {
    rig.gimlet(["sandbox", "--", "bash", "-c", script]).finish()
}

fn plain(rig: &Rig, script: &str) -> bool {
    let mut command = std::process::Command::new("bash");
    let command = command.args(["-c", script]).current_dir(rig.work());
    let command = command.stdout(std::process::Stdio::null());
    command
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// Whether this machine gives namespaces. Where it does not, that less holds is said, and
/// nothing more can be shown here.
fn holds_all(rig: &Rig) -> bool {
    let said = rig.gimlet(["sandbox", "doctor"]).finish().out();
    let all = said.starts_with("files, processes and the network are confined\n");
    let less = [
        "writing and the network are confined; nothing is hidden\n",
        "commands cannot be confined\n",
    ];
    assert!(
        all || less.iter().any(|less| said.starts_with(less)),
        "{said}"
    );
    all
}

#[test]
fn attempts_that_work_outside_are_refused_inside() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    fs::create_dir_all(rig.home().join(".ssh")).unwrap();
    fs::write(rig.home().join(".ssh/id"), "secret").unwrap();
    fs::write(rig.home().join(".netrc"), "secret").unwrap();
    fs::create_dir_all(rig.work().join(".git/hooks")).unwrap();
    fs::create_dir_all(rig.work().join(".claude")).unwrap();
    fs::write(rig.work().join(".mcp.json"), "{}").unwrap();
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    let socket = rig.home().join("socket");
    let _listening = UnixListener::bind(&socket).unwrap();
    let home = rig.home().display().to_string();
    let us = std::process::id();
    let attempts = [
        attempt("read a key", format!("test -s {home}/.ssh/id")),
        attempt(
            "read a key by a link",
            format!("ln -sfn {home}/.ssh l && test -s l/id"),
        ),
        attempt(
            "read a key through /proc",
            format!("test -s /proc/self/root{home}/.ssh/id"),
        ),
        attempt(
            "read a key by a link to a file",
            format!("ln -sf {home}/.netrc n && test -s n"),
        ),
        attempt("list keys", format!("ls {home}/.ssh | grep id")),
        attempt("write a hook", "echo x > .git/hooks/pre-commit"),
        attempt("replace the folder of hooks", "mv .git/hooks .git/gone"),
        attempt(
            "move what holds the hooks",
            "mv .git elsewhere && mv elsewhere .git",
        ),
        attempt(
            "make the agent's own settings",
            "echo '{}' > .claude/settings.json",
        ),
        attempt("change servers", "echo '{\"a\":1}' > .mcp.json"),
        attempt("remove servers", "rm .mcp.json && touch .mcp.json"),
        attempt(
            "write over servers by a hard link",
            "ln .mcp.json h && echo x > h",
        ),
        attempt("see a process", format!("kill -0 {us}")),
        attempt("look into a process", format!("test -r /proc/{us}/status")),
        attempt("list all processes", format!("ps -p {us}")),
        attempt(
            "reach a server by IPv4",
            format!("exec 3<>/dev/tcp/127.0.0.1/{port}"),
        ),
        attempt(
            "reach a server by name",
            format!("exec 3<>/dev/tcp/localhost/{port}"),
        ),
        attempt(
            "reach a server by a mapped address",
            format!("exec 3<>/dev/tcp/::ffff:127.0.0.1/{port}"),
        ),
        attempt(
            "trace a child",
            "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(0,0,0,0) != 0)'",
        ),
        attempt("a world of its own", "unshare --user true"),
        attempt(
            "another root",
            "unshare --user --map-root-user chroot / true",
        ),
        attempt(
            "a packet socket",
            "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'",
        ),
        attempt(
            "a raw socket",
            "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'",
        ),
        attempt(
            "netlink changes",
            "ip link add dummy7 type dummy && ip link del dummy7",
        ),
        attempt(
            "io_uring",
            "python3 -c 'import ctypes,sys; b=(ctypes.c_char*120)(); sys.exit(ctypes.CDLL(None).syscall(425,1,b) < 0)'",
        ),
        attempt(
            "keys of the kernel",
            "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).syscall(250,0,-3,1) < 0)'",
        ),
        attempt("mount", "mount -t tmpfs none /mnt && umount /mnt"),
        attempt("another owner", "touch o && chown 12345 o"),
    ];
    let mut possible = Vec::new();
    let mut told_nothing = Vec::new();
    for Attempt { name, script } in &attempts {
        if confined(&rig, script).code == Some(0) {
            possible.push(*name);
        }
        if !plain(&rig, script) {
            told_nothing.push(*name);
        }
        fs::create_dir_all(rig.work().join(".git/hooks")).unwrap();
    }
    assert_eq!(possible, Vec::<&str>::new(), "possible inside");
    // Some need a tool or a right that not every machine gives; most must be real attempts.
    assert!(
        told_nothing.len() * 3 <= attempts.len(),
        "refused outside, too: {told_nothing:?}"
    );
}

#[test]
fn nothing_outside_changes_whatever_a_command_writes() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let outside = rig.home().join("outside");
    fs::write(&outside, "as it was").unwrap();
    let path = outside.display().to_string();
    let home = rig.home().display().to_string();
    for script in [
        format!("echo x > {path}"),
        format!("echo x >> {path}"),
        format!("rm -f {path}"),
        format!("mv {path} {path}.moved"),
        format!("chmod 0777 {path}"),
        format!("truncate -s 0 {path}"),
        format!("ln -sf {path} link && echo x > link"),
        format!("ln -f {path} hard && echo x > hard"),
        format!("ln -sfn {home} folder && echo x > folder/outside"),
        format!("cp /dev/null {path}"),
        format!("echo x > /proc/self/root{path}"),
        format!("cd {home} && echo x > outside"),
        format!("exec 3>{path}; echo x >&3"),
        format!("python3 -c 'import os; os.rename(\"{path}\", \"stolen\")'"),
        "echo x > /etc/gimlet-was-here".to_owned(),
        "echo x > /usr/local/bin/gimlet-was-here".to_owned(),
    ] {
        confined(&rig, &script);
        assert_eq!(
            fs::read_to_string(&outside).unwrap(),
            "as it was",
            "{script}"
        );
        assert_eq!(
            fs::metadata(&outside).unwrap().permissions(),
            fs::metadata(&outside).unwrap().permissions()
        );
    }
    for place in ["/etc/gimlet-was-here", "/usr/local/bin/gimlet-was-here"] {
        assert!(fs::symlink_metadata(place).is_err(), "{place}");
    }
}

#[test]
fn ordinary_work_goes_on_inside() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    rig.git(&["commit", "--quiet", "--allow-empty", "--message=First"]);
    let script = "set -e
        echo 'int main(void) { return 0; }' > a.c
        git add a.c
        git -c user.name=a -c user.email=a@b commit -qm Second
        git log --oneline | wc -l
        mktemp -d > /dev/null
        echo x | tee /dev/stderr | cat > /dev/null
        (exec 3<>/dev/null)
        python3 -c 'import socket, threading; s = socket.create_server((\"127.0.0.1\", 0)); socket.create_connection(s.getsockname())'
        exit 7";
    let run = confined(&rig, script);
    assert_eq!(
        (run.code, run.out().trim().to_owned()),
        (Some(7), "3".to_owned()),
        "{}",
        run.err()
    );
}

#[test]
fn what_is_left_behind_ends_with_the_command() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let script = "sh -c 'while :; do echo x >> alive; read -t 0.05 < /dev/zero; done' & \
                  until test -s alive; do :; done";
    assert_eq!(confined(&rig, script).code, Some(0));
    // Its world is gone, so nobody writes any more: two looks agree.
    let first = rig.text("alive").len();
    assert!(plain(
        &rig,
        "until test $(date +%N) -gt 100000000; do :; done"
    ));
    assert_eq!(rig.text("alive").len(), first);
}

#[test]
fn what_cannot_run_is_said_and_has_its_own_code() {
    let rig = Rig::new();
    let run = rig.gimlet(["sandbox", "--", "no-such-program"]).finish();
    assert_eq!(run.code, Some(125));
    assert!(run.err().contains("no-such-program"), "{}", run.err());
    if holds_all(&rig) {
        let run = rig.gimlet(["sandbox", "doctor"]).finish();
        assert_eq!(run.code, Some(0), "{}", run.out());
        assert!(!run.out().contains("POSSIBLE"), "{}", run.out());
    }
}
