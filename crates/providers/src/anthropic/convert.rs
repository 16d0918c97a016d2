//! Neutral messages in Anthropic's words, converted once and kept.

use super::DIALECT;
use base64::Engine as _;
use gimlet_protocol::{Block, Call, Message, Opaque, Role};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// A message's content blocks as JSON text, separated by commas, without the brackets.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) role: Role,
    pub(super) blocks: Vec<u8>,
    /// Where a cache marker can be put in: before the closing brace of the last block that
    /// may carry one.
    pub(super) mark_at: Option<usize>,
}

/// Converts one message. Equal messages give equal bytes.
pub(super) fn convert(message: &Message) -> Converted {
    let mut writer = Writer::default();
    for block in &message.blocks {
        writer.block(block);
    }
    Converted {
        role: message.role,
        blocks: writer.out,
        mark_at: writer.mark_at,
    }
}

/// Whether a block may carry a cache marker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Markable {
    Yes,
    No,
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    mark_at: Option<usize>,
}

impl Writer {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Text { text, opaque } => match own(opaque.as_ref()) {
                Some(own) => self.verbatim(own),
                None => self.text(text),
            },
            // Reasoning without our signature cannot be shown to this provider.
            Block::Thought { text: _, opaque } => {
                if let Some(own) = own(opaque.as_ref()) {
                    self.verbatim(own);
                }
            }
            Block::Call(call) => self.call(call),
            Block::Result { call, content, ok } => {
                let content = content.iter().filter_map(part).collect();
                let id = wire_id(call.as_str());
                self.json(&ResultBlock {
                    tag: "tool_result",
                    id,
                    content,
                    failed: !ok,
                });
            }
            Block::Image { .. } | Block::Document { .. } => {
                if let Some(part) = part(block) {
                    self.json(&part);
                }
            }
            Block::Kept { opaque } => {
                if let Some(own) = own(Some(opaque)) {
                    self.verbatim(own);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.json(&Part::Text { text });
        }
    }

    fn call(&mut self, call: &Call) {
        match own(call.opaque.as_ref()) {
            Some(own) => self.verbatim(own),
            None => self.json(&CallBlock {
                tag: "tool_use",
                id: wire_id(call.id.as_str()),
                name: wire_id(&call.tool),
                input: &call.input,
            }),
        }
    }

    fn json(&mut self, block: &impl Serialize) {
        let before = self.out.len();
        self.comma();
        // Writing plain data into a vector cannot fail; if it did, half a block must not stay.
        if serde_json::to_writer(&mut self.out, block).is_err() {
            self.out.truncate(before);
            return;
        }
        self.close(Markable::Yes);
    }

    fn verbatim(&mut self, opaque: &Opaque) {
        self.comma();
        self.out.extend_from_slice(opaque.data.as_str().as_bytes());
        self.close(Markable::No);
    }

    fn comma(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b',');
        }
    }

    fn close(&mut self, markable: Markable) {
        if markable == Markable::Yes {
            self.mark_at = self.out.len().checked_sub(1);
        }
    }
}

/// The provider's form, if it is this dialect's.
fn own(opaque: Option<&Opaque>) -> Option<&Opaque> {
    opaque.filter(|opaque| opaque.dialect == DIALECT)
}

/// Anthropic takes letters, digits, `_` and `-` in ids and tool names. Others come from other
/// providers or from a model's slip, and are mapped the same way every time.
fn wire_id(text: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !text.is_empty() && text.chars().all(fits) {
        Cow::Borrowed(text)
    } else if text.is_empty() {
        Cow::Borrowed("_")
    } else {
        Cow::Owned(
            text.chars()
                .map(|c| if fits(c) { c } else { '_' })
                .collect(),
        )
    }
}

#[derive(Serialize)]
struct CallBlock<'a> {
    #[serde(rename = "type")]
    tag: &'static str,
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    input: &'a Value,
}

#[derive(Serialize)]
struct ResultBlock<'a> {
    #[serde(rename = "type")]
    tag: &'static str,
    #[serde(rename = "tool_use_id")]
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    content: Vec<Part<'a>>,
    #[serde(rename = "is_error", skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
}

/// What a person or a tool may show.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Base64 {
        media_type: &'a str,
        data: &'a str,
    },
    Text {
        media_type: &'static str,
        data: String,
    },
}

fn part(block: &Block) -> Option<Part<'_>> {
    match block {
        Block::Text { text, .. } => (!text.trim().is_empty()).then_some(Part::Text { text }),
        Block::Image { media_type, data } => Some(Part::Image {
            source: Source::Base64 { media_type, data },
        }),
        Block::Document {
            media_type,
            data,
            title,
        } => {
            let source = document_source(media_type, data);
            Some(Part::Document {
                source,
                title: title.as_deref(),
            })
        }
        Block::Thought { .. } | Block::Call(_) | Block::Result { .. } | Block::Kept { .. } => None,
    }
}

/// A text document is taken as text only; everything else as it is.
fn document_source<'a>(media_type: &'a str, data: &'a str) -> Source<'a> {
    let text = media_type.starts_with("text/").then(|| {
        let bytes = base64::prelude::BASE64_STANDARD.decode(data).ok()?;
        String::from_utf8(bytes).ok()
    });
    match text.flatten() {
        Some(data) => Source::Text {
            media_type: "text/plain",
            data,
        },
        None => Source::Base64 { media_type, data },
    }
}
