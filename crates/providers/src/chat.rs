//! The Chat Completions interface that OpenAI began and most others speak: hosted vendors,
//! gateways, and servers on one's own machine. Nothing of its wire leaves this module.

mod convert;
mod kept;
mod reply;
mod request;
pub(crate) mod trouble;
mod vendor;

pub use vendor::{
    AfterTool, AnswerForm, CallIds, ChatQuirks, Documents, EmptyContent, ForcedTool, Images,
    MaxTokens, Parallel, ReasoningBack, ReasoningSwitch, Schemas, SessionMember, SystemRole,
    UsageOption, chat_base_url, chat_needs_no_key, chat_providers,
};

use crate::{
    Secret,
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
use convert::Converted;
use gimlet_ports::{Model, ModelCard, ModelRequest, ModelStream, Stop};
use reply::Reply;
use request::Shape;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::{Map, Value};
use std::{fmt, sync::Arc};
use vendor::{Place, Vendor};

/// The name of this dialect in opaque blocks.
const DIALECT: &str = "chat";
/// Tokens that a hosted model is assumed to take.
const HOSTED_CONTEXT_TOKENS: u64 = 128_000;
/// Tokens that a model on one's own machine is assumed to take: memory is what limits it.
const OWN_CONTEXT_TOKENS: u64 = 32_768;
/// Tokens that a model is assumed to answer with at most.
const OUTPUT_TOKENS: u64 = 32_000;

/// How to reach a provider. Keys come from the caller; nothing is read from the environment.
#[derive(Clone, Default)]
pub struct ChatOptions {
    /// The provider's name, such as `openrouter`. One that is known needs nothing else.
    pub provider: String,
    /// Such as `http://127.0.0.1:11434/v1`; the provider's own where `None`.
    pub base_url: Option<String>,
    /// Sent where `key_header` says.
    pub key: Option<Secret>,
    /// The key's place.
    pub key_header: KeyHeader,
    /// Gives bearer tokens, where they are not always the same.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// Azure's older interface: the model is a deployment in the address, and this version of
    /// the interface is named.
    pub api_version: Option<String>,
    /// More headers, such as a gateway's. Their values are kept out of errors like keys.
    pub headers: Vec<(String, Secret)>,
    /// How the dialect differs; what is known of the provider where `None`.
    pub quirks: Option<ChatQuirks>,
    /// Members for every request's body.
    pub extra_body: Map<String, Value>,
    /// Tokens of input and output together; an assumption where `None`.
    pub context_tokens: Option<u64>,
    /// Tokens that one reply may have; the server's own limit where `None`.
    pub max_output_tokens: Option<u64>,
}

impl fmt::Debug for ChatOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("ChatOptions")
            .field("provider", &self.provider)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

/// The adapter. Its models share one HTTP client, which is built by the first request.
#[derive(Clone)]
pub struct Chat {
    wire: Arc<Wire>,
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat")
            .field("options", &self.wire.options)
            .finish()
    }
}

struct Wire {
    options: ChatOptions,
    quirks: ChatQuirks,
    vendor: Option<&'static Vendor>,
    base: String,
    access: Access,
    client: LazyClient,
}

impl Chat {
    /// Takes the options; connects to nothing yet.
    pub fn new(options: ChatOptions) -> Self {
        let given = options.base_url.as_deref();
        let vendor = vendor::vendor(&options.provider, given);
        let base = given.or(vendor.map(|vendor| vendor.base_url));
        let base = base.unwrap_or_default().to_owned();
        let known = || ChatQuirks::of(&options.provider, given);
        let quirks = options.quirks.unwrap_or_else(known);
        let access = Access::new(
            options.key.as_ref(),
            options.key_header,
            &options.headers,
            options.tokens.as_ref(),
        );
        Self {
            wire: Arc::new(Wire {
                options,
                quirks,
                vendor,
                base,
                access,
                client: LazyClient::default(),
            }),
        }
    }

    /// The model of that name, by what the catalogue or the options know of it.
    pub fn model(&self, name: &str) -> Arc<dyn Model> {
        let Wire {
            options,
            quirks,
            vendor,
            ..
        } = &*self.wire;
        let provider = options.provider.as_str();
        if options.context_tokens.is_none()
            && let Some(known) = catalogue::known(catalogue::pinned(), provider, name)
        {
            return self.model_as(known.card(provider, name));
        }
        let is_own = chat_needs_no_key(provider, options.base_url.as_deref())
            || vendor.is_some_and(|vendor| vendor.place == Place::Own);
        let assumed = if is_own {
            OWN_CONTEXT_TOKENS
        } else {
            HOSTED_CONTEXT_TOKENS
        };
        let context_tokens = options.context_tokens.unwrap_or(assumed);
        let max_output_tokens = options.max_output_tokens.unwrap_or(OUTPUT_TOKENS);
        self.model_as(ModelCard {
            context_tokens,
            max_output_tokens,
            assumed: options.max_output_tokens.is_none(),
            images: quirks.images == Images::Sent,
            documents: quirks.documents == Documents::Files,
            ..catalogue::assumed_card(provider, name)
        })
    }

    /// The model of which this is known.
    pub fn model_as(&self, card: ModelCard) -> Arc<dyn Model> {
        let quirks = &self.wire.quirks;
        let half = card.context_tokens / 2;
        let card = ModelCard {
            max_output_tokens: card.max_output_tokens.min(half),
            images: card.images && quirks.images == Images::Sent,
            documents: card.documents && quirks.documents == Documents::Files,
            ..card
        };
        let name = card.name.as_str();
        Arc::new(ChatModel {
            wire: Arc::clone(&self.wire),
            from: format!("{}/{name}", self.wire.options.provider),
            url: self.wire.url(name),
            card,
            converted: ByMessage::default(),
            fronts: Fronts::new(b""),
        })
    }
}

/// An address without a path means the usual one.
fn completions_url(base: &str) -> String {
    let base = base.trim().trim_end_matches('/');
    let base = base.strip_suffix("/chat/completions").unwrap_or(base);
    let bare = reqwest::Url::parse(base).is_ok_and(|url| url.path() == "/");
    let path = if bare { "/v1" } else { "" };
    format!("{base}{path}/chat/completions")
}

struct ChatModel {
    wire: Arc<Wire>,
    /// The provider and the model.
    from: String,
    url: String,
    card: ModelCard,
    converted: ByMessage<Converted>,
    fronts: Fronts,
}

impl Model for ChatModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let wire = &self.wire;
        let extras = wire.vendor.map_or(&[][..], |vendor| vendor.extras);
        let extras: Vec<&'static str> = extras
            .iter()
            .filter(|(front, _)| self.card.name.starts_with(front))
            .map(|(_, members)| *members)
            .collect();
        let shape = Shape {
            card: &self.card,
            quirks: &wire.quirks,
            from: &self.from,
            extras: &extras,
            extra_body: &wire.options.extra_body,
        };
        let body = request::body(&shape, &request, &self.converted);
        let session = request.session.clone();
        let asked = Asked {
            session: request.session,
            messages: request.messages,
        };
        let sending = body
            .map_err(|error| refused(&format!("the request is no valid JSON: {error}")))
            .and_then(|body| {
                let headers = wire.access.headers("text/event-stream")?;
                let reply = Reply::new(asked, self.from.clone(), wire.quirks.reasoning_back);
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

impl Wire {
    fn url(&self, model: &str) -> String {
        match &self.options.api_version {
            None => completions_url(&self.base),
            Some(version) => {
                let base = self.base.trim().trim_end_matches('/');
                let base = base.strip_suffix("/openai").unwrap_or(base);
                let model = encoded(model);
                format!("{base}/openai/deployments/{model}/chat/completions?api-version={version}")
            }
        }
    }
}

impl Dialect for Wire {
    type Reply = Reply;

    const REQUEST_ID_HEADERS: &[&str] = &["x-request-id", "request-id", "x-generation-id"];

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
