//! Killed without a warning: `--continue` without a prompt finishes what was begun. The wire
//! checks every request for dangling, repeated and changed calls.

use crate::{
    events::{Fifo, gone_inside},
    rig::Rig,
    wire::Wire,
};
use gimlet_testkit::sse::{Gate, Reply, Script};
use rustix::process::Signal;
use serde_json::{Value, json};

fn types(rig: &Rig) -> Vec<String> {
    let facts = Rig::facts(&rig.log());
    facts
        .iter()
        .map(|entry| entry["fact"]["type"].as_str().unwrap().to_owned())
        .collect()
}

fn finish(rig: &Rig, wire: &Wire) -> Value {
    wire.says("Finished.");
    let run = rig
        .connected(wire, ["-p", "--continue", "--output-format", "json"])
        .args(["--allowedTools", "Bash Edit Write"])
        .finish()
        .expect(0);
    assert_eq!(run.json()["result"], "Finished.", "{}", run.shown());
    // Asked again, there is nothing left to finish.
    let again = rig.connected(wire, ["-p", "--continue"]).finish();
    assert_eq!(again.code, Some(2), "{}", again.shown());
    wire.bodies().pop().unwrap()
}

#[test]
fn before_a_reply_begins_the_same_request_is_made_again() {
    let rig = Rig::new();
    let wire = Wire::new();
    let gate = Gate::closed();
    wire.answer(Reply::events(&Script::new().text("Never heard.")).held_before_headers(&gate));
    let live = rig.connected(&wire, ["-p", "Do it"]).start();
    wire.reached(&gate);
    live.signal(Signal::KILL);
    assert_eq!(live.finish().signal, Some(9));
    wire.abandoned(1);
    finish(&rig, &wire);
    let bodies = wire.bodies();
    assert_eq!(bodies[0]["messages"], bodies[1]["messages"]);
    assert_eq!(
        types(&rig)
            .iter()
            .filter(|kind| *kind == "prompted")
            .count(),
        1
    );
}

#[test]
fn in_every_part_of_a_reply_the_rest_is_asked_for_again() {
    let script = Script::new()
        .thought("Let me think about it.", "signature")
        .text_in_pieces("I will write the file now.", 5)
        .call(
            "toolu_1",
            "Write",
            &json!({"file_path": "a.txt", "content": "a\n"}),
        );
    let length = script.bytes().len();
    for eighth in 0..8 {
        let rig = Rig::new();
        let wire = Wire::new();
        let gate = Gate::closed();
        wire.answer(Reply::events(&script).held_after(length * eighth / 8, &gate));
        let live = rig
            .connected(&wire, ["-p", "Write", "--allowedTools", "Write"])
            .start();
        wire.reached(&gate);
        live.signal(Signal::KILL);
        assert_eq!(live.finish().signal, Some(9));
        let body = finish(&rig, &wire);
        assert!(
            !rig.work().join("a.txt").exists(),
            "a call that was not whole is not run"
        );
        assert_eq!(body["messages"][0]["role"], "user");
    }
}

#[test]
fn a_call_that_ran_is_buried_and_not_run_again() {
    let rig = Rig::new();
    let wire = Wire::new();
    let started = Fifo::new(&rig.work().join("started"));
    let _wait = Fifo::new(&rig.work().join("wait"));
    let script = "echo ran >> runs; echo $$ > pid; echo up > started; read x < wait";
    wire.answer(Reply::events(
        &Script::new()
            .text("Running.")
            .call("toolu_1", "Bash", &json!({"command": script}))
            .call(
                "toolu_2",
                "Bash",
                &json!({"command": "echo second >> runs"}),
            ),
    ));
    let live = rig
        .connected(&wire, ["-p", "Run", "--allowedTools", "Bash Edit"])
        .start();
    assert_eq!(started.line(), "up");
    live.signal(Signal::KILL);
    assert_eq!(live.finish().signal, Some(9));
    // What ran ends with the one that held it.
    gone_inside(&rig.work(), rig.text("pid").trim().parse().unwrap());
    finish(&rig, &wire);
    assert_eq!(rig.text("runs").lines().next(), Some("ran"));
    assert_eq!(rig.text("runs").matches("ran").count(), 1);
    let told = wire.result_of("toolu_1");
    assert!(!told.is_empty());
    insta::assert_snapshot!(told);
}

#[test]
fn between_two_rounds_the_results_are_sent_once() {
    let rig = Rig::new();
    let wire = Wire::new();
    let gate = Gate::closed();
    wire.calls("toolu_1", "Bash", json!({"command": "echo once >> runs"}));
    wire.answer(Reply::events(&Script::new().text("x")).held_before_headers(&gate));
    let live = rig
        .connected(&wire, ["-p", "Run", "--allowedTools", "Bash Edit"])
        .start();
    wire.reached(&gate);
    live.signal(Signal::KILL);
    assert_eq!(live.finish().signal, Some(9));
    finish(&rig, &wire);
    assert_eq!(rig.text("runs"), "once\n");
    let bodies = wire.bodies();
    assert_eq!(bodies[1]["messages"], bodies[2]["messages"]);
}

#[test]
fn killed_again_and_again_it_still_gets_there() {
    let rig = Rig::new();
    let wire = Wire::new();
    let mut arguments = vec!["-p", "--allowedTools", "Bash Edit", "--", "Count to three"];
    for round in 1..=3 {
        let gate = Gate::closed();
        wire.calls(
            &format!("toolu_{round}"),
            "Bash",
            json!({"command": format!("echo {round} >> runs")}),
        );
        wire.answer(Reply::events(&Script::new().text("lost")).held_after(120, &gate));
        let live = rig.connected(&wire, &arguments).start();
        wire.reached(&gate);
        live.signal(Signal::KILL);
        assert_eq!(live.finish().signal, Some(9));
        arguments = vec!["-p", "--continue", "--allowedTools", "Bash Edit"];
    }
    finish(&rig, &wire);
    assert_eq!(rig.text("runs"), "1\n2\n3\n");
    let kinds = types(&rig);
    assert_eq!(kinds.iter().filter(|kind| *kind == "returned").count(), 3);
    assert_eq!(kinds.iter().filter(|kind| *kind == "prompted").count(), 1);
}
