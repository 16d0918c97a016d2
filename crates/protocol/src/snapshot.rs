//! Snapshots: what a call changed on the disk, and what taking it back amounts to.

use crate::{CallId, EntryId, OpKey, SessionId, TaskId, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The exact change set of one call, or of an undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whose changes these are.
    pub of: SnapshotOf,
    /// The changes in the order of their paths; the first ones where there are very many.
    pub changes: Vec<FileChange>,
    /// How many changes there are in all.
    pub total: u64,
    /// The name under which the snapshot store keeps all of them.
    pub set: String,
    /// What ran at the same time: some of the changes may be theirs. Calls and tasks by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// What was not looked at or not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// When the second look was taken.
    #[serde(default)]
    pub taken: Taken,
}

/// Whose changes a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SnapshotOf {
    /// A call's.
    Call {
        /// The call.
        call: CallId,
    },
    /// Made between calls while background tasks ran: theirs, or someone else's.
    Background {
        /// The tasks that ran.
        tasks: Vec<TaskId>,
    },
    /// An undo or a rewind of files.
    Undo {
        /// The operation's key.
        key: OpKey,
        /// The snapshots that were taken back.
        undone: Vec<SnapshotRef>,
    },
    /// An undo that was itself taken back.
    Redo {
        /// The operation's key.
        key: OpKey,
        /// The entry of the undo.
        undo: EntryId,
    },
}

/// A snapshot of a session or of one of its workers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SnapshotRef {
    /// The session whose log has it.
    pub session: SessionId,
    /// Its entry.
    pub entry: EntryId,
}

/// When a change set was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// As soon as the call ended.
    #[default]
    InTime,
    /// Later: the process had died while the call ran.
    Late,
}

/// What became of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Absolute.
    #[serde(with = "crate::path_text")]
    pub path: PathBuf,
    /// What was there before; `None` where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<FileState>,
    /// What is there now; `None` where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<FileState>,
    /// Whether it is certain that the call did it.
    #[serde(default, skip_serializing_if = "Author::is_certain")]
    pub author: Author,
}

/// Whether a change is known to be the call's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// It was made while the call ran.
    #[default]
    Certain,
    /// It may be someone else's: taken back only when told to.
    Doubtful,
}

impl Author {
    /// True where the change is known to be the call's.
    pub fn is_certain(&self) -> bool {
        *self == Self::Certain
    }
}

/// What is at a path, links not followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FileState {
    /// An ordinary file.
    File {
        /// Its permission bits.
        mode: u32,
        /// Its size in bytes.
        size: u64,
        /// BLAKE3 of its content, hexadecimal; `None` where the content was not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// A symbolic link.
    Link {
        /// Where it points, as it is written in it.
        #[serde(with = "crate::path_text")]
        to: PathBuf,
    },
    /// A folder.
    Folder {
        /// Its permission bits.
        mode: u32,
    },
    /// A device, socket or pipe: noticed, never restored or removed.
    Special,
}

/// Something that snapshots do not cover, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What is not covered. Absolute.
    #[serde(with = "crate::path_text")]
    pub path: PathBuf,
    /// A fragment that fits after "because".
    pub why: String,
}

/// What is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UndoWhat {
    /// The last turns that changed files and were not taken back.
    Turns {
        /// How many.
        count: u32,
    },
    /// One turn.
    Turn {
        /// The entry of its prompt.
        entry: EntryId,
    },
    /// One call.
    Call {
        /// The call.
        call: CallId,
    },
    /// Everything after an entry.
    Since {
        /// The last entry that stays.
        entry: EntryId,
    },
}

/// A change of files that can be looked at before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RestoreWish {
    /// Takes changes back.
    Undo {
        /// Which.
        what: UndoWhat,
    },
    /// Brings back what the last undo took.
    Redo,
}

/// What happens to files that are not as the change set left them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// Nothing is changed at all.
    #[default]
    Refuse,
    /// Those files stay as they are; the others are restored.
    Skip,
    /// They are overwritten. What they held is kept, so that this too can be undone.
    Overwrite,
}

/// What a rewind takes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RewindScope {
    /// The conversation; files stay as they are.
    #[default]
    Conversation,
    /// Files; the conversation goes on where it is.
    Files,
    /// Both.
    Both,
}

/// A file that cannot be restored without losing something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The path. Absolute.
    #[serde(with = "crate::path_text")]
    pub path: PathBuf,
    /// A fragment that fits after "because".
    pub why: String,
    /// Whether `OnConflict::Overwrite` helps.
    pub remedy: Remedy,
}

/// Whether a conflict can be overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The person may have it overwritten.
    Overwrite,
    /// It cannot be restored: it can only be skipped.
    None,
}

/// What a restore would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePreview {
    /// The paths that would change, in order.
    pub steps: Vec<FileChange>,
    /// The paths among them, or beside them, that stand in the way.
    pub conflicts: Vec<Conflict>,
    /// The snapshots that would be taken back.
    pub snapshots: Vec<SnapshotRef>,
    /// What those snapshots did not cover.
    pub left_out: Vec<LeftOut>,
    /// What ran beside the calls that would be taken back.
    pub beside: Vec<String>,
}

/// A session's turns with what each changed on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// In the order of the log.
    pub turns: Vec<TimelineTurn>,
    /// True when an undo can be taken back.
    pub can_redo: bool,
}

/// A turn on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineTurn {
    /// Its number in the log, from 1.
    pub number: u32,
    /// The entry of its prompt.
    pub entry: EntryId,
    /// The entry before it: where a rewind to before this turn goes.
    pub before: Option<EntryId>,
    /// When it began.
    pub at: Timestamp,
    /// The prompt's text, cut to a line or two.
    pub prompt: String,
    /// False for a turn of a branch that a rewind left.
    pub on_branch: bool,
    /// Its change sets, those of its workers included.
    pub changes: Vec<TimelineChange>,
}

/// A change set on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineChange {
    /// Where it stands.
    pub snapshot: SnapshotRef,
    /// Whose it is.
    pub of: SnapshotOf,
    /// The tool, where a call made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Paths that were created.
    pub created: u64,
    /// Paths that were changed.
    pub changed: u64,
    /// Paths that were deleted.
    pub deleted: u64,
    /// True when it was taken back.
    pub undone: bool,
    /// The first paths.
    pub paths: Vec<String>,
}

/// The difference of one path, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// What changed.
    pub change: FileChange,
    /// The unified diff; `None` where the content is no text, too large, or not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
