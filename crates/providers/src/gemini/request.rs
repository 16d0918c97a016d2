//! The body of a request.

use super::convert::{Calls, Converted, Look, convert};
use crate::{by_message::ByMessage, front::Body, members::Members};
use gimlet_ports::{ModelCard, ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::{Role, ToolSpec};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a request says besides the conversation.
pub(super) struct Shape<'a> {
    pub(super) card: &'a ModelCard,
    pub(super) extra_body: &'a Map<String, Value>,
}

/// Assembles the body. What stays the same comes first, so that the bytes of the request before
/// come again in front.
pub(super) fn body(
    shape: &Shape<'_>,
    request: &ModelRequest,
    (look, calls): (&Look, &Calls<'_>),
    converted: &ByMessage<Converted>,
) -> Result<Body, serde_json::Error> {
    let messages = converted.of(&request.messages, |message| convert(message, look, calls));
    let long: usize = messages.iter().map(|m| m.parts.len() + 32).sum();
    let mut out = Members::begin();
    out.put("generationConfig", &generation(shape, request))?;
    match &request.tool_choice {
        _ if request.tools.is_empty() => {}
        ToolChoice::Auto => {}
        ToolChoice::None => {
            out.put(
                "toolConfig",
                &json!({"functionCallingConfig": {"mode": "NONE"}}),
            )?;
        }
        ToolChoice::Only(name) => {
            let only = json!({"mode": "ANY", "allowedFunctionNames": [name]});
            out.put("toolConfig", &json!({ "functionCallingConfig": only }))?;
        }
    }
    for (key, value) in shape.extra_body {
        if key != "generationConfig" {
            out.put(key, value)?;
        }
    }
    let front_at = out.0.len();
    write_tools(&mut out, &request.tools)?;
    let parts = request.system.iter().filter(|part| !part.trim().is_empty());
    let parts: Vec<Value> = parts.map(|text| json!({ "text": text })).collect();
    if !parts.is_empty() {
        out.put("systemInstruction", &json!({ "parts": parts }))?;
    }
    out.0.reserve(long + 4096);
    out.key("contents")?;
    write_contents(&mut out.0, &messages);
    out.0.push(b'}');
    Ok(Body {
        bytes: out.0,
        front_at,
    })
}

fn generation(shape: &Shape<'_>, request: &ModelRequest) -> Map<String, Value> {
    let mut config = Map::new();
    let limit = shape.card.max_output_tokens;
    let asked = request.max_output_tokens.unwrap_or(limit);
    if !shape.card.assumed || asked < limit {
        let most = if shape.card.assumed { asked } else { limit };
        config.insert(
            "maxOutputTokens".to_owned(),
            json!(asked.clamp(1, most.max(1))),
        );
    }
    if let Some(thinking) = thinking(shape.card, request.thinking) {
        config.insert("thinkingConfig".to_owned(), thinking);
    }
    if let Some(answer) = &request.answer {
        config.insert("responseMimeType".to_owned(), json!("application/json"));
        config.insert("responseJsonSchema".to_owned(), answer.schema.clone());
    }
    let given = shape.extra_body.get("generationConfig");
    if let Some(given) = given.and_then(Value::as_object) {
        config.extend(given.clone());
    }
    config
}

/// How much is reasoned. The smallest budget of a model that cannot do without is its own
/// affair: nothing is said then.
fn thinking(card: &ModelCard, thinking: Thinking) -> Option<Value> {
    if !card.thinking {
        return None;
    }
    let can_be_off = card.name.contains("2.5-flash");
    match thinking {
        Thinking::Off if can_be_off => Some(json!({"thinkingBudget": 0})),
        Thinking::Off => None,
        Thinking::Adaptive => Some(json!({"includeThoughts": true})),
        Thinking::Budget(tokens) => {
            Some(json!({"includeThoughts": true, "thinkingBudget": tokens.clamp(128, 32_768)}))
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    name: &'a str,
    description: &'a str,
    parameters_json_schema: &'a Value,
}

fn write_tools(out: &mut Members, tools: &[ToolSpec]) -> Result<(), serde_json::Error> {
    if tools.is_empty() {
        return Ok(());
    }
    let tools = tools.iter().map(|tool| Declaration {
        name: &tool.name,
        description: &tool.description,
        parameters_json_schema: &tool.input_schema,
    });
    let tools: Vec<Declaration<'_>> = tools.collect();
    out.key("tools")?;
    out.0.extend_from_slice(br#"[{"functionDeclarations":"#);
    serde_json::to_writer(&mut out.0, &tools)?;
    out.0.extend_from_slice(b"}]");
    Ok(())
}

/// Neighbours of one role go out as one content, since a call's results must stand together.
fn write_contents(out: &mut Vec<u8>, messages: &[Arc<Converted>]) {
    out.push(b'[');
    let mut before: Option<Role> = None;
    for message in messages.iter().filter(|message| !message.parts.is_empty()) {
        if before == Some(message.role) {
            out.push(b',');
        } else {
            if before.is_some() {
                out.extend_from_slice(b"]},");
            }
            let opening: &[u8] = match message.role {
                Role::User => br#"{"role":"user","parts":["#,
                Role::Assistant => br#"{"role":"model","parts":["#,
            };
            out.extend_from_slice(opening);
        }
        before = Some(message.role);
        out.extend_from_slice(&message.parts);
    }
    if before.is_some() {
        out.extend_from_slice(b"]}");
    }
    out.push(b']');
}
