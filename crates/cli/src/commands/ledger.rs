//! `gimlet context`: what fills the window of a session.

use super::{here, plain_launch, store};
use crate::{
    args::LedgerArgs,
    exit::{self, Exit},
};
use gimlet_app::{context_report, known_card, store::LogView};

/// Characters of the longest bar.
const BAR_CHARS: u64 = 24;

pub(crate) fn context(args: &LedgerArgs) -> Exit {
    show_context(args).unwrap_or_else(|exit| exit)
}

fn show_context(args: &LedgerArgs) -> Result<Exit, Exit> {
    let view = view(args.session.as_deref())?;
    let launch = plain_launch()?;
    let (settings, _) = launch
        .load_settings()
        .map_err(|fault| exit::open_fault(&fault))?;
    let window = |model: &str| known_card(&settings, model).context_tokens;
    let report = context_report(|| view.read(None), window)
        .map_err(|fault| super::sessions::log_fault(&fault))?;
    if args.json.json {
        return Ok(print_json(&report));
    }
    let largest = report
        .parts
        .iter()
        .map(|(_, tokens)| *tokens)
        .max()
        .unwrap_or(0);
    let percent = (report.next_tokens * 100)
        .checked_div(report.window_tokens)
        .unwrap_or(0);
    let mut lines = vec![format!(
        "{}: about {} of {} tokens ({percent}%)",
        report.model, report.next_tokens, report.window_tokens
    )];
    lines.extend(
        report
            .parts
            .iter()
            .map(|(kind, tokens)| format!("  {kind:24} {tokens:>8}  {}", bar(*tokens, largest))),
    );
    Ok(exit::print_line(&lines.join("\n")))
}

/// The log of a session, or of the newest of this folder.
pub(super) fn view(session: Option<&str>) -> Result<LogView, Exit> {
    let (store, id) = if let Some(name) = session {
        super::sessions::find(name)?
    } else {
        let store = store()?;
        let newest = store.newest(&here()?);
        (
            store,
            newest.map_err(|fault| super::sessions::log_fault(&fault))?,
        )
    };
    store
        .view(&id)
        .map_err(|fault| super::sessions::log_fault(&fault))
}

pub(super) fn print_json(report: &impl serde::Serialize) -> Exit {
    match serde_json::to_string_pretty(report) {
        Ok(text) => exit::print_line(&text),
        Err(error) => exit::complain(Exit::Bug, &error.to_string(), None),
    }
}

pub(super) fn bar(value: u64, largest: u64) -> String {
    let chars = (value * BAR_CHARS).div_ceil(largest.max(1)).min(BAR_CHARS);
    "▇".repeat(usize::try_from(chars).unwrap_or(0))
}
