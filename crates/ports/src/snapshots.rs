//! Snapshots: what calls change on the disk, and taking it back.

use crate::Later;
use gimlet_protocol::{
    Access, CallId, Entry, FileDiff, OnConflict, OpKey, Refusal, RestorePreview, RestoreWish,
    Snapshot, TaskId, Timeline, UndoWhat,
};

/// The snapshots of one session.
///
/// A call that may write has a window: opened before it runs, closed after. The window is on
/// the disk while it is open, so that the changes of a call whose process died are still found.
pub trait Snapshots: Send + Sync {
    /// Looks at what the call may write, before it does. Returns what background tasks, or
    /// someone else, changed since the last window, if tasks ran.
    fn open(&self, window: Window) -> Later<'_, Option<Snapshot>>;

    /// Looks again and tells what the call changed; `None` where that is nothing. A window
    /// that was never opened, or closed already, is nothing. To be called also where `open`
    /// was dropped before it ended.
    fn close<'a>(&'a self, call: &'a CallId) -> Later<'a, Option<Snapshot>>;

    /// What background tasks, or someone else, changed since the last window.
    fn meanwhile(&self, tasks: Vec<TaskId>) -> Later<'_, Option<Snapshot>>;

    /// Closes the windows that earlier processes of the session left open. They stay until
    /// `settled` is told, so that a process that dies in between loses nothing.
    fn leftovers(&self) -> Later<'_, Vec<Snapshot>>;

    /// What `leftovers` told stands in the log now.
    fn settled(&self) -> Later<'_, ()>;

    /// Takes changes back, or brings them back. `log` is the session's log.
    ///
    /// # Errors
    /// When there is nothing to take back or files stand in the way; nothing was changed then.
    fn restore(&self, log: Vec<Entry>, restore: Restore) -> Later<'_, Result<Snapshot, Refusal>>;

    /// What `restore` would do. Changes nothing.
    ///
    /// # Errors
    /// When there is nothing to take back.
    fn preview(
        &self,
        log: Vec<Entry>,
        wish: RestoreWish,
    ) -> Later<'_, Result<RestorePreview, Refusal>>;

    /// The turns of a log with what each changed.
    fn timeline(&self, log: Vec<Entry>) -> Later<'_, Timeline>;

    /// What calls changed, as text.
    ///
    /// # Errors
    /// When there is no such turn or call.
    fn diff(&self, log: Vec<Entry>, what: UndoWhat) -> Later<'_, Result<Vec<FileDiff>, Refusal>>;
}

/// What is about to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The call.
    pub call: CallId,
    /// What it said that it will touch.
    pub accesses: Vec<Access>,
    /// Background tasks of the session that run, or ended a short while ago.
    pub tasks: Vec<TaskId>,
}

/// An order to restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The operation's key.
    pub key: OpKey,
    /// What is to happen.
    pub wish: RestoreWish,
    /// What happens to files that someone changed since.
    pub conflicts: OnConflict,
}
