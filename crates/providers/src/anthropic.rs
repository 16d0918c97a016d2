//! Anthropic's Messages interface. Nothing of its wire leaves this module.

mod convert;
mod reply;
mod request;
mod trouble;

pub use request::ToolStreaming;

use crate::{
    Secret,
    by_message::ByMessage,
    catalogue::{self, Row},
    exchange::{Dialect, Sending, add_headers, exchange, refused, secret_header},
    front::Fronts,
    http::LazyClient,
    trouble::Trouble,
};
use convert::Converted;
use gimlet_ports::{Model, ModelCard, ModelRequest, ModelStream, Stop};
use reply::Reply;
use request::Shape;
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue},
};
use std::{fmt, sync::Arc};

/// The name of this dialect in opaque blocks.
const DIALECT: &str = "anthropic";
/// Where requests go unless told otherwise.
pub const DEFAULT_BASE_URL: &str = "https://api.anthropic.com";
const API_VERSION: &str = "2023-06-01";
const INTERLEAVED_BETA: &str = "interleaved-thinking-2025-05-14";

/// How to reach the provider. Keys come from the caller; nothing is read from the environment.
#[derive(Clone, Default)]
pub struct AnthropicOptions {
    /// Such as `https://api.anthropic.com`; that where `None`.
    pub base_url: Option<String>,
    /// Sent as `x-api-key`.
    pub key: Option<Secret>,
    /// Sent as `authorization: Bearer …`.
    pub auth_token: Option<Secret>,
    /// Values of the `anthropic-beta` header.
    pub betas: Vec<String>,
    /// More headers, such as a gateway's. Their values are kept out of errors like keys.
    pub headers: Vec<(String, Secret)>,
    /// How tool input is streamed.
    pub tool_streaming: ToolStreaming,
}

impl fmt::Debug for AnthropicOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("AnthropicOptions")
            .field("betas", &self.betas)
            .finish_non_exhaustive()
    }
}

/// The adapter. Its models share one HTTP client, which is built by the first request.
#[derive(Clone)]
pub struct Anthropic {
    wire: Arc<Wire>,
}

impl fmt::Debug for Anthropic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anthropic")
            .field("options", &self.wire.options)
            .finish()
    }
}

struct Wire {
    options: AnthropicOptions,
    url: String,
    client: LazyClient,
}

impl Anthropic {
    /// Takes the options; connects to nothing yet.
    pub fn new(options: AnthropicOptions) -> Self {
        let base = options.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
        let base = base.trim().trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let url = format!("{base}/v1/messages");
        Self {
            wire: Arc::new(Wire {
                options,
                url,
                client: LazyClient::default(),
            }),
        }
    }

    /// The model of that name or alias.
    pub fn model(&self, name: &str) -> Arc<dyn Model> {
        let card = catalogue::card(DIALECT, name);
        let row = catalogue::row(&card.name);
        let converted = ByMessage::default();
        Arc::new(AnthropicModel {
            wire: Arc::clone(&self.wire),
            card,
            row,
            converted,
            fronts: Fronts::new(request::CACHE_MARKER),
        })
    }
}

struct AnthropicModel {
    wire: Arc<Wire>,
    card: ModelCard,
    row: Option<&'static Row>,
    converted: ByMessage<Converted>,
    fronts: Fronts,
}

impl Model for AnthropicModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let tool_streaming = self.wire.options.tool_streaming;
        let shape = Shape {
            card: &self.card,
            row: self.row,
            tool_streaming,
        };
        let body = request::body(&shape, &request, &self.converted);
        let betas = self.betas(&shape, &request);
        let session = request.session.clone();
        drop(request);
        let sending = body
            .map_err(|error| refused(&format!("the request is no valid JSON: {error}")))
            .and_then(|body| {
                let headers = self.wire.headers(&betas)?;
                let reply = Reply::default();
                let (body, counted) = self.fronts.count(&session, body);
                Ok(Sending {
                    body,
                    counted: Some(counted),
                    headers,
                    reply,
                })
            });
        exchange(Arc::clone(&self.wire), sending, stop)
    }
}

impl AnthropicModel {
    fn betas(&self, shape: &Shape<'_>, request: &ModelRequest) -> String {
        let mut betas = self.wire.options.betas.clone();
        // Models with a budget reason between tool calls only when told.
        let budget = request::thinking_param(shape, request)
            .is_some_and(|thinking| thinking["type"] == "enabled");
        if budget && !request.tools.is_empty() {
            betas.push(INTERLEAVED_BETA.to_owned());
        }
        let mut seen: Vec<&str> = Vec::new();
        for beta in betas
            .iter()
            .map(|beta| beta.trim())
            .filter(|beta| !beta.is_empty())
        {
            if !seen.contains(&beta) {
                seen.push(beta);
            }
        }
        seen.join(",")
    }
}

impl Wire {
    fn headers(&self, betas: &str) -> Result<HeaderMap, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("accept", HeaderValue::from_static("text/event-stream"));
        headers.insert("anthropic-version", HeaderValue::from_static(API_VERSION));
        if !betas.is_empty() {
            let value = HeaderValue::from_str(betas);
            let value = value.map_err(|_| refused("a beta's name holds unusable characters"))?;
            headers.insert("anthropic-beta", value);
        }
        if let Some(key) = &self.options.key {
            headers.insert("x-api-key", secret_header(key.expose())?);
        }
        if let Some(token) = &self.options.auth_token {
            let bearer = format!("Bearer {}", token.expose());
            headers.insert("authorization", secret_header(&bearer)?);
        }
        add_headers(&mut headers, &self.options.headers)?;
        Ok(headers)
    }
}

impl Dialect for Wire {
    type Reply = Reply;

    const REQUEST_ID_HEADERS: &[&str] = &["request-id"];

    fn url(&self) -> &str {
        &self.url
    }

    fn client(&self) -> &LazyClient {
        &self.client
    }

    /// Takes every key out of a text, in case a server said it back.
    fn redact(&self, text: String) -> String {
        let AnthropicOptions {
            key,
            auth_token,
            headers,
            ..
        } = &self.options;
        let secrets = key
            .iter()
            .chain(auth_token)
            .chain(headers.iter().map(|(_, value)| value));
        secrets.fold(text, |text, secret| secret.redact(text))
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
        trouble::of_reply(status, headers, body)
    }
}
