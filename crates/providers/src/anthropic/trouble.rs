//! What can go wrong with a request, sorted by what to do about it.

use gimlet_ports::{Failure, ModelEnd};
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use std::{error::Error, time::Duration};

/// Characters that an error's text has at most.
const TEXT_CHARS: usize = 800;

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) class: Failure,
    pub(super) text: String,
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<String>,
}

impl Trouble {
    pub(super) fn new(class: Failure, text: impl Into<String>) -> Self {
        Self {
            class,
            text: text.into(),
            status: None,
            request_id: None,
        }
    }

    pub(super) fn into_end(self) -> ModelEnd {
        let Self {
            class,
            text,
            status,
            request_id,
        } = self;
        ModelEnd::Failed {
            class,
            text,
            status,
            request_id,
        }
    }

    /// A request that could not be sent, or a reply that broke off.
    pub(super) fn of_transport(error: reqwest::Error) -> Self {
        let class = if error.is_builder() {
            Failure::Rejected
        } else {
            Failure::Cut
        };
        let what = if error.is_builder() {
            "the address is not usable"
        } else if error.is_connect() {
            "cannot connect"
        } else if error.is_timeout() {
            "the connection timed out"
        } else {
            "the connection broke"
        };
        // The address may hold a password.
        let error = error.without_url();
        let mut text = what.to_owned();
        let mut cause = error.source();
        let mut last = String::new();
        while let Some(inner) = cause {
            let said = inner.to_string();
            if !last.contains(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            last = said;
            cause = inner.source();
        }
        Self::new(class, text)
    }

    /// A reply whose status says that there is no stream.
    pub(super) fn of_reply(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let told = ErrorBody::read(body);
        let retry_after = retry_after(headers);
        let (kind, message) = match &told {
            Some(told) => (told.error.kind.as_str(), told.error.message.as_str()),
            None => ("", ""),
        };
        let class = if told.is_some() && is_about_length(message) {
            Failure::TooLong
        } else {
            class_of_status(status, kind, message, retry_after)
        };
        let code = status.as_u16();
        let text = if told.is_some() {
            format!("the provider answered {code} ({kind}): {}", quote(message))
        } else {
            match status
                .is_redirection()
                .then(|| headers.get("location"))
                .flatten()
            {
                Some(to) => format!(
                    "the provider answered {code} and points to {}",
                    quote(&String::from_utf8_lossy(to.as_bytes()))
                ),
                None => format!(
                    "the provider answered {code}: {}",
                    quote(&String::from_utf8_lossy(body))
                ),
            }
        };
        let request_id = told.and_then(|told| told.request_id);
        Self {
            class,
            text,
            status: Some(code),
            request_id,
        }
    }

    /// An `error` event in the middle of a stream, or an error body under a good status.
    pub(super) fn of_event(data: &[u8]) -> Self {
        let Some(told) = ErrorBody::read(data) else {
            return Self::new(
                Failure::Garbage,
                "the provider sent an error that says nothing",
            );
        };
        let ErrorDetail { kind, message } = &told.error;
        let class = if is_about_length(message) {
            Failure::TooLong
        } else {
            match kind.as_str() {
                "overloaded_error" | "rate_limit_error" | "api_error" | "timeout_error" => {
                    Failure::Busy { retry_after: None }
                }
                "authentication_error" | "permission_error" | "billing_error" => {
                    Failure::Credentials
                }
                "not_found_error" => Failure::NoModel,
                "request_too_large" => Failure::TooLong,
                "invalid_request_error" if is_about_money(message) => Failure::Credentials,
                "invalid_request_error" => Failure::Rejected,
                _ => Failure::Garbage,
            }
        };
        let text = format!("the provider broke off ({kind}): {}", quote(message));
        Self {
            class,
            text,
            status: None,
            request_id: told.request_id,
        }
    }
}

/// How long the provider asks to wait. A date is measured against the reply's own date, so
/// that a wrong clock here does no harm.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |text: &str| {
        let seconds: f64 = text.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    if let Some(wait) = text("retry-after-ms").and_then(seconds) {
        return Some(wait / 1000);
    }
    let asked = text("retry-after")?;
    seconds(asked).or_else(|| {
        let parser = DateTimeParser::new();
        let until = parser.parse_timestamp(asked).ok()?;
        let now = parser.parse_timestamp(text("date")?).ok()?;
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    })
}

/// The text on one line.
pub(super) fn quote(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The start of a text that may be a whole page.
pub(super) fn shorten(text: String) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((at, _)) => text
            .get(..at)
            .map(|start| format!("{start}…"))
            .unwrap_or_default(),
        None => text,
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
    #[serde(default)]
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

impl ErrorBody {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

fn class_of_status(
    status: StatusCode,
    kind: &str,
    message: &str,
    retry_after: Option<Duration>,
) -> Failure {
    let busy = Failure::Busy { retry_after };
    match status.as_u16() {
        400 if kind == "billing_error" || is_about_money(message) => Failure::Credentials,
        401..=403 | 407 => Failure::Credentials,
        404 if kind == "not_found_error" => Failure::NoModel,
        408 => Failure::Cut,
        409 | 425 | 429 => busy,
        413 => Failure::TooLong,
        code if code >= 500 => busy,
        _ => Failure::Rejected,
    }
}

fn is_about_money(message: &str) -> bool {
    message.contains("credit balance is too low")
}

/// The provider has no type of its own for a request that is longer than the context.
fn is_about_length(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("prompt is too long")
        || message.contains("exceed context limit")
        || message.contains("exceeds the context")
        || message.contains("exceeds the maximum allowed number of bytes")
        || message.contains("too many total text bytes")
}
