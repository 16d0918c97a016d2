//! Replies in the manner of Chat Completions, with the habits of its many servers.

pub(super) mod check;

use super::{Delivery, Reply};
use serde_json::{Value, json};

/// Characters of a call's input in each of its pieces.
const INPUT_PIECE_CHARS: usize = 7;

/// A reply as a stream of chunks. The last chunks are added where missing.
#[derive(Clone, Debug)]
pub struct ChatScript {
    id: String,
    model: String,
    lines: Vec<String>,
    calls: u64,
    finish: Finish,
    usage: Option<Value>,
    done: Done,
}

#[derive(Clone, Debug)]
enum Finish {
    /// `tool_calls` after calls, else `stop`.
    Natural,
    Reason(Value),
    Unsaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Said,
    Unsaid,
}

impl Default for ChatScript {
    fn default() -> Self {
        Self {
            id: "chatcmpl-mock".to_owned(),
            model: "mock".to_owned(),
            lines: Vec::new(),
            calls: 0,
            finish: Finish::Natural,
            usage: Some(json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30})),
            done: Done::Said,
        }
    }
}

impl ChatScript {
    /// A reply that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The model that answers.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    /// Text in one piece.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.text_in_pieces(text, usize::MAX)
    }

    /// Text in pieces of so many characters.
    #[must_use]
    pub fn text_in_pieces(self, text: &str, chars: usize) -> Self {
        self.member_in_pieces("content", text, chars)
    }

    /// Reasoning in a member such as `reasoning_content`.
    #[must_use]
    pub fn thought(self, member: &str, text: &str) -> Self {
        self.member_in_pieces(member, text, 11)
    }

    fn member_in_pieces(mut self, member: &str, text: &str, chars: usize) -> Self {
        for piece in super::script::pieces(text, chars) {
            self = self.delta(&json!({member: piece}));
        }
        self
    }

    /// A call with its input in pieces, as OpenAI sends it.
    #[must_use]
    pub fn call(self, id: &str, tool: &str, input: &Value) -> Self {
        self.call_raw(id, tool, &input.to_string())
    }

    /// A call whose input is this text, valid or not.
    #[must_use]
    pub fn call_raw(mut self, id: &str, tool: &str, input: &str) -> Self {
        let index = self.calls;
        let begin = json!({"index": index, "id": id, "type": "function",
            "function": {"name": tool, "arguments": ""}});
        self = self.call_piece(&begin);
        for piece in super::script::pieces(input, INPUT_PIECE_CHARS) {
            self = self.call_piece(&json!({"index": index, "function": {"arguments": piece}}));
        }
        self.calls = index + 1;
        self
    }

    /// One member of `tool_calls`, as it is.
    #[must_use]
    pub fn call_piece(mut self, piece: &Value) -> Self {
        self.calls = self.calls.max(1);
        self.delta(&json!({"tool_calls": [piece]}))
    }

    /// A chunk with this delta.
    #[must_use]
    pub fn delta(self, delta: &Value) -> Self {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
        self.chunk(&json!({"choices": [choice]}))
    }

    /// A chunk with these members beside the usual ones.
    #[must_use]
    pub fn chunk(mut self, members: &Value) -> Self {
        let chunk = self.chunk_of(members);
        self.lines.push(format!("data: {chunk}\n\n"));
        self
    }

    /// These characters, events or not.
    #[must_use]
    pub fn raw(mut self, text: &str) -> Self {
        self.lines.push(text.to_owned());
        self
    }

    /// A comment, which keeps the connection alive.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.raw(&format!(": {text}\n\n"))
    }

    /// Why the model stopped, in place of the natural reason; may be `null`.
    #[must_use]
    pub fn finish(mut self, reason: impl Into<Value>) -> Self {
        self.finish = Finish::Reason(reason.into());
        self
    }

    /// No chunk says why the model stopped.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.finish = Finish::Unsaid;
        self
    }

    /// The counts in a last chunk without choices.
    #[must_use]
    pub fn usage(mut self, usage: Value) -> Self {
        self.usage = Some(usage);
        self
    }

    /// No counts.
    #[must_use]
    pub fn uncounted(mut self) -> Self {
        self.usage = None;
        self
    }

    /// No `[DONE]` at the end.
    #[must_use]
    pub fn without_done(mut self) -> Self {
        self.done = Done::Unsaid;
        self
    }

    fn chunk_of(&self, members: &Value) -> Value {
        let mut chunk = json!({"id": self.id, "object": "chat.completion.chunk",
            "created": 1_700_000_000, "model": self.model});
        if let (Some(chunk), Some(members)) = (chunk.as_object_mut(), members.as_object()) {
            chunk.extend(members.clone());
        }
        chunk
    }

    /// The bytes of the stream.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.lines.concat();
        let reason = match &self.finish {
            Finish::Natural if self.calls > 0 => Some(json!("tool_calls")),
            Finish::Natural => Some(json!("stop")),
            Finish::Reason(reason) => Some(reason.clone()),
            Finish::Unsaid => None,
        };
        let mut event = |members: &Value| {
            out.extend(["data: ", &self.chunk_of(members).to_string(), "\n\n"]);
        };
        if let Some(reason) = reason {
            event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}));
        }
        if let Some(usage) = &self.usage {
            event(&json!({"choices": [], "usage": usage}));
        }
        if self.done == Done::Said {
            out.push_str("data: [DONE]\n\n");
        }
        out.into_bytes()
    }
}

impl Reply {
    /// A stream of chunks.
    pub fn chunks(script: &ChatScript) -> Self {
        Self::raw(200, "text/event-stream", script.bytes()).header("x-request-id", "req_mock")
    }

    /// Any JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, "application/json", body.to_string()).delivered(Delivery::Whole)
    }
}
