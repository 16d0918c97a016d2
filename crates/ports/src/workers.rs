//! Workers: sub-agents with sessions of their own, as tools see them.

use crate::{Later, Progress, Scene, Stop};
use gimlet_protocol::{CallId, ChangedHow, Changes, ReturnedHow, SessionId, Usage, Waits};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// The workers of one session.
pub trait Workers: Send + Sync {
    /// The kinds that may be started, in the order in which they are told.
    fn kinds(&self) -> Vec<WorkerKind>;

    /// How long a worker may take for one report.
    fn deadline(&self) -> Duration;

    /// Starts a worker. Waits for its report where the job says so; a worker that hangs,
    /// fails or is ended has a report that says so.
    ///
    /// # Errors
    /// When none was started, in a sentence for the model.
    fn start(&self, job: Job) -> Later<'_, Result<WorkerAnswer, String>>;

    /// Speaks to a worker: a running one hears it between its rounds, one that rests goes on
    /// in the background.
    ///
    /// # Errors
    /// When there is no such worker or it cannot go on, in a sentence for the model.
    fn send(
        &self,
        call: CallId,
        to: String,
        message: String,
    ) -> Later<'_, Result<WorkerTold, String>>;

    /// Settles what a worker changed in its worktree. What lies there must be what `changes`
    /// says, which is what was approved.
    ///
    /// # Errors
    /// When nothing came of it, in words for the model: conflicts are shown.
    fn settle(
        &self,
        worker: SessionId,
        changes: Changes,
        how: Settle,
    ) -> Later<'_, Result<String, String>>;
}

/// What becomes of a worker's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// They go into the folder that the worktree was made of.
    Merge,
    /// They are thrown away.
    Discard,
}

/// Characters of a diff that a model is told.
const TOLD_DIFF_CHARS: usize = 8_000;
/// Changed files that a model is told.
const TOLD_FILES: usize = 100;

/// What a model is told of changes that wait to be merged.
pub fn told_of_changes(worker: &SessionId, changes: &Changes) -> String {
    let total = changes.files.len() as u64 + changes.more_files;
    let head = format!(
        "[It changed {total} files in a worktree of its own, {}. Nothing of this is in {} yet; \
         MergeWorktree {{\"worker\": \"{worker}\"}} merges it, if you want it.]",
        changes.worktree.display(),
        changes.into.display(),
    );
    let files = changes.files.iter().take(TOLD_FILES).map(|file| {
        let how = match file.how {
            ChangedHow::Added => 'A',
            ChangedHow::Changed => 'M',
            ChangedHow::Removed => 'D',
        };
        format!("{how} {}", file.path.display())
    });
    let more = total.saturating_sub(TOLD_FILES as u64);
    let more = (more > 0).then(|| format!("and {more} more"));
    let diff = match changes.diff.char_indices().nth(TOLD_DIFF_CHARS) {
        Some((end, _)) => format!(
            "{}\n[cut here; the files are in the worktree]\n",
            changes.diff.get(..end).unwrap_or_default()
        ),
        None => changes.diff.clone(),
    };
    let lines = std::iter::once(head).chain(files).chain(more);
    lines.chain([diff]).collect::<Vec<_>>().join("\n")
}

/// A kind of worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerKind {
    /// Its name.
    pub name: String,
    /// What it is for, in one line.
    pub about: String,
}

/// What a worker is to do.
#[derive(Clone)]
pub struct Job {
    /// The call that starts it.
    pub call: CallId,
    /// Where the session stands.
    pub scene: Arc<Scene>,
    /// The kind of worker.
    pub kind: String,
    /// The task in a few words.
    pub task: String,
    /// The task in full.
    pub prompt: String,
    /// Another model than that of its kind.
    pub model: Option<String>,
    /// Another name under which it can be spoken to.
    pub name: Option<String>,
    /// Whether the call waits; where it is not said, the kind says.
    pub waits: Option<Waits>,
    /// Where it works; where it is not said, the kind says.
    pub works: Option<Works>,
    /// Fires when the call must end.
    pub stop: Stop,
    /// For what is worth showing before the end.
    pub progress: Progress,
}

/// Where a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Works {
    /// In the session's folder.
    Along,
    /// In a worktree of its own.
    Apart,
}

/// What a call that starts a worker is told.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum WorkerAnswer {
    /// It works in the background.
    Launched {
        /// Its session.
        worker: SessionId,
        /// Its log.
        log: Option<PathBuf>,
    },
    /// It came to rest.
    Report(WorkerReport),
}

/// What came of a worker's turn.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerReport {
    /// Its session.
    pub worker: SessionId,
    /// Its kind.
    pub kind: String,
    /// The model, as `provider/name`.
    pub model: String,
    /// How it ended.
    pub how: ReturnedHow,
    /// What it said last, and how it ended where that was not in order.
    pub text: String,
    /// Calls that it made.
    pub calls: u64,
    /// Tokens of its requests.
    pub usage: Usage,
    /// What they cost, in millionths of a dollar.
    pub micro_usd: u64,
    /// How long it took.
    pub took_ms: u64,
    /// The worktree that it works in, where it has one.
    pub worktree: Option<PathBuf>,
    /// What it changed there and is not merged yet.
    pub changes: Option<Changes>,
}

/// What became of a message to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerTold {
    /// It runs and hears the message between its rounds.
    Steered {
        /// Its session.
        worker: SessionId,
    },
    /// It rested and goes on in the background.
    Resumed {
        /// Its session.
        worker: SessionId,
    },
}
