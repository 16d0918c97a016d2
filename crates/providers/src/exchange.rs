//! One request on the wire and the reading of its reply, the same for every dialect that
//! streams events.

use crate::{
    aws::message::{Message, MessageDecoder},
    door::{Door, Freshness},
    http::LazyClient,
    secret::Secret,
    sse::{Overlong, Sign, SseDecoder},
    trouble::{Trouble, garbage, quote, shorten},
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use gimlet_hygiene::secrets;
use gimlet_ports::{Failure, ModelEnd, ModelItem, ModelStream, Stop, WireBytes};
use reqwest::{
    Client, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Bytes of a body without events that are read where it is an error.
const ERROR_BODY_BYTES: usize = 64 << 10;
/// Bytes of a body without events that are read where it may be a whole reply.
const REPLY_BODY_BYTES: usize = 16 << 20;
/// How long the end of the body is awaited after the last event. Reading to the end keeps the
/// connection for the next request; nothing of the reply is missing any more.
const DRAIN: Duration = Duration::from_millis(100);
/// How long a reply that has said how it ended may keep its counts back.
const CLOSING: Duration = Duration::from_secs(3);

/// How a body without server-sent events is framed by Amazon.
const MESSAGE_STREAM: &str = "application/vnd.amazon.eventstream";

/// How requests of a dialect are let in, and what is known of its failures.
pub(crate) trait Dialect: Send + Sync + 'static {
    type Reply: Hear + Send + Sync + 'static;

    /// Headers that may hold the provider's id of a request, the best first.
    const REQUEST_ID_HEADERS: &[&str];

    fn client(&self) -> &LazyClient;
    /// What lets requests in, beside the headers that are always the same.
    fn door(&self) -> &Door {
        &Door::Open
    }
    /// Takes every key out of a text, in case a server said it back.
    fn redact(&self, text: String) -> String;
    /// A reply whose status says that there is no stream.
    fn refusal(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble;
}

/// Reads one reply.
pub(crate) trait Hear {
    fn set_request_id(&mut self, id: Option<String>);
    /// Takes one event in.
    fn hear(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<Heard, Trouble>;
    /// Takes one message of Amazon's framing in.
    fn hear_message(
        &mut self,
        _message: &Message<'_>,
        _items: &mut VecDeque<ModelItem>,
    ) -> Result<Heard, Trouble> {
        Err(garbage(
            "the provider answered in a framing that it was not asked for",
        ))
    }
    /// The body is over and no event said so; `None` where that is too early.
    fn ended(&mut self, items: &mut VecDeque<ModelItem>) -> Option<ModelEnd>;
    /// True when the reply has said how it ended, and only counts may follow.
    fn is_closing(&self) -> bool {
        false
    }
    /// A whole body under a good status that is no stream of events.
    fn unstreamed(
        &mut self,
        kind: &str,
        body: &[u8],
        items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble>;
}

/// What a decoded event means for the stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// More will come.
    More,
    /// The reply is over.
    Over(ModelEnd),
}

/// A request that is ready to go.
pub(crate) struct Sending<R> {
    pub(crate) url: String,
    pub(crate) body: Bytes,
    /// Told before the body goes out; `None` once it is.
    pub(crate) counted: Option<WireBytes>,
    pub(crate) headers: HeaderMap,
    pub(crate) reply: R,
}

/// Sends and reads. A request that could not be made ready fails as the stream's end.
pub(crate) fn exchange<D: Dialect>(
    dialect: Arc<D>,
    sending: Result<Sending<D::Reply>, Trouble>,
    stop: Stop,
) -> ModelStream {
    let exchange = Exchange {
        dialect,
        stop,
        items: VecDeque::new(),
    };
    let next = match sending {
        Ok(sending) => Next::Send(sending),
        Err(trouble) => Next::Fail(trouble),
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

/// A body that should have been events.
pub(crate) fn no_events(kind: &str, body: &[u8]) -> Trouble {
    let start = quote(&String::from_utf8_lossy(body));
    garbage(format!(
        "the provider answered with `{}` instead of events: {start}",
        quote(kind)
    ))
}

/// A header's value that is kept out of logs.
pub(crate) fn secret_header(text: &str) -> Result<HeaderValue, Trouble> {
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

/// Adds the caller's own headers, such as a gateway's. Their values are kept out of logs.
pub(crate) fn add_headers(
    headers: &mut HeaderMap,
    own: &[(String, Secret)],
) -> Result<(), Trouble> {
    for (name, value) in own {
        let name = HeaderName::try_from(name.as_str());
        let name = name.map_err(|_| refused("a header's name holds unusable characters"))?;
        headers.insert(name, secret_header(value.expose())?);
    }
    Ok(())
}

/// A request that cannot be sent as it is.
pub(crate) fn refused(text: &str) -> Trouble {
    Trouble::new(Failure::Rejected, text)
}

/// Where a stream stands.
enum Next<R> {
    Send(Sending<R>),
    Read(Box<Reading<R>>),
    Fail(Trouble),
    Nothing,
}

struct Reading<R> {
    response: Response,
    request_id: Option<String>,
    frames: Frames,
    reply: R,
    /// Events heard so far.
    events: u64,
}

/// How a body is taken apart.
enum Frames {
    Events(SseDecoder),
    Messages(MessageDecoder),
}

/// One request and its reply.
struct Exchange<D> {
    dialect: Arc<D>,
    stop: Stop,
    items: VecDeque<ModelItem>,
}

impl<D: Dialect> Exchange<D> {
    async fn step(&mut self, next: Next<D::Reply>) -> Next<D::Reply> {
        let stop = self.stop.clone();
        let outcome = tokio::select! {
            biased;
            () = stop.cancelled() => return Next::Nothing,
            outcome = self.advance(next) => outcome,
        };
        outcome.unwrap_or_else(|trouble| {
            // First the keys, then the length: a cut key would not be found.
            let text = shorten(self.without_keys(trouble.text));
            self.items
                .push_back(ModelItem::End(Trouble { text, ..trouble }.into_end()));
            Next::Nothing
        })
    }

    async fn advance(&mut self, next: Next<D::Reply>) -> Result<Next<D::Reply>, Trouble> {
        match next {
            Next::Send(mut sending) => {
                if let Some(counted) = sending.counted.take() {
                    self.items.push_back(ModelItem::Sent(counted));
                    return Ok(Next::Send(sending));
                }
                self.send(sending).await
            }
            Next::Read(reading) => self.read(reading).await,
            Next::Fail(trouble) => Err(trouble),
            Next::Nothing => Ok(Next::Nothing),
        }
    }

    async fn send(&mut self, sending: Sending<D::Reply>) -> Result<Next<D::Reply>, Trouble> {
        let client = self.dialect.client().get(&sending.url);
        let client = client.map_err(|text| Trouble::new(Failure::Cut, text))?;
        let client = client.clone();
        let mut response = self.post(&client, &sending, Freshness::Kept).await?;
        if self.dialect.door().may_be_stale(response.status()) {
            response = self.post(&client, &sending, Freshness::New).await?;
        }
        let request_id = D::REQUEST_ID_HEADERS
            .iter()
            .find_map(|name| header_text(response.headers(), name));
        let mut reply = sending.reply;
        reply.set_request_id(request_id.clone());
        let frames = match header_text(response.headers(), "content-type") {
            Some(kind) if kind.starts_with(MESSAGE_STREAM) => {
                Frames::Messages(MessageDecoder::default())
            }
            Some(_) | None => Frames::Events(SseDecoder::new()),
        };
        let mut reading = Reading {
            response,
            request_id,
            frames,
            reply,
            events: 0,
        };
        if reading.response.status().is_success() && !reading.is_no_stream() {
            return Ok(Next::Read(Box::new(reading)));
        }
        let ended = self.take_whole(&mut reading).await;
        let end = ended.map_err(|trouble| reading.named(trouble))?;
        self.over(end);
        Ok(Next::Nothing)
    }

    async fn post(
        &mut self,
        client: &Client,
        sending: &Sending<D::Reply>,
        freshness: Freshness,
    ) -> Result<Response, Trouble> {
        let door = self.dialect.door();
        let mut headers = sending.headers.clone();
        let opened = door.open(&sending.url, &mut headers, &sending.body, freshness);
        if let Err(trouble) = opened.await {
            self.items.push_back(ModelItem::Sent(WireBytes::default()));
            return Err(trouble);
        }
        let body = sending.body.clone();
        let request = client.post(&sending.url).headers(headers).body(body);
        request.send().await.map_err(|error| {
            if error.is_connect() {
                self.items.push_back(ModelItem::Sent(WireBytes::default()));
            }
            Trouble::of_transport(error)
        })
    }

    async fn read(
        &mut self,
        mut reading: Box<Reading<D::Reply>>,
    ) -> Result<Next<D::Reply>, Trouble> {
        let heard = self.hear(&mut reading).await;
        match heard.map_err(|trouble| reading.named(trouble))? {
            Heard::More => Ok(Next::Read(reading)),
            Heard::Over(end) => {
                let rest = async { while let Ok(Some(_)) = reading.response.chunk().await {} };
                // Too late is no trouble: the connection is closed, and the reply is whole.
                drop(tokio::time::timeout(DRAIN, rest).await);
                self.over(end);
                Ok(Next::Nothing)
            }
        }
    }

    async fn hear(&mut self, reading: &mut Reading<D::Reply>) -> Result<Heard, Trouble> {
        let chunk = if reading.reply.is_closing() {
            match tokio::time::timeout(CLOSING, reading.response.chunk()).await {
                Ok(chunk) => chunk,
                Err(_) => Ok(None),
            }
        } else {
            reading.response.chunk().await
        };
        let bytes = match chunk {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                let end = reading.reply.ended(&mut self.items);
                return end.map(Heard::Over).ok_or_else(|| reading.ended_early());
            }
            Err(error) => {
                let end = reading.reply.ended(&mut self.items);
                return end
                    .map(Heard::Over)
                    .ok_or_else(|| Trouble::of_transport(error));
            }
        };
        let Reading {
            frames,
            reply,
            events,
            ..
        } = reading;
        match frames {
            Frames::Events(sse) => {
                let too_long = |error: Overlong| garbage(error.to_string());
                sse.push(&bytes).map_err(too_long)?;
                while let Some(sign) = sse.next_sign() {
                    let heard = match sign {
                        Sign::Data(data) => {
                            *events += 1;
                            reply.hear(data, &mut self.items)?
                        }
                        Sign::Comment => {
                            self.items.push_back(ModelItem::Heartbeat);
                            Heard::More
                        }
                    };
                    if heard != Heard::More {
                        return Ok(heard);
                    }
                }
            }
            Frames::Messages(messages) => {
                messages.push(&bytes);
                while let Some(message) = messages.next_message()? {
                    *events += 1;
                    let heard = reply.hear_message(&message, &mut self.items)?;
                    if heard != Heard::More {
                        return Ok(heard);
                    }
                }
            }
        }
        Ok(Heard::More)
    }

    /// Reads a reply that is an error, or no stream of events.
    async fn take_whole(&mut self, reading: &mut Reading<D::Reply>) -> Result<ModelEnd, Trouble> {
        let status = reading.response.status();
        let most = if status.is_success() {
            REPLY_BODY_BYTES
        } else {
            ERROR_BODY_BYTES
        };
        let mut body = Vec::new();
        let mut cut = None;
        while body.len() < most {
            match reading.response.chunk().await {
                Ok(Some(bytes)) => body.extend_from_slice(&bytes),
                Ok(None) => break,
                Err(error) => {
                    cut = Some(error);
                    break;
                }
            }
        }
        if !status.is_success() {
            return Err(self
                .dialect
                .refusal(status, reading.response.headers(), &body));
        }
        if let Some(error) = cut {
            return Err(Trouble::of_transport(error));
        }
        let kind = header_text(reading.response.headers(), "content-type").unwrap_or_default();
        let ended = reading.reply.unstreamed(&kind, &body, &mut self.items);
        ended.map_err(|trouble| Trouble {
            status: trouble.status.or(Some(status.as_u16())),
            ..trouble
        })
    }

    /// What a server says, without the keys that let requests in, and without any other that it
    /// repeats from a request or from its own settings.
    fn without_keys(&self, text: String) -> String {
        let text = self.dialect.door().redact(self.dialect.redact(text));
        secrets::redact(&text).into_owned()
    }

    fn over(&mut self, end: ModelEnd) {
        let end = match end {
            ModelEnd::Declined { text } => ModelEnd::Declined {
                text: self.without_keys(text),
            },
            ModelEnd::Complete | ModelEnd::Paused | ModelEnd::Length | ModelEnd::Failed { .. } => {
                end
            }
        };
        self.items.push_back(ModelItem::End(end));
    }
}

impl<R> Reading<R> {
    /// True when the content type says that these are no events.
    fn is_no_stream(&self) -> bool {
        header_text(self.response.headers(), "content-type").is_some_and(|kind| {
            let kind = kind.trim_start();
            !kind.starts_with("text/event-stream") && !kind.starts_with(MESSAGE_STREAM)
        })
    }

    fn named(&self, trouble: Trouble) -> Trouble {
        Trouble {
            request_id: self.request_id.clone().or(trouble.request_id),
            ..trouble
        }
    }

    fn ended_early(&self) -> Trouble {
        if self.events > 0 {
            return Trouble::new(Failure::Cut, "the reply was cut before its end");
        }
        let is_mid = match &self.frames {
            Frames::Events(sse) => sse.is_mid_event(),
            Frames::Messages(messages) => messages.is_mid_message(),
        };
        let text = if is_mid {
            "the provider answered with something that is no event"
        } else {
            "the provider answered with nothing"
        };
        Trouble {
            status: Some(self.response.status().as_u16()),
            ..garbage(text)
        }
    }
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
