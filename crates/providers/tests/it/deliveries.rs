//! Every script, cut up in every way, gives the same items.

use crate::asking::{hello, items, model};
use gimlet_ports::{Failure, ModelEnd, ModelItem};
use gimlet_testkit::sse::{Delivery, Reply, Script, Server};
use serde_json::json;

fn scripts() -> Vec<(&'static str, Script)> {
    vec![
        ("text", Script::new().ping().text_in_pieces("Grüße, 世界 🌍 – done.", 3)),
        (
            "calls",
            Script::new()
                .thought("Ich überlege 🤔", "c2lnbmF0dXJl")
                .text("I look.")
                .call("toolu_1", "Read", &json!({"file_path": "/ä/世.rs", "limit": 3}))
                .call("toolu_2", "Bash", &json!({})),
        ),
        (
            "broken call",
            Script::new().call_raw("toolu_1", "Read", r#"{"file_path": "é"#).stop("max_tokens"),
        ),
        (
            "kept",
            Script::new()
                .block(
                    &json!({"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}),
                    vec![json!({"type": "input_json_delta", "partial_json": "{\"query\": \"ü\"}"})],
                )
                .block(
                    &json!({"type": "web_search_tool_result", "tool_use_id": "srv_1",
                        "content": [{"type": "web_search_result", "encrypted_content": "Zz=="}]}),
                    vec![],
                )
                .block(
                    &json!({"type": "text", "text": "", "citations": []}),
                    vec![
                        json!({"type": "text_delta", "text": "Found it"}),
                        json!({"type": "citations_delta", "citation":
                            {"type": "web_search_result_location", "encrypted_index": "Eo8="}}),
                    ],
                )
                .redacted("ErEDaGk=")
                .stop("pause_turn"),
        ),
        ("refusal", Script::new().text("I").refusal("this is not for me – é")),
        (
            "unknown events",
            Script::new()
                .event("shiny", &json!({"type": "shiny", "index": "what"}))
                .text("still here")
                .event_raw("shinier", "{\"type\":\n\"shinier\"}"),
        ),
        (
            "usage",
            Script::new().text("counted").usage(
                json!({"input_tokens": 3, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 5, "output_tokens": 1}),
                json!({"output_tokens": 77, "output_tokens_details": {"thinking_tokens": 12}}),
            ),
        ),
    ]
}

#[tokio::test]
async fn each_script_gives_the_same_items_however_it_is_cut_up() {
    for (name, script) in scripts() {
        let server = Server::start().await.unwrap();
        let model = model(&server);
        let mut first = None;
        for delivery in [Delivery::Whole, Delivery::Bytes, Delivery::InsideCharacters] {
            server.answer(Reply::events(&script).delivered(delivery));
            let items = items(&*model, hello()).await;
            match &first {
                None => first = Some(items),
                Some(first) => assert_eq!(&items, first, "{name} as {delivery:?}"),
            }
        }
        assert_eq!(server.connections(), 1, "{name}");
        insta::assert_debug_snapshot!(name.replace(' ', "_"), first.unwrap());
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_anywhere_says_so_and_never_pretends_to_be_whole() {
    let failed = |end: &ModelItem| match end {
        ModelItem::End(ModelEnd::Failed { class, .. }) => Some(*class),
        _ => None,
    };
    for (name, script) in scripts() {
        let server = Server::start().await.unwrap();
        let model = model(&server);
        let length = script.bytes().len();
        server.answer(Reply::events(&script));
        let whole = items(&*model, hello()).await;
        let first_event = 400;
        for at in (first_event..length - 60).step_by(length / 9) {
            for delivery in [Delivery::CutAt(at), Delivery::EndAt(at)] {
                server.answer(Reply::events(&script).delivered(delivery));
                let mut items = items(&*model, hello()).await;
                let end = items.pop().unwrap();
                assert_eq!(
                    failed(&end),
                    Some(Failure::Cut),
                    "{name} {delivery:?}: {end:?}"
                );
                assert_eq!(items, whole[..items.len()], "{name} {delivery:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_that_breaks_before_its_first_byte_is_cut() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::events(&Script::new()).delivered(Delivery::CutAt(0)));
    let end = crate::asking::end(&*model(&server), hello()).await;
    let ModelEnd::Failed { class, .. } = end else {
        panic!("{end:?}")
    };
    assert_eq!(class, Failure::Cut);
}

#[tokio::test]
async fn a_gateway_that_answers_in_one_piece_is_understood() {
    let server = Server::start().await.unwrap();
    let whole = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
            {"type": "text", "text": "Grüße"},
            {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file_path": "/a"}},
        ],
        "stop_reason": "tool_use", "usage": {"input_tokens": 3, "output_tokens": 4}});
    server.answer(Reply::raw(200, "application/json", whole.to_string()));
    let items = items(&*model(&server), hello()).await;
    insta::assert_debug_snapshot!(items);
}
