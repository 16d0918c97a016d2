//! Worktrees of workers: a copy of the person's present files in which a worker writes, and the
//! way of its changes back.
//!
//! A worktree begins as what lies on the disk, uncommitted and untracked work included. Nothing
//! of the person's repository is written for it: the worker has a git directory of its own that
//! borrows the objects, and Gimlet keeps what the files were in a third one, outside of what the
//! worker may write, so that no configuration that a worker or a repository brings is ever run.
//! `docs/adr/0004-worktrees.md` says why.

mod copy;
mod found;
mod git;
mod merge;
mod own;
mod place;

pub use found::{WorktreeRow, WorktreeState, Worktrees};
pub(crate) use merge::{Merged, merge};
pub(crate) use own::OwnWorktrees;
pub use place::WorktreeFault;
pub(crate) use place::{Held, Record};
