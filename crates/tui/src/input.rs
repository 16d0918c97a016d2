//! Bytes of the terminal become keys, pastes, clicks and the terminal's own answers.
//!
//! Gimlet reads for itself: answers of the terminal to its questions arrive among the keys, at
//! any time and cut anywhere, and must never be taken for typed text.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the keys are another crate's, and new ones mean nothing here"
)]

mod csi;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A paste longer than this is cut; what a terminal sends is otherwise without a limit.
pub const LONGEST_PASTE_BYTES: usize = 8 * 1024 * 1024;
/// A sequence longer than this is no sequence.
const LONGEST_SEQUENCE_BYTES: usize = 4096;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What the terminal sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The wheel was turned or a button pressed.
    Mouse(Mouse),
    /// The window came into focus, or lost it.
    Focus(Focus),
    /// The terminal answered.
    Answer(Answer),
}

/// Whether the window has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// It has.
    Gained,
    /// It has not.
    Lost,
}

/// What a mouse did, counted from the upper left corner, 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The wheel, away from the person.
    WheelUp,
    /// The wheel, towards the person.
    WheelDown,
    /// A button was pressed.
    Press {
        /// The column.
        column: u16,
        /// The row.
        row: u16,
    },
    /// Something else, such as a move.
    Other,
}

/// An answer of the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its attributes: the last of the answers, as every terminal gives it.
    Attributes,
    /// Whether it can hold back output until a frame is whole.
    Synchronised(Supported),
    /// Its background, red, green and blue.
    Background(u8, u8, u8),
    /// It speaks the keyboard protocol that tells Shift+Enter from Enter.
    Keyboard,
    /// Its name and version.
    Name(String),
    /// Something that was not asked for.
    Other,
}

/// Whether the terminal can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supported {
    /// It can.
    Yes,
    /// It cannot, or does not know.
    No,
}

/// Reads pieces of any size. What is not whole waits for the next piece.
#[derive(Debug, Default)]
pub struct Reader {
    waiting: Vec<u8>,
    /// Set within a bracketed paste.
    paste: Option<Vec<u8>>,
}

impl Reader {
    /// Takes a piece.
    pub fn push(&mut self, piece: &[u8]) -> Vec<Input> {
        self.waiting.extend_from_slice(piece);
        let mut inputs = Vec::new();
        loop {
            let step = match &mut self.paste {
                Some(pasted) => paste_step(&self.waiting, pasted),
                None => step(&self.waiting),
            };
            match step {
                Step::Wait => return inputs,
                Step::Skip(used) => drop(self.waiting.drain(..used)),
                Step::PasteBegins(used) => {
                    self.waiting.drain(..used);
                    self.paste = Some(Vec::new());
                }
                Step::PasteEnds(used) => {
                    self.waiting.drain(..used);
                    let bytes = self.paste.take().unwrap_or_default();
                    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                    inputs.push(Input::Paste(text.replace('\r', "\n")));
                }
                Step::Came(used, input) => {
                    self.waiting.drain(..used);
                    inputs.push(input);
                }
            }
        }
    }

    /// True when something waits that could be a key on its own: a lone Escape.
    pub fn is_waiting(&self) -> bool {
        self.paste.is_none() && !self.waiting.is_empty()
    }

    /// Nothing more comes for now: what waits is what it looks like.
    pub fn settle(&mut self) -> Vec<Input> {
        if self.paste.is_some() {
            return Vec::new();
        }
        let waiting = std::mem::take(&mut self.waiting);
        match waiting.as_slice() {
            [0x1b] => vec![key(KeyCode::Esc, KeyModifiers::NONE)],
            [0x1b, 0x1b] => vec![
                key(KeyCode::Esc, KeyModifiers::NONE),
                key(KeyCode::Esc, KeyModifiers::NONE),
            ],
            [0x1b, open @ (b'[' | b'O' | b']' | b'P')] => {
                vec![key(KeyCode::Char(char::from(*open)), KeyModifiers::ALT)]
            }
            // Nothing, or a sequence that was cut off, which is no text.
            _ => Vec::new(),
        }
    }
}

enum Step {
    Wait,
    Skip(usize),
    PasteBegins(usize),
    PasteEnds(usize),
    Came(usize, Input),
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn paste_step(bytes: &[u8], pasted: &mut Vec<u8>) -> Step {
    let end = bytes
        .windows(PASTE_END.len())
        .position(|window| window == PASTE_END);
    let mut take = |part: &[u8]| {
        let room = LONGEST_PASTE_BYTES.saturating_sub(pasted.len());
        pasted.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
    };
    if let Some(at) = end {
        take(bytes.get(..at).unwrap_or_default());
        return Step::PasteEnds(at + PASTE_END.len());
    }
    // The end's first bytes may be here already.
    let sure = bytes.len().saturating_sub(PASTE_END.len() - 1);
    if sure == 0 {
        return Step::Wait;
    }
    take(bytes.get(..sure).unwrap_or_default());
    Step::Skip(sure)
}

fn step(bytes: &[u8]) -> Step {
    let Some((&first, rest)) = bytes.split_first() else {
        return Step::Wait;
    };
    match first {
        0x1b => escape(bytes, rest),
        b'\r' => Step::Came(1, key(KeyCode::Enter, KeyModifiers::NONE)),
        b'\t' => Step::Came(1, key(KeyCode::Tab, KeyModifiers::NONE)),
        0x7f | 0x08 => Step::Came(1, key(KeyCode::Backspace, KeyModifiers::NONE)),
        // Ctrl+J is a line feed: a new line, where Enter is a carriage return.
        0x00 => Step::Came(1, key(KeyCode::Char(' '), KeyModifiers::CONTROL)),
        0x01..=0x1a => {
            let letter = char::from(first - 1 + b'a');
            Step::Came(1, key(KeyCode::Char(letter), KeyModifiers::CONTROL))
        }
        0x1c..=0x1f => {
            // Ctrl+_ is what terminals send for the last of these.
            let letter = match first {
                0x1c => '\\',
                0x1d => ']',
                0x1e => '^',
                _ => '_',
            };
            Step::Came(1, key(KeyCode::Char(letter), KeyModifiers::CONTROL))
        }
        _ => text(bytes, KeyModifiers::NONE, 0),
    }
}

/// One character of UTF-8.
fn text(bytes: &[u8], modifiers: KeyModifiers, before: usize) -> Step {
    let bytes = bytes.get(before..).unwrap_or_default();
    let Some(&first) = bytes.first() else {
        return Step::Wait;
    };
    let length = match first {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Step::Skip(before + 1),
    };
    let Some(whole) = bytes.get(..length) else {
        let broken = bytes.iter().skip(1).any(|byte| byte & 0xc0 != 0x80);
        return if broken {
            Step::Skip(before + 1)
        } else {
            Step::Wait
        };
    };
    match std::str::from_utf8(whole)
        .ok()
        .and_then(|text| text.chars().next())
    {
        Some(letter) => {
            let shift = if letter.is_uppercase() && !modifiers.is_empty() {
                KeyModifiers::SHIFT
            } else {
                KeyModifiers::NONE
            };
            Step::Came(
                before + length,
                key(KeyCode::Char(letter), modifiers | shift),
            )
        }
        None => Step::Skip(before + 1),
    }
}

fn escape(bytes: &[u8], rest: &[u8]) -> Step {
    match rest.first() {
        None => Step::Wait,
        Some(b'[') => csi::control(bytes),
        Some(b'O') => csi::single_shift(bytes),
        Some(b']') => string(bytes, csi::operating_system),
        Some(b'P') => string(bytes, csi::device),
        Some(b'_' | b'^' | b'X') => string(bytes, |_| Answer::Other),
        Some(0x1b) => match rest.get(1) {
            // Alt with a key that is a sequence itself, or Escape twice.
            None => Step::Wait,
            Some(b'[' | b'O') => match escape(rest, rest.get(1..).unwrap_or_default()) {
                Step::Came(used, Input::Key(pressed)) => {
                    let modifiers = pressed.modifiers | KeyModifiers::ALT;
                    Step::Came(used + 1, key(pressed.code, modifiers))
                }
                Step::Wait => Step::Wait,
                Step::Came(_, _) | Step::Skip(_) | Step::PasteBegins(_) | Step::PasteEnds(_) => {
                    Step::Came(1, key(KeyCode::Esc, KeyModifiers::NONE))
                }
            },
            Some(_) => Step::Came(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        },
        Some(_) => match step(rest) {
            Step::Came(used, Input::Key(pressed)) => {
                let shift = match pressed.code {
                    KeyCode::Char(letter) if letter.is_uppercase() => KeyModifiers::SHIFT,
                    _ => KeyModifiers::NONE,
                };
                let modifiers = pressed.modifiers | KeyModifiers::ALT | shift;
                Step::Came(used + 1, key(pressed.code, modifiers))
            }
            Step::Wait => Step::Wait,
            Step::Came(..) | Step::Skip(_) | Step::PasteBegins(_) | Step::PasteEnds(_) => {
                Step::Skip(1)
            }
        },
    }
}

/// A string sequence up to its end, BEL or ST.
fn string(bytes: &[u8], read: impl Fn(&[u8]) -> Answer) -> Step {
    let body = bytes.get(2..).unwrap_or_default();
    for (at, byte) in body.iter().enumerate() {
        let end = match (byte, body.get(at + 1)) {
            (0x07, _) => 1,
            (0x1b, Some(b'\\')) => 2,
            (0x1b, None) => return Step::Wait,
            (0x1b, Some(_)) => return Step::Skip(2 + at),
            _ => continue,
        };
        let answer = read(body.get(..at).unwrap_or_default());
        return Step::Came(2 + at + end, Input::Answer(answer));
    }
    if body.len() > LONGEST_SEQUENCE_BYTES {
        Step::Skip(2)
    } else {
        Step::Wait
    }
}

#[cfg(test)]
mod tests;
