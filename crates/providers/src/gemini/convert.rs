//! Neutral messages as contents: a role and its parts.

use super::DIALECT;
use crate::wire_text::{document_text, result_text, titled, tool_name};
use gimlet_protocol::{Block, Call, CallId, Message, Opaque, Role, Verbatim};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// Stands where a model wants the signature of reasoning that it never did: the provider's own
/// word for a call that comes from elsewhere.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// A message's parts as JSON, separated by commas, without the brackets.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) role: Role,
    pub(super) parts: Vec<u8>,
}

/// How messages are to look.
#[derive(Debug)]
pub(super) struct Look {
    /// The model that is asked.
    pub(super) from: String,
    /// It refuses calls without a signature.
    pub(super) signed: bool,
}

/// What was kept of a part: it goes back to the model that said it as it came.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptParts {
    pub(super) from: String,
    pub(super) parts: Vec<Box<RawValue>>,
}

pub(super) fn keep(from: &str, parts: Vec<Box<RawValue>>) -> Option<Opaque> {
    let from = from.to_owned();
    Some(Opaque {
        dialect: DIALECT.to_owned(),
        data: Verbatim::of(&KeptParts { from, parts }).ok()?,
    })
}

fn kept(opaque: Option<&Opaque>, from: &str) -> Option<KeptParts> {
    let opaque = opaque.filter(|opaque| opaque.dialect == DIALECT)?;
    let kept: KeptParts = opaque.data.read().ok()?;
    (kept.from == from).then_some(kept)
}

/// The calls of a conversation by their ids: a result names the tool, and the provider's own id
/// only where there was one.
#[derive(Debug)]
pub(super) struct Calls<'a>(HashMap<&'a CallId, &'a Call>);

impl<'a> Calls<'a> {
    pub(super) fn of(messages: &'a [Arc<Message>]) -> Self {
        let blocks = messages.iter().flat_map(|message| &message.blocks);
        let calls = blocks.filter_map(|block| match block {
            Block::Call(call) => Some((&call.id, call)),
            Block::Text { .. }
            | Block::Thought { .. }
            | Block::Result { .. }
            | Block::Image { .. }
            | Block::Document { .. }
            | Block::Kept { .. } => None,
        });
        Self(calls.collect())
    }
}

/// Converts one message. Equal messages after equal calls give equal bytes.
pub(super) fn convert(message: &Message, look: &Look, calls: &Calls<'_>) -> Converted {
    let mut out = Out {
        parts: Vec::new(),
        look,
        called: false,
    };
    for block in &message.blocks {
        out.block(block, calls);
    }
    Converted {
        role: message.role,
        parts: out.parts,
    }
}

struct Out<'a> {
    parts: Vec<u8>,
    look: &'a Look,
    /// The message holds a call already; only the first carries a signature.
    called: bool,
}

impl Out<'_> {
    fn push(&mut self, part: &impl Serialize) {
        let before = self.parts.len();
        if before > 0 {
            self.parts.push(b',');
        }
        // Writing plain data into a vector cannot fail; if it did, half a part must not stay.
        if serde_json::to_writer(&mut self.parts, part).is_err() {
            self.parts.truncate(before);
        }
    }

    fn block(&mut self, block: &Block, calls: &Calls<'_>) {
        let opaque = match block {
            Block::Text { opaque, .. } | Block::Thought { opaque, .. } => opaque.as_ref(),
            Block::Call(call) => call.opaque.as_ref(),
            Block::Kept { opaque } => Some(opaque),
            Block::Result { .. } | Block::Image { .. } | Block::Document { .. } => None,
        };
        if let Some(kept) = kept(opaque, &self.look.from) {
            for part in &kept.parts {
                self.push(part);
            }
            self.called |= matches!(block, Block::Call(_));
            return;
        }
        match block {
            Block::Text { text, .. } if text.trim().is_empty() => {}
            Block::Text { text, .. } => self.push(&json!({ "text": text })),
            Block::Call(call) => self.call(call),
            Block::Result { call, content, ok } => self.result(call, content, *ok, calls),
            Block::Image { .. } | Block::Document { .. } => {
                if let Some(part) = file(block) {
                    self.push(&part);
                }
            }
            // Another model's reasoning means nothing here.
            Block::Thought { .. } | Block::Kept { .. } => {}
        }
    }

    fn call(&mut self, call: &Call) {
        let signature = (self.look.signed && !self.called).then_some(NO_SIGNATURE);
        self.called = true;
        self.push(&WireCall {
            function_call: Function {
                name: tool_name(&call.tool),
                args: &call.input,
            },
            thought_signature: signature,
        });
    }

    fn result(&mut self, id: &CallId, content: &[Block], ok: bool, calls: &Calls<'_>) {
        let call = calls.0.get(id);
        let name = call.map_or(Cow::Borrowed("_"), |call| tool_name(&call.tool));
        let told = call
            .and_then(|call| kept(call.opaque.as_ref(), &self.look.from))
            .and_then(|kept| id_of(&kept));
        let text = result_text(content, ok);
        let response = if ok {
            json!({ "output": text })
        } else {
            json!({ "error": text })
        };
        let files: Vec<Value> = content.iter().filter_map(file).collect();
        let nested = self.look.signed;
        self.push(&WireResult {
            function_response: Response {
                id: told,
                name,
                said: response,
                parts: if nested { &files } else { &[] },
            },
        });
        // Older models take files only beside the result.
        if !nested {
            for part in &files {
                self.push(part);
            }
        }
    }
}

/// The provider's id of a call, where it gave one.
fn id_of(kept: &KeptParts) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Part {
        function_call: Id,
    }
    #[derive(Deserialize)]
    struct Id {
        id: Option<String>,
    }
    let mut parts = kept.parts.iter();
    parts.find_map(|part| {
        serde_json::from_str::<Part>(part.get())
            .ok()?
            .function_call
            .id
    })
}

/// A file of a person or a result; text that is a file goes as text.
fn file(block: &Block) -> Option<Value> {
    match block {
        Block::Image { media_type, data } => Some(inline(media_type, data)),
        Block::Document {
            media_type,
            data,
            title,
        } => Some(match document_text(media_type, data) {
            Some(text) => {
                let name = title.as_deref().unwrap_or("document");
                json!({ "text": titled(name, &text) })
            }
            None => inline(media_type, data),
        }),
        Block::Text { .. }
        | Block::Thought { .. }
        | Block::Call(_)
        | Block::Result { .. }
        | Block::Kept { .. } => None,
    }
}

fn inline(media_type: &str, data: &str) -> Value {
    json!({"inlineData": {"mimeType": media_type, "data": data}})
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireCall<'a> {
    function_call: Function<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'static str>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    args: &'a Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResult<'a> {
    function_response: Response<'a>,
}

#[derive(Serialize)]
struct Response<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: Cow<'a, str>,
    #[serde(rename = "response")]
    said: Value,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    parts: &'a [Value],
}
