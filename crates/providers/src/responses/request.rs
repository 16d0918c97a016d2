//! The body of a request.

use super::{
    Freeform, ResponsesOptions, Storing,
    convert::{Converted, Customs, convert},
    kept::Chains,
};
use crate::{by_message::ByMessage, front::Body, members::Members};
use gimlet_ports::{ModelCard, ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::ToolSpec;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::Arc,
};

/// What a request says besides the conversation.
pub(super) struct Shape<'a> {
    pub(super) card: &'a ModelCard,
    pub(super) options: &'a ResponsesOptions,
    pub(super) chains: &'a Chains,
}

/// A body, and what its reply can be gone on from.
pub(super) struct Made {
    pub(super) body: Body,
    /// A digest of the whole conversation, where the provider stores the reply.
    pub(super) chain: Option<u64>,
    /// True when the body only says what is new.
    pub(super) goes_on: bool,
}

/// Assembles the body. What stays the same comes first, and each message's bytes depend on
/// the message and the calls before it alone, so the bytes of the request before come again in
/// front.
pub(super) fn body(
    shape: &Shape<'_>,
    request: &ModelRequest,
    customs: &Customs<'_>,
    converted: &ByMessage<Converted>,
) -> Result<Made, serde_json::Error> {
    let messages = converted.of(&request.messages, |message| convert(message, customs));
    let stored = shape.options.storing == Storing::Replies;
    let last = stored
        .then(|| last_reply(&messages, shape.chains))
        .flatten();
    let (new, previous) = match last {
        Some((at, reply)) => (messages.get(at + 1..).unwrap_or_default(), Some(reply)),
        None => (&messages[..], None),
    };
    let long: usize = new.iter().map(|message| message.json.len() + 1).sum();
    let mut out = Members::begin();
    write_head(&mut out, shape, request, previous)?;
    let front_at = out.0.len();
    write_tools(&mut out, &request.tools, &shape.options.freeform)?;
    let parts = request.system.iter().map(String::as_str);
    let parts: Vec<&str> = parts.filter(|part| !part.trim().is_empty()).collect();
    if !parts.is_empty() {
        out.put("instructions", &parts.join("\n\n"))?;
    }
    out.0.reserve(long + 4096);
    out.key("input")?;
    write_input(&mut out.0, new);
    out.0.push(b'}');
    Ok(Made {
        goes_on: previous.is_some(),
        body: Body {
            bytes: out.0,
            front_at,
        },
        chain: stored.then(|| digest(&messages)),
    })
}

/// The last message that is a whole stored reply to exactly what stands before it.
fn last_reply<'a>(messages: &'a [Arc<Converted>], chains: &Chains) -> Option<(usize, &'a str)> {
    let found = messages.iter().enumerate().rev().find_map(|(at, message)| {
        let reply = message.reply.as_deref()?;
        Some((at, reply))
    });
    let (at, reply) = found?;
    let before = messages.get(..at)?;
    chains.holds(reply, digest(before)).then_some((at, reply))
}

fn digest(messages: &[Arc<Converted>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for message in messages {
        hasher.write(&message.json);
    }
    hasher.finish()
}

fn write_head(
    out: &mut Members,
    shape: &Shape<'_>,
    request: &ModelRequest,
    previous: Option<&str>,
) -> Result<(), serde_json::Error> {
    let options = shape.options;
    let extra = &options.extra_body;
    out.put("model", &shape.card.name)?;
    out.put("stream", &true)?;
    match options.storing {
        Storing::Replies => out.put("store", &true)?,
        Storing::Nothing => {
            out.put("store", &false)?;
            if shape.card.thinking {
                out.raw(r#""include":["reasoning.encrypted_content"]"#, extra);
            }
        }
    }
    if let Some(previous) = previous {
        out.put("previous_response_id", previous)?;
    }
    if let Some(tokens) = max_tokens(shape.card, request)
        && !extra.contains_key("max_output_tokens")
    {
        out.put("max_output_tokens", &tokens)?;
    }
    if !extra.contains_key("prompt_cache_key") {
        out.put("prompt_cache_key", request.session.as_str())?;
    }
    if let Some(tier) = &options.service_tier {
        out.put("service_tier", tier)?;
    }
    if !extra.contains_key("reasoning")
        && let Some(reasoning) = reasoning(shape.card, request.thinking)
    {
        out.put("reasoning", &reasoning)?;
    }
    if let Some(answer) = &request.answer {
        let format = json!({"type": "json_schema", "name": answer.name, "schema": answer.schema, "strict": false});
        out.put("text", &json!({ "format": format }))?;
    }
    match &request.tool_choice {
        _ if request.tools.is_empty() => {}
        ToolChoice::Auto => {}
        ToolChoice::None => out.put("tool_choice", "none")?,
        ToolChoice::Only(name) => {
            let custom = options.freeform.iter().any(|form| form.tool == *name);
            let kind = if custom { "custom" } else { "function" };
            out.put("tool_choice", &json!({"type": kind, "name": name}))?;
        }
    }
    for (key, value) in extra {
        out.put(key, value)?;
    }
    Ok(())
}

/// How much is reasoned, in the words that the model takes.
fn reasoning(card: &ModelCard, thinking: Thinking) -> Option<Value> {
    if !card.thinking {
        return None;
    }
    let efforts = &card.more.efforts;
    let takes = |effort: &str| efforts.iter().any(|known| known == effort);
    match thinking {
        Thinking::Off => ["none", "minimal", "low"]
            .into_iter()
            .find(|effort| takes(effort))
            .map(|effort| json!({ "effort": effort })),
        Thinking::Adaptive => Some(json!({"summary": "auto"})),
        Thinking::Budget(tokens) => {
            let effort = match tokens {
                0..4_096 => "low",
                4_096..16_384 => "medium",
                16_384..65_536 => "high",
                _ if takes("xhigh") => "xhigh",
                _ => "high",
            };
            Some(json!({"effort": effort, "summary": "auto"}))
        }
    }
}

/// Of a model about which nothing is known, no limit is known either: unless the person asks
/// for less than what is assumed, the server's own limit holds.
fn max_tokens(card: &ModelCard, request: &ModelRequest) -> Option<u64> {
    let asked = request.max_output_tokens.unwrap_or(card.max_output_tokens);
    // The provider takes no smaller limit.
    let least = 16;
    if card.assumed {
        (asked < card.max_output_tokens).then_some(asked.max(least))
    } else {
        Some(asked.clamp(least, card.max_output_tokens.max(least)))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum WireTool<'a> {
    Function {
        r#type: &'static str,
        name: &'a str,
        description: &'a str,
        parameters: &'a Value,
        strict: bool,
    },
    Custom {
        r#type: &'static str,
        name: &'a str,
        description: &'a str,
    },
}

fn write_tools(
    out: &mut Members,
    tools: &[ToolSpec],
    freeform: &[Freeform],
) -> Result<(), serde_json::Error> {
    if tools.is_empty() {
        return Ok(());
    }
    let tools = tools.iter().map(|tool| {
        if freeform.iter().any(|form| form.tool == tool.name) {
            return WireTool::Custom {
                r#type: "custom",
                name: &tool.name,
                description: &tool.description,
            };
        }
        WireTool::Function {
            r#type: "function",
            name: &tool.name,
            description: &tool.description,
            parameters: &tool.input_schema,
            strict: false,
        }
    });
    out.put("tools", &tools.collect::<Vec<_>>())
}

fn write_input(out: &mut Vec<u8>, messages: &[Arc<Converted>]) {
    out.push(b'[');
    for message in messages.iter().filter(|message| !message.json.is_empty()) {
        if out.last() != Some(&b'[') {
            out.push(b',');
        }
        out.extend_from_slice(&message.json);
    }
    out.push(b']');
}
