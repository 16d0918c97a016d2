//! Whole turns in a real repository, with real tools, over the real wire protocol.

use crate::{
    rig::{Rig, assert_shown},
    wire::Wire,
};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::{Value, json};

const ALLOWED: &str = "Read Edit Bash(sh check.sh)";

/// A repository with a bug, and a model that finds it, mends it and runs the check.
fn mending() -> (Rig, Wire) {
    let rig = Rig::new();
    rig.file("sum.sh", "echo $(($1 - $2))\n");
    rig.file(
        "check.sh",
        "test \"$(sh sum.sh 2 3)\" = 5 && echo passed || { echo failed; exit 1; }\n",
    );
    rig.git(&["add", "--all"]);
    rig.git(&["commit", "--quiet", "--message=Add a sum"]);
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new()
            .text("I look first. ")
            .call(
                "toolu_1",
                "Read",
                &json!({"file_path": rig.work().join("sum.sh")}),
            )
            .call("toolu_2", "Bash", &json!({"command": "sh check.sh"})),
    ));
    wire.calls(
        "toolu_3",
        "Edit",
        json!({"file_path": rig.work().join("sum.sh"), "old_string": "$1 - $2", "new_string": "$1 + $2"}),
    );
    wire.calls("toolu_4", "Bash", json!({"command": "sh check.sh"}));
    wire.says("It subtracted. Now it adds, and the check passes.");
    (rig, wire)
}

#[test]
fn text_prints_the_last_words_and_the_repository_is_mended() {
    let (rig, wire) = mending();
    let run = rig
        .connected(&wire, ["-p", "Mend the sum", "--allowedTools", ALLOWED])
        .finish();
    assert_eq!(
        run.quietly().out(),
        "It subtracted. Now it adds, and the check passes.\n"
    );
    assert_eq!(rig.text("sum.sh"), "echo $(($1 + $2))\n");
    assert_eq!(
        rig.git(&["diff", "--stat", "--", "sum.sh"]).lines().count(),
        2
    );
    let bodies = wire.bodies();
    assert_eq!(bodies.len(), 4);
    let results = &bodies[1]["messages"][2]["content"];
    assert_eq!(results[0]["tool_use_id"], "toolu_1");
    assert!(results[0].to_string().contains("$1 - $2"), "{results}");
    assert_eq!(results[1]["tool_use_id"], "toolu_2");
    assert_eq!(results[1]["is_error"], true);
    assert!(results[1].to_string().contains("failed"), "{results}");
    assert_eq!(wire.result_of("toolu_4"), "passed");
    let connections: std::collections::BTreeSet<usize> = wire
        .requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections.len(), 1, "one connection is kept");
}

#[test]
fn json_prints_one_result_with_usage_cost_and_denials() {
    let (rig, wire) = mending();
    let run = rig
        .connected(&wire, ["-p", "Mend the sum", "--output-format", "json"])
        .args(["--allowedTools", "Read Edit"])
        .finish()
        .quietly();
    let result = run.json();
    assert_eq!(result["type"], "result");
    assert_eq!(result["subtype"], "success");
    assert_eq!(result["is_error"], false);
    assert_eq!(result["num_turns"], 4);
    assert_eq!(
        result["result"],
        "It subtracted. Now it adds, and the check passes."
    );
    assert_eq!(result["usage"]["input_tokens"], 40);
    assert_eq!(result["usage"]["output_tokens"], 80);
    assert!(result["total_cost_usd"].as_f64().unwrap() > 0.0, "{result}");
    let denied: Vec<&Value> = result["permission_denials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["tool_use_id"])
        .collect();
    assert_eq!(denied, ["toolu_2", "toolu_4"]);
    assert_eq!(
        rig.log().file_stem().unwrap(),
        result["session_id"].as_str().unwrap()
    );
}

#[test]
fn stream_json_tells_every_step_in_order() {
    let (rig, wire) = mending();
    let run = rig
        .connected(
            &wire,
            [
                "-p",
                "Mend the sum",
                "--output-format",
                "stream-json",
                "--verbose",
            ],
        )
        .args(["--allowedTools", ALLOWED])
        .finish()
        .quietly();
    let messages = run.messages();
    let steps: Vec<String> = messages
        .iter()
        .map(|message| {
            let kind = message["type"].as_str().unwrap();
            let blocks = message["message"]["content"].as_array();
            let blocks: Vec<&str> = blocks
                .into_iter()
                .flatten()
                .filter_map(|block| block["type"].as_str())
                .collect();
            let subtype = message["subtype"].as_str().unwrap_or_default();
            format!("{kind} {subtype}{}", blocks.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_shown!(rig, steps.join("\n"));
    let init = &messages[0];
    assert_eq!(init["cwd"], rig.work().to_str().unwrap());
    assert_eq!(init["apiKeySource"], "ANTHROPIC_API_KEY");
    let session = init["session_id"].as_str().unwrap();
    assert!(
        messages
            .iter()
            .all(|message| message["session_id"] == session)
    );
}

#[test]
fn partial_messages_come_before_the_whole_one_and_say_the_same() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new().text_in_pieces("Grüße aus 東京", 2),
    ));
    let run = rig
        .connected(&wire, ["-p", "Greet", "--output-format", "stream-json"])
        .args(["--include-partial-messages", "--verbose"])
        .finish()
        .quietly();
    let messages = run.messages();
    let said: String = messages
        .iter()
        .filter_map(|message| message["event"]["delta"]["text"].as_str())
        .collect();
    assert_eq!(said, "Grüße aus 東京");
    let whole = messages
        .iter()
        .position(|message| message["type"] == "assistant")
        .unwrap();
    let last = messages
        .iter()
        .rposition(|m| m["event"]["type"] == "content_block_delta")
        .unwrap();
    assert!(last < whole);
    assert_eq!(
        messages[whole]["message"]["content"][0]["text"],
        "Grüße aus 東京"
    );
}

#[test]
fn a_client_drives_two_turns_over_standard_input() {
    let rig = Rig::new();
    let wire = Wire::saying(&["One.", "Two."]);
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
        .args(["--verbose"])
        .open_stdin()
        .start();
    for (text, answer) in [("first", "One."), ("second", "Two.")] {
        live.say(&json!({"type": "user", "message": {"role": "user", "content": text}}));
        let result = live.line_with("a result", |message| message["type"] == "result");
        assert_eq!(result["result"], answer);
    }
    live.close_stdin();
    live.finish().quietly();
    assert_eq!(wire.bodies()[1]["messages"].as_array().unwrap().len(), 3);
}

#[test]
fn a_client_is_asked_and_its_answer_counts() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": "echo allowed > made.txt"}),
    );
    wire.calls(
        "toolu_2",
        "Bash",
        json!({"command": "echo denied > never.txt"}),
    );
    wire.says("Done.");
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
        .args(["--verbose", "--permission-prompt-tool", "stdio"])
        .open_stdin()
        .start();
    live.say(&json!({"type": "user", "message": {"role": "user", "content": "Write"}}));
    for answer in [
        json!({"behavior": "allow", "updatedInput": {"command": "echo allowed > made.txt"}}),
        json!({"behavior": "deny", "message": "not that one"}),
    ] {
        let request = live.line_with("a question", |message| message["type"] == "control_request");
        assert_eq!(request["request"]["subtype"], "can_use_tool");
        live.say(&json!({
            "type": "control_response",
            "response": {"subtype": "success", "request_id": request["request_id"], "response": answer},
        }));
    }
    let result = live.line_with("a result", |message| message["type"] == "result");
    assert_eq!(result["permission_denials"][0]["tool_use_id"], "toolu_2");
    live.close_stdin();
    live.finish().quietly();
    assert_eq!(rig.text("made.txt"), "allowed\n");
    assert!(!rig.work().join("never.txt").exists());
    assert!(wire.result_of("toolu_2").contains("not that one"));
}

#[test]
fn the_prompt_may_come_from_standard_input_alone_or_after_the_argument() {
    let rig = Rig::new();
    let wire = Wire::saying(&["a", "b"]);
    rig.connected(&wire, ["-p"])
        .stdin("piped words\n")
        .finish()
        .quietly();
    rig.connected(&wire, ["-p", "Explain this:"])
        .stdin("piped words\n")
        .finish()
        .quietly();
    let prompts: Vec<Value> = wire
        .bodies()
        .iter()
        .map(|body| {
            body["messages"][0]["content"]
                .as_array()
                .unwrap()
                .last()
                .unwrap()["text"]
                .clone()
        })
        .collect();
    assert_eq!(prompts, ["piped words\n", "Explain this:\n\npiped words\n"]);
}
