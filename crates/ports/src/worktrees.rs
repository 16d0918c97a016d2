//! Git worktrees that a session itself moves into.

use crate::Later;
use std::path::PathBuf;

/// Makes and removes git worktrees of the repository that a session works in.
pub trait Worktrees: Send + Sync {
    /// Makes the worktree of that name, or finds it where there is one.
    ///
    /// # Errors
    /// When there can be none, in a sentence for the model.
    fn enter(&self, root: PathBuf, which: Which) -> Later<'_, Result<Entered, String>>;

    /// Removes a worktree with its branch.
    ///
    /// # Errors
    /// When something in it would be lost and that is not wanted, in a sentence for the model.
    fn remove(&self, worktree: PathBuf, losses: Losses) -> Later<'_, Result<(), String>>;
}

/// Which worktree is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this name, on a branch of its own.
    Named(String),
    /// One that exists. Absolute.
    At(PathBuf),
}

/// Where a session works now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The worktree. Absolute.
    pub path: PathBuf,
    /// Its branch, where it is on one.
    pub branch: Option<String>,
}

/// Whether work may be lost that is nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losses {
    /// Changes that are not committed and commits on no other branch go, too.
    Wanted,
    /// They keep the worktree where it is.
    Refused,
}
