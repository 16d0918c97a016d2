//! `StructuredOutput` with schemas of its caller.

use crate::rig::Rig;
use gimlet_ports::AnyTool as _;
use gimlet_protocol::Mark;
use gimlet_tools::{StructuredOutput, ToolOptions};
use serde_json::{Value, json};

fn rig(schema: Value) -> Rig {
    Rig::with(ToolOptions {
        answer_schema: Some(schema),
        ..ToolOptions::default()
    })
}

fn person() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "mail": {"type": "string", "format": "email"},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}}
        },
        "required": ["name"],
        "additionalProperties": false
    })
}

#[test]
fn an_answer_that_fits_is_the_data_and_ends_the_turn() {
    let answer = json!({"name": "Ada", "mail": "no mail at all", "tags": ["a"]});
    let gave = rig(person()).call("StructuredOutput", answer.clone());
    assert_eq!(gave.data, answer, "format is an annotation only");
    assert_eq!(gave.marks, [Mark::TurnDone]);
    assert!(!gave.failed);
}

#[test]
fn an_answer_that_does_not_fit_is_told_precisely() {
    let answer = json!({"name": "", "tags": ["a", "c"], "age": 3});
    insta::assert_snapshot!(rig(person()).fails("StructuredOutput", answer), @r#"
    the answer does not fit its schema; correct it and call StructuredOutput again:
    - /name: "" is shorter than 1 character
    - /tags/1: "c" is not one of "a" or "b"
    - Additional properties are not allowed ('age' was unexpected)
    "#);
}

#[test]
fn a_schema_that_is_none_is_refused_at_the_start() {
    let check = |schema: Value, why: &str| {
        let refusal = StructuredOutput::new(schema).err().unwrap().to_string();
        assert!(refusal.starts_with(why), "{refusal}");
    };
    check(json!("text"), "invalid JSON schema: it must be an object");
    check(json!({"type": "objekt"}), "invalid JSON schema at /type: ");
    check(
        json!({"$ref": "https://example.com/schema.json"}),
        "invalid JSON schema",
    );
}

#[test]
fn a_schema_that_is_no_object_is_wrapped_into_one() {
    let schema = json!({
        "$defs": {"word": {"type": "string"}},
        "type": "array",
        "items": {"$ref": "#/$defs/word"}
    });
    let rig = rig(schema);
    let spec = rig
        .set
        .borrow()
        .toolbox
        .get("StructuredOutput")
        .unwrap()
        .spec();
    assert_eq!(
        spec.input_schema,
        json!({
            "$defs": {"word": {"type": "string"}},
            "type": "object",
            "properties": {"value": {"type": "array", "items": {"$ref": "#/$defs/word"}}},
            "required": ["value"]
        })
    );
    let gave = rig.call("StructuredOutput", json!({"value": ["x"]}));
    assert_eq!(gave.data, json!(["x"]));
    let text = rig.fails("StructuredOutput", json!({"value": [1]}));
    assert!(text.contains("- /0: 1 is not of type \"string\""), "{text}");
    assert_eq!(
        rig.fails("StructuredOutput", json!(["x"])),
        "the answer belongs into the field \"value\""
    );
}

#[test]
fn the_tool_is_there_only_with_a_schema() {
    assert!(
        Rig::new()
            .set
            .borrow()
            .toolbox
            .get("StructuredOutput")
            .is_none()
    );
    let tool = StructuredOutput::new(json!({"type": "object"})).unwrap();
    assert_eq!(tool.spec().input_schema, json!({"type": "object"}));
}
