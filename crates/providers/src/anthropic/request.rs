//! The body of a request, with its cache markers.

use super::convert::{Converted, convert};
use crate::{
    by_message::ByMessage,
    catalogue::{Reasoning, Row, Unreasoned},
    front::Body,
};
use gimlet_ports::{ModelCard, ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::{Role, ToolSpec};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says "what stands before may be kept". Everything else of a request's front stays the same
/// from request to request; these move.
pub(super) const CACHE_MARKER: &[u8] = br#","cache_control":{"type":"ephemeral"}"#;

/// The provider takes no smaller budget.
const MIN_BUDGET_TOKENS: u64 = 1_024;
/// The budget where "as the model sees fit" meets a model that wants a number.
const ADAPTIVE_BUDGET_TOKENS: u64 = 16_000;

/// Whether tool input is streamed as it is written or in checked lumps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolStreaming {
    /// As it is written; a cut reply may leave invalid JSON.
    #[default]
    FineGrained,
    /// Checked before it is sent.
    Buffered,
}

/// Where members stand that name the model and the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the body, and in headers.
    Messages,
    /// Vertex AI: the address names the model.
    Vertex,
    /// Bedrock: the address names the model and that the reply is streamed.
    Bedrock,
}

/// What a request says besides the conversation.
pub(super) struct Shape<'a> {
    pub(super) card: &'a ModelCard,
    pub(super) row: Option<&'static Row>,
    pub(super) tool_streaming: ToolStreaming,
    pub(super) form: Form,
    /// Names of beta features.
    pub(super) betas: &'a [String],
}

/// Assembles the body. The parts that stay the same come first, so that the bytes of the
/// request before come again in front.
pub(super) fn body(
    shape: &Shape<'_>,
    request: &ModelRequest,
    converted: &ByMessage<Converted>,
) -> Result<Body, serde_json::Error> {
    let messages = converted.of(&request.messages, convert);
    let mut head = serde_json::to_vec(&head(shape, request))?;
    // Re-open the object: the three long parts follow.
    head.pop();
    let long: usize = messages
        .iter()
        .map(|message| message.blocks.len() + 64)
        .sum();
    let mut out = head;
    let front_at = out.len();
    out.reserve(long + 4096);
    write_tools(&mut out, &request.tools, shape.tool_streaming)?;
    write_system(&mut out, &request.system)?;
    write_messages(&mut out, &messages);
    out.push(b'}');
    Ok(Body {
        bytes: out,
        front_at,
    })
}

/// Whether reasoning is on, in the provider's words.
pub(super) fn thinking_param(shape: &Shape<'_>, request: &ModelRequest) -> Option<Value> {
    let max_tokens = max_tokens(shape, request);
    // A model outside the table is taken for a new one.
    let reasoning = shape.row.map(|row| row.reasoning);
    let adaptive = || json!({"type": "adaptive", "display": "summarized"});
    let budget = |tokens: u64| {
        let tokens = tokens
            .max(MIN_BUDGET_TOKENS)
            .min(max_tokens.saturating_sub(1));
        (tokens >= MIN_BUDGET_TOKENS).then(|| json!({"type": "enabled", "budget_tokens": tokens}))
    };
    match (request.thinking, reasoning) {
        (Thinking::Off, Some(Reasoning::Adaptive(Unreasoned::Type(off)))) => {
            Some(json!({"type": off}))
        }
        (Thinking::Off, _) => None,
        (Thinking::Adaptive, Some(Reasoning::Budget)) => {
            budget(ADAPTIVE_BUDGET_TOKENS.min(max_tokens / 2))
        }
        (Thinking::Budget(_), Some(Reasoning::Adaptive(_))) | (Thinking::Adaptive, _) => {
            Some(adaptive())
        }
        (Thinking::Budget(tokens), _) => budget(u64::from(tokens)),
    }
}

#[derive(Serialize)]
struct Head<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anthropic_version: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    anthropic_beta: &'a [String],
    max_tokens: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
}

fn head<'a>(shape: &Shape<'a>, request: &ModelRequest) -> Head<'a> {
    let thinking = thinking_param(shape, request);
    // A forced choice and reasoning exclude each other.
    let may_force = shape.row.is_none_or(|row| !row.refuses_forced_tool)
        && thinking
            .as_ref()
            .is_none_or(|thinking| thinking["type"] == "disabled");
    let tool_choice = match &request.tool_choice {
        _ if request.tools.is_empty() => None,
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!({"type": "none"})),
        ToolChoice::Only(name) => may_force.then(|| json!({"type": "tool", "name": name})),
    };
    let form = shape.form;
    Head {
        model: (form == Form::Messages).then_some(shape.card.name.as_str()),
        anthropic_version: match form {
            Form::Messages => None,
            Form::Vertex => Some("vertex-2023-10-16"),
            Form::Bedrock => Some("bedrock-2023-05-31"),
        },
        anthropic_beta: if form == Form::Bedrock {
            shape.betas
        } else {
            &[]
        },
        max_tokens: max_tokens(shape, request),
        stream: form != Form::Bedrock,
        thinking,
        tool_choice,
        output_config: request
            .answer
            .as_ref()
            .map(|answer| json!({"format": {"type": "json_schema", "schema": answer.schema}})),
    }
}

fn max_tokens(shape: &Shape<'_>, request: &ModelRequest) -> u64 {
    let limit = shape.card.max_output_tokens;
    match request.max_output_tokens {
        Some(asked) if shape.card.assumed => asked.max(1),
        Some(asked) => asked.clamp(1, limit),
        None => limit,
    }
}

#[derive(Serialize)]
struct WireTool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(
        rename = "eager_input_streaming",
        skip_serializing_if = "std::ops::Not::not"
    )]
    eager: bool,
}

fn write_tools(
    out: &mut Vec<u8>,
    tools: &[ToolSpec],
    streaming: ToolStreaming,
) -> Result<(), serde_json::Error> {
    let eager = streaming == ToolStreaming::FineGrained;
    let tools = tools.iter().map(|tool| WireTool {
        name: &tool.name,
        description: &tool.description,
        input_schema: &tool.input_schema,
        eager,
    });
    write_marked_list(out, "tools", tools)
}

#[derive(Serialize)]
struct WireText<'a> {
    #[serde(rename = "type")]
    tag: &'static str,
    text: &'a str,
}

fn write_system(out: &mut Vec<u8>, system: &[String]) -> Result<(), serde_json::Error> {
    let parts = system.iter().filter(|part| !part.trim().is_empty());
    write_marked_list(
        out,
        "system",
        parts.map(|text| WireText { tag: "text", text }),
    )
}

/// Writes a list of objects with a marker on the last; nothing where the list is empty.
fn write_marked_list(
    out: &mut Vec<u8>,
    key: &str,
    items: impl Iterator<Item = impl Serialize>,
) -> Result<(), serde_json::Error> {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    out.push(b',');
    serde_json::to_writer(&mut *out, key)?;
    out.extend_from_slice(b":[");
    while let Some(item) = items.next() {
        serde_json::to_writer(&mut *out, &item)?;
        if items.peek().is_some() {
            out.push(b',');
        } else {
            out.pop();
            out.extend_from_slice(CACHE_MARKER);
            out.push(b'}');
        }
    }
    out.push(b']');
    Ok(())
}

/// Neighbours of one role go out as one message, since roles must alternate.
fn write_messages(out: &mut Vec<u8>, messages: &[Arc<Converted>]) {
    let sent: Vec<&Converted> = messages
        .iter()
        .map(|message| &**message)
        .filter(|m| !m.blocks.is_empty())
        .collect();
    let marks = marks(&sent);
    out.extend_from_slice(br#","messages":["#);
    let mut before: Option<Role> = None;
    for (place, message) in sent.iter().enumerate() {
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
        match message.mark_at.filter(|_| marks.contains(&Some(place))) {
            Some(at) => {
                let (front, rest) = message.blocks.split_at(at);
                out.extend_from_slice(front);
                out.extend_from_slice(CACHE_MARKER);
                out.extend_from_slice(rest);
            }
            None => out.extend_from_slice(&message.blocks),
        }
    }
    if before.is_some() {
        out.extend_from_slice(b"]}");
    }
    out.push(b']');
}

/// The messages that carry a marker: the last one, and the one on which the request before
/// ended. The provider looks back only twenty blocks from a marker, so after a long tool
/// round the last one alone would miss what was kept.
fn marks(sent: &[&Converted]) -> [Option<usize>; 2] {
    let markable = |place: &usize| sent.get(*place).is_some_and(|m| m.mark_at.is_some());
    let last = (0..sent.len()).rev().find(markable);
    // Back over the last user message and the assistant message before it.
    let mut front = sent.len();
    for role in [Role::User, Role::Assistant] {
        while front
            .checked_sub(1)
            .and_then(|at| sent.get(at))
            .is_some_and(|m| m.role == role)
        {
            front -= 1;
        }
    }
    let earlier = (0..front)
        .rev()
        .take_while(|place| sent.get(*place).is_some_and(|m| m.role == Role::User))
        .find(markable);
    [last, earlier]
}
