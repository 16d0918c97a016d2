//! Which line the model says next, told from the log alone, so that a process that takes a
//! session over goes on where the last one stood.

use super::{Ending, Line, Repeats, Speaker};
use gimlet_protocol::{Asker, Call, CallId, Entry, Fact, Finish, ReturnedHow};
use std::collections::BTreeSet;

/// What the id of a call ends with that is made again because a crash lost it.
pub const AGAIN: &str = ".again";

/// Where the model stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// It says this line.
    Line(usize),
    /// It makes calls again that a crash lost, before it goes on with its lines.
    Again(Vec<Call>),
}

/// Where the model stands after these entries.
///
/// A line was said when the log has its end, the line `Spent`. A line that repeats was said
/// when the turn has ended or another model was asked. Failures before a crash count, and what
/// else led to nothing before it happens again. A model whose call was lost makes it once more: the one thing that
/// every sensible model would do after it has looked.
pub fn place(lines: &[Line], entries: &[Entry]) -> Place {
    let mut at = 0;
    // Where the model stood when its last request led to something.
    let mut settled = 0;
    let mut called: Vec<Call> = Vec::new();
    let mut lost: Vec<Call> = Vec::new();
    let mut reply: Vec<CallId> = Vec::new();
    let mut open: BTreeSet<CallId> = BTreeSet::new();
    // The turn was interrupted while a line that falls silent was being said; the end of
    // that line follows, unless a crash came between.
    let mut cut_off = false;
    for entry in entries {
        match &entry.fact {
            Fact::Called(made) => {
                reply.push(made.call.id.clone());
                called.push(made.call.clone());
            }
            // Its verdict comes in the same batch.
            Fact::Spent(spent) if spent.asker == Asker::Reviewer => {
                at += 1;
                settled = at;
            }
            Fact::Spent(spent) if spent.asker != Asker::Main => at += 1,
            Fact::Spent(spent) => {
                let failed = matches!(spent.finish, Finish::Failed { .. });
                let made = std::mem::take(&mut reply);
                let again = !made.is_empty() && made.iter().all(|id| id.as_str().ends_with(AGAIN));
                cut_off = false;
                if again {
                    lost.retain(|call| !made.contains(&again_id(&call.id)));
                }
                if !failed {
                    open.extend(made);
                }
                let repeats = lines
                    .get(at)
                    .is_some_and(|line| line.repeats == Repeats::Always);
                if !again && !repeats {
                    at += 1;
                }
                // A request that is too long is one again, until it was compacted.
                let counts =
                    !matches!(&spent.finish, Finish::Failed { class, .. } if class == "too_long");
                if counts {
                    settled = at;
                }
            }
            Fact::Returned(returned) => {
                open.remove(&returned.call);
                let call = called.iter().find(|call| call.id == returned.call);
                if let (Some(call), ReturnedHow::Lost) = (call, returned.how) {
                    lost.push(call.clone());
                }
            }
            Fact::Refused(refused) => {
                open.remove(&refused.call);
            }
            Fact::Interrupted(_) => {
                cut_off = open.is_empty() && lines.get(at).is_some_and(is_silent);
                lost.clear();
            }
            Fact::Prompted(_) | Fact::Steered(_) if cut_off => {
                cut_off = false;
                at += 1;
                settled = at;
            }
            Fact::Faulted(_) | Fact::Configured(_) => {
                at += usize::from(repeats(lines, at, &entry.fact));
                settled = at;
            }
            Fact::Compacted(_) => settled = at,
            Fact::Resumed(_) => at = settled,
            _ => {}
        }
    }
    if lost.is_empty() {
        Place::Line(at)
    } else {
        Place::Again(lost)
    }
}

/// True when the fact ends a line that repeats.
fn repeats(lines: &[Line], at: usize, fact: &Fact) -> bool {
    let Some(line) = lines.get(at).filter(|line| line.repeats == Repeats::Always) else {
        return false;
    };
    match fact {
        Fact::Faulted(_) => true,
        Fact::Configured(gimlet_protocol::Change::Model { .. }) => line.speaker == Speaker::First,
        _ => false,
    }
}

fn is_silent(line: &Line) -> bool {
    line.ending == Ending::Silence
}

/// The id under which a lost call is made again.
pub(super) fn again_id(id: &CallId) -> CallId {
    CallId(format!("{id}{AGAIN}"))
}

/// The id that the scene gave a call which may have been made again.
pub(super) fn first_id(id: &CallId) -> CallId {
    CallId(id.as_str().trim_end_matches(AGAIN).to_owned())
}
