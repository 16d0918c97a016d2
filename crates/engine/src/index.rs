//! The index: everything the planner and the driver need of a log, folded as entries arrive.

use crate::{
    essentials::Essentials,
    plan_mode,
    transcript::{Transcript, block_bytes},
};
use gimlet_hygiene::screen::{for_model, without_own_envelopes};
use gimlet_ports::{EntryIter, LogFault};
use gimlet_protocol::{
    Access, Asker, Block, Call, CallId, Change, Desk, Entry, EntryId, Fact, Fault, Finish, Grant,
    GrantId, Granted, Hired, Mark, Message, Mode, NoteKind, OpKey, Opened, Queued, Reply,
    ReplyScope, ReturnedHow, ReviewOutcome, Role, Timestamp, Usage,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

mod open_call;

pub(crate) use open_call::{OpenCall, Phase};

/// What the running turn, or the last one, amounts to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// Requests that brought a reply.
    pub requests: u32,
    /// Replies in a row that the output limit cut.
    pub cut_in_a_row: u32,
    /// Requests in a row that failed, since the last reply, change of model or word of the person.
    pub failed_in_a_row: u32,
    /// Nudges to end with structured output, and calls of it that failed.
    pub nudges: u32,
    /// Tools that succeeded in the last round.
    pub succeeded: Vec<String>,
    /// A call of the last round ended the turn.
    pub done: bool,
    /// Why it ended before its time.
    pub fault: Option<Fault>,
    /// True when the person ended it.
    pub interrupted: bool,
}

/// Sums over the whole log, abandoned branches included: what was spent is spent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Tokens.
    pub usage: Usage,
    /// Millionths of a dollar, as far as prices are known.
    pub micro_usd: u64,
    /// Requests, failed ones included.
    pub requests: u64,
}

/// The fold of a conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    last: Option<EntryId>,
    opened: Option<Arc<Opened>>,
    transcript: Transcript,
    calls: Vec<OpenCall>,
    reply: Vec<Block>,
    /// The calls of the reply, without the door that some came through.
    made: Vec<Call>,
    notes: Vec<Block>,
    /// First lines of the reminders since the last compaction.
    told: BTreeSet<String>,
    queue: Vec<Queued>,
    keys: HashSet<OpKey>,
    call_ids: HashSet<CallId>,
    desk: Arc<Desk>,
    grants: Vec<Granted>,
    /// Grants of the whole log, abandoned branches included, so that no name is given twice.
    granted_ever: u64,
    /// Revoked on any branch: going back to before it brings no grant back.
    revoked: BTreeSet<GrantId>,
    /// Denials of the reviewer since it allowed anything or the person answered.
    denials_in_a_row: u32,
    mode: Mode,
    /// The mode that a plan's approval leads back to.
    before_plan: Mode,
    model: String,
    title: Option<String>,
    owes_reply: bool,
    turn: Turn,
    totals: Totals,
    /// Millionths of a dollar since the session was last closed in order.
    unclosed_micro_usd: u64,
    window_tokens: u64,
    window_bytes: u64,
    essentials: Essentials,
    workers: Vec<Hired>,
}

impl Index {
    /// Takes one entry in. A `Rewound` must not come here: it needs `fold_log`.
    pub fn apply(&mut self, entry: &Entry) {
        self.last = Some(entry.id);
        match &entry.fact {
            Fact::Opened(opened) => self.open(opened),
            Fact::Prompted(incoming) => {
                self.forget_queued(&incoming.key);
                self.essentials.request(&incoming.content);
                self.turn = Turn::default();
                self.grants.retain(|held| held.scope != ReplyScope::Turn);
                self.take_in(incoming.content.clone());
            }
            Fact::Steered(incoming) => {
                self.forget_queued(&incoming.key);
                self.essentials.request(&incoming.content);
                self.take_in(incoming.content.clone());
            }
            Fact::Queued(queued) => self.enqueue(queued),
            Fact::Withdrawn(key) => {
                self.queue.retain(|queued| queued.incoming.key != *key);
            }
            Fact::Said(said) => self.reply.push(Block::Text {
                text: said.text.clone(),
                opaque: said.opaque.clone(),
            }),
            Fact::Thought(said) => self.reply.push(Block::Thought {
                text: said.text.clone(),
                opaque: said.opaque.clone(),
            }),
            Fact::Called(called) => {
                self.reply.push(Block::Call(called.as_said()));
                self.made.push(called.call.clone());
            }
            Fact::Kept(kept) => self.reply.push(Block::Kept {
                opaque: kept.opaque.clone(),
            }),
            Fact::Spent(spent) => self.close_reply(spent),
            Fact::Asked(asked) => {
                if let Some(open) = self.open_call(&asked.call) {
                    open.offered.clone_from(&asked.question.offers);
                    let mut accesses = asked.question.accesses.iter();
                    open.is_question |=
                        accesses.any(|access| matches!(access, Access::Person { .. }));
                    if open.phase != Phase::Began {
                        open.phase = Phase::Asked;
                        open.confinement.clone_from(&asked.question.confinement);
                    }
                }
            }
            Fact::Answered(answered) => self.answer(&answered.call, &answered.reply),
            Fact::Refused(refused) => {
                self.finish(
                    &refused.call,
                    vec![Block::text(refused.text.clone())],
                    Success::No,
                );
            }
            Fact::Cleared(cleared) => {
                if let Some(open) = self.open_call(&cleared.call) {
                    open.phase = Phase::Cleared;
                    open.confinement.clone_from(&cleared.ruling.confinement);
                }
            }
            Fact::Began(call) => self.set_phase(call, Phase::Began),
            Fact::Returned(returned) => {
                if !returned.marks.is_empty() {
                    let desk = Arc::make_mut(&mut self.desk);
                    returned.marks.iter().for_each(|mark| desk.apply(mark));
                }
                if let Some(open) = self.calls.iter().find(|open| open.call.id == returned.call) {
                    self.essentials.result(&open.call, returned);
                }
                self.turn.done |= returned.marks.contains(&Mark::TurnDone);
                let success = match returned.how {
                    ReturnedHow::Done => Success::Yes,
                    ReturnedHow::Failed
                    | ReturnedHow::Interrupted
                    | ReturnedHow::TimedOut
                    | ReturnedHow::Lost => Success::No,
                };
                self.finish(&returned.call, heard(&returned.content), success);
            }
            Fact::Interrupted(key) => {
                self.keys.insert(key.clone());
                self.halt(ReturnedHow::Interrupted);
                self.turn.interrupted = true;
            }
            Fact::Faulted(fault) => {
                self.halt(ReturnedHow::Failed);
                self.turn.fault = Some(fault.clone());
            }
            Fact::Compacted(compacted) => {
                let kept = usize::try_from(compacted.kept_messages).unwrap_or(usize::MAX);
                self.transcript.restart(compacted.content.clone(), kept);
                self.told.clear();
                // The next request is another one.
                self.turn.failed_in_a_row = 0;
                self.window_tokens = compacted.after_tokens;
                self.window_bytes = self.transcript.bytes();
            }
            Fact::Configured(change) => self.configure(change),
            Fact::Noted(noted) => self.note(noted.kind, &noted.text),
            Fact::Rewound(rewound) => {
                self.keys.insert(rewound.key.clone());
            }
            Fact::Resumed(key) => {
                self.keys.insert(key.clone());
                // After a crash it goes on; where it had ended, the person wants another try.
                if self.turn.fault.take().is_some() || self.turn.interrupted {
                    self.turn.failed_in_a_row = 0;
                }
                self.turn.interrupted = false;
                // Already owed where the model had paused: it goes on in its own message.
                self.owes_reply |= self.transcript.ends_with_user() || !self.calls.is_empty();
            }
            Fact::Closed(key) => {
                self.keys.insert(key.clone());
                self.unclosed_micro_usd = 0;
            }
            Fact::Hired(hired) => self.workers.push((**hired).clone()),
            Fact::Granted(granted) => {
                self.granted_ever += 1;
                self.grants.push((**granted).clone());
            }
            Fact::Revoked(grant) => {
                self.revoked.insert(grant.clone());
            }
            Fact::Reviewed(reviewed) => {
                if let Some(open) = self.open_call(&reviewed.call) {
                    open.reviewed = Some(reviewed.clone());
                }
                self.count_review(reviewed.outcome);
            }
            Fact::Reported(reported) => Arc::make_mut(&mut self.desk).report(reported),
            Fact::Snapshot(_) | Fact::Contacted(_) | Fact::Unknown(_) => {}
        }
    }

    /// Takes in an entry of a branch that was left: only what holds for the whole log.
    fn apply_abandoned(&mut self, entry: &Entry) {
        self.last = Some(entry.id);
        match &entry.fact {
            Fact::Prompted(incoming) | Fact::Steered(incoming) => {
                self.keys.insert(incoming.key.clone());
            }
            Fact::Called(called) => {
                self.call_ids.insert(called.call.id.clone());
            }
            Fact::Spent(spent) => self.count(spent),
            Fact::Closed(_) => self.unclosed_micro_usd = 0,
            // It can be spoken to from every branch.
            Fact::Hired(hired) => self.workers.push((**hired).clone()),
            Fact::Granted(_) => self.granted_ever += 1,
            Fact::Revoked(grant) => {
                self.revoked.insert(grant.clone());
            }
            Fact::Opened(_)
            | Fact::Queued(_)
            | Fact::Withdrawn(_)
            | Fact::Said(_)
            | Fact::Thought(_)
            | Fact::Kept(_)
            | Fact::Asked(_)
            | Fact::Answered(_)
            | Fact::Refused(_)
            | Fact::Cleared(_)
            | Fact::Began(_)
            | Fact::Returned(_)
            | Fact::Interrupted(_)
            | Fact::Faulted(_)
            | Fact::Compacted(_)
            | Fact::Configured(_)
            | Fact::Noted(_)
            | Fact::Rewound(_)
            | Fact::Resumed(_)
            | Fact::Reported(_)
            | Fact::Contacted(_)
            | Fact::Snapshot(_)
            | Fact::Reviewed(_)
            | Fact::Unknown(_) => {}
        }
    }

    fn open(&mut self, opened: &Opened) {
        self.mode = opened.mode;
        self.model.clone_from(&opened.model);
        self.transcript.push(Role::User, opened.preamble.clone());
        self.opened = Some(Arc::new(opened.clone()));
    }

    fn take_in(&mut self, content: Vec<Block>) {
        let mut blocks = std::mem::take(&mut self.notes);
        blocks.extend(content);
        self.transcript.push(Role::User, blocks);
        self.owes_reply = true;
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

    fn forget_queued(&mut self, key: &OpKey) {
        self.keys.insert(key.clone());
        self.queue.retain(|queued| queued.incoming.key != *key);
    }

    fn count(&mut self, spent: &gimlet_protocol::Spent) {
        self.totals.usage.add(&spent.usage);
        let micro_usd = spent.cost.micro_usd.unwrap_or(0);
        self.totals.micro_usd += micro_usd;
        self.unclosed_micro_usd += micro_usd;
        self.totals.requests += 1;
    }

    fn close_reply(&mut self, spent: &gimlet_protocol::Spent) {
        self.count(spent);
        if spent.asker != Asker::Main {
            return;
        }
        let blocks = std::mem::take(&mut self.reply);
        let made = std::mem::take(&mut self.made);
        let failed = matches!(spent.finish, Finish::Failed { .. });
        if failed {
            self.turn.failed_in_a_row += 1;
            return;
        }
        self.turn.failed_in_a_row = 0;
        self.turn.requests += 1;
        self.turn.cut_in_a_row = if spent.finish == Finish::Length {
            self.turn.cut_in_a_row + 1
        } else {
            0
        };
        if spent.usage.context_tokens() > 0 {
            self.window_tokens = spent.usage.context_tokens();
        }
        self.calls = made.into_iter().map(OpenCall::new).collect();
        self.call_ids
            .extend(self.calls.iter().map(|open| open.call.id.clone()));
        self.turn.succeeded.clear();
        self.turn.done = false;
        self.transcript.push(Role::Assistant, blocks);
        self.window_bytes = self.transcript.bytes();
        self.owes_reply = spent.finish == Finish::Paused && self.calls.is_empty();
    }

    fn open_call(&mut self, id: &CallId) -> Option<&mut OpenCall> {
        self.calls.iter_mut().find(|open| open.call.id == *id)
    }

    fn set_phase(&mut self, id: &CallId, phase: Phase) {
        if let Some(open) = self.open_call(id) {
            open.phase = phase;
        }
    }

    fn answer(&mut self, id: &CallId, reply: &Reply) {
        let Some(open) = self.open_call(id) else {
            return;
        };
        match reply {
            Reply::Allow { .. } if open.phase == Phase::Began => {}
            Reply::Allow { input, .. } => {
                open.phase = Phase::Cleared;
                open.changed.clone_from(input);
            }
            Reply::Deny { .. } => {}
        }
        open.offered.clear();
        // The person is there and has spoken.
        self.denials_in_a_row = 0;
    }

    fn count_review(&mut self, outcome: ReviewOutcome) {
        self.denials_in_a_row = match outcome {
            ReviewOutcome::Deny => self.denials_in_a_row + 1,
            ReviewOutcome::Allow => 0,
            ReviewOutcome::Ask | ReviewOutcome::Failed => self.denials_in_a_row,
        };
    }

    fn finish(&mut self, id: &CallId, mut content: Vec<Block>, success: Success) {
        let Some(open) = self.open_call(id) else {
            return;
        };
        if open.phase == Phase::Done {
            return;
        }
        open.phase = Phase::Done;
        content.extend(open.news_of_change());
        open.result = Some((content, success == Success::Yes));
        let tool = open.call.tool.clone();
        if success == Success::Yes {
            self.turn.succeeded.push(tool);
        }
        if self.calls.iter().all(|open| open.phase == Phase::Done) {
            let mut blocks: Vec<Block> = Vec::with_capacity(self.calls.len());
            for open in std::mem::take(&mut self.calls) {
                let (content, ok) = open.result.unwrap_or_default();
                blocks.push(Block::Result {
                    call: open.call.id,
                    content,
                    ok,
                });
            }
            blocks.append(&mut self.notes);
            self.transcript.push(Role::User, blocks);
            self.owes_reply =
                !self.turn.interrupted && self.turn.fault.is_none() && !self.turn.done;
        }
    }

    fn halt(&mut self, how: ReturnedHow) {
        for open in &mut self.calls {
            if open.phase != Phase::Done {
                open.phase = Phase::Lost(how);
            }
        }
        self.owes_reply = false;
    }

    fn configure(&mut self, change: &Change) {
        match change {
            Change::Model { model, .. } => {
                self.model.clone_from(model);
                self.turn.failed_in_a_row = 0;
            }
            Change::Mode { mode } => {
                if *mode == Mode::Plan && self.mode != Mode::Plan {
                    self.before_plan = self.mode;
                }
                self.mode = *mode;
            }
            Change::Title { title } => self.title = Some(title.clone()),
        }
    }

    fn note(&mut self, kind: NoteKind, text: &str) {
        match kind {
            NoteKind::Notice => {}
            NoteKind::Reminder => {
                if text == plan_mode::OFF {
                    self.told.remove(plan_mode::ON_NAME);
                }
                self.told.extend(text.lines().next().map(str::to_owned));
                if self.calls.is_empty() && self.owes_reply && self.transcript.ends_with_user() {
                    // The request that is about to be made takes it along.
                    self.transcript.push(Role::User, vec![reminder(text)]);
                } else {
                    self.notes.push(reminder(text));
                }
            }
            NoteKind::Nudge => {
                self.turn.nudges += 1;
                self.take_in(vec![reminder(text)]);
            }
        }
    }

    /// The last entry, of whatever branch.
    pub fn last(&self) -> Option<EntryId> {
        self.last
    }

    /// The session's start.
    pub fn opened(&self) -> Option<&Arc<Opened>> {
        self.opened.as_ref()
    }

    /// The conversation as the next request carries it.
    pub fn messages(&self) -> &[Arc<Message>] {
        self.transcript.messages()
    }

    /// Estimated bytes of the conversation.
    pub fn message_bytes(&self) -> u64 {
        self.transcript.bytes()
    }

    /// Calls of the last reply that wait for the others' results.
    pub(crate) fn calls(&self) -> &[OpenCall] {
        &self.calls
    }

    /// Prompts that wait.
    pub fn queue(&self) -> &[Queued] {
        &self.queue
    }

    /// True when an operation of that key was taken before.
    pub fn knows(&self, key: &OpKey) -> bool {
        self.keys.contains(key)
    }

    /// True when a call of that id was made before.
    pub fn knows_call(&self, id: &CallId) -> bool {
        self.call_ids.contains(id)
    }

    /// What tools remember.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// True when a reminder with that first line was told and is still in the conversation.
    pub fn was_told(&self, first_line: &str) -> bool {
        self.told.contains(first_line)
    }

    /// What the person granted, as far as it was not taken back. Some may have lapsed.
    pub fn grants(&self) -> impl Iterator<Item = &Granted> {
        let kept = |held: &&Granted| !self.revoked.contains(&held.id);
        self.grants.iter().filter(kept)
    }

    /// The grants that hold at a time.
    pub fn grants_at(&self, now: Timestamp) -> Vec<Grant> {
        let holds = |held: &&Granted| held.until.is_none_or(|until| now < until);
        let held = self.grants().filter(holds);
        held.map(|held| held.grant.clone()).collect()
    }

    /// The name of a grant that is about to be given, `after` others of its batch.
    pub(crate) fn next_grant(&self, after: usize) -> GrantId {
        let number = self.granted_ever + after as u64 + 1;
        GrantId(format!("g{number}"))
    }

    /// Denials of the reviewer since it allowed anything or the person answered.
    pub fn denials_in_a_row(&self) -> u32 {
        self.denials_in_a_row
    }

    /// The permission mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The mode that a call's marks lead to, where that is another one.
    pub(crate) fn mode_after(&self, marks: &[Mark]) -> Option<Mode> {
        let is_planning = self.mode == Mode::Plan;
        if marks.contains(&Mark::PlanBegan) && !is_planning {
            return Some(Mode::Plan);
        }
        (marks.contains(&Mark::PlanApproved) && is_planning).then_some(self.before_plan)
    }

    /// What the model has to be told of the mode before it is asked.
    pub(crate) fn news_of_mode(&self) -> Option<&'static str> {
        match (self.mode == Mode::Plan, self.was_told(plan_mode::ON_NAME)) {
            (true, false) => Some(plan_mode::ON),
            (false, true) => Some(plan_mode::OFF),
            (true, true) | (false, false) => None,
        }
    }

    /// The model, as `provider/name`.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The session's name.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// True when the model is to be asked as soon as no call is open.
    pub fn owes_reply(&self) -> bool {
        self.owes_reply
    }

    /// The running turn, or the last one.
    pub fn turn(&self) -> &Turn {
        &self.turn
    }

    /// Sums over the whole log.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Millionths of a dollar that runs spent which never closed the session, because they were
    /// killed.
    pub fn unclosed_micro_usd(&self) -> u64 {
        self.unclosed_micro_usd
    }

    /// Tokens in the window at the last reply, as the provider counted them.
    pub fn window_tokens(&self) -> u64 {
        self.window_tokens
    }

    /// About the next request's input: what the provider counted last, and the rest by its size.
    pub fn next_tokens(&self) -> u64 {
        if self.window_tokens == 0 {
            return self.fixed_tokens() + tokens(self.transcript.bytes());
        }
        self.window_tokens + tokens(self.transcript.bytes().saturating_sub(self.window_bytes))
    }

    /// The same estimate for a conversation that was compacted to `content` and `kept` messages.
    pub(crate) fn tokens_after(&self, content: &[Block], kept: u64) -> u64 {
        let messages = self.transcript.messages();
        let kept = usize::try_from(kept).map_or(messages.len(), |kept| kept.min(messages.len()));
        let tail = messages.get(messages.len() - kept..).unwrap_or_default();
        let bytes = content.iter().map(block_bytes).sum::<u64>() + Transcript::bytes_of(tail);
        self.fixed_tokens() + tokens(bytes)
    }

    pub(crate) fn tokens_of(messages: &[Arc<Message>]) -> u64 {
        tokens(Transcript::bytes_of(messages))
    }

    /// System prompt and tools, by their size.
    fn fixed_tokens(&self) -> u64 {
        let Some(opened) = &self.opened else { return 0 };
        let system: usize = opened.system.iter().map(String::len).sum();
        let tools: usize = opened
            .tools
            .iter()
            .map(|tool| tool.description.len() + tool.input_schema.to_string().len())
            .sum();
        tokens((system + tools) as u64)
    }

    /// The workers that this session started, in order.
    pub fn workers(&self) -> &[Hired] {
        &self.workers
    }

    /// What the person asked for, word for word, the newest last.
    pub(crate) fn requests(&self) -> &[String] {
        self.essentials.requests()
    }

    /// What a compaction keeps word for word.
    pub(crate) fn essentials_text(&self, window_tokens: u64) -> String {
        // Requests may have a third of the window: summary, files and commands have bounds of
        // their own, and the reply needs room.
        let most = usize::try_from(window_tokens / 3 * 36 / 10).unwrap_or(usize::MAX);
        self.essentials.text(&self.desk, most)
    }

    /// True when a fault ended the last turn and it can go on.
    pub fn can_resume(&self) -> bool {
        (self.turn.fault.is_some() || self.turn.interrupted) && self.transcript.ends_with_user()
    }
}

/// Bytes of JSON that make a token, about; `deps.md` gives 3.6 as the mean over code and prose.
fn tokens(bytes: u64) -> u64 {
    bytes * 10 / 36
}

/// What a tool returned as the model hears it: nothing hidden in it, and nothing that passes for
/// what Gimlet itself tells. The log keeps what it was.
fn heard(content: &[Block]) -> Vec<Block> {
    let clean = |block: &Block| {
        let mut block = block.clone();
        if let Block::Text { text, .. } = &mut block {
            let cleaned = for_model(text);
            let harmless = without_own_envelopes(&cleaned);
            if harmless != text.as_str() {
                *text = harmless.into_owned();
            }
        }
        block
    };
    content.iter().map(clean).collect()
}

/// Whether a call's result is a success.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Success {
    Yes,
    No,
}

/// A reminder as the model reads it. What it repeats from a file does not end it.
fn reminder(text: &str) -> Block {
    let text = without_own_envelopes(text);
    Block::text(format!("<system-reminder>\n{text}\n</system-reminder>"))
}

/// What a log amounts to, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Folded {
    /// The fold of the active branch.
    pub index: Index,
    /// Lines that could not be read.
    pub damage: Vec<LogFault>,
}

/// Folds a whole log; one with rewinds is read twice, to find the active branch first.
/// Fails when the log cannot be opened; damaged lines are told in the result.
pub fn fold_log(read: impl Fn() -> Result<EntryIter, LogFault>) -> Result<Folded, LogFault> {
    let mut folded = Folded::default();
    let mut rewinds: BTreeMap<EntryId, Option<EntryId>> = BTreeMap::new();
    for entry in read()? {
        match entry {
            Ok(entry) => {
                if matches!(entry.fact, Fact::Rewound(_)) {
                    rewinds.insert(entry.id, entry.parent);
                }
                if rewinds.is_empty() {
                    folded.index.apply(&entry);
                } else {
                    folded.index.last = Some(entry.id);
                }
            }
            Err(fault) => folded.damage.push(fault),
        }
    }
    if rewinds.is_empty() {
        return Ok(folded);
    }
    let active = active_ranges(&rewinds, folded.index.last);
    let mut index = Index::default();
    for entry in read()?.flatten() {
        if active
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&entry.id.0))
        {
            index.apply(&entry);
        } else {
            index.apply_abandoned(&entry);
        }
    }
    folded.index = index;
    Ok(folded)
}

/// The ranges of entry numbers on the way from the last entry back to the first.
fn active_ranges(
    rewinds: &BTreeMap<EntryId, Option<EntryId>>,
    last: Option<EntryId>,
) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    let mut end = last;
    while let Some(last) = end.take() {
        if let Some((rewound, parent)) = rewinds.range(..=last).next_back() {
            ranges.push((rewound.0, last.0));
            // A parent that is not earlier is damage; the walk must end all the same.
            end = parent.filter(|parent| parent < rewound);
        } else {
            ranges.push((0, last.0));
        }
    }
    ranges
}

#[cfg(test)]
mod tests;
