//! Neutral messages as items of a request's input.

use super::{
    Freeform,
    kept::{KeptItem, kept_item},
};
use crate::{
    call_ids::short_id,
    wire_text::{NO_OUTPUT, data_url, document_text, failure_marked, titled, tool_name},
};
use gimlet_protocol::{Block, Call, CallId, Message, Role};
use serde::Serialize;
use serde_json::Value;
use std::{borrow::Cow, collections::HashSet, sync::Arc};

/// A message as JSON objects, separated by commas.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) json: Vec<u8>,
    /// The stored reply that this message is, all of it.
    pub(super) reply: Option<String>,
}

/// The calls whose input is plain text: their results go out in another item.
#[derive(Debug)]
pub(super) struct Customs<'a> {
    from: &'a str,
    freeform: &'a [Freeform],
    ids: HashSet<&'a CallId>,
}

impl<'a> Customs<'a> {
    pub(super) fn of(
        messages: &'a [Arc<Message>],
        from: &'a str,
        freeform: &'a [Freeform],
    ) -> Self {
        let mut customs = Self {
            from,
            freeform,
            ids: HashSet::new(),
        };
        for block in messages.iter().flat_map(|message| &message.blocks) {
            if let Block::Call(call) = block
                && (customs.text_of(call).is_some() || customs.is_own_custom(call))
            {
                customs.ids.insert(&call.id);
            }
        }
        customs
    }

    fn is_own_custom(&self, call: &Call) -> bool {
        kept_item(call.opaque.as_ref(), self.from).is_some_and(|kept| is_custom(kept.item.get()))
    }

    /// The plain text that is the whole input, where the call goes out so.
    fn text_of<'b>(&self, call: &'b Call) -> Option<&'b str> {
        let form = self.freeform.iter().find(|form| form.tool == call.tool)?;
        let Value::Object(input) = &call.input else {
            return None;
        };
        let text = input.get(&form.member)?.as_str()?;
        let is_own_function = kept_item(call.opaque.as_ref(), self.from)
            .is_some_and(|kept| !is_custom(kept.item.get()));
        (input.len() == 1 && !is_own_function).then_some(text)
    }
}

fn is_custom(item: &str) -> bool {
    item.contains("\"custom_tool_call\"")
}

/// Converts one message. Equal messages give equal bytes.
pub(super) fn convert(message: &Message, customs: &Customs<'_>) -> Converted {
    let mut out = Out {
        json: Vec::new(),
        customs,
    };
    let reply = match message.role {
        Role::User => {
            out.user(&message.blocks);
            None
        }
        Role::Assistant => out.assistant(&message.blocks),
    };
    Converted {
        json: out.json,
        reply,
    }
}

struct Out<'a> {
    json: Vec<u8>,
    customs: &'a Customs<'a>,
}

impl Out<'_> {
    fn push(&mut self, item: &impl Serialize) {
        let before = self.json.len();
        if before > 0 {
            self.json.push(b',');
        }
        // Writing plain data into a vector cannot fail; if it did, half an item must not stay.
        if serde_json::to_writer(&mut self.json, item).is_err() {
            self.json.truncate(before);
        }
    }

    fn user(&mut self, blocks: &[Block]) {
        let mut parts = Vec::new();
        for block in blocks {
            if let Block::Result { call, content, ok } = block {
                let kind = if self.customs.ids.contains(call) {
                    "custom_tool_call_output"
                } else {
                    "function_call_output"
                };
                self.push(&CallOutput {
                    kind,
                    call_id: wire_id(call.as_str()),
                    output: output(content, *ok),
                });
            } else {
                parts.extend(part(block));
            }
        }
        if !parts.is_empty() {
            self.push(&Said {
                kind: "message",
                role: "user",
                content: parts,
            });
        }
    }

    /// Reasoning goes back only where what it led to follows it as it came: the provider
    /// refuses one without the other. Returns the stored reply, if the message is one.
    fn assistant(&mut self, blocks: &[Block]) -> Option<String> {
        let from = self.customs.from;
        let kept: Vec<Option<KeptItem>> = blocks
            .iter()
            .map(|block| kept_item(opaque_of(block), from))
            .collect();
        for (at, (block, own)) in blocks.iter().zip(&kept).enumerate() {
            match (block, own) {
                (Block::Thought { .. }, Some(own)) => {
                    let next = blocks.iter().zip(&kept).skip(at + 1);
                    let mut next =
                        next.skip_while(|(b, k)| matches!(b, Block::Thought { .. }) && k.is_some());
                    if next.next().is_some_and(|(_, kept)| kept.is_some()) {
                        self.push(&own.item);
                    }
                }
                (_, Some(own)) => self.push(&own.item),
                (Block::Text { text, .. }, None) if !text.trim().is_empty() => {
                    self.push(&Foreign {
                        role: "assistant",
                        content: text,
                    });
                }
                (Block::Call(call), None) => self.call(call),
                (
                    Block::Thought { .. }
                    | Block::Text { .. }
                    | Block::Result { .. }
                    | Block::Image { .. }
                    | Block::Document { .. }
                    | Block::Kept { .. },
                    None,
                ) => {}
            }
        }
        let first = kept.first()?.as_ref()?.reply.clone()?;
        let all = |kept: &Option<KeptItem>| {
            kept.as_ref()
                .is_some_and(|kept| kept.reply.as_ref() == Some(&first))
        };
        kept.iter().all(all).then_some(first)
    }

    fn call(&mut self, call: &Call) {
        let call_id = wire_id(call.id.as_str());
        let name = tool_name(&call.tool);
        match self.customs.text_of(call) {
            Some(text) => self.push(&CustomCall {
                kind: "custom_tool_call",
                call_id,
                name,
                input: text,
            }),
            None => self.push(&FunctionCall {
                kind: "function_call",
                call_id,
                name,
                arguments: call.input.to_string(),
            }),
        }
    }
}

fn opaque_of(block: &Block) -> Option<&gimlet_protocol::Opaque> {
    match block {
        Block::Text { opaque, .. } | Block::Thought { opaque, .. } => opaque.as_ref(),
        Block::Call(call) => call.opaque.as_ref(),
        Block::Kept { opaque } => Some(opaque),
        Block::Result { .. } | Block::Image { .. } | Block::Document { .. } => None,
    }
}

/// The provider takes up to 64 characters.
fn wire_id(id: &str) -> Cow<'_, str> {
    let fits = (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
    if fits {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(format!("call_{}", short_id(id)))
    }
}

#[derive(Serialize)]
struct Said<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    content: Vec<Part<'a>>,
}

/// Said by another model, or cut: it has no id here.
#[derive(Serialize)]
struct Foreign<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    call_id: Cow<'a, str>,
    name: Cow<'a, str>,
    arguments: String,
}

#[derive(Serialize)]
struct CustomCall<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    call_id: Cow<'a, str>,
    name: Cow<'a, str>,
    input: &'a str,
}

#[derive(Serialize)]
struct CallOutput<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    call_id: Cow<'a, str>,
    output: Output<'a>,
}

/// Text alone goes as a string.
#[derive(Serialize)]
#[serde(untagged)]
enum Output<'a> {
    Text(String),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Part<'a> {
    #[serde(rename = "input_text")]
    Text { text: Cow<'a, str> },
    #[serde(rename = "input_image")]
    Image {
        image_url: String,
        detail: &'static str,
    },
    #[serde(rename = "input_file")]
    File {
        filename: &'a str,
        file_data: String,
    },
}

fn part(block: &Block) -> Option<Part<'_>> {
    match block {
        Block::Text { text, .. } => {
            (!text.trim().is_empty()).then_some(Part::Text { text: text.into() })
        }
        Block::Image { media_type, data } => Some(Part::Image {
            image_url: data_url(media_type, data),
            detail: "auto",
        }),
        Block::Document {
            media_type,
            data,
            title,
        } => {
            let name = title.as_deref().unwrap_or("document");
            Some(match document_text(media_type, data) {
                Some(text) => Part::Text {
                    text: titled(name, &text).into(),
                },
                None => Part::File {
                    filename: name,
                    file_data: data_url(media_type, data),
                },
            })
        }
        Block::Thought { .. } | Block::Call(_) | Block::Result { .. } | Block::Kept { .. } => None,
    }
}

fn output(content: &[Block], ok: bool) -> Output<'_> {
    let mut parts: Vec<Part<'_>> = content.iter().filter_map(part).collect();
    let is_text = |part: &Part<'_>| matches!(part, Part::Text { .. });
    if parts.iter().all(is_text) {
        let texts: Vec<&str> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Text { text } => Some(&**text),
                Part::Image { .. } | Part::File { .. } => None,
            })
            .collect();
        let text = if texts.is_empty() {
            NO_OUTPUT.to_owned()
        } else {
            texts.join("\n\n")
        };
        return Output::Text(failure_marked(text, ok));
    }
    if !ok {
        let text = "Error: the call failed.".into();
        parts.insert(0, Part::Text { text });
    }
    Output::Parts(parts)
}
