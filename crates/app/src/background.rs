//! The background tasks of a stored session: what ran, and whether it still does.

use gimlet_engine::fold_log;
use gimlet_host::{HostOptions, LocalHost};
use gimlet_ports::{EntryIter, Host, LogFault};
use gimlet_protocol::TaskId;
use serde::Serialize;
use std::{path::PathBuf, time::Duration};

/// What a task has between being asked to end and being forced.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// One background task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskRow {
    /// Its id in the session.
    pub task: TaskId,
    /// What ran.
    pub command: String,
    /// Where its output is.
    pub output: PathBuf,
    /// Whether it runs, as far as can be known.
    #[serde(flatten)]
    pub state: TaskState,
}

/// Whether a task runs, as far as can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// Its process group has a member.
    Running {
        /// The process group.
        group: i32,
    },
    /// It was seen to end.
    Ended {
        /// The exit code, where there was one.
        code: Option<i32>,
    },
    /// It is gone, and nobody saw how it ended.
    Gone,
}

/// The background tasks of a log, by id.
///
/// # Errors
/// When the log cannot be read.
pub fn task_rows(read: impl Fn() -> Result<EntryIter, LogFault>) -> Result<Vec<TaskRow>, LogFault> {
    let host = LocalHost::new(HostOptions::default());
    let folded = fold_log(read)?;
    let tasks = folded.index.desk().tasks.iter();
    let rows = tasks.map(|(id, task)| TaskRow {
        task: id.clone(),
        command: task.command.clone(),
        output: task.output.clone(),
        state: match (task.ended, task.group) {
            (Some(code), _) => TaskState::Ended { code },
            (None, Some(group)) if host.group_lives(group) => TaskState::Running { group },
            (None, _) => TaskState::Gone,
        },
    });
    Ok(rows.collect())
}

/// What came of the wish to stop a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It ran, and has ended.
    Now,
    /// It did not run any more.
    Before,
    /// It still runs.
    Survives,
}

/// Ends a task that still runs: it is asked, and then forced.
pub fn stop_task(row: &TaskRow) -> Stopped {
    match row.state {
        TaskState::Ended { .. } | TaskState::Gone => Stopped::Before,
        // The number may belong to others by now: the task's processes write to its output.
        TaskState::Running { group } if !gimlet_host::group_holds(group, &row.output) => {
            Stopped::Before
        }
        TaskState::Running { group } => {
            if gimlet_host::end_group(group, STOP_GRACE) {
                Stopped::Now
            } else {
                Stopped::Survives
            }
        }
    }
}

#[cfg(test)]
mod tests;
