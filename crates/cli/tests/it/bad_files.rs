//! Files, folders and names that are not as one would like them.

use crate::{
    rig::{Rig, Run, assert_shown},
    wire::Wire,
};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs::{self, File},
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
};

const NOBODY: u32 = 65534;

/// One call of a tool, and the final word. Returns what the model was told.
fn told(rig: &Rig, tool: &str, input: Value) -> (String, Value) {
    let wire = Wire::new();
    wire.calls("toolu_1", tool, input);
    wire.says("Done.");
    let run = rig
        .connected(&wire, ["-p", "Do it", "--allowedTools", tool])
        .finish()
        .quietly();
    assert_eq!(run.out(), "Done.\n");
    let bodies = wire.bodies();
    let result = bodies[1]["messages"][2]["content"][0].clone();
    (wire.result_of("toolu_1"), result)
}

#[test]
fn a_binary_file_is_not_poured_into_the_context() {
    let rig = Rig::new();
    let path = rig.file(
        "program.bin",
        [0u8, 159, 146, 150, 0, 1, 2, 255].repeat(4096),
    );
    let (text, result) = told(&rig, "Read", json!({"file_path": path}));
    assert_eq!(result["is_error"], true);
    assert_shown!(rig, text);
}

#[test]
fn a_file_of_two_gigabytes_is_looked_at_without_being_held() {
    let rig = Rig::new();
    let path = rig.file("huge.log", "first line\n");
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(2 << 30)
        .unwrap();
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new()
            .call("toolu_1", "Read", &json!({"file_path": path, "limit": 1}))
            .call(
                "toolu_2",
                "Grep",
                &json!({"pattern": "first", "path": path}),
            )
            .call(
                "toolu_3",
                "Edit",
                &json!({"file_path": path, "old_string": "first", "new_string": "last"}),
            ),
    ));
    wire.says("Huge.");
    let rules = ["--allowedTools", "Edit"];
    let run = rig.connected(&wire, ["-p", "Look"]).args(rules);
    // Private memory, which a held file would need; a mapped one does not count.
    let run = run.through(r#"ulimit -d 600000; exec "$0" "$@""#).finish();
    fs::remove_file(&path).unwrap();
    assert_eq!(run.quietly().out(), "Huge.\n");
    let texts: Vec<String> = (1..=3)
        .map(|number| wire.result_of(&format!("toolu_{number}")))
        .collect();
    assert_shown!(rig, texts.join("\n---\n"));
}

#[test]
fn a_huge_text_file_is_read_by_its_lines() {
    let rig = Rig::new();
    let path = rig.file("long.txt", "0123456789\n".repeat(1_000_000));
    let (text, _) = told(
        &rig,
        "Read",
        json!({"file_path": path, "offset": 900_000, "limit": 2}),
    );
    assert_shown!(rig, text);
}

/// The program where a user without rights can start it, or as it is for the same person.
fn without_rights(rig: &Rig, run: Run) -> Run {
    if !rustix::process::geteuid().is_root() {
        return run;
    }
    let owner = format!("{NOBODY}:{NOBODY}");
    let changed = Command::new("chown")
        .args(["-R", &owner])
        .arg(rig.root())
        .status()
        .unwrap();
    assert!(changed.success());
    let program = rig.root().join("gimlet");
    fs::copy(env!("CARGO_BIN_EXE_gimlet"), &program).unwrap();
    run.run_as(NOBODY, program)
}

#[test]
fn a_folder_that_may_not_be_read_is_told_to_the_model_and_the_rest_is_searched() {
    let rig = Rig::new();
    let secret = rig.work().join("closed");
    fs::create_dir(&secret).unwrap();
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new()
            .call("toolu_1", "LS", &json!({"path": secret}))
            .call(
                "toolu_2",
                "Grep",
                &json!({"pattern": "world", "output_mode": "content"}),
            )
            .call(
                "toolu_3",
                "Read",
                &json!({"file_path": secret.join("file.txt")}),
            ),
    ));
    wire.says("Done.");
    let run = without_rights(&rig, rig.connected(&wire, ["-p", "Look"]));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let run = run.finish();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(run.quietly().out(), "Done.\n");
    let texts: Vec<String> = ["toolu_1", "toolu_2", "toolu_3"]
        .iter()
        .map(|call| wire.result_of(call))
        .collect();
    assert_shown!(rig, texts.join("\n---\n"));
}

#[test]
fn own_folders_that_may_not_be_written_end_it_with_the_path() {
    let rig = Rig::new();
    let wire = Wire::new();
    rig.distrust();
    fs::create_dir(rig.own()).unwrap();
    let run = without_rights(&rig, rig.connected(&wire, ["-p", "hi", "--trust"]));
    fs::set_permissions(rig.own(), fs::Permissions::from_mode(0o500)).unwrap();
    let run = run.finish().expect(4);
    fs::set_permissions(rig.own(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_shown!(rig, run.shown());
}

#[test]
fn a_working_folder_that_is_gone_is_told_at_the_start() {
    let rig = Rig::new();
    let gone = rig.root().join("gone");
    fs::create_dir(&gone).unwrap();
    let script = r#"rmdir "$PWD" && exec "$0" "$@""#;
    let mut text = String::new();
    for arguments in [
        &["-p", "hi"][..],
        &["doctor"],
        &["sessions", "list"],
        &["demo"],
        &[],
    ] {
        fs::create_dir_all(&gone).unwrap();
        let run = rig
            .gimlet(arguments)
            .through(script)
            .cwd(&gone)
            .finish()
            .expect(4);
        text.push_str(&format!(
            "$ gimlet {}\n{}\n",
            arguments.join(" "),
            run.shown()
        ));
    }
    assert_shown!(rig, text);
}

#[test]
fn a_working_folder_that_a_command_removes_is_told_to_the_model() {
    let rig = Rig::new();
    // Confined it could not be moved away.
    rig.settings(r#"{"sandbox": {"enabled": false}}"#);
    let doomed = rig.root().join("doomed");
    fs::create_dir(&doomed).unwrap();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": format!("mv {0} {0}ed && rmdir {0}ed", doomed.display())}),
    );
    wire.calls("toolu_2", "Bash", json!({"command": "pwd"}));
    wire.calls(
        "toolu_3",
        "Read",
        json!({"file_path": doomed.join("a.txt")}),
    );
    wire.says("It is gone.");
    let run = rig
        .connected(&wire, ["-p", "Look", "--allowedTools", "Bash Edit"])
        .cwd(&doomed)
        .finish();
    assert_eq!(run.quietly().out(), "It is gone.\n");
    let texts: Vec<String> = ["toolu_1", "toolu_2", "toolu_3"]
        .iter()
        .map(|call| wire.result_of(call))
        .collect();
    assert_shown!(rig, texts.join("\n---\n"));
}

#[test]
fn names_that_are_not_unicode_are_worked_with_and_shown() {
    let rig = Rig::new();
    let folder = rig.root().join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(&folder).unwrap();
    let odd = folder.join(OsStr::from_bytes(b"na\xefve.txt"));
    fs::write(&odd, "needle\n").unwrap();
    fs::write(folder.join("plain.txt"), "plain\n").unwrap();
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new()
            .call("toolu_1", "LS", &json!({"path": "."}))
            .call("toolu_2", "Grep", &json!({"pattern": "needle"}))
            .call("toolu_3", "Glob", &json!({"pattern": "*.txt"}))
            .call("toolu_4", "Read", &json!({"file_path": "plain.txt"}))
            .call("toolu_5", "Bash", &json!({"command": "cat na*.txt"})),
    ));
    wire.says("Seen.");
    let run = rig
        .connected(&wire, ["-p", "Look", "--allowedTools", "Bash Edit"])
        .cwd(&folder)
        .finish();
    assert_eq!(run.quietly().out(), "Seen.\n");
    let texts: Vec<String> = (1..=5)
        .map(|number| wire.result_of(&format!("toolu_{number}")))
        .collect();
    assert_shown!(rig, texts.join("\n---\n"));
    // The session of such a folder is found again.
    wire.says("Again.");
    let run = rig
        .connected(&wire, ["-p", "--continue", "More"])
        .cwd(&folder)
        .finish();
    assert_eq!(run.quietly().out(), "Again.\n");
    let listed = rig
        .gimlet(["sessions", "list", "--all"])
        .finish()
        .quietly()
        .out();
    assert!(listed.contains("caf"), "{listed}");
}

#[test]
fn output_that_is_not_unicode_reaches_the_model_as_text() {
    let rig = Rig::new();
    let (text, _) = told(&rig, "Bash", json!({"command": r"printf 'caf\351 \377\n'"}));
    assert_eq!(text, "caf\u{fffd} \u{fffd}");
}

#[test]
fn a_repository_without_a_commit_and_a_folder_without_git_will_do() {
    let rig = Rig::new();
    for (name, git) in [("fresh", true), ("plain", false)] {
        let folder: PathBuf = rig.root().join(name);
        fs::create_dir(&folder).unwrap();
        if git {
            init(&folder);
        }
        let wire = Wire::saying(&["ok"]);
        let run = rig
            .connected(&wire, ["-p", "hi", "--trust"])
            .cwd(&folder)
            .finish();
        assert_eq!(run.quietly().out(), "ok\n");
    }
}

fn init(folder: &Path) {
    let made = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
fn a_rule_that_fails_its_example_is_told_with_file_line_and_example() {
    let rig = Rig::new();
    rig.settings(
        r#"{"permissions": {"deny": [
  { "rule": "Bash(git push:*)", "matches": ["git push origin main"], "not": ["git pull"] },
  { "rule": "Bash(rm *)",
    "matches": ["sudo rm -rf build"],
    "not": ["ls",
            "rm x"] }
]}}"#,
    );
    let run = rig.gimlet(["policy", "explain", "ls"]).finish().expect(3);
    let told = run.err();
    assert!(
        told.contains("settings.json:6: the rule `Bash(rm *)` covers") && told.contains("`rm x`"),
        "{told}"
    );
    rig.settings(r#"{"permissions": {"deny": [{"rule": "Bash(rm:*", "matches": ["rm x"]}]}}"#);
    let run = rig.gimlet(["policy", "explain", "rm x", "--json"]);
    let told = run.finish().expect(0).json();
    assert_eq!(told["verdict"], "deny");
    let fault = told["faults"][0].as_str().unwrap();
    assert!(
        fault.contains("settings.json:1: rule `Bash(rm:*`: it lacks its closing bracket"),
        "{fault}"
    );
}
