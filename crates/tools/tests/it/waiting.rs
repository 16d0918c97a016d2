//! `Sleep` and `Monitor`: waiting for something to happen.

use crate::rig::Rig;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn sleep_ends_at_once_when_something_came_in() {
    let rig = Rig::new();
    rig.arrived.cancel();
    let began = Instant::now();
    let gave = rig.call("Sleep", json!({"duration_ms": 600_000}));
    assert_eq!(gave.data, json!({"wokenBy": "person"}));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn sleep_ends_at_once_when_it_is_stopped() {
    let rig = Rig::new();
    rig.stop.cancel();
    let gave = rig.call("Sleep", json!({"duration_ms": "600000"}));
    assert_eq!(gave.data, json!({"wokenBy": "stop"}));
}

#[test]
fn sleep_is_bounded() {
    let rig = Rig::new();
    assert_eq!(
        rig.fails("Sleep", json!({"duration_ms": 600_001})),
        "at most 600000 ms at once"
    );
    assert_eq!(
        rig.fails("Sleep", json!({})),
        "the input of Sleep is wrong: missing field `duration_ms`"
    );
}

#[test]
fn sleep_ends_when_a_background_task_does() {
    let rig = Rig::new();
    let input = json!({"command": "true", "run_in_background": true});
    rig.ok("Bash", input);
    let gave = rig.call("Sleep", json!({"duration_ms": 600_000}));
    assert_eq!(gave.data, json!({"wokenBy": "task"}));
    let news = rig.news();
    assert_eq!(news.len(), 1);
    assert!(news[0].starts_with("background task bash_1 ended with exit code 0: true\n"));
    assert_eq!(rig.news(), [] as [String; 0]);
}

#[test]
fn the_lines_of_a_monitor_are_told_once_each() {
    let rig = Rig::new();
    let input = json!({"description": "beats", "command": "echo one; until [ -e go ]; do sleep 0.01; done; echo two"});
    assert_eq!(rig.accesses("Monitor", &input).len(), 1);
    let gave = rig.call("Monitor", input);
    assert_eq!(gave.data, json!({"taskId": "bash_1", "timeoutMs": 300_000}));
    rig.ok("Sleep", json!({"duration_ms": 600_000}));
    assert_eq!(rig.news(), ["monitor bash_1 (beats):\none"]);
    rig.put("go", "");
    let mut all = Vec::new();
    while all.len() < 2 {
        rig.ok("Sleep", json!({"duration_ms": 600_000}));
        all.extend(rig.news());
    }
    all.sort();
    assert!(
        all[0].starts_with("background task bash_1 ended with exit code 0"),
        "{all:?}"
    );
    assert_eq!(all[1], "monitor bash_1 (beats):\ntwo");
}

#[test]
fn a_monitor_is_ended_at_its_time() {
    let rig = Rig::new();
    let input = json!({"description": "beats", "command": "exec sleep 1000", "timeout_ms": 1});
    rig.ok("Monitor", input);
    rig.ok("Sleep", json!({"duration_ms": 600_000}));
    assert_eq!(
        rig.news(),
        ["monitor bash_1 (beats):\n[its time is over: it was ended]"]
    );
    assert_eq!(rig.running(), 0);
}
