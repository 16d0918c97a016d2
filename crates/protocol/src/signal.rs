//! What is worth drawing now and may be lost, and the stream that carries both kinds.

use crate::{CallId, Entry, ReplyId, Usage};
use serde::{Deserialize, Serialize};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Nothing is owed to anyone.
    Resting,
    /// A turn runs.
    Running,
    /// A person is asked.
    Asking,
}

/// Something worth drawing now and safe to lose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// A request was sent and a reply begins.
    ReplyStarted {
        /// The reply to come.
        reply: ReplyId,
        /// The model that answers.
        model: String,
    },
    /// A block of the reply begins.
    BlockStarted {
        /// The reply.
        reply: ReplyId,
        /// The block's place in the reply, from 0.
        index: u32,
        /// For a tool call, its id and tool.
        call: Option<(CallId, String)>,
        /// True for reasoning.
        thought: bool,
    },
    /// More of a text.
    TextDelta {
        /// The reply.
        reply: ReplyId,
        /// The block's place in the reply, from 0.
        index: u32,
        /// What is added.
        text: String,
    },
    /// More of the model's reasoning.
    ThoughtDelta {
        /// The reply.
        reply: ReplyId,
        /// The block's place in the reply, from 0.
        index: u32,
        /// What is added.
        text: String,
    },
    /// More of a call's input, as JSON text.
    InputDelta {
        /// The reply.
        reply: ReplyId,
        /// The block's place in the reply, from 0.
        index: u32,
        /// What is added.
        json: String,
    },
    /// The provider has counted.
    Usage {
        /// The reply.
        reply: ReplyId,
        /// The counts so far.
        usage: Usage,
    },
    /// A running tool has something to show.
    ToolProgress {
        /// The call.
        call: CallId,
        /// Some lines of output.
        text: String,
    },
    /// Nothing came for a while; the wait goes on.
    Waiting {
        /// What is waited for: `model` or a call's id.
        what: String,
        /// Since when, in milliseconds.
        silent_ms: u64,
        /// When the wait ends at the latest, in milliseconds from its start.
        deadline_ms: u64,
    },
    /// A request failed and is sent again.
    Retrying {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How many are made at most.
        max: u32,
        /// How long the pause is, in milliseconds.
        wait_ms: u64,
        /// The class of failure.
        class: String,
        /// What happened.
        text: String,
        /// The HTTP status, where there was one.
        status: Option<u16>,
    },
    /// The session's state changed.
    State {
        /// The new state.
        state: SessionState,
    },
    /// The log cannot be written; the session rests until the next operation.
    LogFault {
        /// What happened and where.
        text: String,
    },
    /// Signals were dropped because this client was slow.
    Lagged {
        /// How many; 0 where it is not known.
        skipped: u64,
    },
}

/// What a follower of a session receives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// True after a restart. Never dropped, in order.
    Fact(Entry),
    /// Worth drawing now. May be dropped.
    Signal(Signal),
}
