//! What a session used and what it cost, as its requests told.

use gimlet_protocol::{Asker, Spent, Usage};

/// Requests that are kept for the page of costs.
const KEPT_REQUESTS: usize = 2000;

/// Sums over the requests of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Tokens of all requests.
    pub usage: Usage,
    /// Cost of all requests with a known price, in millionths of a dollar.
    pub micro_usd: u64,
    /// Requests without a known price.
    pub unpriced: u64,
    /// Cost of the running or last turn.
    pub turn_micro_usd: u64,
    /// Tokens in the window after the last request of the session itself.
    pub context_tokens: u64,
    /// The part of the last input that came from the provider's cache, in hundredths.
    pub cached_percent: Option<u64>,
    /// Each request, the newest last.
    pub requests: Vec<Request>,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// On whose behalf.
    pub asker: String,
    /// The model that answered.
    pub model: String,
    /// Tokens.
    pub usage: Usage,
    /// Cost, where a price is known.
    pub micro_usd: Option<u64>,
    /// From sending to the end, in milliseconds.
    pub total_ms: u64,
    /// Why the cached part was lost, where it was.
    pub broke_because: Option<String>,
}

impl Ledger {
    pub(super) fn add(&mut self, spent: &Spent) {
        self.usage.add(&spent.usage);
        match spent.cost.micro_usd {
            Some(cost) => {
                self.micro_usd += cost;
                self.turn_micro_usd += cost;
            }
            None => self.unpriced += 1,
        }
        if spent.asker == Asker::Main && spent.usage.context_tokens() > 0 {
            self.context_tokens = spent.usage.context_tokens();
            let usage = &spent.usage;
            let input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
            self.cached_percent = (usage.cache_read_tokens * 100).checked_div(input);
        }
        if self.requests.len() == KEPT_REQUESTS {
            self.requests.remove(0);
        }
        self.requests.push(Request {
            asker: asker(&spent.asker),
            model: spent.model.clone(),
            usage: spent.usage,
            micro_usd: spent.cost.micro_usd,
            total_ms: spent.total_ms,
            broke_because: spent.broke_because.clone(),
        });
    }
}

fn asker(asker: &Asker) -> String {
    match asker {
        Asker::Main => "turn".to_owned(),
        Asker::Worker { name } => format!("worker {}", name.get(..8).unwrap_or(name)),
        Asker::Compaction => "compaction".to_owned(),
        Asker::Title => "title".to_owned(),
        Asker::Reviewer => "reviewer".to_owned(),
        Asker::Tool { name } => name.clone(),
    }
}
