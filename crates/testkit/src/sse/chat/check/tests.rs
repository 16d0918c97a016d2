use super::ChatConversations;
use serde_json::{Value, json};

fn faults(bodies: &[Value]) -> Vec<String> {
    let mut conversations = ChatConversations::default();
    bodies
        .iter()
        .flat_map(|body| conversations.check(body.to_string().as_bytes()))
        .collect()
}

fn body(messages: &[Value]) -> Value {
    let mut all = vec![json!({"role": "system", "content": "s"})];
    all.extend_from_slice(messages);
    let tool = json!({"type": "function", "function": {"name": "Read", "parameters": {}}});
    json!({"tools": [tool], "messages": all})
}

fn said(role: &str, content: impl Into<Value>) -> Value {
    json!({"role": role, "content": content.into()})
}

fn calls(ids: &[&str]) -> Value {
    let calls: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "type": "function", "function": {"name": "Read", "arguments": "{}"}}))
        .collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

fn result(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": "line"})
}

#[test]
fn a_growing_conversation_has_no_fault() {
    let all = [
        said("user", "a"),
        calls(&["1", "2"]),
        result("2"),
        result("1"),
        said(
            "user",
            json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,aQ=="}}]),
        ),
        said("assistant", "b"),
        said("user", "c"),
    ];
    let bodies = [1, 4, 5, 7, 4, 1].map(|length| body(&all[..length]));
    assert_eq!(faults(&bodies), Vec::<String>::new());
}

#[test]
fn calls_without_results_and_results_without_calls_are_faults() {
    let bodies = [
        body(&[said("user", "a"), calls(&["1"])]),
        body(&[
            said("user", "b"),
            calls(&["1", "1"]),
            result("1"),
            result("1"),
            result("9"),
        ]),
        body(&[said("user", "c"), calls(&["1"]), said("user", "no answer")]),
    ];
    let expected = [
        "the call `1` has no result",
        "message 2 repeats the call `1`",
        "message 4 answers `1`, which is not open",
        "message 5 answers `9`, which is not open",
        "message 3 leaves the call `1` without a result",
    ];
    assert_eq!(faults(&bodies), expected);
}

#[test]
fn a_request_of_the_wrong_shape_is_a_fault() {
    let broken = json!({"role": "assistant", "content": "", "tool_calls":
        [{"id": "1", "function": {"name": "Read", "arguments": "{\"a"}}]});
    let bodies = [
        body(&[said("user", " "), said("assistant", Value::Null)]),
        body(&[
            said("user", "a"),
            said("system", "b"),
            said("developer", "c"),
        ]),
        body(&[said("user", json!([{"type": "text", "text": ""}]))]),
        body(&[said(
            "user",
            json!([{"type": "image_url", "image_url": {"url": "https://x"}}]),
        )]),
        body(&[
            said("user", "d"),
            broken,
            json!({"role": "tool", "tool_call_id": "1", "content": []}),
        ]),
        json!({"tools": [{"function": {"name": "A"}}, {"function": {"name": "A"}}], "messages": []}),
        json!("nothing"),
    ];
    let expected = [
        "message 1 is empty",
        "message 2 is empty",
        "message 2 is a late `system`",
        "message 3 is of the role `developer`",
        "message 1 has a part that is wrong",
        "message 1 has a part that is wrong",
        "message 3 is empty",
        "message 3 should be a text",
        "the input of the call `1` is no object in a text",
        "the tool `A` is no function with parameters",
        "two tools are called `A`",
        "the tool `A` is no function with parameters",
        "no message",
    ];
    let mut faults = faults(&bodies);
    let last = faults.pop().unwrap_or_default();
    assert!(last.starts_with("the body is not as expected: "), "{last}");
    faults.sort();
    let mut expected = expected.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(faults, expected);
}

#[test]
fn a_change_of_what_was_sent_before_is_a_fault() {
    let messages = [said("user", "a"), said("assistant", "b"), said("user", "c")];
    let mut edited = messages.clone();
    edited[1]["content"] = json!("B");
    let mut tools = body(&messages);
    tools["tools"][0]["function"]["name"] = json!("Write");
    for (changed, fault) in [
        (body(&edited), "message 2 changed within the conversation"),
        (tools, "the tools changed within the conversation"),
    ] {
        assert_eq!(faults(&[body(&messages), changed]), [fault]);
    }
}
