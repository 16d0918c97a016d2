//! Commands behind `/`: what is offered, and what a line means.

use super::Fuzzy;
use nucleo_matcher::Config;

/// What is known of a command for offering it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its name without the slash.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// What it does.
    pub about: String,
}

/// A command that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its place in the list.
    pub index: usize,
    /// The name or alias that matched.
    pub name: String,
    /// Where the letters that matched begin, in bytes of that name.
    pub places: Vec<usize>,
}

/// What a line that begins with a slash means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning<'t> {
    /// This command, with the rest of the line.
    Command {
        /// Its place in the list.
        index: usize,
        /// What stands behind the name.
        rest: &'t str,
    },
    /// No command has that name. These are near; the person chooses, none of them is run.
    Unknown {
        /// The name.
        name: &'t str,
        /// The nearest, best first.
        near: Vec<usize>,
    },
}

/// Commands that are offered for a name that nobody has.
const MOST_NEAR: usize = 3;

/// The commands that match what was typed, the best first; all in their order for nothing.
pub fn matching(cards: &[Card], query: &str) -> Vec<Hit> {
    if query.is_empty() {
        let all = cards.iter().enumerate();
        return all
            .map(|(index, card)| Hit {
                index,
                name: card.name.clone(),
                places: Vec::new(),
            })
            .collect();
    }
    let mut fuzzy = Fuzzy::new(query, Config::DEFAULT);
    let mut hits: Vec<(u32, usize, &str)> = Vec::new();
    for (index, card) in cards.iter().enumerate() {
        let mut best: Option<(u32, &str)> = None;
        for name in std::iter::once(&card.name).chain(&card.aliases) {
            let Some(score) = fuzzy.score(name) else {
                continue;
            };
            // A start is what was meant, and a whole name certainly.
            let is_start = name.to_lowercase().starts_with(&query.to_lowercase());
            let start = u32::from(is_start) * 1000 + u32::from(name == query) * 1000;
            let score = u32::from(score) + start;
            // Of two names that match as well the first is shown.
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, name));
            }
        }
        hits.extend(best.map(|(score, name)| (score, index, name)));
    }
    hits.sort_by(|one, other| other.0.cmp(&one.0).then(one.2.len().cmp(&other.2.len())));
    hits.into_iter()
        .map(|(_, index, name)| Hit {
            index,
            name: name.to_owned(),
            places: fuzzy.places(name),
        })
        .collect()
}

/// What a line means. Only a whole name, in any case of letters, is a command.
pub fn meaning<'t>(cards: &[Card], line: &'t str) -> Option<Meaning<'t>> {
    let line = line.trim_start().strip_prefix('/')?;
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    // A path is no command.
    if name.is_empty() || name.contains('/') {
        return None;
    }
    let is_named = |card: &Card| {
        let mut names = std::iter::once(&card.name).chain(&card.aliases);
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    if let Some(index) = cards.iter().position(is_named) {
        let rest = rest.trim();
        return Some(Meaning::Command { index, rest });
    }
    let near = matching(cards, name).into_iter().take(MOST_NEAR);
    Some(Meaning::Unknown {
        name,
        near: near.map(|hit| hit.index).collect(),
    })
}
