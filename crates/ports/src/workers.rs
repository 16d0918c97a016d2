//! Workers: sub-agents with sessions of their own, as tools see them.

use crate::{Later, Progress, Scene, Stop};
use gimlet_protocol::{CallId, ReturnedHow, SessionId, Usage, Waits};
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
    /// Fires when the call must end.
    pub stop: Stop,
    /// For what is worth showing before the end.
    pub progress: Progress,
}

/// What a call that starts a worker is told.
#[derive(Clone, Debug, PartialEq)]
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
    /// The worktree that holds its changes, where it has one.
    pub worktree: Option<PathBuf>,
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
