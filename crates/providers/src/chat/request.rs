//! The body of a request.

use super::{
    convert::{Converted, Look, Speaker, bridge, convert},
    vendor::{
        AfterTool, AnswerForm, ChatQuirks, ForcedTool, Parallel, Schemas, SystemRole, UsageOption,
    },
};
use crate::{by_message::ByMessage, front::Body, members::Members};
use gimlet_ports::{ModelCard, ModelRequest, Thinking, ToolChoice};
use gimlet_protocol::ToolSpec;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, sync::Arc};

/// What a request says besides the conversation.
pub(super) struct Shape<'a> {
    pub(super) card: &'a ModelCard,
    pub(super) quirks: &'a ChatQuirks,
    /// The provider and the model.
    pub(super) from: &'a str,
    /// Members as JSON without braces.
    pub(super) extras: &'a [&'static str],
    /// More members, from the person.
    pub(super) extra_body: &'a Map<String, Value>,
}

/// Assembles the body. What stays the same comes first, and each message's bytes depend on
/// the message alone, so the bytes of the request before come again in front.
pub(super) fn body(
    shape: &Shape<'_>,
    request: &ModelRequest,
    converted: &ByMessage<Converted>,
) -> Result<Body, serde_json::Error> {
    let look = Look {
        quirks: shape.quirks,
        from: shape.from,
    };
    let messages = converted.of(&request.messages, |message| convert(message, look));
    let long: usize = messages.iter().map(|message| message.json.len() + 64).sum();
    let mut out = Members::begin();
    write_head(&mut out, shape, request)?;
    let front_at = out.0.len();
    write_tools(&mut out, &request.tools, shape.quirks.schemas)?;
    out.0.reserve(long + 4096);
    out.key("messages")?;
    write_messages(&mut out.0, shape.quirks, &request.system, &messages)?;
    out.0.push(b'}');
    Ok(Body {
        bytes: out.0,
        front_at,
    })
}

fn write_head(
    out: &mut Members,
    shape: &Shape<'_>,
    request: &ModelRequest,
) -> Result<(), serde_json::Error> {
    let quirks = shape.quirks;
    let extra = shape.extra_body;
    out.put("model", &shape.card.name)?;
    out.put("stream", &true)?;
    if quirks.usage == UsageOption::Asked {
        out.raw(r#""stream_options":{"include_usage":true}"#, extra);
    }
    let limit = quirks.max_tokens.member();
    if let Some(tokens) = max_tokens(shape.card, request)
        && !extra.contains_key(limit)
    {
        out.put(limit, &tokens)?;
    }
    if let Some(member) = quirks.session.member()
        && !extra.contains_key(member)
    {
        out.put(member, request.session.as_str())?;
    }
    let words = quirks.reasoning.words();
    match request.thinking {
        Thinking::Off => out.raw(words.off, extra),
        Thinking::Adaptive => out.raw(words.adaptive, extra),
        Thinking::Budget(tokens) => {
            let members = words.budget.replace("$tokens", &tokens.to_string());
            out.raw(&members, extra);
        }
    }
    for members in shape.extras {
        out.raw(members, extra);
    }
    if let Some(answer) = &request.answer {
        let schema = || {
            let named = json!({"name": answer.name, "schema": answer.schema, "strict": false});
            json!({"type": "json_schema", "json_schema": named})
        };
        match quirks.answer {
            AnswerForm::Schema => out.put("response_format", &schema())?,
            AnswerForm::Object => out.put("response_format", &json!({"type": "json_object"}))?,
            AnswerForm::Unsaid => {}
        }
    }
    match &request.tool_choice {
        _ if request.tools.is_empty() => {}
        ToolChoice::Auto => {}
        ToolChoice::None => out.put("tool_choice", "none")?,
        ToolChoice::Only(name) => match quirks.forced_tool {
            ForcedTool::Named => out.put("tool_choice", &NamedTool::of(name))?,
            ForcedTool::Required => out.put("tool_choice", "required")?,
            ForcedTool::Unsaid => {}
        },
    }
    if quirks.parallel == Parallel::One && !request.tools.is_empty() {
        out.raw(r#""parallel_tool_calls":false"#, extra);
    }
    for (key, value) in extra {
        out.put(key, value)?;
    }
    Ok(())
}

/// Of a model about which nothing is known, no limit is known either: unless the person asks
/// for less than what is assumed, the server's own limit holds.
fn max_tokens(card: &ModelCard, request: &ModelRequest) -> Option<u64> {
    let asked = request.max_output_tokens.unwrap_or(card.max_output_tokens);
    if card.assumed {
        (asked < card.max_output_tokens).then_some(asked.max(1))
    } else {
        Some(asked.clamp(1, card.max_output_tokens))
    }
}

#[derive(Serialize)]
struct NamedTool<'a> {
    r#type: &'static str,
    function: Name<'a>,
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
}

impl<'a> NamedTool<'a> {
    fn of(name: &'a str) -> Self {
        Self {
            r#type: "function",
            function: Name { name },
        }
    }
}

#[derive(Serialize)]
struct WireTool<'a> {
    r#type: &'static str,
    function: WireFunction<'a>,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: Cow<'a, Value>,
}

/// Words of a schema that every server knows.
const PLAIN_WORDS: &[&str] = &[
    "type",
    "description",
    "properties",
    "required",
    "items",
    "enum",
    "anyOf",
    "$defs",
    "$ref",
    "additionalProperties",
];

/// A schema without words that some servers refuse, such as formats and bounds.
fn plain(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(word, _)| PLAIN_WORDS.contains(&word.as_str()))
                .map(|(word, value)| {
                    let value = match (word.as_str(), value) {
                        ("properties" | "$defs", Value::Object(named)) => Value::Object(
                            named
                                .iter()
                                .map(|(name, inner)| (name.clone(), plain(inner)))
                                .collect(),
                        ),
                        ("items" | "anyOf" | "additionalProperties", value) => plain(value),
                        (_, value) => value.clone(),
                    };
                    (word.clone(), value)
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(plain).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

fn write_tools(
    out: &mut Members,
    tools: &[ToolSpec],
    schemas: Schemas,
) -> Result<(), serde_json::Error> {
    if tools.is_empty() {
        return Ok(());
    }
    let tools = tools.iter().map(|tool| WireTool {
        r#type: "function",
        function: WireFunction {
            name: &tool.name,
            description: &tool.description,
            parameters: match schemas {
                Schemas::Whole => Cow::Borrowed(&tool.input_schema),
                Schemas::Plain => Cow::Owned(plain(&tool.input_schema)),
            },
        },
    });
    out.put("tools", &tools.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct SystemMessage {
    role: &'static str,
    content: String,
}

fn write_messages(
    out: &mut Vec<u8>,
    quirks: &ChatQuirks,
    system: &[String],
    messages: &[Arc<Converted>],
) -> Result<(), serde_json::Error> {
    out.push(b'[');
    let parts: Vec<&str> = system
        .iter()
        .map(String::as_str)
        .filter(|part| !part.trim().is_empty())
        .collect();
    if !parts.is_empty() {
        let message = SystemMessage {
            role: match quirks.system {
                SystemRole::System => "system",
                SystemRole::Developer => "developer",
                SystemRole::User => "user",
            },
            content: parts.join("\n\n"),
        };
        serde_json::to_writer(&mut *out, &message)?;
    }
    let mut before = None;
    for message in messages.iter().filter(|message| !message.json.is_empty()) {
        if out.last() != Some(&b'[') {
            out.push(b',');
        }
        let bridged = quirks.after_tool == AfterTool::Bridged;
        if bridged && before == Some(Speaker::Tool) && message.first == Speaker::User {
            serde_json::to_writer(&mut *out, &bridge())?;
            out.push(b',');
        }
        out.extend_from_slice(&message.json);
        before = Some(message.last);
    }
    out.push(b']');
    Ok(())
}
