//! Neutral messages in the words of Chat Completions. One neutral message becomes none, one
//! or several on the wire.

mod part;

use super::{
    kept::{KeptThought, kept_call, kept_thought},
    vendor::{AfterTool, CallIds, ChatQuirks, EmptyContent, ReasoningBack},
};
use crate::{
    call_ids::short_id,
    raw_object::RawObject,
    wire_text::{NO_OUTPUT, failure_marked, tool_name},
};
use gimlet_protocol::{Block, Call, Message, Role};
use part::{Part, part, text_of};
use serde::{
    Serialize,
    ser::{SerializeMap as _, Serializer},
};
use std::borrow::Cow;

/// Stands in a member that the vendor wants and of which there is nothing.
const NOTHING_REASONED: &str = " ";

/// A message as JSON objects, separated by commas.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) json: Vec<u8>,
    /// What the first object is.
    pub(super) first: Speaker,
    /// What the last object is.
    pub(super) last: Speaker,
}

/// Stands between a result and the person where the vendor wants a word of the model there.
pub(super) fn bridge() -> impl Serialize {
    AssistantMessage {
        content: Some("Understood.".to_owned()),
        reasoning: RawObject::default(),
        calls: Vec::new(),
    }
}

/// Who speaks on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    User,
    Assistant,
    Tool,
}

/// How messages are to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub(super) quirks: &'a ChatQuirks,
    /// The provider and model that are asked.
    pub(super) from: &'a str,
}

/// Converts one message. Equal messages give equal bytes.
pub(super) fn convert(message: &Message, look: Look<'_>) -> Converted {
    let mut out = Out::default();
    match message.role {
        Role::User => out.user(&message.blocks, look),
        Role::Assistant => out.assistant(&message.blocks, look),
    }
    let first = out.speakers.first().copied();
    let last = out.speakers.last().copied();
    Converted {
        json: out.json,
        first: first.unwrap_or(Speaker::User),
        last: last.unwrap_or(Speaker::User),
    }
}

#[derive(Default)]
struct Out {
    json: Vec<u8>,
    speakers: Vec<Speaker>,
}

impl Out {
    fn push(&mut self, speaker: Speaker, message: &impl Serialize) {
        let before = self.json.len();
        if before > 0 {
            self.json.push(b',');
        }
        // Writing plain data into a vector cannot fail; if it did, half a message must not stay.
        if serde_json::to_writer(&mut self.json, message).is_ok() {
            self.speakers.push(speaker);
        } else {
            self.json.truncate(before);
        }
    }

    /// Results come first: each must follow its call. Their pictures follow in the person's
    /// name, since a result takes text alone.
    fn user(&mut self, blocks: &[Block], look: Look<'_>) {
        let mut parts = Vec::new();
        for block in blocks {
            if let Block::Result { call, content, ok } = block {
                let id = wire_id(call.as_str(), look.quirks.call_ids);
                self.push(
                    Speaker::Tool,
                    &ToolMessage {
                        role: "tool",
                        content: result_text(content, *ok, &id, look, &mut parts),
                        id,
                    },
                );
            }
        }
        parts.extend(blocks.iter().filter_map(|block| part(block, look.quirks)));
        if !parts.is_empty() {
            let after_tool = self.speakers.last() == Some(&Speaker::Tool);
            if after_tool && look.quirks.after_tool == AfterTool::Bridged {
                self.push(Speaker::Assistant, &bridge());
            }
            let content = Content::of(parts);
            self.push(
                Speaker::User,
                &UserMessage {
                    role: "user",
                    content,
                },
            );
        }
    }

    fn assistant(&mut self, blocks: &[Block], look: Look<'_>) {
        let mut texts: Vec<&str> = Vec::new();
        let mut calls = Vec::new();
        let mut reasoning = Reasoning::default();
        for block in blocks {
            match block {
                Block::Text { text, .. } if text.trim().is_empty() => {}
                Block::Text { text, .. } => texts.push(text),
                Block::Call(call) => calls.push(wire_call(call, look)),
                Block::Thought { text, opaque } => match kept_thought(opaque.as_ref(), look.from) {
                    Some(kept) => reasoning.add(text, kept),
                    None => reasoning.foreign.push_str(text),
                },
                Block::Result { .. }
                | Block::Image { .. }
                | Block::Document { .. }
                | Block::Kept { .. } => {}
            }
        }
        if texts.is_empty() && calls.is_empty() {
            return;
        }
        let content = match (texts.is_empty(), look.quirks.empty_content) {
            (true, EmptyContent::Null) => None,
            (true, EmptyContent::Blank) => Some(String::new()),
            (false, _) => Some(texts.join("\n\n")),
        };
        self.push(
            Speaker::Assistant,
            &AssistantMessage {
                content,
                reasoning: reasoning.members(look.quirks.reasoning_back),
                calls,
            },
        );
    }
}

/// The reasoning of a message of the model.
#[derive(Default)]
struct Reasoning {
    member: Option<String>,
    text: String,
    details: Vec<RawObject>,
    /// Said by another model.
    foreign: String,
}

impl Reasoning {
    fn add(&mut self, text: &str, kept: KeptThought) {
        if kept.member.is_some() {
            self.member = kept.member;
            self.text.push_str(text);
        }
        self.details.extend(kept.details);
    }

    fn members(mut self, back: ReasoningBack) -> RawObject {
        let mut members = RawObject::default();
        match back {
            ReasoningBack::Dropped => return members,
            ReasoningBack::AsReceived => {}
            ReasoningBack::Required => {
                if self.member.is_none() {
                    self.text = self.foreign;
                }
                if self.text.is_empty() {
                    NOTHING_REASONED.clone_into(&mut self.text);
                }
                self.member = Some("reasoning_content".to_owned());
            }
        }
        // The details hold the text, so one of them is enough.
        if !self.details.is_empty() {
            members.put_json("reasoning_details", &self.details);
        } else if let Some(member) = self.member {
            members.put_json(&member, &self.text);
        }
        members
    }
}

#[derive(Serialize)]
struct UserMessage<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
struct ToolMessage<'a> {
    role: &'static str,
    #[serde(rename = "tool_call_id")]
    id: Cow<'a, str>,
    content: String,
}

/// Text alone goes as a string, which every server takes.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(String),
    Parts(Vec<Part<'a>>),
}

impl<'a> Content<'a> {
    fn of(parts: Vec<Part<'a>>) -> Self {
        let texts: Vec<&str> = parts.iter().filter_map(text_of).collect();
        if texts.len() == parts.len() {
            Self::Text(texts.join("\n\n"))
        } else {
            Self::Parts(parts)
        }
    }
}

struct AssistantMessage<'a> {
    content: Option<String>,
    reasoning: RawObject,
    calls: Vec<WireCall<'a>>,
}

impl Serialize for AssistantMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        map.serialize_entry("content", &self.content)?;
        for (member, value) in self.reasoning.iter() {
            map.serialize_entry(member, value)?;
        }
        if !self.calls.is_empty() {
            map.serialize_entry("tool_calls", &self.calls)?;
        }
        map.end()
    }
}

struct WireCall<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    arguments: String,
    members: RawObject,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("type", "function")?;
        let function = WireFunction {
            name: &self.name,
            arguments: &self.arguments,
        };
        map.serialize_entry("function", &function)?;
        for (member, value) in self.members.iter() {
            map.serialize_entry(member, value)?;
        }
        map.end()
    }
}

fn wire_call<'a>(call: &'a Call, look: Look<'_>) -> WireCall<'a> {
    let kept = kept_call(call.opaque.as_ref(), look.from).unwrap_or_default();
    WireCall {
        id: wire_id(call.id.as_str(), look.quirks.call_ids),
        name: tool_name(&call.tool),
        arguments: kept.arguments.unwrap_or_else(|| call.input.to_string()),
        members: kept.members,
    }
}

/// The text of a result. What is no text goes into `parts`, after a word on whose it is.
fn result_text<'a>(
    content: &'a [Block],
    ok: bool,
    id: &str,
    look: Look<'_>,
    parts: &mut Vec<Part<'a>>,
) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut others = Vec::new();
    for block in content {
        match part(block, look.quirks) {
            Some(Part::Text { text }) => texts.push(text.into_owned()),
            Some(other) => others.push(other),
            None => {}
        }
    }
    if !others.is_empty() {
        texts.push(format!(
            "[shown in the next message: {}]",
            count(others.len())
        ));
        let text = format!("[{} of the result of the call {id}]", count(others.len()));
        parts.push(Part::Text { text: text.into() });
        parts.extend(others);
    }
    let text = if texts.is_empty() {
        NO_OUTPUT.to_owned()
    } else {
        texts.join("\n\n")
    };
    failure_marked(text, ok)
}

fn count(files: usize) -> String {
    match files {
        1 => "1 file".to_owned(),
        more => format!("{more} files"),
    }
}

/// The id as the vendor takes it. What does not fit comes from another provider, and becomes
/// a digest of itself.
fn wire_id(id: &str, form: CallIds) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let fits = match form {
        CallIds::Forty => (1..=40).contains(&id.len()) && id.chars().all(plain),
        CallIds::Nine => id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric()),
        CallIds::Any => (1..=256).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic()),
    };
    if fits {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(short_id(id))
    }
}
