//! The planner: what comes next, told from the folded log alone.

use crate::index::{Index, Phase};
use gimlet_protocol::{Call, CallId, Fact, OpKey, QueueLane, ReturnedHow};
use std::collections::BTreeSet;

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask the model.
    Sample,
    /// Plan a call and rule on it.
    Judge(Call),
    /// Wait for the answer about a call.
    Wait(CallId),
    /// Run these calls; each is cleared.
    Run(Vec<Call>),
    /// Give a call that lost its turn the result that says so.
    Bury(CallId, ReturnedHow),
    /// Hand over a queued prompt.
    Deliver(OpKey),
    /// Nothing is owed.
    Rest,
}

/// Tells what comes next. `live` are the calls that run in this process right now.
pub fn next_step(index: &Index, live: &BTreeSet<CallId>) -> Step {
    for open in index.calls() {
        match open.phase {
            Phase::Lost(how) if !live.contains(&open.call.id) => {
                return Step::Bury(open.call.id.clone(), how);
            }
            Phase::Began if !live.contains(&open.call.id) => {
                return Step::Bury(open.call.id.clone(), ReturnedHow::Lost);
            }
            Phase::Made => return Step::Judge(open.call.clone()),
            Phase::Asked | Phase::Cleared | Phase::Began | Phase::Lost(_) | Phase::Done => {}
        }
    }
    if let Some(open) = index.calls().iter().find(|open| open.phase == Phase::Asked) {
        return Step::Wait(open.call.id.clone());
    }
    let ready: Vec<Call> = index
        .calls()
        .iter()
        .filter(|open| open.phase == Phase::Cleared)
        .map(crate::index::OpenCall::effective)
        .collect();
    if !ready.is_empty() {
        return Step::Run(ready);
    }
    let owes = index.owes_reply();
    let next_queued = index
        .queue()
        .iter()
        .find(|queued| !owes || queued.lane == QueueLane::Steer)
        .map(|queued| queued.incoming.key.clone());
    match (next_queued, owes) {
        (Some(key), _) => Step::Deliver(key),
        (None, true) => Step::Sample,
        (None, false) => Step::Rest,
    }
}

/// The fact that delivers a queued prompt: into the running turn, or as a new one.
pub(crate) fn delivery(index: &Index, key: &OpKey) -> Option<Fact> {
    let queued = index
        .queue()
        .iter()
        .find(|queued| queued.incoming.key == *key)?;
    let incoming = queued.incoming.clone();
    Some(if index.owes_reply() {
        Fact::Steered(incoming)
    } else {
        Fact::Prompted(incoming)
    })
}

#[cfg(test)]
mod tests;
