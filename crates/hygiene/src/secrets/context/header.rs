//! Headers of HTTP that carry credentials.

use super::{Hit, push, rest_of_line};
use crate::secrets::{line::Found, value};

/// The longest header that is read.
const LONGEST: usize = 8 * 1024;

/// `Authorization: scheme value`, also as a member of JSON or of code.
pub(super) fn authorization(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let line = rest_of_line(text, hit.end, LONGEST);
    let rest = line.trim_start_matches(['"', '\'', '\\', ']']).trim_start();
    let Some(rest) = rest.strip_prefix([':', '=', ',']) else {
        return;
    };
    let rest = rest.trim_start_matches(['>', ' ', '\t', '"', '\'', '\\', '(', '`']);
    // The scheme, if there is one, is a word of letters with a blank behind.
    let scheme = rest.find(' ').filter(|at| {
        let word = rest.get(..*at).unwrap_or_default();
        (2..=24).contains(at) && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
    });
    let body = match scheme {
        Some(at) => rest.get(at..).unwrap_or_default().trim_start(),
        None => rest,
    };
    let length = body.bytes().take_while(|byte| is_body(*byte)).count();
    let credential = body.get(..length).unwrap_or_default();
    let start = hit.end + (line.len() - body.len());
    let is_known = scheme.is_some_and(|at| {
        let word = rest.get(..at).unwrap_or_default().to_ascii_lowercase();
        [
            "bearer",
            "basic",
            "token",
            "apikey",
            "api-key",
            "key",
            "negotiate",
        ]
        .contains(&word.as_str())
    });
    let is_long = length >= if is_known { 8 } else { 16 };
    if is_long && !value::is_words(credential) && !value::is_stub(credential) {
        push(
            "authorization header",
            hit.start,
            start..start + length,
            found,
        );
    }
}

/// `Bearer value` without the header's name.
pub(super) fn bearer(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let rest = rest_of_line(text, hit.end, LONGEST);
    let length = rest.bytes().take_while(|byte| is_body(*byte)).count();
    let credential = rest.get(..length).unwrap_or_default();
    if length >= 20 && !value::is_words(credential) && !value::is_stub(credential) {
        push("bearer token", hit.start, hit.end..hit.end + length, found);
    }
}

/// `Cookie:` and `Set-Cookie:`, each value that is no plain word.
pub(super) fn cookie(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let line = rest_of_line(text, hit.end, LONGEST);
    let mut at = hit.end;
    for (place, pair) in line.split_inclusive(';').enumerate() {
        let start = at;
        at += pair.len();
        let Some((name, content)) = pair.split_once('=') else {
            continue;
        };
        let length = content.bytes().take_while(|byte| is_body(*byte)).count();
        let content = content.get(..length).unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let is_known = ["sess", "sid", "auth", "token", "jwt", "secret", "key"]
            .iter()
            .any(|word| lower.contains(word));
        // Attributes such as `Max-Age` come behind the first pair.
        let is_value = place == 0 || !lower.trim().contains(['-']);
        let least = if is_known { 8 } else { 20 };
        if is_value && length >= least && !value::is_words(content) && !value::is_stub(content) {
            let from = start + name.len() + 1;
            push("cookie", hit.start, from..from + length, found);
        }
    }
}

fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-' | b':' | b'%'
        )
}
