//! Confidential terms in a text that is about to leave: found however they are written.
//!
//! Text and terms are folded before they are compared: letters without case, letters of other
//! scripts that look like Latin ones as those, and nothing that people do not see. Blanks,
//! dashes, underscores and dots between the parts of a term do not matter.

use std::ops::Range;

/// A term that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The term as the person wrote it down.
    pub term: String,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
}

/// Terms that must not leave, ready to be looked for.
#[derive(Clone, Debug, Default)]
pub struct Terms(Vec<(String, Vec<char>)>);

impl Terms {
    /// Takes the terms. One that has no letter or digit left when it is folded is left out.
    pub fn new<T: AsRef<str>>(terms: impl IntoIterator<Item = T>) -> Self {
        let folded = terms.into_iter().map(|term| {
            let term = term.as_ref().trim();
            let parts = folded(term).map(|(c, _)| c).collect();
            (term.to_owned(), parts)
        });
        Self(
            folded
                .filter(|(_, parts): &(_, Vec<char>)| !parts.is_empty())
                .collect(),
        )
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every place of every term, in order. A term is found where it begins and ends a word, so
    /// `orca` is not found in `scorecard`.
    pub fn find(&self, text: &str) -> Vec<Hit> {
        let letters: Vec<(char, Range<usize>)> = folded(text).collect();
        let mut hits: Vec<Hit> = Vec::new();
        for (term, parts) in &self.0 {
            let mut from = 0;
            while let Some(at) = position(letters.get(from..).unwrap_or_default(), parts) {
                let first = from + at;
                let found = letters.get(first..first + parts.len()).unwrap_or_default();
                from = first + 1;
                let (Some((_, start)), Some((_, end))) = (found.first(), found.last()) else {
                    continue;
                };
                let span = start.start..end.end;
                if stands_alone(text, &span) {
                    let term = term.clone();
                    hits.push(Hit { term, span });
                }
            }
        }
        hits.sort_by_key(|hit| (hit.span.start, hit.span.end));
        hits
    }

    /// The text with every hit replaced by a word that tells nothing.
    pub fn rewrite(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for hit in self.find(text) {
            if hit.span.start >= done {
                out.push_str(text.get(done..hit.span.start).unwrap_or_default());
                out.push_str("[internal]");
                done = hit.span.end;
            }
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }
}

fn position(letters: &[(char, Range<usize>)], parts: &[char]) -> Option<usize> {
    letters
        .windows(parts.len())
        .position(|window| window.iter().map(|(c, _)| c).eq(parts))
}

/// Whether no letter or digit of the same word goes on at either end. A change of case is an
/// end, too, as in `ProjectOrca`.
fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    let within = text.get(span.clone()).unwrap_or_default();
    let before = text
        .get(..span.start)
        .and_then(|front| front.chars().next_back());
    let after = text.get(span.end..).and_then(|rest| rest.chars().next());
    let joins = |left: Option<char>, right: Option<char>| match (left, right) {
        (Some(left), Some(right)) => {
            let digits = left.is_numeric() && right.is_numeric();
            let letters = left.is_alphabetic() && right.is_alphabetic();
            digits || (letters && !(left.is_lowercase() && right.is_uppercase()))
        }
        (None, _) | (_, None) => false,
    };
    !joins(before, within.chars().next()) && !joins(within.chars().next_back(), after)
}

/// The letters and digits of a text as they are compared, each with its place.
fn folded(text: &str) -> impl Iterator<Item = (char, Range<usize>)> + '_ {
    text.char_indices().flat_map(|(at, c)| {
        let place = at..at + c.len_utf8();
        let plain = latin(c);
        plain
            .to_lowercase()
            .filter(|c| c.is_alphanumeric())
            .map(move |c| (latin(c), place.clone()))
    })
}

/// The Latin letter that a character looks like. From the confusables of Unicode's technical
/// standard 39: those of Cyrillic, Greek and Armenian, and the wide and mathematical forms.
fn latin(c: char) -> char {
    let wide = |first: char, base: u8, count: u32| {
        let offset = u32::from(c)
            .checked_sub(u32::from(first))
            .filter(|at| *at < count)?;
        u8::try_from(offset).ok().map(|at| char::from(base + at))
    };
    if let Some(plain) = wide('Ａ', b'A', 26)
        .or_else(|| wide('ａ', b'a', 26))
        .or_else(|| wide('０', b'0', 10))
    {
        return plain;
    }
    // Thirteen alphabets of 52 letters stand one after the other.
    if let Some(at) = u32::from(c).checked_sub(0x1d400).filter(|at| *at < 13 * 52) {
        let letter = u8::try_from(at % 52).unwrap_or_default();
        let base = if letter < 26 { b'A' } else { b'a' - 26 };
        return char::from(base + letter);
    }
    match c {
        'а' | 'А' | 'α' | 'Α' | 'ɑ' => 'a',
        'в' | 'В' | 'Β' | 'β' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'Ε' | 'ε' | 'ё' | 'Ё' => 'e',
        'ɡ' | 'ց' => 'g',
        'һ' | 'Н' | 'Η' | 'н' => 'h',
        'і' | 'І' | 'Ι' | 'ι' | 'ı' | 'ӏ' | 'Ӏ' => 'i',
        'ј' | 'Ј' => 'j',
        'к' | 'К' | 'κ' | 'Κ' => 'k',
        'м' | 'М' | 'Μ' => 'm',
        'п' | 'η' | 'Ν' | 'ո' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' | 'Ѕ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' => 'y',
        'Ζ' | 'ζ' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests;
