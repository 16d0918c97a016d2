//! The script: what the model says to each request, as data.

use gimlet_protocol::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The only format so far.
const FORMAT: u32 = 1;

/// Why a script cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// The text is not a script; its author mends it.
    #[error("the script is not as expected: {0}")]
    Syntax(String),
    /// A newer program wrote it.
    #[error("the script has format {found}, and this version knows format {FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
}

/// Everything that a scripted model will say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The number of the format.
    pub format: u32,
    /// The model's name.
    #[serde(default = "default_name")]
    pub name: String,
    /// Which reply answers which request.
    #[serde(default)]
    pub order: ScriptOrder,
    /// Tokens that the model takes.
    #[serde(default = "default_context_tokens")]
    pub context_tokens: u64,
    /// Tokens that a reply may have.
    #[serde(default = "default_output_tokens")]
    pub max_output_tokens: u64,
    /// What the model costs; nothing is counted where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<ScriptPrice>,
    /// What it says.
    pub replies: Vec<ScriptReply>,
}

/// Which reply answers which request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptOrder {
    /// The first request gets the first reply, and so on; a repeated request counts.
    #[default]
    Sequence,
    /// A request that holds N messages of the model gets reply N, from 0. A process that
    /// takes over a session thereby goes on where the other one stood.
    History,
}

/// Prices in United States dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptPrice {
    /// Input that no cache held.
    pub input: f64,
    /// Output.
    pub output: f64,
    /// Input read from the cache.
    #[serde(default)]
    pub cache_read: f64,
    /// Input written to the cache.
    #[serde(default)]
    pub cache_write: f64,
}

/// What is said to one request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptReply {
    /// Texts that must occur in what came since the model spoke last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<String>,
    /// What is said, in order.
    pub items: Vec<ScriptItem>,
}

/// One thing that the model says or does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScriptItem {
    /// A block of text.
    Text {
        /// All of it.
        text: String,
        /// Characters of each piece; all at once where missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        piece_chars: Option<usize>,
        /// The pause before each piece.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay_ms: Option<u64>,
    },
    /// A block of reasoning.
    Thought {
        /// All of it.
        text: String,
        /// Characters of each piece; all at once where missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        piece_chars: Option<usize>,
        /// The pause before each piece.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay_ms: Option<u64>,
    },
    /// A tool call.
    Call {
        /// The tool.
        tool: String,
        /// Its input.
        input: Value,
        /// The call's id; a fresh one where missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// A tool call whose input is no valid JSON.
    BrokenCall {
        /// The tool.
        tool: String,
        /// What the model wrote.
        raw: String,
        /// The call's id; a fresh one where missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// The provider counted.
    Usage(ScriptUsage),
    /// The provider is alive.
    Heartbeat,
    /// Nothing is said for a while.
    Delay {
        /// How long.
        ms: u64,
    },
    /// Nothing is said any more until the request is stopped.
    Wait,
    /// The reply ends; the model wants to go on.
    Pause,
    /// The reply ends; it was cut at the output limit.
    Length,
    /// The reply ends; the model declined.
    Decline {
        /// What the provider said.
        text: String,
    },
    /// The reply ends; the request failed.
    Fail {
        /// The class of failure.
        class: FailureClass,
        /// What happened.
        #[serde(default = "default_failure")]
        text: String,
        /// The HTTP status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// How long the provider asks to wait; for `busy` only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

/// The classes of failure, by their names in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Overloaded or over a rate.
    Busy,
    /// The connection failed or was cut.
    Cut,
    /// What came is no valid reply.
    Garbage,
    /// The request is longer than the context.
    TooLong,
    /// The key is missing, wrong or may not do this.
    Credentials,
    /// The model does not exist here.
    NoModel,
    /// The provider calls the request wrong.
    Rejected,
}

/// Tokens; what is missing is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptUsage {
    /// Input that no cache held.
    pub input_tokens: u64,
    /// Output.
    pub output_tokens: u64,
    /// Input read from the cache.
    pub cache_read_tokens: u64,
    /// Input written to the cache.
    pub cache_write_tokens: u64,
    /// The reasoning's part of the output.
    pub thinking_tokens: u64,
}

impl From<ScriptUsage> for Usage {
    fn from(usage: ScriptUsage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            thinking_tokens: usage.thinking_tokens,
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            format: FORMAT,
            name: default_name(),
            order: ScriptOrder::default(),
            context_tokens: default_context_tokens(),
            max_output_tokens: default_output_tokens(),
            price: None,
            replies: Vec::new(),
        }
    }
}

impl Script {
    /// A script without replies.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a script's JSON text.
    ///
    /// # Errors
    /// When it is no script, with line and column, or one of another format.
    pub fn parse(text: &str) -> Result<Self, ScriptFault> {
        let syntax = |error: serde_json::Error| ScriptFault::Syntax(error.to_string());
        let script: Self = serde_json::from_str(text).map_err(syntax)?;
        if script.format != FORMAT {
            return Err(ScriptFault::Format {
                found: script.format,
            });
        }
        Ok(script)
    }

    /// Appends a reply.
    #[must_use]
    pub fn reply(mut self, build: impl FnOnce(ScriptReply) -> ScriptReply) -> Self {
        self.replies.push(build(ScriptReply::default()));
        self
    }
}

impl ScriptReply {
    /// Demands a text in what came since the model spoke last.
    #[must_use]
    pub fn expect(mut self, text: impl Into<String>) -> Self {
        self.expect.push(text.into());
        self
    }

    /// Appends any item.
    #[must_use]
    pub fn item(mut self, item: ScriptItem) -> Self {
        self.items.push(item);
        self
    }

    /// Says a text at once.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.item(ScriptItem::Text {
            text: text.into(),
            piece_chars: None,
            delay_ms: None,
        })
    }

    /// Says a text in pieces of so many characters.
    #[must_use]
    pub fn text_in_pieces(self, text: impl Into<String>, piece_chars: usize) -> Self {
        let piece_chars = Some(piece_chars);
        self.item(ScriptItem::Text {
            text: text.into(),
            piece_chars,
            delay_ms: None,
        })
    }

    /// Thinks.
    #[must_use]
    pub fn thought(self, text: impl Into<String>) -> Self {
        self.item(ScriptItem::Thought {
            text: text.into(),
            piece_chars: None,
            delay_ms: None,
        })
    }

    /// Asks for a tool.
    #[must_use]
    pub fn call(self, tool: impl Into<String>, input: Value) -> Self {
        self.item(ScriptItem::Call {
            tool: tool.into(),
            input,
            id: None,
        })
    }

    /// Asks for a tool under an id.
    #[must_use]
    pub fn call_as(self, id: impl Into<String>, tool: impl Into<String>, input: Value) -> Self {
        self.item(ScriptItem::Call {
            tool: tool.into(),
            input,
            id: Some(id.into()),
        })
    }

    /// Fails.
    #[must_use]
    pub fn fail(self, class: FailureClass, text: impl Into<String>) -> Self {
        let text = text.into();
        self.item(ScriptItem::Fail {
            class,
            text,
            status: None,
            retry_after_ms: None,
        })
    }
}

fn default_name() -> String {
    "script".to_owned()
}

fn default_context_tokens() -> u64 {
    200_000
}

fn default_output_tokens() -> u64 {
    32_000
}

fn default_failure() -> String {
    "the script says so".to_owned()
}
