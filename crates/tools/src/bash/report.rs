//! What a finished command is to the model and to clients.

use super::{
    BashData,
    cwd::Moved,
    meaning,
    watch::{Ending, Ran},
};
use gimlet_ports::ToolReturn;
use gimlet_protocol::{Block, Mark};
use std::time::Duration;

/// Puts together what the model and clients see.
pub(super) fn report(
    command: &str,
    ran: Ran,
    (moved, blocked): (Moved, Vec<String>),
    limit: Duration,
) -> ToolReturn<BashData> {
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let mut data = BashData {
        stdout: ran.out.take().text(),
        stderr: ran.err.take().text(),
        persisted_output_path: ran
            .spilled
            .as_ref()
            .map(|(path, _)| path.display().to_string()),
        persisted_output_size: ran.spilled.as_ref().map(|(_, size)| *size),
        ..BashData::default()
    };
    let mut notes = Vec::new();
    let mut failed = false;
    match ran.end {
        Ending::Ended(exit) => {
            data.exit_code = exit.code;
            data.signal = exit.signal;
            data.return_code_interpretation = meaning::of(command, exit.code);
            match (exit.code, data.return_code_interpretation) {
                (Some(0), _) => {}
                (Some(code), Some(meaning)) => notes.push(format!("exit code {code}: {meaning}")),
                (Some(code), None) => {
                    failed = true;
                    notes.push(format!("exit code {code}"));
                }
                (None, _) => {
                    failed = true;
                    let signal = exit.signal.unwrap_or(0);
                    notes.push(format!(
                        "ended by signal {signal}{}",
                        meaning::signal(signal)
                    ));
                }
            }
            if exit.left_children {
                notes.push(
                    "processes that the command had left running were ended; use \
                     run_in_background for what shall go on"
                        .to_owned(),
                );
            }
        }
        Ending::TimedOut => {
            failed = true;
            data.interrupted = true;
            data.timed_out_after_ms = Some(limit_ms);
            notes.push(format!(
                "timed out after {limit_ms} ms; the command and its children were ended. Give a \
                 longer timeout or use run_in_background"
            ));
        }
        Ending::Stopped => {
            failed = true;
            data.interrupted = true;
            notes.push("interrupted; the command and its children were ended".to_owned());
        }
    }
    notes.extend(ran.spill_note);
    notes.extend(blocked);
    let mut marks = Vec::new();
    match moved {
        Moved::Nowhere => {}
        Moved::To(path) => marks.push(Mark::Cwd { path }),
        Moved::Back(path) => notes.push(format!("Shell cwd was reset to {}", path.display())),
    }
    let output = ran.all.told(ran.spilled.as_ref());
    let mut text = output.trim_end_matches('\n').to_owned();
    if text.is_empty() && notes.is_empty() {
        text.push_str("[no output]");
    }
    for note in notes {
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend([format!("[{note}]")]);
    }
    ToolReturn {
        content: vec![Block::text(text)],
        data,
        marks,
        failed,
    }
}
