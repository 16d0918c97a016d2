//! Google's Gemini interface, with a key or on Vertex AI. Nothing of its wire leaves this module.

mod convert;
mod reply;
mod request;
mod trouble;

use crate::{
    Secret,
    anthropic::vertex_base,
    aws::encoded,
    by_message::ByMessage,
    call_ids::Asked,
    catalogue,
    door::{Access, Door, KeyHeader, TokenSource},
    exchange::{Dialect, Sending, exchange, refused},
    front::Fronts,
    http::LazyClient,
    trouble::Trouble,
};
use convert::{Calls, Converted, Look};
use gimlet_ports::{Model, ModelCard, ModelRequest, ModelStream, Stop};
use reply::Reply;
use request::Shape;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::{Map, Value};
use std::{fmt, sync::Arc};
pub(crate) use trouble::of_reply as refusal;

/// The name of this dialect in opaque blocks.
const DIALECT: &str = "gemini";
const BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";

/// Who serves the models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GeminiPlace {
    /// The interface for keys.
    #[default]
    Key,
    /// Vertex AI.
    Vertex {
        /// The project that pays.
        project: String,
        /// Such as `global` or `europe-west1`.
        location: String,
    },
}

/// How to reach the provider. Keys come from the caller; nothing is read from the environment.
#[derive(Clone, Default)]
pub struct GeminiOptions {
    /// The provider's name, such as `gemini` or `vertex`.
    pub provider: String,
    /// Such as `https://generativelanguage.googleapis.com/v1beta`; the place's own where `None`.
    pub base_url: Option<String>,
    /// Who serves the models.
    pub place: GeminiPlace,
    /// Sent as `x-goog-api-key`.
    pub key: Option<Secret>,
    /// Gives bearer tokens.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// More headers. Their values are kept out of errors like keys.
    pub headers: Vec<(String, Secret)>,
    /// Members for every request's body.
    pub extra_body: Map<String, Value>,
}

impl fmt::Debug for GeminiOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("GeminiOptions")
            .field("provider", &self.provider)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The adapter. Its models share one HTTP client, which is built by the first request.
#[derive(Clone)]
pub struct Gemini {
    wire: Arc<Wire>,
}

impl fmt::Debug for Gemini {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gemini")
            .field("options", &self.wire.options)
            .finish()
    }
}

struct Wire {
    options: GeminiOptions,
    access: Access,
    client: LazyClient,
}

impl Gemini {
    /// Takes the options; connects to nothing yet.
    pub fn new(options: GeminiOptions) -> Self {
        let access = Access::new(
            options.key.as_ref(),
            KeyHeader::Named("x-goog-api-key"),
            &options.headers,
            options.tokens.as_ref(),
        );
        Self {
            wire: Arc::new(Wire {
                options,
                access,
                client: LazyClient::default(),
            }),
        }
    }

    /// The model of that name.
    pub fn model(&self, name: &str) -> Arc<dyn Model> {
        self.model_as(catalogue::card(&self.wire.options.provider, name))
    }

    /// The model of which this is known.
    pub fn model_as(&self, card: ModelCard) -> Arc<dyn Model> {
        let name = card.name.as_str();
        let options = &self.wire.options;
        Arc::new(GeminiModel {
            look: Look {
                from: format!("{}/{name}", options.provider),
                signed: wants_signatures(name),
            },
            url: url(options, name),
            card,
            wire: Arc::clone(&self.wire),
            converted: ByMessage::default(),
            fronts: Fronts::new(b""),
        })
    }
}

fn url(options: &GeminiOptions, model: &str) -> String {
    let given = options.base_url.as_deref();
    let model = encoded(model.strip_prefix("models/").unwrap_or(model));
    let path = match &options.place {
        GeminiPlace::Key => {
            let base = given.unwrap_or(BASE_URL).trim().trim_end_matches('/');
            let bare = reqwest::Url::parse(base).is_ok_and(|url| url.path() == "/");
            let version = if bare { "/v1beta" } else { "" };
            format!("{base}{version}/models/{model}")
        }
        GeminiPlace::Vertex { project, location } => {
            let base = vertex_base(given, location);
            format!(
                "{base}/v1/projects/{project}/locations/{location}/publishers/google/models/{model}"
            )
        }
    };
    format!("{path}:streamGenerateContent?alt=sse")
}

/// True of models that refuse a call without the signature of the reasoning before it.
fn wants_signatures(name: &str) -> bool {
    let generation = name
        .strip_prefix("gemini-")
        .and_then(|rest| rest.split(['.', '-']).next())
        .and_then(|digits| digits.parse::<u32>().ok());
    generation.is_none_or(|generation| generation >= 3)
}

struct GeminiModel {
    wire: Arc<Wire>,
    look: Look,
    url: String,
    card: ModelCard,
    converted: ByMessage<Converted>,
    fronts: Fronts,
}

impl Model for GeminiModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let wire = &self.wire;
        let shape = Shape {
            card: &self.card,
            extra_body: &wire.options.extra_body,
        };
        let calls = Calls::of(&request.messages);
        let body = request::body(&shape, &request, (&self.look, &calls), &self.converted);
        let session = request.session.clone();
        let sending = body
            .map_err(|error| refused(&format!("the request is no valid JSON: {error}")))
            .and_then(|body| {
                let headers = wire.access.headers("text/event-stream")?;
                let asked = Asked {
                    session: request.session,
                    messages: request.messages,
                };
                let reply = Reply::new(asked, self.look.from.clone());
                let (body, counted) = self.fronts.count(&session, body);
                Ok(Sending {
                    url: self.url.clone(),
                    body,
                    counted: Some(counted),
                    headers,
                    reply,
                })
            });
        exchange(Arc::clone(wire), sending, stop)
    }
}

impl Dialect for Wire {
    type Reply = Reply;

    const REQUEST_ID_HEADERS: &[&str] = &["x-goog-request-id", "x-request-id"];

    fn client(&self) -> &LazyClient {
        &self.client
    }

    fn door(&self) -> &Door {
        &self.access.door
    }

    fn redact(&self, text: String) -> String {
        self.access.redact(text)
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
        trouble::of_reply(status, headers, body)
    }
}
