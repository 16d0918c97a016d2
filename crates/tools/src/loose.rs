//! Numbers and booleans as models write them: also as text, also as `null`.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// A whole number, a text of digits, or nothing.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => Ok(Some(whole)),
            (None, Some(float)) if float >= 0.0 && float.fract() == 0.0 && float < 9e15 => {
                // In this range every whole float is exactly an integer.
                format!("{float:.0}")
                    .parse()
                    .map(Some)
                    .map_err(D::Error::custom)
            }
            _ => Err(D::Error::custom(format!(
                "{number} is no whole number from 0 on"
            ))),
        },
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| D::Error::custom(format!("\"{text}\" is no whole number from 0 on"))),
        Some(other) => Err(D::Error::custom(format!("{other} is no number"))),
    }
}

/// `true`, `false`, either as text, or nothing.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(other) => Err(D::Error::custom(format!(
            "{other} is neither true nor false"
        ))),
    }
}
