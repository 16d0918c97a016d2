//! Text made to fit: cut in its middle, padded, with tabulators drawn as blanks.

use crate::text::{cut, grapheme_width, width};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation as _;

/// Columns that a tabulator takes, wherever it stands: then a cut never changes what follows.
pub const TAB: &str = "    ";

/// The text cut in its middle, so that both ends of a path or a command are seen.
pub fn cut_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let tail_columns = room * 3 / 5;
    let head_end = start_that_fits(text.graphemes(true), room - tail_columns);
    let tail_bytes = start_that_fits(text.graphemes(true).rev(), tail_columns);
    let head = text.get(..head_end).unwrap_or_default();
    let tail = text.get(text.len() - tail_bytes..).unwrap_or_default();
    Cow::Owned(format!("{head}…{tail}"))
}

/// The bytes of the first graphemes that fit.
fn start_that_fits<'t>(graphemes: impl Iterator<Item = &'t str>, columns: usize) -> usize {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += grapheme_width(grapheme);
            used <= columns
        })
        .map(str::len)
        .sum()
}

/// The text with blanks after it up to a width, cut when it is longer.
pub fn padded(text: &str, columns: usize) -> String {
    let mut cut = cut(text, columns);
    let blanks = columns.saturating_sub(width(&cut));
    cut.extend(std::iter::repeat_n(' ', blanks));
    cut
}

/// The text as it is drawn on one line: tabulators as blanks, other control characters left out.
pub fn drawn(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push_str(TAB),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
