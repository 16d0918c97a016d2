//! `gimlet cost` and `gimlet context`: the bill and the window of a session, line by line.

use super::{here, store};
use crate::{
    args::LedgerArgs,
    exit::{self, Exit},
};
use gimlet_app::{CostReport, CostRow, card, context_report, cost_report, store::LogView};
use gimlet_protocol::SessionId;

/// Characters of the longest bar.
const BAR_CHARS: u64 = 24;

pub(crate) fn cost(args: &LedgerArgs) -> Exit {
    show_cost(args).unwrap_or_else(|exit| exit)
}

pub(crate) fn context(args: &LedgerArgs) -> Exit {
    show_context(args).unwrap_or_else(|exit| exit)
}

fn show_cost(args: &LedgerArgs) -> Result<Exit, Exit> {
    let view = view(args)?;
    let entries = view
        .read(None)
        .map_err(|fault| super::sessions::log_fault(&fault))?;
    let store = store()?;
    let log_of = |worker: &SessionId| store.view(worker).ok()?.read(None).ok();
    let report = cost_report(entries, &log_of);
    if args.json.json {
        return Ok(print_json(&report));
    }
    if report.requests.is_empty() {
        return Ok(exit::print_line("No request was made in this session."));
    }
    let mut lines = vec![format!(
        "{:>6}  {:12} {:>9} {:>8} {:>9} {:>9}  {:>10}  {:>9} {:>5}  ended",
        "entry", "asked by", "input", "output", "cached", "written", "cost", "bytes", "kept"
    )];
    let dearest = report
        .requests
        .iter()
        .filter_map(|row| row.micro_usd)
        .max()
        .unwrap_or(0);
    lines.extend(report.requests.iter().map(|row| cost_line(row, dearest)));
    lines.push(String::new());
    lines.push(sum_line(&report));
    for (asker, sum) in &report.by_asker {
        lines.push(format!(
            "  {asker}: {} requests, {} tokens, {}",
            sum.requests,
            sum.tokens,
            dollars(sum.micro_usd)
        ));
    }
    Ok(exit::print_line(&lines.join("\n")))
}

fn cost_line(row: &CostRow, dearest: u64) -> String {
    let cost = row.micro_usd.map_or_else(|| "no price".to_owned(), dollars);
    let kept = (row.kept_bytes * 100)
        .checked_div(row.sent_bytes)
        .unwrap_or(0);
    let broke = row
        .broke_because
        .as_ref()
        .map_or_else(String::new, |why| format!("; prefix broke: {why}"));
    format!(
        "{:>6}  {:12} {:>9} {:>8} {:>9} {:>9}  {cost:>10}  {:>9} {kept:>4}%  {}{broke}  {}",
        row.entry,
        row.asker,
        row.usage.input_tokens,
        row.usage.output_tokens,
        row.usage.cache_read_tokens,
        row.usage.cache_write_tokens,
        row.sent_bytes,
        row.finish,
        bar(row.micro_usd.unwrap_or(0), dearest),
    )
}

fn sum_line(report: &CostReport) -> String {
    let usage = &report.usage;
    let all_input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let hit = (usage.cache_read_tokens * 100)
        .checked_div(all_input)
        .unwrap_or(0);
    let unpriced = match report.unpriced {
        0 => String::new(),
        some => format!(", {some} requests without a known price"),
    };
    format!(
        "{} requests, {} tokens in ({hit}% from the cache), {} out: {}{unpriced}",
        report.requests.len(),
        all_input,
        usage.output_tokens,
        dollars(report.micro_usd)
    )
}

fn show_context(args: &LedgerArgs) -> Result<Exit, Exit> {
    let view = view(args)?;
    let report = context_report(|| view.read(None), |model| card(model).context_tokens)
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

pub(super) fn view(args: &LedgerArgs) -> Result<LogView, Exit> {
    let (store, id) = if let Some(name) = &args.session {
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

fn bar(value: u64, largest: u64) -> String {
    let chars = (value * BAR_CHARS).div_ceil(largest.max(1)).min(BAR_CHARS);
    "▇".repeat(usize::try_from(chars).unwrap_or(0))
}

fn dollars(micro: u64) -> String {
    format!("${}.{:06}", micro / 1_000_000, micro % 1_000_000)
}
