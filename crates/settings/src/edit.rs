//! Changing one value of a settings file, so that comments, order and layout stay.

use crate::parse::options;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstRootNode};
use serde_json::Value;

/// The text of a settings file with another value for a dotted key. An empty text becomes a
/// new file.
///
/// # Errors
/// When the text is no settings file, or something on the way to the key is no object.
pub fn with_value(text: &str, key: &str, value: &Value) -> Result<String, String> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = CstRootNode::parse(text, &options()).map_err(|error| error.to_string())?;
    let mut object = root
        .object_value()
        .ok_or("the settings file is no object")?;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err(format!("`{key}` is no key"));
        }
        if parts.peek().is_some() {
            object = below(&object, part)?;
        } else if let Some(member) = object.get(part) {
            member.set_value(input(value));
        } else {
            object.append(part, input(value));
        }
    }
    Ok(root.to_string())
}

/// The text of a settings file whose list of texts under a dotted key was changed: `add` stands
/// in it once, `remove` not at all. Comments, order and layout stay.
///
/// # Errors
/// When the text is no settings file, or the key holds no list.
pub fn with_items(
    text: &str,
    key: &str,
    add: &[String],
    remove: &[String],
) -> Result<String, String> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = CstRootNode::parse(text, &options()).map_err(|error| error.to_string())?;
    let mut object = root
        .object_value()
        .ok_or("the settings file is no object")?;
    let (folders, last) = key.rsplit_once('.').unwrap_or(("", key));
    for part in folders.split('.').filter(|part| !part.is_empty()) {
        object = below(&object, part)?;
    }
    let list = object
        .array_value_or_create(last)
        .ok_or_else(|| format!("`{key}` is no list"))?;
    let literal = |node: &CstNode| node.as_string_lit()?.decoded_value().ok();
    // A rule with examples is known by its rule.
    let text_of = |element: &CstNode| {
        literal(element).or_else(|| literal(&element.as_object()?.get("rule")?.value()?))
    };
    let mut kept = Vec::new();
    for element in list.elements() {
        match text_of(&element) {
            Some(item) if remove.contains(&item) => element.remove(),
            Some(item) => kept.push(item),
            None => {}
        }
    }
    for item in add {
        if !kept.contains(item) {
            list.append(CstInputValue::String(item.clone()));
            kept.push(item.clone());
        }
    }
    Ok(root.to_string())
}

fn below(object: &CstObject, part: &str) -> Result<CstObject, String> {
    object
        .object_value_or_create(part)
        .ok_or_else(|| format!("`{part}` is no object in the file"))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(fields) => CstInputValue::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), input(value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests;
