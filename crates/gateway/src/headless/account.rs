//! The account: what the turn and the run amount to, folded from facts.

use gimlet_protocol::{
    Asker, Call, CallId, Called, Change, Entry, EntryId, Fact, Fault, Finish, Kept, Mark, Mode,
    OpKey, Origin, Question, Queued, Reply, ReplyId, Returned, ReturnedHow, Said, Spent, Timestamp,
    Usage,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What stood under way when the person ended the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Reply,
    Calls,
}

/// Whether the session owes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No turn runs.
    Between,
    /// The turn goes on.
    Running,
    /// The turn was interrupted; a last piece of its reply may still come.
    Settling,
    /// The turn has ended.
    Over,
}

/// A block of a reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Said(Said),
    Thought(Said),
    Called(Called),
    Kept(Kept),
}

impl Piece {
    pub(crate) fn reply(&self) -> &ReplyId {
        match self {
            Self::Said(said) | Self::Thought(said) => &said.reply,
            Self::Called(called) => &called.reply,
            Self::Kept(kept) => &kept.reply,
        }
    }
}

/// A call without a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OpenCall {
    pub(crate) call: Call,
    pub(crate) question: Option<Question>,
}

/// A call that was not permitted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Denial {
    pub(crate) tool: String,
    pub(crate) call: CallId,
    pub(crate) input: Value,
}

/// What one turn amounts to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    pub(crate) key: OpKey,
    pub(crate) origin: Origin,
    began: Timestamp,
    ended: Timestamp,
    pub(crate) last: EntryId,
    pub(crate) replies: u32,
    pub(crate) usage: Usage,
    pub(crate) api_ms: u64,
    pub(crate) first_ms: Option<u64>,
    pub(crate) text: String,
    text_goes_on: bool,
    pub(crate) finish: Option<Finish>,
    pub(crate) has_calls: bool,
    pub(crate) denials: Vec<Denial>,
    pub(crate) structured: Option<Value>,
    pub(crate) fault: Option<Fault>,
    pub(crate) cut: Option<Cut>,
    done: bool,
    standing: Standing,
}

impl Turn {
    pub(crate) fn took_ms(&self) -> u64 {
        self.ended.0.saturating_sub(self.began.0)
    }
}

/// What a model was used for in this run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ModelUse {
    pub(crate) provider: String,
    pub(crate) usage: Usage,
    pub(crate) micro_usd: u64,
}

/// The fold of the facts of a run.
#[derive(Debug)]
pub(crate) struct Account {
    structured_tool: Option<String>,
    pub(crate) turn: Option<Turn>,
    open: Vec<OpenCall>,
    reply: Vec<(EntryId, Piece)>,
    pub(crate) queue: Vec<Queued>,
    /// Keys of prompts that the log knows.
    pub(crate) keys: HashSet<OpKey>,
    pub(crate) spent: BTreeMap<String, ModelUse>,
    pub(crate) model: String,
    pub(crate) mode: Mode,
    began_calls: HashMap<CallId, tokio::time::Instant>,
}

/// What the narrator has to know of a fact beside itself.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// The blocks of the reply that the fact closes.
    pub(crate) reply: Vec<(EntryId, Piece)>,
    /// The call that the fact answers.
    pub(crate) call: Option<OpenCall>,
}

impl Account {
    pub(crate) fn new(model: String, mode: Mode, structured_tool: Option<String>) -> Self {
        Self {
            structured_tool,
            turn: None,
            open: Vec::new(),
            reply: Vec::new(),
            queue: Vec::new(),
            keys: HashSet::new(),
            spent: BTreeMap::new(),
            model,
            mode,
            began_calls: HashMap::new(),
        }
    }

    /// Forgets what belongs to earlier runs; calls that never got a result stay.
    pub(crate) fn start_run(&mut self) {
        self.turn = None;
        self.spent.clear();
    }

    pub(crate) fn standing(&self) -> Standing {
        self.turn
            .as_ref()
            .map_or(Standing::Between, |turn| turn.standing)
    }

    /// True while the session has something to tell the model that no person sent.
    pub(crate) fn owes_news(&self) -> bool {
        let mut queue = self.queue.iter();
        queue.any(|queued| queued.incoming.origin == Origin::Task)
    }

    pub(crate) fn open_calls(&self) -> &[OpenCall] {
        &self.open
    }

    pub(crate) fn open_call(&self, id: &CallId) -> Option<&OpenCall> {
        self.open.iter().find(|open| open.call.id == *id)
    }

    pub(crate) fn began(&self, id: &CallId) -> Option<tokio::time::Instant> {
        self.began_calls.get(id).copied()
    }

    /// A person said no by ending the turn.
    pub(crate) fn denied(&mut self, id: &CallId) {
        if let Some(denial) = self.open_call(id).map(denial) {
            self.deny(denial);
        }
    }

    /// The session says that it owes nothing.
    pub(crate) fn rested(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.standing = Standing::Over;
        }
    }

    /// Takes the turn out; the next one begins with the next prompt.
    pub(crate) fn close_turn(&mut self) -> Option<Turn> {
        self.turn.take()
    }

    /// Takes one fact in.
    pub(crate) fn take(&mut self, entry: &Entry) -> Taken {
        let mut taken = Taken::default();
        if let Some(turn) = &mut self.turn {
            turn.ended = entry.at;
            turn.last = entry.id;
        }
        match &entry.fact {
            Fact::Prompted(incoming) => {
                self.forget_queued(&incoming.key);
                self.begin(entry, incoming.key.clone(), incoming.origin.clone());
            }
            Fact::Resumed(key) => self.begin(entry, key.clone(), Origin::Person),
            Fact::Steered(incoming) => self.forget_queued(&incoming.key),
            Fact::Queued(queued) => self.enqueue(queued),
            Fact::Withdrawn(key) => self.queue.retain(|queued| queued.incoming.key != *key),
            Fact::Said(said) => self.reply.push((entry.id, Piece::Said(said.clone()))),
            Fact::Thought(said) => self.reply.push((entry.id, Piece::Thought(said.clone()))),
            Fact::Called(called) => self.reply.push((entry.id, Piece::Called(called.clone()))),
            Fact::Kept(kept) => self.reply.push((entry.id, Piece::Kept(kept.clone()))),
            Fact::Spent(spent) => taken.reply = self.close_reply(spent),
            Fact::Asked(asked) => {
                if let Some(open) = self.open.iter_mut().find(|open| open.call.id == asked.call) {
                    open.question = Some(asked.question.clone());
                }
            }
            Fact::Answered(answered) => {
                let open = self
                    .open
                    .iter_mut()
                    .find(|open| open.call.id == answered.call);
                if let Some(open) = open {
                    open.question = None;
                    if let Reply::Deny { .. } = answered.reply {
                        let denial = denial(open);
                        self.deny(denial);
                    }
                }
            }
            Fact::Refused(refused) => {
                taken.call = self.finish(&refused.call);
                if let (Some(open), Some(_)) = (&taken.call, &refused.ruling) {
                    self.deny(denial(open));
                }
                self.settle();
            }
            Fact::Began(call) => {
                self.began_calls
                    .insert(call.clone(), tokio::time::Instant::now());
            }
            Fact::Returned(returned) => {
                taken.call = self.finish(&returned.call);
                self.note_returned(returned, taken.call.as_ref());
                self.settle();
            }
            Fact::Interrupted(_) => {
                let cut = if self.open.is_empty() {
                    Cut::Reply
                } else {
                    Cut::Calls
                };
                if let Some(turn) = &mut self.turn {
                    turn.cut.get_or_insert(cut);
                    turn.standing = Standing::Settling;
                }
                self.settle();
            }
            Fact::Faulted(fault) => {
                if let Some(turn) = &mut self.turn {
                    turn.fault = Some(fault.clone());
                }
                self.settle();
            }
            Fact::Configured(change) => match change {
                Change::Model { model, .. } => self.model.clone_from(model),
                Change::Mode { mode } => self.mode = *mode,
                Change::Title { .. } => {}
            },
            Fact::Opened(opened) => {
                self.model.clone_from(&opened.model);
                self.mode = opened.mode;
            }
            Fact::Cleared(_)
            | Fact::Noted(_)
            | Fact::Compacted(_)
            | Fact::Rewound(_)
            | Fact::Closed(_)
            | Fact::Hired(_)
            | Fact::Reported(_)
            | Fact::Contacted(_)
            | Fact::Snapshot(_)
            | Fact::Granted(_)
            | Fact::Revoked(_)
            | Fact::Reviewed(_)
            | Fact::Unknown(_) => {}
        }
        taken
    }

    fn begin(&mut self, entry: &Entry, key: OpKey, origin: Origin) {
        self.turn = Some(Turn {
            key,
            origin,
            began: entry.at,
            ended: entry.at,
            last: entry.id,
            replies: 0,
            usage: Usage::default(),
            api_ms: 0,
            first_ms: None,
            text: String::new(),
            text_goes_on: false,
            finish: None,
            has_calls: false,
            denials: Vec::new(),
            structured: None,
            fault: None,
            cut: None,
            done: false,
            standing: Standing::Running,
        });
    }

    fn forget_queued(&mut self, key: &OpKey) {
        self.keys.insert(key.clone());
        self.queue.retain(|queued| queued.incoming.key != *key);
    }

    fn enqueue(&mut self, queued: &Queued) {
        self.keys.insert(queued.incoming.key.clone());
        match self
            .queue
            .iter_mut()
            .find(|old| old.incoming.key == queued.incoming.key)
        {
            Some(old) => *old = queued.clone(),
            None => self.queue.push(queued.clone()),
        }
    }

    fn close_reply(&mut self, spent: &Spent) -> Vec<(EntryId, Piece)> {
        let used = self.spent.entry(spent.model.clone()).or_default();
        used.provider.clone_from(&spent.provider);
        used.usage.add(&spent.usage);
        used.micro_usd += spent.cost.micro_usd.unwrap_or(0);
        if let Some(turn) = &mut self.turn {
            turn.api_ms += spent.total_ms;
        }
        if spent.asker != Asker::Main {
            return Vec::new();
        }
        let reply = std::mem::take(&mut self.reply);
        let failed = matches!(spent.finish, Finish::Failed { .. });
        if !failed {
            self.open = reply
                .iter()
                .filter_map(|(_, piece)| open_call(piece))
                .collect();
            self.began_calls.clear();
        }
        let Some(turn) = &mut self.turn else {
            return reply;
        };
        turn.usage.add(&spent.usage);
        turn.first_ms = turn.first_ms.or(spent.first_ms);
        turn.finish = Some(spent.finish.clone());
        if failed {
            return Vec::new();
        }
        turn.replies += 1;
        turn.done = false;
        turn.has_calls = !self.open.is_empty();
        if !turn.text_goes_on {
            turn.text.clear();
        }
        for (_, piece) in &reply {
            if let Piece::Said(said) = piece {
                turn.text.push_str(&said.text);
            }
        }
        let broken_off = matches!(spent.finish, Finish::Paused | Finish::Length);
        turn.text_goes_on = broken_off && !turn.has_calls;
        turn.standing = match &spent.finish {
            Finish::Interrupted => Standing::Over,
            // Without the tool that must end it, a nudge or a fault follows.
            Finish::Complete if !turn.has_calls && self.structured_tool.is_none() => Standing::Over,
            // A nudge, a fault or another request follows.
            Finish::Complete
            | Finish::Paused
            | Finish::Length
            | Finish::Refused { .. }
            | Finish::Failed { .. } => Standing::Running,
        };
        reply
    }

    fn finish(&mut self, id: &CallId) -> Option<OpenCall> {
        let at = self.open.iter().position(|open| open.call.id == *id)?;
        Some(self.open.remove(at))
    }

    fn note_returned(&mut self, returned: &Returned, open: Option<&OpenCall>) {
        let Some(turn) = &mut self.turn else { return };
        turn.done |= returned.marks.contains(&Mark::TurnDone);
        if let Some(open) = open
            && returned.how == ReturnedHow::Done
            && self.structured_tool.as_ref() == Some(&open.call.tool)
        {
            turn.structured = Some(open.call.input.clone());
        }
    }

    fn deny(&mut self, denial: Denial) {
        if let Some(turn) = &mut self.turn {
            turn.denials.push(denial);
        }
    }

    /// Once every call has its result, an ended turn is over.
    fn settle(&mut self) {
        let Some(turn) = &mut self.turn else { return };
        if !self.open.is_empty() {
            return;
        }
        if turn.fault.is_some() || turn.done || turn.cut == Some(Cut::Calls) {
            turn.standing = Standing::Over;
        }
    }
}

fn open_call(piece: &Piece) -> Option<OpenCall> {
    match piece {
        Piece::Called(called) => Some(OpenCall {
            call: called.call.clone(),
            question: None,
        }),
        Piece::Said(_) | Piece::Thought(_) | Piece::Kept(_) => None,
    }
}

fn denial(open: &OpenCall) -> Denial {
    let Call {
        id, tool, input, ..
    } = &open.call;
    Denial {
        tool: tool.clone(),
        call: id.clone(),
        input: input.clone(),
    }
}
