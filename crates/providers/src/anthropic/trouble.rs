//! Anthropic's error bodies, sorted by what to do about them.

use crate::trouble::{Trouble, quote, retry_after};
use gimlet_ports::Failure;
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use std::time::Duration;

/// A reply whose status says that there is no stream.
pub(super) fn of_reply(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
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
    Trouble {
        class,
        text,
        status: Some(code),
        request_id,
    }
}

/// An `error` event in the middle of a stream, or an error body under a good status.
pub(super) fn of_event(data: &[u8]) -> Trouble {
    let Some(told) = ErrorBody::read(data) else {
        return Trouble::new(
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
            "authentication_error" | "permission_error" | "billing_error" => Failure::Credentials,
            "not_found_error" => Failure::NoModel,
            "request_too_large" => Failure::TooLong,
            "invalid_request_error" if is_about_money(message) => Failure::Credentials,
            "invalid_request_error" => Failure::Rejected,
            _ => Failure::Garbage,
        }
    };
    let text = format!("the provider broke off ({kind}): {}", quote(message));
    Trouble {
        class,
        text,
        status: None,
        request_id: told.request_id,
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
