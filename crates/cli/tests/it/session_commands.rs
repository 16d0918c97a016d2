//! `gimlet sessions` and `gimlet rewind`.

use crate::{
    rig::{Rig, assert_shown},
    wire::Wire,
};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path};

const ID: &str = "0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e5f";

/// A session of two turns, the first with a call.
fn with_session() -> (Rig, Wire) {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new()
            .thought("I should look.", "signature")
            .text("I look.")
            .call("toolu_1", "Read", &json!({"file_path": "greeting.txt"})),
    ));
    wire.says("It greets the *world*.");
    wire.says("Four letters: café.");
    rig.connected(
        &wire,
        ["-p", "What is in greeting.txt?", "--session-id", ID],
    )
    .finish()
    .quietly();
    rig.connected(&wire, ["-p", "--continue", "And a word?"])
        .finish()
        .quietly();
    (rig, wire)
}

#[test]
fn sessions_are_listed_for_this_folder_or_all() {
    let (rig, _wire) = with_session();
    let mut text = String::new();
    for (arguments, folder) in [
        (&["sessions", "list"][..], rig.work()),
        (&["sessions", "list"], rig.home()),
        (&["sessions", "list", "--all"], rig.home()),
    ] {
        let run = rig.gimlet(arguments).cwd(folder).finish().quietly();
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    }
    assert_shown!(rig, text);
    let list = rig
        .gimlet(["sessions", "list", "--json"])
        .finish()
        .quietly()
        .json();
    assert_eq!(list[0]["id"], ID);
    assert_eq!(list[0]["first_prompt"], "What is in greeting.txt?");
    let empty = Rig::new();
    let run = empty
        .gimlet(["sessions", "list", "--all"])
        .finish()
        .quietly();
    assert_eq!(run.out(), "There are no sessions.\n");
}

#[test]
fn a_session_is_shown_and_exported() {
    let (rig, _wire) = with_session();
    let shown = rig
        .gimlet(["sessions", "show", ID])
        .finish()
        .quietly()
        .out();
    assert_shown!(rig, &shown);
    let exported = rig
        .gimlet(["sessions", "export", ID.split('-').next().unwrap()])
        .finish()
        .quietly()
        .out();
    assert_eq!(exported, shown);
    let file = rig.root().join("export.json");
    let arguments = [
        "sessions",
        "export",
        ID,
        "--format",
        "json",
        "-o",
        file.to_str().unwrap(),
    ];
    let run = rig.gimlet(arguments).finish().quietly();
    assert_eq!(run.out(), format!("Written to {}.\n", file.display()));
    let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert!(json.to_string().contains("It greets the *world*."));
    let again = rig.gimlet(arguments).finish().expect(2);
    assert_eq!(
        again.err(),
        format!(
            "error: {} exists already; nothing was written\n",
            file.display()
        )
    );
}

#[test]
fn words_are_found_in_all_sessions() {
    let (rig, _wire) = with_session();
    let mut text = String::new();
    for words in [
        &["world"][..],
        &["café"],
        &["letters", "four"],
        &["absent"],
        &["\"unclosed"],
        &["%"],
    ] {
        let run = rig
            .gimlet(["sessions", "search"])
            .args(words)
            .cwd(rig.home())
            .finish()
            .quietly();
        writeln!(
            text,
            "$ gimlet sessions search {}\n{}",
            words.join(" "),
            run.shown()
        )
        .unwrap();
    }
    assert_shown!(rig, text);
    let hits = rig
        .gimlet(["sessions", "search", "--json", "world"])
        .finish()
        .quietly()
        .json();
    assert_eq!(hits[0]["session"], ID);
    assert_eq!(rig.gimlet(["sessions", "search"]).finish().code, Some(2));
}

#[test]
fn a_session_is_renamed_and_deleted_into_the_trash() {
    let (rig, wire) = with_session();
    let before = fs::read(rig.log()).unwrap();
    let mut text = String::new();
    for arguments in [
        &["sessions", "rename", ID, "Greetings"][..],
        &["sessions", "list"],
        &["sessions", "rename", "greetings", "  "],
        &["sessions", "delete", "greetings"],
        &["sessions", "list"],
        &["sessions", "delete", "greetings"],
        &["sessions", "show", ID],
        &["sessions", "repair", ID],
        &["sessions", "export", ID],
    ] {
        let run = rig.gimlet(arguments).finish();
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    }
    assert_shown!(rig, text);
    assert_eq!(rig.logs(), Vec::<std::path::PathBuf>::new());
    let trashed = crate::rig::files(&rig.own().join("data/trash"))
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .unwrap();
    assert!(
        fs::read(trashed).unwrap().starts_with(&before),
        "nothing is lost"
    );
    assert_eq!(wire.requests().len(), 3);
}

#[test]
fn a_rewind_takes_turns_back_and_can_be_undone() {
    let (rig, _wire) = with_session();
    let log = rig.log();
    let rewound = rig.gimlet(["rewind"]).finish().quietly();
    let back = last_word(&rewound.out()).to_owned();
    // A provider of its own each time: what it sees is another conversation on purpose.
    let wire = Wire::saying(&["After the rewind."]);
    rig.connected(&wire, ["-p", "--continue", "Instead?"])
        .finish()
        .quietly();
    let body = wire.bodies().pop().unwrap().to_string();
    assert!(
        body.contains("greeting.txt?") && !body.contains("And a word?"),
        "{body}"
    );
    let undone = rig.gimlet(["rewind", ID, "--to", &back]).finish().quietly();
    let wire = Wire::saying(&["After the return."]);
    rig.connected(&wire, ["-p", "--continue", "Really?"])
        .finish()
        .quietly();
    let body = wire.bodies().pop().unwrap().to_string();
    assert!(
        body.contains("And a word?") && !body.contains("Instead?"),
        "{body}"
    );
    let mut text = format!("{}\n{}\n", rewound.shown(), undone.shown());
    for arguments in [
        &["rewind", "--turns", "9"][..],
        &["rewind", "--to", "999"],
        &["rewind", "--turns", "1", "--to", "1"],
        &["rewind", "nothing"],
    ] {
        let run = rig.gimlet(arguments).finish().expect(2);
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    }
    assert_shown!(rig, text);
    assert_eq!(rig.log(), log);
}

#[test]
fn an_undamaged_session_needs_no_repair() {
    let (rig, _wire) = with_session();
    let before = fs::read(rig.log()).unwrap();
    let run = rig.gimlet(["sessions", "repair", ID]).finish().quietly();
    assert_shown!(rig, run.shown());
    assert_eq!(fs::read(rig.log()).unwrap(), before);
}

#[test]
fn looking_at_sessions_needs_no_key_and_makes_no_folders() {
    let rig = Rig::new();
    rig.distrust();
    for arguments in [&["sessions", "list"][..], &["features"], &["tools"]] {
        rig.gimlet(arguments).finish().quietly();
    }
    let own: Vec<_> = crate::rig::files(&rig.own());
    assert_eq!(own, Vec::<std::path::PathBuf>::new());
    assert!(!Path::new(&rig.own()).join("config").exists());
}

fn last_word(text: &str) -> &str {
    text.split_whitespace().last().unwrap()
}
