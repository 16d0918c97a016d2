//! `gimlet worktrees`: what workers changed in worktrees of their own and nobody merged yet.

use crate::{
    args::{WorktreesArgs, WorktreesCommand},
    exit::{self, Exit},
};
use gimlet_app::{WorktreeFault, WorktreeRow, WorktreeState, Worktrees};

pub(crate) fn run(args: &WorktreesArgs) -> Exit {
    match act(args) {
        Ok(exit) => exit,
        Err(fault) => complain(&fault),
    }
}

fn act(args: &WorktreesArgs) -> Result<Exit, WorktreeFault> {
    let worktrees = match (super::dirs(), super::plain_launch()) {
        (Ok(dirs), Ok(launch)) => Worktrees::new(&dirs.state, &launch.env),
        (Err(exit), _) | (_, Err(exit)) => return Ok(exit),
    };
    worktrees.sweep();
    match &args.command {
        None => Ok(list(args, &worktrees.rows())),
        Some(WorktreesCommand::Show { worktree }) => {
            let worker = worktrees.find(worktree)?;
            Ok(match worktrees.changes(&worker)? {
                None => exit::print_line("Nothing was changed in it."),
                Some(changes) => exit::print(&changes.diff),
            })
        }
        Some(WorktreesCommand::Merge { worktree }) => {
            let worker = worktrees.find(worktree)?;
            let (done, told) = worktrees.merge(&worker)?;
            if done {
                return Ok(exit::print_line(&told));
            }
            let hint = format!("`gimlet worktrees discard {worker}` throws it away");
            Ok(exit::complain(Exit::Failed, &told, Some(&hint)))
        }
        Some(WorktreesCommand::Discard { worktree }) => {
            let worker = worktrees.find(worktree)?;
            worktrees.discard(&worker)?;
            Ok(exit::print_line(&format!("Discarded {worker}.")))
        }
    }
}

fn list(args: &WorktreesArgs, rows: &[WorktreeRow]) -> Exit {
    if args.json.json {
        return super::ledger::print_json(&rows);
    }
    if rows.is_empty() {
        return exit::print_line("No worktree of a worker waits to be merged.");
    }
    let lines: Vec<String> = rows.iter().map(line).collect();
    exit::print_line(&lines.join("\n"))
}

fn line(row: &WorktreeRow) -> String {
    let state = match row.state {
        WorktreeState::InUse => "in use",
        WorktreeState::Kept => "waits to be merged",
        WorktreeState::MergeCutShort => "a merge was cut short; merge it again",
    };
    let task: String = row
        .task
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!(
        "{}  {state}  {}  from {}  in {}",
        row.worker,
        task,
        row.repository.display(),
        row.worktree.display()
    )
}

fn complain(fault: &WorktreeFault) -> Exit {
    let (exit, hint) = match fault {
        WorktreeFault::Missing { .. } => (Exit::Usage, Some("`gimlet worktrees` lists them")),
        WorktreeFault::InUse { .. } => (Exit::Failed, Some("wait for its session to end")),
        WorktreeFault::NoRepository { .. }
        | WorktreeFault::NoGit
        | WorktreeFault::TooLarge { .. }
        | WorktreeFault::Git { .. }
        | WorktreeFault::Disk { .. } => (Exit::Environment, None),
    };
    exit::complain(exit, &fault.to_string(), hint)
}
