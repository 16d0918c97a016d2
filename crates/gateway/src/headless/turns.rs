//! Events of the session: from facts and signals to messages, and when a turn is over.

use crate::headless::{
    Asking, PermissionPrompts, Prompt, Reading, Run, SETTLING,
    account::Standing,
    faults,
    messages::{Ending, HostState, Verdict},
    options::{Outcome, Output},
    permission::question_request,
    progress,
};
use gimlet_protocol::{
    CallId, Entry, EntryId, Event, Fact, Op, Origin, Reply, SessionId, SessionState, Signal,
};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

/// What the model is told when the client is gone.
pub(super) const INPUT_CLOSED: &str = "the client closed its input without an answer";

impl Run {
    pub(super) async fn event(&mut self, event: Event) {
        match event {
            Event::Fact(entry) => self.fact(&entry).await,
            Event::Signal(signal) => self.signal(&signal),
        }
    }

    async fn fact(&mut self, entry: &Entry) {
        if let Some(until) = self.history_until {
            self.old_fact(entry, until).await;
            return;
        }
        let begins = matches!(entry.fact, Fact::Prompted(_) | Fact::Resumed(_));
        if begins && self.account.turn.is_some() {
            // The engine goes straight from one turn to a queued one.
            self.account.rested();
            self.conclude(None);
        }
        let taken = self.account.take(entry);
        if begins {
            self.turn_begins(entry).await;
        } else if self.account.turn.is_some() {
            if self.outputs.out.wants_messages() {
                self.messages.fact(entry, &taken.reply, taken.call.as_ref());
            }
            if self.outputs.progress
                && let Some(line) = progress::fact_line(&entry.fact, taken.call.as_ref())
            {
                self.outputs.err.push(&format!("{line}\n"));
            }
            self.questions(&entry.fact).await;
        } else {
            self.messages.between_turns(entry);
        }
        // Part of the running turn from here on: it gets no result of its own.
        if let Fact::Steered(incoming) = &entry.fact {
            self.prompts.remove(&incoming.key);
        } else if let Fact::Withdrawn(key) = &entry.fact {
            self.prompts.remove(key);
        } else if let Fact::Hired(hired) = &entry.fact {
            self.hired(hired, entry.at).await;
        } else if let Fact::Reported(reported) = &entry.fact {
            self.reported(reported).await;
        }
        self.print();
    }

    /// Facts of earlier runs are taken in and not told.
    async fn old_fact(&mut self, entry: &Entry, until: EntryId) {
        if entry.id <= until {
            self.account.take(entry);
        }
        if entry.id >= until {
            self.history_until = None;
            self.account.start_run();
            self.begin().await;
        }
    }

    async fn turn_begins(&mut self, entry: &Entry) {
        self.settles_at = None;
        self.interrupts = 0;
        self.messages.init(entry.id, &self.account);
        self.messages.state(HostState::Running);
        if let Fact::Prompted(incoming) = &entry.fact {
            if incoming.origin == Origin::Task {
                // It answers to something that the prompt of this run began.
                self.prompts.insert(incoming.key.clone(), Prompt::default());
            }
            self.messages.replay(entry.id, incoming);
        }
        // A turn that goes on may still wait for answers.
        let waiting: Vec<CallId> = self
            .account
            .open_calls()
            .iter()
            .filter(|open| open.question.is_some())
            .map(|open| open.call.id.clone())
            .collect();
        for call in waiting {
            self.ask(&call).await;
        }
    }

    /// Asks, or takes back what was asked.
    async fn questions(&mut self, fact: &Fact) {
        let settled = if let Fact::Asked(asked) = fact {
            return self.ask(&asked.call).await;
        } else if let Fact::Answered(answered) = fact {
            &answered.call
        } else if let Fact::Returned(returned) = fact {
            &returned.call
        } else if let Fact::Refused(refused) = fact {
            &refused.call
        } else {
            return;
        };
        let session = self.door.session.clone();
        self.settle_question(&session, settled);
        if self.asked.is_empty() && self.account.standing() == Standing::Running {
            self.messages.state(HostState::Running);
        }
    }

    /// Takes back what was asked about a call, where it has no answer.
    pub(super) fn settle_question(&mut self, session: &SessionId, settled: &CallId) {
        let mut asked = self.asked.iter();
        let request =
            asked.find(|(_, asking)| asking.call == *settled && asking.session == *session);
        if let Some(request) = request.map(|(request, _)| request.clone()) {
            self.asked.remove(&request);
            self.cancel_request(&request);
        }
    }

    async fn ask(&mut self, call: &CallId) {
        if self.options.permission_prompts == PermissionPrompts::Nobody {
            let session = self.door.session.clone();
            self.deny(&session, call, "nobody is there to give an answer")
                .await;
            return;
        }
        if self.reading != Reading::Open {
            let session = self.door.session.clone();
            self.deny(&session, call, INPUT_CLOSED).await;
            return;
        }
        let Some(open) = self.account.open_call(call) else {
            return;
        };
        let Some(question) = &open.question else {
            return;
        };
        let request = Uuid::now_v7().to_string();
        let line = question_request(&request, &open.call, question).to_string();
        let asking = Asking {
            session: self.door.session.clone(),
            call: call.clone(),
        };
        self.asked.insert(request, asking);
        self.outputs.out.message(&line);
        self.messages.state(HostState::RequiresAction);
    }

    /// Says no in the name of a person who is not there.
    pub(super) async fn deny(&mut self, session: &SessionId, call: &CallId, why: &str) {
        let reply = Reply::Deny {
            reason: Some(why.to_owned()),
        };
        let op = Op::Answer {
            call: call.clone(),
            reply,
        };
        let submitted = self.door.submit_to(session.clone(), op).await;
        if let Err(refusal) = submitted
            && !self.closing
        {
            self.messages.warn(&refusal.sentence());
        }
    }

    fn cancel_request(&mut self, request: &str) {
        let line = json!({"type": "control_cancel_request", "request_id": request});
        self.outputs.out.message(&line.to_string());
    }

    fn signal(&mut self, signal: &Signal) {
        if self.history_until.is_some() {
            return;
        }
        if let Signal::LogFault { text } = signal {
            self.messages.signal(signal, &self.account);
            self.print();
            if self.closing {
                if self.ended.is_none() {
                    self.outputs.complain(text);
                    self.ended = Some(Outcome::Environment);
                }
            } else {
                self.fail(text, Outcome::Environment);
            }
            return;
        }
        if let Signal::State {
            state: SessionState::Resting,
        } = signal
        {
            self.account.rested();
        }
        if self.account.turn.is_none() {
            return;
        }
        if self.outputs.out.wants_messages() {
            self.messages.signal(signal, &self.account);
            self.print();
        }
        if self.outputs.progress
            && let Some(line) = progress::signal_line(signal)
        {
            self.outputs.err.push(&format!("{line}\n"));
        }
    }

    /// Hands the messages made so far to the printer.
    pub(super) fn print(&mut self) {
        for line in self.messages.drain() {
            self.outputs.out.message(&line);
        }
    }

    /// Ends the turn when it is over; an interrupted one gets a little time for its end.
    pub(super) fn conclude_if_over(&mut self) {
        match self.account.standing() {
            Standing::Between | Standing::Running => {}
            Standing::Settling => {
                self.settles_at
                    .get_or_insert_with(|| Instant::now() + SETTLING);
            }
            Standing::Over => self.conclude(None),
        }
    }

    /// Writes the turn's result.
    pub(super) fn conclude(&mut self, trouble: Option<&str>) {
        let Some(turn) = self.account.close_turn() else {
            return;
        };
        self.settles_at = None;
        self.interrupts = 0;
        // A worker in the background goes on, and so do its questions.
        let session = self.door.session.clone();
        let mut over = Vec::new();
        self.asked.retain(|request, asking| {
            let stays = asking.session != session;
            if !stays {
                over.push(request.clone());
            }
            stays
        });
        for request in over {
            self.cancel_request(&request);
        }
        self.print();
        let prompt = self.prompts.remove(&turn.key);
        let is_ours = prompt.is_some();
        let prompt = prompt.unwrap_or_default();
        let ending = Ending {
            trouble: trouble.map(str::to_owned),
            origin: prompt.origin,
            user_message: prompt.own_id,
        };
        let verdict = Verdict::of(&turn, &ending);
        // With one result to show, it is the one that was asked for.
        if is_ours || self.outputs.out.wants_messages() {
            let result = self.messages.result(&turn, &self.account, &ending);
            self.outputs.out.result(&result, &verdict);
            self.last = if verdict.is_error {
                Outcome::TurnFailed
            } else {
                Outcome::Success
            };
            if verdict.is_error && self.options.output == Output::Text {
                self.outputs.complain(&verdict.text);
                if let Some(hint) = turn.fault.as_ref().and_then(faults::hint) {
                    self.outputs.advise(hint);
                }
            }
        }
        if self.account.queue.is_empty() && self.prompts.is_empty() {
            self.messages.state(HostState::Idle);
            self.print();
        }
    }
}
