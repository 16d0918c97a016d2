//! Where the cursor goes: pure functions from a text and a place to a place.
//!
//! Every place is in bytes and between two graphemes.

use unicode_segmentation::GraphemeCursor;

/// What a character is to the motions of vim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Word,
    Sign,
}

pub(super) fn kind(c: char) -> Kind {
    if c.is_whitespace() {
        Kind::Blank
    } else if c.is_alphanumeric() || c == '_' || super::chips::is_chip(c) {
        Kind::Word
    } else {
        Kind::Sign
    }
}

/// The place one grapheme on; the end of the text stays where it is.
pub(super) fn next(text: &str, at: usize) -> usize {
    let ascii = |place: usize| text.as_bytes().get(place).is_none_or(u8::is_ascii);
    if at < text.len() && ascii(at) && ascii(at + 1) {
        return at + 1;
    }
    GraphemeCursor::new(at, text.len(), true)
        .next_boundary(text, 0)
        .ok()
        .flatten()
        .unwrap_or(text.len())
}

/// The place one grapheme back.
pub(super) fn previous(text: &str, at: usize) -> usize {
    let ascii = |back: usize| {
        at.checked_sub(back)
            .is_none_or(|place| text.as_bytes().get(place).is_none_or(u8::is_ascii))
    };
    if at > 0 && ascii(0) && ascii(1) && ascii(2) {
        return at - 1;
    }
    GraphemeCursor::new(at.min(text.len()), text.len(), true)
        .prev_boundary(text, 0)
        .ok()
        .flatten()
        .unwrap_or(0)
}

/// The nearest place between graphemes that is not before this one.
pub(super) fn snapped(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    let mut at = at;
    while !text.is_char_boundary(at) {
        at += 1;
    }
    match GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0) {
        Ok(true) | Err(_) => at,
        Ok(false) => next(text, at),
    }
}

pub(super) fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

pub(super) fn char_before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// Where the line of this place begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |feed| feed + 1)
}

/// Where the line of this place ends, before its line feed.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text.get(at..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |feed| at + feed)
}

/// Past the characters from here on for which the answer is yes.
pub(super) fn past(text: &str, at: usize, is_skipped: impl Fn(char) -> bool) -> usize {
    let after = text.get(at..).unwrap_or_default();
    after
        .find(|c| !is_skipped(c))
        .map_or(text.len(), |found| at + found)
}

/// Back over the characters before here for which the answer is yes.
pub(super) fn back_past(text: &str, at: usize, is_skipped: impl Fn(char) -> bool) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before
        .char_indices()
        .rfind(|(_, c)| !is_skipped(*c))
        .map_or(0, |(found, c)| found + c.len_utf8())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || super::chips::is_chip(c) || is_mark(c)
}

/// Marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// The end of the next word, as readline has it.
pub(super) fn word_end(text: &str, at: usize) -> usize {
    let start = past(text, at, |c| !is_word(c));
    past(text, start, is_word)
}

/// The start of the word before, as readline has it.
pub(super) fn word_start(text: &str, at: usize) -> usize {
    let end = back_past(text, at, |c| !is_word(c));
    back_past(text, end, is_word)
}

/// The start of the blank-parted word before.
pub(super) fn blank_word_start(text: &str, at: usize) -> usize {
    let end = back_past(text, at, char::is_whitespace);
    back_past(text, end, |c| !c.is_whitespace())
}
