//! What the model returned comes back to it as it came, and to no other.

use super::{model, model_of, options};
use crate::asking::{assistant, hello, items, request, result, said, user};
use gimlet_protocol::{Block, Call, CallId, Message, Opaque, Verbatim};
use gimlet_providers::Chat;
use gimlet_testkit::sse::{ChatScript, Reply, Server};
use serde_json::{Value, json};
use std::sync::Arc;

/// Stores a message as the session log would, and reads it again.
fn stored(message: &Message) -> Arc<Message> {
    let text = serde_json::to_string(message).unwrap();
    Arc::new(serde_json::from_str(&text).unwrap())
}

fn with_details() -> ChatScript {
    ChatScript::new()
        .delta(&json!({"reasoning": "Häm", "reasoning_details":
            [{"type": "reasoning.text", "index": 0, "text": "Häm"}]}))
        .raw("data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"Zz==\",\"n\":{\"x\": 1.50}}]}}]}\n\n")
        .text("I look.")
        .call_piece(&json!({"index": 0, "id": "call_1", "extra_content": {"google": {"thought_signature": "c2ln"}},
            "function": {"name": "Read", "arguments": "{\"z\":  1, \"a\": \"\\u00e4\"}"}}))
}

#[tokio::test]
async fn reasoning_and_calls_come_back_with_every_value_as_it_was_written() {
    let server = Server::start().await.unwrap();
    let model = model_of(&server, "openrouter");
    server.answer(Reply::chunks(&with_details()));
    server.answer(Reply::chunks(&ChatScript::new().text("Done.")));
    let reply = said(&items(&*model, hello()).await);
    let messages = vec![
        user(vec![Block::text("hello")]),
        stored(&reply),
        user(vec![result("call_1", "line")]),
    ];
    items(&*model, request(messages)).await;
    let body = server.requests()[1].text();
    let expected = concat!(
        r#"{"role":"assistant","content":"I look.","reasoning_details":["#,
        r#"{"type":"reasoning.text","index":0,"text":"Häm"},"#,
        r#"{"type":"reasoning.encrypted","data":"Zz==","n":{"x": 1.50}}],"#,
        r#""tool_calls":[{"id":"call_1","type":"function","function":{"name":"Read","#,
        r#""arguments":"{\"z\":  1, \"a\": \"\\u00e4\"}"},"#,
        r#""extra_content":{"google":{"thought_signature":"c2ln"}}}]}"#,
    );
    assert!(body.contains(expected), "{body}");
    assert_eq!(server.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn reasoning_goes_back_in_the_member_in_which_it_came_where_the_vendor_wants_it() {
    let cases = [
        ("ollama", "reasoning", Some("reasoning")),
        ("llamacpp", "reasoning_content", Some("reasoning_content")),
        ("zai", "reasoning_content", Some("reasoning_content")),
        ("deepseek", "reasoning_content", Some("reasoning_content")),
        ("moonshot", "reasoning", Some("reasoning_content")),
        ("mistral", "reasoning_content", None),
        ("openai", "reasoning", None),
        ("mine", "reasoning_content", None),
    ];
    for (provider, member, expected) in cases {
        let server = Server::start().await.unwrap();
        let model = model_of(&server, provider);
        server.answer(Reply::chunks(
            &ChatScript::new()
                .thought(member, "Let me think about it.")
                .text("Well."),
        ));
        server.answer(Reply::chunks(&ChatScript::new().text("Done.")));
        let reply = said(&items(&*model, hello()).await);
        let messages = vec![
            user(vec![Block::text("hello")]),
            stored(&reply),
            user(vec![Block::text("go on")]),
        ];
        items(&*model, request(messages)).await;
        let mut expected_message = json!({"role": "assistant", "content": "Well."});
        if let Some(member) = expected {
            expected_message[member] = json!("Let me think about it.");
        }
        assert_eq!(
            server.requests()[1].json()["messages"][2],
            expected_message,
            "{provider}"
        );
    }
}

#[tokio::test]
async fn another_model_gets_no_signatures_and_no_foreign_reasoning() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(&with_details()));
    let reply = said(&items(&*model_of(&server, "openrouter"), hello()).await);
    let messages = vec![
        user(vec![Block::text("hello")]),
        reply,
        user(vec![result("call_1", "line")]),
    ];
    let other = Chat::new(options(&server, "openrouter")).model("other");
    for model in [model_of(&server, "ollama"), other] {
        server.answer(Reply::chunks(&ChatScript::new().text("Done.")));
        items(&*model, request(messages.clone())).await;
        let sent = server.requests().pop().unwrap().json();
        let expected = json!({"role": "assistant", "content": "I look.", "tool_calls": [{"id": "call_1",
            "type": "function", "function": {"name": "Read", "arguments": "{\"z\":1,\"a\":\"ä\"}"}}]});
        assert_eq!(sent["messages"][2], expected);
    }
    // A vendor that insists on reasoning gets the other's as text.
    server.answer(Reply::chunks(&ChatScript::new().text("Done.")));
    let mut messages = messages;
    messages.extend([
        assistant(vec![Block::text("Well.")]),
        user(vec![Block::text("go")]),
    ]);
    items(&*model_of(&server, "deepseek"), request(messages)).await;
    let sent = server.requests().pop().unwrap().json();
    assert_eq!(sent["messages"][2]["reasoning_content"], "Häm");
    assert_eq!(sent["messages"][4]["reasoning_content"], " ");
}

#[tokio::test]
async fn what_another_dialect_keeps_is_left_out_and_its_ids_are_made_to_fit() {
    let foreign = |data: Value| Opaque {
        dialect: "anthropic".to_owned(),
        data: Verbatim::of(&data).unwrap(),
    };
    let call = Call {
        id: CallId::from("call|1:ü"),
        tool: "Read it".to_owned(),
        input: json!({"a": 1}),
        broken: None,
        opaque: Some(foreign(json!({"id": "fc_1"}))),
    };
    let messages = vec![
        user(vec![Block::text("hello"), Block::text("  \n")]),
        assistant(vec![
            Block::Thought {
                text: "hm".to_owned(),
                opaque: Some(foreign(json!({"signature": "c2ln"}))),
            },
            Block::Kept {
                opaque: foreign(json!({"k": 1})),
            },
            Block::Text {
                text: "Well.".to_owned(),
                opaque: Some(foreign(json!({"t": 1}))),
            },
            Block::Call(call),
        ]),
        user(vec![result("call|1:ü", "line")]),
        assistant(vec![Block::Thought {
            text: "only this".to_owned(),
            opaque: None,
        }]),
        user(vec![Block::text("go on")]),
    ];
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(&ChatScript::new().text("Done.")));
    items(&*model(&server), request(messages)).await;
    assert_eq!(server.faults(), Vec::<String>::new());
    let sent = server.requests()[0].json()["messages"].clone();
    let id = sent[2]["tool_calls"][0]["id"].as_str().unwrap();
    assert_eq!(id.len(), 9);
    let expected = json!([
        {"role": "system", "content": "You are an agent."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Well.", "tool_calls": [{"id": id, "type": "function",
            "function": {"name": "Read_it", "arguments": "{\"a\":1}"}}]},
        {"role": "tool", "tool_call_id": id, "content": "line"},
        {"role": "user", "content": "go on"},
    ]);
    assert_eq!(sent, expected);
}
