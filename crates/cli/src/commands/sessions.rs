//! `gimlet sessions` and `gimlet rewind`: stored sessions, looked at and tidied without a
//! model. Nothing is deleted: what goes, goes to the trash folder.

use super::{blackout, here, store, undo};
use crate::{
    args::{ExportFormat, RewindArgs, SessionsArgs, SessionsCommand},
    exit::{self, Exit},
};
use gimlet_app::store::{
    FindFault, LogView, Scope, SessionCard, Store, active_path, export_json, export_markdown,
};
use gimlet_hygiene::screen::one_line;
use gimlet_ports::{LogFault, SessionLog as _};
use gimlet_protocol::{Entry, EntryId, Fact, OpKey, RewindScope, Rewound, SessionId};
use serde_json::json;
use std::{fs, io, path::Path};

/// Characters of a title or an excerpt that are shown.
const MOST_TITLE_CHARS: usize = 400;
/// Hits that a search shows.
const MOST_HITS: usize = 50;

pub(crate) fn run(args: &SessionsArgs) -> Exit {
    let outcome = match &args.command {
        SessionsCommand::List { all, json } => list(*all, json.json),
        SessionsCommand::Show { session, json } => show(session, json.json),
        SessionsCommand::Search { words, json } => search(&words.join(" "), json.json),
        SessionsCommand::Export {
            session,
            format,
            output,
            raw,
        } => {
            let credentials = if *raw {
                Credentials::Kept
            } else {
                Credentials::Out
            };
            export(session, *format, output.as_deref(), credentials)
        }
        SessionsCommand::Rename { session, name } => rename(session, name),
        SessionsCommand::Delete { session } => delete(session),
        SessionsCommand::Repair { session } => repair(session),
    };
    outcome.unwrap_or_else(|exit| exit)
}

fn list(all: bool, as_json: bool) -> Result<Exit, Exit> {
    let scope = if all {
        Scope::Everywhere
    } else {
        Scope::Folder(here()?)
    };
    let listing = store()?.list(&scope).map_err(|fault| log_fault(&fault))?;
    for fault in &listing.faults {
        exit::notice(&fault.to_string());
    }
    if let Some(notice) = &listing.index {
        exit::notice(&notice.to_string());
    }
    if as_json {
        let cards = serde_json::to_string_pretty(&listing.cards)
            .map_err(|error| exit::complain(Exit::Bug, &error.to_string(), None))?;
        return Ok(exit::print_line(&cards));
    }
    if listing.cards.is_empty() {
        let text = if all {
            "There are no sessions."
        } else {
            "There are no sessions of this folder; `--all` lists those of every folder."
        };
        return Ok(exit::print_line(text));
    }
    let lines: Vec<String> = listing
        .cards
        .iter()
        .map(|card| line_of(card, all))
        .collect();
    Ok(exit::print_line(&lines.join("\n")))
}

fn line_of(card: &SessionCard, with_folder: bool) -> String {
    let what = card
        .title
        .as_deref()
        .or(card.first_prompt.as_deref())
        .unwrap_or("(no prompt yet)");
    let what = one_line(what, MOST_TITLE_CHARS);
    let folder = if with_folder {
        format!("  {}", card.cwd.display())
    } else {
        String::new()
    };
    let damage = card
        .damage
        .as_ref()
        .map_or_else(String::new, |why| format!("  cannot be opened: {why}"));
    format!(
        "{}  {}  {:>6} entries{folder}  {what}{damage}",
        card.id,
        time(card.updated.0),
        card.entries
    )
}

/// A moment as people write it, in their own time zone.
fn time(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(
            || "?".to_owned(),
            |at| {
                at.to_zoned(jiff::tz::TimeZone::system())
                    .strftime("%Y-%m-%d %H:%M")
                    .to_string()
            },
        )
}

fn show(name: &str, as_json: bool) -> Result<Exit, Exit> {
    let format = if as_json {
        ExportFormat::Json
    } else {
        ExportFormat::Md
    };
    // What the person sees for himself stays as it was.
    export(name, format, None, Credentials::Kept)
}

/// What becomes of the keys and passwords in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credentials {
    Kept,
    Out,
}

fn export(
    name: &str,
    format: ExportFormat,
    output: Option<&Path>,
    credentials: Credentials,
) -> Result<Exit, Exit> {
    let (store, id) = find(name)?;
    let view = store.view(&id).map_err(|fault| log_fault(&fault))?;
    let mut text = Vec::new();
    let exported = match format {
        ExportFormat::Md => export_markdown(&view, &mut text),
        ExportFormat::Json => export_json(&view, &mut text),
    };
    exported.map_err(|fault| exit::complain(Exit::Environment, &fault.to_string(), None))?;
    let text = match (credentials, format) {
        (Credentials::Kept, _) => text,
        (Credentials::Out, ExportFormat::Md) => blackout::markdown(&text),
        (Credentials::Out, ExportFormat::Json) => blackout::json(&text),
    };
    Ok(deliver(&text, output))
}

/// Prints text, or writes it to a file that is not there yet.
pub(super) fn deliver(text: &[u8], output: Option<&Path>) -> Exit {
    let Some(path) = output else {
        return exit::print(&String::from_utf8_lossy(text));
    };
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| io::Write::write_all(&mut file, text));
    match written {
        Ok(()) => exit::print_line(&format!("Written to {}.", path.display())),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = format!("{} exists already; nothing was written", path.display());
            exit::complain(Exit::Usage, &text, None)
        }
        Err(error) => exit::complain(
            Exit::Environment,
            &format!("{}: {error}", path.display()),
            None,
        ),
    }
}

fn search(query: &str, as_json: bool) -> Result<Exit, Exit> {
    let (hits, notice) = store()?
        .search(query, MOST_HITS)
        .map_err(|fault| exit::complain(Exit::Environment, &fault.to_string(), None))?;
    if let Some(notice) = notice {
        exit::notice(&notice.to_string());
    }
    if as_json {
        let list: Vec<_> = hits
            .iter()
            .map(|hit| json!({"session": hit.session, "entry": hit.entry, "kind": hit.kind, "excerpt": hit.excerpt}))
            .collect();
        return Ok(exit::print_line(&format!(
            "{:#}",
            serde_json::Value::Array(list)
        )));
    }
    if hits.is_empty() {
        return Ok(exit::print_line("Nothing was found."));
    }
    let lines: Vec<String> = hits
        .iter()
        .map(|hit| {
            format!(
                "{}  entry {:<5} {:9} {}",
                hit.session,
                hit.entry,
                hit.kind,
                one_line(&hit.excerpt, MOST_TITLE_CHARS)
            )
        })
        .collect();
    Ok(exit::print_line(&lines.join("\n")))
}

fn rename(name: &str, title: &str) -> Result<Exit, Exit> {
    let title = one_line(title, MOST_TITLE_CHARS);
    if title.is_empty() {
        return Ok(exit::complain(Exit::Usage, "the new name is empty", None));
    }
    let (store, id) = find(name)?;
    store
        .rename(&id, &title)
        .map_err(|fault| log_fault(&fault))?;
    Ok(exit::print_line(&format!(
        "{id} is now called \"{title}\"."
    )))
}

fn delete(name: &str) -> Result<Exit, Exit> {
    let (store, id) = find(name)?;
    let place = store.delete(&id).map_err(|fault| log_fault(&fault))?;
    Ok(exit::print_line(&format!(
        "{id} was moved to {}.",
        place.display()
    )))
}

fn repair(name: &str) -> Result<Exit, Exit> {
    let (store, id) = find(name)?;
    let report = store.repair(&id).map_err(|fault| log_fault(&fault))?;
    let mut lines: Vec<String> = report
        .damaged
        .iter()
        .map(|fault| format!("left out: {fault}"))
        .collect();
    lines.extend(
        report.relinked.iter().map(|entry| {
            format!("entry {entry} lost its parent and now follows the one before it")
        }),
    );
    lines.push(match &report.original {
        Some(original) => format!(
            "{} entries were kept; the damaged original is {}.",
            report.kept_entries,
            original.display()
        ),
        None => format!(
            "{} is in order: {} entries.",
            report.path.display(),
            report.kept_entries
        ),
    });
    Ok(exit::print_line(&lines.join("\n")))
}

/// Takes turns back: the log gets one entry that says where the conversation goes on.
pub(crate) fn rewind(args: &RewindArgs) -> Exit {
    rewind_session(args).unwrap_or_else(|exit| exit)
}

fn rewind_session(args: &RewindArgs) -> Result<Exit, Exit> {
    let (store, id) = if let Some(name) = &args.session {
        find(name)?
    } else {
        let store = store()?;
        let id = store.newest(&here()?).map_err(|fault| log_fault(&fault))?;
        (store, id)
    };
    let entries = entries_of(&store.view(&id).map_err(|fault| log_fault(&fault))?)?;
    let path = active_path(&entries);
    let branch: Vec<&Entry> = path
        .places
        .iter()
        .filter_map(|place| entries.get(*place))
        .collect();
    let (Some(last), Some(to)) = (entries.last(), target(&entries, &branch, args)) else {
        let text = match args.to {
            Some(to) => format!("{id} has no entry {to} before its last"),
            None => format!("{id} has fewer than {} turns", args.turns),
        };
        let hint = Some("`gimlet sessions show` numbers the entries");
        return Ok(exit::complain(Exit::Usage, &text, hint));
    };
    let scope = undo::scope(&args.scope);
    if scope != RewindScope::Conversation || args.how.dry_run {
        let past = undo::past(Some(id.as_str()))?;
        return undo::rewind(&past, to, scope, &args.how);
    }
    let (mut log, _) = store.open(&id).map_err(|fault| log_fault(&fault))?;
    let key = OpKey(format!("rewind:{}", Store::fresh_id()));
    let rewound = Fact::Rewound(Rewound { key, from: last.id });
    log.append(Some(to), vec![rewound])
        .and_then(|_| log.sync())
        .map_err(|fault| log_fault(&fault))?;
    let taken = branch
        .iter()
        .filter(|entry| entry.id > to)
        .filter(|entry| matches!(entry.fact, Fact::Prompted(_)))
        .count();
    let back = last.id;
    let turns = if taken == 1 {
        "1 turn was".to_owned()
    } else {
        format!("{taken} turns were")
    };
    Ok(exit::print_line(&format!(
        "The conversation goes on after entry {to}; {turns} taken back. Files were not changed (`--files` and `--both` take these back, too).\nTo return: gimlet rewind {id} --to {back}"
    )))
}

/// The last entry that stays. A branch that was left can be returned to, so `--to` may name
/// any entry of the log but the last.
fn target(all: &[Entry], branch: &[&Entry], args: &RewindArgs) -> Option<EntryId> {
    if let Some(to) = args.to {
        return all
            .iter()
            .map(|entry| entry.id)
            .find(|id| id.0 == to && Some(*id) != all.last().map(|last| last.id));
    }
    let turns = usize::try_from(args.turns).ok()?;
    let prompt = branch
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, entry)| matches!(entry.fact, Fact::Prompted(_)))
        .nth(turns.checked_sub(1)?)?;
    branch.get(prompt.0.checked_sub(1)?).map(|entry| entry.id)
}

fn entries_of(view: &LogView) -> Result<Vec<Entry>, Exit> {
    let entries = view.read(None).map_err(|fault| log_fault(&fault))?;
    // Damaged lines are told by `sessions repair`; the others still count.
    Ok(entries.filter_map(Result::ok).collect())
}

pub(crate) fn find(name: &str) -> Result<(Store, SessionId), Exit> {
    let store = store()?;
    let id = store.find(name, &here()?).map_err(|fault| match &fault {
        FindFault::Log(fault) => log_fault(fault),
        FindFault::Several { found, .. } => {
            let names: Vec<String> = found.iter().map(|card| line_of(card, true)).collect();
            exit::complain(
                Exit::Usage,
                &fault.to_string(),
                Some(&format!("name one by its id:\n{}", names.join("\n"))),
            )
        }
        FindFault::Nothing { .. } => exit::complain(
            Exit::Usage,
            &fault.to_string(),
            Some("`gimlet sessions list --all` shows them"),
        ),
    })?;
    Ok((store, id))
}

pub(crate) fn log_fault(fault: &LogFault) -> Exit {
    let (exit, hint) = match fault {
        LogFault::Missing { .. } => (Exit::Usage, "`gimlet sessions list --all` shows them"),
        LogFault::Locked { .. } => (Exit::Environment, "end the other process first"),
        LogFault::Full { .. } => (Exit::Environment, "make room and try again"),
        LogFault::Newer { .. } => (Exit::Environment, "update Gimlet"),
        LogFault::Corrupt { .. } => (
            Exit::Environment,
            "`gimlet sessions repair` makes a clean copy",
        ),
        LogFault::Broken { .. } => (Exit::Environment, ""),
    };
    exit::complain(exit, &fault.to_string(), Some(hint))
}
