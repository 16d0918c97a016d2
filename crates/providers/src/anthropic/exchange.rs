//! One request on the wire and the reading of its reply.

use super::{
    Wire,
    reply::{Heard, Reply},
    trouble::{Trouble, quote, shorten},
};
use crate::sse::{Overlong, SseDecoder};
use gimlet_ports::{Failure, ModelEnd, ModelItem, Stop};
use reqwest::{Response, header::HeaderMap};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Bytes of an error's body that are read.
const ERROR_BODY_BYTES: usize = 64 << 10;
/// How long the end of the body is awaited after the last event. Reading to the end keeps the
/// connection for the next request; nothing of the reply is missing any more.
const DRAIN: Duration = Duration::from_millis(100);

/// Where a stream stands.
pub(super) enum Next {
    Send { body: Vec<u8>, betas: String },
    Read(Box<Reading>),
    Fail(Trouble),
    Nothing,
}

pub(super) struct Reading {
    response: Response,
    sse: SseDecoder,
    reply: Reply,
    /// Events heard so far.
    events: u64,
}

/// One request and its reply.
pub(super) struct Exchange {
    pub(super) wire: Arc<Wire>,
    pub(super) stop: Stop,
    pub(super) items: VecDeque<ModelItem>,
}

impl Exchange {
    pub(super) async fn step(&mut self, next: Next) -> Next {
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
        let too_long = |error: Overlong| Trouble::new(Failure::Garbage, error.to_string());
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

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
