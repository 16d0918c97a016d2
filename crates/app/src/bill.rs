//! The bill over many sessions: what was spent by session, day, model, project, tool or worker.

use crate::ledger::{Line, walk};
use gimlet_ports::{EntryIter, LogFault};
use gimlet_protocol::{Asker, EntryId, Finish, SessionId, Timestamp, Usage};
use gimlet_store::{SessionCard, Store};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

mod alarm;
#[cfg(test)]
mod tests;

pub use alarm::{CacheAlarm, cache_alarms};

/// What the bill is added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillBy {
    /// Each session.
    Session,
    /// Each day in the person's time zone.
    Day,
    /// Each model.
    Model,
    /// Each folder that sessions worked in.
    Project,
    /// The tools whose results a request was the first to carry.
    Tool,
    /// Who asked: the session itself, kinds of sub-agents, compaction, …
    Asker,
    /// Each sub-agent.
    Worker,
}

/// A request on the bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BilledRequest {
    /// The session that it was made for.
    pub session: SessionId,
    /// The session's name, or the start of its first prompt.
    pub about: String,
    /// Where the session worked.
    pub project: String,
    /// The ledger's entry, in the log of the session or of the worker.
    pub entry: EntryId,
    /// When it ended.
    pub at: Timestamp,
    /// Who asked.
    pub asker: String,
    /// The worker's session, where one asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<SessionId>,
    /// What the worker was to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Such as `anthropic/claude-sonnet-5-5`.
    pub model: String,
    /// The tools whose results it was the first to carry, or that asked it themselves.
    pub tools: Vec<String>,
    /// Whether it failed; what it used until then is on the bill.
    pub failed: bool,
    /// Tokens.
    pub usage: Usage,
    /// Millionths of a dollar; missing where no price is known.
    pub micro_usd: Option<u64>,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Why less came again in front than the request before had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broke_because: Option<String>,
}

/// A line of the bill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BillLine {
    /// What it is the sum of.
    pub label: String,
    /// How many requests; one that is shared between calls of tools counts for each of them.
    pub requests: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Tokens.
    pub usage: Usage,
    /// Millionths of a dollar of the requests with a known price.
    pub micro_usd: u64,
    /// Requests whose price is not known.
    pub unpriced: u64,
    /// Bytes that were sent.
    pub sent_bytes: u64,
}

/// All requests of these sessions, in the order in which they ended, and the logs that could
/// not be read. What a fork copied from another of them is on the bill once.
pub fn billed(store: &Store, cards: &[SessionCard]) -> (Vec<BilledRequest>, Vec<LogFault>) {
    let (mut requests, mut faults) = (Vec::new(), Vec::new());
    let log_of = |worker: &SessionId| store.view(worker).ok()?.read(None).ok();
    let ids: BTreeSet<&SessionId> = cards.iter().map(|card| &card.id).collect();
    let own_entries = |card: &SessionCard| {
        let view = store.view(&card.id)?;
        let copied = view.header().ok().and_then(|header| header.forked_from);
        let copied = copied.filter(|(of, _)| ids.contains(of));
        view.read(copied.map(|(_, last)| last))
    };
    for card in cards {
        match own_entries(card) {
            Ok(entries) => add_session(&mut requests, card, entries, &log_of),
            Err(fault) => faults.push(fault),
        }
    }
    requests.sort_by_key(|request| request.at);
    (requests, faults)
}

fn add_session(
    requests: &mut Vec<BilledRequest>,
    card: &SessionCard,
    entries: EntryIter,
    log_of: &dyn Fn(&SessionId) -> Option<EntryIter>,
) {
    let about = card.title.as_ref().or(card.first_prompt.as_ref());
    let about = about.cloned().unwrap_or_else(|| "no prompt yet".to_owned());
    let project = card.cwd.to_string_lossy().into_owned();
    walk(entries, log_of, &mut |line| {
        requests.push(BilledRequest {
            session: card.id.clone(),
            about: about.clone(),
            project: project.clone(),
            entry: line.entry.id,
            at: line.entry.at,
            asker: line.asker(),
            worker: line.worker.map(|hired| hired.worker.clone()),
            task: line.worker.map(|hired| hired.task.clone()),
            model: format!("{}/{}", line.spent.provider, line.spent.model),
            tools: tools_of(line),
            failed: matches!(line.spent.finish, Finish::Failed { .. }),
            usage: line.spent.usage,
            micro_usd: line.spent.cost.micro_usd,
            sent_bytes: line.spent.sent_bytes,
            broke_because: line.spent.broke_because.clone(),
        });
    });
}

fn tools_of(line: &Line<'_>) -> Vec<String> {
    if let Asker::Tool { name } = &line.spent.asker {
        vec![name.clone()]
    } else {
        line.tools.to_vec()
    }
}

/// Adds up. Days are in their order; all else begins with the dearest. The sums of all lines
/// are the sums of all requests.
pub fn bill(requests: &[BilledRequest], by: BillBy, zone: &TimeZone) -> Vec<BillLine> {
    let mut lines: BTreeMap<String, BillLine> = BTreeMap::new();
    for request in requests {
        let labels = labels(request, by, zone);
        let shares = labels.len() as u64;
        for (nth, label) in labels.into_iter().enumerate() {
            let share = Share {
                nth: nth as u64,
                of: shares,
            };
            let line = lines.entry(label.clone()).or_insert_with(|| BillLine {
                label,
                ..BillLine::default()
            });
            line.add(request, share);
        }
    }
    let mut lines: Vec<BillLine> = lines.into_values().collect();
    if by != BillBy::Day {
        lines.sort_by_key(|line| std::cmp::Reverse((line.micro_usd, line.usage.context_tokens())));
    }
    lines
}

/// The whole of the requests, as one line.
pub fn bill_total(requests: &[BilledRequest]) -> BillLine {
    let mut total = BillLine {
        label: "all".to_owned(),
        ..BillLine::default()
    };
    for request in requests {
        total.add(request, Share { nth: 0, of: 1 });
    }
    total
}

fn labels(request: &BilledRequest, by: BillBy, zone: &TimeZone) -> Vec<String> {
    let label = match by {
        BillBy::Session => format!("{} {}", request.session, request.about),
        BillBy::Day => day(request.at, zone),
        BillBy::Model => request.model.clone(),
        BillBy::Project => request.project.clone(),
        BillBy::Asker => request.asker.clone(),
        BillBy::Worker => match (&request.worker, &request.task) {
            (Some(worker), Some(task)) => format!("{worker} {}: {task}", request.asker),
            _ => "no sub-agent".to_owned(),
        },
        BillBy::Tool if request.tools.is_empty() => "no tool".to_owned(),
        // A tool that was called twice in a round bears two shares of it.
        BillBy::Tool => return request.tools.clone(),
    };
    vec![label]
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(
            || "no date".to_owned(),
            |at| at.to_zoned(zone.clone()).date().to_string(),
        )
}

/// Which of how many equal parts; the first ones bear what cannot be divided.
#[derive(Clone, Copy)]
struct Share {
    nth: u64,
    of: u64,
}

impl Share {
    fn part(self, whole: u64) -> u64 {
        whole / self.of + u64::from(self.nth < whole % self.of)
    }
}

impl BillLine {
    fn add(&mut self, request: &BilledRequest, share: Share) {
        let usage = &request.usage;
        self.requests += 1;
        self.failed += u64::from(request.failed);
        self.usage.add(&Usage {
            input_tokens: share.part(usage.input_tokens),
            output_tokens: share.part(usage.output_tokens),
            cache_read_tokens: share.part(usage.cache_read_tokens),
            cache_write_tokens: share.part(usage.cache_write_tokens),
            thinking_tokens: share.part(usage.thinking_tokens),
        });
        self.micro_usd += share.part(request.micro_usd.unwrap_or(0));
        self.unpriced += u64::from(request.micro_usd.is_none());
        self.sent_bytes += share.part(request.sent_bytes);
    }
}
