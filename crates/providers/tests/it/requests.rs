//! What a request says besides the conversation.

use crate::asking::{assistant, hello, items, options, request, user};
use gimlet_ports::{ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::{Block, Call, CallId};
use gimlet_providers::{Anthropic, AnthropicOptions, ToolStreaming};
use gimlet_testkit::sse::{Recorded, Reply, Script, Server};
use serde_json::{Value, json};

async fn sent_to(name: &str, request: ModelRequest) -> Recorded {
    let server = Server::start().await.unwrap();
    server.answer(Reply::events(&Script::new().text("hi")));
    items(&*Anthropic::new(options(&server)).model(name), request).await;
    assert_eq!(server.faults(), Vec::<String>::new());
    server.requests().remove(0)
}

#[tokio::test]
async fn a_first_request_looks_like_this() {
    let sent = sent_to("claude-haiku-4-5", hello()).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&sent.json()).unwrap());
}

#[tokio::test]
async fn the_parts_that_stay_come_before_the_conversation() {
    let body = sent_to("mock", hello()).await.text();
    let place = |key: &str| body.find(&format!("\"{key}\":")).unwrap();
    let order = ["model", "max_tokens", "tools", "system", "messages"].map(place);
    assert!(order.is_sorted(), "{body}");
}

#[tokio::test]
async fn pictures_and_documents_go_out_in_prompts_and_in_results() {
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
    let results = vec![
        Block::Result {
            call: CallId::from("t1"),
            content: vec![
                Block::text("page 1"),
                picture(),
                document("application/pdf", "JVBERi0="),
            ],
            ok: true,
        },
        Block::Result {
            call: CallId::from("t2"),
            content: vec![Block::text("no")],
            ok: false,
        },
        Block::Result {
            call: CallId::from("t3"),
            content: vec![Block::text("")],
            ok: true,
        },
    ];
    let messages = vec![
        user(vec![
            picture(),
            document("application/pdf", "JVBERi0="),
            document("text/markdown", "R3LDvMOfZQ=="),
        ]),
        assistant(vec![call("t1"), call("t2"), call("t3")]),
        user(results),
    ];
    let sent = sent_to("mock", request(messages)).await;
    let messages = &sent.json()["messages"];
    insta::assert_snapshot!(serde_json::to_string_pretty(messages).unwrap());
}

#[tokio::test]
async fn neighbours_of_one_role_go_out_as_one_message() {
    let messages = vec![
        user(vec![Block::text("one")]),
        user(vec![Block::text("two")]),
        assistant(vec![Block::text("three")]),
        assistant(vec![Block::Thought {
            text: "lost".to_owned(),
            opaque: None,
        }]),
        assistant(vec![Block::text("four")]),
        user(vec![Block::text("five")]),
    ];
    let sent = sent_to("mock", request(messages)).await.json();
    let shape: Vec<(Value, usize)> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            (
                message["role"].clone(),
                message["content"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(
        shape,
        [
            (json!("user"), 2),
            (json!("assistant"), 2),
            (json!("user"), 1)
        ]
    );
}

#[tokio::test]
async fn each_model_is_told_to_reason_in_the_words_that_it_takes() {
    let told = async |name: &str, thinking| {
        let sent = sent_to(
            name,
            ModelRequest {
                thinking,
                ..hello()
            },
        )
        .await;
        (
            sent.json()["thinking"].clone(),
            sent.header("anthropic-beta").map(str::to_owned),
        )
    };
    let adaptive = json!({"type": "adaptive", "display": "summarized"});
    let budget = |tokens: u32| json!({"type": "enabled", "budget_tokens": tokens});
    let between = Some("interleaved-thinking-2025-05-14".to_owned());
    let cases = [
        ("opus", Thinking::Off, Value::Null, None),
        ("opus", Thinking::Adaptive, adaptive.clone(), None),
        ("opus", Thinking::Budget(5000), adaptive.clone(), None),
        (
            "sonnet",
            Thinking::Off,
            json!({"type": "between_tools"}),
            None,
        ),
        (
            "claude-opus-5",
            Thinking::Off,
            json!({"type": "disabled"}),
            None,
        ),
        ("claude-opus-4-6", Thinking::Off, Value::Null, None),
        (
            "claude-opus-4-6",
            Thinking::Adaptive,
            adaptive.clone(),
            None,
        ),
        (
            "claude-opus-4-6",
            Thinking::Budget(5000),
            budget(5000),
            between.clone(),
        ),
        ("haiku", Thinking::Off, Value::Null, None),
        ("haiku", Thinking::Adaptive, budget(16_000), between.clone()),
        ("haiku", Thinking::Budget(7), budget(1024), between.clone()),
        (
            "haiku",
            Thinking::Budget(9_000_000),
            budget(63_999),
            between.clone(),
        ),
        ("mock", Thinking::Off, Value::Null, None),
        ("mock", Thinking::Adaptive, adaptive, None),
        ("mock", Thinking::Budget(2000), budget(2000), between),
    ];
    for (name, thinking, expected, beta) in cases {
        assert_eq!(
            told(name, thinking).await,
            (expected, beta),
            "{name} {thinking:?}"
        );
    }
}

#[tokio::test]
async fn a_tool_is_forced_only_where_the_model_lets_it() {
    let chosen = async |name: &str, tool_choice, thinking| {
        let asked = ModelRequest {
            tool_choice,
            thinking,
            ..hello()
        };
        sent_to(name, asked).await.json()["tool_choice"].clone()
    };
    let only = || ToolChoice::Only("Read".to_owned());
    let forced = json!({"type": "tool", "name": "Read"});
    assert_eq!(
        chosen("haiku", ToolChoice::Auto, Thinking::Off).await,
        Value::Null
    );
    assert_eq!(
        chosen("haiku", ToolChoice::None, Thinking::Off).await,
        json!({"type": "none"})
    );
    assert_eq!(chosen("haiku", only(), Thinking::Off).await, forced);
    assert_eq!(
        chosen("haiku", only(), Thinking::Adaptive).await,
        Value::Null
    );
    assert_eq!(chosen("opus", only(), Thinking::Off).await, Value::Null);
    assert_eq!(chosen("claude-opus-5", only(), Thinking::Off).await, forced);
}

#[tokio::test]
async fn the_output_limit_is_the_cards_unless_less_is_asked() {
    let limit = async |name: &str, asked| {
        let request = ModelRequest {
            max_output_tokens: asked,
            ..hello()
        };
        sent_to(name, request).await.json()["max_tokens"].clone()
    };
    assert_eq!(limit("haiku", None).await, 64_000);
    assert_eq!(limit("haiku", Some(100)).await, 100);
    assert_eq!(limit("haiku", Some(100_000)).await, 64_000);
    assert_eq!(limit("mock", None).await, 32_000);
    assert_eq!(limit("mock", Some(100_000)).await, 100_000);
}

#[tokio::test]
async fn tool_input_is_streamed_as_told() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::events(&Script::new().text("hi")));
    let buffered = AnthropicOptions {
        tool_streaming: ToolStreaming::Buffered,
        ..options(&server)
    };
    items(&*Anthropic::new(buffered).model("mock"), hello()).await;
    let field = |request: &Recorded| request.json()["tools"][0]["eager_input_streaming"].clone();
    assert_eq!(field(&server.requests()[0]), Value::Null);
    assert_eq!(field(&sent_to("mock", hello()).await), json!(true));
}

#[tokio::test]
async fn a_base_address_may_end_in_a_slash_or_a_version() {
    let server = Server::start().await.unwrap();
    for ending in ["", "/", "/v1", "/v1/", "/proxy"] {
        server.answer(Reply::events(&Script::new().text("hi")));
        let base_url = Some(format!("{}{ending}", server.url()));
        let options = AnthropicOptions {
            base_url,
            ..options(&server)
        };
        items(&*Anthropic::new(options).model("mock"), hello()).await;
    }
    let paths: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    let plain = "/v1/messages";
    assert_eq!(paths, [plain, plain, plain, plain, "/proxy/v1/messages"]);
}

#[tokio::test]
async fn models_of_one_adapter_share_one_connection() {
    let server = Server::start().await.unwrap();
    server.answer_with(|_| Reply::events(&Script::new().text("hi")));
    let anthropic = Anthropic::new(options(&server));
    for name in ["mock", "haiku", "opus", "mock"] {
        for _ in 0..5 {
            items(&*anthropic.model(name), hello()).await;
        }
    }
    // An error's body is read to its end as well.
    server.answer(Reply::error(529, "overloaded_error", "Overloaded"));
    items(&*model_of(&anthropic), hello()).await;
    items(&*model_of(&anthropic), hello()).await;
    assert_eq!((server.requests().len(), server.connections()), (22, 1));
}

fn model_of(anthropic: &Anthropic) -> std::sync::Arc<dyn gimlet_ports::Model> {
    anthropic.model("mock")
}
