//! Every script, cut up in every way, gives the same items.

use super::{model, model_of, outline};
use crate::asking::{end, hello, items};
use futures::StreamExt as _;
use gimlet_ports::{Failure, ModelEnd, ModelItem, Stop};
use gimlet_testkit::sse::{ChatScript, Delivery, Gate, Reply, Server};
use serde_json::{Value, json};

fn scripts() -> Vec<(&'static str, ChatScript)> {
    let text = ChatScript::new().delta(&json!({"role": "assistant", "content": ""}));
    vec![
        (
            "text",
            text.comment("OPENROUTER PROCESSING").text_in_pieces("Grüße, 世界 🌍 – done.", 3),
        ),
        (
            "calls",
            ChatScript::new()
                .thought("reasoning_content", "Ich überlege 🤔")
                .text("I look.")
                .call("call_1", "Read", &json!({"file_path": "/ä/世.rs", "limit": 3}))
                .call("call_2", "Bash", &json!({})),
        ),
        (
            "interleaved calls",
            ChatScript::new()
                .call_piece(&json!({"index": 0, "id": "a", "function": {"name": "Read", "arguments": "{\"n\""}}))
                .call_piece(&json!({"index": 1, "id": "b", "function": {"name": "Bash", "arguments": ""}}))
                .call_piece(&json!({"index": 0, "function": {"arguments": ":1}"}}))
                .call_piece(&json!({"index": 1, "function": {"arguments": "{\"é\":2}"}}))
                .text("said after the calls"),
        ),
        (
            "details",
            ChatScript::new()
                .delta(&json!({"reasoning": "First ", "reasoning_details":
                    [{"type": "reasoning.text", "index": 0, "text": "First ", "signature": null}]}))
                .delta(&json!({"reasoning": "thought", "reasoning_details":
                    [{"type": "reasoning.text", "index": 0, "text": "thought"}]}))
                .delta(&json!({"reasoning_details":
                    [{"type": "reasoning.text", "index": 0, "signature": "c2ln", "format": "anthropic-claude-v1"}]}))
                .text("Said.")
                .delta(&json!({"reasoning_details":
                    [{"type": "reasoning.encrypted", "data": "Zz==", "id": "tool_1"}]}))
                .call("tool_1", "Read", &json!({"a": 1})),
        ),
        (
            "tags",
            ChatScript::new().text_in_pieces("\n<think>\nHm, 1 < 2 </th…\n</think>\n\nYes <think>.", 2),
        ),
        (
            "content parts",
            ChatScript::new()
                .delta(&json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Ünd"}]}]}))
                .delta(&json!({"content": [{"type": "text", "text": "so"}]}))
                .text(" on"),
        ),
        ("broken call", ChatScript::new().call_raw("call_1", "Read", r#"{"file_path": "é"#).finish("length")),
        ("filtered", ChatScript::new().text("I").finish("content_filter")),
        ("refusal", ChatScript::new().delta(&json!({"refusal": "this is not – é – "})).delta(&json!({"refusal": "for me"}))),
        (
            "legacy function",
            ChatScript::new()
                .delta(&json!({"function_call": {"name": "Read", "arguments": ""}}))
                .delta(&json!({"function_call": {"arguments": "{\"a\":"}}))
                .delta(&json!({"function_call": {"arguments": "\"ü\"}"}}))
                .finish("function_call"),
        ),
        (
            "unknown members",
            ChatScript::new()
                .chunk(&json!({"choices": [], "prompt_filter_results": [{}]}))
                .chunk(&json!({"choices": [{"index": 1, "delta": {"content": "another"}}]}))
                .text("still here")
                .raw("event: ping\nretry: 3\n\n"),
        ),
        (
            "usage",
            ChatScript::new().text("counted").usage(json!({"prompt_tokens": 48, "completion_tokens": 77,
                "total_tokens": 125, "prompt_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 12}})),
        ),
    ]
}

#[tokio::test]
async fn each_script_gives_the_same_items_however_it_is_cut_up() {
    for (name, script) in scripts() {
        let server = Server::start().await.unwrap();
        let model = model_of(&server, "openrouter");
        let mut first = None;
        for delivery in [Delivery::Whole, Delivery::Bytes, Delivery::InsideCharacters] {
            server.answer(Reply::chunks(&script).delivered(delivery));
            let items = items(&*model, hello()).await;
            match &first {
                None => first = Some(items),
                Some(first) => assert_eq!(&items, first, "{name} as {delivery:?}"),
            }
        }
        assert_eq!(server.connections(), 1, "{name}");
        assert_eq!(server.faults(), Vec::<String>::new());
        insta::assert_debug_snapshot!(name.replace(' ', "_"), first.unwrap());
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_before_its_reason_says_so_and_never_pretends_to_be_whole() {
    for (name, script) in scripts() {
        let server = Server::start().await.unwrap();
        let model = model_of(&server, "openrouter");
        server.answer(Reply::chunks(&script));
        let whole = items(&*model, hello()).await;
        let bytes = script.bytes();
        let text = String::from_utf8(bytes).unwrap();
        let reason = text.rfind(r#""finish_reason":""#).unwrap();
        let events: Vec<&str> = text.split_inclusive("\n\n").take(1).collect();
        let first = events.concat().len();
        for at in (first..reason).step_by(((reason - first) / 9).max(1)) {
            for delivery in [Delivery::CutAt(at), Delivery::EndAt(at)] {
                server.answer(Reply::chunks(&script).delivered(delivery));
                let mut items = items(&*model, hello()).await;
                let end = items.pop().unwrap();
                let ModelItem::End(ModelEnd::Failed { class, .. }) = end else {
                    panic!("{name} {delivery:?}: {end:?}")
                };
                assert_eq!(class, Failure::Cut, "{name} {delivery:?}");
                assert_eq!(items, whole[..items.len()], "{name} {delivery:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_is_whole_once_its_reason_was_said() {
    let script = ChatScript::new()
        .text("all of it")
        .call("call_1", "Read", &json!({"a": 1}));
    let expected = [
        "text \"all of it\"",
        "call call_1 Read {\"a\":1}",
        "Complete",
    ];
    let bytes = script.bytes();
    let counts = String::from_utf8(bytes)
        .unwrap()
        .find(r#""usage""#)
        .unwrap();
    let server = Server::start().await.unwrap();
    let replies = [
        Reply::chunks(&script.clone().uncounted()),
        Reply::chunks(&script.clone().without_done()),
        Reply::chunks(&script.clone().uncounted().without_done()),
        Reply::chunks(&script).delivered(Delivery::CutAt(counts)),
        Reply::chunks(&script).delivered(Delivery::EndAt(counts)),
        // The end is all that says so.
        Reply::chunks(&script.clone().finish(Value::Null)),
        Reply::chunks(&script.clone().unfinished()),
        Reply::chunks(&script.clone().finish("a new word")),
    ];
    for reply in replies {
        server.answer(reply);
        assert_eq!(outline(&items(&*model(&server), hello()).await), expected);
    }
}

#[tokio::test]
async fn what_is_not_counted_is_not_told() {
    let counted = async |script: &ChatScript| {
        let server = Server::start().await.unwrap();
        server.answer(Reply::chunks(script));
        let items = items(&*model(&server), hello()).await;
        let counts = items.into_iter().filter_map(|item| match item {
            ModelItem::Usage(usage) => Some([
                usage.input_tokens,
                usage.cache_read_tokens,
                usage.cache_write_tokens,
                usage.output_tokens,
                usage.thinking_tokens,
            ]),
            _ => None,
        });
        counts.collect::<Vec<_>>()
    };
    let said = || ChatScript::new().text("hi").uncounted();
    let none: Vec<[u64; 5]> = Vec::new();
    assert_eq!(counted(&said()).await, none);
    assert_eq!(
        counted(&said().chunk(&json!({"choices": [], "usage": null}))).await,
        none
    );
    let cases = [
        // DeepSeek, Moonshot, LiteLLM, and one that counts reasoning beside the output.
        (
            json!({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}),
            [5, 4, 0, 2, 0],
        ),
        (
            json!({"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 3}),
            [6, 3, 0, 2, 0],
        ),
        (
            json!({"prompt_tokens": 9, "completion_tokens": 2, "cache_creation_input_tokens": 8,
                "prompt_tokens_details": null}),
            [1, 0, 8, 2, 0],
        ),
        (
            json!({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 16,
                "completion_tokens_details": {"reasoning_tokens": 5}}),
            [9, 0, 0, 7, 5],
        ),
    ];
    for (usage, expected) in cases {
        assert_eq!(
            counted(&said().usage(usage.clone())).await,
            [expected],
            "{usage}"
        );
        // Groq and Moonshot count elsewhere.
        let beside = said().chunk(&json!({"choices": [], "x_groq": {"usage": usage}}));
        assert_eq!(counted(&beside).await, [expected], "{usage}");
        let choice = json!({"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage});
        assert_eq!(
            counted(&said().chunk(&json!({"choices": [choice]}))).await,
            [expected],
            "{usage}"
        );
    }
    // Counts with every chunk replace each other, and the same ones are told once.
    let growing = said()
        .chunk(&json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}))
        .chunk(&json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}))
        .usage(json!({"prompt_tokens": 9, "completion_tokens": 2}));
    assert_eq!(counted(&growing).await, [[9, 0, 0, 1, 0], [9, 0, 0, 2, 0]]);
}

#[tokio::test]
async fn a_server_that_answers_in_one_piece_is_understood() {
    let server = Server::start().await.unwrap();
    let call =
        json!({"id": "c", "type": "function", "function": {"name": "Read", "arguments": "{}"}});
    let message = json!({"role": "assistant", "content": "Well.", "reasoning_content": "Hm.", "tool_calls": [call]});
    server.answer(Reply::json(
        200,
        &json!({"id": "x", "object": "chat.completion", "model": "m", "usage": {"prompt_tokens": 1, "completion_tokens": 2},
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}),
    ));
    let items = items(&*model(&server), hello()).await;
    assert_eq!(
        outline(&items),
        [
            "thought \"Hm.\"",
            "text \"Well.\"",
            "call c Read {}",
            "Complete"
        ]
    );
}

#[tokio::test]
async fn a_server_that_keeps_the_connection_open_after_the_reason_is_not_waited_for_forever() {
    let server = Server::start().await.unwrap();
    let gate = Gate::closed();
    let script = ChatScript::new().text("done").uncounted().without_done();
    let length = script.bytes().len();
    server.answer(Reply::chunks(&script).held_after(length, &gate));
    assert_eq!(end(&*model(&server), hello()).await, ModelEnd::Complete);
}

#[tokio::test]
async fn a_stopped_request_ends_early_and_lets_go_of_its_connection() {
    let server = Server::start().await.unwrap();
    let gate = Gate::closed();
    server.answer(Reply::chunks(&ChatScript::new().text("never")).held_before_headers(&gate));
    let stop = Stop::new();
    let stream = model(&server).stream(hello(), stop.clone());
    let reading = tokio::spawn(stream.collect::<Vec<_>>());
    gate.reached().await;
    stop.cancel();
    let heard = reading.await.unwrap();
    assert!(matches!(heard[..], [ModelItem::Sent(_)]), "{heard:?}");
    server.abandoned(1).await;
}
