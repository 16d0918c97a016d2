//! What differs between machines and days, and the names that stand for it on a tape.

use gimlet_hygiene::secrets;
use serde_json::Value;
use std::path::Path;

/// Stands for a date.
const DATE: &str = "{{DATE}}";
/// The length of `2026-11-26`.
const DATE_BYTES: usize = 10;

/// Texts with the names that stand for them, the longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pairs: Vec<(String, &'static str)>,
}

impl Places {
    /// Lets a name stand for a path. Paths of one component would be found everywhere.
    pub(super) fn path(&mut self, path: &Path, name: &'static str) {
        if path.components().count() > 2 || (path.is_absolute() && path.components().count() == 2) {
            self.text(&path.to_string_lossy(), name);
        }
    }

    /// Lets a name stand for a text.
    pub(super) fn text(&mut self, text: &str, name: &'static str) {
        if text.len() > 1 && !self.pairs.iter().any(|(known, _)| known == text) {
            self.pairs.push((text.to_owned(), name));
            self.pairs
                .sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
    }

    /// The names in place of what they stand for, dates and credentials taken out.
    pub(super) fn named(&self, value: &mut Value) {
        each_text(value, &|text| {
            let bare = secrets::redact(text);
            self.pairs
                .iter()
                .fold(without_dates(&bare), |text, (from, name)| {
                    if text.contains(from.as_str()) {
                        text.replace(from.as_str(), name)
                    } else {
                        text
                    }
                })
        });
    }

    /// The names in place of what they stand for, credentials taken out, dates left.
    pub(super) fn named_with_dates(&self, value: &mut Value) {
        each_text(value, &|text| {
            self.pairs
                .iter()
                .fold(secrets::redact(text).into_owned(), |text, (from, name)| {
                    text.replace(from.as_str(), name)
                })
        });
    }

    /// What the names stand for here. A name that stands for nothing stays.
    pub(super) fn resolved(&self, value: &mut Value) {
        each_text(value, &|text| {
            self.pairs
                .iter()
                .fold(text.to_owned(), |text, (to, name)| text.replace(name, to))
        });
    }
}

fn each_text(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(_, member)| each_text(member, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with each date as ISO 8601 writes it taken out.
fn without_dates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word_before = out.ends_with(|c: char| c.is_ascii_alphanumeric());
        match rest.get(..DATE_BYTES) {
            Some(date) if !is_word_before && is_date(date) => {
                out.push_str(DATE);
                rest = rest.get(DATE_BYTES..).unwrap_or_default();
            }
            _ => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

fn is_date(text: &str) -> bool {
    text.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        0 => byte == b'2',
        _ => byte.is_ascii_digit(),
    })
}
