//! The vocabulary of Gimlet: data that crosses a process boundary.
//!
//! Everything here is plain data with serde derives; there is no behaviour beyond
//! conversion and folding. This crate must never know a runtime, a file or a provider.
//!
//! Serialised shapes are part of the session log (see `docs/protocol.md`): a change here
//! answers what old programs do with new data and the other way round.

mod confinement;
mod desk;
mod door;
mod fact;
mod id;
mod message;
mod op;
pub mod path_text;
mod permission;
mod signal;
mod snapshot;
mod tool;
mod usage;
mod verbatim;

pub use confinement::{Bounds, Confinement, Contact, Limits, Network, Paths, Strength};
pub use desk::{
    ChangedFile, ChangedHow, Changes, Desk, DeskTask, Mark, Stamp, Todo, TodoStatus, WorkItem,
};
pub use door::{DOOR, through_door};
pub use fact::{
    Answered, Asked, Called, Change, Cleared, Compacted, Entry, Fact, Fault, Hired, Incoming, Kept,
    LimitKind, NoteKind, Noted, Opened, Origin, QueueLane, Queued, Refused, Reported, Returned,
    ReturnedHow, Rewound, Said, SummaryFate, Timestamp, Waits,
};
pub use id::{CallId, EntryId, GrantId, OpKey, ReplyId, SessionId, TaskId};
pub use message::{Block, Call, Message, Opaque, Role};
pub use op::{Accepted, Op, Refusal, Reply, ReplyScope};
pub use permission::{
    Access, Grant, Granted, Mode, Offer, PublishTarget, Question, QuestionPart, Reason,
    ReviewOutcome, Reviewed, Risk, Ruling, Verdict,
};
pub use signal::{Event, SessionState, Signal};
pub use snapshot::{
    Author, Conflict, FileChange, FileDiff, FileState, LeftOut, OnConflict, Remedy, RestorePreview,
    RestoreWish, RewindScope, Snapshot, SnapshotOf, SnapshotRef, Taken, Timeline, TimelineChange,
    TimelineTurn, UndoWhat,
};
pub use tool::{Exposure, Lane, ToolSpec};
pub use usage::{Asker, Finish, RequestCost, Spent, Usage};
pub use verbatim::Verbatim;
