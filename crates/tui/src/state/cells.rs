//! Pieces of the transcript, as data. How they look is in `transcript`'s drawing.

use super::prose::Prose;
use gimlet_hygiene::screen::{Channel, clean};
use gimlet_protocol::{Block, CallId, EntryId, Returned, ReturnedHow, SessionId, Timestamp};
use serde_json::Value;

/// Characters of a result that are kept for showing; the whole stands in the log.
const KEPT_RESULT_CHARS: usize = 24_000;
/// Characters of a tool's progress that are kept.
const KEPT_PROGRESS_CHARS: usize = 4_000;

/// Hosts that are told of below a call.
const MOST_CONTACTS: usize = 8;

/// A piece of the transcript.
#[derive(Debug)]
pub struct Cell {
    /// The entry that it began with; `None` for what is no fact.
    pub entry: Option<EntryId>,
    /// When it began.
    pub at: Timestamp,
    /// True when a rewind has taken it out of the conversation.
    pub struck: bool,
    /// What it is.
    pub kind: Kind,
}

/// What a piece is.
#[derive(Debug)]
pub enum Kind {
    /// What the person said.
    Person {
        /// The text.
        text: String,
        /// Pictures and documents that came with it.
        attached: usize,
        /// What it follows: where the conversation goes on from when it is taken back.
        parent: Option<EntryId>,
    },
    /// What the model said.
    Said(Prose),
    /// What the model thought.
    Thought {
        /// The text, where the provider shows it.
        text: String,
        /// How long it took, once it is over.
        took_ms: Option<u64>,
    },
    /// Calls: one, or several that only look.
    Calls(Vec<CallCell>),
    /// Something worth telling.
    Note {
        /// How it is meant.
        tone: Tone,
        /// The text.
        text: String,
    },
    /// A command of the person's own.
    Shell {
        /// The command.
        command: String,
        /// What it printed.
        output: String,
        /// Its exit code, once it has ended.
        code: Option<i32>,
        /// Set when it has ended.
        done: bool,
    },
}

/// How a note is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// By the way.
    Quiet,
    /// As information.
    Plain,
    /// As a warning.
    Warning,
    /// As a failure.
    Bad,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The model writes its input.
    Written,
    /// It was asked for.
    Called,
    /// The person is asked.
    Asked,
    /// It runs.
    Running,
    /// It must not run.
    Refused,
    /// It ended.
    Ended(ReturnedHow),
}

/// A call.
#[derive(Clone, Debug)]
pub struct CallCell {
    /// The call.
    pub id: CallId,
    /// The tool.
    pub tool: String,
    /// Its input.
    pub input: Value,
    /// How far it is.
    pub stage: Stage,
    /// When it began to run.
    pub began: Option<Timestamp>,
    /// How long it took, once it ended.
    pub took_ms: u64,
    /// The last that it told while running.
    pub progress: String,
    /// What it gave back.
    pub result: String,
    /// Lines of the result that were left out.
    pub left_out: usize,
    /// Its structured output.
    pub data: Option<Value>,
    /// Hosts that were reached or refused while it ran.
    pub contacts: Vec<String>,
    /// The worker that it started.
    pub worker: Option<SessionId>,
}

impl CallCell {
    pub(super) fn new(id: CallId, tool: String, input: Value, stage: Stage) -> Self {
        Self {
            id,
            tool,
            input,
            stage,
            began: None,
            took_ms: 0,
            progress: String::new(),
            result: String::new(),
            left_out: 0,
            data: None,
            contacts: Vec::new(),
            worker: None,
        }
    }

    /// True once nothing of it changes any more.
    pub fn is_done(&self) -> bool {
        match self.stage {
            Stage::Ended(_) => true,
            Stage::Written | Stage::Called | Stage::Asked | Stage::Running | Stage::Refused => {
                false
            }
        }
    }

    /// True for what only looks, and is shown together with its like.
    pub fn only_looks(&self) -> bool {
        ["Read", "Grep", "Glob", "LS"].contains(&self.tool.as_str())
    }

    /// A host was reached or refused; each is told once.
    pub(super) fn contacted(&mut self, text: &str) {
        if self.contacts.len() < MOST_CONTACTS && !self.contacts.iter().any(|known| known == text) {
            self.contacts.push(text.to_owned());
        }
    }

    pub(super) fn progressed(&mut self, text: &str) {
        self.progress.push_str(&clean(Channel::ModelText, text));
        let length = self.progress.chars().count();
        if length > KEPT_PROGRESS_CHARS {
            self.progress = self
                .progress
                .chars()
                .skip(length - KEPT_PROGRESS_CHARS)
                .collect();
        }
    }

    pub(super) fn returned(&mut self, returned: &Returned) {
        self.stage = match self.stage {
            // What was refused was not done, whatever its result is called.
            Stage::Refused => Stage::Ended(ReturnedHow::Failed),
            Stage::Written | Stage::Called | Stage::Asked | Stage::Running | Stage::Ended(_) => {
                Stage::Ended(returned.how)
            }
        };
        self.took_ms = returned.took_ms;
        self.progress = String::new();
        let text = text_of(&returned.content);
        let text = clean(Channel::ModelText, &text);
        let kept: String = text.chars().take(KEPT_RESULT_CHARS).collect();
        self.left_out = text
            .get(kept.len()..)
            .map_or(0, |rest| rest.lines().count());
        self.result = kept;
        self.data = returned.data.as_ref().map(slim);
    }
}

/// The structured output without what the result says already.
fn slim(data: &Value) -> Value {
    let mut data = data.clone();
    if let Value::Object(members) = &mut data {
        for bulky in [
            "stdout",
            "stderr",
            "content",
            "originalFile",
            "oldString",
            "newString",
            "file",
        ] {
            if members
                .get(bulky)
                .is_some_and(|value| value.to_string().len() > 2000)
            {
                members.shift_remove(bulky);
            }
        }
    }
    data
}

/// The text of some blocks.
pub fn text_of(content: &[Block]) -> String {
    let mut texts = Vec::new();
    for block in content {
        match block {
            Block::Text { text, .. } => texts.push(text.as_str()),
            Block::Image { .. } => texts.push("[image]"),
            Block::Document { .. } => texts.push("[document]"),
            Block::Thought { .. } | Block::Call(_) | Block::Result { .. } | Block::Kept { .. } => {}
        }
    }
    texts.join("\n")
}

/// How many pictures and documents there are.
pub(crate) fn attached_to(content: &[Block]) -> usize {
    let is_attached =
        |block: &&Block| matches!(block, Block::Image { .. } | Block::Document { .. });
    content.iter().filter(is_attached).count()
}
