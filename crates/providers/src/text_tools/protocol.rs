//! The words of the protocol: what the model is told, and how calls and results look as text.

use crate::wire_text::result_text;
use gimlet_protocol::{Block, Call, Message, Role, ToolSpec};
use serde_json::json;

pub(super) const OPEN: &str = "<tool_call>";
pub(super) const CLOSE: &str = "</tool_call>";
const RESULT_CLOSE: &str = "</tool_result>";

/// How tools are called, and which there are.
pub(super) fn rules(tools: &[ToolSpec]) -> String {
    let mut text = format!(
        "You can use tools. To call one, write on a line of its own {OPEN}, then one JSON object \
         with exactly the members \"name\" and \"arguments\", then {CLOSE}. For example:\n\n\
         {OPEN}\n{{\"name\": \"TOOL\", \"arguments\": {{\"member\": \"value\"}}}}\n{CLOSE}\n\n\
         You may call several tools in a row. After your calls, stop: the results come in the \
         next message, each between <tool_result> and {RESULT_CLOSE}. Never write a result \
         yourself. The arguments of each tool are described by a JSON schema.\n\nTools:\n"
    );
    for tool in tools {
        let described = json!({"name": tool.name, "description": tool.description, "arguments": tool.input_schema});
        text.push_str(&described.to_string());
        text.push('\n');
    }
    text
}

/// A message with its calls and results as text.
pub(super) fn as_text(message: &Message) -> Message {
    let mut blocks = Vec::new();
    for block in &message.blocks {
        match block {
            Block::Call(call) => blocks.push(Block::text(call_text(call))),
            Block::Result { call, content, ok } => {
                let status = if *ok { "ok" } else { "error" };
                // What a tool gives back must not end its own mark.
                let text = result_text(content, true).replace(RESULT_CLOSE, "<\\/tool_result>");
                let id = call.as_str();
                blocks.push(Block::text(format!(
                    "<tool_result call={id:?} status={status:?}>\n{text}\n{RESULT_CLOSE}"
                )));
                let files = content
                    .iter()
                    .filter(|block| matches!(block, Block::Image { .. } | Block::Document { .. }));
                blocks.extend(files.cloned());
            }
            Block::Text { .. }
            | Block::Thought { .. }
            | Block::Image { .. }
            | Block::Document { .. }
            | Block::Kept { .. } => blocks.push(block.clone()),
        }
    }
    let blocks = match message.role {
        Role::User => blocks,
        Role::Assistant => joined(blocks),
    };
    Message {
        role: message.role,
        blocks,
    }
}

/// Texts of the model that follow each other are one.
fn joined(blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    for block in blocks {
        match (out.last_mut(), block) {
            (Some(Block::Text { text, opaque }), Block::Text { text: more, .. }) => {
                text.push('\n');
                text.push_str(&more);
                *opaque = None;
            }
            (_, block) => out.push(block),
        }
    }
    out
}

fn call_text(call: &Call) -> String {
    let body = match call.broken {
        // What was written, as it was.
        Some(_) => call.input["INVALID_JSON"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        None => json!({"name": call.tool, "arguments": call.input}).to_string(),
    };
    format!("{OPEN}\n{body}\n{CLOSE}")
}
