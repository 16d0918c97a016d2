//! Limits that stop a turn before they are passed.

use crate::{index::Index, options::Limits};
use gimlet_ports::ModelCard;
use gimlet_protocol::{Fault, LimitKind, Usage};

/// How many output tokens the next request may have.
///
/// A request is only made when its worst case, all of its input unseen by the cache and an
/// output as long as allowed, fits into what is left of the budget.
///
/// # Errors
/// The fault that ends the turn.
pub(crate) fn allowance(
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
    let Some(price) = card.price else {
        let text = format!(
            "no price is known for {}/{}, so a budget cannot be kept; set one in the settings or leave the budget out",
            card.provider, card.name
        );
        return Err(limit(LimitKind::Budget, text));
    };
    let input = Usage {
        cache_write_tokens: input_tokens(index),
        ..Usage::default()
    };
    let dearest = Usage {
        input_tokens: input.cache_write_tokens,
        ..Usage::default()
    };
    let input_micro = price.micro_usd(&input).max(price.micro_usd(&dearest));
    let left = max
        .saturating_sub(spent_micro_usd)
        .saturating_sub(input_micro);
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
