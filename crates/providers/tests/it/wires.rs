//! What every wire must hold, told once for all of them.

mod cloud;
mod deliveries;
mod doors;
mod errors;
mod replay;
mod responses;
mod switching;

use crate::asking::KEY;
use futures::future::BoxFuture;
use gimlet_ports::{Model, ModelItem, ReplyBlock};
use gimlet_protocol::Block;
use gimlet_providers::{
    Anthropic, AnthropicOptions, AnthropicPlace, AwsChain, AwsKeys, AwsLink, AwsSource, Bedrock,
    BedrockOptions, Chat, ChatOptions, Clock, Freshness, Gemini, GeminiOptions, Responses,
    ResponsesOptions, Secret, TokenFault, TokenSource,
};
use gimlet_testkit::sse::{Server, Wire};
use std::{fs, path::PathBuf, sync::Arc};

/// A moment that never changes.
fn clock() -> Clock {
    Arc::new(|| "2026-11-26T12:00:00Z".parse().unwrap())
}

fn keys() -> AwsKeys {
    AwsKeys {
        access_key: "AKIDEXAMPLE".to_owned(),
        secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        session_token: None,
        expires: None,
    }
}

fn signer() -> (Arc<dyn AwsSource>, Clock) {
    let chain = AwsChain::new(AwsLink::Given(keys()), clock());
    (Arc::new(chain), clock())
}

/// Always the same token.
struct OneToken;

impl TokenSource for OneToken {
    fn token(&self, _freshness: Freshness) -> BoxFuture<'_, Result<Secret, TokenFault>> {
        Box::pin(std::future::ready(Ok(Secret::new(KEY))))
    }
}

/// A model over this wire.
fn connect(server: &Server, wire: Wire) -> Arc<dyn Model> {
    let base_url = Some(server.url());
    let key = Some(Secret::new(KEY));
    match wire {
        Wire::Messages => crate::asking::model(server),
        Wire::VertexMessages => Anthropic::new(AnthropicOptions {
            base_url,
            place: AnthropicPlace::Vertex {
                project: "proj".to_owned(),
                location: "global".to_owned(),
                tokens: Arc::new(OneToken),
            },
            ..AnthropicOptions::default()
        })
        .model("claude-sonnet-4-5@20250929"),
        Wire::BedrockMessages => Anthropic::new(AnthropicOptions {
            base_url,
            place: AnthropicPlace::Bedrock {
                region: "eu-central-1".to_owned(),
                keys: Some(signer()),
            },
            ..AnthropicOptions::default()
        })
        .model("eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        Wire::Chat => Chat::new(ChatOptions {
            provider: "mine".to_owned(),
            base_url,
            key,
            ..ChatOptions::default()
        })
        .model("mock"),
        Wire::Responses => Responses::new(ResponsesOptions {
            provider: "openai".to_owned(),
            base_url,
            key,
            ..ResponsesOptions::default()
        })
        .model("mock"),
        Wire::Gemini => Gemini::new(GeminiOptions {
            provider: "gemini".to_owned(),
            base_url,
            key,
            ..GeminiOptions::default()
        })
        .model("gemini-3-mock"),
        Wire::Converse => Bedrock::new(BedrockOptions {
            provider: "bedrock".to_owned(),
            base_url,
            region: "eu-central-1".to_owned(),
            keys: Some(signer()),
            ..BedrockOptions::default()
        })
        .model("eu.anthropic.claude-mock-v1:0"),
    }
}

/// The whole blocks and the end of a reply in short, without what only the provider reads.
fn outline(items: &[ModelItem]) -> Vec<String> {
    let lines = items.iter().filter_map(|item| match item {
        ModelItem::Block { block, .. } => match block {
            ReplyBlock::Text { text, .. } => Some(format!("text {text}")),
            ReplyBlock::Thought { text, .. } => Some(format!("thought {text}")),
            ReplyBlock::Call(call) => Some(format!(
                "call {} {} {}",
                call.id.as_str(),
                call.tool,
                call.input
            )),
            ReplyBlock::Kept(_) => Some("kept".to_owned()),
        },
        ModelItem::End(end) => Some(format!("{end:?}")),
        _ => None,
    });
    lines.collect()
}

/// Keeps what went out, for the providers' own packages to look at: `scripts/wires` reads it.
fn hand_over(server: &Server, name: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("requests");
    for (at, request) in server.requests().iter().enumerate() {
        let path = request.path.split('?').next().unwrap_or_default();
        let wire = Wire::of_path(path).unwrap();
        let folder = folder.join(format!("{wire:?}"));
        fs::create_dir_all(&folder).unwrap();
        let headers: serde_json::Map<String, serde_json::Value> = request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let whole = serde_json::json!({"path": request.path, "url": format!("{}{}", server.url(), request.path), "headers": headers, "body": request.json(), "text": request.text()});
        let file = folder.join(format!("{name}-{at}.json"));
        fs::write(file, whole.to_string()).unwrap();
    }
}

fn picture() -> Block {
    Block::Image {
        media_type: "image/png".to_owned(),
        data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==".to_owned(),
    }
}

fn paper() -> Block {
    Block::Document {
        media_type: "application/pdf".to_owned(),
        data: "JVBERi0xLjQK".to_owned(),
        title: Some("The plan (v2).pdf".to_owned()),
    }
}
