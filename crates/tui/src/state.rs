//! What the client knows of a session: a fold over its facts with signals laid over. Nothing in
//! it is true on its own; it can be built again from the log at any time.

mod activity;
mod cells;
mod fold;
mod ledger;
mod prose;
mod transcript;

pub use activity::{Activity, Doing, Retry};
pub use cells::{CallCell, Cell, Kind, Stage, Tone, text_of};
pub use ledger::Ledger;
pub use prose::Prose;
pub use transcript::Transcript;

use gimlet_ports::SessionHead;
use gimlet_protocol::{
    Block, CallId, DeskTask, EntryId, Granted, Mode, OpKey, Question, QueueLane, SessionId, TaskId,
    Timestamp, Todo,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
};

/// A session as it is shown.
#[derive(Debug, Default)]
pub struct State {
    /// The session.
    pub session: Option<SessionId>,
    /// Where it works.
    pub cwd: PathBuf,
    /// The model, as `provider/name`.
    pub model: String,
    /// The permission mode.
    pub mode: Mode,
    /// Its name, where it has one.
    pub title: Option<String>,
    /// The last entry that was folded.
    pub last: Option<EntryId>,
    /// Where the conversation was before it was rewound, until it goes on.
    pub rewound_from: Option<EntryId>,
    /// What commands are held to, as far as it was told.
    pub held: Option<Held>,
    /// Entries that do not follow the one before them, with what they follow.
    forks: Vec<(EntryId, Option<EntryId>)>,
    /// What was said and done.
    pub transcript: Transcript,
    /// What happens now.
    pub activity: Activity,
    /// Prompts that wait.
    pub queue: Vec<Waiting>,
    /// Questions that wait, the oldest first.
    pub asked: VecDeque<Asking>,
    /// What was used and what it cost.
    pub ledger: Ledger,
    /// What was allowed for longer than once.
    pub grants: Vec<Granted>,
    /// The model's list of work.
    pub todos: Vec<Todo>,
    /// Background tasks.
    pub tasks: BTreeMap<TaskId, DeskTask>,
    /// Workers of the session.
    pub workers: BTreeMap<SessionId, Worker>,
}

/// What commands are held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The operating system holds them to bounds.
    Confined,
    /// They may do what the person may.
    Open,
}

/// A prompt that was not delivered yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The operation that queued it.
    pub key: OpKey,
    /// Where it waits.
    pub lane: QueueLane,
    /// What it says.
    pub content: Vec<Block>,
}

impl Waiting {
    /// Its text.
    pub fn text(&self) -> String {
        text_of(&self.content)
    }
}

/// A question that waits for the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// The session that asks: the person's own or a worker's.
    pub session: SessionId,
    /// The call that waits.
    pub call: CallId,
    /// The tool.
    pub tool: String,
    /// Its input.
    pub input: Value,
    /// What is asked.
    pub question: Question,
}

/// A worker of the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    /// The call that started it.
    pub call: CallId,
    /// What kind it is.
    pub kind: String,
    /// What it is to do.
    pub task: String,
    /// When it began.
    pub since: Timestamp,
    /// Calls that it made.
    pub calls: u64,
    /// What it does now.
    pub now: String,
    /// Set when it came to rest.
    pub rests: bool,
    /// Its open calls, for its questions.
    open: BTreeMap<CallId, (String, Value)>,
}

impl State {
    /// A session at a glance, before its facts arrive.
    pub fn new(head: &SessionHead) -> Self {
        Self {
            session: Some(head.id.clone()),
            cwd: head.cwd.clone(),
            model: head.model.clone(),
            mode: head.mode,
            title: head.title.clone(),
            ..Self::default()
        }
    }

    /// The entries of the conversation that ends with `end`, as ranges.
    fn branch(&self, end: Option<EntryId>) -> Vec<(EntryId, EntryId)> {
        let mut ranges = Vec::new();
        let mut end = end;
        while let Some(last) = end {
            let fork = self.forks.iter().rev().find(|(first, _)| *first <= last);
            let (first, parent) = fork.copied().unwrap_or((EntryId(0), None));
            ranges.push((first, last));
            end = parent.filter(|parent| *parent < first);
        }
        ranges
    }

    /// True while the session owes something to the person.
    pub fn is_busy(&self) -> bool {
        self.activity.doing != Doing::Resting
    }

    /// True when something on the screen changes with time alone.
    pub fn moves(&self) -> bool {
        self.is_busy() || self.workers.values().any(|worker| !worker.rests)
    }
}

#[cfg(test)]
mod tests;
