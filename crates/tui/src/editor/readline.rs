//! The keys of readline and Emacs.

use super::{Editor, Outcome, buffer::Buffer, chips::is_chip, kills::End, motion};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::ops::Range;

/// What the last command leaves for the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Before {
    #[default]
    Other,
    /// A letter was typed; the next one belongs to the same step of undo.
    Typed {
        is_blank: bool,
    },
    Killed,
    /// These bytes were yanked.
    Yanked {
        from: usize,
        to: usize,
    },
}

#[derive(Clone, Copy)]
struct Held {
    control: bool,
    alt: bool,
    shift: bool,
}

pub(super) fn key(editor: &mut Editor, key: KeyEvent) -> Outcome {
    let held = Held {
        control: key.modifiers.contains(KeyModifiers::CONTROL),
        alt: key
            .modifiers
            .intersects(KeyModifiers::ALT | KeyModifiers::META),
        shift: key.modifiers.contains(KeyModifiers::SHIFT),
    };
    let before = std::mem::take(&mut editor.before);
    if !matches!(before, Before::Typed { .. }) {
        editor.buffer.begin_step();
    }
    if let KeyCode::Char(c) = key.code
        && !held.control
        && !held.alt
    {
        return typed(editor, before, c);
    }
    editor.buffer.begin_step();
    motion_key(&mut editor.buffer, key.code, held)
        .or_else(|| change_key(editor, before, key.code, held))
        .unwrap_or(Outcome::Ignored)
}

fn typed(editor: &mut Editor, before: Before, c: char) -> Outcome {
    if c.is_control() || is_chip(c) {
        return Outcome::Ignored;
    }
    let is_blank = c.is_whitespace();
    // A word and the blanks before it are one step of undo.
    if let Before::Typed {
        is_blank: was_blank,
    } = before
        && is_blank
        && !was_blank
    {
        editor.buffer.begin_step();
    }
    editor.buffer.insert(c.encode_utf8(&mut [0; 4]));
    editor.before = Before::Typed { is_blank };
    Outcome::Changed
}

fn motion_key(buffer: &mut Buffer, code: KeyCode, held: Held) -> Option<Outcome> {
    let (text, at) = (buffer.text(), buffer.cursor());
    let to = match (code, held.control, held.alt) {
        (KeyCode::Char('b'), true, false) | (KeyCode::Left, false, false) => {
            motion::previous(text, at)
        }
        (KeyCode::Char('f'), true, false) | (KeyCode::Right, false, false) => {
            motion::next(text, at)
        }
        (KeyCode::Char('b') | KeyCode::Left, false, true) | (KeyCode::Left, true, _) => {
            motion::word_start(text, at)
        }
        (KeyCode::Char('f') | KeyCode::Right, false, true) | (KeyCode::Right, true, _) => {
            motion::word_end(text, at)
        }
        (KeyCode::Char('a'), true, false) | (KeyCode::Home, false, _) => {
            motion::line_start(text, at)
        }
        (KeyCode::Char('e'), true, false) | (KeyCode::End, false, _) => motion::line_end(text, at),
        (KeyCode::Home, true, _) | (KeyCode::Char('<'), false, true) => 0,
        (KeyCode::End, true, _) | (KeyCode::Char('>'), false, true) => text.len(),
        (KeyCode::Up, false, false) | (KeyCode::Char('p'), true, false) => {
            return Some(if buffer.move_rows(-1) {
                Outcome::Moved
            } else {
                Outcome::Earlier
            });
        }
        (KeyCode::Down, false, false) | (KeyCode::Char('n'), true, false) => {
            return Some(if buffer.move_rows(1) {
                Outcome::Moved
            } else {
                Outcome::Later
            });
        }
        _ => return None,
    };
    buffer.move_to(to);
    Some(Outcome::Moved)
}

fn change_key(editor: &mut Editor, before: Before, code: KeyCode, held: Held) -> Option<Outcome> {
    let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
    let (previous, next) = (motion::previous(text, at), motion::next(text, at));
    let outcome = match (code, held.control, held.alt) {
        (KeyCode::Enter, false, false) if !held.shift => return Some(enter(&mut editor.buffer)),
        (KeyCode::Enter, _, _) | (KeyCode::Char('j'), true, false) => {
            editor.buffer.insert("\n");
            Outcome::Changed
        }
        (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => {
            erase(&mut editor.buffer, previous..at)
        }
        (KeyCode::Delete, false, false) | (KeyCode::Char('d'), true, false) => {
            erase(&mut editor.buffer, at..next)
        }
        (KeyCode::Char('d'), false, true) | (KeyCode::Delete, _, _) => {
            let to = motion::word_end(text, at);
            kill(editor, before, at..to, End::Back)
        }
        (KeyCode::Backspace, _, _) => {
            let from = motion::word_start(text, at);
            kill(editor, before, from..at, End::Front)
        }
        (KeyCode::Char('w'), true, false) => {
            let from = motion::blank_word_start(text, at);
            kill(editor, before, from..at, End::Front)
        }
        (KeyCode::Char('k'), true, false) => {
            let end = motion::line_end(text, at);
            // At the end of a line its line feed goes.
            let to = if end == at { next } else { end };
            kill(editor, before, at..to, End::Back)
        }
        (KeyCode::Char('u'), true, false) => {
            let start = motion::line_start(text, at);
            let from = if start == at { previous } else { start };
            kill(editor, before, from..at, End::Front)
        }
        (KeyCode::Char('y'), true, false) => yank(editor),
        (KeyCode::Char('y'), false, true) => yank_before(editor, before),
        (KeyCode::Char('t'), true, false) => transpose_letters(&mut editor.buffer),
        (KeyCode::Char('t'), false, true) => transpose_words(&mut editor.buffer),
        (KeyCode::Char('u'), false, true) => recase(&mut editor.buffer, Case::Upper),
        (KeyCode::Char('l'), false, true) => recase(&mut editor.buffer, Case::Lower),
        (KeyCode::Char('c'), false, true) => recase(&mut editor.buffer, Case::Capital),
        // Terminals without the kitty protocol send Ctrl+_ as Ctrl+7.
        (KeyCode::Char('_' | '/' | '7' | 'z'), true, false)
            if !held.shift || code == KeyCode::Char('_') =>
        {
            changed_if(editor.buffer.undo())
        }
        (KeyCode::Char('_' | '/' | '7'), true, true)
        | (KeyCode::Char('_' | '/'), false, true)
        | (KeyCode::Char('z' | 'Z'), true, false) => changed_if(editor.buffer.redo()),
        _ => return None,
    };
    Some(outcome)
}

fn changed_if(is_changed: bool) -> Outcome {
    if is_changed {
        Outcome::Changed
    } else {
        Outcome::Moved
    }
}

/// Enter sends, but behind a backslash it is a line feed, which every terminal can type.
fn enter(buffer: &mut Buffer) -> Outcome {
    let at = buffer.cursor();
    if motion::char_before(buffer.text(), at) != Some('\\') {
        return Outcome::Submitted;
    }
    buffer.replace(at - 1..at, "\n");
    Outcome::Changed
}

fn erase(buffer: &mut Buffer, range: Range<usize>) -> Outcome {
    let is_changed = !range.is_empty();
    buffer.replace(range, "");
    changed_if(is_changed)
}

fn kill(editor: &mut Editor, before: Before, range: Range<usize>, end: End) -> Outcome {
    let is_changed = !range.is_empty();
    let text = editor.buffer.slice(range.clone()).to_owned();
    if before == Before::Killed {
        editor.kills.join(&text, end);
    } else {
        editor.kills.push(&text);
    }
    editor.buffer.replace(range, "");
    editor.before = Before::Killed;
    changed_if(is_changed)
}

fn yank(editor: &mut Editor) -> Outcome {
    let Some(text) = editor.kills.yank() else {
        return Outcome::Moved;
    };
    let from = editor.buffer.cursor();
    let to = from + text.len();
    editor.buffer.insert(text);
    editor.before = Before::Yanked { from, to };
    Outcome::Changed
}

/// Puts the kill before in place of what was just yanked.
fn yank_before(editor: &mut Editor, before: Before) -> Outcome {
    let Before::Yanked { from, to } = before else {
        return Outcome::Moved;
    };
    let Some(text) = editor.kills.turn() else {
        return Outcome::Moved;
    };
    let end = from + text.len();
    editor.buffer.replace(from..to, text);
    editor.before = Before::Yanked { from, to: end };
    Outcome::Changed
}

/// The letter before the cursor goes over the one under it; at the end of a line, the last two.
fn transpose_letters(buffer: &mut Buffer) -> Outcome {
    let (text, cursor) = (buffer.text(), buffer.cursor());
    let at = if cursor == motion::line_end(text, cursor) {
        motion::previous(text, cursor)
    } else {
        cursor
    };
    let from = motion::previous(text, at);
    let to = motion::next(text, at);
    if from < motion::line_start(text, cursor) || from == at || to == at {
        return Outcome::Moved;
    }
    let swapped = format!("{}{}", buffer.slice(at..to), buffer.slice(from..at));
    buffer.replace(from..to, &swapped);
    Outcome::Changed
}

/// The word before the cursor goes over the one after it.
fn transpose_words(buffer: &mut Buffer) -> Outcome {
    let (text, cursor) = (buffer.text(), buffer.cursor());
    let second_end = motion::word_end(text, cursor);
    let second_start = motion::word_start(text, second_end);
    let first_start = motion::word_start(text, second_start);
    let first_end = motion::word_end(text, first_start);
    if first_end > second_start || first_start == second_start {
        return Outcome::Moved;
    }
    let swapped = format!(
        "{}{}{}",
        buffer.slice(second_start..second_end),
        buffer.slice(first_end..second_start),
        buffer.slice(first_start..first_end),
    );
    buffer.replace(first_start..second_end, &swapped);
    Outcome::Changed
}

#[derive(Clone, Copy)]
enum Case {
    Upper,
    Lower,
    Capital,
}

fn recase(buffer: &mut Buffer, case: Case) -> Outcome {
    let (text, at) = (buffer.text(), buffer.cursor());
    let to = motion::word_end(text, at);
    let word = buffer.slice(at..to);
    let changed = match case {
        Case::Upper => word.to_uppercase(),
        Case::Lower => word.to_lowercase(),
        Case::Capital => {
            let start = word.find(char::is_alphanumeric).unwrap_or(0);
            let (gap, letters) = word.split_at(start);
            let mut letters = letters.chars();
            let first: String = letters
                .next()
                .map(char::to_uppercase)
                .into_iter()
                .flatten()
                .collect();
            format!("{gap}{first}{}", letters.as_str().to_lowercase())
        }
    };
    buffer.replace(at..to, &changed);
    Outcome::Changed
}
