//! What the wire's events hold, read as far as it is needed.

use crate::trouble::{Trouble, garbage, quote};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(super) index: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) content_block: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) usage: Option<&'a RawValue>,
}

impl<'a> Event<'a> {
    pub(super) fn read(data: &'a [u8]) -> Result<Self, Trouble> {
        let start = || quote(&String::from_utf8_lossy(data));
        // A struct would be read from a list as well.
        if !data.trim_ascii_start().starts_with(b"{") {
            return Err(garbage(format!("an event is no JSON object: {}", start())));
        }
        serde_json::from_slice(data)
            .map_err(|error| garbage(format!("an event is no valid JSON ({error}): {}", start())))
    }

    pub(super) fn block_index(&self) -> Result<u64, Trouble> {
        let index = self
            .index
            .and_then(|raw| serde_json::from_str(raw.get()).ok());
        index.ok_or_else(|| garbage(format!("`{}` names no block", self.kind)))
    }
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) thinking: Option<String>,
    #[serde(default)]
    pub(super) partial_json: Option<String>,
    #[serde(default)]
    pub(super) signature: Option<String>,
    #[serde(default)]
    pub(super) citation: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Begun {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) usage: Option<Counts>,
}

#[derive(Deserialize)]
pub(super) struct Closing {
    #[serde(default)]
    pub(super) stop_reason: Option<String>,
    #[serde(default)]
    pub(super) stop_details: Option<Details>,
}

#[derive(Deserialize)]
pub(super) struct Details {
    #[serde(default)]
    pub(super) explanation: Option<String>,
}

/// The provider's counts; a later one replaces an earlier one, a missing one changes nothing.
#[derive(Deserialize)]
pub(super) struct Counts {
    #[serde(default)]
    pub(super) input_tokens: Option<u64>,
    #[serde(default)]
    pub(super) output_tokens: Option<u64>,
    #[serde(default)]
    pub(super) cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    pub(super) cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    pub(super) output_tokens_details: Option<OutputCounts>,
}

#[derive(Deserialize)]
pub(super) struct OutputCounts {
    #[serde(default)]
    pub(super) thinking_tokens: Option<u64>,
}

pub(super) fn inner<T: DeserializeOwned>(
    raw: Option<&RawValue>,
    event: &str,
    member: &str,
) -> Result<T, Trouble> {
    let raw = raw.ok_or_else(|| garbage(format!("`{event}` without `{member}`")))?;
    serde_json::from_str(raw.get()).map_err(|error| {
        garbage(format!(
            "`{member}` of `{event}` is not as expected: {error}"
        ))
    })
}
