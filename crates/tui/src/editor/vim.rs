//! The keys of vim: insert, normal, visual and visual line mode.
//!
//! Keys are gathered until they are a command of the [`grammar`]; a command is then done to the
//! buffer. What vim has beyond a prompt, such as windows, marks and macros, is left out.

mod apply;
mod grammar;
mod lines;
mod motions;
mod objects;
mod reach;
mod registers;

use super::{Outcome, buffer::Buffer, motion};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use grammar::{Command, Find, Parsed, REDO};
use std::{collections::BTreeMap, ops::Range};

/// Which keys mean what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Letters are typed.
    #[default]
    Insert,
    /// Letters are commands.
    Normal,
    /// Letters work on a selection.
    Visual,
    /// Letters work on selected lines.
    VisualLine,
}

impl Mode {
    /// The name that a status line shows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Normal => "NORMAL",
            Self::Visual => "VISUAL",
            Self::VisualLine => "VISUAL LINE",
        }
    }
}

/// A text that was deleted or yanked.
#[derive(Clone, Debug, Default)]
struct Register {
    text: String,
    is_lines: bool,
}

/// What `.` does again.
#[derive(Clone, Debug)]
struct Repeatable {
    command: Command,
    /// What was typed after a command that leads to insert mode.
    typed: String,
}

/// An insert mode that a command led to.
#[derive(Clone, Copy, Debug)]
struct Inserting {
    from: usize,
    command: Command,
}

/// The state of vim.
#[derive(Clone, Debug, Default)]
pub(super) struct Vim {
    mode: Mode,
    typed: String,
    /// The other end of a selection.
    anchor: usize,
    registers: BTreeMap<char, Register>,
    found: Option<Find>,
    last: Option<Repeatable>,
    inserting: Option<Inserting>,
    leave: Option<(char, char)>,
    /// The letter that was typed last in insert mode.
    before: Option<char>,
}

impl Vim {
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn pending(&self) -> &str {
        &self.typed
    }

    pub(super) fn set_leave(&mut self, keys: Option<(char, char)>) {
        self.leave = keys;
    }

    /// Back to insert mode with nothing pending; registers and the last change stay.
    pub(super) fn restart(&mut self) {
        self.mode = Mode::Insert;
        self.typed.clear();
        self.inserting = None;
        self.before = None;
    }

    /// What is selected, in bytes.
    pub(super) fn selection(&self, buffer: &Buffer) -> Option<Range<usize>> {
        let (text, at) = (buffer.text(), buffer.cursor());
        let (start, end) = (at.min(self.anchor), at.max(self.anchor));
        match self.mode {
            Mode::Insert | Mode::Normal => None,
            Mode::Visual => Some(start..motion::next(text, end)),
            Mode::VisualLine => {
                let end = motion::line_end(text, end);
                Some(motion::line_start(text, start)..(end + 1).min(text.len()))
            }
        }
    }

    /// Takes a key; none when it is one of readline's.
    pub(super) fn key(&mut self, buffer: &mut Buffer, key: KeyEvent) -> Option<Outcome> {
        let is_escape = key.code == KeyCode::Esc
            || (key.code == KeyCode::Char('[') && key.modifiers.contains(KeyModifiers::CONTROL));
        if self.mode == Mode::Insert {
            return self.insert_key(buffer, key, is_escape);
        }
        if is_escape {
            return Some(self.escape(buffer));
        }
        let Some(sign) = sign(key) else {
            self.typed.clear();
            let is_enter = key.code == KeyCode::Enter && key.modifiers.is_empty();
            return Some(if is_enter {
                Outcome::Submitted
            } else {
                Outcome::Ignored
            });
        };
        self.typed.push(sign);
        let is_visual = self.mode != Mode::Normal;
        match grammar::parse(&self.typed, is_visual) {
            Parsed::Open => Some(Outcome::Moved),
            Parsed::Wrong => {
                self.typed.clear();
                Some(Outcome::Moved)
            }
            Parsed::Complete(command) => {
                self.typed.clear();
                Some(self.apply(buffer, command))
            }
        }
    }

    fn insert_key(
        &mut self,
        buffer: &mut Buffer,
        key: KeyEvent,
        is_escape: bool,
    ) -> Option<Outcome> {
        let before = self.before.take();
        if is_escape {
            self.leave_insert(buffer);
            return Some(Outcome::Moved);
        }
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        if let KeyCode::Char(c) = key.code
            && plain
        {
            if let (Some(first), Some((one, two))) = (before, self.leave)
                && (first, c) == (one, two)
            {
                let at = buffer.cursor();
                buffer.replace(motion::previous(buffer.text(), at)..at, "");
                self.leave_insert(buffer);
                return Some(Outcome::Changed);
            }
            self.before = Some(c);
        }
        None
    }

    fn leave_insert(&mut self, buffer: &mut Buffer) {
        if let Some(Inserting { from, command }) = self.inserting.take() {
            let typed = buffer.slice(from..buffer.cursor()).to_owned();
            let is_entry = matches!(command.action, grammar::Action::Insert(_));
            let times = command.count.filter(|_| is_entry).unwrap_or(1);
            for _ in 1..times {
                buffer.insert(&typed);
            }
            self.last = Some(Repeatable { command, typed });
        }
        buffer.release_step();
        self.mode = Mode::Normal;
        let (text, at) = (buffer.text(), buffer.cursor());
        if at > motion::line_start(text, at) {
            buffer.move_to(motion::previous(text, at));
        }
    }

    fn escape(&mut self, buffer: &mut Buffer) -> Outcome {
        let is_idle = self.mode == Mode::Normal && self.typed.is_empty();
        self.typed.clear();
        self.mode = Mode::Normal;
        self.settle(buffer);
        if is_idle {
            Outcome::Ignored
        } else {
            Outcome::Moved
        }
    }

    /// In normal mode the cursor stands on a letter, not behind the last.
    fn settle(&self, buffer: &mut Buffer) {
        if self.mode == Mode::Normal {
            let at = motions::on_letter(buffer.text(), buffer.cursor());
            if at != buffer.cursor() {
                buffer.move_to(at);
            }
        }
    }
}

/// The letter that a key is to the grammar.
fn sign(key: KeyEvent) -> Option<char> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key
        .modifiers
        .intersects(KeyModifiers::ALT | KeyModifiers::META);
    match (key.code, control, alt) {
        (KeyCode::Char('r'), true, false) => Some(REDO),
        (KeyCode::Char(c), false, false) if !c.is_control() => Some(c),
        (KeyCode::Left | KeyCode::Backspace, false, false) => Some('h'),
        (KeyCode::Right, false, false) => Some('l'),
        (KeyCode::Up, false, false) => Some('k'),
        (KeyCode::Down, false, false) => Some('j'),
        (KeyCode::Home, false, false) => Some('0'),
        (KeyCode::End, false, false) => Some('$'),
        (KeyCode::Delete, false, false) => Some('x'),
        _ => None,
    }
}
