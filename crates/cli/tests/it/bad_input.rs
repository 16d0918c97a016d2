//! What a person or machine can get wrong at the start: each with its code and one sentence.

use crate::{
    rig::{KEY, Rig, assert_shown},
    wire::Wire,
};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, net::TcpListener};

/// As `crates/cli/src/headless.rs` has it.
const LONGEST_PROMPT_BYTES: usize = 10 * 1024 * 1024;

#[test]
fn without_a_key_it_says_where_to_put_one_and_leaves_nothing_behind() {
    let rig = Rig::new();
    let mut text = rig.gimlet(["-p", "hi"]).finish().expect(2).shown();
    let json = rig
        .gimlet(["-p", "hi", "--output-format", "json"])
        .finish()
        .expect(2);
    assert_eq!(json.json()["is_error"], true);
    write!(text, "\n# with --output-format json\n{}", json.err()).unwrap();
    assert_shown!(rig, text);
    assert_eq!(rig.logs(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_wrong_key_is_told_with_the_providers_words_and_not_tried_again() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::error(
        401,
        "authentication_error",
        "invalid x-api-key",
    ));
    let text = rig
        .connected(&wire, ["-p", "hi"])
        .finish()
        .expect(1)
        .shown();
    wire.answer(Reply::error(
        401,
        "authentication_error",
        "invalid x-api-key",
    ));
    let json = rig
        .connected(&wire, ["-p", "hi", "--output-format", "json"])
        .finish()
        .expect(1);
    let result = json.json();
    assert_eq!(result["is_error"], true);
    assert_eq!(result["api_error_status"], 401);
    assert_eq!(wire.requests().len(), 2);
    assert_shown!(
        rig,
        format!("{text}\n# as json\n{}", result["result"].as_str().unwrap())
    );
}

#[test]
fn an_unreachable_server_is_tried_again_with_the_reason_and_then_told() {
    let rig = Rig::new();
    // A port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let run = rig
        .gimlet(["-p", "hi", "--output-format", "stream-json", "--verbose"])
        .args(["--settings", r#"{"maxRetries": 1}"#])
        .env("ANTHROPIC_API_KEY", KEY)
        .env("ANTHROPIC_BASE_URL", format!("http://{closed}"))
        .finish()
        .expect(1);
    let messages = run.messages();
    let retries: Vec<&Value> = messages
        .iter()
        .filter(|message| message["subtype"] == "api_retry")
        .collect();
    let [retry] = retries[..] else {
        panic!("one retry was expected: {}", run.shown())
    };
    assert_eq!(retry["attempt"], 1);
    assert!(retry["error"].is_string(), "{retry}");
    let result = messages.last().unwrap();
    assert_eq!(
        (&result["type"], &result["is_error"]),
        (&json!("result"), &json!(true))
    );
    let text = rig
        .gimlet(["-p", "hi", "--settings", r#"{"maxRetries": 0}"#])
        .env("ANTHROPIC_API_KEY", KEY)
        .env("ANTHROPIC_BASE_URL", format!("http://{closed}"))
        .finish()
        .expect(1);
    assert_shown!(rig, text.shown());
}

#[test]
fn an_interrupt_ends_the_wait_for_the_next_attempt() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded").header("retry-after", "120"));
    let mut live = rig
        .connected(
            &wire,
            ["-p", "hi", "--output-format", "stream-json", "--verbose"],
        )
        .start();
    let retry = live.line_with("a retry", |message| message["subtype"] == "api_retry");
    assert_eq!(retry["retry_delay_ms"], 120_000);
    assert_eq!(retry["error_status"], 529);
    live.signal(rustix::process::Signal::INT);
    let run = live.finish();
    assert_eq!(run.code, Some(1), "{}", run.shown());
    assert_eq!(
        run.messages().last().unwrap()["terminal_reason"],
        "aborted_streaming"
    );
}

#[test]
fn a_busy_provider_is_asked_again_after_the_time_that_it_names() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded").header("retry-after-ms", "1"));
    wire.says("Here I am.");
    let run = rig.connected(&wire, ["-p", "hi"]).finish().quietly();
    assert_eq!(run.out(), "Here I am.\n");
}

#[test]
fn malformed_settings_are_told_with_file_line_and_key() {
    let rig = Rig::new();
    let mut text = String::new();
    for (about, settings) in [
        (
            "a brace is missing",
            "{\n  \"model\": \"m\",\n  \"maxTurns\": 3\n",
        ),
        ("no comma", "{\n  \"model\": \"m\"\n  \"maxTurns\": 3\n}\n"),
        ("a wrong type", "{\n  \"model\": 7\n}\n"),
        ("out of range", "{\n  \"maxTurns\": 0\n}\n"),
        (
            "an unknown mode",
            "{\n  \"permissions\": {\n    \"defaultMode\": \"yolo\"\n  }\n}\n",
        ),
        ("not an object", "[]\n"),
        ("not UTF-8", "{\"model\": \"\u{fffd}\"}"),
    ] {
        rig.settings(settings);
        if about == "not UTF-8" {
            fs::write(
                rig.own().join("config/settings.json"),
                b"{\"model\": \"\xff\"}",
            )
            .unwrap();
        }
        let run = rig
            .gimlet(["-p", "hi"])
            .env("ANTHROPIC_API_KEY", KEY)
            .finish()
            .expect(3);
        writeln!(text, "# {about}\n{}", run.shown()).unwrap();
    }
    assert_shown!(rig, text);
    assert_eq!(rig.logs(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_key_in_the_repositorys_settings_is_refused_without_being_shown() {
    let rig = Rig::new();
    // Removed again below: the rig looks for the key in every file.
    let path = rig.file(
        ".gimlet/settings.json",
        format!("{{\"env\": {{\"ANTHROPIC_API_KEY\": \"{KEY}\"}}}}"),
    );
    let run = rig.gimlet(["-p", "hi"]).finish().expect(3);
    fs::remove_file(path).unwrap();
    assert_shown!(rig, run.shown());
}

#[test]
fn an_unknown_settings_key_is_noticed_and_the_work_goes_on() {
    let rig = Rig::new();
    let wire = Wire::saying(&["ok"]);
    rig.settings("{\n  \"modle\": \"m\"\n}\n");
    let run = rig.connected(&wire, ["-p", "hi"]).finish().expect(0);
    assert_shown!(rig, run.shown());
}

#[test]
fn unknown_flags_and_values_are_refused_with_the_known_ones() {
    let rig = Rig::new();
    let mut text = String::new();
    for arguments in [
        &["-p", "hi", "--permission-mode", "yolo"][..],
        &["-p", "hi", "--output-format", "xml"],
        &["-p", "hi", "--max-turns", "0"],
        &["-p", "hi", "--max-turns", "many"],
        &["-p", "hi", "--max-budget-usd", "-1"],
        &["-p", "hi", "--session-id", "7"],
        &["-p", "hi", "--modle", "m"],
        &["-p", "hi", "--settings", "{\"maxTurns\": 0}"],
        &["-p", "hi", "--settings", "missing.json"],
        &["-p", "hi", "--setting-sources", "home"],
        &["-p", "hi", "--json-schema", "{"],
        &["-p", "hi", "--json-schema", "{\"type\": 7}"],
        &["-p", "hi", "--tools", "Raed"],
        &["-p", "hi", "--add-dir", "missing"],
        &["-p", "hi", "--system-prompt-file", "missing.md"],
        &["-p", "hi", "--model", "nobody/m"],
        &["-p", "hi", "--fork-session"],
        &["-p", "hi", "--continue", "--resume", "x"],
        &["-p", "hi", "--input-format", "stream-json"],
        &["-p", "hi", "--include-partial-messages"],
        &["-p", "hi", "--no-session-persistence", "--continue"],
        &[
            "-p",
            "hi",
            "--dangerously-skip-permissions",
            "--permission-mode",
            "plan",
        ],
        &["-p"],
        &["-p", "  "],
        &["sessions", "shwo"],
    ] {
        let run = rig.gimlet(arguments).env("ANTHROPIC_API_KEY", KEY).finish();
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
        assert!(matches!(run.code, Some(2 | 3)), "{text}");
        assert_eq!(run.out(), "");
    }
    assert_shown!(rig, text);
    assert_eq!(rig.logs(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_prompt_of_ten_megabytes_is_sent_whole_and_a_longer_one_is_refused() {
    let rig = Rig::new();
    let wire = Wire::saying(&["Read."]);
    let longest = "0123456789abcde\n".repeat(LONGEST_PROMPT_BYTES / 16);
    assert_eq!(longest.len(), LONGEST_PROMPT_BYTES);
    let run = rig.connected(&wire, ["-p"]).stdin(longest.clone()).finish();
    assert_eq!(run.quietly().out(), "Read.\n");
    let body = &wire.bodies()[0];
    let prompt = body["messages"][0]["content"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert!(prompt["text"] == longest, "the prompt came changed");
    let run = rig
        .connected(&wire, ["-p"])
        .stdin(format!("{longest}!"))
        .finish()
        .expect(2);
    assert_shown!(rig, run.shown());
    assert_eq!(wire.requests().len(), 1);
}

#[test]
fn a_closed_standard_input_is_no_prompt_and_no_error() {
    let rig = Rig::new();
    let wire = Wire::saying(&["ok"]);
    let closed = r#"exec "$0" "$@" <&-"#;
    let run = rig.connected(&wire, ["-p", "hi"]).through(closed).finish();
    assert_eq!(run.quietly().out(), "ok\n");
    let run = rig
        .connected(&wire, ["-p"])
        .through(closed)
        .finish()
        .expect(2);
    assert_shown!(rig, run.shown());
}

#[test]
fn closed_standard_outputs_are_no_reason_to_fail_or_to_write_elsewhere() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Write",
        json!({"file_path": rig.work().join("a.txt"), "content": "a\n"}),
    );
    wire.says("Written.");
    let run = rig
        .connected(&wire, ["-p", "Write", "--allowedTools", "Write"])
        .through(r#"exec "$0" "$@" <&- >&- 2>&-"#)
        .finish();
    assert_eq!(run.code, Some(0), "{}", run.shown());
    assert_eq!(rig.text("a.txt"), "a\n");
}

#[test]
fn bytes_that_are_not_text_are_taken_from_standard_input() {
    let rig = Rig::new();
    let wire = Wire::saying(&["ok"]);
    rig.connected(&wire, ["-p"])
        .stdin(b"caf\xe9".to_vec())
        .finish()
        .quietly();
    let body = &wire.bodies()[0];
    let prompt = body["messages"][0]["content"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_eq!(prompt["text"], "caf\u{fffd}");
}

#[test]
fn a_server_that_answers_garbage_is_tried_again_and_then_told() {
    let rig = Rig::new();
    let wire = Wire::new();
    for _ in 0..2 {
        wire.answer(Reply::raw(
            200,
            "text/html",
            "<html>Sign in to the hotel's network</html>",
        ));
    }
    let run = rig.connected(&wire, ["-p", "hi"]).finish().expect(1);
    assert_shown!(rig, run.shown());
}

#[test]
fn an_unusable_address_is_told_at_once() {
    let rig = Rig::new();
    let run = rig
        .gimlet(["-p", "hi"])
        .env("ANTHROPIC_API_KEY", KEY)
        .env("ANTHROPIC_BASE_URL", "localhost:1")
        .finish()
        .expect(3);
    assert_shown!(rig, run.shown());
}

#[test]
fn a_home_that_is_no_whole_path_is_told() {
    let rig = Rig::new();
    let run = rig
        .gimlet(["-p", "hi"])
        .env("GIMLET_HOME", "gimlet")
        .finish();
    assert_shown!(rig, run.expect(4).shown());
}

#[test]
fn a_prompt_may_be_any_text() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::events(&Script::new().text("ok")));
    let prompt = "--\u{1b}[31mred";
    rig.connected(&wire, ["-p", "--", prompt])
        .finish()
        .quietly();
    let body = &wire.bodies()[0];
    let sent = body["messages"][0]["content"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_eq!(sent["text"], prompt);
}
