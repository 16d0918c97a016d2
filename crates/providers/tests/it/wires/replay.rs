//! What a provider said goes back as it came, and the front of a request never changes.

use super::{connect, hand_over, paper, picture};
use crate::asking::{items, request, result, said, user};
use gimlet_ports::{AnswerShape, ModelItem, ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::{Block, CallId};
use gimlet_testkit::sse::{Piece, Recorded, Reply, Said, Server, Wire};
use serde_json::{Value, json};
use std::sync::Arc;

fn round(at: usize) -> Said {
    Said::new([
        Piece::thought("think – über"),
        Piece::text("looking"),
        Piece::call(
            &format!("toolu_{at}_a"),
            "Read",
            json!({"file_path": "/ä", "n": 1.5}),
        ),
        Piece::call(&format!("toolu_{at}_b"), "Bash", json!({"command": "ls"})),
    ])
}

#[tokio::test]
async fn thirty_rounds_share_their_whole_earlier_bytes_over_every_wire() {
    for wire in Wire::ALL {
        let server = Server::start().await.unwrap();
        let model = connect(&server, wire);
        let mut messages = vec![user(vec![Block::text("begin"), picture(), paper()])];
        for at in 0..30 {
            server.answer(wire.reply(&round(at)));
            let mut asked = request(messages.clone());
            asked.thinking = Thinking::Budget(2_000);
            let all: Vec<ModelItem> =
                futures::StreamExt::collect(model.stream(asked, gimlet_ports::Stop::new())).await;
            let Some(ModelItem::Sent(bytes)) = all.first() else {
                panic!("{wire:?} says first what it sends: {all:?}")
            };
            assert_eq!(bytes.kept, bytes.before, "{wire:?} in round {at}");
            assert_eq!(bytes.before > 0, at > 0, "{wire:?} in round {at}");
            messages.push(said(&all));
            messages.push(user(vec![
                Block::Result {
                    call: CallId(format!("toolu_{at}_a")),
                    content: vec![Block::text("content"), picture()],
                    ok: true,
                },
                Block::Result {
                    call: CallId(format!("toolu_{at}_b")),
                    content: vec![Block::text("it failed")],
                    ok: false,
                },
                Block::text("<reminder>go on</reminder>"),
            ]));
        }
        assert_eq!(server.faults(), Vec::<String>::new(), "{wire:?}");
        if wire != Wire::Messages {
            hand_over(&server, "rounds");
        }
    }
}

#[tokio::test]
async fn a_tool_can_be_forced_or_forbidden_and_an_answer_given_a_form() {
    for wire in Wire::ALL {
        let server = Server::start().await.unwrap();
        let model = connect(&server, wire);
        let shape = AnswerShape {
            name: "verdict".to_owned(),
            schema: json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": false}),
        };
        for (choice, answer) in [
            (ToolChoice::Only("Read".to_owned()), None),
            (ToolChoice::None, None),
            (ToolChoice::Auto, Some(Arc::new(shape.clone()))),
        ] {
            server.answer(wire.reply(&Said::text("{\"ok\":true}")));
            let asked = ModelRequest {
                tool_choice: choice,
                answer,
                ..crate::asking::hello()
            };
            items(&*model, asked).await;
        }
        let bodies: Vec<Value> = server.requests().iter().map(Recorded::json).collect();
        let [forced, forbidden, formed] = &bodies[..] else {
            panic!("{bodies:?}")
        };
        match wire {
            Wire::Responses => {
                assert_eq!(
                    forced["tool_choice"],
                    json!({"type": "function", "name": "Read"})
                );
                assert_eq!(forbidden["tool_choice"], "none");
                assert_eq!(formed["text"]["format"]["type"], "json_schema");
            }
            Wire::Gemini => {
                let mode =
                    |body: &Value| body["toolConfig"]["functionCallingConfig"]["mode"].clone();
                assert_eq!(
                    (mode(forced), mode(forbidden)),
                    (json!("ANY"), json!("NONE"))
                );
                assert_eq!(
                    formed["generationConfig"]["responseJsonSchema"],
                    shape.schema
                );
            }
            Wire::Converse => {
                assert_eq!(forced["toolConfig"]["toolChoice"]["tool"]["name"], "Read");
            }
            Wire::Chat => {
                assert_eq!(formed["response_format"]["json_schema"]["name"], "verdict");
            }
            Wire::Messages | Wire::VertexMessages | Wire::BedrockMessages => {
                assert_eq!(formed["output_config"]["format"]["schema"], shape.schema);
            }
        }
        hand_over(&server, "choices");
    }
}

/// The text of every item of the second request.
async fn second(wire: Wire, reply: Reply) -> String {
    let server = Server::start().await.unwrap();
    let model = connect(&server, wire);
    server.answer(reply);
    let first = user(vec![Block::text("begin")]);
    let items_of_first = items(&*model, request(vec![Arc::clone(&first)])).await;
    let answer = said(&items_of_first);
    let calls = answer.blocks.iter().filter_map(|block| match block {
        Block::Call(call) => Some(result(call.id.as_str(), "done")),
        _ => None,
    });
    let results = calls.chain([Block::text("go on")]).collect();
    server.answer(wire.reply(&Said::text("ok")));
    items(
        &*model,
        request(vec![first, Arc::clone(&answer), user(results)]),
    )
    .await;
    assert_eq!(server.faults(), Vec::<String>::new());
    server.requests().last().unwrap().text()
}

#[tokio::test]
async fn items_of_responses_go_back_byte_for_byte_and_in_order() {
    let items = [
        r#"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"ü"}],"encrypted_content":"Zz==","weight":1.0e2}"#,
        r#"{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"x"}}"#,
        r#"{"id":"msg_1","type":"message","phase":"commentary","role":"assistant","status":"completed","content":[{"type":"output_text","text":"I look.","annotations":[],"logprobs":[]}]}"#,
        r#"{"arguments":"{ \"file_path\" : \"/a\" }","id":"fc_1","type":"function_call","call_id":"call_1","name":"Read","status":"completed"}"#,
    ];
    let mut stream = "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m\"}}\n\n".to_owned();
    let done = items.iter().enumerate().map(|(at, item)| {
        format!(
            "data: {{\"type\":\"response.output_item.done\",\"output_index\":{at},\"item\":{item}}}\n\n"
        )
    });
    stream.extend(done);
    stream.push_str("data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\"}}\n\n");
    let body = second(
        Wire::Responses,
        Reply::raw(200, "text/event-stream", stream),
    )
    .await;
    assert!(body.contains(&items.join(",")), "{body}");
}

#[tokio::test]
async fn signatures_of_gemini_go_back_on_their_own_parts() {
    let parts = [
        r#"{"text": "I look", "thoughtSignature": "AAA="}"#,
        r#"{"functionCall": {"name": "Read", "args": {"n": 1.0e2, "file_path": "/a"}}, "thoughtSignature": "BBB="}"#,
        r#"{"functionCall": {"name": "Read", "args": {}}}"#,
        r#"{"executableCode": {"language": "PYTHON", "code": "print(1)"}}"#,
    ];
    let chunk = |parts: &str, more: &str| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{parts}],\"role\":\"model\"}}{more}}}]}}\r\n\r\n"
        )
    };
    let stream = chunk(r#"{"text": "Well. "}"#, "")
        + &chunk(&parts.join(","), "")
        + &chunk("", r#","finishReason":"STOP""#);
    let body = second(Wire::Gemini, Reply::raw(200, "text/event-stream", stream)).await;
    let expected = format!(r#"{{"text":"Well. "}},{}"#, parts.join(","));
    assert!(body.contains(&expected), "{body}");
    // Neither call had an id, so no result has one.
    assert!(!body.contains("\"id\""), "{body}");
}

#[tokio::test]
async fn reasoning_of_converse_goes_back_with_its_signature() {
    let body = second(Wire::Converse, Wire::Converse.reply(&round(1))).await;
    let expected =
        r#"{"reasoningContent":{"reasoningText":{"text":"think – über","signature":"c2lnbmVk"}}}"#;
    assert!(body.contains(expected), "{body}");
}
