//! Tapes: what a session and its models said, played again with real tools.

use crate::{rig::Rig, wire::Wire};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::json;

/// Records a session that reads, edits and runs a command, on the wire.
fn recorded(rig: &Rig, wire: &Wire) -> String {
    let file = rig.work().join("greeting.txt");
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded").header("retry-after", "0"));
    wire.answer(Reply::events(&Script::new().text("I look.").call(
        "toolu_1",
        "Read",
        &json!({"file_path": file}),
    )));
    let edit = json!({"file_path": file, "old_string": "hello", "new_string": "good day"});
    wire.answer(Reply::events(&Script::new().call("toolu_2", "Edit", &edit)));
    let cat = json!({"command": "cat greeting.txt; date +%F"});
    wire.answer(Reply::events(&Script::new().call("toolu_3", "Bash", &cat)));
    wire.answer(Reply::events(&Script::new().text("Done.")));
    let tape = rig.root().join("fix.tape");
    let tape = tape.to_str().unwrap().to_owned();
    rig.connected(wire, ["record", &tape, "-p", "Greet politely"])
        .args(["--permission-mode", "acceptEdits", "--allowedTools"])
        .args(["Bash(date +%F)"])
        .finish()
        .expect(0);
    assert_eq!(rig.text("greeting.txt"), "good day\nworld\n");
    rig.git(&["checkout", "--quiet", "greeting.txt"]);
    tape
}

#[test]
fn a_tape_plays_again_without_a_server_or_a_key_and_finds_nothing_changed() {
    let rig = Rig::new();
    let wire = Wire::new();
    let tape = recorded(&rig, &wire);
    let text = std::fs::read_to_string(&tape).unwrap();
    let work = rig.work();
    assert!(!text.contains(work.to_str().unwrap()), "{text}");

    let replay = rig.gimlet(["replay", &tape]).finish().expect(0);
    assert_eq!(replay.out(), "5 requests, as on the tape.\n");
    // It worked in a copy.
    assert_eq!(rig.text("greeting.txt"), "hello\nworld\n");
    // And here, where that is asked for.
    rig.gimlet(["replay", &tape, "--here"]).finish().expect(0);
    assert_eq!(rig.text("greeting.txt"), "good day\nworld\n");
}

#[test]
fn what_differs_from_the_tape_is_told_with_its_place() {
    let rig = Rig::new();
    let wire = Wire::new();
    let tape = recorded(&rig, &wire);
    rig.file("greeting.txt", "hello\nmoon\n");
    let report = rig
        .gimlet(["replay", &tape, "--json"])
        .finish()
        .expect(1)
        .json();
    let found: Vec<(u64, &str)> = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let request = found["request"].as_u64().unwrap();
            (request, found["kind"].as_str().unwrap())
        })
        .collect();
    // What Read and the command showed, each once though every later request has it too.
    assert_eq!(found, [(3, "message"), (5, "message")]);
    assert!(
        report["differences"][0]["now"]
            .as_str()
            .unwrap()
            .contains("moon"),
        "{report:#}"
    );
}

#[test]
fn what_is_no_tape_is_told_with_file_and_line() {
    let rig = Rig::new();
    let path = rig.file("no.tape", "{}\n");
    let path = path.to_str().unwrap().to_owned();
    let refused = rig.gimlet(["replay", &path]).finish().expect(2);
    assert!(
        refused.err().contains("no.tape, line 1"),
        "{}",
        refused.err()
    );
    rig.gimlet(["replay", "missing.tape"]).finish().expect(4);
    let newer = json!({"head": {"gimlet_tape": 2, "version": "9", "model": "a/b", "mode": "default", "answers": false}});
    rig.file("no.tape", format!("{newer}\n"));
    let refused = rig.gimlet(["replay", &path]).finish().expect(2);
    assert!(
        refused
            .err()
            .contains("has format 2; this version plays format 1"),
        "{}",
        refused.err()
    );
    // A tape is never written over.
    rig.gimlet(["record", &path, "-p", "Hi"]).finish().expect(2);
    assert_eq!(rig.text("no.tape"), format!("{newer}\n"));
}
