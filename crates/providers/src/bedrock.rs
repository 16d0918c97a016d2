//! Amazon Bedrock's Converse interface, for the models of every maker. Anthropic's models are
//! better served by their own interface, which `anthropic` speaks to Bedrock as well.

mod convert;
mod reply;
mod request;

use crate::{
    Secret,
    anthropic::bedrock_base,
    aws::{self, AwsSource, Signer, encoded},
    by_message::ByMessage,
    catalogue,
    door::{Access, Clock, Door, KeyHeader},
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

/// The name of this dialect in opaque blocks.
const DIALECT: &str = "converse";

/// How to reach the provider. Keys come from the caller; nothing is read from the environment.
#[derive(Clone, Default)]
pub struct BedrockOptions {
    /// The provider's name, such as `bedrock`.
    pub provider: String,
    /// Where requests go instead of Amazon's own place for the region.
    pub base_url: Option<String>,
    /// Such as `eu-central-1`.
    pub region: String,
    /// Gives keys that sign requests.
    pub keys: Option<(Arc<dyn AwsSource>, Clock)>,
    /// A key for Bedrock alone, sent as a bearer in place of a signature.
    pub key: Option<Secret>,
    /// More headers. Their values are kept out of errors like keys.
    pub headers: Vec<(String, Secret)>,
    /// Such as `flex` or `priority`.
    pub service_tier: Option<String>,
    /// Members for every request's body.
    pub extra_body: Map<String, Value>,
}

impl fmt::Debug for BedrockOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("BedrockOptions")
            .field("provider", &self.provider)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// The adapter. Its models share one HTTP client, which is built by the first request.
#[derive(Clone)]
pub struct Bedrock {
    wire: Arc<Wire>,
}

impl fmt::Debug for Bedrock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bedrock")
            .field("options", &self.wire.options)
            .finish()
    }
}

struct Wire {
    options: BedrockOptions,
    access: Access,
    client: LazyClient,
}

impl Bedrock {
    /// Takes the options; connects to nothing yet.
    pub fn new(options: BedrockOptions) -> Self {
        let bearer = KeyHeader::Bearer;
        let mut access = Access::new(options.key.as_ref(), bearer, &options.headers, None);
        if let Some((keys, clock)) = options.keys.as_ref().filter(|_| options.key.is_none()) {
            let (keys, clock) = (Arc::clone(keys), Arc::clone(clock));
            access.door = Door::Signed(Signer::new(&options.region, "bedrock", keys, clock));
        }
        Self {
            wire: Arc::new(Wire {
                options,
                access,
                client: LazyClient::default(),
            }),
        }
    }

    /// The model, or inference profile, of that name.
    pub fn model(&self, name: &str) -> Arc<dyn Model> {
        self.model_as(catalogue::card(&self.wire.options.provider, name))
    }

    /// The model of which this is known.
    pub fn model_as(&self, card: ModelCard) -> Arc<dyn Model> {
        let name = card.name.as_str();
        let options = &self.wire.options;
        let base = bedrock_base(options.base_url.as_deref(), &options.region);
        Arc::new(BedrockModel {
            from: format!("{}/{name}", options.provider),
            url: format!("{base}/model/{}/converse-stream", encoded(name)),
            card,
            wire: Arc::clone(&self.wire),
            converted: ByMessage::default(),
            fronts: Fronts::new(request::CACHE_POINT),
        })
    }
}

struct BedrockModel {
    wire: Arc<Wire>,
    /// The provider and the model.
    from: String,
    url: String,
    card: ModelCard,
    converted: ByMessage<Converted>,
    fronts: Fronts,
}

impl Model for BedrockModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let wire = &self.wire;
        let shape = Shape {
            card: &self.card,
            options: &wire.options,
            from: &self.from,
        };
        let body = request::body(&shape, &request, &self.converted);
        let session = request.session.clone();
        let sending = body
            .map_err(|error| refused(&format!("the request is no valid JSON: {error}")))
            .and_then(|body| {
                let headers = wire.access.headers("application/vnd.amazon.eventstream")?;
                let reply = Reply::new(self.from.clone(), self.card.name.clone());
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

    const REQUEST_ID_HEADERS: &[&str] = &["x-amzn-requestid"];

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
        aws::trouble::of_reply(status, headers, body)
    }
}
