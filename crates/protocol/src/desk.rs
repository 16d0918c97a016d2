//! The desk: what a session's tools must remember between calls, folded from facts.

use crate::{Reported, SessionId, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// A file's state at a moment, enough to notice that it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// BLAKE3 of the content, hexadecimal. Empty where only a part was read.
    pub hash: String,
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since the epoch.
    pub modified_ns: i128,
    /// True when the whole file was seen.
    pub whole: bool,
}

/// How far a todo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TodoStatus {
    /// Nothing was done yet.
    Pending,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
}

/// One line of the model's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Todo {
    /// What is to be done, as an order.
    pub content: String,
    /// How far it is.
    pub status: TodoStatus,
    /// The same while it is being done ("Running the tests").
    pub active_form: String,
}

/// A piece of work that the model keeps track of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// Its number, from 1; never given twice in a session.
    pub number: u64,
    /// What is to be done, as an order.
    pub subject: String,
    /// What belongs to it.
    pub description: String,
    /// The subject while it is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_form: Option<String>,
    /// How far it is.
    pub status: TodoStatus,
    /// Who does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The items that must be done before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub blocked_by: BTreeSet<u64>,
    /// What the model noted beside.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// What a worker changed in a worktree of its own, waiting to be merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Another name of the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The worktree. Absolute.
    #[serde(with = "crate::path_text")]
    pub worktree: PathBuf,
    /// The folder that they would be merged into. Absolute.
    #[serde(with = "crate::path_text")]
    pub into: PathBuf,
    /// A name of the state that the worktree was left in.
    pub tree: String,
    /// What differs.
    pub files: Vec<ChangedFile>,
    /// How many further files differ.
    #[serde(default)]
    pub more_files: u64,
    /// The differences as a diff, cut where it is long.
    pub diff: String,
}

/// A file that a worker changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Relative to the worktree.
    #[serde(with = "crate::path_text")]
    pub path: PathBuf,
    /// What became of it.
    pub how: ChangedHow,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedHow {
    /// It is new.
    Added,
    /// It is another than before.
    Changed,
    /// It is gone.
    Removed,
}

/// A change to the desk that a call made; recorded with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "FlatMark")]
pub enum Mark {
    /// The model has seen this file in this state, or wrote it so.
    Seen {
        /// Absolute.
        #[serde(with = "crate::path_text")]
        path: PathBuf,
        /// The state.
        stamp: Stamp,
    },
    /// Commands start here from now on.
    Cwd {
        /// Absolute.
        #[serde(with = "crate::path_text")]
        path: PathBuf,
    },
    /// The plan was replaced.
    Todos {
        /// All lines.
        todos: Vec<Todo>,
    },
    /// A background task began.
    TaskStarted {
        /// The task.
        task: TaskId,
        /// What runs.
        command: String,
        /// Where its output goes. Absolute.
        #[serde(with = "crate::path_text")]
        output: PathBuf,
        /// The process group, to tell after a restart whether it still runs.
        group: Option<i32>,
    },
    /// A background task was stopped or seen to have ended.
    TaskEnded {
        /// The task.
        task: TaskId,
        /// The exit code, where there was one.
        code: Option<i32>,
    },
    /// The turn ends with this call; the model is not asked again.
    TurnDone,
    /// A piece of work was noted or changed.
    Item {
        /// As it is now.
        item: WorkItem,
    },
    /// A piece of work was struck from the list.
    ItemDropped {
        /// Its number.
        number: u64,
    },
    /// From now on the work is planned, not done. The change of mode follows as a fact.
    PlanBegan,
    /// A plan was approved: the mode is again what it was. The change follows as a fact.
    PlanApproved,
    /// A worker's changes were merged or thrown away.
    ChangesSettled {
        /// The worker's session.
        worker: SessionId,
    },
    /// The session works in a git worktree from here on.
    WorktreeEntered {
        /// Absolute.
        #[serde(with = "crate::path_text")]
        path: PathBuf,
    },
    /// The session works in its own folder again.
    WorktreeLeft,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum MarkType {
    Seen,
    Cwd,
    Todos,
    TaskStarted,
    TaskEnded,
    TurnDone,
    Item,
    ItemDropped,
    PlanBegan,
    PlanApproved,
    ChangesSettled,
    WorktreeEntered,
    WorktreeLeft,
}

/// A mark as it is read: derived code for tagged enums reads into a buffer first, which has
/// no room for the 128 bits of a time in nanoseconds.
#[derive(Deserialize)]
struct FlatMark {
    r#type: MarkType,
    path: Option<AnyPath>,
    stamp: Option<Stamp>,
    todos: Option<Vec<Todo>>,
    task: Option<TaskId>,
    command: Option<String>,
    output: Option<AnyPath>,
    group: Option<i32>,
    code: Option<i32>,
    item: Option<WorkItem>,
    number: Option<u64>,
    worker: Option<SessionId>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct AnyPath(#[serde(with = "crate::path_text")] PathBuf);

impl TryFrom<FlatMark> for Mark {
    type Error = String;

    fn try_from(flat: FlatMark) -> Result<Self, String> {
        fn given<T>(field: &str, value: Option<T>) -> Result<T, String> {
            value.ok_or_else(|| format!("missing field `{field}`"))
        }
        Ok(match flat.r#type {
            MarkType::Seen => Self::Seen {
                path: given("path", flat.path)?.0,
                stamp: given("stamp", flat.stamp)?,
            },
            MarkType::Cwd => Self::Cwd {
                path: given("path", flat.path)?.0,
            },
            MarkType::Todos => Self::Todos {
                todos: given("todos", flat.todos)?,
            },
            MarkType::TaskStarted => Self::TaskStarted {
                task: given("task", flat.task)?,
                command: given("command", flat.command)?,
                output: given("output", flat.output)?.0,
                group: flat.group,
            },
            MarkType::TaskEnded => Self::TaskEnded {
                task: given("task", flat.task)?,
                code: flat.code,
            },
            MarkType::TurnDone => Self::TurnDone,
            MarkType::Item => Self::Item {
                item: given("item", flat.item)?,
            },
            MarkType::ItemDropped => Self::ItemDropped {
                number: given("number", flat.number)?,
            },
            MarkType::PlanBegan => Self::PlanBegan,
            MarkType::PlanApproved => Self::PlanApproved,
            MarkType::ChangesSettled => Self::ChangesSettled {
                worker: given("worker", flat.worker)?,
            },
            MarkType::WorktreeEntered => Self::WorktreeEntered {
                path: given("path", flat.path)?.0,
            },
            MarkType::WorktreeLeft => Self::WorktreeLeft,
        })
    }
}

/// A background task as the log knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskTask {
    /// What runs.
    pub command: String,
    /// Where its output goes.
    pub output: PathBuf,
    /// The process group.
    pub group: Option<i32>,
    /// Whether it ended, and with which code.
    pub ended: Option<Option<i32>>,
}

/// The fold of all marks of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Files the model has seen, by absolute path.
    pub seen: BTreeMap<PathBuf, Stamp>,
    /// Where commands start; the session's own folder until a command changes it.
    pub cwd: Option<PathBuf>,
    /// The plan.
    pub todos: Vec<Todo>,
    /// Background tasks.
    pub tasks: BTreeMap<TaskId, DeskTask>,
    /// Pieces of work, by number.
    #[serde(default)]
    pub items: BTreeMap<u64, WorkItem>,
    /// The highest number that a piece of work has had.
    #[serde(default)]
    pub last_item: u64,
    /// What workers changed and is not merged yet, by worker.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<SessionId, Changes>,
    /// The git worktree that the session works in, instead of its own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<PathBuf>,
}

impl Desk {
    /// Takes in what a worker reports: its changes wait from here on, and no earlier ones do.
    pub fn report(&mut self, reported: &Reported) {
        let worker = reported.worker.clone();
        match reported.changes.clone() {
            Some(changes) => drop(self.changes.insert(worker, changes)),
            None => drop(self.changes.remove(&worker)),
        }
    }

    /// Takes one mark in.
    pub fn apply(&mut self, mark: &Mark) {
        match mark {
            Mark::Seen { path, stamp } => {
                self.seen.insert(path.clone(), stamp.clone());
            }
            Mark::Cwd { path } => self.cwd = Some(path.clone()),
            Mark::Todos { todos } => self.todos.clone_from(todos),
            Mark::TaskStarted {
                task,
                command,
                output,
                group,
            } => {
                let begun = DeskTask {
                    command: command.clone(),
                    output: output.clone(),
                    group: *group,
                    ended: None,
                };
                self.tasks.insert(task.clone(), begun);
            }
            Mark::Item { item } => {
                self.last_item = self.last_item.max(item.number);
                self.items.insert(item.number, item.clone());
            }
            Mark::ItemDropped { number } => {
                self.items.remove(number);
                for item in self.items.values_mut() {
                    item.blocked_by.remove(number);
                }
            }
            Mark::ChangesSettled { worker } => {
                self.changes.remove(worker);
            }
            Mark::WorktreeEntered { path } => {
                self.worktree = Some(path.clone());
                self.cwd = None;
            }
            Mark::WorktreeLeft => {
                self.worktree = None;
                self.cwd = None;
            }
            Mark::TurnDone | Mark::PlanBegan | Mark::PlanApproved => {}
            Mark::TaskEnded { task, code } => {
                if let Some(known) = self.tasks.get_mut(task) {
                    known.ended = Some(*code);
                }
            }
        }
    }
}
