//! Ids for calls: each must be new to its session, and some providers give none.

use gimlet_protocol::{Block, CallId, Message, SessionId};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

/// What of a request matters for its reply: new calls need ids that are new to it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) session: SessionId,
    pub(crate) messages: Vec<Arc<Message>>,
}

impl Asked {
    /// The provider's id where it is one and new to the session, else one made from all that
    /// tells this call from others: the reply's id and the call's place in it.
    pub(crate) fn new_id(
        &self,
        reply: &str,
        place: u32,
        told: &str,
        is_taken: impl Fn(&str) -> bool,
    ) -> CallId {
        let mut id = told.to_owned();
        let mut attempt = 0u32;
        while id.is_empty() || is_taken(&id) || self.knows(&id) {
            let Self { session, messages } = self;
            let place = (messages.len(), place, attempt);
            id = short_id(&format!("{session:?} {reply} {place:?} {told}"));
            attempt += 1;
        }
        CallId(id)
    }

    fn knows(&self, id: &str) -> bool {
        let mut blocks = self.messages.iter().flat_map(|m| &m.blocks);
        blocks.any(|block| matches!(block, Block::Call(call) if call.id.as_str() == id))
    }
}

/// Nine letters and digits that stand for a text: an id that every vendor takes. The same text
/// gives the same id in every run of a build.
pub(crate) fn short_id(text: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut rest = hasher.finish();
    let digits = std::iter::from_fn(|| {
        let digit = usize::try_from(rest % 36).ok()?;
        rest /= 36;
        Some(char::from(*DIGITS.get(digit)?))
    });
    digits.take(9).collect()
}
