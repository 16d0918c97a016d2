//! Paths in JSON: text where the path is UTF-8, its bytes in hexadecimal where it is not.

use serde::{Deserializer, Serialize, Serializer, de};
use std::{
    ffi::{OsStr, OsString},
    fmt,
    fmt::Write as _,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

/// For `#[serde(with = "…")]`: writes a string, or `{"hex":"…"}` for a path that is no text.
///
/// # Errors
/// When the serialiser fails.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Bytes {
        hex: String,
    }
    match path.to_str() {
        Some(text) => serializer.serialize_str(text),
        None => Bytes {
            hex: hex(path.as_os_str()),
        }
        .serialize(serializer),
    }
}

/// For `#[serde(with = "…")]`: reads what [`serialize`] wrote.
///
/// # Errors
/// When it is neither a string nor `{"hex":"…"}`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    deserializer.deserialize_any(PathVisitor)
}

struct PathVisitor;

impl<'de> de::Visitor<'de> for PathVisitor {
    type Value = PathBuf;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PathBuf, E> {
        Ok(PathBuf::from(text))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<PathBuf, E> {
        Ok(PathBuf::from(text))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<PathBuf, A::Error> {
        let mut path = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "hex" {
                let text = map.next_value::<String>()?;
                let bytes = bytes(&text)
                    .ok_or_else(|| de::Error::custom("a path's bytes are not hexadecimal"))?;
                path = Some(PathBuf::from(OsString::from_vec(bytes)));
            } else {
                map.next_value::<de::IgnoredAny>()?;
            }
        }
        path.ok_or_else(|| de::Error::missing_field("hex"))
    }
}

fn hex(text: &OsStr) -> String {
    text.as_bytes().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        write!(hex, "{byte:02x}").unwrap_or_default();
        hex
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    hex.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? * 16 + digit(low)?),
            _ => None,
        })
        .collect()
}
