//! Facts as lines of text without what differs from run to run, for snapshots.

use gimlet_protocol::{Entry, Fact};
use serde_json::{Value, json};

/// Texts that differ from run to run, with what stands for them.
pub type Redaction = Vec<(String, String)>;

/// Members whose values differ from run to run.
const FICKLE: &[&str] = &[
    "until",
    "took_ms",
    "first_ms",
    "total_ms",
    "sent_bytes",
    "kept_bytes",
    "before_tokens",
    "after_tokens",
    "modified_ns",
    "durationMs",
    "totalDurationMs",
    "duration_ms",
    "group",
    "request_id",
    "reply",
];

/// One line for each fact. Results of one round stand in the order of their calls, since
/// calls that run together end in any order.
pub fn redacted_facts(entries: &[Entry], redaction: &Redaction) -> String {
    let mut lines: Vec<(String, bool)> =
        entries.iter().map(|entry| line(entry, redaction)).collect();
    let mut from = 0;
    while from < lines.len() {
        let run = lines
            .iter()
            .skip(from)
            .take_while(|(_, returned)| *returned)
            .count();
        if let Some(results) = lines.get_mut(from..from + run) {
            results.sort();
        }
        from += run.max(1);
    }
    let lines: Vec<String> = lines.into_iter().map(|(line, _)| line).collect();
    lines.join("\n") + "\n"
}

fn line(entry: &Entry, redaction: &Redaction) -> (String, bool) {
    let mut fact = serde_json::to_value(&entry.fact).unwrap_or(Value::Null);
    if let Some(opened) = fact
        .get_mut("data")
        .filter(|_| matches!(entry.fact, Fact::Opened(_)))
    {
        let tools = opened["tools"].as_array().into_iter().flatten();
        let names: Vec<&Value> = tools.map(|tool| &tool["name"]).collect();
        *opened = json!({ "model": opened["model"], "mode": opened["mode"], "tools": names });
    }
    redact(&mut fact);
    let tag = fact["type"].as_str().unwrap_or_default().to_owned();
    let mut text = fact["data"].to_string();
    for (found, shown) in redaction {
        text = text.replace(found, shown);
    }
    (
        format!("{tag} {text}"),
        matches!(entry.fact, Fact::Returned(_)),
    )
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("usage").is_some_and(is_nothing) {
                fields.shift_remove("usage");
                fields.shift_remove("cost");
            }
            fields.retain(|name, value| !FICKLE.contains(&name.as_str()) || value.is_object());
            fields.values_mut().for_each(redact);
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) if text.len() > LONG && is_base64(text) => {
            *text = format!("({} characters of base64)", text.len());
        }
        Value::String(text) if text.chars().count() > MOST_SHOWN => {
            let shown: String = text.chars().take(MOST_SHOWN).collect();
            *text = format!("{shown}… ({} characters)", text.chars().count());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// True for tokens of which there are none.
fn is_nothing(usage: &Value) -> bool {
    usage
        .as_object()
        .is_some_and(|counts| counts.values().all(|count| *count == 0))
}

/// Characters of a text; of a longer one the start and the length are told.
const MOST_SHOWN: usize = 600;
/// A run of base64 that is longer is told by its length.
const LONG: usize = 64;

fn is_base64(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
        && !text.chars().all(|c| c.is_ascii_hexdigit())
}
