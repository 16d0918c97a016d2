use super::{with_items, with_value};
use serde_json::json;

#[test]
fn comments_order_and_layout_stay() {
    let text = "// mine\n{\n  \"model\": \"a\", // the one\n  \"permissions\": {\n    /* none */\n    \"deny\": [\"Bash(rm:*)\"],\n  },\n}\n";
    let after = with_value(text, "permissions.defaultMode", &json!("plan")).unwrap();
    let after = with_value(&after, "model", &json!("b")).unwrap();
    assert_eq!(
        after,
        "// mine\n{\n  \"model\": \"b\", // the one\n  \"permissions\": {\n    /* none */\n    \"deny\": [\"Bash(rm:*)\"],\n    \"defaultMode\": \"plan\",\n  },\n}\n"
    );
}

#[test]
fn a_new_file_begins_with_the_value() {
    assert_eq!(
        with_value("", "permissions.defaultMode", &json!("plan")).unwrap(),
        "{\n  \"permissions\": {\n    \"defaultMode\": \"plan\"\n  }\n}\n"
    );
}

#[test]
fn what_is_no_object_is_not_overwritten() {
    assert!(with_value("[]", "model", &json!("a")).is_err());
    assert!(with_value("{\"model\": 1}", "model.name", &json!("a")).is_err());
    assert!(with_value("{", "model", &json!("a")).is_err());
    assert!(with_value("{}", "a..b", &json!("a")).is_err());
}

#[test]
fn a_rule_with_examples_is_known_by_its_rule() {
    let text = r#"{"allow": [{"rule": "Bash(a)", "matches": ["a"]}, "Bash(b)"]}"#;
    let rule = ["Bash(a)".to_owned()];
    assert_eq!(with_items(text, "allow", &rule, &[]).unwrap(), text);
    let left = with_items(text, "allow", &[], &rule).unwrap();
    assert_eq!(left, r#"{"allow": [ "Bash(b)"]}"#);
}
