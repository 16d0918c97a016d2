//! One reply in the words of every dialect, so that the same story can be told over each wire.

mod frames;
pub(super) mod pairs;
mod render;

use super::{ChatScript, Reply, Script};
use serde_json::{Value, json};

/// A dialect, or a place that wraps one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Anthropic's Messages.
    Messages,
    /// The same on Google's Vertex AI.
    VertexMessages,
    /// The same on Amazon Bedrock.
    BedrockMessages,
    /// Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Google's Gemini.
    Gemini,
    /// Amazon Bedrock's Converse.
    Converse,
}

/// A reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What it holds, in order.
    pub pieces: Vec<Piece>,
    /// How it ends.
    pub ending: Ending,
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Reasoning, with a signature where the dialect has one.
    Thought(String),
    /// Text.
    Text(String),
    /// A call with its id and its input.
    Call(String, String, Value),
}

/// How a reply ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model has said all.
    Natural,
    /// The output limit cut it.
    Length,
    /// The model or a filter declined.
    Declined,
}

/// A failure in place of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests.
    Overloaded,
    /// A wrong key.
    Key,
    /// More than the model can hold.
    TooLong,
    /// No such model.
    NoModel,
    /// A request that makes no sense.
    Wrong,
}

impl Said {
    /// A reply that ends of itself.
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self {
            pieces: pieces.into_iter().collect(),
            ending: Ending::Natural,
        }
    }

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::new([Piece::text(text)])
    }

    /// The same with another end.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
}

impl Piece {
    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Reasoning.
    pub fn thought(text: &str) -> Self {
        Self::Thought(text.to_owned())
    }

    /// A call.
    pub fn call(id: &str, tool: &str, input: Value) -> Self {
        Self::Call(id.to_owned(), tool.to_owned(), input)
    }
}

impl Wire {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Messages,
        Self::VertexMessages,
        Self::BedrockMessages,
        Self::Chat,
        Self::Responses,
        Self::Gemini,
        Self::Converse,
    ];

    /// The dialect of requests to this path.
    pub fn of_path(path: &str) -> Option<Self> {
        [
            ("/v1/messages", Self::Messages),
            (":streamRawPredict", Self::VertexMessages),
            ("/invoke-with-response-stream", Self::BedrockMessages),
            ("/chat/completions", Self::Chat),
            ("/responses", Self::Responses),
            (":streamGenerateContent", Self::Gemini),
            ("/converse-stream", Self::Converse),
        ]
        .into_iter()
        .find(|(end, _)| path.ends_with(end))
        .map(|(_, wire)| wire)
    }

    /// The reply as an answer of the server.
    pub fn reply(self, said: &Said) -> Reply {
        match self {
            Self::Messages | Self::VertexMessages => Reply::events(&messages(said)),
            Self::BedrockMessages => {
                let bytes = frames::wrapped(&messages(said).bytes());
                Reply::raw(200, frames::KIND, bytes).header("x-amzn-requestid", "req_mock")
            }
            Self::Chat => Reply::chunks(&chat(said)),
            Self::Responses => Reply::raw(200, "text/event-stream", render::responses(said))
                .header("x-request-id", "req_mock"),
            Self::Gemini => Reply::raw(200, "text/event-stream", render::gemini(said)),
            Self::Converse => Reply::raw(200, frames::KIND, render::converse(said))
                .header("x-amzn-requestid", "req_mock"),
        }
    }

    /// An exception in the middle of a stream in Amazon's framing.
    pub fn exception(name: &str, message: &str) -> Reply {
        let mut bytes = frames::frame("event", "messageStart", &json!({"role": "assistant"}));
        bytes.extend(frames::frame(
            "exception",
            name,
            &json!({ "message": message }),
        ));
        Reply::raw(200, frames::KIND, bytes)
    }

    /// The failure as this dialect's servers say it.
    pub fn fault(self, fault: Fault) -> Reply {
        let (status, message) = match fault {
            Fault::Overloaded => (429, "too many requests"),
            Fault::Key => (401, "the key is wrong"),
            Fault::TooLong => (400, "prompt is too long: 250000 tokens > 200000 maximum"),
            Fault::NoModel => (404, "no such model"),
            Fault::Wrong => (400, "a member makes no sense"),
        };
        let name = |names: [&'static str; 5]| {
            let [overloaded, key, long, model, wrong] = names;
            match fault {
                Fault::Overloaded => overloaded,
                Fault::Key => key,
                Fault::TooLong => long,
                Fault::NoModel => model,
                Fault::Wrong => wrong,
            }
        };
        match self {
            Self::Messages | Self::VertexMessages => {
                let kind = name([
                    "rate_limit_error",
                    "authentication_error",
                    "invalid_request_error",
                    "not_found_error",
                    "invalid_request_error",
                ]);
                Reply::error(status, kind, message)
            }
            Self::Chat | Self::Responses => {
                let code = name([
                    "rate_limit_exceeded",
                    "invalid_api_key",
                    "context_length_exceeded",
                    "model_not_found",
                    "invalid_value",
                ]);
                let error = json!({"message": message, "type": "invalid_request_error", "code": code, "param": null});
                Reply::json(status, &json!({ "error": error }))
            }
            Self::Gemini => {
                let kind = name([
                    "RESOURCE_EXHAUSTED",
                    "UNAUTHENTICATED",
                    "INVALID_ARGUMENT",
                    "NOT_FOUND",
                    "INVALID_ARGUMENT",
                ]);
                let message = if fault == Fault::TooLong {
                    "The input token count exceeds the maximum number of tokens allowed (1048576)."
                } else {
                    message
                };
                let error = json!({"code": status, "message": message, "status": kind});
                Reply::json(status, &json!({ "error": error }))
            }
            Self::Converse | Self::BedrockMessages => {
                let kind = name([
                    "ThrottlingException",
                    "UnrecognizedClientException",
                    "ValidationException",
                    "ResourceNotFoundException",
                    "ValidationException",
                ]);
                Reply::json(status, &json!({ "message": message })).header(
                    "x-amzn-errortype",
                    &format!("{kind}:http://internal.amazon.com/"),
                )
            }
        }
    }
}

fn messages(said: &Said) -> Script {
    let mut script = Script::new();
    for piece in &said.pieces {
        script = match piece {
            Piece::Thought(text) => script.thought(text, "c2lnbmVk"),
            Piece::Text(text) => script.text(text),
            Piece::Call(id, tool, input) => script.call(id, tool, input),
        };
    }
    match said.ending {
        Ending::Natural => script,
        Ending::Length => script.stop("max_tokens"),
        Ending::Declined => script.refusal("this is not for me"),
    }
}

fn chat(said: &Said) -> ChatScript {
    let mut script = ChatScript::new();
    for piece in &said.pieces {
        script = match piece {
            Piece::Thought(text) => script.thought("reasoning_content", text),
            Piece::Text(text) => script.text(text),
            Piece::Call(id, tool, input) => script.call(id, tool, input),
        };
    }
    match said.ending {
        Ending::Natural => script,
        Ending::Length => script.finish("length"),
        Ending::Declined => script.finish("content_filter"),
    }
}
