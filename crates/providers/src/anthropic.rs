//! Anthropic's Messages interface. Nothing of its wire leaves this module.

mod convert;
mod reply;
mod request;
mod trouble;

pub use request::ToolStreaming;

use crate::{
    Secret,
    catalogue::{self, Row},
    http::LazyClient,
    sse::SseDecoder,
};
use convert::ConvertedMessages;
use futures::{StreamExt as _, stream};
use gimlet_ports::{
    Failure, Model, ModelCard, ModelEnd, ModelItem, ModelRequest, ModelStream, Stop,
};
use reply::{Heard, Reply};
use request::Shape;
use reqwest::{
    Response,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use trouble::{Trouble, quote, shorten};

/// The name of this dialect in opaque blocks.
const DIALECT: &str = "anthropic";
/// Where requests go unless told otherwise.
pub const DEFAULT_BASE_URL: &str = "https://api.anthropic.com";
const API_VERSION: &str = "2023-06-01";
const INTERLEAVED_BETA: &str = "interleaved-thinking-2025-05-14";
/// Bytes of an error's body that are read.
const ERROR_BODY_BYTES: usize = 64 << 10;
/// How long the end of the body is awaited after the last event. Reading to the end keeps the
/// connection for the next request; nothing of the reply is missing any more.
const DRAIN: Duration = Duration::from_millis(100);

/// How to reach the provider. Keys come from the caller; nothing is read from the environment.
#[derive(Clone, Debug, Default)]
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

/// The adapter. Its models share one HTTP client, which is built by the first request.
#[derive(Clone, Debug)]
pub struct Anthropic {
    wire: Arc<Wire>,
}

#[derive(Debug)]
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
        let converted = ConvertedMessages::default();
        Arc::new(AnthropicModel {
            wire: Arc::clone(&self.wire),
            card,
            row,
            converted,
        })
    }
}

struct AnthropicModel {
    wire: Arc<Wire>,
    card: ModelCard,
    row: Option<&'static Row>,
    converted: ConvertedMessages,
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
        drop(request);
        let next = match body {
            Ok(body) => Next::Send { body, betas },
            Err(error) => Next::Fail(Trouble::new(
                Failure::Rejected,
                format!("the request is no valid JSON: {error}"),
            )),
        };
        let exchange = Exchange {
            wire: Arc::clone(&self.wire),
            stop,
            items: VecDeque::new(),
        };
        stream::unfold((exchange, next), |(mut exchange, mut next)| async move {
            loop {
                if let Some(item) = exchange.items.pop_front() {
                    return Some((item, (exchange, next)));
                }
                if matches!(next, Next::Nothing) {
                    return None;
                }
                next = exchange.step(next).await;
            }
        })
        .boxed()
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

/// Where a stream stands.
enum Next {
    Send { body: Vec<u8>, betas: String },
    Read(Box<Reading>),
    Fail(Trouble),
    Nothing,
}

struct Reading {
    response: Response,
    sse: SseDecoder,
    reply: Reply,
    /// Events heard so far.
    events: u64,
}

/// One request and its reply.
struct Exchange {
    wire: Arc<Wire>,
    stop: Stop,
    items: VecDeque<ModelItem>,
}

impl Exchange {
    async fn step(&mut self, next: Next) -> Next {
        let stop = self.stop.clone();
        let outcome = tokio::select! {
            biased;
            () = stop.cancelled() => return Next::Nothing,
            outcome = self.advance(next) => outcome,
        };
        outcome.unwrap_or_else(|trouble| {
            // First the keys, then the length: a cut key would not be found.
            let text = shorten(self.wire.redact(trouble.text));
            self.items
                .push_back(ModelItem::End(Trouble { text, ..trouble }.into_end()));
            Next::Nothing
        })
    }

    async fn advance(&mut self, next: Next) -> Result<Next, Trouble> {
        match next {
            Next::Send { body, betas } => self.send(body, &betas).await,
            Next::Read(reading) => self.read(reading).await,
            Next::Fail(trouble) => Err(trouble),
            Next::Nothing => Ok(Next::Nothing),
        }
    }

    async fn send(&mut self, body: Vec<u8>, betas: &str) -> Result<Next, Trouble> {
        let headers = self.wire.headers(betas)?;
        let client = self.wire.client.get(&self.wire.url);
        let client = client.map_err(|text| Trouble::new(Failure::Cut, text))?;
        let sending = client
            .post(&self.wire.url)
            .headers(headers)
            .body(body)
            .send();
        let response = sending.await.map_err(Trouble::of_transport)?;
        let request_id = header_text(response.headers(), "request-id");
        let reading = Reading {
            sse: SseDecoder::new(),
            reply: Reply::new(request_id.clone()),
            events: 0,
            response,
        };
        if !reading.response.status().is_success() || reading.is_no_stream() {
            let mut trouble = reading.into_trouble().await;
            trouble.request_id = request_id.or(trouble.request_id);
            return Err(trouble);
        }
        Ok(Next::Read(Box::new(reading)))
    }

    async fn read(&mut self, mut reading: Box<Reading>) -> Result<Next, Trouble> {
        let request_id = reading.reply.request_id.clone();
        let heard = self.hear(&mut reading).await;
        let heard = heard.map_err(|trouble| Trouble {
            request_id: trouble.request_id.clone().or(request_id),
            ..trouble
        })?;
        match heard {
            Heard::More => Ok(Next::Read(reading)),
            Heard::Over(end) => {
                let rest = async { while let Ok(Some(_)) = reading.response.chunk().await {} };
                // Too late is no trouble: the connection is closed, and the reply is whole.
                drop(tokio::time::timeout(DRAIN, rest).await);
                self.items.push_back(ModelItem::End(self.cleaned(end)));
                Ok(Next::Nothing)
            }
        }
    }

    async fn hear(&mut self, reading: &mut Reading) -> Result<Heard, Trouble> {
        let Some(bytes) = reading
            .response
            .chunk()
            .await
            .map_err(Trouble::of_transport)?
        else {
            return Err(reading.ended_early());
        };
        let too_long =
            |error: crate::sse::Overlong| Trouble::new(Failure::Garbage, error.to_string());
        reading.sse.push(&bytes).map_err(too_long)?;
        while let Some(data) = reading.sse.next_data() {
            reading.events += 1;
            let heard = reading.reply.hear(data, &mut self.items)?;
            if heard != Heard::More {
                return Ok(heard);
            }
        }
        Ok(Heard::More)
    }

    fn cleaned(&self, end: ModelEnd) -> ModelEnd {
        match end {
            ModelEnd::Declined { text } => ModelEnd::Declined {
                text: self.wire.redact(text),
            },
            ModelEnd::Complete | ModelEnd::Paused | ModelEnd::Length | ModelEnd::Failed { .. } => {
                end
            }
        }
    }
}

impl Reading {
    /// True when the content type says that these are no events.
    fn is_no_stream(&self) -> bool {
        header_text(self.response.headers(), "content-type")
            .is_some_and(|kind| !kind.trim_start().starts_with("text/event-stream"))
    }

    async fn into_trouble(mut self) -> Trouble {
        let mut body = Vec::new();
        let mut cut = None;
        while body.len() < ERROR_BODY_BYTES {
            match self.response.chunk().await {
                Ok(Some(bytes)) => body.extend_from_slice(&bytes),
                Ok(None) => break,
                Err(error) => {
                    cut = Some(error);
                    break;
                }
            }
        }
        let status = self.response.status();
        if !status.is_success() {
            return Trouble::of_reply(status, self.response.headers(), &body);
        }
        if let Some(error) = cut {
            return Trouble::of_transport(error);
        }
        let kind = header_text(self.response.headers(), "content-type").unwrap_or_default();
        let start = quote(&String::from_utf8_lossy(&body));
        if kind.contains("json") && body.starts_with(br#"{"type":"error""#) {
            return Trouble {
                status: Some(status.as_u16()),
                ..Trouble::of_event(&body)
            };
        }
        let text = format!(
            "the provider answered with `{}` instead of events: {start}",
            quote(&kind)
        );
        Trouble {
            status: Some(status.as_u16()),
            ..Trouble::new(Failure::Garbage, text)
        }
    }

    fn ended_early(&self) -> Trouble {
        if self.events > 0 {
            return Trouble::new(Failure::Cut, "the reply was cut before its end");
        }
        let text = if self.sse.is_mid_event() {
            "the provider answered with something that is no event"
        } else {
            "the provider answered with nothing"
        };
        let status = Some(self.response.status().as_u16());
        Trouble {
            status,
            ..Trouble::new(Failure::Garbage, text)
        }
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
        for (name, value) in &self.options.headers {
            let name = HeaderName::try_from(name.as_str());
            let name = name.map_err(|_| refused("a header's name holds unusable characters"))?;
            headers.insert(name, secret_header(value.expose())?);
        }
        Ok(headers)
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
}

fn secret_header(text: &str) -> Result<HeaderValue, Trouble> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| {
        Trouble::new(
            Failure::Credentials,
            "the key holds characters that no header can carry",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn refused(text: &str) -> Trouble {
    Trouble::new(Failure::Rejected, text)
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
