//! The plain scan: what comes next, told by reading a branch from its start. It exists to be
//! compared with the folded index, in tests and in debug builds.

#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::match_same_arms,
    reason = "a plain scan looks for a few facts among all, case by case"
)]

use crate::step::Step;
use gimlet_ports::SessionLog;
use gimlet_protocol::{
    Asker, Call, CallId, Entry, Fact, Finish, Mark, NoteKind, OpKey, QueueLane, Reply, ReturnedHow,
};
use std::collections::BTreeSet;

/// Remembers a branch and checks each step of the driver against the plain scan.
pub(crate) struct Witness(Option<Vec<Entry>>);

/// Longer branches are not checked: the scan would make debug builds quadratic.
const MOST_ENTRIES: usize = 2_000;

impl Witness {
    /// Reads the branch; one with rewinds, damage or great length is not checked.
    pub(crate) fn new(log: &dyn SessionLog) -> Self {
        let entries: Option<Vec<Entry>> = log.read(None).ok().and_then(|entries| {
            entries
                .take(MOST_ENTRIES + 1)
                .collect::<Result<_, _>>()
                .ok()
        });
        Self(entries.filter(|entries| {
            entries.len() <= MOST_ENTRIES
                && !entries
                    .iter()
                    .any(|entry| matches!(entry.fact, Fact::Rewound(_)))
        }))
    }

    pub(crate) fn see(&mut self, entry: &Entry) {
        if let Some(entries) = &mut self.0 {
            entries.push(entry.clone());
            if entries.len() > MOST_ENTRIES {
                self.0 = None;
            }
        }
    }

    pub(crate) fn check(&self, step: &Step, live: &BTreeSet<CallId>) {
        if let Some(entries) = &self.0 {
            let plain = plain_step(entries, live);
            debug_assert_eq!(*step, plain, "the folded index and the plain scan disagree");
        }
    }
}

/// Tells what comes next by reading every entry of a branch.
pub(crate) fn plain_step(entries: &[Entry], live: &BTreeSet<CallId>) -> Step {
    let facts: Vec<&Fact> = entries.iter().map(|entry| &entry.fact).collect();
    let reply_end = facts.iter().rposition(|fact| closes_a_reply(fact));
    let calls = reply_end
        .map(|end| calls_before(&facts, end))
        .unwrap_or_default();
    let after: &[&Fact] = reply_end.and_then(|end| facts.get(end..)).unwrap_or(&facts);
    let halt = after.iter().rev().find_map(|fact| match fact {
        Fact::Interrupted(_) => Some(ReturnedHow::Interrupted),
        Fact::Faulted(_) => Some(ReturnedHow::Failed),
        _ => None,
    });
    let mut waits = None;
    let mut ready = Vec::new();
    let mut open = false;
    for call in &calls {
        let mine: Vec<&&Fact> = after
            .iter()
            .filter(|fact| is_about(fact, &call.id))
            .collect();
        if mine
            .iter()
            .any(|fact| matches!(fact, Fact::Returned(_) | Fact::Refused(_)))
        {
            continue;
        }
        open = true;
        let alive = live.contains(&call.id);
        // What is asked about a call that runs is about a host, and does not hold it up.
        let began = mine.iter().find(|fact| matches!(fact, Fact::Began(_)));
        match (halt, began.or(mine.last())) {
            (Some(how), _) if !alive => return Step::Bury(call.id.clone(), how),
            (Some(_), _) => {}
            (None, None) => return Step::Judge(call.clone()),
            (None, Some(Fact::Began(_))) if !alive => {
                return Step::Bury(call.id.clone(), ReturnedHow::Lost);
            }
            (None, Some(Fact::Asked(_))) => waits = waits.or(Some(call.id.clone())),
            (None, Some(Fact::Cleared(_))) => ready.push(call.clone()),
            (None, Some(Fact::Answered(answered))) => {
                let mut call = call.clone();
                if let Reply::Allow {
                    input: Some(input), ..
                } = &answered.reply
                {
                    call.input = input.clone();
                }
                ready.push(call);
            }
            (None, Some(_)) => {}
        }
    }
    if let Some(call) = waits {
        return Step::Wait(call);
    }
    if !ready.is_empty() {
        return Step::Run(ready);
    }
    let owes = !open && owes_reply(&facts, reply_end, !calls.is_empty());
    match next_queued(&facts, owes) {
        Some(key) => Step::Deliver(key),
        None if owes => Step::Sample,
        None => Step::Rest,
    }
}

fn closes_a_reply(fact: &Fact) -> bool {
    matches!(fact, Fact::Spent(spent)
        if spent.asker == Asker::Main && !matches!(spent.finish, Finish::Failed { .. }))
}

/// The calls of the reply that ends at `end`.
fn calls_before(facts: &[&Fact], end: usize) -> Vec<Call> {
    let before = facts.get(..end).unwrap_or_default();
    let mut calls: Vec<Call> = before
        .iter()
        .rev()
        .take_while(|fact| {
            matches!(
                fact,
                Fact::Said(_) | Fact::Thought(_) | Fact::Called(_) | Fact::Kept(_)
            )
        })
        .filter_map(|fact| match fact {
            Fact::Called(called) => Some(called.call.clone()),
            _ => None,
        })
        .collect();
    calls.reverse();
    calls
}

fn is_about(fact: &Fact, id: &CallId) -> bool {
    match fact {
        Fact::Asked(asked) => asked.call == *id,
        Fact::Answered(answered) => answered.call == *id,
        Fact::Refused(refused) => refused.call == *id,
        Fact::Cleared(cleared) => cleared.call == *id,
        Fact::Began(call) => call == id,
        Fact::Returned(returned) => returned.call == *id,
        _ => false,
    }
}

/// True when the model has the next word: the last thing that matters asks for it.
fn owes_reply(facts: &[&Fact], reply_end: Option<usize>, had_calls: bool) -> bool {
    let (mut resumed, mut halted, mut past_reply) = (false, false, false);
    for (at, fact) in facts.iter().enumerate().rev() {
        match fact {
            // What had no answer when the turn was cut short is to have one now.
            Fact::Resumed(_) => resumed = true,
            Fact::Interrupted(_) | Fact::Faulted(_) if resumed => halted = true,
            Fact::Interrupted(_) | Fact::Faulted(_) => return false,
            Fact::Prompted(_) | Fact::Steered(_) => return true,
            Fact::Noted(noted) if noted.kind == NoteKind::Nudge => return true,
            Fact::Returned(_) | Fact::Refused(_) if past_reply => return true,
            Fact::Returned(returned) if returned.marks.contains(&Mark::TurnDone) => return false,
            Fact::Spent(spent) if Some(at) == reply_end => {
                if had_calls || (spent.finish == Finish::Paused && !halted) {
                    return true;
                }
                if !resumed || has_words(facts, at) {
                    return false;
                }
                past_reply = true;
            }
            Fact::Spent(_) if closes_a_reply(fact) && has_words(facts, at) => return false,
            _ => {}
        }
    }
    false
}

/// True when the reply that ends at `end` said anything.
fn has_words(facts: &[&Fact], end: usize) -> bool {
    let last = end.checked_sub(1).and_then(|last| facts.get(last));
    matches!(
        last,
        Some(Fact::Said(_) | Fact::Thought(_) | Fact::Called(_) | Fact::Kept(_))
    )
}

fn next_queued(facts: &[&Fact], owes: bool) -> Option<OpKey> {
    let mut waiting: Vec<(OpKey, QueueLane)> = Vec::new();
    for fact in facts {
        match fact {
            Fact::Queued(queued) => {
                let key = &queued.incoming.key;
                match waiting.iter_mut().find(|(known, _)| known == key) {
                    Some(known) => known.1 = queued.lane,
                    None => waiting.push((key.clone(), queued.lane)),
                }
            }
            Fact::Withdrawn(key) => waiting.retain(|(known, _)| known != key),
            Fact::Prompted(incoming) | Fact::Steered(incoming) => {
                waiting.retain(|(known, _)| *known != incoming.key);
            }
            _ => {}
        }
    }
    waiting
        .into_iter()
        .find(|(_, lane)| !owes || *lane == QueueLane::Steer)
        .map(|(key, _)| key)
}
