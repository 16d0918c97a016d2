//! Neutral messages in Converse's words, converted once and kept.

use super::DIALECT;
use crate::{
    call_ids::short_id,
    wire_text::{NO_OUTPUT, document_text, titled, tool_name},
};
use gimlet_protocol::{Block, Call, Message, Opaque, Role, Verbatim};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::borrow::Cow;

/// A message's content blocks as JSON, separated by commas, without the brackets.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) role: Role,
    pub(super) blocks: Vec<u8>,
}

/// A block as the model said it: it goes back to that model as it came.
#[derive(Debug, Serialize, Deserialize)]
struct KeptBlock {
    from: String,
    block: Box<RawValue>,
}

pub(super) fn keep(from: &str, block: &Value) -> Option<Opaque> {
    let kept = KeptBlock {
        from: from.to_owned(),
        block: serde_json::value::to_raw_value(block).ok()?,
    };
    Some(Opaque {
        dialect: DIALECT.to_owned(),
        data: Verbatim::of(&kept).ok()?,
    })
}

fn kept(opaque: Option<&Opaque>, from: &str) -> Option<Box<RawValue>> {
    let opaque = opaque.filter(|opaque| opaque.dialect == DIALECT)?;
    let kept: KeptBlock = opaque.data.read().ok()?;
    (kept.from == from).then_some(kept.block)
}

/// Converts one message. Equal messages give equal bytes.
pub(super) fn convert(message: &Message, from: &str) -> Converted {
    let mut blocks = Vec::new();
    for block in &message.blocks {
        if let Some(json) = wire_block(block, from) {
            if !blocks.is_empty() {
                blocks.push(b',');
            }
            blocks.extend_from_slice(json.as_bytes());
        }
    }
    // A message with a document must have a text too.
    let has = |wanted: fn(&Block) -> bool| message.blocks.iter().any(wanted);
    let has_document = has(|block| matches!(block, Block::Document { .. }));
    if has_document && !has(|block| matches!(block, Block::Text { .. } | Block::Result { .. })) {
        blocks.extend_from_slice(br#",{"text":"[see the document]"}"#);
    }
    Converted {
        role: message.role,
        blocks,
    }
}

fn wire_block(block: &Block, from: &str) -> Option<String> {
    Some(match block {
        Block::Text { text, .. } if text.trim().is_empty() => return None,
        Block::Text { text, .. } => json!({ "text": text }).to_string(),
        Block::Thought { opaque, .. } => kept(opaque.as_ref(), from)?.get().to_owned(),
        Block::Kept { opaque } => kept(Some(opaque), from)?.get().to_owned(),
        Block::Call(call) => wire_call(call),
        Block::Result { call, content, ok } => {
            let mut parts: Vec<Value> = content.iter().filter_map(part).collect();
            if parts.is_empty() {
                parts.push(json!({ "text": NO_OUTPUT }));
            }
            let status = if *ok { "success" } else { "error" };
            let id = wire_id(call.as_str());
            json!({"toolResult": {"toolUseId": id, "content": parts, "status": status}}).to_string()
        }
        Block::Image { .. } | Block::Document { .. } => part(block)?.to_string(),
    })
}

fn wire_call(call: &Call) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Use<'a> {
        tool_use: Inner<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Inner<'a> {
        tool_use_id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: &'a Value,
    }
    let tool_use = Inner {
        tool_use_id: wire_id(call.id.as_str()),
        name: tool_name(&call.tool),
        input: &call.input,
    };
    serde_json::to_string(&Use { tool_use }).unwrap_or_default()
}

fn part(block: &Block) -> Option<Value> {
    match block {
        Block::Text { text, .. } => (!text.trim().is_empty()).then(|| json!({ "text": text })),
        Block::Image { media_type, data } => {
            let format = media_type.rsplit('/').next().unwrap_or("png");
            Some(json!({"image": {"format": format, "source": {"bytes": data}}}))
        }
        Block::Document {
            media_type,
            data,
            title,
        } => {
            let name = title.as_deref().unwrap_or("document");
            if let Some(text) = document_text(media_type, data) {
                return Some(json!({ "text": titled(name, &text) }));
            }
            let format = match media_type.as_str() {
                "application/pdf" => "pdf",
                "application/msword" => "doc",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
                "application/vnd.ms-excel" => "xls",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
                other => {
                    let text =
                        format!("[the document \"{name}\" ({other}) that this model cannot read]");
                    return Some(json!({ "text": text }));
                }
            };
            let name = document_name(name);
            Some(json!({"document": {"format": format, "name": name, "source": {"bytes": data}}}))
        }
        Block::Thought { .. } | Block::Call(_) | Block::Result { .. } | Block::Kept { .. } => None,
    }
}

/// Letters, digits, single blanks, hyphens, parentheses and square brackets.
fn document_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-()[]".contains(c) {
                c
            } else {
                ' '
            }
        })
        .take(200)
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if words.is_empty() {
        "document".to_owned()
    } else {
        words.join(" ")
    }
}

/// Up to 64 letters, digits, `_` and `-`.
fn wire_id(id: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=64).contains(&id.len()) && id.chars().all(plain) {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(short_id(id))
    }
}
