//! Requests, and what comes back.

use futures::StreamExt as _;
use gimlet_ports::{
    Model, ModelEnd, ModelItem, ModelRequest, ReplyBlock, Stop, Thinking, ToolChoice,
};
use gimlet_protocol::{Block, CallId, Lane, Message, Risk, Role, SessionId, ToolSpec};
use gimlet_providers::{Anthropic, AnthropicOptions, Secret};
use gimlet_testkit::sse::Server;
use serde_json::json;
use std::sync::Arc;

pub(crate) const KEY: &str = "sk-ant-test-0123456789";

pub(crate) fn options(server: &Server) -> AnthropicOptions {
    AnthropicOptions {
        base_url: Some(server.url()),
        key: Some(Secret::new(KEY)),
        ..AnthropicOptions::default()
    }
}

pub(crate) fn model(server: &Server) -> Arc<dyn Model> {
    Anthropic::new(options(server)).model("mock")
}

pub(crate) fn user(blocks: Vec<Block>) -> Arc<Message> {
    Arc::new(Message {
        role: Role::User,
        blocks,
    })
}

pub(crate) fn assistant(blocks: Vec<Block>) -> Arc<Message> {
    Arc::new(Message {
        role: Role::Assistant,
        blocks,
    })
}

pub(crate) fn result(call: &str, text: &str) -> Block {
    Block::Result {
        call: CallId::from(call),
        content: vec![Block::text(text)],
        ok: true,
    }
}

pub(crate) fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: format!("What {name} does."),
        input_schema: json!({"type": "object", "properties": {"file_path": {"type": "string"}}}),
        risk: Risk::Low,
        lane: Lane::Shared,
    }
}

pub(crate) fn request(messages: Vec<Arc<Message>>) -> ModelRequest {
    ModelRequest {
        system: Arc::new(["You are an agent.".to_owned()]),
        tools: Arc::new([tool("Read"), tool("Bash")]),
        messages,
        max_output_tokens: None,
        thinking: Thinking::Off,
        tool_choice: ToolChoice::Auto,
        session: SessionId::new("s"),
        answer: None,
    }
}

pub(crate) fn hello() -> ModelRequest {
    request(vec![user(vec![Block::text("hello")])])
}

/// What a model answers, after the count of what was asked.
pub(crate) async fn items(model: &dyn Model, request: ModelRequest) -> Vec<ModelItem> {
    let mut items: Vec<ModelItem> = model.stream(request, Stop::new()).collect().await;
    if matches!(items.first(), Some(ModelItem::Sent(_))) {
        items.remove(0);
    }
    let ends = items
        .iter()
        .filter(|item| matches!(item, ModelItem::End(_)))
        .count();
    assert_eq!(ends, 1, "exactly one end in {items:?}");
    assert!(
        matches!(items.last(), Some(ModelItem::End(_))),
        "the end is last in {items:?}"
    );
    items
}

pub(crate) async fn end(model: &dyn Model, request: ModelRequest) -> ModelEnd {
    match items(model, request).await.pop() {
        Some(ModelItem::End(end)) => end,
        other => panic!("no end but {other:?}"),
    }
}

/// The whole blocks of a reply, as a message of the conversation.
pub(crate) fn said(items: &[ModelItem]) -> Arc<Message> {
    let blocks = items.iter().filter_map(|item| match item {
        ModelItem::Block { block, .. } => Some(match block.clone() {
            ReplyBlock::Text { text, opaque } => Block::Text { text, opaque },
            ReplyBlock::Thought { text, opaque } => Block::Thought { text, opaque },
            ReplyBlock::Call(call) => Block::Call(call),
            ReplyBlock::Kept(opaque) => Block::Kept { opaque },
        }),
        _ => None,
    });
    assistant(blocks.collect())
}
