//! A failed request: its class by recovery, and a text without secrets.

use gimlet_ports::{Failure, ModelEnd};
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::HeaderMap;
use std::{error::Error, time::Duration};

/// Characters that an error's text has at most.
const TEXT_CHARS: usize = 800;

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) class: Failure,
    pub(crate) text: String,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
}

impl Trouble {
    pub(crate) fn new(class: Failure, text: impl Into<String>) -> Self {
        Self {
            class,
            text: text.into(),
            status: None,
            request_id: None,
        }
    }

    pub(crate) fn into_end(self) -> ModelEnd {
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
    pub(crate) fn of_transport(error: reqwest::Error) -> Self {
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
}

/// What came is no valid reply.
pub(crate) fn garbage(text: impl Into<String>) -> Trouble {
    Trouble::new(Failure::Garbage, text)
}

/// How long the provider asks to wait. A date is measured against the reply's own date, so
/// that a wrong clock here does no harm.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
pub(crate) fn quote(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The start of a text that may be a whole page.
pub(crate) fn shorten(text: String) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((at, _)) => text
            .get(..at)
            .map(|start| format!("{start}…"))
            .unwrap_or_default(),
        None => text,
    }
}
