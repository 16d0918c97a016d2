//! What a reply holds beyond the neutral form, and which stored replies can be gone on from.

use super::DIALECT;
use gimlet_protocol::{Opaque, Verbatim};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Stored replies that are remembered: the last ones of a few sessions.
const MOST_CHAINS: usize = 64;

/// An item of a reply as it came.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptItem {
    /// The provider and model that said it; to others it means nothing.
    pub(super) from: String,
    /// The reply that it was part of, where the provider stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<String>,
    /// The item, byte for byte.
    pub(super) item: Box<RawValue>,
}

/// Puts an item away.
pub(super) fn keep(from: &str, reply: Option<&str>, item: &RawValue) -> Option<Opaque> {
    let kept = KeptItem {
        from: from.to_owned(),
        reply: reply.map(str::to_owned),
        item: item.to_owned(),
    };
    Some(Opaque {
        dialect: DIALECT.to_owned(),
        data: Verbatim::of(&kept).ok()?,
    })
}

/// The item, if this model said it.
pub(super) fn kept_item(opaque: Option<&Opaque>, from: &str) -> Option<KeptItem> {
    let opaque = opaque.filter(|opaque| opaque.dialect == DIALECT)?;
    let kept: KeptItem = opaque.data.read().ok()?;
    (kept.from == from).then_some(kept)
}

/// Stored replies by id, each with a digest of everything that was said up to it. Where a
/// conversation was compacted or rewound, the digests differ and everything is said again.
#[derive(Debug, Default)]
pub(super) struct Chains(Mutex<VecDeque<(String, u64)>>);

impl Chains {
    pub(super) fn remember(&self, reply: String, digest: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_front((reply, digest));
        known.truncate(MOST_CHAINS);
    }

    /// True when the reply was given to exactly this.
    pub(super) fn holds(&self, reply: &str, digest: u64) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|(id, at)| id == reply && *at == digest)
    }

    pub(super) fn forget(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clear();
    }
}
