//! Markdown as it streams in, as lines.
//!
//! Blocks are drawn once, when they are known to be complete, and never again; only the block
//! that is still open is drawn for [`Stream::open`]. So the cost is linear in the length of the
//! text. Whatever the pieces are in which a text arrives, the lines are the same.
//!
//! All text passes the sanitiser here, before and after the marks of Markdown are read: a
//! numbered entity can stand for any character.
//!
//! A link's address is written out unless it is the text, so that what a click opens is what is
//! read.

mod addresses;
mod blocks;
mod scan;
mod table;

use crate::{highlight::Highlighter, theme::Theme};
use gimlet_hygiene::screen::{Channel, Screen};
use ratatui::text::Line;
use scan::{Scanner, Unit};
use std::cell::RefCell;

/// Bytes of an open block beyond which it is not drawn at every change, but when it has grown by
/// a sixteenth: then even one block as long as the whole text costs no more than a few.
const LONG_BLOCK: usize = 8 * 1024;

/// A text that arrives in pieces.
#[derive(Debug)]
pub struct Stream {
    /// None when the text has ended.
    screen: Option<Screen>,
    /// The last line, as far as it has arrived.
    line: String,
    scanner: Scanner,
    /// What is complete and was not handed over.
    settled: Vec<Unit>,
    pen: Pen,
    open: RefCell<Option<Open>>,
}

/// What drawing leaves for the next unit.
#[derive(Clone, Debug, Default)]
struct Pen {
    /// The colours of a fence that is open.
    code: Option<Highlighter>,
    has_lines: bool,
}

/// The lines of what is open, and what they were made of.
#[derive(Clone, Debug)]
struct Open {
    bytes: usize,
    columns: usize,
    theme: Theme,
    lines: Vec<Line<'static>>,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            screen: Some(Screen::new(Channel::ModelText)),
            line: String::new(),
            scanner: Scanner::default(),
            settled: Vec::new(),
            pen: Pen::default(),
            open: RefCell::new(None),
        }
    }
}

/// All lines of a whole text.
pub fn render(text: &str, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut stream = Stream::default();
    stream.push(text);
    stream.finish();
    stream.take_settled(columns, theme)
}

impl Stream {
    /// Takes the next piece of the text. After the end it is ignored.
    pub fn push(&mut self, piece: &str) {
        let Some(screen) = &mut self.screen else {
            return;
        };
        let mut clean = std::mem::take(&mut self.line);
        screen.push(piece.as_bytes(), &mut clean);
        self.take_lines(clean);
    }

    /// Ends the text: everything that is open is complete.
    pub fn finish(&mut self) {
        let Some(screen) = self.screen.take() else {
            return;
        };
        let mut clean = std::mem::take(&mut self.line);
        screen.finish(&mut clean);
        if !clean.is_empty() {
            clean.push('\n');
        }
        self.take_lines(clean);
        self.settled.extend(self.scanner.completed());
        self.open.replace(None);
    }

    /// The lines that settled since this was asked last. They never change.
    pub fn take_settled(&mut self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for unit in std::mem::take(&mut self.settled) {
            lines.extend(self.pen.draw(&unit, columns, theme));
            self.open.replace(None);
        }
        lines
    }

    /// The lines of the rest, which change as the text grows. What may become a mark of Markdown
    /// is held back until it is known not to.
    pub fn open(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let bytes = self.scanner.open_text().len() + self.line.len();
        let mut open = self.open.borrow_mut();
        let is_fresh = |open: &Open| {
            let grown = bytes.saturating_sub(open.bytes);
            let is_near = grown == 0 || bytes > LONG_BLOCK && grown < bytes / 16;
            is_near && open.columns == columns && open.theme == *theme && self.settled.is_empty()
        };
        if let Some(open) = open.as_ref().filter(|open| is_fresh(open)) {
            return open.lines.clone();
        }
        let lines = self.draw_open(columns, theme);
        *open = Some(Open {
            bytes,
            columns,
            theme: theme.clone(),
            lines: lines.clone(),
        });
        lines
    }

    fn take_lines(&mut self, text: String) {
        let Some(end) = text.rfind('\n') else {
            self.line = text;
            return;
        };
        let (complete, rest) = text.split_at(end + 1);
        rest.clone_into(&mut self.line);
        for line in complete.split_inclusive('\n') {
            let units = self.scanner.line(line.strip_suffix('\n').unwrap_or(line));
            self.settled.extend(units);
        }
    }

    fn draw_open(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut pen = self.pen.clone();
        let mut scanner = self.scanner.clone();
        let mut units = self.settled.clone();
        let shown = scan::shown_start(&self.line, scanner.is_in_fence());
        if !shown.is_empty() {
            units.extend(scanner.line(shown));
        }
        units.extend(scanner.completed());
        let draw = |unit| pen.draw(unit, columns, theme);
        units.iter().flat_map(draw).collect()
    }
}

impl Pen {
    /// The lines of a unit, with the empty one before it.
    fn draw(&mut self, unit: &Unit, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if unit.is_apart() && self.has_lines {
            lines.push(Line::default());
        }
        match unit {
            Unit::Block { text, number, .. } => {
                lines.extend(blocks::lines(text, *number, columns, theme));
            }
            Unit::FenceOpened { language, .. } => self.code = Highlighter::of(language),
            Unit::CodeLine(line) => {
                let code = self.code.as_mut();
                lines.extend(blocks::code_lines(line, code, columns, theme));
            }
            Unit::FenceClosed => self.code = None,
        }
        self.has_lines |= !lines.is_empty();
        lines
    }
}

#[cfg(test)]
mod tests;
