//! The key is nowhere but where it belongs. Every test's rig looks through all files at its
//! end, and every run through its output; here are the ways on which it could get there.

use crate::{
    rig::{KEY, Rig, files},
    wire::Wire,
};
use gimlet_testkit::sse::{Reply, Script};
use serde_json::json;
use std::fs;

#[test]
fn a_provider_that_sends_the_key_back_does_not_spread_it() {
    let rig = Rig::new();
    let wire = Wire::new();
    let echo = format!("invalid x-api-key: {KEY}");
    wire.answer(Reply::error(401, "authentication_error", &echo));
    let run = rig
        .connected(
            &wire,
            ["-p", "hi", "--output-format", "stream-json", "--verbose"],
        )
        .finish()
        .expect(1);
    assert!(run.out().contains("invalid x-api-key"), "{}", run.shown());
    wire.answer(Reply::events(
        &Script::new().error("authentication_error", &echo),
    ));
    rig.connected(&wire, ["-p", "hi"]).finish().expect(1);
}

#[test]
fn commands_settings_and_reports_do_not_hold_it() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": "env; cat /proc/self/environ | tr '\\0' '\\n'; set; export -p > exported.txt"}),
    );
    wire.says("Looked.");
    let run = rig
        .connected(&wire, ["-p", "Look", "--allowedTools", "Bash Edit"])
        .finish();
    assert_eq!(run.quietly().out(), "Looked.\n");
    assert!(!wire.result_of("toolu_1").contains(KEY));
    for arguments in [
        &["doctor"][..],
        &["doctor", "--json"],
        &["auth", "status"],
        &["sessions", "list"],
        &[],
    ] {
        rig.connected(&wire, arguments).finish().expect(0);
    }
    assert!(!files(&rig.own()).is_empty());
}

#[test]
fn an_address_with_a_password_is_not_shown() {
    let rig = Rig::new();
    let address = format!("http://person:{KEY}@127.0.0.1:9/");
    let run = rig
        .gimlet([
            "-p",
            "hi",
            "--settings",
            r#"{"maxRetries": 0}"#,
            "--output-format",
            "json",
        ])
        .env("ANTHROPIC_API_KEY", "sk-ant-other")
        .env("ANTHROPIC_BASE_URL", &address)
        .finish();
    assert_eq!(run.code, Some(1), "{}", run.shown());
    rig.gimlet(["doctor"])
        .env("ANTHROPIC_BASE_URL", &address)
        .finish();
}

#[test]
fn a_stored_key_is_only_in_the_credentials_file() {
    let rig = Rig::new();
    let wire = Wire::saying(&["ok"]);
    rig.gimlet(["auth", "login"]).stdin(KEY).finish().quietly();
    rig.gimlet(["-p", "hi"])
        .env("ANTHROPIC_BASE_URL", wire.url())
        .finish()
        .quietly();
    let holding: Vec<_> = files(rig.root())
        .into_iter()
        .filter(|path| {
            let bytes = fs::read(path).unwrap_or_default();
            bytes
                .windows(KEY.len())
                .any(|window| window == KEY.as_bytes())
        })
        .collect();
    assert_eq!(holding, [rig.own().join("config/credentials.json")]);
}

#[test]
fn a_key_of_someone_else_in_a_providers_words_is_not_repeated() {
    let rig = Rig::new();
    let wire = Wire::new();
    let token = format!("ghp_{}", "a8Kd03mZq7Lw2Xn5Rt9Vb1Yc4Ue6Pf0Hs3Jg");
    let said = format!("the proxy was called with token {token}");
    wire.answer(Reply::error(401, "authentication_error", &said));
    let run = rig
        .connected(
            &wire,
            ["-p", "hi", "--output-format", "stream-json", "--verbose"],
        )
        .finish()
        .expect(1);
    let shown = run.shown();
    assert!(shown.contains("the proxy was called"), "{shown}");
    assert!(!shown.contains(&token), "{shown}");
    let log = fs::read_to_string(rig.log()).unwrap();
    assert!(log.contains("the proxy was called") && !log.contains(&token));
    // What a person gives on the command line comes back in an error's text.
    let run = rig.gimlet(["sessions", "show", &token]).finish();
    assert!(run.err().contains("error: "), "{}", run.err());
    assert!(!run.err().contains(&token), "{}", run.err());
}
