//! Where vim's motions lead.

use super::grammar::{Find, Motion, Words};
use crate::editor::motion::{
    Kind, char_at, char_before, kind, line_end, line_start, next, past, previous,
};

/// What an operator takes when it is given a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Up to the place.
    Exclusive,
    /// The letter at the place too.
    Inclusive,
    /// Whole lines.
    Lines,
}

pub(super) fn reach(motion: Motion) -> Reach {
    match motion {
        Motion::Up | Motion::Down | Motion::FirstLine | Motion::LastLine => Reach::Lines,
        Motion::WordEnd(_) | Motion::WordEndBack(_) | Motion::Pair => Reach::Inclusive,
        Motion::Find(find) if !find.is_back => Reach::Inclusive,
        Motion::Left
        | Motion::Right
        | Motion::Word(_)
        | Motion::WordBack(_)
        | Motion::LineStart
        | Motion::FirstLetter
        | Motion::LineEnd
        | Motion::Find(_)
        | Motion::FindAgain
        | Motion::FindBack
        | Motion::ParagraphBack
        | Motion::Paragraph => Reach::Exclusive,
    }
}

/// Where a motion leads from a place; nowhere when it fails. `$` leads behind the last letter,
/// and rows are moved by the caller, who knows where they are wrapped.
pub(super) fn target(
    text: &str,
    from: usize,
    motion: Motion,
    count: Option<usize>,
) -> Option<usize> {
    let times = count.unwrap_or(1);
    match motion {
        Motion::Left => repeat(from, times, |at| {
            (at > line_start(text, at)).then(|| previous(text, at))
        }),
        Motion::Right => repeat(from, times, |at| {
            (at < line_end(text, at)).then(|| next(text, at))
        }),
        Motion::Up => line_away(text, from, times, Direction::Up),
        Motion::Down => line_away(text, from, times, Direction::Down),
        Motion::Word(words) => repeat(from, times, |at| word(text, at, words)),
        Motion::WordBack(words) => repeat(from, times, |at| word_back(text, at, words)),
        Motion::WordEnd(words) => repeat(from, times, |at| word_end(text, at, words)),
        Motion::WordEndBack(words) => repeat(from, times, |at| word_end_back(text, at, words)),
        Motion::LineStart => Some(line_start(text, from)),
        Motion::FirstLetter => Some(first_letter(text, from)),
        Motion::LineEnd => {
            let below = line_away(text, from, times - 1, Direction::Down)?;
            Some(line_end(text, below))
        }
        Motion::Find(find) => found(text, from, find, times, Turn::First),
        // The caller knows what was sought last.
        Motion::FindAgain | Motion::FindBack => None,
        Motion::FirstLine => Some(first_letter(text, nth_line(text, times))),
        Motion::LastLine => {
            let at = count.map_or(text.len(), |count| nth_line(text, count));
            Some(first_letter(text, at))
        }
        Motion::Paragraph => repeat(from, times, |at| paragraph(text, at)),
        Motion::ParagraphBack => repeat(from, times, |at| paragraph_back(text, at)),
        Motion::Pair => pair(text, from),
    }
}

/// Goes on as often as it can; fails when the first step does.
fn repeat(from: usize, times: usize, step: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    let mut at = step(from)?;
    for _ in 1..times {
        match step(at) {
            Some(further) => at = further,
            None => break,
        }
    }
    Some(at)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

fn line_away(text: &str, from: usize, lines: usize, direction: Direction) -> Option<usize> {
    let mut at = from;
    for _ in 0..lines {
        at = match direction {
            Direction::Up => line_start(text, at).checked_sub(1)?,
            Direction::Down => Some(line_end(text, at) + 1).filter(|at| *at <= text.len())?,
        };
    }
    Some(if lines == 0 {
        from
    } else {
        line_start(text, at)
    })
}

/// The start of a line by its number from one, or of the last.
fn nth_line(text: &str, number: usize) -> usize {
    let mut at = 0;
    for _ in 1..number {
        match Some(line_end(text, at) + 1).filter(|next| *next <= text.len()) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

pub(super) fn first_letter(text: &str, at: usize) -> usize {
    let start = line_start(text, at);
    past(text, start, |c| matches!(c, ' ' | '\t')).min(line_end(text, start))
}

fn class(c: char, words: Words) -> Kind {
    match (words, kind(c)) {
        (Words::Big, Kind::Sign) => Kind::Word,
        (_, kind) => kind,
    }
}

/// An empty line counts as a word.
fn is_empty_line(text: &str, at: usize) -> bool {
    char_at(text, at) == Some('\n') && at == line_start(text, at)
}

fn word(text: &str, at: usize, words: Words) -> Option<usize> {
    let here = class(char_at(text, at)?, words);
    let mut at = match here {
        Kind::Blank => at,
        Kind::Word | Kind::Sign => past(text, at, |c| class(c, words) == here),
    };
    if is_empty_line(text, at) && here == Kind::Blank {
        at = next(text, at);
    }
    while let Some(c) = char_at(text, at) {
        if class(c, words) != Kind::Blank || is_empty_line(text, at) {
            break;
        }
        at = next(text, at);
    }
    Some(at)
}

fn word_back(text: &str, at: usize, words: Words) -> Option<usize> {
    if at == 0 {
        return None;
    }
    let mut at = previous(text, at);
    while at > 0 && class(char_at(text, at)?, words) == Kind::Blank && !is_empty_line(text, at) {
        at = previous(text, at);
    }
    let here = class(char_at(text, at)?, words);
    if here == Kind::Blank {
        return Some(at);
    }
    Some(start_of(text, at, words))
}

/// Where the run of the same class begins.
pub(super) fn start_of(text: &str, at: usize, words: Words) -> usize {
    let Some(here) = char_at(text, at).map(|c| class(c, words)) else {
        return at;
    };
    let mut at = at;
    while at > 0 {
        let before = previous(text, at);
        match char_at(text, before) {
            Some(c) if class(c, words) == here && c != '\n' => at = before,
            _ => break,
        }
    }
    at
}

/// Past the run of the same class.
pub(super) fn end_of(text: &str, at: usize, words: Words) -> usize {
    let Some(here) = char_at(text, at).map(|c| class(c, words)) else {
        return at;
    };
    let mut at = at;
    while let Some(c) = char_at(text, at) {
        if class(c, words) != here || c == '\n' {
            break;
        }
        at = next(text, at);
    }
    at
}

fn word_end(text: &str, at: usize, words: Words) -> Option<usize> {
    let mut at = next(text, at);
    while class(char_at(text, at)?, words) == Kind::Blank {
        at = next(text, at);
    }
    Some(previous(text, end_of(text, at, words)))
}

fn word_end_back(text: &str, at: usize, words: Words) -> Option<usize> {
    if at == 0 {
        return None;
    }
    let mut at = at;
    if char_at(text, at).is_some_and(|c| class(c, words) != Kind::Blank) {
        at = start_of(text, at, words);
    }
    while at > 0 {
        at = previous(text, at);
        let is_blank = char_at(text, at).is_none_or(|c| class(c, words) == Kind::Blank);
        if !is_blank || is_empty_line(text, at) {
            break;
        }
    }
    Some(at)
}

/// Whether a letter is sought for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    First,
    Again,
}

/// Where a letter is found on the line. One that is sought again does not stay beside the letter
/// where it stands already.
pub(super) fn found(
    text: &str,
    from: usize,
    find: Find,
    times: usize,
    turn: Turn,
) -> Option<usize> {
    let (start, end) = (line_start(text, from), line_end(text, from));
    let mut at = from;
    if find.is_beside && turn == Turn::Again {
        at = if find.is_back {
            previous(text, at).max(start)
        } else {
            next(text, at).min(end)
        };
    }
    for _ in 0..times {
        at = if find.is_back {
            let before = text.get(start..at)?;
            start + before.rfind(find.sought)?
        } else {
            let after = next(text, at).min(end);
            after + text.get(after..end)?.find(find.sought)?
        };
    }
    Some(match (find.is_beside, find.is_back) {
        (false, _) => at,
        (true, false) => previous(text, at),
        (true, true) => next(text, at),
    })
}

fn is_blank_line(text: &str, at: usize) -> bool {
    line_start(text, at) == line_end(text, at)
}

fn paragraph(text: &str, from: usize) -> Option<usize> {
    if from >= text.len() {
        return None;
    }
    let mut at = line_start(text, from);
    let mut was_text = !is_blank_line(text, at);
    loop {
        let below = line_end(text, at) + 1;
        if below > text.len() {
            return Some(text.len());
        }
        at = below;
        if is_blank_line(text, at) && was_text {
            return Some(at);
        }
        was_text |= !is_blank_line(text, at);
    }
}

fn paragraph_back(text: &str, from: usize) -> Option<usize> {
    if from == 0 {
        return None;
    }
    let mut at = line_start(text, from);
    let mut was_text = !is_blank_line(text, at);
    loop {
        let Some(above) = at.checked_sub(1) else {
            return Some(0);
        };
        at = line_start(text, above);
        if is_blank_line(text, at) && was_text {
            return Some(at);
        }
        was_text |= !is_blank_line(text, at);
    }
}

const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// The partner of the first bracket on the line from here on.
fn pair(text: &str, from: usize) -> Option<usize> {
    let end = line_end(text, from);
    let is_bracket = |c: char| PAIRS.iter().any(|(open, close)| c == *open || c == *close);
    let at = from + text.get(from..end)?.find(is_bracket)?;
    let c = char_at(text, at)?;
    let (open, close) = *PAIRS
        .iter()
        .find(|(open, close)| c == *open || c == *close)?;
    if c == open {
        closing(text, at + c.len_utf8(), open, close)
    } else {
        opening(text, at, open, close)
    }
}

/// The bracket that closes what is open here.
pub(super) fn closing(text: &str, from: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.get(from..)?.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            if depth == 0 {
                return Some(from + at);
            }
            depth -= 1;
        }
    }
    None
}

/// The bracket that opened what is open here.
pub(super) fn opening(text: &str, before: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.get(..before)?.char_indices().rev() {
        if c == close {
            depth += 1;
        } else if c == open {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}

/// The place of the letter before, if there is one on the line.
pub(super) fn on_letter(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    let is_behind = at == line_end(text, at) && char_before(text, at).is_some_and(|c| c != '\n');
    if is_behind { previous(text, at) } else { at }
}
