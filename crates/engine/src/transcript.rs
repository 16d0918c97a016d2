//! The conversation as the next request will carry it, built fact by fact.

use gimlet_protocol::{Block, Message, Role};
use std::sync::Arc;

/// Messages in order, roles alternating. What was added is never changed, only followed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Transcript {
    messages: Vec<Arc<Message>>,
    /// Estimated bytes of all messages, for the ledger and the window.
    bytes: u64,
}

impl Transcript {
    /// Adds what one side said. Follows the last message when it is of the same side.
    pub(crate) fn push(&mut self, role: Role, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        self.bytes += blocks.iter().map(block_bytes).sum::<u64>();
        match self.messages.last_mut() {
            Some(last) if last.role == role => Arc::make_mut(last).blocks.extend(blocks),
            _ => self.messages.push(Arc::new(Message { role, blocks })),
        }
    }

    /// Begins again with a summary and the last messages as they are.
    pub(crate) fn restart(&mut self, blocks: Vec<Block>, kept: usize) {
        let from = self.messages.len().saturating_sub(kept);
        let tail = self.messages.split_off(from);
        self.messages.clear();
        self.bytes = 0;
        self.push(Role::User, blocks);
        for message in tail {
            self.push(message.role, message.blocks.clone());
        }
    }

    /// Estimated bytes of some messages.
    pub(crate) fn bytes_of(messages: &[Arc<Message>]) -> u64 {
        messages
            .iter()
            .flat_map(|message| &message.blocks)
            .map(block_bytes)
            .sum()
    }

    /// The messages, shared.
    pub(crate) fn messages(&self) -> &[Arc<Message>] {
        &self.messages
    }

    /// Estimated bytes of all messages.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// True when the model has the next word.
    pub(crate) fn ends_with_user(&self) -> bool {
        self.messages
            .last()
            .is_some_and(|message| message.role == Role::User)
    }
}

/// An estimate of what a block weighs in a request.
pub(crate) fn block_bytes(block: &Block) -> u64 {
    let opaque_bytes = |opaque: &Option<gimlet_protocol::Opaque>| {
        opaque
            .as_ref()
            .map_or(0, |opaque| opaque.data.as_str().len())
    };
    let bytes = match block {
        Block::Text { text, opaque } | Block::Thought { text, opaque } => {
            text.len() + opaque_bytes(opaque)
        }
        Block::Call(call) => {
            call.tool.len() + value_bytes(&call.input) + opaque_bytes(&call.opaque)
        }
        Block::Result { content, .. } => {
            return content.iter().map(block_bytes).sum::<u64>() + RESULT_FRAME_BYTES;
        }
        Block::Image { data, .. } | Block::Document { data, .. } => data.len(),
        Block::Kept { opaque } => opaque.data.as_str().len(),
    };
    bytes as u64 + BLOCK_FRAME_BYTES
}

/// An estimate of a JSON value's length as text, without writing it.
fn value_bytes(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 5,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => {
            items
                .iter()
                .map(|item| value_bytes(item) + 1)
                .sum::<usize>()
                + 2
        }
        Value::Object(fields) => {
            fields
                .iter()
                .map(|(key, item)| key.len() + value_bytes(item) + 4)
                .sum::<usize>()
                + 2
        }
    }
}

/// What a block's own JSON costs beside its content.
const BLOCK_FRAME_BYTES: u64 = 28;
/// What a result's own JSON costs beside its content.
const RESULT_FRAME_BYTES: u64 = 80;
