//! What front ends talk to.

use crate::Later;
use gimlet_protocol::{
    Accepted, EntryId, Event, FileDiff, Mode, Op, OpKey, Refusal, RestorePreview, RestoreWish,
    SessionId, SessionState, Timeline, Timestamp, UndoWhat,
};
use std::path::PathBuf;

/// Facts in order without a gap, with signals between. Ends when the session closes.
pub type EventStream = futures::stream::BoxStream<'static, Event>;

/// The sessions of this process: in it, or behind a wire.
pub trait Sessions: Send + Sync {
    /// Opens a session: a new one, an earlier one, or a fork of one.
    fn open(&self, spec: OpenSpec) -> Later<'_, Result<SessionHead, OpenFault>>;

    /// Takes an operation. The same key again is accepted and changes nothing: for prompts as
    /// long as the log lasts, for other operations while the session is open.
    fn submit(
        &self,
        session: SessionId,
        key: OpKey,
        op: Op,
    ) -> Later<'_, Result<Accepted, Refusal>>;

    /// Follows a session from the entry after `after`, or from its start. Facts are never
    /// dropped; a slow follower loses signals and is told how many.
    fn follow(
        &self,
        session: SessionId,
        after: Option<EntryId>,
    ) -> Later<'_, Result<EventStream, Refusal>>;

    /// The session's turns with what each changed on the disk.
    fn timeline(&self, session: SessionId) -> Later<'_, Result<Timeline, Refusal>> {
        drop(session);
        Box::pin(async { Err(no_snapshots()) })
    }

    /// What an undo, a redo or a rewind of files would do. Changes nothing.
    fn preview(
        &self,
        session: SessionId,
        wish: RestoreWish,
    ) -> Later<'_, Result<RestorePreview, Refusal>> {
        drop((session, wish));
        Box::pin(async { Err(no_snapshots()) })
    }

    /// What turns or calls changed, as text.
    fn diff(
        &self,
        session: SessionId,
        what: UndoWhat,
    ) -> Later<'_, Result<Vec<FileDiff>, Refusal>> {
        drop((session, what));
        Box::pin(async { Err(no_snapshots()) })
    }

    /// The sessions of this folder, the newest first.
    fn list(&self) -> Later<'_, Result<Vec<SessionRow>, OpenFault>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The models that can be named, the providers with a key first.
    fn models(&self) -> Later<'_, Vec<ModelRow>> {
        Box::pin(async { Vec::new() })
    }

    /// Ends every session of this process in order.
    fn close_all(&self) -> Later<'_, ()>;
}

fn no_snapshots() -> Refusal {
    Refusal::NotNow {
        why: "no snapshots are taken here".to_owned(),
    }
}

/// Which session to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenSpec {
    /// A new one.
    New {
        /// Its id, where the client chose one.
        id: Option<SessionId>,
    },
    /// An earlier one, by id or name.
    Earlier {
        /// Id, a unique start of one, or the name.
        name: String,
    },
    /// The newest of this folder.
    Newest,
    /// A new one that begins as a copy.
    Fork {
        /// Id, a unique start of one, or the name; the newest of this folder where `None`.
        of: Option<String>,
        /// The new one's id, where the client chose one.
        id: Option<SessionId>,
    },
}

/// An open session at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHead {
    /// The session.
    pub id: SessionId,
    /// Where it works.
    pub cwd: PathBuf,
    /// The model, as `provider/name`.
    pub model: String,
    /// The permission mode.
    pub mode: Mode,
    /// The names of the tools on offer.
    pub tools: Vec<String>,
    /// Its name, where it has one.
    pub title: Option<String>,
    /// When it was last written.
    pub at: Timestamp,
    /// The last entry.
    pub last: Option<EntryId>,
    /// What it is doing.
    pub state: SessionState,
    /// True when a crash or a fault cut its last turn short, so that `Op::Resume` is possible.
    pub unfinished: bool,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Its name, where it has one.
    pub title: Option<String>,
    /// What was said first.
    pub first_prompt: String,
    /// How many entries its log has.
    pub entries: u64,
    /// When it was last written.
    pub at: Timestamp,
}

/// A model in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRow {
    /// `provider/name`.
    pub name: String,
    /// What it costs and whether there is a key for it.
    pub about: String,
    /// How many tokens it can take.
    pub window_tokens: Option<u64>,
}

/// Why a session was not opened. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenFault {
    /// What was asked for does not exist or does not fit; the person can mend it.
    User {
        /// One sentence.
        text: String,
        /// What to do, if anything.
        hint: Option<String>,
    },
    /// The settings are wrong.
    Config {
        /// One sentence with file, line and key.
        text: String,
        /// What to do, if anything.
        hint: Option<String>,
    },
    /// The machine is not as needed.
    Environment {
        /// One sentence.
        text: String,
        /// What to do, if anything.
        hint: Option<String>,
    },
}
