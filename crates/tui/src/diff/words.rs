//! Which words changed within a line that gave way to another.

use similar::{ChangeTag, TextDiff};

/// Bytes of two lines beyond which their words are not compared.
const LONGEST: usize = 2000;
/// Lines that have less in common are different lines, not one that was changed.
const LEAST_IN_COMMON: f32 = 0.35;

/// A part of a line, and whether the other line does not have it.
pub(super) type Word = (bool, String);

/// The parts of both lines, if these are one line that was changed.
pub(super) fn marked(old: &str, new: &str) -> Option<(Vec<Word>, Vec<Word>)> {
    if old.len() + new.len() > LONGEST || old == new {
        return None;
    }
    let diff = TextDiff::from_unicode_words(old, new);
    if diff.ratio() < LEAST_IN_COMMON {
        return None;
    }
    let mut olds: Vec<Word> = Vec::new();
    let mut news: Vec<Word> = Vec::new();
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {
                append(&mut olds, false, change.value());
                append(&mut news, false, change.value());
            }
            ChangeTag::Delete => append(&mut olds, true, change.value()),
            ChangeTag::Insert => append(&mut news, true, change.value()),
        }
    }
    Some((olds, news))
}

fn append(words: &mut Vec<Word>, is_changed: bool, text: &str) {
    match words.last_mut() {
        Some((last, part)) if *last == is_changed => part.push_str(text),
        _ => words.push((is_changed, text.to_owned())),
    }
}
