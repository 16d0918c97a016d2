use super::Conversations;
use serde_json::{Value, json};

fn faults(bodies: &[Value]) -> Vec<String> {
    let mut conversations = Conversations::default();
    bodies
        .iter()
        .flat_map(|body| conversations.check(body.to_string().as_bytes()))
        .collect()
}

fn body(messages: impl Into<Value>) -> Value {
    let messages = messages.into();
    json!({"tools": [{"name": "Read"}], "system": [{"type": "text", "text": "s"}], "messages": messages})
}

fn said(role: &str, content: impl Into<Value>) -> Value {
    let content = content.into();
    json!({"role": role, "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn call(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "Read", "input": {}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": []})
}

fn marked(text: &str) -> Value {
    json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}})
}

#[test]
fn a_growing_conversation_with_moving_markers_has_no_fault() {
    let bodies = [
        body(json!([said("user", json!([marked("a")]))])),
        body(json!([said("user", json!([text("a"), marked("b")]))])),
        body(json!([
            said("user", json!([text("a"), marked("b")])),
            said("assistant", json!([text("c"), call("1"), call("2")])),
            said("user", json!([result("2"), result("1"), marked("d")])),
        ])),
        body(json!([
            said("user", json!([text("a"), text("b")])),
            said("assistant", json!([text("c"), call("1"), call("2")])),
            said(
                "user",
                json!([result("2"), result("1"), marked("d"), marked("e")])
            ),
        ])),
        // A rewind, and another conversation with the same beginning.
        body(json!([
            said("user", json!([text("a"), text("b")])),
            said("assistant", json!([text("c"), call("1"), call("2")])),
            said("user", json!([result("2"), result("1"), text("d")])),
        ])),
        body(json!([said("user", json!([marked("a")]))])),
    ];
    assert_eq!(faults(&bodies), Vec::<String>::new());
}

#[test]
fn calls_without_results_and_results_without_calls_are_faults() {
    let bodies = [
        body(json!([
            said("user", json!([text("a")])),
            said("assistant", json!([call("1")]))
        ])),
        body(json!([
            said("user", json!([text("b")])),
            said("assistant", json!([call("1"), call("1")])),
            said(
                "user",
                json!([text("x"), result("1"), result("1"), result("9")])
            ),
        ])),
        body(json!([
            said("user", json!([text("c")])),
            said("assistant", json!([call("1")])),
            said("user", json!([text("no answer")])),
        ])),
    ];
    let expected = [
        "the call `1` has no result",
        "message 1 repeats the call `1`",
        "message 2 has a result after other blocks",
        "message 2 answers `1`, which is not open",
        "message 2 has a result after other blocks",
        "message 2 answers `9`, which is not open",
        "message 2 has a result after other blocks",
        "message 2 leaves the call `1` without a result",
    ];
    assert_eq!(faults(&bodies), expected);
}

#[test]
fn a_request_of_the_wrong_shape_is_a_fault() {
    let markers: Vec<Value> = (0..5).map(|_| marked("m")).collect();
    let bodies = [
        json!({"tools": [{"name": "A"}, {"name": "A"}], "messages": [said("user", json!(markers))]}),
        body(json!([
            said("assistant", json!([text("a")])),
            said("assistant", json!([]))
        ])),
        body(json!([said("user", json!([text(" ")]))])),
        body(json!([])),
        json!("nothing"),
    ];
    let expected = [
        "5 cache markers",
        "two tools are called `A`",
        "message 0 is `assistant` and should be `user`",
        "message 1 is `assistant` and should be `user`",
        "message 1 is empty",
        "message 0 has a blank text block",
        "no message",
    ];
    let faults = faults(&bodies);
    assert_eq!(faults[..7], expected);
    assert!(
        faults[7].starts_with("the body is not as expected: "),
        "{faults:?}"
    );
}

#[test]
fn a_change_of_what_was_sent_before_is_a_fault() {
    let first = || {
        json!([
            said("user", json!([text("a")])),
            said("assistant", json!([text("b")])),
            said("user", json!([text("c")])),
        ])
    };
    let mut edited = first();
    edited[1]["content"][0]["text"] = json!("B");
    let mut replaced = first();
    replaced[2]["content"][0]["text"] = json!("C");
    let mut tools = body(first());
    tools["tools"] = json!([{"name": "Write"}]);
    let mut system = body(first());
    system["system"][0]["text"] = json!("t");
    for (changed, fault) in [
        (body(edited), "message 1 changed within the conversation"),
        (body(replaced), "message 2 changed within the conversation"),
        (tools, "the tools changed within the conversation"),
        (system, "the system prompt changed within the conversation"),
    ] {
        assert_eq!(faults(&[body(first()), changed]), [fault]);
    }
}
