//! The ledger of a stored session: what each request cost, and what fills the window.

use gimlet_engine::{Index, fold_log};
use gimlet_ports::{EntryIter, LogFault};
use gimlet_protocol::{Asker, Block, Entry, EntryId, Fact, Finish, Hired, SessionId, Spent, Usage};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostRow {
    /// The ledger's entry in the log.
    pub entry: EntryId,
    /// Who asked: `main`, `compaction`, `sub-agent KIND`, …
    pub asker: String,
    /// Such as `anthropic/claude-sonnet-5-5`.
    pub model: String,
    /// How it ended.
    pub finish: String,
    /// Tokens.
    pub usage: Usage,
    /// Millionths of a dollar; missing where no price is known.
    pub micro_usd: Option<u64>,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// How many of them the request before had in front already.
    pub kept_bytes: u64,
    /// Why it was not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broke_because: Option<String>,
    /// Milliseconds to the first content, and in all.
    pub first_ms: Option<u64>,
    /// Milliseconds in all.
    pub total_ms: u64,
}

/// All requests of a session, and their sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CostReport {
    /// In order.
    pub requests: Vec<CostRow>,
    /// Tokens of all.
    pub usage: Usage,
    /// Millionths of a dollar of all requests with a known price.
    pub micro_usd: u64,
    /// Requests whose price is not known.
    pub unpriced: u64,
    /// Requests, tokens and cost by who asked.
    pub by_asker: BTreeMap<String, AskerSum>,
}

/// The sum for one asker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AskerSum {
    /// How many requests.
    pub requests: u64,
    /// Tokens, input of all kinds and output.
    pub tokens: u64,
    /// Millionths of a dollar.
    pub micro_usd: u64,
}

/// Adds up a log. What was spent on branches that were left counts too.
///
/// What a worker spent is taken from its own log, which `log_of` finds, and which knows of the
/// last request too; where that log is gone, from what this one was told.
pub fn cost_report(
    entries: EntryIter,
    log_of: &dyn Fn(&SessionId) -> Option<EntryIter>,
) -> CostReport {
    let mut report = CostReport::default();
    walk(entries, log_of, &mut |line| report.add(line));
    report
}

impl CostReport {
    fn add(&mut self, line: &Line<'_>) {
        let (entry, spent) = (line.entry.id, line.spent);
        let asker = line.asker();
        let sum = self.by_asker.entry(asker.clone()).or_default();
        sum.requests += 1;
        sum.tokens += spent.usage.context_tokens();
        sum.micro_usd += spent.cost.micro_usd.unwrap_or(0);
        self.usage.add(&spent.usage);
        self.micro_usd += spent.cost.micro_usd.unwrap_or(0);
        self.unpriced += u64::from(spent.cost.micro_usd.is_none());
        self.requests.push(CostRow {
            entry,
            asker,
            model: format!("{}/{}", spent.provider, spent.model),
            finish: finish_name(&spent.finish),
            usage: spent.usage,
            micro_usd: spent.cost.micro_usd,
            sent_bytes: spent.sent_bytes,
            kept_bytes: spent.kept_bytes,
            broke_because: spent.broke_because.clone(),
            first_ms: spent.first_ms,
            total_ms: spent.total_ms,
        });
    }
}

/// A line of the ledger, where it was found.
pub(crate) struct Line<'a> {
    /// Its entry.
    pub(crate) entry: &'a Entry,
    /// What was spent.
    pub(crate) spent: &'a Spent,
    /// The worker whose log it stands in.
    pub(crate) worker: Option<&'a Hired>,
    /// The tools whose results it was the first to carry, each as often as it was called.
    pub(crate) tools: &'a [String],
}

impl Line<'_> {
    /// Who asked, in words.
    pub(crate) fn asker(&self) -> String {
        match (self.worker, &self.spent.asker) {
            (Some(worker), Asker::Main) => format!("sub-agent {}", worker.kind),
            (Some(worker), asker) => format!("sub-agent {}, {}", worker.kind, asker_name(asker)),
            (None, asker) => asker_name(asker),
        }
    }
}

/// Shows every line of the ledger in a log and in those of its workers, each once.
pub(crate) fn walk(
    entries: EntryIter,
    log_of: &dyn Fn(&SessionId) -> Option<EntryIter>,
    visit: &mut dyn FnMut(&Line<'_>),
) {
    walk_log(entries, log_of, &mut BTreeSet::new(), None, visit);
}

fn walk_log(
    entries: EntryIter,
    log_of: &dyn Fn(&SessionId) -> Option<EntryIter>,
    read: &mut BTreeSet<String>,
    worker: Option<&Hired>,
    visit: &mut dyn FnMut(&Line<'_>),
) {
    let mut tool_of = BTreeMap::new();
    let mut fresh: Vec<String> = Vec::new();
    for entry in entries.flatten() {
        if let Fact::Hired(hired) = &entry.fact
            && !read.contains(hired.worker.as_str())
            && let Some(entries) = log_of(&hired.worker)
        {
            read.insert(hired.worker.0.clone());
            walk_log(entries, log_of, read, Some(hired), visit);
        } else if let Fact::Called(called) = &entry.fact {
            tool_of.insert(called.call.id.clone(), called.call.tool.clone());
        } else if let Fact::Returned(returned) = &entry.fact {
            fresh.extend(tool_of.remove(&returned.call));
        } else if let Fact::Spent(spent) = &entry.fact
            && !matches!(&spent.asker, Asker::Worker { name } if read.contains(name))
        {
            let is_own = matches!(spent.asker, Asker::Main);
            let tools: &[String] = if is_own { &fresh } else { &[] };
            visit(&Line {
                entry: &entry,
                spent,
                worker,
                tools,
            });
            // A request that failed is made again with the same results.
            if is_own && !matches!(spent.finish, Finish::Failed { .. }) {
                fresh.clear();
            }
        }
    }
}

fn asker_name(asker: &Asker) -> String {
    match asker {
        Asker::Main => "main".to_owned(),
        Asker::Worker { name } => format!("sub-agent {name}"),
        Asker::Compaction => "compaction".to_owned(),
        Asker::Title => "title".to_owned(),
        Asker::Reviewer => "reviewer".to_owned(),
        Asker::Tool { name } => format!("tool {name}"),
    }
}

fn finish_name(finish: &Finish) -> String {
    match finish {
        Finish::Complete => "complete".to_owned(),
        Finish::Paused => "paused".to_owned(),
        Finish::Length => "cut at the output limit".to_owned(),
        Finish::Refused { .. } => "declined".to_owned(),
        Finish::Interrupted => "interrupted".to_owned(),
        Finish::Failed { class, .. } => format!("failed: {class}"),
    }
}

/// What fills the window, by kind, in estimated tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContextReport {
    /// The model, as `provider/name`.
    pub model: String,
    /// Tokens that the window holds.
    pub window_tokens: u64,
    /// An estimate of the next request's input.
    pub next_tokens: u64,
    /// Parts with their estimated tokens, in the order in which they are sent.
    pub parts: Vec<(String, u64)>,
}

/// Looks at what the next request of a stored session would carry.
///
/// # Errors
/// When the log cannot be read.
pub fn context_report(
    read: impl Fn() -> Result<EntryIter, LogFault>,
    window_of: impl Fn(&str) -> u64,
) -> Result<ContextReport, LogFault> {
    let index = fold_log(read)?.index;
    let window_tokens = window_of(index.model());
    Ok(ContextReport {
        model: index.model().to_owned(),
        window_tokens,
        next_tokens: index.next_tokens(),
        parts: parts(&index),
    })
}

/// Bytes of JSON that make a token, times ten.
const TENTH_BYTES_A_TOKEN: u64 = 36;

fn parts(index: &Index) -> Vec<(String, u64)> {
    let mut bytes: Vec<(&str, u64)> = Vec::new();
    let mut add = |kind: &'static str, count: usize| {
        let count = count as u64;
        match bytes.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum += count,
            None => bytes.push((kind, count)),
        }
    };
    if let Some(opened) = index.opened() {
        for tool in &opened.tools {
            add(
                "tools",
                tool.description.len() + tool.input_schema.to_string().len(),
            );
        }
        for part in &opened.system {
            let kind = if part.starts_with("Instructions of") {
                "memory files"
            } else {
                "system prompt"
            };
            add(kind, part.len());
        }
    }
    for block in index.messages().iter().flat_map(|message| &message.blocks) {
        match block {
            Block::Text { text, .. } if text.starts_with("<conversation-so-far>") => {
                add("compacted conversation", text.len());
            }
            Block::Text { text, .. } => add("messages", text.len()),
            Block::Thought { text, opaque } => {
                let hidden = opaque
                    .as_ref()
                    .map_or(0, |opaque| opaque.data.as_str().len());
                add("reasoning", text.len().max(hidden));
            }
            Block::Call(call) => add("tool calls", call.tool.len() + call.input.to_string().len()),
            Block::Result { content, .. } => {
                add("tool results", content.iter().map(size).sum());
            }
            Block::Image { data, .. } | Block::Document { data, .. } => {
                add("images and documents", data.len());
            }
            Block::Kept { opaque } => add("provider's own", opaque.data.as_str().len()),
        }
    }
    bytes
        .into_iter()
        .map(|(kind, sum)| (kind.to_owned(), sum * 10 / TENTH_BYTES_A_TOKEN))
        .collect()
}

fn size(block: &Block) -> usize {
    match block {
        Block::Text { text, .. } | Block::Thought { text, .. } => text.len(),
        Block::Image { data, .. } | Block::Document { data, .. } => data.len(),
        Block::Call(_) | Block::Result { .. } | Block::Kept { .. } => 0,
    }
}
