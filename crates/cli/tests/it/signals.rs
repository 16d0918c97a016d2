//! Signals and closed pipes.

use crate::{
    events::{Fifo, gone, outside},
    rig::Rig,
    wire::Wire,
};
use gimlet_testkit::sse::{Gate, Reply, Script};
use rustix::process::Signal;
use serde_json::{Value, json};

const STREAM: [&str; 5] = [
    "--output-format",
    "stream-json",
    "--verbose",
    "--allowedTools",
    "Bash Edit",
];

/// A command that says when it runs, has a child, and waits for ever.
struct Waiting {
    started: Fifo,
    _wait: Fifo,
}

impl Waiting {
    fn new(rig: &Rig) -> Self {
        let started = Fifo::new(&rig.work().join("started"));
        Self {
            started,
            _wait: Fifo::new(&rig.work().join("wait")),
        }
    }

    const SCRIPT: &str =
        "echo $$ > pid; sh -c 'echo $$ > child; echo up > started; read x < wait' & read x < wait";

    /// Waits until it runs, and returns both processes.
    fn processes(&self, rig: &Rig) -> [i32; 2] {
        assert_eq!(self.started.line(), "up");
        ["pid", "child"].map(|name| {
            let inner = rig.text(name).trim().parse().unwrap();
            outside(&rig.work(), inner).unwrap()
        })
    }
}

#[test]
fn sigint_ends_the_turn_in_the_middle_of_a_reply() {
    let rig = Rig::new();
    let wire = Wire::new();
    let gate = Gate::closed();
    let script = Script::new().text_in_pieces("These words were heard. These were not.", 8);
    wire.answer(Reply::events(&script).held_after(700, &gate));
    let live = rig.connected(&wire, ["-p", "Talk"]).args(STREAM).start();
    wire.reached(&gate);
    live.signal(Signal::INT);
    let run = live.finish().expect(1);
    wire.abandoned(1);
    let messages = run.messages();
    let result = messages.last().unwrap();
    assert_eq!(result["type"], "result");
    assert_eq!(result["terminal_reason"], "aborted_streaming");
    assert_eq!(run.err(), "");
    wire.says("Now then.");
    let run = rig.connected(&wire, ["-p", "--continue", "Go on"]).finish();
    assert_eq!(run.quietly().out(), "Now then.\n");
}

#[test]
fn sigint_ends_a_running_command_with_its_children_and_every_call_is_answered() {
    let rig = Rig::new();
    let wire = Wire::new();
    let waiting = Waiting::new(&rig);
    wire.answer(Reply::events(
        &Script::new()
            .call("toolu_1", "Bash", &json!({"command": Waiting::SCRIPT}))
            .call(
                "toolu_2",
                "Bash",
                &json!({"command": "echo never > never.txt"}),
            ),
    ));
    let live = rig.connected(&wire, ["-p", "Wait"]).args(STREAM).start();
    let processes = waiting.processes(&rig);
    live.signal(Signal::INT);
    let run = live.finish().expect(1);
    processes.into_iter().for_each(gone);
    let messages = run.messages();
    assert_eq!(messages.last().unwrap()["terminal_reason"], "aborted_tools");
    let answered: Vec<&Value> = messages
        .iter()
        .flat_map(|message| {
            message["message"]["content"]
                .as_array()
                .into_iter()
                .flatten()
        })
        .filter(|block| block["type"] == "tool_result")
        .map(|block| &block["tool_use_id"])
        .collect();
    assert_eq!(answered, ["toolu_1", "toolu_2"]);
    assert!(!rig.work().join("never.txt").exists());
    wire.says("Now then.");
    rig.connected(&wire, ["-p", "--continue", "Go on"])
        .finish()
        .quietly();
}

#[test]
fn sigterm_ends_the_process_tree_with_143_and_the_session_goes_on() {
    let rig = Rig::new();
    let wire = Wire::new();
    let waiting = Waiting::new(&rig);
    wire.calls("toolu_1", "Bash", json!({"command": Waiting::SCRIPT}));
    let live = rig.connected(&wire, ["-p", "Wait"]).args(STREAM).start();
    let processes = waiting.processes(&rig);
    live.signal(Signal::TERM);
    let run = live.finish().expect(143);
    processes.into_iter().for_each(gone);
    assert_eq!(run.err(), "");
    wire.says("Now then.");
    rig.connected(&wire, ["-p", "--continue", "Go on"])
        .finish()
        .quietly();
}

#[test]
fn sigterm_and_sighup_end_a_waiting_client_too() {
    for signal in [Signal::TERM, Signal::HUP] {
        let rig = Rig::new();
        let wire = Wire::saying(&["One."]);
        let mut live = rig
            .connected(
                &wire,
                [
                    "--input-format",
                    "stream-json",
                    "--output-format",
                    "stream-json",
                ],
            )
            .open_stdin()
            .start();
        live.say(&json!({"type": "user", "message": {"role": "user", "content": "hi"}}));
        live.line_with("a result", |message| message["type"] == "result");
        live.signal(signal);
        live.finish().expect(143);
    }
}

#[test]
fn a_second_sigint_ends_the_process_with_130() {
    let rig = Rig::new();
    let wire = Wire::saying(&["One."]);
    let mut live = rig
        .connected(
            &wire,
            [
                "--input-format",
                "stream-json",
                "--output-format",
                "stream-json",
            ],
        )
        .open_stdin()
        .start();
    live.say(&json!({"type": "user", "message": {"role": "user", "content": "hi"}}));
    live.line_with("a result", |message| message["type"] == "result");
    live.signal(Signal::INT);
    live.finish().expect(130);
}

#[test]
fn a_reader_that_stops_after_a_line_is_no_error() {
    let rig = Rig::new();
    let wire = Wire::saying(&["Words.", "Words."]);
    let script = r#""$0" "$@" | head -n 1; exit ${PIPESTATUS:-0}"#;
    let run = rig
        .connected(
            &wire,
            ["-p", "hi", "--output-format", "stream-json", "--verbose"],
        )
        .through(script)
        .finish()
        .quietly();
    assert_eq!(run.messages().len(), 1);
    let run = rig
        .gimlet(["--help"])
        .through(r#""$0" "$@" | true"#)
        .finish();
    run.quietly();
    let run = rig
        .connected(&wire, ["sessions", "list"])
        .through(r#""$0" "$@" | true"#)
        .finish();
    run.quietly();
}

#[test]
fn a_reader_that_goes_away_ends_the_work_and_its_code_is_zero() {
    let rig = Rig::new();
    let wire = Wire::new();
    let gate = Gate::closed();
    wire.answer(Reply::events(&Script::new().text("Unheard.")).held_before_headers(&gate));
    let mut live = rig.connected(&wire, ["-p", "hi"]).args(STREAM).start();
    live.line_with("the start", |message| message["subtype"] == "init");
    live.close_stdout();
    wire.reached(&gate);
    gate.open();
    let run = live.finish();
    assert_eq!(
        (run.code, run.err().as_str()),
        (Some(0), ""),
        "{}",
        run.shown()
    );
}
