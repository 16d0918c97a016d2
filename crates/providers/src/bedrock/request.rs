//! The body of a request, with its cache points.

use super::{
    BedrockOptions,
    convert::{Converted, convert},
};
use crate::{by_message::ByMessage, front::Body, members::Members};
use gimlet_ports::{ModelCard, ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::{Role, ToolSpec};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says "what stands before may be kept". These move from request to request.
pub(super) const CACHE_POINT: &[u8] = br#",{"cachePoint":{"type":"default"}}"#;

/// The provider takes no smaller budget.
const MIN_BUDGET_TOKENS: u64 = 1_024;
const ADAPTIVE_BUDGET_TOKENS: u64 = 16_000;

/// What a request says besides the conversation.
pub(super) struct Shape<'a> {
    pub(super) card: &'a ModelCard,
    pub(super) options: &'a BedrockOptions,
    /// The provider and the model.
    pub(super) from: &'a str,
}

impl Shape<'_> {
    /// Models that refuse a cache point do not know it.
    fn caches(&self) -> bool {
        let name = &self.card.name;
        name.contains("anthropic.claude") || name.contains("amazon.nova")
    }

    fn is_claude(&self) -> bool {
        self.card.name.contains("anthropic.claude")
    }
}

/// Assembles the body. What stays the same comes first.
pub(super) fn body(
    shape: &Shape<'_>,
    request: &ModelRequest,
    converted: &ByMessage<Converted>,
) -> Result<Body, serde_json::Error> {
    let messages = converted.of(&request.messages, |message| convert(message, shape.from));
    let long: usize = messages.iter().map(|m| m.blocks.len() + 40).sum();
    let extra = &shape.options.extra_body;
    let mut out = Members::begin();
    let limit = shape.card.max_output_tokens;
    let asked = request.max_output_tokens.unwrap_or(limit);
    if !shape.card.assumed || asked < limit {
        let most = if shape.card.assumed { asked } else { limit };
        let tokens = asked.clamp(1, most.max(1));
        out.put("inferenceConfig", &json!({ "maxTokens": tokens }))?;
    }
    let thinking = thinking(shape, request, asked.min(limit));
    if let Some(thinking) = &thinking {
        let fields = json!({ "thinking": thinking });
        if !extra.contains_key("additionalModelRequestFields") {
            out.put("additionalModelRequestFields", &fields)?;
        }
    }
    if let Some(tier) = &shape.options.service_tier {
        out.put("serviceTier", &json!({ "type": tier }))?;
    }
    for (key, value) in extra {
        out.put(key, value)?;
    }
    let front_at = out.0.len();
    // Tools must be named even where none may be called, once the conversation holds a call.
    write_tools(&mut out, shape, request, thinking.is_some())?;
    write_system(&mut out, shape, &request.system)?;
    out.0.reserve(long + 4096);
    out.key("messages")?;
    write_messages(&mut out.0, shape, &messages);
    out.0.push(b'}');
    Ok(Body {
        bytes: out.0,
        front_at,
    })
}

fn thinking(shape: &Shape<'_>, request: &ModelRequest, limit: u64) -> Option<Value> {
    if !shape.is_claude() {
        return None;
    }
    let tokens = match request.thinking {
        Thinking::Off => return None,
        Thinking::Adaptive => ADAPTIVE_BUDGET_TOKENS.min(limit / 2),
        Thinking::Budget(tokens) => u64::from(tokens),
    };
    let tokens = tokens.max(MIN_BUDGET_TOKENS).min(limit.saturating_sub(1));
    (tokens >= MIN_BUDGET_TOKENS).then(|| json!({"type": "enabled", "budget_tokens": tokens}))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireTool<'a> {
    tool_spec: ToolWords<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolWords<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: Schema<'a>,
}

#[derive(Serialize)]
struct Schema<'a> {
    json: &'a Value,
}

fn write_tools(
    out: &mut Members,
    shape: &Shape<'_>,
    request: &ModelRequest,
    thinks: bool,
) -> Result<(), serde_json::Error> {
    let tools: &[ToolSpec] = &request.tools;
    if tools.is_empty() {
        return Ok(());
    }
    out.key("toolConfig")?;
    out.0.push(b'{');
    // A forced choice and reasoning exclude each other, and there is no word for "none".
    if let (ToolChoice::Only(name), false) = (&request.tool_choice, thinks) {
        let choice = json!({"tool": {"name": name}});
        out.0.extend_from_slice(br#""toolChoice":"#);
        serde_json::to_writer(&mut out.0, &choice)?;
        out.0.push(b',');
    }
    out.0.extend_from_slice(br#""tools":["#);
    for (at, tool) in tools.iter().enumerate() {
        if at > 0 {
            out.0.push(b',');
        }
        let tool_spec = ToolWords {
            name: &tool.name,
            description: &tool.description,
            input_schema: Schema {
                json: &tool.input_schema,
            },
        };
        serde_json::to_writer(&mut out.0, &WireTool { tool_spec })?;
    }
    // Nova caches no tools.
    if shape.is_claude() {
        out.0.extend_from_slice(CACHE_POINT);
    }
    out.0.extend_from_slice(b"]}");
    Ok(())
}

fn write_system(
    out: &mut Members,
    shape: &Shape<'_>,
    system: &[String],
) -> Result<(), serde_json::Error> {
    let parts: Vec<Value> = system
        .iter()
        .filter(|part| !part.trim().is_empty())
        .map(|text| json!({ "text": text }))
        .collect();
    if parts.is_empty() {
        return Ok(());
    }
    out.put("system", &parts)?;
    if shape.caches() {
        out.0.pop();
        out.0.extend_from_slice(CACHE_POINT);
        out.0.push(b']');
    }
    Ok(())
}

/// Neighbours of one role go out as one message, since roles must alternate. The last message
/// of the person carries a cache point, and so does the one before it, on which the request
/// before ended.
fn write_messages(out: &mut Vec<u8>, shape: &Shape<'_>, messages: &[Arc<Converted>]) {
    let sent: Vec<&Converted> = messages
        .iter()
        .map(|message| &**message)
        .filter(|message| !message.blocks.is_empty())
        .collect();
    let ends = |at: &usize| {
        let role = |at: usize| sent.get(at).map(|message| message.role);
        role(*at) == Some(Role::User) && role(at + 1) != Some(Role::User)
    };
    let marked: Vec<usize> = if shape.caches() {
        (0..sent.len()).rev().filter(ends).take(2).collect()
    } else {
        Vec::new()
    };
    out.push(b'[');
    let mut before: Option<Role> = None;
    for (at, message) in sent.iter().enumerate() {
        if before == Some(message.role) {
            out.push(b',');
        } else {
            if before.is_some() {
                out.extend_from_slice(b"]},");
            }
            let opening: &[u8] = match message.role {
                Role::User => br#"{"role":"user","content":["#,
                Role::Assistant => br#"{"role":"assistant","content":["#,
            };
            out.extend_from_slice(opening);
        }
        before = Some(message.role);
        out.extend_from_slice(&message.blocks);
        if marked.contains(&at) {
            out.extend_from_slice(CACHE_POINT);
        }
    }
    if before.is_some() {
        out.extend_from_slice(b"]}");
    }
    out.push(b']');
}
