//! Small texts that several dialects write the same way.

use base64::Engine as _;
use gimlet_protocol::Block;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Said of a result that holds nothing, since an empty one is refused by some.
pub(crate) const NO_OUTPUT: &str = "(no output)";

/// The text of a document that is text.
pub(crate) fn document_text(media_type: &str, data: &str) -> Option<String> {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind,
            "application/json" | "application/xml" | "application/yaml" | "application/toml"
        );
    let bytes = is_text.then(|| base64::prelude::BASE64_STANDARD.decode(data).ok())?;
    String::from_utf8(bytes?).ok()
}

/// A file as an address.
pub(crate) fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// A document's text with its name around it.
pub(crate) fn titled(name: &str, text: &str) -> String {
    format!("[the document \"{name}\"]\n{text}\n[end of \"{name}\"]")
}

/// Providers take letters, digits, `_` and `-` in names; others are a model's slip.
pub(crate) fn tool_name(name: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() {
        Cow::Borrowed("_")
    } else if name.chars().all(fits) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(
            name.chars()
                .map(|c| if fits(c) { c } else { '_' })
                .collect(),
        )
    }
}

/// A call's input from its text, and why it is none: then what was written is kept in an
/// object, so that the call can be replayed.
pub(crate) fn read_input(text: &str) -> (Value, Option<String>) {
    let text = if text.trim().is_empty() { "{}" } else { text };
    let why = match serde_json::from_str(text) {
        Ok(Value::Object(input)) => return (Value::Object(input), None),
        Ok(_) => "the input is no JSON object".to_owned(),
        Err(error) => format!("the input is no valid JSON: {error}"),
    };
    (json!({"INVALID_JSON": text}), Some(why))
}

/// The texts of a result in one, and a word on a failure where the dialect has no mark for it.
pub(crate) fn result_text(content: &[Block], ok: bool) -> String {
    let texts: Vec<Cow<'_, str>> = content
        .iter()
        .filter_map(|block| match block {
            Block::Text { text, .. } if !text.trim().is_empty() => {
                Some(Cow::Borrowed(text.as_str()))
            }
            Block::Document {
                media_type,
                data,
                title,
            } => {
                let text = document_text(media_type, data)?;
                Some(titled(title.as_deref().unwrap_or("document"), &text).into())
            }
            Block::Text { .. }
            | Block::Thought { .. }
            | Block::Call(_)
            | Block::Result { .. }
            | Block::Image { .. }
            | Block::Kept { .. } => None,
        })
        .collect();
    let text = if texts.is_empty() {
        NO_OUTPUT.to_owned()
    } else {
        texts.join("\n\n")
    };
    failure_marked(text, ok)
}

/// The text, which says of a failure that it is one.
pub(crate) fn failure_marked(text: String, ok: bool) -> String {
    let start = text.trim_start().get(..5).unwrap_or_default();
    if ok || start.eq_ignore_ascii_case("error") {
        text
    } else {
        format!("Error: {text}")
    }
}
