//! What a stream says, in the neutral steps of a reply, and its bytes on the wire.

use serde_json::{Value, json};

/// Characters of a call's input in each of its pieces.
const INPUT_PIECE_CHARS: usize = 7;

/// A reply as a stream of events. Opening and closing events are added where missing.
#[derive(Clone, Debug)]
pub struct Script {
    model: String,
    input_usage: Value,
    output_usage: Value,
    body: Vec<(String, String)>,
    blocks: usize,
    stop_reason: Option<String>,
    stop_details: Option<Value>,
    calls: bool,
    raw: Option<Vec<u8>>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            model: "mock".to_owned(),
            input_usage: json!({
                "input_tokens": 10,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 1,
            }),
            output_usage: json!({"output_tokens": 20}),
            body: Vec::new(),
            blocks: 0,
            stop_reason: None,
            stop_details: None,
            calls: false,
            raw: None,
        }
    }
}

impl Script {
    /// A reply that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These bytes and no others.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            raw: Some(bytes.into()),
            ..Self::default()
        }
    }

    /// The model that answers.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    /// The counts at the start and at the end, in the provider's members.
    #[must_use]
    pub fn usage(mut self, start: Value, end: Value) -> Self {
        self.input_usage = start;
        self.output_usage = end;
        self
    }

    /// A block of text in one piece.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.text_in_pieces(text, usize::MAX)
    }

    /// A block of text in pieces of so many characters.
    #[must_use]
    pub fn text_in_pieces(self, text: &str, chars: usize) -> Self {
        let delta = |piece: String| json!({"type": "text_delta", "text": piece});
        let deltas = pieces(text, chars).map(delta).collect();
        self.block(&json!({"type": "text", "text": ""}), deltas)
    }

    /// A block of reasoning with its signature.
    #[must_use]
    pub fn thought(self, text: &str, signature: &str) -> Self {
        let delta = |piece: String| json!({"type": "thinking_delta", "thinking": piece});
        let mut deltas: Vec<Value> = pieces(text, 11).map(delta).collect();
        deltas.push(json!({"type": "signature_delta", "signature": signature}));
        self.block(
            &json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas,
        )
    }

    /// A block of reasoning that only the provider can read.
    #[must_use]
    pub fn redacted(self, data: &str) -> Self {
        self.block(
            &json!({"type": "redacted_thinking", "data": data}),
            Vec::new(),
        )
    }

    /// A tool call with its input in pieces.
    #[must_use]
    pub fn call(self, id: &str, tool: &str, input: &Value) -> Self {
        self.call_raw(id, tool, &input.to_string())
    }

    /// A tool call whose input is this text, valid or not.
    #[must_use]
    pub fn call_raw(mut self, id: &str, tool: &str, input: &str) -> Self {
        self.calls = true;
        let delta = |piece: String| json!({"type": "input_json_delta", "partial_json": piece});
        let deltas = pieces(input, INPUT_PIECE_CHARS).map(delta).collect();
        self.block(
            &json!({"type": "tool_use", "id": id, "name": tool, "input": {}}),
            deltas,
        )
    }

    /// Any block: as it begins, and what is added.
    #[must_use]
    pub fn block(mut self, start: &Value, deltas: Vec<Value>) -> Self {
        let index = self.blocks;
        self.blocks += 1;
        let begin = json!({"type": "content_block_start", "index": index, "content_block": start});
        self = self.event("content_block_start", &begin);
        for delta in deltas {
            let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
            self = self.event("content_block_delta", &delta);
        }
        let stop = json!({"type": "content_block_stop", "index": index});
        self.event("content_block_stop", &stop)
    }

    /// A sign of life.
    #[must_use]
    pub fn ping(self) -> Self {
        self.event("ping", &json!({"type": "ping"}))
    }

    /// An error in the middle of the stream; nothing may follow.
    #[must_use]
    pub fn error(self, kind: &str, message: &str) -> Self {
        let error = json!({"type": "error", "error": {"type": kind, "message": message}});
        self.event("error", &error)
    }

    /// Any event.
    #[must_use]
    pub fn event(self, name: &str, data: &Value) -> Self {
        self.event_raw(name, &data.to_string())
    }

    /// Any event with any data, valid or not. A line end begins a new data line.
    #[must_use]
    pub fn event_raw(mut self, name: &str, data: &str) -> Self {
        self.body.push((name.to_owned(), data.to_owned()));
        self
    }

    /// Why the model stopped; `tool_use` or `end_turn` unless told.
    #[must_use]
    pub fn stop(mut self, reason: &str) -> Self {
        self.stop_reason = Some(reason.to_owned());
        self
    }

    /// The model declines, with an explanation.
    #[must_use]
    pub fn refusal(mut self, explanation: &str) -> Self {
        self.stop_details = Some(json!({"type": "refusal", "explanation": explanation}));
        self.stop("refusal")
    }

    /// The bytes of the stream.
    pub fn bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut out = Vec::new();
        let message = json!({
            "id": "msg_mock",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": self.input_usage,
        });
        let start = json!({"type": "message_start", "message": message});
        write_event(&mut out, "message_start", &start.to_string());
        for (name, data) in &self.body {
            write_event(&mut out, name, data);
        }
        let natural = if self.calls { "tool_use" } else { "end_turn" };
        let reason = self.stop_reason.as_deref().unwrap_or(natural);
        let mut delta = json!({"stop_reason": reason, "stop_sequence": null});
        if let (Some(details), Some(delta)) = (&self.stop_details, delta.as_object_mut()) {
            delta.insert("stop_details".to_owned(), details.clone());
        }
        let close = json!({"type": "message_delta", "delta": delta, "usage": self.output_usage});
        write_event(&mut out, "message_delta", &close.to_string());
        write_event(&mut out, "message_stop", r#"{"type":"message_stop"}"#);
        out
    }
}

fn write_event(out: &mut Vec<u8>, name: &str, data: &str) {
    out.extend_from_slice(format!("event: {name}\n").as_bytes());
    for line in data.split('\n') {
        out.extend_from_slice(format!("data: {line}\n").as_bytes());
    }
    out.push(b'\n');
}

pub(super) fn pieces(text: &str, chars: usize) -> impl Iterator<Item = String> {
    let mut letters = text.chars();
    std::iter::from_fn(move || {
        let piece: String = letters.by_ref().take(chars.max(1)).collect();
        (!piece.is_empty()).then_some(piece)
    })
}
