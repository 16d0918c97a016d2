//! `gimlet cost`: each request of a session, or the bill over many sessions.

use super::{
    ledger::{print_json, view},
    sessions::{deliver, find, log_fault},
    store,
};
use crate::{
    args::{CostArgs, CostBy, CostFormat},
    exit::{self, Exit},
};
use gimlet_app::{
    BillBy, BillLine, BilledRequest, CacheAlarm, CostReport, bill, bill_total, billed,
    cache_alarms, cost_report,
    store::{Scope, SessionCard, Store, scan_card},
};
use gimlet_protocol::SessionId;
use jiff::tz::TimeZone;
use serde::Serialize;

mod picture;
mod sheet;
mod table;

pub(crate) fn cost(args: &CostArgs) -> Exit {
    let format = if args.json.json {
        CostFormat::Json
    } else {
        args.format
    };
    let shown = match args.by {
        Some(by) => show_bill(args, by, format),
        None => show_session(args, format),
    };
    shown.unwrap_or_else(|exit| exit)
}

/// The bill as JSON.
#[derive(Serialize)]
struct Bill<'a> {
    by: &'a str,
    lines: &'a [BillLine],
    total: &'a BillLine,
    cache_alarms: &'a [CacheAlarm],
}

fn show_session(args: &CostArgs, format: CostFormat) -> Result<Exit, Exit> {
    let view = view(args.session.as_deref())?;
    let entries = view.read(None).map_err(|fault| log_fault(&fault))?;
    let store = store()?;
    let log_of = |worker: &SessionId| store.view(worker).ok()?.read(None).ok();
    let report: CostReport = cost_report(entries, &log_of);
    let card = scan_card(view.path()).map_err(|fault| log_fault(&fault))?;
    let (requests, _) = billed(&store, std::slice::from_ref(&card));
    let alarms = cache_alarms(&requests);
    let text = match format {
        CostFormat::Json if args.output.is_none() => return Ok(print_json(&report)),
        CostFormat::Json => json(&report)?,
        CostFormat::Text => table::of_session(&report, &alarms),
        CostFormat::Csv => sheet::of_requests(&requests),
        CostFormat::Svg => picture::svg("Cost by request", &bars_of(&requests)),
        CostFormat::Html => {
            let lines = lines_of(&requests);
            picture::page("Cost by request", &lines, &bill_total(&requests))
        }
    };
    Ok(deliver(text.as_bytes(), args.output.as_deref()))
}

fn show_bill(args: &CostArgs, by: CostBy, format: CostFormat) -> Result<Exit, Exit> {
    let (store, cards) = sessions(args)?;
    let zone = TimeZone::system();
    let (mut requests, faults) = billed(&store, &cards);
    for fault in &faults {
        exit::notice(&format!("left out: {fault}"));
    }
    if let Some(since) = args.since {
        let start = since
            .to_zoned(zone.clone())
            .map_err(|error| exit::complain(Exit::Usage, &format!("--since: {error}"), None))?
            .timestamp()
            .as_millisecond();
        let start = u64::try_from(start).unwrap_or(0);
        requests.retain(|request| request.at.0 >= start);
    }
    let lines = bill(&requests, kind(by), &zone);
    let total = bill_total(&requests);
    let alarms = cache_alarms(&requests);
    let title = format!("Cost by {}", word(by));
    let text = match format {
        CostFormat::Json => json(&Bill {
            by: word(by),
            lines: &lines,
            total: &total,
            cache_alarms: &alarms,
        })?,
        CostFormat::Text => table::of_bill(word(by), &lines, &total, &alarms),
        CostFormat::Csv => sheet::of_lines(word(by), &lines),
        CostFormat::Svg => picture::svg(&title, &picture::bars(&lines)),
        CostFormat::Html => picture::page(&title, &lines, &total),
    };
    Ok(deliver(text.as_bytes(), args.output.as_deref()))
}

fn sessions(args: &CostArgs) -> Result<(Store, Vec<SessionCard>), Exit> {
    if let Some(name) = &args.session {
        let (store, id) = find(name)?;
        let path = store.path(&id).map_err(|fault| log_fault(&fault))?;
        let card = scan_card(&path).map_err(|fault| log_fault(&fault))?;
        return Ok((store, vec![card]));
    }
    let store = store()?;
    let scope = if args.here {
        Scope::Folder(super::here()?)
    } else {
        Scope::Everywhere
    };
    let listing = store.list(&scope).map_err(|fault| log_fault(&fault))?;
    for fault in &listing.faults {
        exit::notice(&format!("left out: {fault}"));
    }
    Ok((store, listing.cards))
}

fn lines_of(requests: &[BilledRequest]) -> Vec<BillLine> {
    let mut lines: Vec<BillLine> = Vec::with_capacity(requests.len());
    for request in requests {
        lines.push(BillLine {
            label: format!("{} {}", request.entry, request.asker),
            ..bill_total(std::slice::from_ref(request))
        });
    }
    lines
}

fn bars_of(requests: &[BilledRequest]) -> Vec<picture::Bar> {
    picture::bars(&lines_of(requests))
}

fn kind(by: CostBy) -> BillBy {
    match by {
        CostBy::Session => BillBy::Session,
        CostBy::Day => BillBy::Day,
        CostBy::Model => BillBy::Model,
        CostBy::Project => BillBy::Project,
        CostBy::Tool => BillBy::Tool,
        CostBy::Asker => BillBy::Asker,
        CostBy::SubAgent => BillBy::Worker,
    }
}

fn word(by: CostBy) -> &'static str {
    match by {
        CostBy::Session => "session",
        CostBy::Day => "day",
        CostBy::Model => "model",
        CostBy::Project => "project",
        CostBy::Tool => "tool",
        CostBy::Asker => "asker",
        CostBy::SubAgent => "sub-agent",
    }
}

fn json(report: &impl Serialize) -> Result<String, Exit> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|error| exit::complain(Exit::Bug, &error.to_string(), None))
}
