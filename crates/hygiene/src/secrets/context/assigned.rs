//! `name = value` in all the ways that files, shells, addresses and programs write it.

use super::{Hit, push, rest_of_line};
use crate::secrets::{
    line::Found,
    value::{self, Nature, Writing},
};

/// The longest name that is read.
const LONGEST_NAME: usize = 64;
/// The longest value that is read.
const LONGEST_VALUE: usize = 1024;

/// What may follow the credential's word within a name that still is one's.
const SUFFIXES: &[&str] = &[
    "",
    "s",
    "_value",
    "_data",
    "_base64",
    "_b64",
    "_plain",
    "_live",
    "_prod",
    "_production",
    "_dev",
    "_test",
    "_staging",
    "_old",
    "_new",
    "_current",
    "_1",
    "_2",
    "_3",
    "1",
    "2",
    "3",
    "value",
    "_raw",
    "_primary",
    "_secondary",
];

/// Names that end like a credential's and are none.
const PUBLIC: &[&str] = &[
    "next",
    "page",
    "continuation",
    "cursor",
    "max",
    "num",
    "sync",
    "csrf",
    "xsrf",
    "count",
    "public",
    "publishable",
    "foreign",
    "cancel",
    "cancellation",
    "stop",
    "eos",
    "bos",
    "pad",
    "unk",
    "sep",
    "mask",
    "idempotency",
    "client_request",
    "site",
];

/// A name that ends with the word of a credential, and what it is assigned.
pub(super) fn named(text: &str, hit: Hit, nature: Nature, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let left = bytes
        .get(hit.start.saturating_sub(LONGEST_NAME)..hit.start)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|byte| is_name(**byte))
        .count();
    let start = hit.start - left;
    let right = bytes
        .get(hit.end..)
        .unwrap_or_default()
        .iter()
        .take(LONGEST_NAME)
        .take_while(|byte| is_name(**byte))
        .count();
    let end = hit.end + right;
    let suffix = text.get(hit.end..end).unwrap_or_default();
    let suffix = suffix.to_ascii_lowercase().replace('-', "_");
    if !SUFFIXES.contains(&suffix.as_str()) {
        return;
    }
    let before = text.get(start..hit.start).unwrap_or_default();
    let lower = before.to_ascii_lowercase();
    let stem = lower.trim_end_matches(['_', '-', '.']);
    if PUBLIC.iter().any(|word| stem.ends_with(word)) {
        return;
    }
    let name = text.get(start..end).unwrap_or_default();
    let Some(given) = given(text, start, end) else {
        return;
    };
    let is_loud = name.bytes().all(|byte| !byte.is_ascii_lowercase());
    let writing = if is_loud && given.is_tight {
        Writing::Environment
    } else {
        given.writing
    };
    let value = text.get(given.start..given.end).unwrap_or_default();
    // Several words are a sentence, not a value.
    if given.writing == Writing::Bare && !given.is_whole && writing != Writing::Environment {
        let is_sure = value::is_secret(value, writing, Nature::Token);
        if !is_sure || value.len() < 12 {
            return;
        }
    }
    if is_certificate(name) && !value.contains("UFJJVkFUR") {
        return;
    }
    if value::is_secret(value, writing, nature) {
        let kind = match nature {
            Nature::Password => "password",
            Nature::Token => "credential",
        };
        push(kind, start, given.start..given.end, found);
    }
}

/// `"auth": "…"` of container registries and `_auth=…` of package registries.
pub(super) fn auth(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let before = hit.start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(hit.end);
    let is_quoted = before == Some(&b'"') && matches!(after, Some(b'"' | b'\\'));
    let is_own = before == Some(&b'_') && after == Some(&b'=');
    if !is_quoted && !is_own {
        return;
    }
    let Some(given) = given(text, hit.start, hit.end) else {
        return;
    };
    let value = text.get(given.start..given.end).unwrap_or_default();
    let is_base64 = value.len() >= 12
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    if is_base64 && !value::is_words(value) && !value::is_stub(value) {
        push("registry login", hit.start, given.start..given.end, found);
    }
}

/// A value in the text.
struct Given {
    start: usize,
    end: usize,
    writing: Writing,
    /// Nothing stands between the name, the sign and the value.
    is_tight: bool,
    /// Nothing but punctuation follows on the line.
    is_whole: bool,
}

/// The value that a name is given.
fn given(text: &str, name_start: usize, name_end: usize) -> Option<Given> {
    let line = rest_of_line(text, name_end, LONGEST_VALUE);
    let mut rest = line;
    let is_flag = text
        .get(..name_start)
        .is_some_and(|before| before.ends_with('-') || before.ends_with("--"))
        || text
            .get(name_start..name_end)
            .is_some_and(|name| name.starts_with("--"));
    // The quote that ends the name, the bracket that ends an index.
    let closed = rest.trim_start_matches(['\\', '"', '\'', '`', ']', ')']);
    let is_closed = closed.len() < rest.len();
    rest = closed;
    let spaced = rest.trim_start_matches([' ', '\t']);
    let is_spaced = spaced.len() < rest.len();
    let sign = ["=>", ":=", "?=", "=", ":", ">"]
        .into_iter()
        .find(|sign| spaced.starts_with(sign));
    let after = match sign {
        // A comparison gives nothing.
        Some("=") if spaced.starts_with("==") => return None,
        Some(">") => {
            let is_element = text.get(..name_start)?.ends_with('<');
            is_element.then(|| spaced.get(1..)).flatten()?
        }
        Some(":") if spaced.starts_with("::") => return None,
        Some(sign) => spaced.get(sign.len()..)?,
        None if is_spaced && !is_closed && (is_flag || is_netrc(text, name_start)) => spaced,
        None => return None,
    };
    let value = after.trim_start_matches([' ', '\t']);
    let is_tight = !is_spaced && !is_closed && value.len() == after.len();
    let quote = ["\\\"", "\"", "'", "`"]
        .into_iter()
        .find(|quote| value.starts_with(quote));
    let (body, end, writing) = if let Some(quote) = quote {
        let body = value.get(quote.len()..)?;
        let end = quoted_end(body, quote)?;
        (body, end, Writing::Quoted)
    } else {
        let end = value.find(is_end).unwrap_or(value.len());
        let kept = value.get(..end)?.trim_end_matches(['.', ':', '!', '?']);
        (value, kept.len(), Writing::Bare)
    };
    let offset = name_end + (line.len() - body.len());
    let after = body.get(end..).unwrap_or_default();
    let is_whole = sign == Some("=") && is_tight
        || is_flag
        || after.trim_start_matches(is_closing).is_empty()
        || after.trim_start().starts_with(['#', '&', '<'])
        || after.trim_start().starts_with("//");
    Some(Given {
        start: offset,
        end: offset + end,
        writing,
        is_tight: is_tight && sign == Some("="),
        is_whole,
    })
}

/// Where a quoted value ends. Without its end it is taken to be one only if it is all that follows.
fn quoted_end(body: &str, quote: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        if body.as_bytes().get(at..)?.starts_with(quote.as_bytes()) && !is_escaped {
            return Some(at);
        }
        is_escaped = byte == b'\\' && !is_escaped && quote.len() == 1;
    }
    body.is_empty().then_some(0)
}

/// What ends a value without quotes.
fn is_end(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | ';' | '&' | '\\' | '"' | '\'' | '`' | '<' | ')' | '}' | ']'
        )
}

fn is_closing(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | ';' | '"' | '\'' | '`' | ')' | '}' | ']' | '\\' | '.'
        )
}

/// `machine host login name password value`.
fn is_netrc(text: &str, name_start: usize) -> bool {
    let before = text.get(..name_start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim_start().starts_with("login ")
        || line.contains(" login ")
        || line.contains("machine ")
        || (line.trim().is_empty() && before.contains("machine "))
}

/// Kubernetes keeps certificates and keys under like names.
fn is_certificate(name: &str) -> bool {
    name.ends_with("-data") && !name.contains("key")
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
