//! Vim's text objects: what is inside and around a place.

use super::{
    grammar::{Object, ObjectKind, Words},
    motions::{closing, end_of, opening, start_of},
};
use crate::editor::motion::{Kind, char_at, kind, line_end, line_start, next};
use std::ops::Range;

/// The bytes of an object, and whether these are whole lines.
pub(super) fn object(
    text: &str,
    at: usize,
    object: Object,
    count: usize,
) -> Option<(Range<usize>, bool)> {
    let range = match object.kind {
        ObjectKind::Word(words) => word(text, at, words, object.is_around, count)?,
        ObjectKind::Quoted(quote) => quoted(text, at, quote, object.is_around)?,
        ObjectKind::Bracketed(open, close) => {
            bracketed(text, at, (open, close), object.is_around, count)?
        }
        ObjectKind::Paragraph => {
            return Some((paragraph(text, at, object.is_around), true));
        }
    };
    Some((range, false))
}

fn is_blank(text: &str, at: usize) -> bool {
    char_at(text, at).is_some_and(|c| kind(c) == Kind::Blank && c != '\n')
}

fn word(
    text: &str,
    at: usize,
    words: Words,
    is_around: bool,
    count: usize,
) -> Option<Range<usize>> {
    let c = char_at(text, at)?;
    if c == '\n' {
        return None;
    }
    let mut start = start_of(text, at, words);
    let mut end = at;
    for _ in 0..count {
        if is_around && is_blank(text, end) {
            end = end_of(text, end, words);
            end = end_of(text, end, words);
        } else {
            end = end_of(text, end, words);
            if is_around && is_blank(text, end) {
                end = end_of(text, end, words);
            } else if is_around && start > 0 {
                // Without blanks behind, those before go along.
                let before = crate::editor::motion::previous(text, start);
                if is_blank(text, before) && before > line_start(text, start) {
                    start = start_of(text, before, words);
                }
            }
        }
    }
    Some(start..end)
}

/// The quoted text on the line that holds the place, or the next one on it.
fn quoted(text: &str, at: usize, quote: char, is_around: bool) -> Option<Range<usize>> {
    let (start, line) = (
        line_start(text, at),
        text.get(line_start(text, at)..line_end(text, at))?,
    );
    let mut open = None;
    let mut is_escaped = false;
    for (offset, c) in line.char_indices() {
        let place = start + offset;
        if c == quote && !is_escaped {
            match open.take() {
                None => open = Some(place),
                Some(from) if place >= at => {
                    return Some(if is_around {
                        let end = place + quote.len_utf8();
                        let past = if is_blank(text, end) {
                            end_of(text, end, Words::Small)
                        } else {
                            end
                        };
                        from..past
                    } else {
                        from + quote.len_utf8()..place
                    });
                }
                Some(_) => {}
            }
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

fn bracketed(
    text: &str,
    at: usize,
    (open, close): (char, char),
    is_around: bool,
    count: usize,
) -> Option<Range<usize>> {
    let mut from = if char_at(text, at) == Some(open) {
        at
    } else {
        opening(text, at, open, close)?
    };
    for _ in 1..count {
        from = opening(text, from, open, close)?;
    }
    let to = closing(text, from + open.len_utf8(), open, close)?;
    Some(if is_around {
        from..to + close.len_utf8()
    } else {
        from + open.len_utf8()..to
    })
}

fn paragraph(text: &str, at: usize, is_around: bool) -> Range<usize> {
    let is_empty = |at: usize| line_start(text, at) == line_end(text, at);
    let here = is_empty(at);
    let mut start = line_start(text, at);
    while let Some(above) = start.checked_sub(1) {
        if is_empty(above) != here {
            break;
        }
        start = line_start(text, above);
    }
    let mut end = line_end(text, at);
    let mut wanted = here;
    let mut has_turned = !is_around;
    while end < text.len() {
        if is_empty(end + 1) != wanted {
            if has_turned {
                break;
            }
            has_turned = true;
            wanted = !wanted;
        }
        end = line_end(text, end + 1);
    }
    start..end
}

/// The text with the case of each letter turned.
pub(super) fn toggled(text: &str) -> String {
    let turn = |c: char| -> String {
        if c.is_uppercase() {
            c.to_lowercase().collect()
        } else {
            c.to_uppercase().collect()
        }
    };
    text.chars().map(turn).collect()
}

/// As many letters from here on, none of them a line feed; nowhere when the line has fewer.
pub(super) fn letters(text: &str, at: usize, count: usize) -> Option<Range<usize>> {
    let end = line_end(text, at);
    let mut to = at;
    for _ in 0..count {
        if to >= end {
            return None;
        }
        to = next(text, to);
    }
    Some(at..to)
}
