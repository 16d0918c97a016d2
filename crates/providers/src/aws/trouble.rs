//! Amazon's error bodies and exceptions, sorted by what to do about them.

use crate::trouble::{Trouble, garbage, quote, retry_after};
use gimlet_ports::Failure;
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use std::time::Duration;

#[derive(Default, Deserialize)]
struct Told {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(alias = "Message", alias = "originalMessage", default)]
    message: String,
}

/// A reply whose status says that there is no stream.
pub(crate) fn of_reply(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
    let code = status.as_u16();
    let named = headers
        .get("x-amzn-errortype")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let told: Option<Told> = serde_json::from_slice(body).ok();
    let kind = if named.is_empty() {
        told.as_ref().map_or("", |told| told.kind.as_str())
    } else {
        named
    };
    // `ThrottlingException:http://…` and `com.amazon#ThrottlingException` are the same name.
    let kind = kind.split(':').next().unwrap_or_default();
    let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
    let message = told
        .map(|told| told.message)
        .filter(|text| !text.is_empty());
    let said = message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let wait = retry_after(headers);
    let class = class(&kind, &said, wait).unwrap_or_else(|| of_status(code, wait));
    let name = if kind.is_empty() {
        String::new()
    } else {
        format!(" ({kind})")
    };
    Trouble {
        status: Some(code),
        ..Trouble::new(
            class,
            format!("the provider answered {code}{name}: {}", quote(&said)),
        )
    }
}

/// An exception in the middle of a stream.
pub(crate) fn of_exception(name: &str, text: &str, payload: &[u8]) -> Trouble {
    let told: Told = serde_json::from_slice(payload).unwrap_or_default();
    let said = if told.message.is_empty() {
        text.to_owned()
    } else {
        told.message
    };
    let text = format!("the provider broke off ({name}): {}", quote(&said));
    match class(name, &said, None) {
        Some(class) => Trouble::new(class, text),
        None => garbage(text),
    }
}

fn class(kind: &str, message: &str, wait: Option<Duration>) -> Option<Failure> {
    let kind = kind.to_ascii_lowercase();
    let said = message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let busy = Failure::Busy { retry_after: wait };
    Some(match kind.trim_end_matches("exception") {
        "validation" | "" if has(TOO_LONG) => Failure::TooLong,
        "validation" if has(NO_MODEL) => Failure::NoModel,
        "validation" => Failure::Rejected,
        "throttling"
        | "servicequotaexceeded"
        | "toomanyrequests"
        | "serviceunavailable"
        | "internalserver"
        | "internalfailure"
        | "modelnotready"
        | "modeltimeout"
        | "modelerror" => busy,
        "modelstreamerror" => Failure::Cut,
        "accessdenied" if has(NO_ACCESS) => Failure::NoModel,
        "accessdenied"
        | "unrecognizedclient"
        | "expiredtoken"
        | "invalidsignature"
        | "incompletesignature"
        | "missingauthenticationtoken"
        | "optinrequired"
        | "invalidclienttokenid" => Failure::Credentials,
        "resourcenotfound" => Failure::NoModel,
        _ => return None,
    })
}

const TOO_LONG: &[&str] = &[
    "input is too long",
    "prompt is too long",
    "too many input tokens",
    "exceeds the maximum number of tokens",
    "exceed context limit",
    "maximum context length",
];
const NO_MODEL: &[&str] = &[
    "model identifier is invalid",
    "on-demand throughput",
    "model is not supported",
    "end of its life",
];
const NO_ACCESS: &[&str] = &["access to the model", "marked by provider as legacy"];

fn of_status(code: u16, wait: Option<Duration>) -> Failure {
    match code {
        401..=403 | 407 => Failure::Credentials,
        404 => Failure::NoModel,
        408 => Failure::Cut,
        409 | 424 | 425 | 429 => Failure::Busy { retry_after: wait },
        413 => Failure::TooLong,
        code if code >= 500 => Failure::Busy { retry_after: wait },
        _ => Failure::Rejected,
    }
}
