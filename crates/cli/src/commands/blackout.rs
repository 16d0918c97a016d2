//! An exported document without the credentials that stand in it.

use gimlet_hygiene::secrets;
use serde_json::Value;

/// Markdown without credentials.
pub(super) fn markdown(text: &[u8]) -> Vec<u8> {
    secrets::redact(&String::from_utf8_lossy(text))
        .into_owned()
        .into_bytes()
}

/// JSON without credentials: each text is looked at by itself and with its name, so that the
/// document stays JSON.
pub(super) fn json(text: &[u8]) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_slice::<Value>(text) else {
        return markdown(text);
    };
    clean("", &mut document);
    let mut out = document.to_string().into_bytes();
    out.push(b'\n');
    out
}

fn clean(name: &str, value: &mut Value) {
    match value {
        Value::String(text) => {
            let bare = secrets::redact(text).into_owned();
            // A password has no form of its own; only its name gives it away.
            let named = format!("\"{name}\": \"{bare}\"");
            *text = if bare == *text && !secrets::find(&named).is_empty() {
                "[redacted: credential]".to_owned()
            } else {
                bare
            };
        }
        Value::Array(items) => {
            for item in items {
                clean(name, item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                clean(name, member);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_and_the_document_stays_json() {
        let key = format!("ghp_{}", "Ab1".repeat(12));
        let text = format!(
            r#"{{"a":["say {key}\nPASSWORD=Zk3vQ9wLx\nend",1.5],"password":"Zk3vQ9wLx","n":null}}"#
        );
        let shown = json(text.as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&shown),
            "{\"a\":[\"say [redacted: GitHub token]\\nPASSWORD=[redacted: password]\\nend\",1.5],\
             \"password\":\"[redacted: credential]\",\"n\":null}\n"
        );
    }
}
