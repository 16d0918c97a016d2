//! Commands that do not behave: without an end, deaf to signals, with children.

use crate::{
    events::{Fifo, gone, gone_inside, outside, runs},
    rig::{Rig, assert_shown},
    wire::Wire,
};
use serde_json::json;
use std::fs;

const BASH: [&str; 2] = ["--allowedTools", "Bash Edit TaskOutput TaskStop"];

#[test]
fn a_command_that_prints_for_ever_ends_at_its_deadline_and_is_cut() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": "echo $$ > pid; yes endless", "timeout": 300}),
    );
    wire.says("Too much.");
    let run = rig.connected(&wire, ["-p", "Print"]).args(BASH).finish();
    assert_eq!(run.quietly().out(), "Too much.\n");
    gone_inside(&rig.work(), rig.text("pid").trim().parse().unwrap());
    let told = wire.result_of("toolu_1");
    assert!(told.len() < 40_000, "{} bytes were told", told.len());
    assert!(told.contains("endless"));
    let spilled: u64 = crate::rig::files(&rig.own())
        .iter()
        .map(|path| fs::metadata(path).map_or(0, |there| there.len()))
        .max()
        .unwrap();
    assert!(spilled < 6 << 30, "a file of {spilled} bytes was written");
    assert_shown!(
        rig,
        told.lines()
            .filter(|line| *line != "endless")
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn a_command_that_ignores_sigterm_is_ended_with_its_children() {
    let rig = Rig::new();
    let wire = Wire::new();
    let script = "trap '' TERM INT; echo $$ > pid; sh -c 'trap \"\" TERM INT; echo $$ > child; while :; do read x < wait; done' & while :; do read x < wait; done";
    let _wait = Fifo::new(&rig.work().join("wait"));
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": script, "timeout": 500}),
    );
    wire.says("Deaf.");
    let run = rig.connected(&wire, ["-p", "Wait"]).args(BASH).finish();
    assert_eq!(run.quietly().out(), "Deaf.\n");
    gone_inside(&rig.work(), rig.text("pid").trim().parse().unwrap());
    gone_inside(&rig.work(), rig.text("child").trim().parse().unwrap());
    assert_shown!(rig, wire.result_of("toolu_1"));
}

#[test]
fn what_a_command_leaves_behind_is_ended_with_it_and_told() {
    let rig = Rig::new();
    let wire = Wire::new();
    let _wait = Fifo::new(&rig.work().join("wait"));
    let script = "sh -c 'echo $$ > child; read x < wait' & sh -c 'while ! test -s child; do :; done'; echo over";
    wire.calls("toolu_1", "Bash", json!({"command": script}));
    wire.says("Left.");
    let run = rig.connected(&wire, ["-p", "Leave"]).args(BASH).finish();
    assert_eq!(run.quietly().out(), "Left.\n");
    gone_inside(&rig.work(), rig.text("child").trim().parse().unwrap());
    assert_shown!(rig, wire.result_of("toolu_1"));
}

#[test]
fn background_tasks_end_with_the_program() {
    let rig = Rig::new();
    let wire = Wire::new();
    let started = Fifo::new(&rig.work().join("started"));
    let _wait = Fifo::new(&rig.work().join("wait"));
    let script = "echo $$ > pid; echo up > started; read x < wait";
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": script, "run_in_background": true}),
    );
    let gate = gimlet_testkit::sse::Gate::closed();
    wire.answer(
        gimlet_testkit::sse::Reply::events(&gimlet_testkit::sse::Script::new().text("Started."))
            .held_before_headers(&gate),
    );
    let live = rig.connected(&wire, ["-p", "Start"]).args(BASH).start();
    wire.reached(&gate);
    assert_eq!(started.line(), "up");
    let inner = rig.text("pid").trim().parse().unwrap();
    let pid = outside(&rig.work(), inner).unwrap();
    assert!(runs(pid), "the task runs while the turn goes on");
    gate.open();
    assert_eq!(live.finish().quietly().out(), "Started.\n");
    gone(pid);
}

#[test]
fn a_background_task_is_shown_and_stopped_from_outside() {
    let rig = Rig::new();
    let wire = Wire::new();
    let started = Fifo::new(&rig.work().join("started"));
    let _wait = Fifo::new(&rig.work().join("wait"));
    let script = "echo first line; echo up > started; read x < wait";
    let input = json!({"command": script, "run_in_background": true});
    wire.calls("toolu_1", "Bash", input);
    let gate = gimlet_testkit::sse::Gate::closed();
    let last = gimlet_testkit::sse::Script::new().text("Started.");
    wire.answer(gimlet_testkit::sse::Reply::events(&last).held_before_headers(&gate));
    let live = rig.connected(&wire, ["-p", "Start"]).args(BASH).start();
    wire.reached(&gate);
    assert_eq!(started.line(), "up");
    let task = |what: &'static str| rig.gimlet(["tasks", what, "bash_1"]).finish();
    let listed = rig.gimlet(["tasks"]).finish().quietly().out();
    assert!(listed.contains("running, process group"), "{listed}");
    assert_eq!(task("output").quietly().out(), "first line\n");
    assert_eq!(task("stop").quietly().out(), "Stopped bash_1.\n");
    let again = task("stop").quietly().out();
    assert_eq!(again, "bash_1 does not run any more.\n");
    let missing = rig.gimlet(["tasks", "stop", "bash_2"]).finish().expect(2);
    assert!(
        missing
            .err()
            .contains("there is no background task `bash_2`")
    );
    gate.open();
    assert_eq!(live.finish().quietly().out(), "Started.\n");
}

#[test]
fn a_command_sees_no_terminal_no_input_and_no_key() {
    let rig = Rig::new();
    let wire = Wire::new();
    let script =
        "test -t 0 || test -t 1 || echo none; cat; env > env.txt; env | grep -c ANTHROPIC_API_KEY";
    wire.calls("toolu_1", "Bash", json!({"command": script}));
    wire.says("ok");
    rig.connected(&wire, ["-p", "Look"])
        .args(BASH)
        .finish()
        .quietly();
    assert!(
        wire.result_of("toolu_1").contains("none\n0"),
        "{}",
        wire.result_of("toolu_1")
    );
    assert!(rig.text("env.txt").contains("PATH="));
}

#[test]
fn the_working_folder_and_long_output_are_kept_between_commands() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": "mkdir deep && cd deep && seq 1 20000"}),
    );
    wire.calls("toolu_2", "Bash", json!({"command": "pwd"}));
    wire.says("ok");
    rig.connected(&wire, ["-p", "Go"])
        .args(BASH)
        .finish()
        .quietly();
    assert!(
        wire.result_of("toolu_2")
            .starts_with(rig.work().join("deep").to_str().unwrap())
    );
    let told = wire.result_of("toolu_1");
    assert!(told.len() < 40_000);
    let path = told
        .split_whitespace()
        .map(|word| word.trim_end_matches(['.', ',', ':', ';', ')', ']']))
        .find(|word| word.starts_with(rig.own().to_str().unwrap()))
        .unwrap_or_else(|| panic!("no file is named in {told}"));
    let whole = fs::read_to_string(path).unwrap();
    assert_eq!(whole.lines().count(), 20_000);
}
