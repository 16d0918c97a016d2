//! Attempts to get out of a confinement, run for real, and the same outside where they work.

mod attempts;

use crate::rig::{Finished, Rig};
use attempts::{Attempt, KERNEL, LATER, NETWORK, OTHERS, Outside, RIGHTS, WRITING};
use std::{
    fs,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    },
    path::Path,
};

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
        "writing and the network are confined; nothing is hidden",
        "commands cannot be confined\n",
    ];
    assert!(
        all || less.iter().any(|less| said.starts_with(less)),
        "{said}"
    );
    all
}

/// What is outside of the workspace and of private folders, as it was.
fn put_outside(out: &Path) {
    for (name, text) in [
        ("victim", "as it was"),
        ("secret/key", "secret"),
        ("keyfile", "secret"),
    ] {
        fs::create_dir_all(out.join("secret")).unwrap();
        fs::write(out.join(name), text).unwrap();
    }
}

fn as_it_was(out: &Path) -> bool {
    let victim = fs::read_to_string(out.join("victim"));
    victim.is_ok_and(|text| text == "as it was") && !out.join("made").exists()
}

/// Tries each inside and outside, and tells what is not as it should be.
fn are_refused_and_told(attempts: &[Attempt]) {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    // Not in `/tmp`, which is another inside anyway.
    let out = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let out = out.path().canonicalize().unwrap();
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let server6 = TcpListener::bind(("::1", 0)).ok();
    let _listening = UnixListener::bind(out.join("socket")).unwrap();
    let name = format!("gimlet-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _abstract = UnixListener::bind_addr(&address).unwrap();
    let port = |server: &TcpListener| server.local_addr().unwrap().port().to_string();
    let port6 = server6.as_ref().map_or_else(|| "1".to_owned(), port);
    let script_of = |script: &str| {
        script
            .replace("OUT", out.to_str().unwrap())
            .replace("PORT6", &port6)
            .replace("PORT", &port(&server))
            .replace("US", &std::process::id().to_string())
            .replace("ABSTRACT", &name)
    };
    let hidden = ["secret", "keyfile"].map(|name| out.join(name).display().to_string());
    let as_at_first = rig.root().join("as at first");
    copy(&rig.work(), &as_at_first);
    let (mut possible, mut untold, mut told_nothing) = (Vec::new(), Vec::new(), Vec::new());
    for attempt in attempts {
        let script = script_of(attempt.script);
        put_outside(&out);
        let [secret, file] = &hidden;
        let run = rig
            .gimlet(["sandbox", "--hide", secret, "--hide", file, "--"])
            .args(["bash", "-c", &script])
            .finish();
        if run.code == Some(0) || !as_it_was(&out) {
            possible.push(attempt.name);
        }
        let said = format!("{}{}", run.out(), run.err());
        if !attempt.said.iter().any(|words| said.contains(words)) {
            untold.push(format!("{}: {said}", attempt.name));
        }
        // What stood in for the missing is gone.
        assert!(!rig.work().join(".claude").exists());
        fs::remove_dir_all(rig.work()).unwrap();
        copy(&as_at_first, &rig.work());
        put_outside(&out);
        if !plain(&rig, &script) && attempt.outside == Outside::Works {
            told_nothing.push(attempt.name);
        }
        for left in ["victim", "moved", "made"] {
            fs::remove_file(out.join(left)).unwrap_or_default();
        }
        fs::remove_dir_all(rig.work()).unwrap();
        copy(&as_at_first, &rig.work());
    }
    assert_eq!(possible, Vec::<&str>::new(), "possible inside");
    assert_eq!(untold, Vec::<String>::new(), "not told as what it was");
    assert_eq!(told_nothing, Vec::<&str>::new(), "refused outside, too");
}

fn copy(from: &Path, to: &Path) {
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-a").args([from, to]).status().unwrap().success());
}

#[test]
fn writing_outside_is_refused_and_told() {
    are_refused_and_told(WRITING);
}

#[test]
fn what_makes_code_run_later_is_kept_and_told() {
    are_refused_and_told(LATER);
}

#[test]
fn secrets_and_other_processes_are_out_of_reach() {
    are_refused_and_told(OTHERS);
}

#[test]
fn the_network_is_out_of_reach() {
    are_refused_and_told(NETWORK);
}

#[test]
fn what_belongs_to_the_machine_is_refused_and_told() {
    are_refused_and_told(KERNEL);
    let count: usize = [WRITING, LATER, OTHERS, NETWORK, KERNEL, RIGHTS]
        .iter()
        .map(|attempts| attempts.len())
        .sum();
    assert!(count >= 60, "{count} attempts");
}

#[test]
fn rights_and_devices_are_not_to_be_had() {
    are_refused_and_told(RIGHTS);
}

#[test]
fn an_ordinary_person_is_held_the_same() {
    /// Has no rights anywhere.
    const NOBODY: u32 = 65_534;
    let rig = Rig::new();
    let mut run = rig.gimlet(["sandbox", "doctor"]);
    if rustix::process::geteuid().is_root() {
        let mut give = std::process::Command::new("chown");
        let give = give.args(["-R", "65534:65534"]).arg(rig.root());
        assert!(give.status().unwrap().success());
        let program = rig.root().join("gimlet");
        fs::copy(env!("CARGO_BIN_EXE_gimlet"), &program).unwrap();
        run = run.run_as(NOBODY, program);
    }
    let said = run.finish().out();
    // Some machines give namespaces to root alone, and say so.
    if said.starts_with("files, processes and the network are confined\n") {
        assert!(
            !said.contains("POSSIBLE") && !said.contains("BROKEN"),
            "{said}"
        );
    }
}

#[test]
fn limits_hold_for_processes_memory_and_files() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    rig.settings(
        r#"{"sandbox": {"limits": {"processes": 310, "memoryMegabytes": 300, "fileMegabytes": 1}}}"#,
    );
    let bomb = "python3 -c '
import os, time
children = []
try:
    while len(children) < 400:
        child = os.fork()
        if child == 0: time.sleep(1000)
        children.append(child)
finally:
    for child in children: os.kill(child, 9)
'";
    let memory = "python3 -c 'print(len(bytearray(600 << 20)))'";
    let disk = "head -c 3000000 /dev/zero > big; wc -c < big; test $(wc -c < big) -gt 2000000";
    for (name, script, said) in [
        ("a fork bomb", bomb, "BlockingIOError"),
        ("much memory", memory, "MemoryError"),
        ("a large file", disk, "1048576"),
    ] {
        let run = confined(&rig, script);
        let shown = format!("{}{}", run.out(), run.err());
        assert_ne!(run.code, Some(0), "{name}: {shown}");
        assert!(shown.contains(said), "{name}: {shown}");
    }
    assert!(plain(&rig, memory) && plain(&rig, disk) && plain(&rig, bomb));
}

#[test]
fn with_rules_alone_writing_and_the_network_are_held_and_with_nothing_nothing_runs() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let out = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let out = out.path().canonicalize().unwrap();
    put_outside(&out);
    let with = |strength: &str, script: &str| {
        rig.gimlet([
            "sandbox",
            "--strength",
            strength,
            "--",
            "bash",
            "-c",
            script,
        ])
        .finish()
    };
    let victim = out.join("victim").display().to_string();
    for script in [
        format!("echo x > {victim}"),
        format!("rm {victim}"),
        "python3 -c 'import socket; socket.socket(socket.AF_INET)'".to_owned(),
        "unshare --user true".to_owned(),
        "mount -t tmpfs none /mnt".to_owned(),
    ] {
        let run = with("rules", &script);
        assert_ne!(run.code, Some(0), "{script}");
        assert!(as_it_was(&out), "{script}");
    }
    let run = with("rules", "echo x > made && cat made && exit 7");
    assert_eq!(
        (run.code, run.out()),
        (Some(7), "x\n".to_owned()),
        "{}",
        run.err()
    );
    let run = with("none", "echo ran");
    assert_eq!((run.code, run.out()), (Some(125), String::new()));
    assert!(
        run.err().contains("nothing to confine it by"),
        "{}",
        run.err()
    );
    let doctor = rig
        .gimlet(["sandbox", "--strength", "rules", "doctor"])
        .finish();
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor.out().contains("POSSIBLE  write where hooks are"),
        "{}",
        doctor.out()
    );
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
