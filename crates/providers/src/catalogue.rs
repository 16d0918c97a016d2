//! The model cards: names, sizes and prices as data, and stated assumptions for the rest.

mod table;

use gimlet_ports::{ModelCard, Price};

/// Tokens that a model outside the table is assumed to take.
const ASSUMED_CONTEXT_TOKENS: u64 = 200_000;
/// Tokens that a model outside the table is assumed to answer with at most.
const ASSUMED_OUTPUT_TOKENS: u64 = 32_000;

/// How a model is told to reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reasoning {
    /// A budget in tokens, from 1,024 on; nothing said is no reasoning.
    Budget,
    /// As the model sees fit, or a budget; nothing said is no reasoning.
    AdaptiveOrBudget,
    /// As the model sees fit.
    Adaptive(Unreasoned),
}

/// What switches the reasoning of an adaptive model off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreasoned {
    /// `thinking` of this type.
    Type(&'static str),
    /// Nothing does.
    Never,
}

/// One model of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) context_tokens: u64,
    pub(crate) max_output_tokens: u64,
    pub(crate) price: Price,
    pub(crate) reasoning: Reasoning,
    /// Answers a forced tool choice with an error.
    pub(crate) refuses_forced_tool: bool,
}

/// The card of a model. A name outside the table gets assumptions, marked as such.
pub fn card(provider: &str, name: &str) -> ModelCard {
    let row = if provider == "anthropic" {
        row(name)
    } else {
        None
    };
    match row {
        Some(row) => ModelCard {
            provider: provider.to_owned(),
            name: if row.aliases.contains(&name) {
                row.name
            } else {
                name
            }
            .to_owned(),
            context_tokens: row.context_tokens,
            max_output_tokens: row.max_output_tokens,
            price: Some(row.price),
            assumed: false,
            images: true,
            documents: true,
            thinking: true,
        },
        None => ModelCard {
            provider: provider.to_owned(),
            name: name.to_owned(),
            context_tokens: ASSUMED_CONTEXT_TOKENS,
            max_output_tokens: ASSUMED_OUTPUT_TOKENS,
            price: None,
            assumed: true,
            images: true,
            documents: true,
            thinking: true,
        },
    }
}

/// The names on the wire of every model that the table knows of `provider`, newest first.
pub fn names(provider: &str) -> impl Iterator<Item = &'static str> {
    let known = if provider == "anthropic" {
        table::ANTHROPIC
    } else {
        &[]
    };
    known.iter().map(|row| row.name)
}

/// The table's row for an Anthropic model, by name, alias or dated snapshot.
pub(crate) fn row(name: &str) -> Option<&'static Row> {
    let exact = table::ANTHROPIC
        .iter()
        .find(|row| row.name == name || row.aliases.contains(&name));
    exact.or_else(|| {
        let (model, date) = name.rsplit_once('-')?;
        let dated = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        // The first generation-four names carry a `-0` that their snapshots leave out.
        let first = format!("{model}-0");
        table::ANTHROPIC
            .iter()
            .find(|row| dated && (row.name == model || row.name == first))
    })
}

/// The efforts that a model takes, asked by `provider/name`; none where nothing is known.
pub(crate) fn efforts(_model: &str) -> Vec<String> {
    Vec::new()
}
