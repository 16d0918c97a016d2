//! A call, put together from its pieces.

use super::chunk::WireCall;
use crate::{
    chat::kept::{KeptCall, keep},
    raw_object::RawObject,
};
use gimlet_ports::{ModelItem, ReplyBlock, StartedBlock};
use gimlet_protocol::{Call, CallId};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// A call that began.
#[derive(Debug)]
pub(super) struct OpenCall {
    index: u32,
    id: CallId,
    /// The provider's own number and id, by which its pieces are told apart.
    wire_index: Option<u64>,
    wire_id: Option<String>,
    tool: String,
    arguments: String,
    members: RawObject,
    shown: bool,
}

impl OpenCall {
    pub(super) fn begin(index: u32, id: CallId, wire: &WireCall) -> Self {
        Self {
            index,
            id,
            wire_index: wire.index,
            wire_id: wire.id.clone(),
            tool: String::new(),
            arguments: String::new(),
            members: RawObject::default(),
            shown: false,
        }
    }

    pub(super) fn id(&self) -> &CallId {
        &self.id
    }

    /// True where a piece names this call, or names none.
    pub(super) fn may_go_on(&self, wire: &WireCall) -> bool {
        match (wire.index, &wire.id) {
            (Some(index), _) => self.wire_index == Some(index),
            (None, Some(id)) => self.wire_id.as_ref() == Some(id),
            (None, None) => wire.name.is_empty(),
        }
    }

    /// True where a piece cannot belong to this call although it seems to: some servers give
    /// every call the same number or id.
    pub(super) fn is_over_before(&self, wire: &WireCall) -> bool {
        if wire.name.is_empty() {
            return false;
        }
        let other_id = matches!((&self.wire_id, &wire.id), (Some(own), Some(id)) if own != id);
        other_id || (!wire.arguments.is_empty() && self.is_complete())
    }

    fn is_complete(&self) -> bool {
        matches!(serde_json::from_str(&self.arguments), Ok(Value::Object(_)))
    }

    /// True where the input never began.
    pub(super) fn is_unwritten(&self) -> bool {
        self.arguments.trim().is_empty()
    }

    pub(super) fn add(&mut self, wire: &WireCall, items: &mut VecDeque<ModelItem>) {
        if self.wire_id.is_none() {
            self.wire_id.clone_from(&wire.id);
        }
        // The name may come again with each piece, and rarely in pieces itself.
        if self.arguments.is_empty() && self.tool != wire.name {
            self.tool.push_str(&wire.name);
        }
        for (key, value) in wire.members.iter() {
            self.members.put(key, value.to_owned());
        }
        self.arguments.push_str(&wire.arguments);
        let mut json = wire.arguments.clone();
        if !self.shown && !self.tool.is_empty() {
            self.show(items);
            json.clone_from(&self.arguments);
        }
        if self.shown && !json.is_empty() {
            let index = self.index;
            items.push_back(ModelItem::InputDelta { index, json });
        }
    }

    fn show(&mut self, items: &mut VecDeque<ModelItem>) {
        self.shown = true;
        let block = StartedBlock::Call {
            id: self.id.clone(),
            tool: self.tool.clone(),
        };
        let index = self.index;
        items.push_back(ModelItem::BlockStarted { index, block });
    }

    pub(super) fn finish(mut self, from: &str, items: &mut VecDeque<ModelItem>) -> ReplyBlock {
        if !self.shown {
            self.show(items);
        }
        if self.is_unwritten() {
            "{}".clone_into(&mut self.arguments);
        }
        let (input, broken) = match serde_json::from_str(&self.arguments) {
            Ok(Value::Object(input)) => (Value::Object(input), None),
            Ok(_) => (Value::Null, Some("the input is no JSON object".to_owned())),
            Err(error) => (
                Value::Null,
                Some(format!("the input is no valid JSON: {error}")),
            ),
        };
        let input = if broken.is_some() {
            json!({"INVALID_JSON": self.arguments})
        } else {
            input
        };
        let as_here = input.to_string();
        let as_written = broken.is_none() && as_here != self.arguments;
        let opaque = if as_written || self.members.iter().next().is_some() {
            keep(&KeptCall {
                from: from.to_owned(),
                arguments: as_written.then_some(self.arguments),
                members: self.members,
            })
        } else {
            None
        };
        ReplyBlock::Call(Call {
            id: self.id,
            tool: self.tool,
            input,
            broken,
            opaque,
        })
    }
}
