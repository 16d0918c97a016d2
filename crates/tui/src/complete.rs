//! Completion of what is typed: files behind `@`, commands behind `/`.
//!
//! Nothing here runs or sends anything. A fuzzy match orders what is offered; it never stands for
//! what was typed.

pub mod commands;
pub mod files;
mod token;

pub use token::{Token, mention, token};

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};

/// Compares texts with what is typed, and keeps the memory that this takes.
#[derive(Debug)]
struct Fuzzy {
    matcher: Matcher,
    letters: Vec<char>,
    atom: Atom,
}

impl Fuzzy {
    fn new(query: &str, config: Config) -> Self {
        Self {
            matcher: Matcher::new(config),
            letters: Vec::new(),
            atom: atom(query),
        }
    }

    fn score(&mut self, text: &str) -> Option<u16> {
        let text = Utf32Str::new(text, &mut self.letters);
        self.atom.score(text, &mut self.matcher)
    }

    /// The bytes of the text's letters that match, for marking them.
    fn places(&mut self, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let letters = Utf32Str::new(text, &mut self.letters);
        if self
            .atom
            .indices(letters, &mut self.matcher, &mut found)
            .is_none()
        {
            return Vec::new();
        }
        found.sort_unstable();
        found.dedup();
        // The matcher counts graphemes, of which it takes the first letter.
        let starts = unicode_segmentation::UnicodeSegmentation::grapheme_indices(text, true);
        let mut found = found.into_iter().peekable();
        let is_found = |(index, (at, _)): (usize, (usize, &str))| {
            let here = u32::try_from(index).ok()?;
            found.next_if_eq(&here).map(|_| at)
        };
        starts.enumerate().filter_map(is_found).collect()
    }
}

fn atom(query: &str) -> Atom {
    Atom::new(
        query,
        CaseMatching::Smart,
        Normalization::Smart,
        AtomKind::Fuzzy,
        false,
    )
}

#[cfg(test)]
mod tests;
