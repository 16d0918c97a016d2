//! Anthropic's Messages interface. Nothing of its wire leaves this module.

mod convert;
mod place;
mod reply;
mod request;
mod trouble;

pub use place::AnthropicPlace;
pub(crate) use place::{bedrock_base, vertex_base};
pub use request::ToolStreaming;

use crate::{
    Secret,
    by_message::ByMessage,
    catalogue::Row,
    door::{Door, TokenSource, Tokens},
    exchange::{Dialect, Sending, add_headers, exchange, refused, secret_header},
    front::Fronts,
    http::LazyClient,
    trouble::Trouble,
};
use convert::Converted;
use gimlet_ports::{Model, ModelCard, ModelRequest, ModelStream, Stop};
use reply::Reply;
use request::{Form, Shape};
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
    /// Who serves the models.
    pub place: AnthropicPlace,
    /// Gives bearer tokens, where they are not always the same.
    pub tokens: Option<Arc<dyn TokenSource>>,
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
    door: Door,
    client: LazyClient,
}

impl Anthropic {
    /// Takes the options; connects to nothing yet.
    pub fn new(options: AnthropicOptions) -> Self {
        let door = match (&options.tokens, &options.place) {
            (Some(tokens), _) => Door::Tokens(Tokens::of(Arc::clone(tokens))),
            (None, place) => place.door(),
        };
        Self {
            wire: Arc::new(Wire {
                options,
                door,
                client: LazyClient::default(),
            }),
        }
    }

    /// The model of that name or alias.
    pub fn model(&self, name: &str) -> Arc<dyn Model> {
        let place = &self.wire.options.place;
        let (card, row) = place.known(name);
        let url = place.url(self.wire.options.base_url.as_deref(), &card.name);
        let converted = ByMessage::default();
        Arc::new(AnthropicModel {
            wire: Arc::clone(&self.wire),
            card,
            row,
            url,
            converted,
            fronts: Fronts::new(request::CACHE_MARKER),
        })
    }
}

struct AnthropicModel {
    wire: Arc<Wire>,
    card: ModelCard,
    row: Option<&'static Row>,
    url: String,
    converted: ByMessage<Converted>,
    fronts: Fronts,
}

impl Model for AnthropicModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let options = &self.wire.options;
        let shape = Shape {
            card: &self.card,
            row: self.row,
            tool_streaming: options.place.tool_streaming(options.tool_streaming),
            form: options.place.form(),
            betas: &[],
        };
        let betas = self.betas(&shape, &request);
        let shape = Shape {
            betas: &betas,
            ..shape
        };
        let body = request::body(&shape, &request, &self.converted);
        let betas = match shape.form {
            Form::Bedrock => String::new(),
            Form::Messages | Form::Vertex => betas.join(","),
        };
        let session = request.session.clone();
        drop(request);
        let sending = body
            .map_err(|error| refused(&format!("the request is no valid JSON: {error}")))
            .and_then(|body| {
                let headers = self.wire.headers(&betas)?;
                let reply = Reply::default();
                let (body, counted) = self.fronts.count(&session, body);
                Ok(Sending {
                    url: self.url.clone(),
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
    fn betas(&self, shape: &Shape<'_>, request: &ModelRequest) -> Vec<String> {
        let mut betas = self.wire.options.betas.clone();
        // Models with a budget reason between tool calls only when told.
        let budget = request::thinking_param(shape, request)
            .is_some_and(|thinking| thinking["type"] == "enabled");
        if budget && !request.tools.is_empty() {
            betas.push(INTERLEAVED_BETA.to_owned());
        }
        let mut seen: Vec<String> = Vec::new();
        for beta in betas.iter().map(|beta| beta.trim()) {
            if !beta.is_empty() && !seen.iter().any(|known| known == beta) {
                seen.push(beta.to_owned());
            }
        }
        seen
    }
}

impl Wire {
    fn headers(&self, betas: &str) -> Result<HeaderMap, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let accept = match self.options.place.form() {
            Form::Messages | Form::Vertex => "text/event-stream",
            Form::Bedrock => "application/vnd.amazon.eventstream",
        };
        headers.insert("accept", HeaderValue::from_static(accept));
        if self.options.place.form() == Form::Messages {
            headers.insert("anthropic-version", HeaderValue::from_static(API_VERSION));
        }
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

    const REQUEST_ID_HEADERS: &[&str] = &["request-id", "x-amzn-requestid"];

    fn client(&self) -> &LazyClient {
        &self.client
    }

    fn door(&self) -> &Door {
        &self.door
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
        self.options.place.refusal(status, headers, body)
    }
}
