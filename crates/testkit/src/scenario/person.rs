//! What a person at a session has seen so far: a fold of its events.

use super::{
    crew::{again_id, first_id},
    told,
};
use gimlet_protocol::{
    Asker, CallId, Entry, EntryId, Event, Fact, Finish, NoteKind, Question, Reply, ReturnedHow,
    SessionState, Signal,
};
use std::collections::BTreeMap;

/// The fold.
pub(super) struct Seen {
    /// Every fact, in order.
    pub(super) entries: Vec<Entry>,
    /// Text of the reply that is being said.
    pub(super) speaking: String,
    state: SessionState,
    /// True when work was begun whose end the session has not shown.
    owed: bool,
}

/// How a call ended.
pub(super) struct End {
    pub(super) call: CallId,
    /// `None` when it was refused.
    pub(super) how: Option<ReturnedHow>,
    pub(super) text: String,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            speaking: String::new(),
            state: SessionState::Resting,
            owed: false,
        }
    }

    /// A new process took the session over: signals of the old one count no more.
    pub(super) fn begin_again(&mut self) {
        self.speaking.clear();
        self.state = SessionState::Resting;
        self.owed = false;
    }

    pub(super) fn last(&self) -> Option<EntryId> {
        self.entries.last().map(|entry| entry.id)
    }

    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Signal(Signal::TextDelta { text, .. }) => self.speaking.push_str(&text),
            Event::Signal(Signal::State { state }) => {
                self.state = state;
                self.owed &= state != SessionState::Resting;
            }
            Event::Signal(_) => {}
            Event::Fact(entry) => self.take_fact(entry),
        }
    }

    fn take_fact(&mut self, entry: Entry) {
        match &entry.fact {
            Fact::Prompted(_)
            | Fact::Steered(_)
            | Fact::Queued(_)
            | Fact::Answered(_)
            | Fact::Resumed(_) => self.owed = true,
            Fact::Noted(noted) if noted.kind == NoteKind::Nudge => self.owed = true,
            // What a resting session only tidies up does not make it work.
            Fact::Interrupted(_) | Fact::Faulted(_) => {
                self.owed = self.state != SessionState::Resting;
            }
            Fact::Spent(_) => self.speaking.clear(),
            _ => {}
        }
        self.entries.push(entry);
    }

    /// True when the session rests and nothing is under way or open.
    pub(super) fn rests(&self) -> bool {
        self.state == SessionState::Resting && !self.owed && self.open_calls().is_empty()
    }

    /// How the session stands, for a person who waits in vain.
    pub(super) fn standing(&self) -> String {
        let Self { state, owed, .. } = self;
        format!(
            "the state is {state:?}, owed: {owed}, open: {:?}",
            self.open_calls()
        )
    }

    /// Calls without a result, of replies that came to their end.
    pub(super) fn open_calls(&self) -> Vec<CallId> {
        let mut reply = Vec::new();
        let mut open: Vec<CallId> = Vec::new();
        for entry in &self.entries {
            match &entry.fact {
                Fact::Called(called) => reply.push(called.call.id.clone()),
                Fact::Spent(spent) if spent.asker == Asker::Main => {
                    let made = std::mem::take(&mut reply);
                    if !matches!(spent.finish, Finish::Failed { .. }) {
                        open.extend(made);
                    }
                }
                Fact::Returned(returned) => open.retain(|id| *id != returned.call),
                Fact::Refused(refused) => open.retain(|id| *id != refused.call),
                _ => {}
            }
        }
        open
    }

    /// Open questions, the oldest first.
    pub(super) fn questions(&self) -> Vec<(&CallId, &Question)> {
        let mut open: Vec<(&CallId, &Question)> = Vec::new();
        for entry in &self.entries {
            match &entry.fact {
                Fact::Asked(asked) => open.push((&asked.call, &asked.question)),
                Fact::Answered(answered) => open.retain(|(id, _)| **id != answered.call),
                Fact::Returned(returned) => open.retain(|(id, _)| **id != returned.call),
                _ => {}
            }
        }
        open
    }

    /// The oldest open question that the scene has not answered for the same call before.
    pub(super) fn new_question(&self) -> Option<(&CallId, &Question)> {
        let open = self.questions();
        open.into_iter()
            .find(|(call, _)| self.answer_of(call).is_none())
    }

    /// An open question about a call that was made again, with the answer of the first time.
    pub(super) fn known_answer(&self) -> Option<(CallId, Reply)> {
        let open = self.questions();
        open.into_iter()
            .find_map(|(call, _)| Some((call.clone(), self.answer_of(call)?.clone())))
    }

    /// The answer to the same question about a call that a crash lost.
    fn answer_of(&self, call: &CallId) -> Option<&Reply> {
        let first = first_id(call);
        let mut answers = self.answers().into_iter();
        answers
            .find(|(id, _)| *id != call && first_id(id) == first)
            .map(|(_, reply)| reply)
    }

    /// The id that a call of the scene now has: another one when a crash lost it.
    pub(super) fn current(&self, call: &CallId) -> CallId {
        let mut current = call.clone();
        while self
            .end_of(&current)
            .is_some_and(|end| end.how == Some(ReturnedHow::Lost))
        {
            current = again_id(&current);
        }
        current
    }

    pub(super) fn end_of(&self, call: &CallId) -> Option<End> {
        self.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Returned(returned) if returned.call == *call => Some(End {
                call: call.clone(),
                how: Some(returned.how),
                text: told::blocks(&returned.content),
            }),
            Fact::Refused(refused) if refused.call == *call => Some(End {
                call: call.clone(),
                how: None,
                text: refused.text.clone(),
            }),
            _ => None,
        })
    }

    /// True when the call is with its tool.
    pub(super) fn runs(&self, call: &CallId) -> bool {
        let began = |entry: &Entry| matches!(&entry.fact, Fact::Began(id) if id == call);
        self.entries.iter().any(began)
    }

    /// The answers that were given, by call.
    pub(super) fn answers(&self) -> BTreeMap<&CallId, &Reply> {
        let answers = self.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Answered(answered) => Some((&answered.call, &answered.reply)),
            _ => None,
        });
        answers.collect()
    }

    /// How the last turn stands.
    pub(super) fn turn(&self) -> TurnEnd {
        self.entries
            .iter()
            .rev()
            .find_map(|entry| turn_end(&entry.fact))
            .unwrap_or(TurnEnd::Open)
    }
}

/// How a turn ended, as far as a crash is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TurnEnd {
    /// It did not, or in order.
    Open,
    /// By a fault.
    Faulted,
    /// By the person.
    Interrupted,
}

fn turn_end(fact: &Fact) -> Option<TurnEnd> {
    match fact {
        Fact::Prompted(_) | Fact::Steered(_) | Fact::Resumed(_) => Some(TurnEnd::Open),
        Fact::Faulted(_) => Some(TurnEnd::Faulted),
        Fact::Interrupted(_) => Some(TurnEnd::Interrupted),
        _ => None,
    }
}
