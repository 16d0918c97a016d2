//! Who serves Anthropic's models: Anthropic itself or a gateway, Google, or Amazon.

use super::{DEFAULT_BASE_URL, DIALECT, ToolStreaming, request::Form, trouble};
use crate::{
    aws::{self, AwsSource, Signer, encoded},
    catalogue::{self, Row},
    door::{Clock, Door, TokenSource, Tokens},
    trouble::Trouble,
};
use gimlet_ports::ModelCard;
use reqwest::{StatusCode, header::HeaderMap};
use std::sync::Arc;

/// Who serves the models.
#[derive(Clone, Default)]
pub enum AnthropicPlace {
    /// Anthropic, or a gateway that speaks its interface.
    #[default]
    Anthropic,
    /// Google's Vertex AI.
    Vertex {
        /// The project that pays.
        project: String,
        /// Such as `global` or `europe-west1`.
        location: String,
        /// Gives bearer tokens.
        tokens: Arc<dyn TokenSource>,
    },
    /// Amazon Bedrock.
    Bedrock {
        /// Such as `eu-central-1`.
        region: String,
        /// Gives keys; a bearer key in the options stands in for them where `None`.
        keys: Option<(Arc<dyn AwsSource>, Clock)>,
    },
}

impl AnthropicPlace {
    pub(super) fn form(&self) -> Form {
        match self {
            Self::Anthropic => Form::Messages,
            Self::Vertex { .. } => Form::Vertex,
            Self::Bedrock { .. } => Form::Bedrock,
        }
    }

    pub(super) fn door(&self) -> Door {
        match self {
            Self::Anthropic | Self::Bedrock { keys: None, .. } => Door::Open,
            Self::Vertex { tokens, .. } => Door::Tokens(Tokens::of(Arc::clone(tokens))),
            Self::Bedrock {
                region,
                keys: Some((keys, clock)),
            } => Door::Signed(Signer::new(
                region,
                "bedrock",
                Arc::clone(keys),
                Arc::clone(clock),
            )),
        }
    }

    /// The cloud providers take no mark for input that is streamed unchecked.
    pub(super) fn tool_streaming(&self, asked: ToolStreaming) -> ToolStreaming {
        match self {
            Self::Anthropic => asked,
            Self::Vertex { .. } | Self::Bedrock { .. } => ToolStreaming::Buffered,
        }
    }

    /// The card under this place's name for the model, and what is known of the model itself.
    pub(super) fn known(&self, name: &str) -> (ModelCard, Option<&'static Row>) {
        let (provider, plain) = match self {
            Self::Anthropic => (DIALECT, name),
            // `claude-sonnet-4-5@20250929`
            Self::Vertex { .. } => ("vertex", name.split('@').next().unwrap_or(name)),
            Self::Bedrock { .. } => ("bedrock", bedrock_plain(name)),
        };
        let card = catalogue::card(DIALECT, plain);
        let row = catalogue::row(&card.name);
        let card = ModelCard {
            provider: provider.to_owned(),
            name: if provider == DIALECT {
                card.name
            } else {
                name.to_owned()
            },
            ..card
        };
        (card, row)
    }

    pub(super) fn url(&self, base: Option<&str>, model: &str) -> String {
        let base = base.map(|base| base.trim().trim_end_matches('/'));
        match self {
            Self::Anthropic => {
                let base = base.unwrap_or(DEFAULT_BASE_URL);
                let base = base.strip_suffix("/v1").unwrap_or(base);
                format!("{base}/v1/messages")
            }
            Self::Vertex {
                project, location, ..
            } => {
                let base = vertex_base(base, location);
                let model = encoded(model);
                format!(
                    "{base}/v1/projects/{project}/locations/{location}/publishers/anthropic/models/{model}:streamRawPredict"
                )
            }
            Self::Bedrock { region, .. } => {
                let base = bedrock_base(base, region);
                let model = encoded(model);
                format!("{base}/model/{model}/invoke-with-response-stream")
            }
        }
    }

    pub(super) fn refusal(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
        match self {
            Self::Anthropic => trouble::of_reply(status, headers, body),
            Self::Bedrock { .. } => aws::trouble::of_reply(status, headers, body),
            // The model's own errors come in Anthropic's form, the others in Google's.
            Self::Vertex { .. } => {
                let own = memchr::memmem::find(body, br#""type":"error""#)
                    .or_else(|| memchr::memmem::find(body, br#""type": "error""#));
                match own {
                    Some(_) => trouble::of_reply(status, headers, body),
                    None => crate::gemini::refusal(status, headers, body),
                }
            }
        }
    }
}

/// Where Vertex AI is asked.
pub(crate) fn vertex_base(given: Option<&str>, location: &str) -> String {
    match (given, location) {
        (Some(given), _) => given
            .trim_end_matches('/')
            .trim_end_matches("/v1")
            .to_owned(),
        (None, "global") => "https://aiplatform.googleapis.com".to_owned(),
        (None, location) => format!("https://{location}-aiplatform.googleapis.com"),
    }
}

/// Where Bedrock is asked.
pub(crate) fn bedrock_base(given: Option<&str>, region: &str) -> String {
    given.map_or_else(
        || format!("https://bedrock-runtime.{region}.amazonaws.com"),
        |given| given.trim_end_matches('/').to_owned(),
    )
}

/// The model's own name in `eu.anthropic.claude-sonnet-4-5-20250929-v1:0`, alone, behind an
/// inference profile's region, or at the end of a resource's name.
fn bedrock_plain(name: &str) -> &str {
    let (_, plain) = name.rsplit_once("anthropic.").unwrap_or(("", name));
    let plain = plain.split(':').next().unwrap_or(plain);
    match plain.rsplit_once("-v") {
        Some((model, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => model,
        _ => plain,
    }
}
