//! What only Responses has: stored replies, tools that take plain text, tiers, Azure.

use crate::asking::{KEY, end, items, request, result, said, tool, user};
use gimlet_ports::{Failure, ModelEnd, ModelItem, ModelRequest, ReplyBlock, Thinking};
use gimlet_protocol::Block;
use gimlet_providers::{Freeform, KeyHeader, Responses, ResponsesOptions, Secret, Storing};
use gimlet_testkit::sse::{Delivery, Piece, Reply, Said, Server, Wire};
use serde_json::json;
use std::sync::Arc;

fn options(server: &Server) -> ResponsesOptions {
    ResponsesOptions {
        provider: "openai".to_owned(),
        base_url: Some(server.url()),
        key: Some(Secret::new(KEY)),
        ..ResponsesOptions::default()
    }
}

fn call() -> Said {
    Said::new([
        Piece::thought("hm"),
        Piece::call("call_1", "Read", json!({"file_path": "/a"})),
    ])
}

#[tokio::test]
async fn a_stored_conversation_only_says_what_is_new_until_it_is_changed_or_forgotten() {
    let server = Server::start().await.unwrap();
    let model = Responses::new(ResponsesOptions {
        storing: Storing::Replies,
        service_tier: Some("flex".to_owned()),
        ..options(&server)
    })
    .model("mock");
    let ask = async |messages: &[Arc<gimlet_protocol::Message>], reply: Reply| {
        server.answer(reply);
        items(&*model, request(messages.to_vec())).await
    };
    let mut messages = vec![user(vec![Block::text("begin")])];
    let heard = ask(&messages, Wire::Responses.reply(&call())).await;
    messages.push(said(&heard));
    messages.push(user(vec![result("call_1", "done")]));
    ask(&messages, Wire::Responses.reply(&Said::text("ok"))).await;
    // The same reply after another beginning is no continuation.
    let mut rewound = messages.clone();
    rewound[0] = user(vec![Block::text("begin otherwise")]);
    ask(&rewound, Wire::Responses.reply(&Said::text("ok"))).await;
    // The provider forgot: the next request says everything.
    let gone = json!({"error": {"message": "Previous response with id 'resp_mock' not found.", "type": "invalid_request_error", "param": "previous_response_id", "code": "previous_response_not_found"}});
    let heard = ask(&messages, Reply::json(400, &gone)).await;
    let Some(ModelItem::End(ModelEnd::Failed { class, .. })) = heard.last() else {
        panic!("{heard:?}")
    };
    assert_eq!(*class, Failure::Cut);
    ask(&messages, Wire::Responses.reply(&Said::text("ok"))).await;
    let told: Vec<(String, usize)> = server
        .requests()
        .iter()
        .map(|request| {
            let body = request.json();
            assert_eq!(
                (&body["store"], &body["service_tier"]),
                (&json!(true), &json!("flex"))
            );
            let previous = body["previous_response_id"]
                .as_str()
                .unwrap_or("-")
                .to_owned();
            (previous, body["input"].as_array().unwrap().len())
        })
        .collect();
    let row = |previous: &str, items| (previous.to_owned(), items);
    assert_eq!(
        told,
        [
            row("-", 1),
            row("resp_mock", 1),
            row("-", 4),
            row("resp_mock", 1),
            row("-", 4)
        ]
    );
    super::hand_over(&server, "stored");
}

#[tokio::test]
async fn a_tool_that_takes_plain_text_gets_it_unescaped_and_gives_its_result_in_kind() {
    let server = Server::start().await.unwrap();
    let model = Responses::new(ResponsesOptions {
        freeform: vec![Freeform {
            tool: "ApplyPatch".to_owned(),
            member: "patch".to_owned(),
        }],
        ..options(&server)
    })
    .model("mock");
    let item = r#"{"id":"ctc_1","type":"custom_tool_call","call_id":"call_9","name":"ApplyPatch","input":"*** Begin Patch\n\"ü\"\n*** End Patch"}"#;
    let stream = [
        r#"{"type":"response.created","response":{"id":"resp_1","model":"m"}}"#.to_owned(),
        r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"ctc_1","type":"custom_tool_call","status":"in_progress","call_id":"call_9","name":"ApplyPatch","input":""}}"#.to_owned(),
        r#"{"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"*** Begin Patch\n\"ü\""}"#.to_owned(),
        r#"{"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"\n*** End Patch"}"#.to_owned(),
        format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{item}}}"#),
        r#"{"type":"response.completed","response":{"id":"resp_1"}}"#.to_owned(),
    ];
    let stream = stream.map(|data| format!("data: {data}\n\n")).concat();
    let first = user(vec![Block::text("patch it")]);
    let asked = ModelRequest {
        tools: Arc::new([tool("Read"), tool("ApplyPatch")]),
        ..request(vec![Arc::clone(&first)])
    };
    let reply = Reply::raw(200, "text/event-stream", stream);
    server.answer(reply.delivered(Delivery::InsideCharacters));
    let heard = items(&*model, asked.clone()).await;
    let input = json!({"patch": "*** Begin Patch\n\"ü\"\n*** End Patch"});
    let streamed: String = heard
        .iter()
        .filter_map(|item| match item {
            ModelItem::InputDelta { json, .. } => Some(json.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&streamed).unwrap(),
        input
    );
    let call = heard.iter().find_map(|item| match item {
        ModelItem::Block {
            block: ReplyBlock::Call(call),
            ..
        } => Some(call.clone()),
        _ => None,
    });
    assert_eq!(call.unwrap().input, input);
    // Another provider's call of the same tool goes out in the same kind.
    let other = gimlet_protocol::Call {
        id: "toolu_x".into(),
        tool: "ApplyPatch".to_owned(),
        input: json!({"patch": "p"}),
        broken: None,
        opaque: None,
    };
    let messages = vec![
        first,
        said(&heard),
        user(vec![result("call_9", "done")]),
        crate::asking::assistant(vec![Block::Call(other)]),
        user(vec![result("toolu_x", "done")]),
    ];
    server.answer(Wire::Responses.reply(&Said::text("ok")));
    items(&*model, ModelRequest { messages, ..asked }).await;
    assert_eq!(server.faults(), Vec::<String>::new());
    let body = server.requests().last().unwrap().text();
    assert!(body.contains(item), "{body}");
    for expected in [
        r#"{"type":"custom","name":"ApplyPatch","#,
        r#"{"type":"custom_tool_call_output","call_id":"call_9","output":"done"}"#,
        r#"{"type":"custom_tool_call","call_id":"toolu_x","name":"ApplyPatch","input":"p"}"#,
        r#"{"type":"custom_tool_call_output","call_id":"toolu_x","output":"done"}"#,
    ] {
        assert!(body.contains(expected), "{expected} in {body}");
    }
    super::hand_over(&server, "freeform");
}

#[tokio::test]
async fn azure_takes_its_key_in_a_header_and_its_version_in_the_address() {
    let server = Server::start().await.unwrap();
    server.answer(Wire::Responses.reply(&Said::text("ok")));
    let model = Responses::new(ResponsesOptions {
        provider: "azure".to_owned(),
        base_url: Some(format!("{}/openai/v1", server.url())),
        key_header: KeyHeader::Named("api-key"),
        api_version: Some("preview".to_owned()),
        ..options(&server)
    })
    .model("my-deployment");
    let asked = ModelRequest {
        thinking: Thinking::Budget(20_000),
        ..crate::asking::hello()
    };
    end(&*model, asked).await;
    let request = server.requests().remove(0);
    assert_eq!(request.path, "/openai/v1/responses?api-version=preview");
    assert_eq!(
        (request.header("api-key"), request.header("authorization")),
        (Some(KEY), None)
    );
    assert_eq!(request.json()["model"], "my-deployment");
}
