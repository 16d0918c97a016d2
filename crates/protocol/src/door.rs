//! The door: how the model calls a tool that is not on the session's frozen list.

use crate::Call;
use serde_json::{Map, Value, json};

/// The tool on the frozen list through which every other tool is called.
pub const DOOR: &str = "CallTool";

/// The door's field for the tool's name.
const TOOL: &str = "tool";
/// The door's field for the tool's input.
const INPUT: &str = "input";

/// The call that a call of the door stands for; `None` where the model did not say which.
///
/// An input that stands in quotes, or beside the name instead of under `input`, is taken too:
/// models write both.
pub fn through_door(call: &Call) -> Option<Call> {
    if call.tool != DOOR || call.broken.is_some() {
        return None;
    }
    let fields = call.input.as_object()?;
    let tool = fields.get(TOOL)?.as_str()?.trim();
    if tool.is_empty() || tool == DOOR {
        return None;
    }
    let input = match fields.get(INPUT) {
        Some(Value::Object(input)) => input.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).ok()?,
        Some(Value::Null) => Map::new(),
        Some(_) => return None,
        None => fields
            .iter()
            .filter(|(name, _)| *name != TOOL)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    };
    Some(Call {
        tool: tool.to_owned(),
        input: Value::Object(input),
        ..call.clone()
    })
}

/// A call as the model made it, with the door around it.
pub(crate) fn with_door(call: &Call, door: &str) -> Call {
    Call {
        tool: door.to_owned(),
        input: json!({ TOOL: call.tool, INPUT: call.input }),
        ..call.clone()
    }
}

#[cfg(test)]
mod tests;
