//! Each thing that a repository can have git run: sprung by git as it is, and not by ours.

use crate::rig::{PATH, Rig};
use gimlet_trust::{Git, GitEnv, GitFault, session_environment};
use std::{
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// What git is asked: everything that looks at a repository.
const LOOKS: [&[&str]; 9] = [
    &["status", "--porcelain"],
    &["diff"],
    &["diff", "--cached"],
    &["log", "-p", "-1"],
    &["show", "HEAD"],
    &["ls-files", "--modified"],
    &["rev-parse", "HEAD"],
    &["branch", "--all"],
    &["stash", "list"],
];

/// Configures, sees that plain git falls for it, and that ours does not, whatever it is asked.
#[track_caller]
fn holds(name: &str, plain: &[&str], set_up: impl Fn(&Rig, &Path)) {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    set_up(&rig, &folder);
    rig.sprung();
    rig.plain_git(&folder, plain);
    assert!(rig.sprung(), "{name}: git {plain:?} runs it");
    // What git remembers of a file that it has read is told by time; this is as if changed.
    fs::write(folder.join("a.txt"), "one\ntwo\nthree\n").unwrap();
    let git = rig.git().at(&folder).unwrap();
    for look in LOOKS.into_iter().chain([plain]) {
        drop(git.ask(look));
        assert!(!rig.sprung(), "{name}: ours runs it for {look:?}");
    }
}

fn set(rig: &Rig, folder: &Path, key: &str, value: &str) {
    rig.made(folder, &["config", key, value]);
}

#[test]
fn a_monitor_is_not_run() {
    holds("fsmonitor", &["status"], |rig, folder| {
        set(
            rig,
            folder,
            "core.fsmonitor",
            rig.trap("evil").to_str().unwrap(),
        );
    });
}

#[test]
fn hooks_are_not_run() {
    holds("hooks", &["commit", "--all", "-m", "x"], |rig, _| {
        rig.trap("repo/.git/hooks/pre-commit");
        rig.trap("repo/.git/hooks/post-index-change");
        rig.trap("repo/.git/hooks/post-checkout");
    });
    holds(
        "hooksPath",
        &["checkout", "-q", "-b", "x"],
        |rig, folder| {
            rig.trap("repo/hooks/post-checkout");
            set(rig, folder, "core.hooksPath", "hooks");
        },
    );
}

#[test]
fn filters_are_not_run() {
    for (key, name) in [("clean", "one"), ("process", "two.Three")] {
        holds(key, &["diff"], |rig, folder| {
            let trap = rig.trap("evil");
            let key = format!("filter.{name}.{key}");
            set(rig, folder, &key, trap.to_str().unwrap());
            rig.file("repo/.gitattributes", &format!("*.txt filter={name}\n"));
        });
    }
    // Also where the attributes and the configuration come from elsewhere.
    holds("included", &["diff"], |rig, folder| {
        let trap = rig.trap("evil");
        let text = format!("[filter \"x\"]\n\tclean = {}\n", trap.display());
        rig.file("repo/more", &text);
        set(rig, folder, "include.path", "../more");
        rig.file("repo/.git/info/attributes", "*.txt filter=x\n");
    });
}

#[test]
fn drivers_of_diffs_are_not_run() {
    holds("external", &["diff"], |rig, folder| {
        set(
            rig,
            folder,
            "diff.external",
            rig.trap("evil").to_str().unwrap(),
        );
    });
    holds("command", &["diff"], |rig, folder| {
        set(
            rig,
            folder,
            "diff.x.command",
            rig.trap("evil").to_str().unwrap(),
        );
        rig.file("repo/.gitattributes", "*.txt diff=x\n");
    });
    holds("textconv", &["log", "-p", "-1"], |rig, folder| {
        set(
            rig,
            folder,
            "diff.x.textconv",
            rig.trap("evil").to_str().unwrap(),
        );
        rig.file("repo/.gitattributes", "*.txt diff=x\n");
    });
}

#[test]
fn signatures_are_not_checked_by_a_program_of_the_repository() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    // A commit that claims to be signed.
    let tree = rig.plain_git(&folder, &["rev-parse", "HEAD^{tree}"]).stdout;
    let tree = String::from_utf8(tree).unwrap();
    let commit = rig.file(
        "commit",
        &format!(
            "tree {tree}author P <p@x> 1700000000 +0000\ncommitter P <p@x> 1700000000 +0000\n\
             gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nsigned\n"
        ),
    );
    let made = rig.plain_git(
        &folder,
        &[
            "hash-object",
            "-t",
            "commit",
            "-w",
            commit.to_str().unwrap(),
        ],
    );
    let id = String::from_utf8(made.stdout).unwrap();
    rig.made(&folder, &["update-ref", "HEAD", id.trim()]);
    set(&rig, &folder, "log.showSignature", "true");
    set(
        &rig,
        &folder,
        "gpg.program",
        rig.trap("evil").to_str().unwrap(),
    );
    rig.plain_git(&folder, &["log", "-1"]);
    assert!(rig.sprung(), "git log runs it");
    let git = rig.git().at(&folder).unwrap();
    for look in LOOKS
        .iter()
        .chain(&[&["log", "-1", "--show-signature"][..]])
    {
        drop(git.ask(look));
        assert!(!rig.sprung(), "ours runs it for {look:?}");
    }
}

#[test]
fn transports_and_helpers_are_not_run() {
    holds("ssh", &["ls-remote", "origin"], |rig, folder| {
        set(
            rig,
            folder,
            "core.sshCommand",
            rig.short_trap("evil").to_str().unwrap(),
        );
        set(rig, folder, "protocol.ssh.allow", "always");
        set(rig, folder, "remote.origin.url", "ssh://h.invalid/x");
    });
    holds("ext", &["ls-remote", "origin"], |rig, folder| {
        set(rig, folder, "protocol.ext.allow", "always");
        let url = format!("ext::sh -c {}", rig.short_trap("evil").display());
        set(rig, folder, "remote.origin.url", &url);
    });
}

#[test]
fn no_helper_is_asked_for_a_password() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    let trap = rig.short_trap("evil");
    let trap = trap.to_str().unwrap();
    set(&rig, &folder, "credential.helper", trap);
    set(&rig, &folder, "credential.https://h.invalid.helper", trap);
    set(&rig, &folder, "core.askPass", trap);
    let asked = rig.file("asked", "protocol=https\nhost=h.invalid\n\n");
    let fill = |mut command: Command| {
        let asked = fs::File::open(&asked).unwrap();
        command.stdin(asked).output().unwrap();
    };
    let mut plain = Command::new("git");
    plain.args(["credential", "fill"]).current_dir(&folder);
    fill(plain);
    assert!(rig.sprung(), "git credential runs it");
    fill(
        rig.git()
            .at(&folder)
            .unwrap()
            .command(&["credential", "fill"]),
    );
    assert!(!rig.sprung());
}

#[test]
fn aliases_editors_and_pagers_are_not_run() {
    holds("editor", &["commit", "--all"], |rig, folder| {
        set(
            rig,
            folder,
            "core.editor",
            rig.trap("evil").to_str().unwrap(),
        );
    });
    // A pager wants a terminal; ours is told not to page, and what page with.
    let rig = Rig::new();
    let folder = rig.repository("repo");
    set(
        &rig,
        &folder,
        "core.pager",
        rig.trap("evil").to_str().unwrap(),
    );
    let command = rig.git().at(&folder).unwrap().command(&["log"]);
    let arguments: Vec<_> = command.get_args().collect();
    assert!(arguments.contains(&"--no-pager".as_ref()));
    let is_set = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
        name == "GIT_PAGER" && value == Some("cat".as_ref())
    };
    assert!(command.get_envs().any(is_set));
}

#[test]
fn a_repository_among_plain_files_is_refused() {
    let rig = Rig::new();
    let folder = rig.folder("repo/vendor/x.git");
    rig.made(&folder, &["init", "--quiet", "--bare", "."]);
    for (key, value) in [
        ("core.bare", "false"),
        ("core.worktree", "."),
        ("core.fsmonitor", rig.trap("evil").to_str().unwrap()),
    ] {
        rig.made(&folder, &["config", key, value]);
    }
    rig.plain_git(&folder, &["status"]);
    assert!(rig.sprung(), "git status runs it");
    let git = rig.git().at(&folder).unwrap();
    for look in LOOKS {
        let fault = git.run(look).unwrap_err();
        assert!(matches!(fault, GitFault::Failed { .. }), "{fault}");
    }
    assert!(!rig.sprung());
}

#[test]
fn the_environment_and_the_folder_do_not_choose_the_program() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    rig.trap("repo/bin/git");
    rig.trap("repo/git");
    let path = format!(":.:{}:bin:{PATH}", folder.join("bin").display());
    let git = Git::new(GitEnv {
        path: Some(OsString::from(path)),
        home: Some(rig.at("home")),
        config_home: None,
    });
    let git = git.at(&folder).unwrap();
    assert_eq!(git.run(&["branch", "--show-current"]).unwrap(), "main\n");
    assert!(!rig.sprung());
    let none = Git::new(GitEnv {
        path: Some(folder.join("bin").into_os_string()),
        ..GitEnv::default()
    });
    assert!(matches!(none.at(&folder), Err(GitFault::Missing)));
}

#[test]
fn what_git_says_is_told() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    let git = rig.git().at(&folder).unwrap();
    assert!(git.run(&["diff"]).unwrap().contains("+two"));
    let fault = git.run(&["show", "nothing"]).unwrap_err();
    assert!(
        fault.to_string().starts_with("git show failed: "),
        "{fault}"
    );
}

#[test]
fn the_person_s_own_configuration_counts_unless_it_is_left_out() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    rig.file("home/.gitconfig", "[user]\n\tname = Somebody\n");
    let name = |git: Git| {
        let git = git.at(&folder).unwrap();
        git.ask(&["config", "user.name"]).unwrap().text()
    };
    assert_eq!(name(rig.git()), "Somebody\n");
    assert_eq!(name(rig.git().apart()), "");
    assert_eq!(name(rig.git().apart().with("user.name", "Demo")), "Demo\n");
}

/// Runs git as a command of a session would.
fn in_session(rig: &Rig, folder: &Path, trusted: bool, arguments: &[&str]) -> String {
    let (set, taken) = session_environment(trusted, 0);
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", rig.at("home"))
        .env("GIT_EXTERNAL_DIFF", rig.at("evil"))
        .env("GIT_DIR", "/nonexistent");
    for name in taken {
        command.env_remove(name);
    }
    let output = command.envs(set).stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn looking_in_a_session_runs_neither_monitor_nor_hook() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    set(
        &rig,
        &folder,
        "core.fsmonitor",
        rig.trap("evil").to_str().unwrap(),
    );
    rig.trap("repo/.git/hooks/post-index-change");
    for look in LOOKS {
        in_session(&rig, &folder, true, look);
        assert!(!rig.sprung(), "{look:?}");
    }
    assert_eq!(
        in_session(&rig, &folder, true, &["branch", "--show-current"]),
        "main\n"
    );
}

#[test]
fn hooks_of_a_commit_run_in_a_session_where_the_repository_is_trusted() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    rig.trap("repo/.git/hooks/pre-commit");
    rig.file("home/.gitconfig", "[user]\n\tname = P\n\temail = p@x\n");
    let commit = ["commit", "--quiet", "--all", "--message=x"];
    in_session(&rig, &folder, false, &commit);
    assert!(!rig.sprung());
    rig.file("repo/a.txt", "three\n");
    in_session(&rig, &folder, true, &commit);
    assert!(rig.sprung());
}
