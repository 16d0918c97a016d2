//! The arguments of commands that look at what sessions changed, and take it back.

use super::JsonFlag;
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct UndoArgs {
    /// How many of the last turns (1 where it is missing), one turn as `turn:N`, or a call by
    /// its id or the start of one
    pub(crate) what: Option<String>,
    /// List the turns with what each changed
    #[arg(long, conflicts_with_all = ["what", "dry_run", "force", "skip"])]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) restore: RestoreArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    /// The session: id, start of one, or name; the newest of this folder where it is missing
    #[arg(long, value_name = "SESSION")]
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

#[derive(Args, Debug)]
pub(crate) struct HowArgs {
    /// Show what would change, and what stands in the way; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Overwrite files that were changed since; what they held can be had back by `redo`
    #[arg(long, conflicts_with = "skip")]
    pub(crate) force: bool,
    /// Leave files alone that were changed since, and restore the others
    #[arg(long)]
    pub(crate) skip: bool,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// A turn by its number, `turn:N`, or a call by its id or the start of one; the last turn
    /// that changed files where it is missing
    pub(crate) what: Option<String>,
    /// The session: id, start of one, or name; the newest of this folder where it is missing
    #[arg(long, value_name = "SESSION")]
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct ScopeArgs {
    /// The conversation goes back, files stay (so it is where nothing is said)
    #[arg(long)]
    pub(crate) conversation: bool,
    /// Files go back to what they were, the conversation stays
    #[arg(long)]
    pub(crate) files: bool,
    /// The conversation and files go back
    #[arg(long)]
    pub(crate) both: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SnapshotsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SnapshotsCommand>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotsCommand {
    /// Show what is kept, for how long, what it takes and what is not covered here
    List,
    /// Remove what is older or larger than the settings allow
    Gc {
        /// Remove everything: nothing done so far can be undone any more
        #[arg(long)]
        all: bool,
    },
}
