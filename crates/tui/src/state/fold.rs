//! Events become state.

use super::{
    Asking, CallCell, Doing, Held, Kind, Retry, Stage, State, Tone, Waiting, Worker,
    cells::{attached_to, text_of},
    transcript::Block,
};
use crate::strings;
use gimlet_hygiene::screen::{Channel, clean, one_line};
use gimlet_protocol::{
    Asker, Change, Confinement, DeskTask, Entry, EntryId, Event, Fact, Fault, Incoming, Mark,
    NoteKind, Origin, ReviewOutcome, SessionId, Signal, SnapshotOf, SummaryFate, Timestamp,
};

impl State {
    /// Takes an event of the session itself. `now` is the time of the client, for what signals
    /// do not tell.
    pub fn fold(&mut self, event: Event, now: Timestamp) {
        match event {
            Event::Fact(entry) => self.fact(entry),
            Event::Signal(signal) => self.signal(signal, now),
        }
    }

    fn fact(&mut self, entry: Entry) {
        let (id, at) = (entry.id, entry.at);
        if entry.parent != self.last {
            self.forks.push((id, entry.parent));
        }
        self.last = Some(id);
        let tag = entry.fact.tag();
        match entry.fact {
            Fact::Opened(opened) => {
                self.cwd = opened.cwd;
                self.model = opened.model;
                self.mode = opened.mode;
                self.session = Some(opened.session);
            }
            Fact::Prompted(incoming) => {
                self.rewound_from = None;
                self.queue.retain(|waiting| waiting.key != incoming.key);
                self.ledger.turn_micro_usd = 0;
                self.activity.doing = Doing::Asking;
                self.activity.since = at;
                self.activity.last_byte = at;
                self.activity.interrupting = false;
                self.activity.retry = None;
                self.heard(&incoming, (id, entry.parent), at);
            }
            Fact::Steered(incoming) => {
                self.queue.retain(|waiting| waiting.key != incoming.key);
                self.heard(&incoming, (id, entry.parent), at);
            }
            Fact::Queued(queued) => {
                let waiting = Waiting {
                    key: queued.incoming.key,
                    lane: queued.lane,
                    content: queued.incoming.content,
                };
                match self.queue.iter_mut().find(|known| known.key == waiting.key) {
                    Some(known) => *known = waiting,
                    None => self.queue.push(waiting),
                }
            }
            Fact::Withdrawn(key) => self.queue.retain(|waiting| waiting.key != key),
            Fact::Said(said) => self.transcript.said(id, at, &said.reply, &said.text),
            Fact::Thought(said) => {
                let text = clean(Channel::ModelText, &said.text);
                self.transcript.thought(id, at, &said.reply, &text);
            }
            Fact::Called(called) => {
                let call = called.call;
                let call = CallCell::new(call.id, call.tool, call.input, Stage::Called);
                self.transcript.call(Some(id), at, call);
                self.activity.doing = Doing::Working;
            }
            Fact::Spent(spent) => {
                if spent.asker == Asker::Main {
                    self.transcript.drop_streams();
                    self.activity.output_tokens = 0;
                    self.activity.retry = None;
                }
                self.ledger.add(&spent);
            }
            Fact::Asked(asked) => {
                self.activity.doing = Doing::Waiting;
                self.know_held(asked.question.confinement.as_ref());
                if let Some(call) = self.transcript.open_call(&asked.call) {
                    call.stage = Stage::Asked;
                    let asking = Asking {
                        session: self.session.clone().unwrap_or_else(|| SessionId::new("")),
                        call: asked.call,
                        tool: call.tool.clone(),
                        input: call.input.clone(),
                        question: asked.question,
                    };
                    self.asked.push_back(asking);
                }
            }
            Fact::Answered(answered) => {
                self.asked.retain(|asking| asking.call != answered.call);
                if let Some(call) = self.transcript.open_call(&answered.call) {
                    call.stage = Stage::Called;
                }
                self.back_to_work();
            }
            Fact::Refused(refused) => {
                self.asked.retain(|asking| asking.call != refused.call);
                if let Some(call) = self.transcript.open_call(&refused.call) {
                    call.stage = Stage::Refused;
                }
                self.back_to_work();
            }
            Fact::Cleared(cleared) => {
                self.asked.retain(|asking| asking.call != cleared.call);
                self.know_held(cleared.ruling.confinement.as_ref());
                if let Some(call) = self.transcript.open_call(&cleared.call) {
                    call.stage = Stage::Called;
                }
                self.back_to_work();
            }
            Fact::Began(call) => {
                if let Some(call) = self.transcript.open_call(&call) {
                    call.stage = Stage::Running;
                    call.began = Some(at);
                }
                self.back_to_work();
            }
            Fact::Returned(returned) => {
                self.asked.retain(|asking| asking.call != returned.call);
                for mark in &returned.marks {
                    self.mark(mark);
                }
                if let Some(call) = self.transcript.open_call(&returned.call) {
                    call.returned(&returned);
                }
                self.transcript.call_ended(&returned.call);
                self.back_to_work();
                if !self.transcript.has_open_calls() && self.is_busy() {
                    self.activity.doing = Doing::Asking;
                    self.activity.last_byte = at;
                }
            }
            Fact::Interrupted(_) => {
                self.transcript.drop_streams();
                self.asked.clear();
                let text = strings::INTERRUPTED.to_owned();
                self.transcript.note(Some(id), at, Tone::Warning, text);
                self.rest();
            }
            Fact::Faulted(fault) => {
                self.transcript.drop_streams();
                let text = fault_text(&fault);
                self.transcript.note(Some(id), at, Tone::Bad, text);
                self.rest();
            }
            Fact::Compacted(compacted) => {
                self.ledger.context_tokens = compacted.after_tokens;
                let mut text = strings::compacted(compacted.before_tokens, compacted.after_tokens);
                if let SummaryFate::Rejected { why } = &compacted.summary {
                    text.push_str(&strings::summary_rejected(&one_line(why, 200)));
                }
                self.transcript.note(Some(id), at, Tone::Quiet, text);
            }
            Fact::Configured(change) => self.configured(id, at, change),
            Fact::Noted(noted) => {
                if noted.kind == NoteKind::Notice {
                    let text = clean(Channel::Message, &noted.text).into_owned();
                    self.transcript.note(Some(id), at, Tone::Plain, text);
                }
            }
            Fact::Rewound(rewound) => {
                self.rewound_from = Some(rewound.from);
                let branch = self.branch(entry.parent);
                self.transcript.strike_all_but(&branch);
                let text = strings::REWOUND.to_owned();
                self.transcript.note(Some(id), at, Tone::Quiet, text);
            }
            Fact::Resumed(_) => {
                self.activity.doing = Doing::Asking;
                self.activity.since = at;
                self.transcript
                    .note(Some(id), at, Tone::Quiet, strings::RESUMED.to_owned());
            }
            Fact::Closed(_) => self.rest(),
            Fact::Hired(hired) => {
                if let Some(call) = self.transcript.open_call(&hired.call) {
                    call.worker = Some(hired.worker.clone());
                }
                let worker = Worker {
                    call: hired.call,
                    kind: hired.kind,
                    task: one_line(&hired.task, 200),
                    since: at,
                    calls: 0,
                    now: String::new(),
                    rests: false,
                    open: std::collections::BTreeMap::new(),
                };
                self.workers.insert(hired.worker, worker);
            }
            Fact::Reported(reported) => {
                if let Some(worker) = self.workers.get_mut(&reported.worker) {
                    worker.rests = true;
                    worker.calls = reported.calls;
                }
                self.asked
                    .retain(|asking| asking.session != reported.worker);
            }
            Fact::Granted(granted) => {
                self.grants.retain(|known| known.id != granted.id);
                self.grants.push(*granted);
            }
            Fact::Revoked(grant) => self.grants.retain(|known| known.id != grant),
            Fact::Reviewed(reviewed) => {
                let allows = reviewed.outcome == ReviewOutcome::Allow;
                let reason = one_line(&reviewed.reason, 300);
                let text = strings::reviewed(&reviewed.model, allows, &reason);
                self.transcript.note(Some(id), at, Tone::Quiet, text);
            }
            Fact::Snapshot(snapshot) => {
                let text = match snapshot.of {
                    SnapshotOf::Undo { .. } => strings::restored(snapshot.total),
                    SnapshotOf::Redo { .. } => strings::brought_back(snapshot.total),
                    SnapshotOf::Call { .. } | SnapshotOf::Background { .. } => return,
                };
                self.transcript.note(Some(id), at, Tone::Quiet, text);
            }
            Fact::Contacted(contact) => {
                let host = one_line(&contact.host, 100);
                let refused = contact.refused.map(|why| one_line(&why, 200));
                let text = strings::contacted(&host, contact.port, refused.as_deref());
                match self.transcript.running_call() {
                    Some(call) => call.contacted(&text),
                    None => self.transcript.note(Some(id), at, Tone::Quiet, text),
                }
            }
            Fact::Kept(_) => {}
            Fact::Unknown(_) => {
                let text = strings::unknown_fact(tag);
                self.transcript.note(Some(id), at, Tone::Quiet, text);
            }
        }
    }

    /// Takes an event of a worker's session.
    pub fn fold_worker(&mut self, session: &SessionId, event: &Event) {
        let Event::Fact(entry) = event else { return };
        let Some(worker) = self.workers.get_mut(session) else {
            return;
        };
        if let Fact::Called(called) = &entry.fact {
            worker.calls += 1;
            worker.now = crate::draw::call_title(&called.call.tool, &called.call.input);
            let call = (called.call.tool.clone(), called.call.input.clone());
            worker.open.insert(called.call.id.clone(), call);
        } else if let Fact::Asked(asked) = &entry.fact {
            if let Some((tool, input)) = worker.open.get(&asked.call) {
                self.asked.push_back(Asking {
                    session: session.clone(),
                    call: asked.call.clone(),
                    tool: tool.clone(),
                    input: input.clone(),
                    question: asked.question.clone(),
                });
            }
        } else if let Fact::Answered(answered) = &entry.fact {
            let call = &answered.call;
            self.asked
                .retain(|asking| asking.call != *call || asking.session != *session);
        } else if let Fact::Returned(returned) = &entry.fact {
            let call = &returned.call;
            worker.open.remove(call);
            self.asked
                .retain(|asking| asking.call != *call || asking.session != *session);
        } else if let Fact::Prompted(_) = &entry.fact {
            worker.rests = false;
        }
    }

    fn heard(
        &mut self,
        incoming: &Incoming,
        (id, parent): (EntryId, Option<EntryId>),
        at: Timestamp,
    ) {
        let text = text_of(&incoming.content);
        match incoming.origin {
            Origin::Person => {
                let text = clean(Channel::Message, &text).into_owned();
                let attached = attached_to(&incoming.content);
                self.transcript.push(
                    Some(id),
                    at,
                    Kind::Person {
                        text,
                        attached,
                        parent,
                    },
                );
            }
            Origin::Task => {
                let text = strings::task_told(&one_line(&text, 300));
                self.transcript.note(Some(id), at, Tone::Quiet, text);
            }
            Origin::Program => {}
        }
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Todos { todos } => self.todos.clone_from(todos),
            Mark::TaskStarted {
                task,
                command,
                output,
                group,
            } => {
                let started = DeskTask {
                    command: command.clone(),
                    output: output.clone(),
                    group: *group,
                    ended: None,
                };
                self.tasks.insert(task.clone(), started);
            }
            Mark::TaskEnded { task, code } => {
                if let Some(task) = self.tasks.get_mut(task) {
                    task.ended = Some(*code);
                }
            }
            Mark::Cwd { .. }
            | Mark::Seen { .. }
            | Mark::TurnDone
            | Mark::Item { .. }
            | Mark::ItemDropped { .. }
            | Mark::PlanBegan
            | Mark::ChangesSettled { .. }
            | Mark::WorktreeEntered { .. }
            | Mark::WorktreeLeft
            | Mark::PlanApproved => {}
        }
    }

    fn configured(&mut self, id: EntryId, at: Timestamp, change: Change) {
        match change {
            Change::Model { model, why } => {
                let text = strings::model_changed(&model, why.as_deref());
                let tone = if why.is_some() {
                    Tone::Warning
                } else {
                    Tone::Quiet
                };
                self.transcript.note(Some(id), at, tone, text);
                self.model = model;
            }
            Change::Mode { mode } => self.mode = mode,
            Change::Title { title } => self.title = Some(one_line(&title, 200)),
        }
    }

    fn know_held(&mut self, confinement: Option<&Confinement>) {
        match confinement {
            Some(Confinement::Held(_)) => self.held = Some(Held::Confined),
            Some(Confinement::Open { .. }) => self.held = Some(Held::Open),
            Some(Confinement::Refused { .. }) | None => {}
        }
    }

    fn back_to_work(&mut self) {
        if self.asked.is_empty() && self.activity.doing == Doing::Waiting {
            self.activity.doing = Doing::Working;
        }
    }

    fn rest(&mut self) {
        self.activity.doing = Doing::Resting;
        self.activity.interrupting = false;
        self.activity.retry = None;
        self.activity.silent = None;
    }

    fn signal(&mut self, signal: Signal, now: Timestamp) {
        let came = match &signal {
            Signal::Waiting { .. }
            | Signal::Retrying { .. }
            | Signal::State { .. }
            | Signal::LogFault { .. }
            | Signal::Lagged { .. } => false,
            Signal::ReplyStarted { .. }
            | Signal::BlockStarted { .. }
            | Signal::TextDelta { .. }
            | Signal::ThoughtDelta { .. }
            | Signal::InputDelta { .. }
            | Signal::Usage { .. }
            | Signal::ToolProgress { .. } => true,
        };
        if came {
            self.activity.last_byte = now;
            self.activity.silent = None;
            self.activity.retry = None;
        }
        match signal {
            Signal::ReplyStarted { reply, .. } => {
                self.transcript.reply_began(&reply);
                self.activity.doing = Doing::Asking;
            }
            Signal::BlockStarted {
                reply,
                index,
                call,
                thought,
            } => {
                self.transcript.thinking_ended(now);
                let (block, doing) = match call {
                    Some((id, tool)) => (Block::Call(id, tool), Doing::Writing),
                    None if thought => (Block::Thought, Doing::Thinking),
                    None => (Block::Text, Doing::Writing),
                };
                self.transcript.block(&reply, index, now, block);
                self.activity.doing = doing;
            }
            Signal::TextDelta { reply, index, text } => {
                self.transcript.block(&reply, index, now, Block::Text);
                self.transcript.text_delta(index, &text);
                self.activity.doing = Doing::Writing;
            }
            Signal::ThoughtDelta { reply, index, text } => {
                self.transcript.block(&reply, index, now, Block::Thought);
                self.transcript
                    .text_delta(index, &clean(Channel::ModelText, &text));
                self.activity.doing = Doing::Thinking;
            }
            Signal::InputDelta { .. } => {}
            Signal::Usage { usage, .. } => self.activity.output_tokens = usage.output_tokens,
            Signal::ToolProgress { call, text } => {
                if let Some(call) = self.transcript.open_call(&call) {
                    call.progressed(&text);
                }
            }
            Signal::Waiting {
                silent_ms,
                deadline_ms,
                ..
            } => {
                self.activity.silent = Some((silent_ms, deadline_ms));
            }
            Signal::Retrying {
                attempt,
                max,
                wait_ms,
                text,
                ..
            } => {
                self.transcript.drop_streams();
                self.activity.doing = Doing::Asking;
                self.activity.retry = Some(Retry {
                    attempt,
                    max,
                    at: Timestamp(now.0.saturating_add(wait_ms)),
                    text: one_line(&text, 300),
                });
            }
            Signal::State { state } => match Doing::from(state) {
                Doing::Resting => self.rest(),
                doing @ (Doing::Asking
                | Doing::Thinking
                | Doing::Writing
                | Doing::Working
                | Doing::Waiting
                | Doing::Compacting) => {
                    if !self.is_busy() {
                        self.activity.since = now;
                        self.activity.last_byte = now;
                    }
                    let is_waiting = self.activity.doing == Doing::Waiting;
                    if doing == Doing::Waiting || is_waiting || !self.is_busy() {
                        self.activity.doing = doing;
                    }
                }
            },
            Signal::LogFault { text } => {
                let text = clean(Channel::Message, &text).into_owned();
                self.activity.log_fault = Some(text.clone());
                self.transcript
                    .note(None, now, Tone::Bad, strings::log_fault(&text));
                self.rest();
            }
            Signal::Lagged { .. } => self.transcript.signals_lost(),
        }
    }
}

fn fault_text(fault: &Fault) -> String {
    let text = match fault {
        Fault::Model {
            text,
            status,
            class,
        } => strings::model_fault(class, *status, text),
        Fault::Limit { text, .. } | Fault::Tool { text } => text.clone(),
    };
    clean(Channel::Message, &text).into_owned()
}
