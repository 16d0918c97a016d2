//! The model cards: names, sizes, prices and abilities as data, and stated assumptions for the
//! rest. Nothing of it is read before a model is asked for, and then one line.

mod digest;
mod fetch;
mod line;
mod table;

pub use digest::digest;
pub use fetch::{PUBLIC_CATALOGUE, fetch};
pub use line::Known;

use gimlet_ports::{EditFormat, ModelCard, ModelMore, Price};

/// Tokens that a model outside the table is assumed to take.
const ASSUMED_CONTEXT_TOKENS: u64 = 200_000;
/// Tokens that a model outside the table is assumed to answer with at most.
const ASSUMED_OUTPUT_TOKENS: u64 = 32_000;

/// The catalogue that this build carries: sorted lines, of which a look-up touches a dozen.
/// It is what `gimlet models update` writes.
static PINNED: &str = include_str!("catalogue/models.tsv");

/// The edits that models of these families make best, by a part of their names; the first row
/// counts.
const EDIT_FORMATS: &[(&str, EditFormat)] = &[
    ("gpt-5", EditFormat::Patch),
    ("gpt-4.1", EditFormat::Patch),
    ("codex", EditFormat::Patch),
    ("gpt-oss", EditFormat::Patch),
    ("o3", EditFormat::Patch),
    ("o4", EditFormat::Patch),
    ("llama-3", EditFormat::WholeFile),
    ("gemma", EditFormat::WholeFile),
    ("phi-", EditFormat::WholeFile),
];

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

/// What Anthropic's wire must know of a model.
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

/// The card of a model, by this build's catalogue. A name outside it gets assumptions, marked
/// as such.
pub fn card(provider: &str, name: &str) -> ModelCard {
    let row = if provider == "anthropic" {
        row(name)
    } else {
        None
    };
    let name = match row {
        Some(row) if row.aliases.contains(&name) => row.name,
        Some(_) | None => name,
    };
    let found = known(PINNED, provider, row.map_or(name, |row| row.name));
    let more = found.as_ref().map(|known| known.more.clone());
    match (row, found) {
        (Some(row), _) => ModelCard {
            provider: provider.to_owned(),
            name: name.to_owned(),
            context_tokens: row.context_tokens,
            max_output_tokens: row.max_output_tokens,
            price: Some(row.price),
            assumed: false,
            images: true,
            documents: true,
            thinking: true,
            more: more.unwrap_or_else(|| assumed_more(name)),
        },
        (None, Some(found)) => found.card(provider, name),
        (None, None) => assumed_card(provider, name),
    }
}

/// The card of a model of which nothing is known.
pub fn assumed_card(provider: &str, name: &str) -> ModelCard {
    ModelCard {
        provider: provider.to_owned(),
        name: name.to_owned(),
        context_tokens: ASSUMED_CONTEXT_TOKENS,
        max_output_tokens: ASSUMED_OUTPUT_TOKENS,
        price: None,
        assumed: true,
        images: true,
        documents: true,
        thinking: true,
        more: assumed_more(name),
    }
}

fn assumed_more(name: &str) -> ModelMore {
    ModelMore {
        edit_format: edit_format(name),
        ..ModelMore::default()
    }
}

/// The kind of edit that a model makes best.
pub fn edit_format(name: &str) -> EditFormat {
    let name = name.to_ascii_lowercase();
    EDIT_FORMATS
        .iter()
        .find(|(part, _)| name.contains(part))
        .map_or(EditFormat::SearchReplace, |(_, format)| *format)
}

/// What a catalogue's text says of a model; `None` where it does not know the name. Dated and
/// regional names stand for the plain one.
pub fn known(table: &str, provider: &str, name: &str) -> Option<Known> {
    let exact = |name: &str| line::find(table, &format!("{provider}/{name}"));
    exact(name).or_else(|| {
        let plain = match provider {
            "bedrock" => {
                let (region, rest) = name.split_once('.')?;
                (region.len() <= 6 && rest.contains('.')).then_some(rest)?
            }
            "vertex" => name.split('@').next().filter(|plain| *plain != name)?,
            _ => {
                let (front, date) = name.rsplit_once('-')?;
                let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
                is_date.then_some(front)?
            }
        };
        exact(plain)
    })
}

/// Every model that a catalogue's text knows, of one provider or of all.
pub fn all<'a>(
    table: &'a str,
    provider: Option<&'a str>,
) -> impl Iterator<Item = (&'a str, &'a str, Known)> {
    table
        .lines()
        .filter_map(line::read)
        .filter(move |(of, ..)| provider.is_none_or(|provider| provider == *of))
}

/// The catalogue of this build.
pub fn pinned() -> &'static str {
    PINNED
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
