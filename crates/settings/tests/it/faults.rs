//! What is malformed or wrong is told with file, line, column and key.

use crate::world::{LOCAL, MANAGED, PROJECT, USER, World};
use gimlet_settings::{Layer, Origin, SettingsFault};
use serde_json::json;

#[test]
fn a_malformed_file_names_file_line_column_and_key() {
    let world = World::new().file(PROJECT, "{\n  \"model\": \"m\",\n  \"maxTurns\": \n}\n");
    let fault = world.first_fault();
    assert_eq!(
        world.plain(&fault.to_string()),
        "repo/.gimlet/settings.json:4:1: not valid JSON near `maxTurns`: unexpected close brace"
    );
    assert_eq!(fault.key(), Some("maxTurns"));
    let place = fault.source_place().unwrap();
    assert_eq!(place.layer, Layer::Project);
    let Origin::File { path, line, column } = &place.origin else {
        panic!("{place:?}")
    };
    assert_eq!(
        (path.as_ref(), *line, *column),
        (&world.path(PROJECT), 4, 1)
    );
    assert!(!fault.hint().is_empty());
}

#[test]
fn a_wrong_value_names_its_place_and_what_would_be_right() {
    let text = r#"{
  "model": 1,
  "maxTurns": "ten",
  "maxBudgetUsd": -1,
  "thinking": "lots",
  "bashOutputMaxChars": 200,
  "fallbackModel": ["a", 2],
  "providers": {"x": {"baseUrl": "ftp://x"}, "y": 1},
  "permissions": {"allow": "Read", "defaultMode": "yolo", "disableBypassPermissionsMode": true},
  "env": {"A": 1},
  "features": {"fine-grained-tool-streaming": "yes"},
  "autoCompactEnabled": "false",
  "claudeMdExcludes": {}
}"#;
    let world = World::new().file(USER, text);
    insta::assert_snapshot!(world.faults().join("\n"));
}

#[test]
fn wrong_variables_and_flags_are_told_by_name() {
    let world = World::new()
        .variable("MAX_THINKING_TOKENS", "lots")
        .variable("ANTHROPIC_BASE_URL", "localhost:80")
        .flag("--max-turns", "maxTurns", json!(0))
        .flag_settings("{\"model\": }");
    insta::assert_snapshot!(world.faults().join("\n"), @r#"
    --settings: not valid JSON near `model`: unexpected close brace
    $ANTHROPIC_BASE_URL: `providers.anthropic.baseUrl` must be an address that begins with http:// or https://, but it is another text
    $MAX_THINKING_TOKENS: `thinking` must be "off", "adaptive" or a whole number of tokens, but it is another text
    --max-turns: `maxTurns` must be a whole number from 1 to 1000000, but it is 0
    "#);
}

#[test]
fn a_file_that_is_no_object_no_text_or_no_file_is_told() {
    let world = World::new()
        .file(USER, "[]")
        .file(PROJECT, b"{\"model\": \"\xff\"}")
        .file(&format!("{LOCAL}/inside"), "a folder in the file's place")
        .file(MANAGED, vec![b' '; 1024 * 1024 + 1])
        .flag_settings("missing.json");
    insta::assert_snapshot!(world.faults().join("\n"));
}

#[test]
fn a_survey_keeps_what_is_right_beside_what_is_wrong() {
    let world = World::new()
        .file(USER, r#"{"model": "m", "maxTurns": "ten"}"#)
        .file(PROJECT, "{");
    let (settings, faults) = gimlet_settings::Settings::survey(&world.spec());
    assert_eq!(settings.model.as_deref(), Some("m"));
    assert_eq!(settings.max_turns, None);
    assert_eq!(faults.len(), 2);
    assert!(matches!(
        world.first_fault(),
        SettingsFault::Malformed { .. }
    ));
}

#[test]
fn a_settings_file_given_by_flag_names_its_own_lines() {
    let world = World::new()
        .file("repo/ci.json", "{\n\"maxTurns\": true}")
        .flag_settings("ci.json");
    assert_eq!(
        world.faults(),
        [
            "repo/ci.json:2:13: `maxTurns` must be a whole number from 1 to 1000000, but it is true \
          or false"
        ]
    );
}

#[test]
fn a_rule_is_a_text_or_an_object_with_its_rule() {
    let text = r#"{"permissions": {"deny": [
  "Read(a)",
  {"rule": "Read(b)", "matches": ["b"], "not": ["c"]},
  {"matches": ["d"]},
  {"rule": 1},
  {"rule": "Read(e)", "matches": "e"},
  7
]}}"#;
    let world = World::new().file(USER, text);
    insta::assert_snapshot!(world.faults().join("\n"), @r#"
    home/.config/gimlet/settings.json:4:3: `permissions.deny` must be a list of rules, each a text or an object with `rule`, but it is an object
    home/.config/gimlet/settings.json:5:12: `permissions.deny.rule` must be a text, but it is 1
    home/.config/gimlet/settings.json:6:34: `permissions.deny.matches` must be a list of texts, but it is a text
    home/.config/gimlet/settings.json:7:3: `permissions.deny` must be a text, but it is 7
    "#);
}
