//! `gimlet undo`, `redo`, `diff`, and the files of `rewind`.

use super::{
    here, plain_launch,
    sessions::{find, log_fault},
    store,
};
use crate::{
    args::{DiffArgs, HowArgs, RestoreArgs, ScopeArgs, UndoArgs},
    exit::{self, Exit},
};
use gimlet_app::{Past, PastFault};
use gimlet_hygiene::screen::one_line;
use gimlet_protocol::{
    CallId, Conflict, EntryId, FileChange, FileState, LeftOut, OnConflict, Refusal, Remedy,
    RestorePreview, RestoreWish, RewindScope, Snapshot, SnapshotOf, Timeline, TimelineTurn,
    UndoWhat,
};
use serde::Serialize;
use serde_json::json;
use std::fmt::Write as _;

/// Paths that are shown one by one.
const MOST_SHOWN: usize = 60;
/// Characters of a prompt in a list.
const PROMPT_CHARS: usize = 70;

pub(crate) fn undo(args: &UndoArgs) -> Exit {
    let outcome = past(args.restore.session.as_deref()).and_then(|past| {
        if args.list {
            return list(&past, &args.restore.how);
        }
        let what = undo_what(&past, args.what.as_deref())?;
        restore(&past, RestoreWish::Undo { what }, &args.restore.how)
    });
    outcome.unwrap_or_else(|exit| exit)
}

pub(crate) fn redo(args: &RestoreArgs) -> Exit {
    let outcome =
        past(args.session.as_deref()).and_then(|past| restore(&past, RestoreWish::Redo, &args.how));
    outcome.unwrap_or_else(|exit| exit)
}

pub(crate) fn diff(args: &DiffArgs) -> Exit {
    let outcome = past(args.session.as_deref()).and_then(|past| show_diff(&past, args));
    outcome.unwrap_or_else(|exit| exit)
}

/// Goes back with files, or shows what that would do. The number is the entry that stays last.
pub(super) fn rewind(
    past: &Past,
    to: EntryId,
    scope: RewindScope,
    how: &HowArgs,
) -> Result<Exit, Exit> {
    let what = UndoWhat::Since { entry: to };
    let wish = RestoreWish::Undo { what };
    if how.dry_run {
        return preview(past, &wish, how);
    }
    let restored = past
        .rewind(to, scope, on_conflict(how))
        .map_err(|fault| refused(&fault))?;
    let Some(snapshot) = restored else {
        return Ok(Exit::Success);
    };
    if how.json.json {
        return print_json(&snapshot);
    }
    let also = if scope == RewindScope::Both {
        format!("\nThe conversation goes on after entry {to}.")
    } else {
        "\nThe conversation goes on where it was.".to_owned()
    };
    Ok(exit::print_line(&format!("{}{also}", done(&snapshot))))
}

pub(super) fn scope(args: &ScopeArgs) -> RewindScope {
    if args.files {
        RewindScope::Files
    } else if args.both {
        RewindScope::Both
    } else {
        RewindScope::Conversation
    }
}

/// The past of a session, or of the newest of this folder.
pub(super) fn past(session: Option<&str>) -> Result<Past, Exit> {
    let (store, id) = if let Some(name) = session {
        find(name)?
    } else {
        let store = store()?;
        let id = store.newest(&here()?).map_err(|fault| log_fault(&fault))?;
        (store, id)
    };
    Past::of(&plain_launch()?, &store, &id).map_err(|fault| exit::open_fault(&fault))
}

fn timeline(past: &Past) -> Result<Timeline, Exit> {
    past.timeline().map_err(|fault| refused(&fault))
}

fn undo_what(past: &Past, what: Option<&str>) -> Result<UndoWhat, Exit> {
    let Some(what) = what else {
        return Ok(UndoWhat::Turns { count: 1 });
    };
    match what.parse::<u32>() {
        Ok(0) => Err(exit::complain(Exit::Usage, "0 turns are none", None)),
        Ok(count) => Ok(UndoWhat::Turns { count }),
        Err(_) => turn_or_call(past, what),
    }
}

fn turn_or_call(past: &Past, what: &str) -> Result<UndoWhat, Exit> {
    let timeline = timeline(past)?;
    if let Some(number) = what.strip_prefix("turn:") {
        return turn(&timeline, number);
    }
    let mut found: Vec<CallId> = Vec::new();
    for change in timeline.turns.iter().flat_map(|turn| &turn.changes) {
        let names: Vec<CallId> = match &change.of {
            SnapshotOf::Call { call } => vec![call.clone()],
            SnapshotOf::Background { tasks } => tasks
                .iter()
                .map(|task| CallId::from(task.as_str()))
                .collect(),
            SnapshotOf::Undo { .. } | SnapshotOf::Redo { .. } => Vec::new(),
        };
        for name in names {
            if name.as_str() == what {
                return Ok(UndoWhat::Call { call: name });
            }
            if name.as_str().starts_with(what) && !found.contains(&name) {
                found.push(name);
            }
        }
    }
    match found.as_slice() {
        [call] => Ok(UndoWhat::Call { call: call.clone() }),
        [] => {
            let text = format!(
                "no call that changed files has an id like `{}`",
                one_line(what, 80)
            );
            let hint = "`gimlet undo --list` shows turns and calls";
            Err(exit::complain(Exit::Usage, &text, Some(hint)))
        }
        several => {
            let names: Vec<&str> = several.iter().map(CallId::as_str).collect();
            let text = format!(
                "{} calls have an id like `{what}`: {}",
                names.len(),
                names.join(", ")
            );
            Err(exit::complain(Exit::Usage, &text, Some("name one in full")))
        }
    }
}

fn turn(timeline: &Timeline, number: &str) -> Result<UndoWhat, Exit> {
    let wanted = number.parse::<u32>().ok();
    let found = timeline
        .turns
        .iter()
        .find(|turn| Some(turn.number) == wanted);
    if let Some(turn) = found {
        return Ok(UndoWhat::Turn { entry: turn.entry });
    }
    let text = format!(
        "there is no turn `{}`; the session has {}",
        one_line(number, 40),
        timeline.turns.len()
    );
    let hint = "`gimlet undo --list` numbers them";
    Err(exit::complain(Exit::Usage, &text, Some(hint)))
}

fn on_conflict(how: &HowArgs) -> OnConflict {
    match (how.force, how.skip) {
        (true, _) => OnConflict::Overwrite,
        (false, true) => OnConflict::Skip,
        (false, false) => OnConflict::Refuse,
    }
}

fn restore(past: &Past, wish: RestoreWish, how: &HowArgs) -> Result<Exit, Exit> {
    if how.dry_run {
        return preview(past, &wish, how);
    }
    let snapshot = past.restore(wish, on_conflict(how)).map_err(|fault| {
        if how.json.json
            && let PastFault::Refused(Refusal::Conflicts { conflicts }) = &fault
        {
            // What is wrong with standard output is told by the exit code of the refusal.
            print_json(&json!({ "conflicts": conflicts })).unwrap_or(Exit::Failed);
        }
        refused(&fault)
    })?;
    if how.json.json {
        return print_json(&snapshot);
    }
    Ok(exit::print_line(&done(&snapshot)))
}

fn done(snapshot: &Snapshot) -> String {
    if snapshot.total == 0 {
        return "The files were already as they were before.".to_owned();
    }
    let mut text = paths(&snapshot.changes, snapshot.total);
    let paths = if snapshot.total == 1 { "path" } else { "paths" };
    let (verb, back) = match &snapshot.of {
        SnapshotOf::Redo { .. } => ("brought back", "gimlet undo"),
        SnapshotOf::Undo { .. } | SnapshotOf::Call { .. } | SnapshotOf::Background { .. } => {
            ("restored", "gimlet redo")
        }
    };
    // Writing to a string cannot fail.
    write!(
        text,
        "{} {paths} {verb}. To take it back: {back}",
        snapshot.total
    )
    .unwrap_or_default();
    text
}

fn preview(past: &Past, wish: &RestoreWish, how: &HowArgs) -> Result<Exit, Exit> {
    let preview = past.preview(wish).map_err(|fault| refused(&fault))?;
    if how.json.json {
        return print_json(&preview);
    }
    Ok(exit::print_line(&preview_text(&preview)))
}

fn preview_text(preview: &RestorePreview) -> String {
    let RestorePreview {
        steps,
        conflicts,
        snapshots: _,
        left_out,
        beside,
    } = preview;
    if steps.is_empty() && conflicts.is_empty() {
        return "Nothing would change.".to_owned();
    }
    let mut text = paths(steps, steps.len() as u64);
    writeln!(
        text,
        "{} would change; nothing was changed.",
        counted(steps.len())
    )
    .unwrap_or_default();
    if !conflicts.is_empty() {
        text.push_str("\nIn the way:\n");
        text.push_str(&conflict_lines(conflicts));
    }
    write_left_out(&mut text, left_out);
    if !beside.is_empty() {
        writeln!(
            text,
            "\nOthers ran at the same time, and some of it may be theirs: {}",
            beside.join(", ")
        )
        .unwrap_or_default();
    }
    text.trim_end().to_owned()
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 path".to_owned(),
        count => format!("{count} paths"),
    }
}

fn write_left_out(text: &mut String, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    text.push_str("\nNot covered:\n");
    for LeftOut { path, why } in left_out {
        writeln!(text, "  {}: {why}", path.display()).unwrap_or_default();
    }
}

/// One line a path: what happens to it.
fn paths(changes: &[FileChange], total: u64) -> String {
    let mut text = String::new();
    for change in changes.iter().take(MOST_SHOWN) {
        let sign = match (&change.before, &change.after) {
            (None, _) => "+",
            (_, None) => "-",
            (
                Some(FileState::File { hash: one, .. }),
                Some(FileState::File { hash: other, .. }),
            ) if one == other => "m",
            (Some(_), Some(_)) => "~",
        };
        writeln!(text, "  {sign} {}", change.path.display()).unwrap_or_default();
    }
    let shown = changes.len().min(MOST_SHOWN) as u64;
    if total > shown {
        writeln!(text, "  … and {} more", total - shown).unwrap_or_default();
    }
    text
}

fn conflict_lines(conflicts: &[Conflict]) -> String {
    let mut text = String::new();
    for conflict in conflicts.iter().take(MOST_SHOWN) {
        writeln!(text, "  {}: {}", conflict.path.display(), conflict.why).unwrap_or_default();
    }
    if conflicts.len() > MOST_SHOWN {
        writeln!(text, "  … and {} more", conflicts.len() - MOST_SHOWN).unwrap_or_default();
    }
    text
}

fn refused(fault: &PastFault) -> Exit {
    match fault {
        PastFault::Log(fault) => log_fault(fault),
        PastFault::Refused(Refusal::Conflicts { conflicts }) => {
            let count = counted(conflicts.len());
            let stand = if conflicts.len() == 1 {
                "stands"
            } else {
                "stand"
            };
            let text = format!(
                "{count} {stand} in the way; nothing was changed\n{}",
                conflict_lines(conflicts).trim_end()
            );
            let only_skip = conflicts
                .iter()
                .any(|conflict| conflict.remedy == Remedy::None);
            let hint = if only_skip {
                "--skip leaves these alone and restores the others"
            } else {
                "--skip leaves these alone, --force overwrites them (`gimlet redo` then brings \
                 them back), --dry-run shows all that would change"
            };
            exit::complain(Exit::Failed, &text, Some(hint))
        }
        PastFault::Refused(refusal) => exit::complain(Exit::Failed, &refusal.sentence(), None),
    }
}

fn list(past: &Past, how: &HowArgs) -> Result<Exit, Exit> {
    let timeline = timeline(past)?;
    if how.json.json {
        return print_json(&timeline);
    }
    if timeline.turns.is_empty() {
        return Ok(exit::print_line("The session has no turns yet."));
    }
    let mut text = String::new();
    for turn in &timeline.turns {
        write_turn(&mut text, turn);
    }
    if timeline.can_redo {
        text.push_str("The last undo can be taken back: gimlet redo\n");
    }
    Ok(exit::print_line(text.trim_end()))
}

fn write_turn(text: &mut String, turn: &TimelineTurn) {
    let left = if turn.on_branch {
        ""
    } else {
        "  (left by a rewind)"
    };
    let prompt = one_line(&turn.prompt, PROMPT_CHARS);
    writeln!(text, "turn:{}  {prompt}{left}", turn.number).unwrap_or_default();
    for change in &turn.changes {
        let who = match &change.of {
            SnapshotOf::Call { call } => {
                format!("{} {call}", change.tool.as_deref().unwrap_or("call"))
            }
            SnapshotOf::Background { tasks } => {
                let tasks: Vec<&str> = tasks.iter().map(gimlet_protocol::TaskId::as_str).collect();
                format!("background {}", tasks.join(", "))
            }
            SnapshotOf::Undo { .. } | SnapshotOf::Redo { .. } => continue,
        };
        let undone = if change.undone { "  undone" } else { "" };
        writeln!(
            text,
            "    {who}  +{} ~{} -{}{undone}",
            change.created, change.changed, change.deleted
        )
        .unwrap_or_default();
    }
}

fn show_diff(past: &Past, args: &DiffArgs) -> Result<Exit, Exit> {
    let what = match &args.what {
        None => UndoWhat::Turns { count: 1 },
        Some(what) if what.parse::<u32>().is_ok() => turn(&timeline(past)?, what)?,
        Some(what) => turn_or_call(past, what)?,
    };
    let diffs = past.diff(&what).map_err(|fault| refused(&fault))?;
    if args.json.json {
        return print_json(&diffs);
    }
    if diffs.is_empty() {
        return Ok(exit::print_line("Nothing was changed."));
    }
    let mut text = String::new();
    for diff in &diffs {
        let FileChange {
            path,
            before,
            after,
            author: _,
        } = &diff.change;
        let path = path.display();
        writeln!(
            text,
            "{}  {path}",
            what_became(before.as_ref(), after.as_ref())
        )
        .unwrap_or_default();
        match &diff.text {
            Some(diff) => text.push_str(diff),
            None => text.push_str("(no text, too large, or not kept)\n"),
        }
    }
    Ok(exit::print_line(text.trim_end()))
}

fn what_became(before: Option<&FileState>, after: Option<&FileState>) -> String {
    let kind = |state: &FileState| match state {
        FileState::File { .. } => "file",
        FileState::Link { .. } => "link",
        FileState::Folder { .. } => "folder",
        FileState::Special => "device, socket or pipe",
    };
    match (before, after) {
        (None, Some(after)) => format!("created {}", kind(after)),
        (Some(before), None) => format!("deleted {}", kind(before)),
        (
            Some(FileState::File { mode: old, .. } | FileState::Folder { mode: old }),
            Some(FileState::File { mode: new, .. } | FileState::Folder { mode: new }),
        ) if old != new => format!("changed (mode {old:o} to {new:o})"),
        (Some(_), Some(_)) => "changed".to_owned(),
        (None, None) => "unchanged".to_owned(),
    }
}

pub(super) fn print_json(value: &impl Serialize) -> Result<Exit, Exit> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| exit::complain(Exit::Bug, &error.to_string(), None))?;
    Ok(exit::print_line(&text))
}
