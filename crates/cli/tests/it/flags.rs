//! Flags that steer a run, each by what it changes.

use crate::{
    rig::{Rig, assert_shown, files},
    wire::Wire,
};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::{Value, json};
use std::fs;

fn tool_names(body: &Value) -> Vec<&str> {
    body["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tool| tool["name"].as_str())
        .collect()
}

fn system_of(body: &Value) -> String {
    let blocks = body["system"].as_array().unwrap();
    blocks
        .iter()
        .map(|block| block["text"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn max_turns_ends_the_turn_after_so_many_requests() {
    let rig = Rig::new();
    let wire = Wire::new();
    for number in 1..=2 {
        wire.calls(
            &format!("toolu_{number}"),
            "Read",
            json!({"file_path": "greeting.txt"}),
        );
    }
    let run = rig
        .connected(&wire, ["-p", "Read", "--max-turns", "2"])
        .finish()
        .expect(1);
    assert_eq!(wire.requests().len(), 2);
    wire.calls("toolu_3", "Read", json!({"file_path": "greeting.txt"}));
    let json = rig
        .connected(
            &wire,
            ["-p", "Read", "--max-turns", "1", "--output-format", "json"],
        )
        .finish()
        .expect(1);
    assert_eq!(json.json()["subtype"], "error_max_turns");
    assert_shown!(rig, run.shown());
    // The session is whole: it goes on where it stood.
    wire.says("Read.");
    let run = rig.connected(&wire, ["-p", "--continue", "Go on"]).finish();
    assert_eq!(run.quietly().out(), "Read.\n");
}

#[test]
fn max_budget_ends_the_turn_before_it_costs_more() {
    let rig = Rig::new();
    let wire = Wire::new();
    let expensive = Script::new()
        .call("toolu_1", "Read", &json!({"file_path": "greeting.txt"}))
        .usage(
            json!({"input_tokens": 100_000, "output_tokens": 1}),
            json!({"output_tokens": 9000}),
        );
    wire.answer(Reply::events(&expensive));
    let run = rig
        .connected(
            &wire,
            [
                "-p",
                "Read",
                "--max-budget-usd",
                "0.25",
                "--output-format",
                "json",
            ],
        )
        .finish()
        .expect(1);
    let result = run.json();
    assert_eq!(result["subtype"], "error_max_budget_usd");
    assert!(
        result["total_cost_usd"].as_f64().unwrap() > 0.25,
        "{result}"
    );
    assert_eq!(wire.requests().len(), 1);
    let tiny = rig
        .connected(&wire, ["-p", "Read", "--max-budget-usd", "0.0001"])
        .finish()
        .expect(1);
    assert_eq!(
        wire.requests().len(),
        1,
        "a request that could pass the budget is not made"
    );
    assert_shown!(rig, tiny.shown());
}

#[test]
fn a_json_schema_is_met_or_the_run_fails() {
    let rig = Rig::new();
    let wire = Wire::new();
    let schema = r#"{"type":"object","properties":{"sum":{"type":"integer"}},"required":["sum"]}"#;
    wire.calls("toolu_1", "StructuredOutput", json!({"sum": "five"}));
    wire.calls("toolu_2", "StructuredOutput", json!({"sum": 5}));
    let run = rig
        .connected(
            &wire,
            [
                "-p",
                "Add 2 and 3",
                "--json-schema",
                schema,
                "--output-format",
                "json",
            ],
        )
        .finish()
        .quietly();
    assert_eq!(run.json()["structured_output"], json!({"sum": 5}));
    assert_eq!(wire.requests().len(), 2);
    let results = wire.bodies()[1]["messages"].to_string();
    assert!(results.contains("sum"), "{results}");
}

#[test]
fn rules_allow_and_deny_and_deny_wins() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::events(
        &Script::new()
            .call("toolu_1", "Bash", &json!({"command": "echo one"}))
            .call("toolu_2", "Bash", &json!({"command": "echo two"})),
    ));
    wire.says("Done.");
    let run = rig
        .connected(&wire, ["-p", "Echo", "--allowedTools", "Bash(echo:*)"])
        .args(["--disallowedTools", "Bash(echo two)", "Write"])
        .finish();
    assert_eq!(run.quietly().out(), "Done.\n");
    assert_eq!(wire.result_of("toolu_1"), "one");
    assert_shown!(rig, wire.result_of("toolu_2"));
    let bodies = wire.bodies();
    assert!(
        !tool_names(&bodies[0]).contains(&"Write"),
        "a denied tool is not offered"
    );
}

#[test]
fn a_rule_that_is_not_understood_is_told_and_allows_nothing() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Write",
        json!({"file_path": "a.txt", "content": "a"}),
    );
    wire.says("Done.");
    let run = rig
        .connected(&wire, ["-p", "Write", "--allowedTools", "Write(docs/**"])
        .finish()
        .expect(0);
    assert_shown!(rig, run.shown());
    assert!(!rig.work().join("a.txt").exists());
}

#[test]
fn permission_modes_decide_what_needs_no_question() {
    for (mode, written, ran) in [
        ("default", false, false),
        ("acceptEdits", true, true),
        ("plan", false, false),
        ("dontAsk", false, false),
        ("bypassPermissions", true, true),
    ] {
        let rig = Rig::new();
        let wire = Wire::new();
        wire.answer(Reply::events(
            &Script::new()
                .call(
                    "toolu_1",
                    "Write",
                    &json!({"file_path": "a.txt", "content": "a"}),
                )
                .call("toolu_2", "Bash", &json!({"command": "echo b > b.txt"}))
                .call("toolu_3", "Read", &json!({"file_path": "greeting.txt"})),
        ));
        wire.says("Done.");
        rig.connected(&wire, ["-p", "Work", "--permission-mode", mode])
            .finish()
            .quietly();
        let made = ["a.txt", "b.txt"].map(|name| rig.work().join(name).exists());
        assert_eq!(made, [written, ran], "{mode}");
        assert!(wire.result_of("toolu_3").contains("hello"), "{mode}");
    }
}

#[test]
fn no_mode_lets_the_model_write_gimlets_own_files() {
    let rig = Rig::new();
    let wire = Wire::new();
    let target = rig.own().join("data/sessions/evil.jsonl");
    wire.calls(
        "toolu_1",
        "Write",
        json!({"file_path": target, "content": "a"}),
    );
    wire.says("Done.");
    rig.connected(&wire, ["-p", "Write", "--dangerously-skip-permissions"])
        .finish()
        .quietly();
    assert!(!target.exists());
    assert_shown!(rig, wire.result_of("toolu_1"));
}

#[test]
fn an_added_folder_is_read_without_a_question() {
    let rig = Rig::new();
    let other = rig.root().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes.txt"), "remember\n").unwrap();
    let wire = Wire::new();
    let call = json!({"file_path": other.join("notes.txt")});
    for _ in 0..2 {
        wire.calls("toolu_1", "Read", call.clone());
        wire.says("Done.");
    }
    rig.connected(&wire, ["-p", "Read"]).finish().quietly();
    let without = wire.result_of("toolu_1");
    assert!(!without.contains("remember"), "{without}");
    rig.connected(&wire, ["-p", "Read", "--add-dir", "../other"])
        .finish()
        .quietly();
    assert!(wire.result_of("toolu_1").contains("remember"));
    assert!(system_of(&wire.bodies()[2]).contains(other.to_str().unwrap()));
}

#[test]
fn the_system_prompt_is_replaced_or_added_to_and_memory_files_are_in_it() {
    let rig = Rig::new();
    rig.file("AGENTS.md", "Always say please.\n");
    let wire = Wire::saying(&["a", "b", "c"]);
    rig.connected(&wire, ["-p", "hi", "--append-system-prompt", "Be brief."])
        .finish()
        .quietly();
    rig.connected(&wire, ["-p", "hi", "--system-prompt", "You are a parrot."])
        .finish()
        .quietly();
    let file = rig.file("prompt.md", "From a file.\n");
    rig.connected(&wire, ["-p", "hi", "--system-prompt", "And a flag."])
        .args([
            std::ffi::OsStr::new("--system-prompt-file"),
            file.as_os_str(),
        ])
        .finish()
        .quietly();
    let bodies = wire.bodies();
    let appended = system_of(&bodies[0]);
    assert!(
        appended.contains("Gimlet") && appended.contains("Always say please."),
        "{appended}"
    );
    assert!(appended.contains("Be brief."));
    let replaced = system_of(&bodies[1]);
    assert!(replaced.contains("You are a parrot.") && !replaced.contains("You are Gimlet"));
    assert!(system_of(&bodies[2]).contains("From a file.\n\nAnd a flag."));
}

#[test]
fn without_persistence_nothing_is_left_on_the_disk() {
    let rig = Rig::new();
    rig.distrust();
    let wire = Wire::new();
    let script = "seq 1 20000; mkdir /tmp/shut; echo left > /tmp/shut/left; chmod 0 /tmp/shut";
    wire.calls("toolu_1", "Bash", json!({"command": script}));
    wire.says("Done.");
    let run = rig
        .connected(
            &wire,
            [
                "-p",
                "Count",
                "--no-session-persistence",
                "--trust",
                "--allowedTools",
                "Bash Edit",
            ],
        )
        .finish();
    assert_eq!(run.quietly().out(), "Done.\n");
    assert_eq!(files(&rig.home()), Vec::<std::path::PathBuf>::new());
    assert_eq!(rig.git(&["status", "--short"]), "");
}

#[test]
fn a_fallback_model_takes_over_where_the_first_is_missing_or_overloaded() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::error(404, "not_found_error", "model: claude-gone"));
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded"));
    wire.says("From the third.");
    let run = rig
        .connected(&wire, ["-p", "hi", "--model", "claude-gone"])
        .args([
            "--fallback-model",
            "claude-busy,claude-haiku-4-5",
            "--settings",
            r#"{"maxRetries":0}"#,
        ])
        .args(["--output-format", "stream-json", "--verbose"])
        .finish()
        .quietly();
    let models: Vec<Value> = wire
        .bodies()
        .iter()
        .map(|body| body["model"].clone())
        .collect();
    assert_eq!(models, ["claude-gone", "claude-busy", "claude-haiku-4-5"]);
    let told: Vec<String> = run
        .messages()
        .iter()
        .filter(|message| message["subtype"] == "model_fallback")
        .map(|message| message["trigger"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(told, ["model_not_found", "overloaded"]);
    assert_eq!(run.messages().last().unwrap()["result"], "From the third.");
}

#[test]
fn a_missing_model_without_a_fallback_is_told() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::error(404, "not_found_error", "model: claude-gone"));
    let run = rig
        .connected(&wire, ["-p", "hi", "--model", "claude-gone"])
        .finish()
        .expect(1);
    assert_shown!(rig, run.shown());
}

#[test]
fn only_the_named_tools_are_offered() {
    let rig = Rig::new();
    let wire = Wire::saying(&["a", "b", "c"]);
    rig.connected(&wire, ["-p", "hi", "--tools", "Read,LS"])
        .finish()
        .quietly();
    rig.connected(&wire, ["-p", "hi", "--tools", ""])
        .finish()
        .quietly();
    rig.connected(&wire, ["-p", "hi", "--tools", "default"])
        .finish()
        .quietly();
    let bodies = wire.bodies();
    assert_eq!(tool_names(&bodies[0]), ["LS", "Read"]);
    assert_eq!(tool_names(&bodies[1]), Vec::<&str>::new());
    assert!(tool_names(&bodies[2]).contains(&"Bash"));
}

#[test]
fn the_scripted_model_plays_a_file() {
    let rig = Rig::new();
    let script = rig.file(
        "script.json",
        r#"{"format": 1, "replies": [{"expect": ["hi"], "items": [{"type": "text", "text": "Hello from a file."}]}]}"#,
    );
    let model = format!("scripted/{}", script.display());
    let run = rig.gimlet(["-p", "hi", "--model", &model]).finish();
    assert_eq!(run.quietly().out(), "Hello from a file.\n");
    let missing = rig
        .gimlet(["-p", "hi", "--model", "scripted/missing.json"])
        .finish()
        .expect(2);
    rig.file("script.json", "{\"format\": 1,\n \"replies\": 7}");
    let wrong = rig
        .gimlet(["-p", "hi", "--model", &model])
        .finish()
        .expect(2);
    let none = rig
        .gimlet(["-p", "hi", "--model", "scripted"])
        .finish()
        .expect(2);
    assert_shown!(
        rig,
        format!("{}\n{}\n{}", missing.shown(), wrong.shown(), none.shown())
    );
}
