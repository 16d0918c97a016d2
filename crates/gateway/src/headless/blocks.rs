//! Content blocks as the Messages API writes them, from and to the neutral form.

use gimlet_protocol::{Block, Call, Opaque, Usage};
use serde_json::{Value, json};

/// The dialect whose opaque blocks are Messages API blocks as they stand.
const DIALECT: &str = "anthropic";

/// A text block.
pub(crate) fn text_block(text: &str, opaque: Option<&Opaque>) -> Value {
    own_form(opaque).unwrap_or_else(|| json!({"type": "text", "text": text}))
}

/// A reasoning block; its signature is empty where the provider gave none.
pub(crate) fn thinking_block(text: &str, opaque: Option<&Opaque>) -> Value {
    own_form(opaque)
        .unwrap_or_else(|| json!({"type": "thinking", "thinking": text, "signature": ""}))
}

/// A tool call.
pub(crate) fn call_block(call: &Call) -> Value {
    json!({"type": "tool_use", "id": call.id, "name": call.tool, "input": call.input})
}

/// A block of the provider without a neutral form; `None` where it is of another dialect.
pub(crate) fn own_form(opaque: Option<&Opaque>) -> Option<Value> {
    let opaque = opaque.filter(|opaque| opaque.dialect == DIALECT)?;
    let value: Value = opaque.data.read().ok()?;
    value.is_object().then_some(value)
}

/// What a tool result or a message carries: a string where it is one plain text.
pub(crate) fn content(blocks: &[Block]) -> Value {
    match blocks {
        [] => Value::String(String::new()),
        [Block::Text { text, opaque: None }] => Value::String(text.clone()),
        blocks => Value::Array(blocks.iter().filter_map(block).collect()),
    }
}

fn block(block: &Block) -> Option<Value> {
    Some(match block {
        Block::Text { text, opaque } => text_block(text, opaque.as_ref()),
        Block::Thought { text, opaque } => thinking_block(text, opaque.as_ref()),
        Block::Call(call) => call_block(call),
        Block::Result {
            call,
            content: inner,
            ok,
        } => tool_result(call.as_str(), inner, *ok),
        Block::Image { media_type, data } => json!({
            "type": "image",
            "source": {"type": "base64", "media_type": media_type, "data": data},
        }),
        Block::Document {
            media_type,
            data,
            title,
        } => {
            let mut document = json!({
                "type": "document",
                "source": {"type": "base64", "media_type": media_type, "data": data},
            });
            if let Some(title) = title {
                document["title"] = json!(title);
            }
            document
        }
        Block::Kept { opaque } => return own_form(Some(opaque)),
    })
}

/// A call's result as a block.
pub(crate) fn tool_result(call: &str, blocks: &[Block], ok: bool) -> Value {
    let mut result =
        json!({"type": "tool_result", "tool_use_id": call, "content": content(blocks)});
    if !ok {
        result["is_error"] = json!(true);
    }
    result
}

/// Token counts under the names of the Messages API.
pub(crate) fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    })
}

/// Reads what a client says: a string, or blocks of text, images and documents.
///
/// # Errors
/// A fragment that names what does not fit.
pub(crate) fn read_content(content: &Value) -> Result<Vec<Block>, String> {
    let blocks = match content {
        Value::String(text) => vec![Block::text(text.as_str())],
        Value::Array(blocks) => blocks
            .iter()
            .map(read_block)
            .collect::<Result<Vec<_>, String>>()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err("`message.content` is neither a string nor a list of blocks".to_owned());
        }
    };
    let is_blank =
        |block: &Block| matches!(block, Block::Text { text, .. } if text.trim().is_empty());
    if blocks.iter().all(is_blank) {
        return Err("the message is empty".to_owned());
    }
    Ok(blocks)
}

fn read_block(block: &Value) -> Result<Block, String> {
    let kind = field(block, "type").ok_or("a content block has no `type`")?;
    match kind {
        "text" => {
            let text = field(block, "text").ok_or("a `text` block has no `text`")?;
            Ok(Block::text(text))
        }
        "image" => {
            let (media_type, data) = base64_source(block, "image")?;
            if !IMAGE_TYPES.contains(&media_type) {
                return Err(format!("images of type `{media_type}` are not taken"));
            }
            Ok(Block::Image {
                media_type: media_type.to_owned(),
                data: data.to_owned(),
            })
        }
        "document" => read_document(block),
        other => Err(format!(
            "blocks of type `{other}` are not taken from a client"
        )),
    }
}

const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

fn read_document(block: &Value) -> Result<Block, String> {
    let title = field(block, "title").map(str::to_owned);
    let source = block.get("source").unwrap_or(&Value::Null);
    if field(source, "type") == Some("text") {
        let text = field(source, "data").ok_or("a `document` block has no `source.data`")?;
        return Ok(Block::text(match title {
            Some(title) => format!("{title}\n\n{text}"),
            None => text.to_owned(),
        }));
    }
    let (media_type, data) = base64_source(block, "document")?;
    Ok(Block::Document {
        media_type: media_type.to_owned(),
        data: data.to_owned(),
        title,
    })
}

fn base64_source<'a>(block: &'a Value, kind: &str) -> Result<(&'a str, &'a str), String> {
    let source = block.get("source").unwrap_or(&Value::Null);
    if field(source, "type") != Some("base64") {
        return Err(format!(
            "the `source` of a block of type `{kind}` is not `base64`"
        ));
    }
    match (field(source, "media_type"), field(source, "data")) {
        (Some(media_type), Some(data)) if is_base64(data) => Ok((media_type, data)),
        (Some(_), Some(_)) => Err(format!(
            "the data of a block of type `{kind}` is not base64"
        )),
        _ => Err(format!(
            "the `source` of a block of type `{kind}` lacks `media_type` or `data`"
        )),
    }
}

fn is_base64(data: &str) -> bool {
    let bare = data.trim_end_matches('=');
    !bare.is_empty()
        && data.len().is_multiple_of(4)
        && data.len() - bare.len() <= 2
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn field<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
