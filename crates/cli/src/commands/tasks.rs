//! `gimlet tasks`: the background tasks of a session, what they print, and their end.

use crate::{
    args::{LedgerArgs, TasksArgs, TasksCommand},
    exit::{self, Exit},
};
use gimlet_app::{Stopped, TaskRow, TaskState, stop_task, task_rows};
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
};

/// Bytes of a task's output that are printed, from its end.
const OUTPUT_BYTES: u64 = 4 << 20;

pub(crate) fn run(args: &TasksArgs) -> Exit {
    let done = match &args.command {
        None => list(&args.list),
        Some(TasksCommand::Output { task, session }) => output(task, session.as_deref()),
        Some(TasksCommand::Stop { task, session }) => stop(task, session.as_deref()),
    };
    done.unwrap_or_else(|exit| exit)
}

fn named(task: &str, session: Option<&str>) -> Result<TaskRow, Exit> {
    let view = super::ledger::view(session)?;
    let rows = task_rows(|| view.read(None)).map_err(|fault| super::sessions::log_fault(&fault))?;
    let found = rows.into_iter().find(|row| row.task.as_str() == task);
    found.ok_or_else(|| {
        let text = format!("there is no background task `{task}` in this session");
        exit::complain(Exit::Usage, &text, Some("`gimlet tasks` lists them"))
    })
}

fn output(task: &str, session: Option<&str>) -> Result<Exit, Exit> {
    let row = named(task, session)?;
    let tail = || -> std::io::Result<(u64, Vec<u8>)> {
        let mut file = File::open(&row.output)?;
        let skipped = file.metadata()?.len().saturating_sub(OUTPUT_BYTES);
        file.seek(SeekFrom::Start(skipped))?;
        let mut bytes = Vec::new();
        file.take(OUTPUT_BYTES).read_to_end(&mut bytes)?;
        Ok((skipped, bytes))
    };
    let (skipped, bytes) = tail().map_err(|error| {
        let text = format!("{}: {error}", row.output.display());
        exit::complain(Exit::Environment, &text, None)
    })?;
    if skipped > 0 {
        let text = format!(
            "the first {skipped} bytes are left out; all is in {}",
            row.output.display()
        );
        exit::notice(&text);
    }
    Ok(exit::print(&String::from_utf8_lossy(&bytes)))
}

fn stop(task: &str, session: Option<&str>) -> Result<Exit, Exit> {
    let row = named(task, session)?;
    Ok(match stop_task(&row) {
        Stopped::Now => exit::print_line(&format!("Stopped {task}.")),
        Stopped::Before => exit::print_line(&format!("{task} does not run any more.")),
        Stopped::Survives => {
            let text = format!("{task} did not end");
            exit::complain(Exit::Failed, &text, Some("it may belong to another user"))
        }
    })
}

fn list(args: &LedgerArgs) -> Result<Exit, Exit> {
    let view = super::ledger::view(args.session.as_deref())?;
    let rows = task_rows(|| view.read(None)).map_err(|fault| super::sessions::log_fault(&fault))?;
    if args.json.json {
        return Ok(super::ledger::print_json(&rows));
    }
    if rows.is_empty() {
        return Ok(exit::print_line(
            "No background task was started in this session.",
        ));
    }
    let lines: Vec<String> = rows.iter().map(line).collect();
    Ok(exit::print_line(&lines.join("\n")))
}

fn line(row: &TaskRow) -> String {
    let state = match row.state {
        TaskState::Running { group } => format!("running, process group {group}"),
        TaskState::Ended { code: Some(code) } => format!("ended with exit code {code}"),
        TaskState::Ended { code: None } => "ended by a signal".to_owned(),
        TaskState::Gone => "ended, and nobody saw how".to_owned(),
    };
    let command: String = row
        .command
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("{}  {state}  {}  {command}", row.task, row.output.display())
}
