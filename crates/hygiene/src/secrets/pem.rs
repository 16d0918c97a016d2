//! Private key blocks: between two lines of dashes, over many lines or in one text with escaped
//! line ends.

use super::{Finding, line::Found};
use memchr::memmem;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// What the words between the dashes have where the key is private.
const PRIVATE: &str = "PRIVATE KEY";
/// The longest words between the dashes.
const LONGEST_LABEL: usize = 48;
/// Bytes that a key block in one line may have.
const LONGEST_BLOCK: usize = 32 * 1024;

/// Whether a key block is still open after this line.
pub(super) fn stays_open(is_open: bool, line: &str) -> bool {
    let begin = line.rfind(BEGIN).filter(|at| label(line, *at).is_some());
    let end = line.rfind(END);
    match (begin, end) {
        (Some(begin), end) => end.is_none_or(|end| end < begin),
        (None, Some(_)) => false,
        (None, None) => is_open && is_key_line(line),
    }
}

/// Every private key block of a text.
pub(super) fn scan(text: &str, found: &mut Vec<Found>) {
    let mut from = 0;
    while let Some(at) = text
        .get(from..)
        .and_then(|rest| memmem::find(rest.as_bytes(), BEGIN.as_bytes()))
    {
        let start = from + at;
        let Some(body) = label(text, start) else {
            from = start + BEGIN.len();
            continue;
        };
        let most = text.floor_char_boundary(text.len().min(body + LONGEST_BLOCK));
        let rest = text.get(body..most).unwrap_or_default();
        let end = match rest.find(END) {
            Some(end) => {
                let after = rest.get(end + END.len()..).unwrap_or_default();
                let close = after.find(DASHES).map_or(0, |close| close + DASHES.len());
                body + end + END.len() + close
            }
            None => body + unended(rest),
        };
        // Documents that only name the line have no key behind it.
        let inside = text.get(body..end).unwrap_or_default();
        let inside = inside.split(END).next().unwrap_or_default();
        let has_key = inside
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
            .any(|run| run.len() >= 16);
        if has_key {
            found.push(Found {
                finding: Finding {
                    kind: "private key",
                    span: start..end,
                },
                context: start,
            });
        }
        from = end.max(start + BEGIN.len());
    }
}

/// Where the body begins behind the opening line of a private key.
fn label(text: &str, begin: usize) -> Option<usize> {
    let at = begin + BEGIN.len();
    let rest = text.get(at..)?;
    let length = rest.find(DASHES)?;
    if length > LONGEST_LABEL || !rest.get(..length)?.contains(PRIVATE) {
        return None;
    }
    Some(at + length + DASHES.len())
}

/// The length of what looks like a key though it never ends.
fn unended(rest: &str) -> usize {
    let mut length = 0;
    for line in rest.split_inclusive('\n') {
        if length > 0 && !is_key_line(line) {
            break;
        }
        let key = line
            .find(|c: char| !(is_key_char(c) || matches!(c, '\\' | '\n' | '\r')))
            .unwrap_or(line.len());
        length += key;
        if key < line.len() {
            break;
        }
    }
    length
}

/// Whether a line can stand in a key block: its body, its headers, an empty line.
fn is_key_line(line: &str) -> bool {
    let line = line.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '|' | '#' | '*' | '+' | ',' | '\\')
    });
    let is_header = line.split_once(": ").is_some_and(|(name, _)| {
        name.len() < 32 && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
    });
    is_header || line.chars().all(is_key_char) || line.is_empty()
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | ' ' | '\t')
}
