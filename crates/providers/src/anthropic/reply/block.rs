//! One block of a reply, from its first word to its whole form.

use super::{super::DIALECT, event::inner};
use crate::{raw_object::RawObject, trouble::Trouble};
use gimlet_ports::{ModelItem, ReplyBlock};
use gimlet_protocol::{Call, CallId, Opaque, Verbatim};
use serde_json::{Value, json, value::RawValue};
use std::collections::VecDeque;

/// A block that began.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) wire_index: u64,
    pub(super) index: u32,
    pub(super) kind: Kind,
    /// The block as it began, with its keys in their order.
    pub(super) head: RawObject,
    /// Text, reasoning or the input's JSON.
    pub(super) text: String,
    pub(super) signature: String,
    pub(super) citations: Vec<Box<RawValue>>,
    pub(super) whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    Redacted,
    Call,
    Kept,
}

impl Open {
    /// Most blocks begin empty; some say their first words as they begin.
    pub(super) fn take_first_words(&mut self, items: &mut VecDeque<ModelItem>) {
        let index = self.index;
        let key = match self.kind {
            Kind::Text => "text",
            Kind::Thinking => "thinking",
            Kind::Redacted | Kind::Call | Kind::Kept => return,
        };
        self.text = self.head.string(key).unwrap_or_default();
        if self.kind == Kind::Thinking {
            self.signature = self.head.string("signature").unwrap_or_default();
        }
        if self.text.is_empty() {
            return;
        }
        let text = self.text.clone();
        items.push_back(if self.kind == Kind::Text {
            ModelItem::TextDelta { index, text }
        } else {
            ModelItem::ThoughtDelta { index, text }
        });
    }

    /// Takes the members of an unknown delta into a block that is kept as it is.
    pub(super) fn merge(&mut self, delta: Option<&RawValue>) -> Result<(), Trouble> {
        let delta: RawObject = inner(delta, "content_block_delta", "delta")?;
        for (key, value) in delta.iter().filter(|(key, _)| *key != "type") {
            self.head.put(key, value.to_owned());
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> ReplyBlock {
        match self.kind {
            Kind::Text => {
                if !self.citations.is_empty() {
                    self.head.put_json("citations", &self.citations);
                }
                let text = self.text;
                if !self.head.says_more_than(&["type", "text"]) {
                    return ReplyBlock::Text { text, opaque: None };
                }
                self.head.put_json("text", &text);
                ReplyBlock::Text {
                    text,
                    opaque: keep(&self.head),
                }
            }
            Kind::Thinking => {
                let text = self.text;
                // Without its signature the provider does not take it back.
                if self.signature.is_empty() {
                    return ReplyBlock::Thought { text, opaque: None };
                }
                self.head.put_json("thinking", &text);
                self.head.put_json("signature", &self.signature);
                ReplyBlock::Thought {
                    text,
                    opaque: keep(&self.head),
                }
            }
            Kind::Redacted => ReplyBlock::Thought {
                text: String::new(),
                opaque: keep(&self.head),
            },
            Kind::Call => ReplyBlock::Call(self.call()),
            Kind::Kept => {
                if let Ok(input) = RawValue::from_string(self.text) {
                    self.head.put("input", input);
                }
                match keep(&self.head) {
                    Some(opaque) => ReplyBlock::Kept(opaque),
                    None => ReplyBlock::Text {
                        text: String::new(),
                        opaque: None,
                    },
                }
            }
        }
    }

    fn call(mut self) -> Call {
        if self.text.trim().is_empty() {
            let begun = self.head.get("input").map_or("{}", RawValue::get);
            begun.clone_into(&mut self.text);
        }
        let (input, broken) = match serde_json::from_str(&self.text) {
            Ok(Value::Object(input)) => (Value::Object(input), None),
            Ok(_) => (Value::Null, Some("the input is no JSON object".to_owned())),
            Err(error) => (
                Value::Null,
                Some(format!("the input is no valid JSON: {error}")),
            ),
        };
        let more = self.head.says_more_than(&["type", "id", "name", "input"]);
        let input = if broken.is_some() {
            json!({"INVALID_JSON": self.text})
        } else {
            input
        };
        let opaque = if more {
            match RawValue::from_string(self.text) {
                Ok(raw) if broken.is_none() => self.head.put("input", raw),
                _ => self.head.put_json("input", &input),
            }
            keep(&self.head)
        } else {
            None
        };
        Call {
            id: CallId(self.head.string("id").unwrap_or_default()),
            tool: self.head.string("name").unwrap_or_default(),
            input,
            broken,
            opaque,
        }
    }
}

fn keep(block: &RawObject) -> Option<Opaque> {
    let data = Verbatim::of(block).ok()?;
    Some(Opaque {
        dialect: DIALECT.to_owned(),
        data,
    })
}
