//! The adapter for Chat Completions against a scripted server on loopback.

mod deliveries;
mod errors;
mod keys;
mod prefix;
mod quirks;
mod replay;
mod requests;

use gimlet_ports::{Model, ModelItem, ReplyBlock};
use gimlet_protocol::Call;
use gimlet_providers::{Chat, ChatOptions, Secret};
use gimlet_testkit::sse::Server;
use std::sync::Arc;

/// A server's options under a provider's name.
fn options(server: &Server, provider: &str) -> ChatOptions {
    ChatOptions {
        provider: provider.to_owned(),
        base_url: Some(server.url()),
        key: Some(Secret::new(crate::asking::KEY)),
        ..ChatOptions::default()
    }
}

fn model_of(server: &Server, provider: &str) -> Arc<dyn Model> {
    Chat::new(options(server, provider)).model("mock")
}

fn model(server: &Server) -> Arc<dyn Model> {
    model_of(server, "mine")
}

/// The whole calls among the items.
fn calls(items: &[ModelItem]) -> Vec<Call> {
    let calls = items.iter().filter_map(|item| match item {
        ModelItem::Block {
            block: ReplyBlock::Call(call),
            ..
        } => Some(call.clone()),
        _ => None,
    });
    calls.collect()
}

/// The reply in short: a line for each whole block, and the end.
fn outline(items: &[ModelItem]) -> Vec<String> {
    let lines = items.iter().filter_map(|item| match item {
        ModelItem::Block { block, .. } => Some(match block {
            ReplyBlock::Text { text, .. } => format!("text {text:?}"),
            ReplyBlock::Thought { text, opaque } => {
                let kept = opaque.as_ref().map_or("", |opaque| opaque.data.as_str());
                format!("thought {text:?} {kept}").trim_end().to_owned()
            }
            ReplyBlock::Call(call) => {
                let broken = call.broken.as_ref().map_or("", |_| " broken");
                format!(
                    "call {} {} {}{broken}",
                    call.id.as_str(),
                    call.tool,
                    call.input
                )
            }
            ReplyBlock::Kept(_) => "kept".to_owned(),
        }),
        ModelItem::End(end) => Some(format!("{end:?}")),
        _ => None,
    });
    lines.collect()
}
