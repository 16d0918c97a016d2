//! What a session is started with beside its parts.

use crate::{budget::Purse, review::Reviewer};
use gimlet_ports::Thinking;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How a session behaves.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The folder that the session works in.
    pub root: PathBuf,
    /// Folders that the person added.
    pub added: Vec<PathBuf>,
    /// The person's home.
    pub home: Option<PathBuf>,
    /// The session's own folder for spilled output.
    pub scratch: PathBuf,
    /// Characters of a command's output that go into the context at most.
    pub output_chars: usize,
    /// Where to stop.
    pub limits: Limits,
    /// How long to wait.
    pub deadlines: Deadlines,
    /// How often to try again.
    pub retry: RetryPolicy,
    /// Who answers questions.
    pub whom: Whom,
    /// Models to go on with when the first is overloaded or missing, in order.
    pub fallback: Vec<String>,
    /// How much the model may reason.
    pub thinking: Thinking,
    /// Tokens that a reply may have; the model's own limit where `None`.
    pub max_output_tokens: Option<u64>,
    /// When the conversation is compacted.
    pub compaction: Compaction,
    /// A tool whose success ends the turn, and without which it may not end.
    pub must_end_with: Option<String>,
    /// Who asks, where the session is a worker's: such as `worker explore`.
    pub asks_as: Option<String>,
    /// What the session and all its workers spend from.
    pub purse: Arc<Purse>,
    /// How long a grant for the session holds at most.
    pub grants_last: Duration,
    /// Who judges in the mode `auto`; without one a person is asked.
    pub reviewer: Option<Reviewer>,
}

impl EngineOptions {
    /// The defaults for a session in `root` that spills to `scratch`.
    pub fn new(root: PathBuf, scratch: PathBuf) -> Self {
        Self {
            root,
            added: Vec::new(),
            home: None,
            scratch,
            output_chars: 30_000,
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            retry: RetryPolicy::default(),
            whom: Whom::Nobody,
            fallback: Vec::new(),
            thinking: Thinking::Off,
            max_output_tokens: None,
            compaction: Compaction::default(),
            must_end_with: None,
            asks_as: None,
            purse: Arc::default(),
            grants_last: Duration::from_hours(12),
            reviewer: None,
        }
    }
}

impl EngineOptions {
    /// The window in tokens past which the conversation is compacted, if it ever is.
    pub(crate) fn compact_at(&self, context_tokens: u64) -> Option<u64> {
        match self.compaction {
            Compaction::Never => None,
            Compaction::NearlyFull => Some(context_tokens),
            Compaction::At(tokens) => Some(tokens.min(context_tokens)),
        }
    }
}

/// When the conversation is compacted without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compaction {
    /// When the model's window is nearly full.
    #[default]
    NearlyFull,
    /// As if the window had only so many tokens.
    At(u64),
    /// Never; only by hand.
    Never,
}

/// Where a turn must stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests to the model in one turn.
    pub max_turns: Option<u32>,
    /// Millionths of a dollar that this run of the session may cost, with what runs before it
    /// spent that were killed.
    pub max_micro_usd: Option<u64>,
}

/// How long the driver waits before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From sending a request to its first byte.
    pub first_byte: Duration,
    /// Between two bytes of a reply.
    pub between_bytes: Duration,
    /// A whole reply.
    pub whole_reply: Duration,
    /// Silence after which a heartbeat signal is shown, and between two of them.
    pub heartbeat: Duration,
    /// What a stopped call has to return what it holds.
    pub grace: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_mins(3),
            between_bytes: Duration::from_mins(2),
            whole_reply: Duration::from_mins(30),
            heartbeat: Duration::from_secs(5),
            grace: Duration::from_millis(60),
        }
    }
}

/// How often a failed request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts for an overloaded provider, the first included.
    pub busy_attempts: u32,
    /// Attempts for a connection that fails or is cut.
    pub cut_attempts: u32,
    /// Attempts for a reply that is no reply.
    pub garbage_attempts: u32,
    /// The first pause; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause that is not the provider's own wish.
    pub longest_pause: Duration,
    /// The longest pause that a provider may ask for; longer ones end the turn.
    pub longest_asked: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            busy_attempts: 8,
            cut_attempts: 5,
            garbage_attempts: 2,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            longest_asked: Duration::from_mins(5),
        }
    }
}

/// Who answers when a person would be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A client answers.
    Person,
    /// Nobody is there: what would be asked is denied.
    Nobody,
}
