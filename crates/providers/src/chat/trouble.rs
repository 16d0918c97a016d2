//! The errors of servers that speak Chat Completions, sorted by what to do about them.

mod wordings;

use crate::trouble::{Trouble, quote, retry_after};
use gimlet_ports::Failure;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;
use std::time::Duration;
use wordings::{CODES, FINISHES, KINDS, WORDINGS};

/// What ended a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    Complete,
    Length,
    Filtered,
    Failed(Failure),
}

/// What a `finish_reason` means; new words mean that the model has said all.
pub(super) fn finish(reason: &str) -> Finish {
    FINISHES
        .iter()
        .find(|(word, _)| *word == reason)
        .map_or(Finish::Complete, |(_, finish)| *finish)
}

/// A reply whose status says that there is no stream.
pub(crate) fn of_reply(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
    let code = status.as_u16();
    let told = Told::read(body);
    let text = match (&told, headers.get("location")) {
        (Some(told), _) => format!("the provider answered {code}{}", told.in_words()),
        (None, Some(to)) if status.is_redirection() => format!(
            "the provider answered {code} and points to {}",
            quote(&String::from_utf8_lossy(to.as_bytes()))
        ),
        (None, _) => format!(
            "the provider answered {code}: {}",
            quote(&String::from_utf8_lossy(body))
        ),
    };
    let told = told.unwrap_or_default();
    let class = told.class().unwrap_or_else(|| class_of_status(code, &told));
    let wait = retry_after(headers).or_else(|| wait_in_words(&told.message));
    Trouble {
        status: Some(code),
        ..Trouble::new(waiting(class, wait), text)
    }
}

/// An error in the middle of a stream, or an error's body under a good status.
pub(crate) fn of_event(data: &[u8]) -> Trouble {
    let Some(told) = Told::read(data) else {
        let text = "the provider sent an error that says nothing";
        return Trouble::new(Failure::Garbage, text);
    };
    let class = told.class().unwrap_or_else(|| match told.status() {
        Some(code) => class_of_status(code, &told),
        None => told.class_in(KINDS).unwrap_or(Failure::Garbage),
    });
    let text = format!("the provider broke off{}", told.in_words());
    Trouble::new(waiting(class, wait_in_words(&told.message)), text)
}

/// What an error's body says, whoever wrote it.
#[derive(Debug, Default)]
struct Told {
    kind: String,
    code: String,
    message: String,
    /// What the server behind a gateway said.
    raw: String,
}

impl Told {
    fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        // Some put the one error into a list.
        let body = body.get(0).unwrap_or(&body);
        let error = match body.get("error") {
            Some(error @ Value::Object(_)) => error,
            _ => body,
        };
        let message = [error.get("message"), body.get("error"), body.get("detail")]
            .into_iter()
            .flatten()
            .find_map(words)?;
        let text = |value: Option<&Value>| value.and_then(words).unwrap_or_default();
        Some(Self {
            kind: text(error.get("type")),
            code: text(error.get("code")),
            message,
            raw: text(error.pointer("/metadata/raw")),
        })
    }

    fn in_words(&self) -> String {
        let Self {
            kind,
            code,
            message,
            raw,
        } = self;
        let is_name = |name: &&String| !name.is_empty() && name.parse::<u16>().is_err();
        let name = [kind, code].into_iter().find(is_name);
        let name = name.map_or_else(String::new, |name| format!(" ({name})"));
        let raw = if raw.is_empty() {
            String::new()
        } else {
            format!(" – {}", quote(raw))
        };
        format!("{name}: {}{raw}", quote(message))
    }

    fn status(&self) -> Option<u16> {
        self.code.parse().ok().filter(|code| *code >= 400)
    }

    /// The class by what is said, which tells more than the status.
    fn class(&self) -> Option<Failure> {
        let said = format!("{} {}", self.message, self.raw).to_ascii_lowercase();
        let by_words = WORDINGS
            .iter()
            .find(|(words, _)| words.iter().all(|word| said.contains(word)));
        by_words
            .map(|(_, class)| *class)
            .or_else(|| self.class_in(CODES))
    }

    fn class_in(&self, names: &[(&str, Failure)]) -> Option<Failure> {
        let own = |name: &str| name == self.code || name == self.kind;
        let (_, class) = names.iter().find(|(name, _)| own(name))?;
        Some(*class)
    }
}

/// The text of a string, a number, or the complaints of a validator.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => {
            let complaints: Vec<String> = list
                .iter()
                .filter_map(|complaint| {
                    words(complaint.get("msg").or_else(|| complaint.get("message"))?)
                })
                .collect();
            (!complaints.is_empty()).then(|| complaints.join("; "))
        }
        Value::Object(_) => words(value.get("detail").or_else(|| value.get("message"))?),
        Value::Null | Value::Bool(_) => None,
    }
}

fn class_of_status(code: u16, told: &Told) -> Failure {
    let busy = Failure::Busy { retry_after: None };
    match code {
        401..=403 | 407 => Failure::Credentials,
        404 if told.message.to_ascii_lowercase().contains("model") => Failure::NoModel,
        408 => Failure::Cut,
        409 | 425 | 429 => busy,
        413 => Failure::TooLong,
        code if code >= 500 => busy,
        _ => Failure::Rejected,
    }
}

fn waiting(class: Failure, wait: Option<Duration>) -> Failure {
    match class {
        Failure::Busy { retry_after } => Failure::Busy {
            retry_after: wait.or(retry_after),
        },
        Failure::Cut
        | Failure::Garbage
        | Failure::TooLong
        | Failure::Credentials
        | Failure::NoModel
        | Failure::Rejected => class,
    }
}

/// The wait that a message names, as in "try again in 1m2.5s".
fn wait_in_words(message: &str) -> Option<Duration> {
    let (_, after) = message.split_once("try again in ")?;
    let mut seconds = 0.0;
    let mut rest = after;
    let mut found = false;
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let Ok(number) = number.trim_end_matches('.').parse::<f64>() else {
            break;
        };
        let unit: String = behind
            .trim_start()
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let factor = match &*unit {
            "ms" | "milliseconds" => 0.001,
            "s" | "second" | "seconds" => 1.0,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            _ => break,
        };
        seconds += number * factor;
        found = true;
        rest = behind.trim_start().get(unit.len()..).unwrap_or_default();
    }
    found
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}
