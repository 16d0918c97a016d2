//! The traits through which the parts of Gimlet reach each other.
//!
//! A sibling crate implements some of these and calls others; none of them sees another
//! sibling. Nothing here runs anything: no runtime, no file, no socket. The stop token is
//! `tokio-util`'s, which needs no runtime.

mod confine;
mod host;
mod judge;
mod log;
mod model;
mod reminders;
mod sessions;
mod snapshots;
mod tool;
mod upkeep;
mod web;
mod workers;
mod worktrees;

pub use confine::{Cell, Confining, Contacts, HostAnswer, HostQuestion, Overseer, Warden};
pub use host::{
    Child, ChildEvent, DirItem, Exit, FileInfo, FileKind, GlobFound, GlobQuery, GrepFound, GrepHit,
    GrepMode, GrepQuery, Host, HostFault, Launch, LineWindow, OutputTo, Program, PtySize,
    StdinFrom, TextWindow, WhichStream, WriteHow,
};
pub use judge::{Asking, Broken, Case, GrantKeeper, Judge, Particulars, rule};
pub use log::{EntryIter, LogFault, SessionLog};
pub use model::{
    AnswerShape, EditFormat, Failure, Model, ModelCard, ModelEnd, ModelItem, ModelMore,
    ModelRequest, ModelStream, Models, Price, PriceTier, ReplyBlock, StartedBlock, Thinking,
    ToolCalling, ToolChoice, WireBytes,
};
pub use reminders::Reminders;
pub use sessions::{EventStream, ModelRow, OpenFault, OpenSpec, SessionHead, SessionRow, Sessions};
pub use snapshots::{Restore, Snapshots, Window};
pub use tool::{
    AnyTool, Plan, Progress, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, Toolbox,
};
pub use upkeep::{Preference, Preferences, Reach, Shelf, Shelved};
pub use web::{Fetched, Web, WebFault, WebHit, WebHop, WebPage, WebQuery};

pub use workers::{
    Job, Settle, WorkerAnswer, WorkerKind, WorkerReport, WorkerTold, Workers, Works,
    told_of_changes,
};
pub use worktrees::{Entered, Losses, Which, Worktrees};

/// A boxed future, for traits that are used as objects.
pub type Later<'a, T> = futures::future::BoxFuture<'a, T>;

/// Passed down to everything that waits. Stopping is an ordinary outcome: a stopped call
/// still yields its one result.
pub type Stop = tokio_util::sync::CancellationToken;
