//! What is about to leave, in real repositories, and a real push that is stopped.

use crate::{
    rig::{Rig, path_variable},
    wire::Wire,
};
use serde_json::json;
use std::{fs, process::Command};

/// A key in pieces, so that scanners of this repository stay quiet.
fn key() -> String {
    ["ghp_", "FAKE1fake2FAKE3fake4", "FAKE5fake6FAKE7f"].concat()
}

fn repository() -> Rig {
    let rig = Rig::new();
    rig.settings(r#"{"confidentialTerms": ["Blue Orca", "build.corp.example"]}"#);
    rig.file("plain.txt", "nothing to see\n");
    rig.git(&["add", "--all"]);
    rig.git(&["commit", "--quiet", "--message=Plain"]);
    rig
}

#[test]
fn what_is_staged_is_told_with_its_place_and_how_to_say_it() {
    let rig = repository();
    let run = rig.gimlet(["undercover", "scan"]).finish().expect(0);
    assert_eq!(run.out(), "Nothing was found that should not leave.\n");
    rig.file(
        "plain.txt",
        format!("nothing to see\nfor blue_orca\ntoken = {}\n", key()),
    );
    rig.git(&["add", "--all"]);
    let run = rig
        .gimlet(["undercover", "scan", "--staged"])
        .finish()
        .expect(1);
    let out = run.out();
    assert!(
        out.contains("plain.txt:2:5: confidential term `Blue Orca`\n  instead: for [internal]\n"),
        "{out}"
    );
    assert!(out.contains("plain.txt:3:9: "), "{out}");
    assert!(!out.contains(&key()), "{out}");
    // Not staged is not about to leave.
    rig.git(&["reset", "--quiet"]);
    rig.gimlet(["undercover", "scan"]).finish().expect(0);
    rig.gimlet(["undercover", "scan", "plain.txt"])
        .finish()
        .expect(1);
}

#[test]
fn messages_names_of_files_and_removed_lines_are_told_apart() {
    let rig = repository();
    rig.file("plain.txt", "internal: blue orca\n");
    rig.git(&["commit", "--quiet", "--all", "--message=Prepare"]);
    rig.file("plain.txt", "nothing\n");
    rig.file("BlueOrca.md", "x\n");
    rig.git(&["add", "--all"]);
    rig.git(&[
        "commit",
        "--quiet",
        "--message=Ask build.corp.example\n\nIt knows.",
    ]);
    let run = rig
        .gimlet(["undercover", "scan", "HEAD~1..HEAD"])
        .finish()
        .expect(1);
    let out = run.out();
    assert_eq!(out.matches("confidential term").count(), 2, "{out}");
    assert!(
        out.contains("the message of") && out.contains("the name of a file"),
        "{out}"
    );
    // The line came with the commit before.
    let run = rig
        .gimlet(["undercover", "scan", "HEAD~2..HEAD"])
        .finish()
        .expect(1);
    assert!(run.out().contains("plain.txt:1:11"), "{}", run.out());
    let run = rig
        .gimlet(["undercover", "scan", "no-such..range"])
        .finish()
        .expect(2);
    assert!(run.err().contains("git rev-list failed"), "{}", run.err());
}

#[test]
fn a_push_is_stopped_by_the_hook_and_no_hook_is_written_over() {
    let rig = repository();
    let remote = rig.home().join("remote.git");
    rig.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    rig.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    rig.gimlet(["undercover", "install"]).finish().expect(0);
    rig.gimlet(["undercover", "install"]).finish().expect(0);
    let push = |rig: &Rig| {
        let program = rig.gimlet(["--version"]).command().get_program().to_owned();
        let folder = std::path::Path::new(&program).parent().unwrap().to_owned();
        let mut path = folder.into_os_string();
        path.push(":");
        path.push(path_variable());
        let output = Command::new("git")
            .args(["push", "--quiet", "origin", "HEAD:refs/heads/main"])
            .current_dir(rig.work())
            .env("PATH", path)
            .env("HOME", rig.home())
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (pushed, said) = push(&rig);
    assert!(pushed, "{said}");
    rig.file("plain.txt", format!("token = {}\n", key()));
    rig.git(&["commit", "--quiet", "--all", "--message=Oops"]);
    let (pushed, said) = push(&rig);
    assert!(!pushed && said.contains("plain.txt:1:9"), "{said}");
    // Even when a later commit takes it back.
    rig.file("plain.txt", "nothing\n");
    rig.git(&["commit", "--quiet", "--all", "--message=Take it back"]);
    assert!(!push(&rig).0);
    let hook = rig.work().join(".git/hooks/pre-push");
    fs::write(&hook, "#!/bin/sh\n").unwrap();
    let run = rig.gimlet(["undercover", "install"]).finish().expect(1);
    assert!(run.err().contains("not ours"), "{}", run.err());
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\n");
}

#[test]
fn a_session_commits_only_what_may_leave() {
    let rig = repository();
    rig.file("plain.txt", "more\n");
    rig.git(&["config", "user.name", "A"]);
    rig.git(&["config", "user.email", "a@example.com"]);
    let wire = Wire::new();
    let commit = |message: &str| json!({"command": format!("git commit -qam '{message}'")});
    wire.calls("toolu_1", "Bash", commit("For BLUE-orca"));
    wire.calls("toolu_2", "Bash", commit("For the release"));
    wire.says("Done.");
    let arguments = ["-p", "Commit it", "--dangerously-skip-permissions"];
    let run = rig.connected(&wire, arguments).finish();
    assert_eq!(run.quietly().out(), "Done.\n");
    let told = wire.bodies()[1]["messages"][2]["content"].to_string();
    assert!(
        told.contains("confidential term `Blue Orca`; say instead `For [internal]`"),
        "{told}"
    );
    let log = rig.git(&["log", "--format=%s"]);
    let told = wire.bodies()[2]["messages"].to_string();
    assert_eq!(log, "For the release\nPlain\nStart\n", "{told}");
    // A person who asks why is told the same.
    let run = rig
        .gimlet(["policy", "explain", "git commit -m 'blue orca'"])
        .finish();
    assert!(
        run.out().contains("the message of the commit, line 1"),
        "{}",
        run.out()
    );
}
