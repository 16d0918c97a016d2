//! What a reply holds beyond the neutral form, kept so that it can go back as it came.

use super::DIALECT;
use crate::raw_object::RawObject;
use gimlet_protocol::{Opaque, Verbatim};
use serde::{Deserialize, Serialize};

/// The members that hold reasoning as text, the most telling first.
pub(super) const REASONING_MEMBERS: [&str; 4] = [
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
];

/// Kept of a piece of reasoning.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct KeptThought {
    /// The provider and model that said it; to others it means nothing.
    pub(super) from: String,
    /// The member in which its text came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<String>,
    /// `reasoning_details`, each as it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) details: Vec<RawObject>,
}

/// Kept of a call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct KeptCall {
    /// The provider and model that made it.
    pub(super) from: String,
    /// The input as the model wrote it, where that is not how it would be written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<String>,
    /// Members beside the known ones, such as signatures.
    #[serde(default)]
    pub(super) members: RawObject,
}

/// Puts `kept` away.
pub(super) fn keep(kept: &impl Serialize) -> Option<Opaque> {
    let data = Verbatim::of(kept).ok()?;
    let dialect = DIALECT.to_owned();
    Some(Opaque { dialect, data })
}

/// What was kept of a piece of reasoning, if this model said it.
pub(super) fn kept_thought(opaque: Option<&Opaque>, from: &str) -> Option<KeptThought> {
    let kept: KeptThought = own(opaque)?.data.read().ok()?;
    (kept.from == from).then_some(kept)
}

/// What was kept of a call, if this model made it.
pub(super) fn kept_call(opaque: Option<&Opaque>, from: &str) -> Option<KeptCall> {
    let kept: KeptCall = own(opaque)?.data.read().ok()?;
    (kept.from == from).then_some(kept)
}

fn own(opaque: Option<&Opaque>) -> Option<&Opaque> {
    opaque.filter(|opaque| opaque.dialect == DIALECT)
}
