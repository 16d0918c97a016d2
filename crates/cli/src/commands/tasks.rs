//! `gimlet tasks`: the background tasks of a session, and whether they still run.

use crate::{
    args::LedgerArgs,
    exit::{self, Exit},
};
use gimlet_app::{TaskRow, TaskState, task_rows};

pub(crate) fn run(args: &LedgerArgs) -> Exit {
    list(args).unwrap_or_else(|exit| exit)
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
