//! Google's error bodies and ends, sorted by what to do about them.

use crate::trouble::{Trouble, garbage, quote, retry_after};
use gimlet_ports::{Failure, ModelEnd};
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;
use std::time::Duration;

/// What ended a reply.
pub(super) fn finish(reason: &str) -> Result<ModelEnd, Trouble> {
    match reason {
        "MAX_TOKENS" => Ok(ModelEnd::Length),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Ok(ModelEnd::Declined {
            text: format!("the provider's filter stopped the reply (`{reason}`)"),
        }),
        // The model stumbled over its own form: asked again, it usually does not.
        "MALFORMED_FUNCTION_CALL"
        | "MALFORMED_RESPONSE"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE"
        | "NO_IMAGE"
        | "IMAGE_OTHER"
        | "OTHER" => Err(garbage(format!(
            "the provider broke off and says why in a word: `{reason}`"
        ))),
        _ => Ok(ModelEnd::Complete),
    }
}

/// A reply whose status says that there is no stream.
pub(crate) fn of_reply(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
    let code = status.as_u16();
    let (text, class) = match Told::read(body) {
        Some(told) => (
            format!(
                "the provider answered {code} ({}): {}",
                told.status,
                quote(&told.message)
            ),
            told.class(retry_after(headers)),
        ),
        None => (
            format!(
                "the provider answered {code}: {}",
                quote(&String::from_utf8_lossy(body))
            ),
            None,
        ),
    };
    let class = class.unwrap_or_else(|| of_status(code, retry_after(headers)));
    Trouble {
        status: Some(code),
        ..Trouble::new(class, text)
    }
}

/// An error in the middle of a stream.
pub(super) fn of_event(data: &[u8]) -> Trouble {
    let Some(told) = Told::read(data) else {
        return garbage("the provider sent an error that says nothing");
    };
    let text = format!(
        "the provider broke off ({}): {}",
        told.status,
        quote(&told.message)
    );
    let class = told
        .class(None)
        .or_else(|| Some(of_status(told.code, None)));
    Trouble::new(class.unwrap_or(Failure::Garbage), text)
}

struct Told {
    code: u16,
    status: String,
    message: String,
    wait: Option<Duration>,
}

impl Told {
    fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        // Without `alt=sse` the one error stands in a list.
        let error = body.get(0).unwrap_or(&body).get("error")?;
        let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
        let details = error.get("details").and_then(Value::as_array);
        let wait = details.into_iter().flatten().find_map(|detail| {
            let delay = detail.get("retryDelay")?.as_str()?;
            let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
            Duration::try_from_secs_f64(seconds).ok()
        });
        Some(Self {
            code: error
                .get("code")
                .and_then(Value::as_u64)
                .and_then(|code| u16::try_from(code).ok())
                .unwrap_or(0),
            status: text("status").to_owned(),
            message: text("message").to_owned(),
            wait,
        })
    }

    fn class(&self, asked: Option<Duration>) -> Option<Failure> {
        let said = self.message.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let busy = Failure::Busy {
            retry_after: self.wait.or(asked),
        };
        Some(match self.status.as_str() {
            _ if has(TOO_LONG) => Failure::TooLong,
            "INVALID_ARGUMENT" if has(KEYS) => Failure::Credentials,
            "INVALID_ARGUMENT" | "OUT_OF_RANGE" => Failure::Rejected,
            "FAILED_PRECONDITION" | "UNAUTHENTICATED" | "PERMISSION_DENIED" => Failure::Credentials,
            "NOT_FOUND" => Failure::NoModel,
            "RESOURCE_EXHAUSTED" | "UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" | "ABORTED" => {
                busy
            }
            "CANCELLED" => Failure::Cut,
            _ => return None,
        })
    }
}

const TOO_LONG: &[&str] = &[
    "exceeds the maximum number of tokens",
    "token count exceeds",
    "request payload size exceeds",
];
const KEYS: &[&str] = &["api key not valid", "api key expired", "api_key_invalid"];

fn of_status(code: u16, wait: Option<Duration>) -> Failure {
    match code {
        401..=403 | 407 => Failure::Credentials,
        404 => Failure::NoModel,
        408 | 499 => Failure::Cut,
        413 => Failure::TooLong,
        409 | 425 | 429 => Failure::Busy { retry_after: wait },
        code if code >= 500 => Failure::Busy { retry_after: wait },
        _ => Failure::Rejected,
    }
}
