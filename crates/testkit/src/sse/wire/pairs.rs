//! What every request must hold in Responses, Gemini and Converse: calls and results pair up,
//! roles alternate, nothing is empty.

use super::Wire;
use crate::sse::check::{list, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with a request.
pub(in crate::sse) fn check(wire: Wire, body: &[u8]) -> Vec<String> {
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return vec![format!("the body is not as expected: {error}")],
    };
    let mut faults = Vec::new();
    match wire {
        Wire::Responses => responses(&body, &mut faults),
        Wire::Gemini => gemini(&body, &mut faults),
        Wire::Converse => converse(&body, &mut faults),
        Wire::Messages | Wire::VertexMessages | Wire::BedrockMessages | Wire::Chat => {}
    }
    faults
}

/// A reasoning item needs what it led to behind it, and a result its call before it.
fn responses(body: &Value, faults: &mut Vec<String>) {
    let input = list(body, "input");
    if input.is_empty() {
        faults.push("no input".to_owned());
    }
    let goes_on = body.get("previous_response_id").is_some();
    let mut open = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (at, item) in input.iter().enumerate() {
        let kind = text(item, "type");
        let id = text(item, "call_id");
        match kind {
            "function_call" | "custom_tool_call" => {
                if !ids.insert(id) {
                    faults.push(format!("item {at} repeats the call `{id}`"));
                }
                open.insert((id, format!("{kind}_output")));
            }
            "function_call_output" | "custom_tool_call_output" => {
                if !open.remove(&(id, kind.to_owned())) && !goes_on {
                    faults.push(format!(
                        "item {at} answers `{id}`, which is not open as {kind}"
                    ));
                }
            }
            "reasoning" => {
                let next = input.get(at + 1).map_or("", |next| text(next, "type"));
                if !["reasoning", "message"].contains(&next) && !next.ends_with("_call") {
                    faults.push(format!("item {at} is reasoning that leads to nothing"));
                }
                if text(item, "encrypted_content").is_empty() && body["store"] == false {
                    faults.push(format!("item {at} is reasoning that nobody kept"));
                }
            }
            _ => {
                if text(item, "role").is_empty() && ["", "message"].contains(&kind) {
                    faults.push(format!("item {at} has no role"));
                }
                if text(item, "role") == "user" && !open.is_empty() {
                    faults.push(format!("item {at} leaves a call without a result"));
                }
            }
        }
    }
    for (id, _) in open {
        faults.push(format!("the call `{id}` has no result"));
    }
}

/// The content after one with calls answers each of them, in order.
fn gemini(body: &Value, faults: &mut Vec<String>) {
    let contents = list(body, "contents");
    let mut expected = "user";
    let mut open: Vec<(&Value, &Value)> = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        let role = text(content, "role");
        if role != expected {
            faults.push(format!(
                "content {at} is `{role}` and should be `{expected}`"
            ));
        }
        expected = if role == "user" { "model" } else { "user" };
        let parts = list(content, "parts");
        if parts.is_empty() {
            faults.push(format!("content {at} is empty"));
        }
        let of = |key: &'static str| parts.iter().filter_map(move |part| part.get(key));
        let name = |function: &'_ Value| function["name"].clone();
        let results: Vec<&Value> = of("functionResponse").collect();
        if role == "user" {
            let calls: Vec<Value> = open.drain(..).map(|(call, _)| name(call)).collect();
            let answered: Vec<Value> = results.iter().map(|result| name(result)).collect();
            if calls != answered {
                faults.push(format!(
                    "content {at} answers {answered:?} and not {calls:?}"
                ));
            }
        } else {
            let calls = parts
                .iter()
                .filter(|part| part.get("functionCall").is_some());
            open = calls.map(|part| (&part["functionCall"], part)).collect();
            if let Some((_, first)) = open.first()
                && first.get("thoughtSignature").is_none()
            {
                faults.push(format!("content {at} has a call without a signature"));
            }
        }
    }
    if !open.is_empty() {
        faults.push("the last calls have no results".to_owned());
    }
}

fn converse(body: &Value, faults: &mut Vec<String>) {
    let mut expected = "user";
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut points = 0;
    for (at, message) in list(body, "messages").iter().enumerate() {
        let role = text(message, "role");
        if role != expected {
            faults.push(format!(
                "message {at} is `{role}` and should be `{expected}`"
            ));
        }
        expected = if role == "user" { "assistant" } else { "user" };
        let blocks = list(message, "content");
        if blocks.is_empty() {
            faults.push(format!("message {at} is empty"));
        }
        for block in blocks {
            points += usize::from(block.get("cachePoint").is_some());
            if let Some(call) = block.get("toolUse") {
                open.insert(text(call, "toolUseId"));
            }
            if let Some(result) = block.get("toolResult")
                && !open.remove(text(result, "toolUseId"))
            {
                faults.push(format!("message {at} answers a call that is not open"));
            }
        }
        if role == "user" && !open.is_empty() {
            faults.push(format!("message {at} leaves a call without a result"));
            open.clear();
        }
    }
    if !open.is_empty() {
        faults.push("the last calls have no results".to_owned());
    }
    if points > 2 {
        faults.push(format!("{points} cache points in the messages"));
    }
}
