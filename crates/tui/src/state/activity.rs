//! What a session does at this moment.

use gimlet_protocol::{SessionState, Timestamp};

/// What a session does, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// What it does.
    pub doing: Doing,
    /// When the turn began.
    pub since: Timestamp,
    /// When the last byte came.
    pub last_byte: Timestamp,
    /// A request that failed and is sent again.
    pub retry: Option<Retry>,
    /// How long nothing came and until when it is waited, in milliseconds.
    pub silent: Option<(u64, u64)>,
    /// The person has asked for an end; it was not told yet.
    pub interrupting: bool,
    /// The log cannot be written.
    pub log_fault: Option<String>,
    /// Tokens of the reply that streams.
    pub output_tokens: u64,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            doing: Doing::Resting,
            since: Timestamp(0),
            last_byte: Timestamp(0),
            retry: None,
            silent: None,
            interrupting: false,
            log_fault: None,
            output_tokens: 0,
        }
    }
}

/// What a session does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doing {
    /// Nothing is owed to anyone.
    #[default]
    Resting,
    /// The model is asked.
    Asking,
    /// The model thinks.
    Thinking,
    /// The model writes.
    Writing,
    /// Tools run.
    Working,
    /// A person is asked.
    Waiting,
    /// The context is made smaller.
    Compacting,
}

impl From<SessionState> for Doing {
    fn from(state: SessionState) -> Self {
        match state {
            SessionState::Resting => Self::Resting,
            SessionState::Running => Self::Asking,
            SessionState::Asking => Self::Waiting,
        }
    }
}

/// A request that failed and is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Which attempt failed, from 1.
    pub attempt: u32,
    /// How many are made at most.
    pub max: u32,
    /// When the next is made.
    pub at: Timestamp,
    /// What happened.
    pub text: String,
}
