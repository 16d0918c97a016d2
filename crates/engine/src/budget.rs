//! Limits that stop a turn before they are passed.

use crate::{index::Index, options::Limits};
use gimlet_ports::{ModelCard, Price};
use gimlet_protocol::{Fault, LimitKind, Usage};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a session and its workers have spent in this run and those before that were killed, and what requests under way may
/// still cost.
#[derive(Debug, Default)]
pub struct Purse(Mutex<Sums>);

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    spent_micro_usd: u64,
    held_micro_usd: u64,
}

impl Purse {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Millionths of a dollar that were spent.
    pub fn spent_micro_usd(&self) -> u64 {
        self.sums().spent_micro_usd
    }

    /// Counts what runs had spent that were killed: a crash begins no new budget.
    pub fn take_over(&self, index: &Index) {
        self.spend(index.unclosed_micro_usd());
    }

    pub(crate) fn spend(&self, micro_usd: u64) {
        self.sums().spent_micro_usd += micro_usd;
    }
}

/// Money that a request under way may cost at most; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    purse: Arc<Purse>,
    micro_usd: u64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.purse.sums().held_micro_usd -= self.micro_usd;
    }
}

/// What the limits say about the next request.
#[derive(Debug)]
pub(crate) enum Allowance {
    /// It may be made.
    Granted {
        /// How many output tokens it may have.
        tokens: u64,
        /// What it may cost, where there is a budget; kept until its cost is written.
        hold: Option<Hold>,
    },
    /// The money is there, but requests of other workers may yet need it.
    Wait,
    /// It would pass a limit.
    Over(Fault),
}

/// How many output tokens the next request may have.
///
/// A request is only made when its worst case, all of its input unseen by the cache and an
/// output as long as allowed, fits into what is left of the budget beside all requests that
/// are under way.
pub(crate) fn allowance(
    index: &Index,
    limits: &Limits,
    purse: &Arc<Purse>,
    card: &ModelCard,
    wanted: u64,
) -> Allowance {
    let mut sums = purse.sums();
    let alone = match affordable(index, limits, sums.spent_micro_usd, card, wanted) {
        Ok(alone) => alone,
        Err(fault) => return Allowance::Over(fault),
    };
    let Some(price) = next_price(index, card).filter(|_| limits.max_micro_usd.is_some()) else {
        return Allowance::Granted {
            tokens: alone,
            hold: None,
        };
    };
    let taken = sums.spent_micro_usd + sums.held_micro_usd;
    let Ok(tokens) = affordable(index, limits, taken, card, wanted) else {
        return Allowance::Wait;
    };
    let output = Usage {
        output_tokens: tokens,
        ..Usage::default()
    };
    let micro_usd = input_micro_usd(index, &price) + price.micro_usd(&output);
    sums.held_micro_usd += micro_usd;
    drop(sums);
    let hold = Some(Hold {
        purse: Arc::clone(purse),
        micro_usd,
    });
    Allowance::Granted { tokens, hold }
}

/// The prices of the next request, by the length of its input.
fn next_price(index: &Index, card: &ModelCard) -> Option<Price> {
    card.price_of(&Usage {
        input_tokens: input_tokens(index),
        ..Usage::default()
    })
}

/// What the input may cost, none of it or all of it written to the cache.
fn input_micro_usd(index: &Index, price: &Price) -> u64 {
    let written = Usage {
        cache_write_tokens: input_tokens(index),
        ..Usage::default()
    };
    let unseen = Usage {
        input_tokens: written.cache_write_tokens,
        ..Usage::default()
    };
    price.micro_usd(&written).max(price.micro_usd(&unseen))
}

/// How many output tokens fit when so much is spent.
fn affordable(
    index: &Index,
    limits: &Limits,
    spent_micro_usd: u64,
    card: &ModelCard,
    wanted: u64,
) -> Result<u64, Fault> {
    if let Some(max) = limits.max_turns
        && index.turn().requests >= max
    {
        return Err(limit(
            LimitKind::Turns,
            format!("the limit of {max} turns is reached"),
        ));
    }
    let Some(max) = limits.max_micro_usd else {
        return Ok(wanted);
    };
    let Some(price) = next_price(index, card) else {
        let text = format!(
            "no price is known for {}/{}, so a budget cannot be kept; set one in the settings or leave the budget out",
            card.provider, card.name
        );
        return Err(limit(LimitKind::Budget, text));
    };
    let left = max
        .saturating_sub(spent_micro_usd)
        .saturating_sub(input_micro_usd(index, &price));
    let affordable = whole_tokens(left, price.output);
    if affordable < LEAST_OUTPUT_TOKENS.min(wanted) {
        let text = format!(
            "the budget of {} is used up to {}; the next request could pass it",
            dollars(max),
            dollars(spent_micro_usd)
        );
        return Err(limit(LimitKind::Budget, text));
    }
    Ok(wanted.min(affordable))
}

/// The least that a reply is worth asking for.
const LEAST_OUTPUT_TOKENS: u64 = 256;
/// Bytes of a token at the least, for a careful estimate.
const BYTES_A_TOKEN: u64 = 3;

/// A careful estimate of the next request's input.
fn input_tokens(index: &Index) -> u64 {
    let opened = index.opened().map_or(0, |opened| {
        opened.system.iter().map(String::len).sum::<usize>()
            + opened
                .tools
                .iter()
                .map(|tool| tool.description.len() + TOOL_BYTES)
                .sum::<usize>()
    });
    ((index.message_bytes() + opened as u64) / BYTES_A_TOKEN).max(index.window_tokens())
}

/// What a tool's schema weighs beside its description, about.
const TOOL_BYTES: usize = 600;

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts are far below 2^52 and prices are positive"
)]
fn whole_tokens(micro_usd: u64, price: f64) -> u64 {
    if price <= 0.0 {
        u64::MAX
    } else {
        (micro_usd as f64 / price).floor() as u64
    }
}

fn limit(kind: LimitKind, text: String) -> Fault {
    Fault::Limit { kind, text }
}

/// An amount for people.
fn dollars(micro_usd: u64) -> String {
    format!(
        "${}.{:04}",
        micro_usd / 1_000_000,
        micro_usd % 1_000_000 / 100
    )
}
