//! What an operator works on: motions, objects and lines as ranges, with vim's exceptions.

use super::{
    Vim,
    grammar::{Motion, Operator, Target, Words},
    motions::{Reach, end_of, first_letter, reach, target},
    objects,
};
use crate::editor::{
    buffer::Buffer,
    motion::{Kind, char_at, kind, line_end, line_start, next, previous},
};
use std::ops::Range;

/// What an operator works on.
pub(super) struct Taken {
    pub(super) range: Range<usize>,
    pub(super) is_lines: bool,
}

impl Vim {
    pub(super) fn taken(
        &mut self,
        buffer: &Buffer,
        operator: Operator,
        target: Target,
        count: Option<usize>,
    ) -> Option<Taken> {
        let (text, at) = (buffer.text(), buffer.cursor());
        match target {
            Target::Lines => {
                let mut end = line_end(text, at);
                for _ in 1..count.unwrap_or(1) {
                    if end < text.len() {
                        end = line_end(text, end + 1);
                    }
                }
                Some(lines(text, at, end))
            }
            Target::Object(object) => {
                let (range, is_lines) = objects::object(text, at, object, count.unwrap_or(1))?;
                Some(Taken { range, is_lines })
            }
            Target::Motion(motion) => self.reached(buffer, operator, motion, count),
        }
    }

    /// What a motion gives to an operator, with the exceptions that vim makes.
    fn reached(
        &mut self,
        buffer: &Buffer,
        operator: Operator,
        motion: Motion,
        count: Option<usize>,
    ) -> Option<Taken> {
        let (text, at) = (buffer.text(), buffer.cursor());
        let on_blank = char_at(text, at).is_none_or(|c| kind(c) == Kind::Blank);
        // `cw` on a word leaves the blanks behind it.
        if let (Motion::Word(words), Operator::Change, false) = (motion, operator, on_blank) {
            return Some(changed_word(text, at, words, count.unwrap_or(1)));
        }
        let mut to = self.target(text, at, motion, count)?;
        if reach(motion) == Reach::Lines {
            return Some(lines(text, at.min(to), at.max(to)));
        }
        if matches!(motion, Motion::Word(_)) && line_start(text, to) > at {
            // The last word of a line is taken without the line feed.
            let before = text.get(..to).unwrap_or_default();
            let letters = before.trim_end_matches([' ', '\t']);
            if letters.ends_with('\n') && letters.len() > at + 1 {
                to = letters.len() - 1;
            }
        }
        let is_find = matches!(motion, Motion::FindAgain | Motion::FindBack);
        let (start, mut end) = (at.min(to), at.max(to));
        if reach(motion) == Reach::Inclusive || is_find && to > at {
            end = next(text, end);
        }
        let is_paragraph = matches!(motion, Motion::Paragraph | Motion::ParagraphBack);
        let is_at_start = end > start && end == line_start(text, end) && end < text.len();
        if is_paragraph && is_at_start {
            // An end before the first letter of a line is the end of the line before.
            end -= 1;
            if start <= first_letter(text, start) {
                return Some(lines(text, start, end));
            }
        }
        Some(Taken {
            range: start..end,
            is_lines: false,
        })
    }
}

/// The lines from one place to another, without the last line feed.
fn lines(text: &str, from: usize, to: usize) -> Taken {
    Taken {
        range: line_start(text, from)..line_end(text, to),
        is_lines: true,
    }
}

fn changed_word(text: &str, at: usize, words: Words, count: usize) -> Taken {
    let first = end_of(text, at, words);
    let end = if count == 1 {
        first
    } else {
        let last = target(
            text,
            previous(text, first),
            Motion::WordEnd(words),
            Some(count - 1),
        );
        last.map_or(text.len(), |last| next(text, last))
    };
    Taken {
        range: at..end,
        is_lines: false,
    }
}
