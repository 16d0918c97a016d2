//! Workers on stream-json: what they do is told under the call that started them, and before
//! their report.

use crate::{rig::Rig, wire::Wire};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::{Value, json};

fn hire(background: bool) -> Reply {
    let input = json!({
        "description": "read it", "prompt": "Read a.txt.", "subagent_type": "explore",
        "run_in_background": background,
    });
    Reply::events(&Script::new().call("toolu_1", "Agent", &input))
}

/// What a message is, in a word or two; nothing for those that are about the session itself.
fn kind(message: &Value) -> Option<String> {
    let under = message["parent_tool_use_id"].as_str();
    let block = &message["message"]["content"][0]["type"];
    Some(match (message["type"].as_str()?, under) {
        ("system", _) => message["subtype"]
            .as_str()
            .filter(|what| what.starts_with("task_"))?
            .to_owned(),
        (who @ ("assistant" | "user"), Some(call)) => {
            format!("{who} {} under {call}", block.as_str()?)
        }
        (who @ ("assistant" | "user"), None) => format!("{who} {}", block.as_str()?),
        ("result", _) => "result".to_owned(),
        _ => return None,
    })
}

#[test]
fn what_a_worker_does_is_told_under_its_call_and_before_its_report() {
    // Whether the order holds is a matter of timing, so it is tried several times.
    for _ in 0..5 {
        let rig = Rig::new();
        let wire = Wire::new();
        rig.file("a.txt", "one line\n");
        wire.answer(hire(false));
        wire.calls(
            "toolu_2",
            "Read",
            json!({"file_path": rig.work().join("a.txt")}),
        );
        wire.says("It has one line.");
        wire.says("One line.");
        let stream = [
            "-p",
            "Read a.txt",
            "--output-format",
            "stream-json",
            "--verbose",
        ];
        let run = rig.connected(&wire, stream).finish().expect(0);
        let messages = run.messages();
        let kinds: Vec<String> = messages.iter().filter_map(kind).collect();
        assert_eq!(
            kinds,
            [
                "assistant tool_use",
                "task_started",
                "assistant tool_use under toolu_1",
                "user tool_result under toolu_1",
                "task_notification",
                "user tool_result",
                "assistant text",
                "result",
            ],
            "{}",
            run.shown()
        );
        let of = |what: &str| {
            let mut all = messages.iter();
            all.find(|message| message["subtype"] == what)
                .unwrap()
                .clone()
        };
        let (started, ended) = (of("task_started"), of("task_notification"));
        assert_eq!(started["task_id"], ended["task_id"]);
        assert_eq!(started["tool_use_id"], "toolu_1");
        assert_eq!(started["is_backgrounded"], false);
        assert_eq!(
            (&ended["status"], &ended["usage"]["tool_uses"]),
            (&json!("completed"), &json!(1))
        );
        let under = messages
            .iter()
            .find(|message| message["parent_tool_use_id"] == "toolu_1");
        assert_eq!(under.unwrap()["agent_id"], started["task_id"]);
    }
}

#[test]
fn a_run_waits_for_a_worker_in_the_background_and_tells_its_report() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(hire(true));
    let gate = gimlet_testkit::sse::Gate::closed();
    // The worker's reply is held until the session has said that it goes on.
    wire.answer(Reply::events(&Script::new().text("It runs.")));
    wire.answer(Reply::events(&Script::new().text("It has one line.")).held_before_headers(&gate));
    wire.says("It has one line, I hear.");
    let stream = [
        "-p",
        "Read a.txt",
        "--output-format",
        "stream-json",
        "--verbose",
    ];
    let live = rig.connected(&wire, stream).start();
    wire.reached(&gate);
    gate.open();
    let run = live.finish().expect(0);
    let messages = run.messages();
    let started = messages
        .iter()
        .find(|message| message["subtype"] == "task_started");
    assert_eq!(started.unwrap()["is_backgrounded"], true);
    let kinds: Vec<String> = messages.iter().filter_map(kind).collect();
    let at = |what: &str| kinds.iter().position(|kind| kind == what).unwrap();
    assert!(at("task_started") < at("task_notification"), "{kinds:?}");
    assert_eq!(messages.last().unwrap()["type"], "result");
    let heard = wire.bodies().pop().unwrap().to_string();
    assert!(heard.contains("<task-notification>"), "{heard}");
}
