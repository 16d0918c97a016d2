//! What must hold for every request of Chat Completions, and from one request of a
//! conversation to the next.

#[cfg(test)]
mod tests;

use crate::sse::check::{list, text};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::{BTreeMap, BTreeSet};

/// The last request of each conversation, by its first messages.
#[derive(Default)]
pub(in crate::sse) struct ChatConversations(BTreeMap<String, Sent>);

/// The parts of a request that servers keep.
struct Sent {
    tools: String,
    messages: Vec<String>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(default, borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

impl ChatConversations {
    /// What is wrong with a request.
    pub(in crate::sse) fn check(&mut self, body: &[u8]) -> Vec<String> {
        let parsed: (Body<'_>, Value) =
            match (serde_json::from_slice(body), serde_json::from_slice(body)) {
                (Ok(parts), Ok(value)) => (parts, value),
                (Err(error), _) | (_, Err(error)) => {
                    return vec![format!("the body is not as expected: {error}")];
                }
            };
        let (parts, value) = parsed;
        let mut faults = Vec::new();
        check_tools(&value, &mut faults);
        check_messages(&value, &mut faults);
        check_calls(&value, &mut faults);
        let sent = Sent {
            tools: parts
                .tools
                .map(RawValue::get)
                .unwrap_or_default()
                .to_owned(),
            messages: parts
                .messages
                .iter()
                .map(|raw| raw.get().to_owned())
                .collect(),
        };
        let system = usize::from(sent.messages.first().is_some_and(|m| is_system(m)));
        let Some(first) = sent.messages.get(..=system).map(<[String]>::concat) else {
            faults.push("no message".to_owned());
            return faults;
        };
        // A single message begins anew.
        if sent.messages.len() > system + 1
            && let Some(before) = self.0.get(&first)
        {
            sent.check_front(before, &mut faults);
        }
        self.0.insert(first, sent);
        faults
    }
}

fn is_system(message: &str) -> bool {
    message.starts_with(r#"{"role":"system""#)
}

impl Sent {
    fn check_front(&self, before: &Self, faults: &mut Vec<String>) {
        if self.tools != before.tools {
            faults.push("the tools changed within the conversation".to_owned());
        }
        let pairs = self.messages.iter().zip(&before.messages);
        if let Some(at) = pairs.into_iter().position(|(now, then)| now != then) {
            faults.push(format!("message {at} changed within the conversation"));
        }
    }
}

fn check_tools(body: &Value, faults: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for tool in list(body, "tools") {
        let function = tool.get("function").unwrap_or(&Value::Null);
        let name = text(function, "name");
        if !names.insert(name) {
            faults.push(format!("two tools are called `{name}`"));
        }
        if text(tool, "type") != "function" || !function["parameters"].is_object() {
            faults.push(format!("the tool `{name}` is no function with parameters"));
        }
    }
}

fn check_messages(body: &Value, faults: &mut Vec<String>) {
    for (at, message) in list(body, "messages").iter().enumerate() {
        let role = text(message, "role");
        let content = message.get("content").unwrap_or(&Value::Null);
        let calls = list(message, "tool_calls");
        match role {
            "system" if at > 0 => faults.push(format!("message {at} is a late `system`")),
            "assistant" if calls.is_empty() && is_blank(content) => {
                faults.push(format!("message {at} is empty"));
            }
            "system" | "user" | "tool" if is_blank(content) => {
                faults.push(format!("message {at} is empty"));
            }
            "system" | "user" | "assistant" | "tool" => {}
            other => faults.push(format!("message {at} is of the role `{other}`")),
        }
        if matches!(role, "tool" | "system") && !content.is_string() {
            faults.push(format!("message {at} should be a text"));
        }
        for part in content.as_array().into_iter().flatten() {
            check_part(at, part, faults);
        }
        for call in calls {
            let arguments = call.pointer("/function/arguments").and_then(Value::as_str);
            let object: Option<Value> = arguments.and_then(|text| serde_json::from_str(text).ok());
            if !object.is_some_and(|value| value.is_object()) {
                let id = text(call, "id");
                faults.push(format!(
                    "the input of the call `{id}` is no object in a text"
                ));
            }
        }
    }
}

fn check_part(at: usize, part: &Value, faults: &mut Vec<String>) {
    let good = match text(part, "type") {
        "text" => !text(part, "text").trim().is_empty(),
        "image_url" => is_data(part.pointer("/image_url/url")),
        "file" => is_data(part.pointer("/file/file_data")),
        _ => false,
    };
    if !good {
        faults.push(format!("message {at} has a part that is wrong"));
    }
}

fn is_data(url: Option<&Value>) -> bool {
    let url = url.and_then(Value::as_str).unwrap_or_default();
    url.starts_with("data:") && url.contains(";base64,")
}

fn is_blank(content: &Value) -> bool {
    match content {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(parts) => parts.is_empty(),
        _ => true,
    }
}

/// Every call has exactly one result, right after its message.
fn check_calls(body: &Value, faults: &mut Vec<String>) {
    let mut ever = BTreeSet::new();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in list(body, "messages").iter().enumerate() {
        if text(message, "role") == "tool" {
            let id = text(message, "tool_call_id");
            if !open.remove(id) {
                faults.push(format!("message {at} answers `{id}`, which is not open"));
            }
            continue;
        }
        for id in std::mem::take(&mut open) {
            faults.push(format!(
                "message {at} leaves the call `{id}` without a result"
            ));
        }
        for call in list(message, "tool_calls") {
            let id = text(call, "id");
            if !ever.insert(id) {
                faults.push(format!("message {at} repeats the call `{id}`"));
            }
            open.insert(id);
        }
    }
    for id in open {
        faults.push(format!("the call `{id}` has no result"));
    }
}
