//! When a provider's cache stopped helping, and what broke it.

use super::BilledRequest;
use gimlet_protocol::{EntryId, SessionId};
use serde::Serialize;
use std::collections::BTreeMap;

/// A request that read far less from the provider's cache than the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CacheAlarm {
    /// The session.
    pub session: SessionId,
    /// The entry of the request that lost the cache.
    pub entry: EntryId,
    /// Who asked.
    pub asker: String,
    /// How much of the input came from the cache before, in percent.
    pub before_percent: u64,
    /// And how much now.
    pub now_percent: u64,
    /// Why, as far as it is known.
    pub because: String,
}

/// The input of a request that is too small for a provider to cache.
const SMALL_TOKENS: u64 = 2_048;
/// The share that counts as a working cache.
const WORKING_PERCENT: u64 = 50;
/// How long providers keep what is not used, at the least.
const KEPT_MS: u64 = 5 * 60 * 1_000;

/// Finds the requests in which the share of the input that came from the cache fell below half
/// of what it was. The requests are in the order of time.
pub fn cache_alarms(requests: &[BilledRequest]) -> Vec<CacheAlarm> {
    let mut alarms = Vec::new();
    let mut before: BTreeMap<(&str, Option<&str>, &str, &str), &BilledRequest> = BTreeMap::new();
    for request in requests.iter().filter(|request| has_input(request)) {
        let conversation = (
            request.session.as_str(),
            request.worker.as_ref().map(SessionId::as_str),
            request.asker.as_str(),
            request.model.as_str(),
        );
        if let Some(earlier) = before.insert(conversation, request)
            && cached_percent(earlier) >= WORKING_PERCENT
            && cached_percent(request) * 2 < cached_percent(earlier)
        {
            alarms.push(CacheAlarm {
                session: request.session.clone(),
                entry: request.entry,
                asker: request.asker.clone(),
                before_percent: cached_percent(earlier),
                now_percent: cached_percent(request),
                because: because(earlier, request),
            });
        }
    }
    alarms
}

fn has_input(request: &BilledRequest) -> bool {
    !request.failed && input_tokens(request) >= SMALL_TOKENS
}

fn input_tokens(request: &BilledRequest) -> u64 {
    let usage = &request.usage;
    usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
}

fn cached_percent(request: &BilledRequest) -> u64 {
    (request.usage.cache_read_tokens * 100)
        .checked_div(input_tokens(request))
        .unwrap_or(0)
}

fn because(earlier: &BilledRequest, request: &BilledRequest) -> String {
    let gap_ms = request.at.0.saturating_sub(earlier.at.0);
    match &request.broke_because {
        Some(why) => format!("the prefix broke: {why}"),
        None if gap_ms >= KEPT_MS => {
            format!(
                "{} minutes passed since the request before; providers forget sooner",
                gap_ms / 60_000
            )
        }
        None => "what was sent begins as before, so the provider let go of it".to_owned(),
    }
}
