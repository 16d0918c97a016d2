//! `gimlet undo`, `redo`, `diff`, `rewind --files` and `snapshots`: what sessions changed on the
//! disk is looked at, taken back and brought back.

use crate::{
    events::{Fifo, gone_inside},
    rig::Rig,
    wire::Wire,
};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _};

/// A session whose turns each ran these commands.
fn ran(rig: &Rig, turns: &[&[&str]]) -> Wire {
    let wire = Wire::new();
    for (turn, commands) in turns.iter().enumerate() {
        for (number, command) in commands.iter().enumerate() {
            let id = format!("toolu_{turn}{number}");
            wire.calls(&id, "Bash", json!({ "command": command }));
        }
        wire.says("Done.");
        let mut arguments = vec!["-p", "Do it", "--allowedTools", "Bash Edit"];
        if turn > 0 {
            arguments.push("--continue");
        }
        rig.connected(&wire, arguments).finish().expect(0);
    }
    wire
}

fn exists(rig: &Rig, name: &str) -> bool {
    rig.work().join(name).exists()
}

#[test]
fn a_turn_is_taken_back_and_brought_back() {
    let rig = Rig::new();
    rig.file("kept.txt", "before\n");
    rig.file("gone/deep.txt", "deep\n");
    fs::set_permissions(
        rig.work().join("kept.txt"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    ran(
        &rig,
        &[&[
            "echo after > kept.txt; chmod 600 kept.txt",
            "rm -r gone; mkdir new; echo n > new/n",
        ]],
    );
    let shown = rig.gimlet(["undo", "--dry-run"]).finish().quietly().out();
    assert!(
        shown.contains("5 paths would change; nothing was changed."),
        "{shown}"
    );
    assert_eq!(rig.text("kept.txt"), "after\n");
    let diff = rig.gimlet(["diff"]).finish().quietly().out();
    assert!(diff.contains("-before\n+after"), "{diff}");
    let undone = rig.gimlet(["undo"]).finish().quietly().out();
    assert!(
        undone.ends_with("restored. To take it back: gimlet redo\n"),
        "{undone}"
    );
    assert_eq!(rig.text("kept.txt"), "before\n");
    let mode = fs::metadata(rig.work().join("kept.txt"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(rig.text("gone/deep.txt"), "deep\n");
    assert!(!exists(&rig, "new"));
    let nothing = rig.gimlet(["undo"]).finish().expect(1);
    assert_eq!(
        nothing.err(),
        "error: everything that the session changed was taken back already\n"
    );
    rig.gimlet(["redo"]).finish().quietly();
    assert_eq!(rig.text("kept.txt"), "after\n");
    assert!(exists(&rig, "new/n") && !exists(&rig, "gone"));
    rig.gimlet(["undo"]).finish().quietly();
    assert_eq!(rig.text("kept.txt"), "before\n");
}

#[test]
fn turns_and_calls_are_taken_back_by_number_and_name() {
    let rig = Rig::new();
    ran(
        &rig,
        &[
            &["echo 1 > a"],
            &["echo 2 > b", "echo 3 > c"],
            &["ls"],
            &["echo 4 > d"],
        ],
    );
    let list = rig.gimlet(["undo", "--list"]).finish().quietly().out();
    assert!(
        list.contains("turn:2  Do it\n    Bash toolu_10  +1 ~0 -0\n    Bash toolu_11"),
        "{list}"
    );
    rig.gimlet(["undo", "toolu_11"]).finish().quietly();
    assert!(exists(&rig, "b") && !exists(&rig, "c"));
    rig.gimlet(["undo", "turn:1"]).finish().quietly();
    assert!(!exists(&rig, "a") && exists(&rig, "b"));
    rig.gimlet(["undo", "2"]).finish().quietly();
    assert!(!exists(&rig, "b") && !exists(&rig, "d"));
    for (what, text) in [
        ("turn:9", "there is no turn `9`; the session has 4"),
        (
            "toolu_9",
            "no call that changed files has an id like `toolu_9`",
        ),
        ("turn:3", "that turn changed no files"),
    ] {
        let refused = rig.gimlet(["undo", what]).finish();
        assert!(refused.err().contains(text), "{}", refused.shown());
        assert_ne!(refused.code, Some(0));
    }
}

#[test]
fn what_the_person_changed_since_is_not_lost() {
    let rig = Rig::new();
    rig.file("mine", "before\n");
    ran(&rig, &[&["echo theirs > mine; echo x > other"]]);
    rig.file("mine", "my own work\n");
    let refused = rig.gimlet(["undo"]).finish().expect(1);
    assert!(
        refused.err().contains("mine: it was changed since"),
        "{}",
        refused.err()
    );
    assert_eq!(rig.text("mine"), "my own work\n");
    assert!(exists(&rig, "other"), "nothing at all was changed");
    rig.gimlet(["undo", "--skip"]).finish().quietly();
    assert_eq!(rig.text("mine"), "my own work\n");
    assert!(!exists(&rig, "other"));
    rig.gimlet(["redo"]).finish().quietly();
    rig.gimlet(["undo", "--force"]).finish().quietly();
    assert_eq!(rig.text("mine"), "before\n");
    rig.gimlet(["redo"]).finish().quietly();
    assert_eq!(rig.text("mine"), "my own work\n");
}

#[test]
fn files_and_the_conversation_go_back_together_or_apart() {
    let rig = Rig::new();
    ran(&rig, &[&["echo 1 > a"], &["echo 2 > b"]]);
    let files = rig.gimlet(["rewind", "--files"]).finish().quietly().out();
    assert!(
        files.contains("The conversation goes on where it was."),
        "{files}"
    );
    assert!(exists(&rig, "a") && !exists(&rig, "b"));
    rig.gimlet(["redo"]).finish().quietly();
    assert!(exists(&rig, "b"));
    let shown = rig
        .gimlet(["rewind", "--both", "--dry-run"])
        .finish()
        .quietly()
        .out();
    assert!(shown.contains("1 path would change"), "{shown}");
    rig.gimlet(["rewind", "--both"]).finish().quietly();
    assert!(!exists(&rig, "b"));
    let wire = Wire::saying(&["Again."]);
    rig.connected(&wire, ["-p", "--continue", "Once more"])
        .finish()
        .expect(0);
    let last = wire.bodies().pop().unwrap();
    let said = last["messages"].to_string();
    assert!(
        said.contains("toolu_00") && !said.contains("toolu_10"),
        "{said}"
    );
}

#[test]
fn a_model_is_told_of_files_that_were_restored() {
    let rig = Rig::new();
    let wire = ran(&rig, &[&["echo 1 > a"]]);
    rig.gimlet(["undo"]).finish().quietly();
    wire.says("I see.");
    rig.connected(&wire, ["-p", "--continue", "Look"])
        .finish()
        .expect(0);
    let last = wire.bodies().pop().unwrap()["messages"].to_string();
    assert!(
        last.contains("The person restored files to an earlier state"),
        "{last}"
    );
}

#[test]
fn a_call_that_was_running_when_gimlet_was_killed_is_taken_back() {
    let rig = Rig::new();
    rig.file("a", "before\n");
    let wire = Wire::new();
    let started = Fifo::new(&rig.work().join("started"));
    let command = "echo half > a; echo new > b; echo $$ > pid; echo up > started; sleep 1000";
    wire.calls("toolu_1", "Bash", json!({ "command": command }));
    let live = rig
        .connected(&wire, ["-p", "Run", "--allowedTools", "Bash Edit"])
        .start();
    assert_eq!(started.line(), "up");
    live.signal(Signal::KILL);
    assert_eq!(live.finish().signal, Some(9));
    // What ran ends with the one that held it.
    gone_inside(&rig.work(), rig.text("pid").trim().parse().unwrap());
    // Whether the last beat came before the last change is a matter of the machine.
    let undone = rig
        .gimlet(["undo", "toolu_1", "--force"])
        .finish()
        .quietly()
        .out();
    assert!(undone.contains("restored"), "{undone}");
    assert_eq!(rig.text("a"), "before\n");
    assert!(!exists(&rig, "b"));
    let facts = Rig::facts(&rig.log());
    let late = facts
        .iter()
        .find(|entry| entry["fact"]["type"] == "snapshot")
        .unwrap();
    assert_eq!(late["fact"]["data"]["taken"], "late");
}

#[test]
fn a_session_that_is_in_use_is_left_alone() {
    let rig = Rig::new();
    ran(&rig, &[&["echo 1 > a"]]);
    let wire = Wire::new();
    let started = Fifo::new(&rig.work().join("started"));
    wire.calls(
        "toolu_9",
        "Bash",
        json!({ "command": "echo up > started; sleep 1000" }),
    );
    let live = rig
        .connected(
            &wire,
            ["-p", "--continue", "Wait", "--allowedTools", "Bash Edit"],
        )
        .start();
    assert_eq!(started.line(), "up");
    let refused = rig.gimlet(["undo"]).finish().expect(4);
    assert!(
        refused.err().contains("is in use by process"),
        "{}",
        refused.err()
    );
    assert!(exists(&rig, "a"));
    let shown = rig.gimlet(["undo", "--dry-run"]).finish().quietly().out();
    assert!(shown.contains("1 path would change"), "{shown}");
    live.signal(Signal::TERM);
    live.finish();
}

#[test]
fn what_is_kept_is_shown_and_can_be_removed() {
    let rig = Rig::new();
    rig.file("node_modules/x.js", "x");
    ran(&rig, &[&["echo 1 > a"]]);
    let report = rig
        .gimlet(["snapshots", "--json"])
        .finish()
        .quietly()
        .json();
    assert_eq!(report["projects"][0]["sets"], 1);
    assert_eq!(report["keep_days"], 30);
    let left: Vec<&Value> = report["not_covered"].as_array().unwrap().iter().collect();
    assert!(left[0]["path"].as_str().unwrap().ends_with("node_modules"));
    let text = rig.gimlet(["snapshots"]).finish().quietly().out();
    assert!(text.contains("Kept: 30 days"), "{text}");
    let gone = rig
        .gimlet(["snapshots", "gc", "--all"])
        .finish()
        .quietly()
        .out();
    assert!(gone.starts_with("1 change sets"), "{gone}");
    assert!(
        !rig.work().join(".gimlet").exists(),
        "nothing of it is in the repository"
    );
}

#[test]
fn the_setting_turns_it_off_and_sessions_that_are_not_kept_leave_nothing() {
    let rig = Rig::new();
    rig.settings(r#"{"fileCheckpointingEnabled": false}"#);
    ran(&rig, &[&["echo 1 > a"]]);
    let refused = rig.gimlet(["undo"]).finish().expect(1);
    assert_eq!(refused.err(), "error: the session has changed no files\n");
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls("toolu_1", "Bash", json!({ "command": "echo 1 > a" }));
    wire.says("Done.");
    rig.connected(
        &wire,
        [
            "-p",
            "x",
            "--no-session-persistence",
            "--allowedTools",
            "Bash Edit",
        ],
    )
    .finish()
    .expect(0);
    assert!(!rig.own().join("data/snapshots").exists());
}
