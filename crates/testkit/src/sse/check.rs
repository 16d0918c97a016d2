//! What must hold for every request, and from one request of a conversation to the next.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::{BTreeMap, BTreeSet};

/// The provider takes no more.
const MOST_CACHE_MARKERS: usize = 4;

/// The last request of each conversation, by its first message.
#[derive(Default)]
pub(super) struct Conversations(BTreeMap<String, Sent>);

/// The parts of a request that the provider caches, without their cache markers.
struct Sent {
    tools: String,
    system: String,
    messages: Vec<String>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(default, borrow)]
    tools: Option<&'a RawValue>,
    #[serde(default, borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

impl Conversations {
    /// What is wrong with a request.
    pub(super) fn check(&mut self, body: &[u8]) -> Vec<String> {
        let parsed: (Body<'_>, Value) =
            match (serde_json::from_slice(body), serde_json::from_slice(body)) {
                (Ok(parts), Ok(value)) => (parts, value),
                (Err(error), _) | (_, Err(error)) => {
                    return vec![format!("the body is not as expected: {error}")];
                }
            };
        let (parts, value) = parsed;
        let mut faults = Vec::new();
        check_shape(&value, &mut faults);
        check_calls(&value, &mut faults);
        let sent = Sent {
            tools: parts.tools.map(without_markers).unwrap_or_default(),
            system: parts.system.map(without_markers).unwrap_or_default(),
            messages: parts.messages.into_iter().map(without_markers).collect(),
        };
        let Some(first) = sent.messages.first().cloned() else {
            faults.push("no message".to_owned());
            return faults;
        };
        // The first message may grow while it is alone; a single message begins anew.
        if sent.messages.len() > 1
            && let Some(before) = self.before(&first)
        {
            sent.check_front(before, &mut faults);
        }
        self.0
            .retain(|key, before| before.messages.len() > 1 || !continues(key, &first));
        self.0.insert(first, sent);
        faults
    }

    fn before(&self, first: &str) -> Option<&Sent> {
        let alone = || {
            self.0.values().find(|sent| {
                sent.messages.len() == 1 && sent.messages.iter().all(|only| continues(only, first))
            })
        };
        self.0.get(first).or_else(alone)
    }
}

impl Sent {
    fn check_front(&self, before: &Self, faults: &mut Vec<String>) {
        if self.tools != before.tools {
            faults.push("the tools changed within the conversation".to_owned());
        }
        if self.system != before.system {
            faults.push("the system prompt changed within the conversation".to_owned());
        }
        let last = before
            .messages
            .len()
            .min(self.messages.len())
            .saturating_sub(1);
        for (at, (now, then)) in self.messages.iter().zip(&before.messages).enumerate() {
            let same =
                now == then || (at == last && (continues(then, now) || continues(now, then)));
            if !same {
                faults.push(format!("message {at} changed within the conversation"));
                return;
            }
        }
    }
}

/// True when `now` is the message `then` with more blocks at its end.
fn continues(then: &str, now: &str) -> bool {
    then == now
        || then
            .strip_suffix("]}")
            .is_some_and(|front| now.starts_with(front))
}

/// The text without cache markers. Inside a JSON string the quotes would be escaped, so what
/// looks like a marker is one.
fn without_markers(raw: &RawValue) -> String {
    const MARKER: &str = r#","cache_control":{"#;
    let mut out = String::new();
    let mut rest = raw.get();
    while let Some((front, after)) = rest.split_once(MARKER) {
        out.push_str(front);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn check_shape(body: &Value, faults: &mut Vec<String>) {
    let markers = count_markers(body);
    if markers > MOST_CACHE_MARKERS {
        faults.push(format!("{markers} cache markers"));
    }
    let mut names = BTreeSet::new();
    for tool in list(body, "tools") {
        let name = text(tool, "name");
        if !names.insert(name) {
            faults.push(format!("two tools are called `{name}`"));
        }
    }
    let mut expected = "user";
    for (at, message) in list(body, "messages").iter().enumerate() {
        let role = text(message, "role");
        if role != expected {
            faults.push(format!(
                "message {at} is `{role}` and should be `{expected}`"
            ));
        }
        expected = if role == "user" { "assistant" } else { "user" };
        if list(message, "content").is_empty() {
            faults.push(format!("message {at} is empty"));
        }
        let blank =
            |block: &Value| text(block, "type") == "text" && text(block, "text").trim().is_empty();
        if list(message, "content").iter().any(blank) {
            faults.push(format!("message {at} has a blank text block"));
        }
    }
}

fn count_markers(value: &Value) -> usize {
    match value {
        Value::Object(members) => {
            let own = usize::from(members.contains_key("cache_control"));
            own + members.values().map(count_markers).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(count_markers).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Every call has exactly one result, in the message after it, before everything else there.
fn check_calls(body: &Value, faults: &mut Vec<String>) {
    let mut ever = BTreeSet::new();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in list(body, "messages").iter().enumerate() {
        let mut answered_all = false;
        for block in list(message, "content") {
            match text(block, "type") {
                "tool_use" => {
                    let id = text(block, "id");
                    if !ever.insert(id) {
                        faults.push(format!("message {at} repeats the call `{id}`"));
                    }
                    open.insert(id);
                }
                "tool_result" => {
                    let id = text(block, "tool_use_id");
                    if !open.remove(id) {
                        faults.push(format!("message {at} answers `{id}`, which is not open"));
                    }
                    if answered_all {
                        faults.push(format!("message {at} has a result after other blocks"));
                    }
                }
                _ => answered_all = true,
            }
        }
        if text(message, "role") == "user" {
            for id in std::mem::take(&mut open) {
                faults.push(format!(
                    "message {at} leaves the call `{id}` without a result"
                ));
            }
        }
    }
    for id in open {
        faults.push(format!("the call `{id}` has no result"));
    }
}
