//! The ledger: what each request cost, and why.

use serde::{Deserialize, Serialize};

/// On whose behalf a request was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Asker {
    /// The session's own turn.
    Main,
    /// A sub-agent.
    Worker {
        /// The sub-agent's session.
        name: String,
    },
    /// A summary of the context.
    Compaction,
    /// A name for the session.
    Title,
    /// The reviewer of automatic permissions.
    Reviewer,
    /// A tool's own question to the small model.
    Tool {
        /// The tool's name.
        name: String,
    },
}

/// Tokens of one request, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input that was neither read from nor written to a cache.
    pub input_tokens: u64,
    /// Output, reasoning included.
    pub output_tokens: u64,
    /// Input read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Input written to the provider's cache.
    pub cache_write_tokens: u64,
    /// The part of the output that was reasoning, where it is told apart.
    #[serde(default)]
    pub thinking_tokens: u64,
}

impl Usage {
    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.thinking_tokens += other.thinking_tokens;
    }

    /// Everything that fills the context window: input of all kinds and output.
    pub fn context_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens
    }
}

/// How a reply ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Finish {
    /// The model has said all; with or without calls.
    Complete,
    /// The model paused a long turn and goes on when asked again.
    Paused,
    /// The output limit cut the reply.
    Length,
    /// The model declined.
    Refused {
        /// What the provider said.
        text: String,
    },
    /// The person interrupted the stream.
    Interrupted,
    /// The request failed.
    Failed {
        /// The class of failure, by its recovery.
        class: String,
        /// What happened.
        text: String,
    },
}

/// What one request cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestCost {
    /// In millionths of a United States dollar. `None` where no price is known.
    pub micro_usd: Option<u64>,
}

/// One request to a model: a line of the ledger. It closes the reply that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// On whose behalf.
    pub asker: Asker,
    /// Such as `anthropic`.
    pub provider: String,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The provider's id of the request, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How the reply ended.
    pub finish: Finish,
    /// Tokens, as far as the provider told.
    pub usage: Usage,
    /// What it cost.
    pub cost: RequestCost,
    /// Bytes of the request: its body as it went on the wire, or the conversation, tools and
    /// system prompt in the neutral form where a model has no wire.
    pub sent_bytes: u64,
    /// How many of these came again unchanged in front since the request before, markers for
    /// the cache not counted; 0 for the first request of a process.
    pub kept_bytes: u64,
    /// Why the common part is shorter than the request before, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke_because: Option<String>,
    /// From sending to the first content, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<u64>,
    /// From sending to the end, in milliseconds.
    pub total_ms: u64,
}
