//! Amazon's framing of a stream.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

pub(super) const KIND: &str = "application/vnd.amazon.eventstream";

/// One message.
pub(super) fn frame(kind: &str, name: &str, payload: &Value) -> Vec<u8> {
    let mut headers = Vec::new();
    let name_header = if kind == "exception" {
        ":exception-type"
    } else {
        ":event-type"
    };
    for (header, value) in [
        (name_header, name),
        (":content-type", "application/json"),
        (":message-type", kind),
    ] {
        headers.push(u8::try_from(header.len()).unwrap_or(0));
        headers.extend_from_slice(header.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string().into_bytes();
    let total = 12 + headers.len() + payload.len() + 4;
    let mut out = Vec::with_capacity(total);
    for length in [total, headers.len()] {
        out.extend_from_slice(&u32::try_from(length).unwrap_or(0).to_be_bytes());
    }
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out.extend(headers);
    out.extend(payload);
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

/// Server-sent events, each in a message of its own, as Bedrock hands on another's stream.
pub(super) fn wrapped(events: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(events);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.flat_map(|data| {
        frame(
            "event",
            "chunk",
            &json!({"bytes": BASE64_STANDARD.encode(data)}),
        )
    })
    .collect()
}
