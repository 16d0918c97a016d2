//! What servers do differently with calls, and what vendors want differently.

use super::{calls, model, options, outline};
use crate::asking::{assistant, hello, items, request, result, user};
use gimlet_protocol::{Block, Call, CallId};
use gimlet_providers::{
    Chat, ChatOptions, ChatQuirks, chat_base_url, chat_needs_no_key, chat_providers,
};
use gimlet_testkit::sse::{ChatScript, Reply, Server};
use serde_json::{Value, json};

/// The calls that come of these pieces, each on a line.
async fn called(pieces: &[Value]) -> Vec<String> {
    let server = Server::start().await.unwrap();
    let script = pieces
        .iter()
        .fold(ChatScript::new(), ChatScript::call_piece);
    server.answer(Reply::chunks(&script));
    let items = items(&*model(&server), hello()).await;
    let line = |call: Call| format!("{} {} {}", call.id.as_str(), call.tool, call.input);
    calls(&items).into_iter().map(line).collect()
}

fn piece(
    index: impl Into<Value>,
    id: impl Into<Value>,
    name: &str,
    arguments: impl Into<Value>,
) -> Value {
    let mut piece = json!({"index": index.into(), "id": id.into(),
        "function": {"name": name, "arguments": arguments.into()}});
    for key in ["index", "id"] {
        if piece[key].is_null() {
            piece.as_object_mut().unwrap().shift_remove(key);
        }
    }
    piece
}

#[tokio::test]
async fn calls_are_put_together_whatever_tells_their_pieces_apart() {
    let null = Value::Null;
    // Whole calls under one number.
    let whole = [
        piece(0, "a", "Read", "{\"n\":1}"),
        piece(0, "b", "Read", "{\"n\":2}"),
    ];
    assert_eq!(
        called(&whole).await,
        ["a Read {\"n\":1}", "b Read {\"n\":2}"]
    );
    // Without numbers.
    let unnumbered = [
        piece(null.clone(), "a", "Read", "{\"n\":"),
        piece(null.clone(), null.clone(), "", "1}"),
        piece(null.clone(), "b", "Bash", ""),
        piece(null.clone(), "b", "", "{}"),
    ];
    assert_eq!(called(&unnumbered).await, ["a Read {\"n\":1}", "b Bash {}"]);
    // Number, id and name with every piece.
    let repeated = [
        piece(0, "a", "Read", "{\"n\""),
        piece(0, "a", "Read", ":1}"),
        piece(0, "a", "Read", ""),
    ];
    assert_eq!(called(&repeated).await, ["a Read {\"n\":1}"]);
    // Another id with every piece.
    let restless = [piece(0, "a", "Read", "{\"n\""), piece(0, "b", "", ":1}")];
    assert_eq!(called(&restless).await, ["a Read {\"n\":1}"]);
    // The input as an object, as nothing, and as blanks.
    let odd = [
        piece(0, "a", "Read", json!({"n": 1})),
        piece(1, "b", "Bash", null.clone()),
        piece(2, "c", "Bash", " "),
    ];
    assert_eq!(
        called(&odd).await,
        ["a Read {\"n\":1}", "b Bash {}", "c Bash {}"]
    );
    // A name in pieces.
    let slow = [piece(0, "a", "Re", ""), piece(0, null, "ad", "{}")];
    assert_eq!(called(&slow).await, ["a Read {}"]);
}

#[tokio::test]
async fn a_call_without_an_id_of_its_own_gets_one_that_is_new_to_the_session() {
    let nothing = Value::Null;
    let pieces = [
        piece(0, nothing.clone(), "Read", "{\"n\":1}"),
        piece(0, "", "Read", "{\"n\":2}"),
        piece(1, "a", "Read", "{\"n\":3}"),
        piece(2, "a", "Read", "{\"n\":4}"),
    ];
    let lines = called(&pieces).await;
    assert_eq!(lines, called(&pieces).await, "the same every time");
    let ids: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let inputs: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!(inputs, ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}"]);
    assert_eq!(ids[2], "a");
    for id in [ids[0], ids[1], ids[3]] {
        assert_eq!(id.len(), 9, "{lines:?}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), 4);
    // An id of an earlier turn comes again.
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(&ChatScript::new().call(
        "call_0",
        "Read",
        &json!({}),
    )));
    let earlier = Call {
        id: CallId::from("call_0"),
        tool: "Read".to_owned(),
        input: json!({}),
        broken: None,
        opaque: None,
    };
    let conversation = vec![
        user(vec![Block::text("go")]),
        assistant(vec![Block::Call(earlier)]),
        user(vec![result("call_0", "line")]),
    ];
    let items = items(&*model(&server), request(conversation)).await;
    let [call] = &calls(&items)[..] else {
        panic!("{items:?}")
    };
    assert_ne!(call.id.as_str(), "call_0");
}

#[tokio::test]
async fn a_reply_that_was_cut_keeps_no_call_without_input() {
    let server = Server::start().await.unwrap();
    let script = ChatScript::new()
        .call("a", "Read", &json!({"n": 1}))
        .call_raw("b", "Bash", "")
        .finish("length");
    server.answer(Reply::chunks(&script));
    let items = items(&*model(&server), hello()).await;
    assert_eq!(outline(&items), ["call a Read {\"n\":1}", "Length"]);
}

#[tokio::test]
async fn blank_lines_before_calls_make_no_text() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(
        &ChatScript::new()
            .text_in_pieces("\n\n", 1)
            .call("a", "Read", &json!({})),
    ));
    server.answer(Reply::chunks(
        &ChatScript::new().text_in_pieces("\n\nWell,\n\nyes", 1),
    ));
    let model = model(&server);
    assert_eq!(
        outline(&items(&*model, hello()).await),
        ["call a Read {}", "Complete"]
    );
    assert_eq!(
        outline(&items(&*model, hello()).await),
        ["text \"\\n\\nWell,\\n\\nyes\"", "Complete"]
    );
}

#[tokio::test]
async fn a_reply_that_is_only_a_torn_tag_is_text() {
    let server = Server::start().await.unwrap();
    let model = model(&server);
    for (said, expected) in [
        ("<thin", "text \"<thin\""),
        (
            "<think>never closed </thin",
            "thought \"never closed </thin\"",
        ),
    ] {
        server.answer(Reply::chunks(&ChatScript::new().text_in_pieces(said, 3)));
        assert_eq!(
            outline(&items(&*model, hello()).await),
            [expected, "Complete"]
        );
    }
}

/// What a provider is sent for a conversation with everything in it.
async fn sent_to(options: ChatOptions, server: &Server) -> Value {
    server.answer(Reply::chunks(&ChatScript::new().text("hi")));
    let call = |id: &str| {
        Block::Call(Call {
            id: CallId::from(id),
            tool: "Read".to_owned(),
            input: json!({"n": 1}),
            broken: None,
            opaque: None,
        })
    };
    let picture = Block::Image {
        media_type: "image/png".to_owned(),
        data: "aVZC".to_owned(),
    };
    let report = Block::Document {
        media_type: "application/pdf".to_owned(),
        data: "JVBERi0=".to_owned(),
        title: Some("Report".to_owned()),
    };
    let conversation = vec![
        user(vec![Block::text("go"), picture, report]),
        assistant(vec![call("toolu_01AbCdEfGh|fc:1")]),
        user(vec![
            result("toolu_01AbCdEfGh|fc:1", "line"),
            Block::text("now"),
        ]),
    ];
    items(
        &*Chat::new(options).model("anthropic/mock"),
        request(conversation),
    )
    .await;
    assert_eq!(server.faults(), Vec::<String>::new());
    let mut body = server.requests().pop().unwrap().json();
    body.as_object_mut().unwrap().shift_remove("tools");
    body
}

#[tokio::test]
async fn each_kind_of_vendor_gets_what_it_wants() {
    let mut told = Vec::new();
    for provider in [
        "mine",
        "openai",
        "openrouter",
        "deepseek",
        "mistral",
        "lmstudio",
        "ollama",
    ] {
        let server = Server::start().await.unwrap();
        let body = sent_to(options(&server, provider), &server).await;
        told.push(format!("# {provider}\n{body}"));
    }
    insta::assert_snapshot!(told.join("\n\n"));
}

#[tokio::test]
async fn the_caller_has_the_last_word() {
    let server = Server::start().await.unwrap();
    let quirks: ChatQuirks = serde_json::from_value(json!({"maxTokens": "maxCompletionTokens",
        "usage": "unasked", "emptyContent": "null", "images": "noted", "callIds": "nine"}))
    .unwrap();
    let extra = json!({"temperature": 0.5, "reasoning": {"effort": "low"}});
    let options = ChatOptions {
        quirks: Some(quirks),
        extra_body: extra.as_object().unwrap().clone(),
        max_output_tokens: Some(900),
        ..options(&server, "openrouter")
    };
    let body = sent_to(options, &server).await;
    assert_eq!(body["temperature"], 0.5);
    assert_eq!(body["reasoning"], json!({"effort": "low"}));
    assert_eq!(body["max_completion_tokens"], 900);
    assert_eq!(body.get("stream_options"), None);
    assert_eq!(body["messages"][2]["content"], Value::Null);
    assert_eq!(
        body["messages"][2]["tool_calls"][0]["id"]
            .as_str()
            .unwrap()
            .len(),
        9
    );
    let wrong = serde_json::from_value::<ChatQuirks>(json!({"maxToken": "maxTokens"}));
    assert!(wrong.is_err());
}

#[test]
fn vendors_are_known_by_name_and_by_address() {
    let by_name = ChatQuirks::of("mistral", None);
    assert_eq!(
        ChatQuirks::of("mine", Some("https://api.mistral.ai/v1")),
        by_name
    );
    assert_eq!(
        ChatQuirks::of("mine", Some("https://notmistral.ai/v1")),
        ChatQuirks::default()
    );
    assert_eq!(ChatQuirks::of("mine", None), ChatQuirks::default());
    assert_eq!(chat_base_url("openai"), Some("https://api.openai.com/v1"));
    assert_eq!(chat_base_url("mine"), None);
    let keyless: Vec<&str> = chat_providers()
        .filter(|name| chat_needs_no_key(name, None))
        .collect();
    assert_eq!(
        keyless,
        [
            "ollama", "lmstudio", "llamacpp", "vllm", "sglang", "jan", "litellm"
        ]
    );
    assert!(chat_needs_no_key("mine", Some("http://[::1]:8080/v1")));
    assert!(chat_needs_no_key("mine", Some("http://localhost:8080")));
    assert!(!chat_needs_no_key(
        "mine",
        Some("https://api.example.invalid/v1")
    ));
}
