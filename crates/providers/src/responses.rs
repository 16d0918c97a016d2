//! OpenAI's Responses interface, also as Azure serves it. Nothing of its wire leaves this module.

mod convert;
mod item;
mod kept;
mod reply;
mod request;

use crate::{
    Secret,
    by_message::ByMessage,
    call_ids::Asked,
    catalogue, chat,
    door::{Access, Door, KeyHeader, TokenSource},
    exchange::{Dialect, Sending, exchange, refused},
    front::Fronts,
    http::LazyClient,
    trouble::Trouble,
};
use convert::{Converted, Customs};
use gimlet_ports::{Failure, Model, ModelCard, ModelRequest, ModelStream, Stop, WireBytes};
use kept::Chains;
use reply::{Reading, Reply};
use request::Shape;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::{Map, Value};
use std::{fmt, sync::Arc};

/// The name of this dialect in opaque blocks.
const DIALECT: &str = "responses";
const BASE_URL: &str = "https://api.openai.com/v1";
/// Chains of stored replies that are known at once: one a session is enough.
const LOST_CHAIN: &str = "previous_response_not_found";

/// A tool whose input is a text and no JSON: the model writes it without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeform {
    /// The tool's name.
    pub tool: String,
    /// The member of its input that is the text.
    pub member: String,
}

/// Whether the provider keeps replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storing {
    /// Nothing is kept; the whole conversation goes out each time, with the model's encrypted
    /// reasoning.
    #[default]
    Nothing,
    /// Replies are kept there, and a request only says what is new since the last.
    Replies,
}

/// How to reach the provider. Keys come from the caller; nothing is read from the environment.
#[derive(Clone, Default)]
pub struct ResponsesOptions {
    /// The provider's name, such as `openai` or `azure`.
    pub provider: String,
    /// Such as `https://api.openai.com/v1`; that where `None`.
    pub base_url: Option<String>,
    /// Sent where `key_header` says.
    pub key: Option<Secret>,
    /// The key's place.
    pub key_header: KeyHeader,
    /// Gives bearer tokens, where they are not always the same.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// More headers. Their values are kept out of errors like keys.
    pub headers: Vec<(String, Secret)>,
    /// Azure's `api-version`, where one must be named.
    pub api_version: Option<String>,
    /// Such as `flex` or `priority`.
    pub service_tier: Option<String>,
    /// Whether the provider keeps replies.
    pub storing: Storing,
    /// Tools whose input is plain text.
    pub freeform: Vec<Freeform>,
    /// Members for every request's body.
    pub extra_body: Map<String, Value>,
}

impl fmt::Debug for ResponsesOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("ResponsesOptions")
            .field("provider", &self.provider)
            .field("storing", &self.storing)
            .finish_non_exhaustive()
    }
}

/// The adapter. Its models share one HTTP client, which is built by the first request.
#[derive(Clone)]
pub struct Responses {
    wire: Arc<Wire>,
}

impl fmt::Debug for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses")
            .field("options", &self.wire.options)
            .finish()
    }
}

struct Wire {
    options: ResponsesOptions,
    access: Access,
    url: String,
    client: LazyClient,
    /// Stored replies that a request can go on from.
    chains: Arc<Chains>,
}

impl Responses {
    /// Takes the options; connects to nothing yet.
    pub fn new(options: ResponsesOptions) -> Self {
        let base = options.base_url.as_deref().unwrap_or(BASE_URL);
        let url = responses_url(base, options.api_version.as_deref());
        let access = Access::new(
            options.key.as_ref(),
            options.key_header,
            &options.headers,
            options.tokens.as_ref(),
        );
        Self {
            wire: Arc::new(Wire {
                options,
                access,
                url,
                client: LazyClient::default(),
                chains: Arc::default(),
            }),
        }
    }

    /// The model, or deployment, of that name.
    pub fn model(&self, name: &str) -> Arc<dyn Model> {
        self.model_as(catalogue::card(&self.wire.options.provider, name))
    }

    /// The model of which this is known.
    pub fn model_as(&self, card: ModelCard) -> Arc<dyn Model> {
        let name = card.name.as_str();
        let options = &self.wire.options;
        Arc::new(ResponsesModel {
            from: format!("{}/{name}", options.provider),
            card,
            wire: Arc::clone(&self.wire),
            converted: ByMessage::default(),
            fronts: Fronts::new(b""),
        })
    }
}

/// An address without a path means the usual one.
fn responses_url(base: &str, api_version: Option<&str>) -> String {
    let base = base.trim().trim_end_matches('/');
    let base = base.strip_suffix("/responses").unwrap_or(base);
    let bare = reqwest::Url::parse(base).is_ok_and(|url| url.path() == "/");
    let path = if bare { "/v1" } else { "" };
    let query = api_version.map_or_else(String::new, |version| format!("?api-version={version}"));
    format!("{base}{path}/responses{query}")
}

struct ResponsesModel {
    wire: Arc<Wire>,
    /// The provider and the model.
    from: String,
    card: ModelCard,
    converted: ByMessage<Converted>,
    fronts: Fronts,
}

impl Model for ResponsesModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let wire = &self.wire;
        let customs = Customs::of(&request.messages, &self.from, &wire.options.freeform);
        let shape = Shape {
            card: &self.card,
            options: &wire.options,
            chains: &wire.chains,
        };
        let made = request::body(&shape, &request, &customs, &self.converted);
        let session = request.session.clone();
        let sending = made
            .map_err(|error| refused(&format!("the request is no valid JSON: {error}")))
            .and_then(|made| {
                let headers = wire.access.headers("text/event-stream")?;
                let reply = Reply::new(Reading {
                    asked: Asked {
                        session: request.session,
                        messages: request.messages,
                    },
                    from: self.from.clone(),
                    freeform: wire.options.freeform.clone(),
                    storing: wire.options.storing,
                    chain: made.chain.map(|digest| (Arc::clone(&wire.chains), digest)),
                });
                let (body, counted) = if made.goes_on {
                    // What is stored there does not go out again: nothing could be kept.
                    let sent = made.body.bytes.len() as u64;
                    let counted = WireBytes {
                        sent,
                        ..WireBytes::default()
                    };
                    (made.body.bytes.into(), counted)
                } else {
                    self.fronts.count(&session, made.body)
                };
                Ok(Sending {
                    url: wire.url.clone(),
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

    const REQUEST_ID_HEADERS: &[&str] = &["x-request-id", "apim-request-id"];

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
        let trouble = chat::trouble::of_reply(status, headers, body);
        if memchr::memmem::find(body, LOST_CHAIN.as_bytes()).is_some() {
            // The next request says everything again.
            self.chains.forget();
            return Trouble {
                class: Failure::Cut,
                ..trouble
            };
        }
        trouble
    }
}
