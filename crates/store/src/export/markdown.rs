//! The readable transcript.

use super::ExportFault;
use crate::{LogView, active_path};
use gimlet_protocol::{
    Block, Change, Entry, Fact, Fault, Finish, Incoming, NoteKind, Origin, Returned, ReturnedHow,
    Timestamp,
};
use std::io::{self, Write};

/// How many characters of one result stand in the transcript.
const RESULT_CHARS: usize = 20_000;

/// Writes the conversation as it stands: prompts, replies, calls with their results folded.
/// What a rewind left behind is not in it, and the end says how much that is; damaged lines
/// are named.
///
/// # Errors
/// When the log cannot be read or the document cannot be written.
pub fn export_markdown(view: &LogView, to: &mut dyn Write) -> Result<(), ExportFault> {
    let mut entries = Vec::new();
    let mut damaged = Vec::new();
    for item in view.read(None)? {
        match item {
            Ok(entry) => entries.push(entry),
            Err(fault) => damaged.push(fault.to_string()),
        }
    }
    let title = entries.iter().rev().find_map(title_of);
    match view.header() {
        Ok(header) => {
            writeln!(
                to,
                "# {}\n",
                one_line(title.unwrap_or(header.session.as_str()))
            )?;
            writeln!(to, "- Session: `{}`", header.session)?;
            writeln!(to, "- Folder: `{}`", header.cwd.display())?;
            writeln!(to, "- Begun: {}", time(header.created))?;
            if let Some((session, entry)) = &header.forked_from {
                writeln!(to, "- Forked from: `{session}` at entry {entry}")?;
            }
        }
        Err(_) => writeln!(to, "# {}\n", one_line(title.unwrap_or("A session")))?,
    }
    if let Some(last) = entries.last() {
        writeln!(to, "- Last entry: {} ({})", last.id, time(last.at))?;
    }
    let path = active_path(&entries);
    for entry in path.places.iter().filter_map(|place| entries.get(*place)) {
        write_entry(entry, to)?;
    }
    let left = entries.len() - path.places.len();
    if left > 0 {
        writeln!(
            to,
            "\n---\n\n{left} entries that a rewind left behind are not shown."
        )?;
    }
    if !damaged.is_empty() {
        writeln!(to, "\n---\n\nDamaged lines, which are missing above:\n")?;
        for fault in damaged {
            writeln!(to, "- {}", one_line(&fault))?;
        }
    }
    Ok(())
}

fn title_of(entry: &Entry) -> Option<&str> {
    if let Fact::Configured(Change::Title { title }) = &entry.fact {
        return Some(title);
    }
    None
}

fn write_entry(entry: &Entry, to: &mut dyn Write) -> io::Result<()> {
    match &entry.fact {
        Fact::Opened(opened) => writeln!(to, "- Model: `{}`", opened.model),
        Fact::Prompted(incoming) | Fact::Steered(incoming) => {
            writeln!(to, "\n## {}\n", heading(incoming))?;
            write_blocks(&incoming.content, to)
        }
        Fact::Said(said) => writeln!(to, "\n{}", said.text.trim_end()),
        Fact::Thought(thought) if thought.text.trim().is_empty() => Ok(()),
        Fact::Thought(thought) => write_folded("Thinking", &thought.text, Fence::None, to),
        Fact::Called(called) => {
            let input = serde_json::to_string_pretty(&called.call.input).unwrap_or_default();
            let summary = format!("Call {}: {}", called.call.id, called.call.tool);
            write_folded(&summary, &input, Fence::Named("json"), to)
        }
        Fact::Returned(returned) => write_result(returned, to),
        Fact::Refused(refused) => {
            writeln!(
                to,
                "\n> Call {} was refused: {}",
                refused.call,
                quoted(&refused.text)
            )
        }
        Fact::Asked(asked) => {
            writeln!(
                to,
                "\n> Asked about call {}: {}",
                asked.call,
                quoted(&asked.question.title)
            )
        }
        Fact::Answered(answered) => {
            let reply = serde_json::to_string(&answered.reply).unwrap_or_default();
            writeln!(to, "\n> Answered for call {}: `{reply}`", answered.call)
        }
        Fact::Spent(spent) => match &spent.finish {
            Finish::Complete | Finish::Paused => Ok(()),
            Finish::Length => writeln!(to, "\n> The reply was cut by the output limit."),
            Finish::Interrupted => writeln!(to, "\n> The reply was interrupted."),
            Finish::Refused { text } => writeln!(to, "\n> The model declined: {}", quoted(text)),
            Finish::Failed { text, .. } => {
                writeln!(to, "\n> The request failed: {}", quoted(text))
            }
        },
        Fact::Interrupted(_) => writeln!(to, "\n> Interrupted."),
        Fact::Faulted(fault) => {
            let (Fault::Model { text, .. } | Fault::Limit { text, .. } | Fault::Tool { text }) =
                fault;
            writeln!(to, "\n> The turn ended: {}", quoted(text))
        }
        Fact::Compacted(compacted) => {
            let mut text = Vec::new();
            write_blocks(&compacted.content, &mut text)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            write_folded(
                "Summary in place of what came before",
                &text,
                Fence::None,
                to,
            )
        }
        Fact::Configured(change) => match change {
            Change::Model { model, .. } => writeln!(to, "\n> The model is now `{model}`."),
            Change::Mode { mode } => writeln!(to, "\n> The mode is now `{}`.", mode.name()),
            Change::Title { .. } => Ok(()),
        },
        Fact::Noted(noted) => match noted.kind {
            NoteKind::Notice => writeln!(to, "\n> {}", quoted(&noted.text)),
            NoteKind::Reminder | NoteKind::Nudge => {
                writeln!(to, "\n> Told to the model: {}", quoted(&noted.text))
            }
        },
        Fact::Unknown(verbatim) => write_folded(
            "A fact of a newer version",
            verbatim.as_str(),
            Fence::Named("json"),
            to,
        ),
        Fact::Queued(_)
        | Fact::Withdrawn(_)
        | Fact::Kept(_)
        | Fact::Cleared(_)
        | Fact::Began(_)
        | Fact::Rewound(_)
        | Fact::Resumed(_)
        | Fact::Closed(_)
        | Fact::Hired(_)
        | Fact::Reported(_)
        | Fact::Contacted(_)
        | Fact::Snapshot(_)
        | Fact::Granted(_)
        | Fact::Revoked(_)
        | Fact::Reviewed(_) => Ok(()),
    }
}

fn heading(incoming: &Incoming) -> &'static str {
    match incoming.origin {
        Origin::Person => "Prompt",
        Origin::Task => "From a background task",
        Origin::Program => "From the program",
    }
}

fn write_result(returned: &Returned, to: &mut dyn Write) -> io::Result<()> {
    let how = match returned.how {
        ReturnedHow::Done => "done",
        ReturnedHow::Failed => "failed",
        ReturnedHow::Interrupted => "interrupted",
        ReturnedHow::TimedOut => "timed out",
        ReturnedHow::Lost => "lost",
    };
    let mut text = Vec::new();
    write_blocks(&returned.content, &mut text)?;
    let text = String::from_utf8_lossy(&text);
    let cut = match text.char_indices().nth(RESULT_CHARS) {
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{kept}\n… {} more bytes are in the log", text.len() - end)
        }
        None => text.into_owned(),
    };
    let summary = format!(
        "Result of call {}: {how} after {} ms",
        returned.call, returned.took_ms
    );
    write_folded(&summary, cut.trim_end(), Fence::Named(""), to)
}

fn write_blocks(blocks: &[Block], to: &mut dyn Write) -> io::Result<()> {
    for block in blocks {
        match block {
            Block::Text { text, .. } | Block::Thought { text, .. } => {
                writeln!(to, "{}", text.trim_end())?;
            }
            Block::Call(call) => writeln!(to, "[call {}: {}]", call.id, call.tool)?,
            Block::Result { call, content, .. } => {
                writeln!(to, "[result of call {call}]")?;
                write_blocks(content, to)?;
            }
            Block::Image { media_type, data } => {
                writeln!(to, "[{media_type}, {} bytes of base64]", data.len())?;
            }
            Block::Document {
                media_type,
                data,
                title,
            } => {
                let title = title.as_deref().unwrap_or("document");
                writeln!(
                    to,
                    "[{title}: {media_type}, {} bytes of base64]",
                    data.len()
                )?;
            }
            Block::Kept { opaque } => writeln!(to, "[a block of {}]", opaque.dialect)?,
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Fence<'a> {
    /// The text is Markdown itself.
    None,
    Named(&'a str),
}

fn write_folded(summary: &str, text: &str, fence: Fence<'_>, to: &mut dyn Write) -> io::Result<()> {
    let summary = one_line(summary).replace('&', "&amp;").replace('<', "&lt;");
    writeln!(to, "\n<details>\n<summary>{summary}</summary>\n")?;
    match fence {
        Fence::None => writeln!(to, "{}", text.trim_end())?,
        Fence::Named(language) => {
            let ticks = "`".repeat(longest_run(text).max(2) + 1);
            writeln!(to, "{ticks}{language}\n{text}\n{ticks}")?;
        }
    }
    writeln!(to, "\n</details>")
}

/// The longest run of backticks, so that a fence can be longer.
fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for char in text.chars() {
        run = if char == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Keeps all lines of a text inside one quotation.
fn quoted(text: &str) -> String {
    text.trim_end().replace('\n', "\n> ")
}

fn time(at: Timestamp) -> String {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| format!("{} ms", at.0), |at| format!("{at:.0}"))
}
