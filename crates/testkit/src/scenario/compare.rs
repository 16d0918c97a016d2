//! What must hold of every log, and when two runs of a scene came to the same end.

use super::{AGAIN, crew::first_id, told};
use gimlet_protocol::{Asker, CallId, Entry, Fact, Finish, NoteKind, OpKey, ReturnedHow};
use std::collections::{BTreeMap, BTreeSet};

/// Checks a log whose session rests: entries are numbered without a gap and follow each
/// other, no prompt was delivered twice, no call id was used twice, every call of a reply
/// that came to its end has exactly one result, and no question was answered twice.
///
/// # Errors
/// With the first rule that is broken.
pub fn check_log(entries: &[Entry]) -> Result<(), String> {
    let mut keys: BTreeSet<&OpKey> = BTreeSet::new();
    let mut ends: BTreeMap<&CallId, usize> = BTreeMap::new();
    let mut answered: BTreeSet<&CallId> = BTreeSet::new();
    for (place, entry) in entries.iter().enumerate() {
        let parent = place.checked_sub(1).map(|before| before as u64);
        if entry.id.0 != place as u64 || entry.parent.map(|id| id.0) != parent {
            return Err(format!(
                "entry {} stands at place {place} and follows {:?}",
                entry.id, entry.parent
            ));
        }
        match &entry.fact {
            Fact::Prompted(incoming) | Fact::Steered(incoming) if !keys.insert(&incoming.key) => {
                return Err(format!("the prompt {} was delivered twice", incoming.key));
            }
            Fact::Called(called) if ends.insert(&called.call.id, 0).is_some() => {
                return Err(format!("the call {} was made twice", called.call.id));
            }
            Fact::Returned(returned) => count(&mut ends, &returned.call)?,
            Fact::Refused(refused) => count(&mut ends, &refused.call)?,
            Fact::Answered(answer) if !answered.insert(&answer.call) => {
                return Err(format!(
                    "the question about {} was answered twice",
                    answer.call
                ));
            }
            _ => {}
        }
    }
    match ends.iter().find(|(_, count)| **count != 1) {
        Some((call, count)) => Err(format!("the call {call} has {count} results")),
        None => Ok(()),
    }
}

fn count<'a>(ends: &mut BTreeMap<&'a CallId, usize>, call: &'a CallId) -> Result<(), String> {
    let Some(count) = ends.get_mut(call) else {
        return Err(format!("{call} has a result and was never made"));
    };
    *count += 1;
    Ok(())
}

/// Checks that a run with a crash came to the same end as the one without: what was said,
/// called, returned and refused, and why turns ended. What a crash adds is left out: that
/// the turn was resumed or interrupted again, requests that were made once more, and
/// the lost result and new permission of a call that was made again.
///
/// # Errors
/// With what is missing and what is too much.
pub fn same_end(plain: &[Entry], crashed: &[Entry]) -> Result<(), String> {
    let (mut missing, mut extra) = (outline(plain), outline(crashed));
    let (said, said_again) = (last_words(plain), last_words(crashed));
    let both = missing.clone();
    missing.retain(|line| !take(&mut extra, line));
    if !missing.is_empty() || !extra.is_empty() {
        return Err(format!(
            "the end differs from that of the run without a crash\nmissing: {missing:#?}\ntoo much: {extra:#?}\nof: {both:#?}"
        ));
    }
    if said != said_again {
        return Err(format!(
            "the last words are {said_again:?} and not {said:?}"
        ));
    }
    Ok(())
}

fn take(lines: &mut Vec<String>, wanted: &str) -> bool {
    let at = lines.iter().position(|line| line == wanted);
    at.map(|at| lines.remove(at)).is_some()
}

/// What remains of a log when everything is left out that a crash may change.
fn outline(entries: &[Entry]) -> Vec<String> {
    let mut out = Vec::new();
    let mut reply: Vec<String> = Vec::new();
    let mut again = false;
    let mut interrupted = false;
    for entry in entries {
        match &entry.fact {
            Fact::Said(said) => reply.push(format!("said {}", said.text)),
            Fact::Thought(said) => reply.push(format!("thought {}", said.text)),
            Fact::Called(called) => {
                again |= called.call.id.as_str().ends_with(AGAIN);
                reply.push(format!(
                    "called {} {} {}",
                    called.call.id, called.call.tool, called.call.input
                ));
            }
            Fact::Spent(spent) if spent.asker == Asker::Main => {
                let said = std::mem::take(&mut reply);
                let ended = match &spent.finish {
                    Finish::Failed { .. } => None,
                    finish => Some(format!("reply {finish:?}")),
                };
                if let (Some(ended), false) = (ended, std::mem::take(&mut again)) {
                    out.extend(said);
                    out.push(ended);
                }
            }
            Fact::Prompted(incoming) => out.push(format!(
                "prompted {} {}",
                incoming.key,
                told::blocks(&incoming.content)
            )),
            Fact::Steered(incoming) => out.push(format!(
                "steered {} {}",
                incoming.key,
                told::blocks(&incoming.content)
            )),
            Fact::Withdrawn(key) => out.push(format!("withdrawn {key}")),
            Fact::Refused(refused) => out.push(format!(
                "refused {} {}",
                first_id(&refused.call),
                refused.text
            )),
            Fact::Returned(returned) if returned.how != ReturnedHow::Lost => {
                // What an interrupted call could still tell is lost with its process.
                let told = returned.how != ReturnedHow::Interrupted;
                let text = if told {
                    told::blocks(&returned.content)
                } else {
                    String::new()
                };
                out.push(format!(
                    "returned {} {:?} {text}",
                    first_id(&returned.call),
                    returned.how
                ));
            }
            Fact::Faulted(fault) => out.push(format!("faulted {fault:?}")),
            Fact::Compacted(compacted) => out.push(format!("compacted {:?}", compacted.summary)),
            Fact::Configured(change) => out.push(format!("configured {change:?}")),
            Fact::Noted(noted) if noted.kind != NoteKind::Notice => {
                out.push(format!("noted {noted:?}"));
            }
            // A person may press the key again after a crash.
            Fact::Interrupted(_) if !interrupted => out.push("interrupted".to_owned()),
            _ => {}
        }
        interrupted = match &entry.fact {
            Fact::Interrupted(_) => true,
            Fact::Prompted(_) | Fact::Steered(_) | Fact::Resumed(_) => false,
            _ => interrupted,
        };
    }
    out
}

/// What the model said last, all blocks of that reply.
fn last_words(entries: &[Entry]) -> Vec<String> {
    let mut reply = Vec::new();
    let mut last = Vec::new();
    for entry in entries {
        match &entry.fact {
            Fact::Said(said) => reply.push(said.text.clone()),
            Fact::Spent(spent) => {
                let said = std::mem::take(&mut reply);
                if !said.is_empty() && matches!(spent.finish, Finish::Complete) {
                    last = said;
                }
            }
            _ => {}
        }
    }
    last
}
