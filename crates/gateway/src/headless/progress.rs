//! Progress for a person who watches a terminal: one short line for each thing that ended.

use crate::headless::account::OpenCall;
use gimlet_hygiene::screen::one_line;
use gimlet_protocol::{Call, Change, Fact, NoteKind, ReturnedHow, Signal};
use serde_json::Value;

/// Characters of a call's title.
const MOST_TITLE_CHARS: usize = 72;
/// Characters of a reason.
const MOST_REASON_CHARS: usize = 160;

/// The line for a fact, where it has one. `call` is the call that the fact answers.
pub(crate) fn fact_line(fact: &Fact, call: Option<&OpenCall>) -> Option<String> {
    let title = || call.map_or_else(String::new, |open| title(&open.call));
    match fact {
        Fact::Returned(returned) => {
            let took = spell_ms(returned.took_ms);
            let outcome = match returned.how {
                ReturnedHow::Done => format!("done in {took}"),
                ReturnedHow::Failed => format!("failed after {took}"),
                ReturnedHow::Interrupted => "interrupted".to_owned(),
                ReturnedHow::TimedOut => format!("ended at its deadline after {took}"),
                ReturnedHow::Lost => "lost in a crash".to_owned(),
            };
            Some(format!("{}: {outcome}", title()))
        }
        Fact::Refused(refused) => {
            let first = refused.text.lines().next().unwrap_or_default();
            Some(format!(
                "{}: {}",
                title(),
                one_line(first, MOST_REASON_CHARS)
            ))
        }
        Fact::Configured(Change::Model {
            model,
            why: Some(why),
        }) => {
            let why = one_line(why, MOST_REASON_CHARS);
            Some(format!(
                "going on with {} ({why})",
                one_line(model, MOST_TITLE_CHARS)
            ))
        }
        Fact::Noted(noted) if noted.kind == NoteKind::Notice => {
            Some(one_line(&noted.text, MOST_REASON_CHARS))
        }
        Fact::Opened(_)
        | Fact::Prompted(_)
        | Fact::Steered(_)
        | Fact::Queued(_)
        | Fact::Withdrawn(_)
        | Fact::Said(_)
        | Fact::Thought(_)
        | Fact::Called(_)
        | Fact::Kept(_)
        | Fact::Spent(_)
        | Fact::Asked(_)
        | Fact::Answered(_)
        | Fact::Cleared(_)
        | Fact::Began(_)
        | Fact::Interrupted(_)
        | Fact::Faulted(_)
        | Fact::Compacted(_)
        | Fact::Configured(_)
        | Fact::Noted(_)
        | Fact::Rewound(_)
        | Fact::Resumed(_)
        | Fact::Closed(_)
        | Fact::Hired(_)
        | Fact::Reported(_)
        | Fact::Contacted(_)
        | Fact::Snapshot(_)
        | Fact::Granted(_)
        | Fact::Revoked(_)
        | Fact::Reviewed(_)
        | Fact::Unknown(_) => None,
    }
}

/// The line for a signal, where it has one.
pub(crate) fn signal_line(signal: &Signal) -> Option<String> {
    match signal {
        Signal::Retrying {
            attempt,
            max,
            wait_ms,
            text,
            ..
        } => Some(format!(
            "trying again in {} (attempt {attempt} of {max} failed: {})",
            spell_ms(*wait_ms),
            one_line(text, MOST_REASON_CHARS),
        )),
        Signal::ReplyStarted { .. }
        | Signal::BlockStarted { .. }
        | Signal::TextDelta { .. }
        | Signal::ThoughtDelta { .. }
        | Signal::InputDelta { .. }
        | Signal::Usage { .. }
        | Signal::ToolProgress { .. }
        | Signal::Waiting { .. }
        | Signal::State { .. }
        | Signal::LogFault { .. }
        | Signal::Lagged { .. } => None,
    }
}

/// What of an input tells people most, in this order.
const TELLING: [&str; 8] = [
    "command",
    "file_path",
    "path",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
];

fn title(call: &Call) -> String {
    let telling = TELLING
        .iter()
        .find_map(|key| call.input.get(key).and_then(Value::as_str));
    let whole = match telling {
        Some(telling) => format!(
            "{} {}",
            call.tool,
            telling.lines().next().unwrap_or_default()
        ),
        None => call.tool.clone(),
    };
    one_line(&whole, MOST_TITLE_CHARS)
}

fn spell_ms(ms: u64) -> String {
    if ms < 1000 {
        format!("{ms} ms")
    } else {
        format!("{}.{} s", ms / 1000, ms % 1000 / 100)
    }
}
