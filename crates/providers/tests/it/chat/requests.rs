//! What a request says.

use super::options;
use crate::asking::{assistant, hello, items, request, user};
use gimlet_ports::{ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::{Block, Call, CallId};
use gimlet_providers::{Chat, ChatOptions};
use gimlet_testkit::sse::{ChatScript, Recorded, Reply, Server};
use serde_json::{Value, json};

async fn sent_to(provider: &str, request: ModelRequest) -> Recorded {
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(&ChatScript::new().text("hi")));
    let model = Chat::new(options(&server, provider)).model("mock");
    items(&*model, request).await;
    assert_eq!(server.faults(), Vec::<String>::new());
    server.requests().remove(0)
}

#[tokio::test]
async fn a_first_request_looks_like_this() {
    let sent = sent_to("mine", hello()).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&sent.json()).unwrap());
}

#[tokio::test]
async fn results_pictures_and_documents_find_their_places() {
    let picture = || Block::Image {
        media_type: "image/png".to_owned(),
        data: "aVZC".to_owned(),
    };
    let document = |media_type: &str, data: &str| Block::Document {
        media_type: media_type.to_owned(),
        data: data.to_owned(),
        title: Some("Report".to_owned()),
    };
    let call = |id: &str| {
        Block::Call(Call {
            id: CallId::from(id),
            tool: "Read".to_owned(),
            input: json!({}),
            broken: None,
            opaque: None,
        })
    };
    let answer = |id: &str, content: Vec<Block>, ok: bool| Block::Result {
        call: CallId::from(id),
        content,
        ok,
    };
    let messages = vec![
        user(vec![
            picture(),
            document("application/pdf", "JVBERi0="),
            document("text/markdown", "R3LDvMOfZQ=="),
        ]),
        assistant(vec![call("t1"), call("t2"), call("t3"), call("t4")]),
        user(vec![
            Block::text("and this"),
            answer(
                "t1",
                vec![
                    Block::text("page 1"),
                    picture(),
                    document("application/json", "e30="),
                ],
                true,
            ),
            answer("t2", vec![Block::text("no such file")], false),
            answer("t3", vec![Block::text("")], true),
            answer("t4", vec![Block::text("ERROR: no")], false),
        ]),
    ];
    let sent = sent_to("openai", request(messages)).await;
    let messages = &sent.json()["messages"];
    insta::assert_snapshot!(serde_json::to_string_pretty(messages).unwrap());
}

#[tokio::test]
async fn reasoning_is_switched_in_the_words_of_the_vendor() {
    let told = async |provider: &str, thinking| {
        let mut sent = sent_to(
            provider,
            ModelRequest {
                thinking,
                ..hello()
            },
        )
        .await
        .json();
        let sent = sent.as_object_mut().unwrap();
        for key in [
            "model",
            "stream",
            "stream_options",
            "session_id",
            "tools",
            "messages",
        ] {
            sent.shift_remove(key);
        }
        Value::Object(sent.clone())
    };
    let cases = [
        ("mine", Thinking::Off, json!({})),
        ("mine", Thinking::Budget(5000), json!({})),
        ("openrouter", Thinking::Off, json!({})),
        (
            "openrouter",
            Thinking::Adaptive,
            json!({"reasoning": {"enabled": true}}),
        ),
        (
            "openrouter",
            Thinking::Budget(5000),
            json!({"reasoning": {"max_tokens": 5000}}),
        ),
        (
            "deepseek",
            Thinking::Off,
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            "deepseek",
            Thinking::Adaptive,
            json!({"thinking": {"type": "enabled"}}),
        ),
        (
            "qwen",
            Thinking::Budget(7),
            json!({"enable_thinking": true, "thinking_budget": 7}),
        ),
        ("ollama", Thinking::Off, json!({"reasoning_effort": "none"})),
        ("ollama", Thinking::Adaptive, json!({})),
        (
            "vllm",
            Thinking::Off,
            json!({"chat_template_kwargs": {"enable_thinking": false}}),
        ),
    ];
    for (provider, thinking, expected) in cases {
        assert_eq!(
            told(provider, thinking).await,
            expected,
            "{provider} {thinking:?}"
        );
    }
}

#[tokio::test]
async fn a_tool_is_forced_as_far_as_the_vendor_lets_it() {
    let chosen = async |provider: &str, tool_choice| {
        sent_to(
            provider,
            ModelRequest {
                tool_choice,
                ..hello()
            },
        )
        .await
        .json()["tool_choice"]
            .clone()
    };
    let only = || ToolChoice::Only("Read".to_owned());
    let named = json!({"type": "function", "function": {"name": "Read"}});
    assert_eq!(chosen("mine", ToolChoice::Auto).await, Value::Null);
    assert_eq!(chosen("mine", ToolChoice::None).await, "none");
    assert_eq!(chosen("mine", only()).await, named);
    assert_eq!(chosen("lmstudio", only()).await, "required");
    let toolless = ModelRequest {
        tools: [].into(),
        tool_choice: only(),
        ..hello()
    };
    let sent = sent_to("mine", toolless).await.json();
    assert_eq!((sent.get("tools"), sent.get("tool_choice")), (None, None));
}

#[tokio::test]
async fn an_unknown_limit_is_left_to_the_server_and_a_known_one_is_kept() {
    let limit = async |known: Option<u64>, asked: Option<u64>| {
        let server = Server::start().await.unwrap();
        server.answer(Reply::chunks(&ChatScript::new().text("hi")));
        let options = ChatOptions {
            max_output_tokens: known,
            ..options(&server, "mine")
        };
        let asked = ModelRequest {
            max_output_tokens: asked,
            ..hello()
        };
        items(&*Chat::new(options).model("mock"), asked).await;
        server.requests()[0].json()["max_tokens"].clone()
    };
    assert_eq!(limit(None, None).await, Value::Null);
    assert_eq!(limit(None, Some(1_000_000)).await, Value::Null);
    assert_eq!(limit(None, Some(500)).await, 500);
    assert_eq!(limit(Some(4000), None).await, 4000);
    assert_eq!(limit(Some(4000), Some(9000)).await, 4000);
}

#[tokio::test]
async fn an_address_may_end_anywhere() {
    for (path, expected) in [
        ("", "/v1/chat/completions"),
        ("/", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/api/paas/v4", "/api/paas/v4/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
    ] {
        let server = Server::start().await.unwrap();
        server.answer(Reply::chunks(&ChatScript::new().text("hi")));
        let base_url = Some(format!("{}{path}", server.url()));
        let options = ChatOptions {
            base_url,
            ..options(&server, "mine")
        };
        items(&*Chat::new(options).model("mock"), hello()).await;
        assert_eq!(server.requests()[0].path, expected, "{path}");
    }
}

#[tokio::test]
async fn what_is_known_and_assumed_of_a_model_is_on_its_card() {
    let server = Server::start().await.unwrap();
    let own = Chat::new(ChatOptions {
        provider: "ollama".to_owned(),
        ..ChatOptions::default()
    });
    let hosted = Chat::new(ChatOptions {
        provider: "openai".to_owned(),
        ..ChatOptions::default()
    });
    let told = Chat::new(ChatOptions {
        context_tokens: Some(9_000),
        max_output_tokens: Some(1_000),
        ..options(&server, "deepseek")
    });
    let row = |chat: &Chat| {
        let model = chat.model("mock");
        let card = model.card();
        (
            card.context_tokens,
            card.max_output_tokens,
            card.assumed,
            card.images,
            card.documents,
        )
    };
    assert_eq!(row(&own), (32_768, 16_384, true, true, false));
    assert_eq!(row(&hosted), (128_000, 32_000, true, true, true));
    assert_eq!(row(&told), (9_000, 1_000, false, false, false));
}
