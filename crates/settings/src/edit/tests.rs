use super::with_value;
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
