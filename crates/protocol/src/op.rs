//! What a client may ask of a session.

use crate::{
    Block, CallId, Change, Conflict, EntryId, GrantId, OnConflict, OpKey, QueueLane, RewindScope,
    SessionId, UndoWhat,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request of a client to a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Op {
    /// Starts a turn; while a turn runs it is queued as a follow-up.
    Prompt {
        /// What the person says.
        content: Vec<Block>,
    },
    /// Delivered between tool rounds of the running turn; starts a turn when none runs.
    Steer {
        /// What the person says.
        content: Vec<Block>,
    },
    /// Replaces a queued prompt that was not delivered yet.
    EditQueued {
        /// The operation that queued it.
        queued: OpKey,
        /// The new content; empty withdraws it.
        content: Vec<Block>,
        /// Where it now waits.
        lane: QueueLane,
    },
    /// Answers a question about a call.
    Answer {
        /// The call that waits.
        call: CallId,
        /// The answer.
        reply: Reply,
    },
    /// Ends the running turn; every open call gets a result that says so.
    Interrupt,
    /// Changes the model, the mode, the title or a limit from here on.
    Configure {
        /// What changes.
        change: Change,
    },
    /// Compacts the context now.
    Compact {
        /// What the person wants kept in mind, if anything.
        instructions: Option<String>,
    },
    /// Goes back to an earlier entry: with the conversation, the files or both. Later entries
    /// stay in the log.
    Rewind {
        /// The last entry that stays.
        to: EntryId,
        /// What goes back.
        #[serde(default)]
        scope: RewindScope,
        /// What happens to files that someone changed since.
        #[serde(default)]
        conflicts: OnConflict,
    },
    /// Takes back what calls changed on the disk.
    Undo {
        /// Which calls.
        what: UndoWhat,
        /// What happens to files that someone changed since.
        #[serde(default)]
        conflicts: OnConflict,
    },
    /// Brings back what the last undo took.
    Redo {
        /// What happens to files that someone changed since.
        #[serde(default)]
        conflicts: OnConflict,
    },
    /// Takes back what was granted in this session. What was saved in settings stays there.
    Revoke {
        /// The grant.
        grant: GrantId,
    },
    /// Goes on with a turn that a crash or a fault cut short. Without one it is refused.
    Resume,
    /// Ends the session's run. The log stays.
    Close,
}

/// What a person answers to a question about a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// The call may run.
    Allow {
        /// For how long the same is allowed without asking.
        scope: ReplyScope,
        /// Which of the question's offers is taken, where the scope is more than once.
        #[serde(default, skip_serializing_if = "is_first")]
        offer: usize,
        /// The input as the person changed it, where they did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
    },
    /// The call may not run.
    Deny {
        /// Told to the model.
        reason: Option<String>,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
fn is_first(offer: &usize) -> bool {
    *offer == 0
}

/// How far an allowance reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyScope {
    /// This call only.
    Once,
    /// What was offered, until the next prompt.
    Turn,
    /// What was offered, until the session ends or the grant lapses.
    Session,
    /// What was offered, saved in the settings.
    Always,
}

/// An operation was taken; its effects follow as events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The operation's key.
    pub key: OpKey,
    /// The session's last entry when it was taken.
    pub after: Option<EntryId>,
}

/// Why an operation was not taken. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such session here.
    NoSession {
        /// The session that was named.
        session: SessionId,
    },
    /// The operation does not fit the session's state.
    NotNow {
        /// A sentence that says why.
        why: String,
    },
    /// The session's inbox is full; the client may try again.
    Busy,
    /// The log cannot be written.
    Log {
        /// A sentence that says what and where.
        why: String,
    },
    /// Files are not as the calls left them; nothing was changed.
    Conflicts {
        /// All of them.
        conflicts: Vec<Conflict>,
    },
}

impl Refusal {
    /// One sentence for people; which session is meant is known to whoever asked.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoSession { .. } => "the session has ended".to_owned(),
            Self::NotNow { why } | Self::Log { why } => why.clone(),
            Self::Busy => "the session takes no operations at the moment".to_owned(),
            Self::Conflicts { conflicts } => match conflicts.as_slice() {
                [] => "some files cannot be restored".to_owned(),
                [only] => format!("{} stands in the way: {}", only.path.display(), only.why),
                [first, rest @ ..] => format!(
                    "{} and {} more stand in the way: {}",
                    first.path.display(),
                    rest.len(),
                    first.why
                ),
            },
        }
    }
}
