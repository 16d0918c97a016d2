//! What the provider returned comes back to it byte for byte.

use crate::asking::{assistant, hello, items, model, request, result, said, user};
use gimlet_ports::{ModelEnd, ModelItem, ReplyBlock};
use gimlet_protocol::{Block, Call, CallId, Message, Opaque, Verbatim};
use gimlet_testkit::sse::{Reply, Script, Server};
use serde_json::{Value, json};
use std::sync::Arc;

/// Stores a message as the session log would, and reads it again.
fn stored(message: &Message) -> Arc<Message> {
    let text = serde_json::to_string(message).unwrap();
    Arc::new(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn interleaved_reasoning_comes_back_in_place_and_byte_for_byte() {
    let server = Server::start().await.unwrap();
    let model = model(&server);
    let script = Script::new()
        .thought("First thöught.", "EqQBCgIYAhIM1gbcDa9GJwZA2b3h==")
        .redacted("EmwKAhgBEgy3va3pzix/LafPsn4a")
        .text("I look at it.")
        .thought("Second thought\nwith \"quotes\".", "EuYBCkQYAiJA")
        .call("toolu_1", "Read", &json!({"z": 1, "a": "ä"}));
    server.answer(Reply::events(&script));
    server.answer(Reply::events(&Script::new().text("Done.")));
    let reply = said(&items(&*model, hello()).await);
    let messages = vec![
        user(vec![Block::text("hello")]),
        stored(&reply),
        user(vec![result("toolu_1", "line")]),
    ];
    items(&*model, request(messages)).await;
    let body = server.requests()[1].text();
    let expected = concat!(
        r#"{"role":"assistant","content":["#,
        r#"{"type":"thinking","thinking":"First thöught.","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h=="},"#,
        r#"{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix/LafPsn4a"},"#,
        r#"{"type":"text","text":"I look at it."},"#,
        r#"{"type":"thinking","thinking":"Second thought\nwith \"quotes\".","signature":"EuYBCkQYAiJA"},"#,
        r#"{"type":"tool_use","id":"toolu_1","name":"Read","input":{"z":1,"a":"ä"}}]}"#,
    );
    assert!(body.contains(expected), "{body}");
    assert_eq!(server.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn blocks_without_a_neutral_form_come_back_as_they_came() {
    // Written with unusual spacing, numbers and escapes, which a parser would level out.
    let kept = r#"{"type":"web_search_tool_result","tool_use_id":"srv_1","content":[ {"page_age":1.0e2,"big":12345678901234567890123,"t":"\u00fc \/"} ],"zz":null}"#;
    let start = format!(r#"{{"type":"content_block_start","index":1,"content_block":{kept}}}"#);
    let server = Server::start().await.unwrap();
    let model = model(&server);
    let call = json!({"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}, "caller": {"type": "direct"}});
    let script = Script::new()
        .block(&call, vec![json!({"type": "input_json_delta", "partial_json": "{\"query\":  \"a\"}"})])
        .event_raw("content_block_start", &start)
        .event_raw("content_block_stop", r#"{"type":"content_block_stop","index":1}"#)
        .event_raw("content_block_start", r#"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"","citations":[]}}"#)
        .event_raw("content_block_delta", r#"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"As it says"}}"#)
        .event_raw("content_block_delta", r#"{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"n": 1.50}}}"#)
        .event_raw("content_block_stop", r#"{"type":"content_block_stop","index":2}"#)
        .stop("pause_turn");
    server.answer(Reply::events(&script));
    server.answer(Reply::events(&Script::new().text("Done.")));
    let first = items(&*model, hello()).await;
    assert_eq!(first.last(), Some(&ModelItem::End(ModelEnd::Paused)));
    let messages = vec![user(vec![Block::text("hello")]), stored(&said(&first))];
    items(&*model, request(messages)).await;
    let body = server.requests()[1].text();
    let expected = [
        r#"{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"query":  "a"},"caller":{"type":"direct"}}"#,
        kept,
        r#"{"type":"text","text":"As it says","citations":[{"n": 1.50}]}"#,
    ]
    .join(",");
    assert!(body.contains(&expected), "{body}");
}

#[tokio::test]
async fn a_call_with_invalid_input_is_told_apart_and_can_be_replayed() {
    let server = Server::start().await.unwrap();
    let model = model(&server);
    for (raw, why) in [
        ("{\"file_path\": \"a", "the input is no valid JSON: "),
        ("[1, 2]", "the input is no JSON object"),
    ] {
        server.answer(Reply::events(
            &Script::new().call_raw("toolu_1", "Read", raw),
        ));
        let items = items(&*model, hello()).await;
        let calls = items.iter().filter_map(|item| match item {
            ModelItem::Block {
                block: ReplyBlock::Call(call),
                ..
            } => Some(call),
            _ => None,
        });
        let calls: Vec<_> = calls.collect();
        let [call] = calls[..] else {
            panic!("{items:?}")
        };
        assert_eq!(call.input, json!({"INVALID_JSON": raw}));
        assert!(call.broken.as_ref().unwrap().starts_with(why), "{call:?}");
    }
    let call = Call {
        id: CallId::from("toolu_1"),
        tool: "Read".to_owned(),
        input: json!({"INVALID_JSON": "{\"file"}),
        broken: Some("cut".to_owned()),
        opaque: None,
    };
    let messages = vec![
        user(vec![Block::text("hello")]),
        assistant(vec![Block::Call(call)]),
        user(vec![result("toolu_1", "not valid")]),
    ];
    server.answer(Reply::events(&Script::new().text("Sorry.")));
    items(&*model, request(messages)).await;
    let sent = &server.requests()[2].json()["messages"][1]["content"][0];
    let expected = json!({"type": "tool_use", "id": "toolu_1", "name": "Read",
        "input": {"INVALID_JSON": "{\"file"}});
    assert_eq!(sent, &expected);
    assert_eq!(server.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn what_another_provider_keeps_is_left_out_and_its_ids_are_made_to_fit() {
    let foreign = |data: Value| Opaque {
        dialect: "other".to_owned(),
        data: Verbatim::of(&data).unwrap(),
    };
    let call = Call {
        id: CallId::from("call|1:ü"),
        tool: "Read".to_owned(),
        input: json!({}),
        broken: None,
        opaque: Some(foreign(json!({"id": "fc_1"}))),
    };
    let messages = vec![
        user(vec![Block::text("hello"), Block::text("  \n")]),
        assistant(vec![
            Block::Thought {
                text: "hm".to_owned(),
                opaque: Some(foreign(json!({"e": 1}))),
            },
            Block::Thought {
                text: "never signed".to_owned(),
                opaque: None,
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
    ];
    let server = Server::start().await.unwrap();
    server.answer(Reply::events(&Script::new().text("Done.")));
    items(&*model(&server), request(messages)).await;
    let mut sent = server.requests()[0].json()["messages"].clone();
    strip_markers(&mut sent);
    let expected = json!([
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
        {"role": "assistant", "content": [
            {"type": "text", "text": "Well."},
            {"type": "tool_use", "id": "call_1__", "name": "Read", "input": {}},
        ]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1__",
            "content": [{"type": "text", "text": "line"}]}]},
    ]);
    assert_eq!(sent, expected);
    assert_eq!(server.faults(), Vec::<String>::new());
}

fn strip_markers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.shift_remove("cache_control");
            members.values_mut().for_each(strip_markers);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_markers),
        _ => {}
    }
}
