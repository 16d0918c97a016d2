//! Going on with earlier sessions, and two processes on one.

use crate::{
    rig::{Rig, assert_shown},
    wire::Wire,
};
use gimlet_testkit::sse::{Gate, Reply, Script};
use serde_json::Value;
use std::{fmt::Write as _, fs};

/// The texts of a request's messages, without reminders.
fn conversation(body: &Value) -> Vec<String> {
    body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let text = message["content"].as_array().unwrap().last().unwrap()["text"].as_str();
            format!(
                "{}: {}",
                message["role"].as_str().unwrap(),
                text.unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn continue_goes_on_with_the_newest_session_of_this_folder() {
    let rig = Rig::new();
    let wire = Wire::saying(&["One.", "Elsewhere.", "Two."]);
    rig.connected(&wire, ["-p", "first"]).finish().quietly();
    let other = rig.root().join("other");
    fs::create_dir(&other).unwrap();
    rig.connected(&wire, ["-p", "other"])
        .cwd(&other)
        .finish()
        .quietly();
    let run = rig
        .connected(&wire, ["-p", "--continue", "second"])
        .finish();
    assert_eq!(run.quietly().out(), "Two.\n");
    assert_eq!(
        conversation(&wire.bodies()[2]),
        ["user: first", "assistant: One.", "user: second"]
    );
    assert_eq!(rig.logs().len(), 2);
}

#[test]
fn resume_takes_an_id_its_start_or_a_name() {
    let rig = Rig::new();
    let wire = Wire::saying(&["One.", "a", "b", "c"]);
    rig.connected(&wire, ["-p", "first", "--name", "Mend the sum"])
        .finish()
        .quietly();
    let log = rig.log();
    let id = log.file_stem().unwrap().to_str().unwrap();
    for (number, name) in [id, id.get(..13).unwrap(), "mend the sum"]
        .into_iter()
        .enumerate()
    {
        rig.connected(&wire, ["-p", "--resume", name, "more"])
            .finish()
            .quietly();
        assert_eq!(
            conversation(&wire.bodies()[number + 1]).len(),
            3 + 2 * number
        );
    }
    assert_eq!(rig.logs(), [log]);
}

#[test]
fn what_cannot_be_continued_is_told() {
    let rig = Rig::new();
    let wire = Wire::saying(&["a", "b"]);
    let mut text = String::new();
    let mut show = |arguments: &[&str], code| {
        let run = rig.connected(&wire, arguments).finish().expect(code);
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    };
    show(&["-p", "--continue", "more"], 2);
    show(&["-p", "--resume", "nothing", "more"], 2);
    show(&["-p", "one", "--name", "twin"], 0);
    show(&["-p", "two", "--name", "twin"], 0);
    show(&["-p", "--resume", "twin", "more"], 2);
    show(&["-p", "--continue"], 2);
    assert_shown!(rig, text);
    assert_eq!(wire.requests().len(), 2);
}

#[test]
fn a_fork_leaves_the_original_as_it_was() {
    let rig = Rig::new();
    let wire = Wire::saying(&["One.", "Forked."]);
    rig.connected(&wire, ["-p", "first", "--name", "origin"])
        .finish()
        .quietly();
    let log = rig.log();
    let before = fs::read(&log).unwrap();
    let id = "0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e5f";
    let run = rig
        .connected(
            &wire,
            [
                "-p",
                "--continue",
                "--fork-session",
                "--session-id",
                id,
                "other",
            ],
        )
        .finish();
    assert_eq!(run.quietly().out(), "Forked.\n");
    // A name still means the original alone.
    let other = Wire::saying(&["Forked by name."]);
    let run = rig
        .connected(
            &other,
            ["-p", "--resume", "origin", "--fork-session", "third"],
        )
        .finish();
    assert_eq!(run.quietly().out(), "Forked by name.\n");
    assert_eq!(fs::read(&log).unwrap(), before);
    assert_eq!(rig.logs().len(), 3);
    assert!(rig.logs().iter().any(|log| log.file_stem().unwrap() == id));
    assert_eq!(
        conversation(&wire.bodies()[1]),
        ["user: first", "assistant: One.", "user: other"]
    );
}

#[test]
fn a_second_process_is_told_and_a_copy_works() {
    let rig = Rig::new();
    let wire = Wire::new();
    let gate = Gate::closed();
    wire.answer(Reply::events(&Script::new().text("First.")).held_before_headers(&gate));
    wire.says("Copy.");
    let first = rig.connected(&wire, ["-p", "one"]).start();
    wire.reached(&gate);
    let log = rig.log();
    let id = log.file_stem().unwrap().to_str().unwrap();
    let mut text = String::new();
    for arguments in [
        &["-p", "--continue", "two"][..],
        &["-p", "--resume", id, "two"],
        &["sessions", "rename", id, "name"],
        &["sessions", "delete", id],
        &["sessions", "repair", id],
        &["rewind", id],
    ] {
        let run = rig.connected(&wire, arguments).finish().expect(4);
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    }
    let shown = rig.gimlet(["sessions", "show", id]).finish().quietly();
    assert!(shown.out().contains("one"), "looking on is free");
    let copy = rig
        .connected(&wire, ["-p", "--resume", id, "--fork-session", "two"])
        .finish();
    assert_eq!(copy.quietly().out(), "Copy.\n");
    gate.open();
    assert_eq!(first.finish().quietly().out(), "First.\n");
    assert_shown!(rig, text);
}

#[test]
fn a_given_id_is_used_and_not_twice() {
    let rig = Rig::new();
    let wire = Wire::saying(&["a"]);
    let id = "0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e5f";
    rig.connected(&wire, ["-p", "hi", "--session-id", id])
        .finish()
        .quietly();
    assert_eq!(rig.log().file_stem().unwrap(), id);
    let again = rig
        .connected(&wire, ["-p", "hi", "--session-id", id])
        .finish();
    assert_shown!(rig, again.expect(2).shown());
}
