//! The editor of prompts: several lines, wrapped softly, with the keys of readline or of vim.
//!
//! It owns a text and a cursor and nothing else. Keys come in as crossterm reads them, what they
//! ask of the client goes out as an [`Outcome`], and [`Editor::view`] draws rows with the place
//! of the hardware cursor. No key costs more the longer the text is, but for copying its bytes.

mod buffer;
mod changes;
mod chips;
mod dropped;
mod kills;
mod layout;
mod motion;
mod readline;
mod view;
pub mod vim;

pub use chips::Chip;
pub use dropped::dropped_paths;
pub use view::{View, ViewStyle};

use buffer::Buffer;
use chips::is_chip;
use crossterm::event::{KeyEvent, KeyEventKind};
use gimlet_hygiene::screen::{Channel, clean};
use kills::Kills;
use std::collections::BTreeMap;
use vim::Vim;

/// Lines of a paste from which on it becomes a chip.
const CHIP_LINES: usize = 3;
/// Characters of a paste beyond which it becomes a chip.
const CHIP_CHARS: usize = 800;

/// What a key did, or asks of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The key means nothing here.
    Ignored,
    /// The cursor moved, or the mode changed.
    Moved,
    /// The text changed.
    Changed,
    /// The text is to be sent; [`Editor::take`] has it.
    Submitted,
    /// Up from the first row: the prompt before this one.
    Earlier,
    /// Down from the last row: the prompt after this one.
    Later,
    /// Vim's `/`: the search of the history.
    Search,
}

/// How a paste was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// Whether it stands in the text as a chip.
    pub is_chip: bool,
    /// Whether something in it was hidden, and is now a mark that can be read.
    pub has_marks: bool,
}

/// A part of what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text, pastes written out.
    Text(String),
    /// An image, by the number of whoever put it in.
    Image(u64),
}

/// A text with its chips, apart from an editor: stashed, queued, or in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    text: String,
    chips: BTreeMap<char, (Chip, String)>,
}

impl Draft {
    /// A draft of plain text.
    pub fn of(text: &str) -> Self {
        Self {
            text: text.replace(is_chip, "\u{fffd}"),
            chips: BTreeMap::new(),
        }
    }

    /// Whether it has neither text nor chips.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The text as it is shown, chips as their labels.
    pub fn shown(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        for c in self.text.chars() {
            match self.chips.get(&c) {
                Some((_, label)) => out.push_str(label),
                None => out.push(c),
            }
        }
        out
    }

    /// The text with pastes written out and labels for images, as a history keeps it.
    pub fn written_out(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        for c in self.text.chars() {
            match self.chips.get(&c) {
                Some((Chip::Pasted(text), _)) => out.push_str(text),
                Some((Chip::Image { .. }, label)) => out.push_str(label),
                None => out.push(c),
            }
        }
        out
    }

    /// What is sent, in order.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        for c in self.text.chars() {
            match self.chips.get(&c) {
                Some((Chip::Pasted(pasted), _)) => text.push_str(pasted),
                Some((Chip::Image { handle, .. }, _)) => {
                    if !text.trim().is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    text.clear();
                    parts.push(Part::Image(*handle));
                }
                None => text.push(c),
            }
        }
        if !text.trim().is_empty() {
            parts.push(Part::Text(text));
        }
        parts
    }
}

/// The editor.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    buffer: Buffer,
    kills: Kills,
    /// What the command before this one was, for kills that join and yanks that turn.
    before: readline::Before,
    vim: Option<Vim>,
}

impl Editor {
    /// Switches between the keys of vim and those of readline.
    pub fn set_vim(&mut self, is_vim: bool) {
        if self.vim.is_some() != is_vim {
            self.vim = is_vim.then(Vim::default);
        }
    }

    /// The mode to show, when the keys are those of vim.
    pub fn vim_mode(&self) -> Option<vim::Mode> {
        self.vim.as_ref().map(Vim::mode)
    }

    /// The keys of a command of vim that is not complete.
    pub fn vim_pending(&self) -> &str {
        self.vim.as_ref().map_or("", Vim::pending)
    }

    /// The keys that leave vim's insert mode when they are typed in a row, such as `jj`.
    pub fn set_vim_leave(&mut self, keys: Option<(char, char)>) {
        if let Some(vim) = &mut self.vim {
            vim.set_leave(keys);
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        if key.kind == KeyEventKind::Release {
            return Outcome::Ignored;
        }
        if let Some(vim) = &mut self.vim
            && let Some(outcome) = vim.key(&mut self.buffer, key)
        {
            self.before = readline::Before::default();
            return outcome;
        }
        readline::key(self, key)
    }

    /// Takes a paste, as the terminal brackets it. Long ones become a chip.
    pub fn paste(&mut self, text: &str) -> Pasted {
        let text = text
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .replace(is_chip, "\u{fffd}");
        let cleaned = clean(Channel::ModelText, &text);
        let has_marks = cleaned != text;
        let is_long = cleaned.lines().nth(CHIP_LINES - 1).is_some()
            || cleaned.chars().nth(CHIP_CHARS).is_some();
        let chip = is_long
            .then(|| self.buffer.chips.add(Chip::Pasted(cleaned.as_ref().into())))
            .flatten();
        match chip {
            Some(sign) => self.insert_step(sign.encode_utf8(&mut [0; 4])),
            None => self.insert_step(&cleaned),
        }
        Pasted {
            is_chip: chip.is_some(),
            has_marks,
        }
    }

    /// Puts an image into the text. The handle comes back in [`Draft::parts`].
    pub fn insert_image(&mut self, handle: u64, detail: &str) {
        let detail = detail.into();
        if let Some(sign) = self.buffer.chips.add(Chip::Image { handle, detail }) {
            self.insert_step(sign.encode_utf8(&mut [0; 4]));
        }
    }

    /// Puts text in at the cursor, as a step of its own.
    pub fn insert(&mut self, text: &str) {
        self.insert_step(&text.replace(is_chip, "\u{fffd}"));
    }

    /// Replaces a range of bytes, as a completion does.
    pub fn replace(&mut self, range: std::ops::Range<usize>, with: &str) {
        self.buffer.begin_step();
        self.buffer
            .replace(range, &with.replace(is_chip, "\u{fffd}"));
        self.buffer.begin_step();
    }

    fn insert_step(&mut self, text: &str) {
        self.buffer.begin_step();
        self.buffer.insert(text);
        self.buffer.begin_step();
        self.before = readline::Before::default();
    }

    /// Takes back the last step.
    pub fn undo(&mut self) {
        self.buffer.undo();
        self.before = readline::Before::default();
    }

    /// The chip under or before the cursor.
    pub fn chip_at_cursor(&self) -> Option<&Chip> {
        let (at, _) = self.chip_place()?;
        self.buffer.chips.get(at)
    }

    /// Opens the paste under or before the cursor: its text takes the place of the chip.
    pub fn open_chip(&mut self) -> bool {
        let Some((sign, at)) = self.chip_place() else {
            return false;
        };
        let Some(Chip::Pasted(text)) = self.buffer.chips.get(sign).cloned() else {
            return false;
        };
        self.buffer.begin_step();
        self.buffer.replace(at..at + sign.len_utf8(), &text);
        self.buffer.begin_step();
        true
    }

    fn chip_place(&self) -> Option<(char, usize)> {
        let (text, at) = (self.buffer.text(), self.buffer.cursor());
        let under = motion::char_at(text, at).map(|c| (c, at));
        let before = motion::char_before(text, at).map(|c| (c, at - c.len_utf8()));
        [under, before]
            .into_iter()
            .flatten()
            .find(|(c, _)| is_chip(*c))
    }

    /// The text as it stands; chips are characters of private use.
    pub fn text(&self) -> &str {
        self.buffer.text()
    }

    /// The cursor's place, in bytes.
    pub fn cursor(&self) -> usize {
        self.buffer.cursor()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.buffer.text().is_empty()
    }

    /// The text with its chips, which stay in the editor.
    pub fn draft(&self) -> Draft {
        let text = self.buffer.text().to_owned();
        let chip = |c: char| {
            let chip = self.buffer.chips.get(c)?.clone();
            Some((c, (chip, self.buffer.chips.label(c)?)))
        };
        let chips = text.chars().filter_map(chip).collect();
        Draft { text, chips }
    }

    /// Takes the text out, as it is sent.
    pub fn take(&mut self) -> Draft {
        let draft = self.draft();
        self.clear();
        draft
    }

    /// Puts a draft in place of the text, with the cursor at its end.
    pub fn set(&mut self, draft: &Draft) {
        let text: String = draft
            .text
            .chars()
            .filter_map(|c| match draft.chips.get(&c) {
                Some((chip, _)) if self.buffer.chips.get(c) == Some(chip) => Some(c),
                Some((chip, _)) => self.buffer.chips.add(chip.clone()),
                None => Some(c),
            })
            .collect();
        self.buffer.reset(&text);
        self.buffer.chips.trim(&text);
        self.before = readline::Before::default();
    }

    /// Empties the editor. Vim is in insert mode afterwards.
    pub fn clear(&mut self) {
        self.set(&Draft::default());
        if let Some(vim) = &mut self.vim {
            vim.restart();
        }
    }

    /// The rows that are seen and the place of the cursor in them.
    pub fn view(&mut self, columns: usize, most_rows: usize, style: &ViewStyle) -> View {
        // One column stays free, so that the cursor has a cell behind a full row.
        self.buffer.set_width(columns.saturating_sub(1).max(1));
        view::view(&self.buffer, self.vim.as_ref(), most_rows, style)
    }
}

#[cfg(test)]
mod tests;
