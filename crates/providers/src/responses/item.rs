//! One item of a reply, from its first word to its whole form.

use super::{Freeform, kept::keep};
use crate::{raw_object::RawObject, wire_text::read_input};
use gimlet_ports::{ModelItem, ReplyBlock, StartedBlock};
use gimlet_protocol::{Call, CallId};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use std::collections::VecDeque;

/// An item that began.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) wire_index: u64,
    pub(super) index: u32,
    pub(super) kind: Kind,
    /// Text, reasoning or the input.
    pub(super) text: String,
    /// The part of reasoning that is being written.
    pub(super) part: Option<u64>,
    /// The whole block, once it is.
    pub(super) whole: Option<ReplyBlock>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thought,
    Call {
        id: CallId,
        tool: String,
    },
    /// A call whose input is plain text, which becomes this member.
    Custom {
        id: CallId,
        tool: String,
        member: String,
    },
    Kept,
}

/// The pieces of a message's content.
#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

/// What a whole item says beside its block.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) refusal: String,
}

impl Kind {
    /// What an item is by its members. A call gets the id that `new_id` makes of its own.
    pub(super) fn of(
        item: &RawObject,
        freeform: &[Freeform],
        new_id: impl FnOnce(&str) -> CallId,
    ) -> Self {
        let text = |key: &str| item.string(key).unwrap_or_default();
        match text("type").as_str() {
            "message" => Self::Text,
            "reasoning" => Self::Thought,
            "function_call" => Self::Call {
                id: new_id(&text("call_id")),
                tool: text("name"),
            },
            "custom_tool_call" => {
                let tool = text("name");
                let form = freeform.iter().find(|form| form.tool == tool);
                Self::Custom {
                    id: new_id(&text("call_id")),
                    member: form.map_or("input", |form| &form.member).to_owned(),
                    tool,
                }
            }
            _ => Self::Kept,
        }
    }

    fn started(&self) -> StartedBlock {
        match self {
            Self::Text => StartedBlock::Text,
            Self::Thought => StartedBlock::Thought,
            Self::Call { id, tool } | Self::Custom { id, tool, .. } => StartedBlock::Call {
                id: id.clone(),
                tool: tool.clone(),
            },
            Self::Kept => StartedBlock::Kept,
        }
    }
}

impl Open {
    pub(super) fn begin(
        wire_index: u64,
        index: u32,
        kind: Kind,
        items: &mut VecDeque<ModelItem>,
    ) -> Self {
        items.push_back(ModelItem::BlockStarted {
            index,
            block: kind.started(),
        });
        Self {
            wire_index,
            index,
            kind,
            text: String::new(),
            part: None,
            whole: None,
        }
    }

    /// More of the text, the reasoning or the input.
    pub(super) fn add(&mut self, text: String, items: &mut VecDeque<ModelItem>) {
        let index = self.index;
        let before = self.text.is_empty();
        self.text.push_str(&text);
        items.push_back(match &self.kind {
            Kind::Text => ModelItem::TextDelta { index, text },
            Kind::Thought => ModelItem::ThoughtDelta { index, text },
            Kind::Call { .. } => ModelItem::InputDelta { index, json: text },
            Kind::Custom { member, .. } => {
                let open = if before {
                    format!("{{{}:\"", Value::from(member.as_str()))
                } else {
                    String::new()
                };
                let written = Value::from(text).to_string();
                let inner = written.get(1..written.len() - 1).unwrap_or_default();
                ModelItem::InputDelta {
                    index,
                    json: open + inner,
                }
            }
            Kind::Kept => return,
        });
    }

    /// A new part of the reasoning begins: it is a paragraph of its own.
    pub(super) fn in_part(&mut self, part: u64, items: &mut VecDeque<ModelItem>) {
        let is_new = self.part.is_some_and(|before| before != part);
        self.part = Some(part);
        if is_new && !self.text.is_empty() {
            self.add("\n\n".to_owned(), items);
        }
    }

    /// Takes the whole item as it came.
    pub(super) fn close(
        &mut self,
        raw: &RawValue,
        item: &RawObject,
        whose: (&str, Option<&str>),
        items: &mut VecDeque<ModelItem>,
    ) -> Aside {
        let mut aside = Aside::default();
        let cut = item.string("status").as_deref() == Some("incomplete");
        let (from, reply) = whose;
        let opaque = |fit: bool| fit.then(|| keep(from, reply, raw)).flatten();
        let whole = match &self.kind {
            Kind::Text => {
                let pieces: Vec<Piece> = item
                    .get("content")
                    .and_then(|content| serde_json::from_str(content.get()).ok())
                    .unwrap_or_default();
                let text: String = pieces.iter().filter_map(|p| p.text.as_deref()).collect();
                aside.refusal = pieces.into_iter().filter_map(|p| p.refusal).collect();
                self.catch_up(&text, items);
                ReplyBlock::Text {
                    text: std::mem::take(&mut self.text),
                    opaque: opaque(!cut && aside.refusal.is_empty()),
                }
            }
            Kind::Thought => {
                let encrypted = item.get("encrypted_content");
                let goes_back = encrypted.is_some_and(|raw| raw.get() != "null") || reply.is_some();
                ReplyBlock::Thought {
                    text: std::mem::take(&mut self.text),
                    opaque: opaque(goes_back && !cut),
                }
            }
            Kind::Call { id, tool } => {
                let (id, tool) = (id.clone(), tool.clone());
                let arguments = item.string("arguments").unwrap_or_default();
                self.catch_up(&arguments, items);
                let (input, broken) = read_input(&arguments);
                let opaque = opaque(broken.is_none() && !cut);
                ReplyBlock::Call(Call {
                    id,
                    tool,
                    input,
                    broken,
                    opaque,
                })
            }
            Kind::Custom { id, tool, member } => {
                let (id, tool, member) = (id.clone(), tool.clone(), member.clone());
                let text = item.string("input").unwrap_or_default();
                self.catch_up(&text, items);
                let (index, json) = (self.index, "\"}".to_owned());
                items.push_back(ModelItem::InputDelta { index, json });
                let broken = cut.then(|| "the input was cut".to_owned());
                let mut input = Map::new();
                input.insert(member, Value::from(text));
                ReplyBlock::Call(Call {
                    id,
                    tool,
                    input: Value::Object(input),
                    broken,
                    opaque: opaque(!cut),
                })
            }
            Kind::Kept => match opaque(!cut) {
                Some(opaque) => ReplyBlock::Kept(opaque),
                None => ReplyBlock::Text {
                    text: String::new(),
                    opaque: None,
                },
            },
        };
        self.whole = Some(whole);
        aside
    }

    /// Shows what the whole item says and no delta did.
    fn catch_up(&mut self, whole: &str, items: &mut VecDeque<ModelItem>) {
        let missing = whole.strip_prefix(self.text.as_str());
        if let Some(rest) = missing.filter(|rest| !rest.is_empty()) {
            self.add(rest.to_owned(), items);
        } else if matches!(self.kind, Kind::Custom { .. }) && self.text.is_empty() {
            self.add(String::new(), items);
        }
        whole.clone_into(&mut self.text);
    }

    /// A text that was cut before its end, which is all that a cut reply can still show.
    pub(super) fn cut_text(&mut self) -> Option<ReplyBlock> {
        (self.kind == Kind::Text && !self.text.is_empty()).then(|| ReplyBlock::Text {
            text: std::mem::take(&mut self.text),
            opaque: None,
        })
    }
}
