//! The text that is edited, its cursor, its rows and what can be undone. All changes go through
//! one function.

use super::{
    changes::{Change, Changes},
    chips::Chips,
    layout::{Layout, Replaced},
    motion,
};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Cells for text before the first width is known.
const FIRST_WIDTH: usize = 80;

#[derive(Clone, Debug)]
pub(super) struct Buffer {
    text: String,
    cursor: usize,
    /// The column that moving up and down tries to keep.
    wanted_column: Option<usize>,
    layout: Layout,
    changes: Changes,
    /// Whether all changes belong to one step until it is released.
    is_held: bool,
    pub(super) chips: Chips,
}

impl Default for Buffer {
    fn default() -> Self {
        let chips = Chips::default();
        Self {
            text: String::new(),
            cursor: 0,
            wanted_column: None,
            layout: Layout::new("", &chips, FIRST_WIDTH),
            changes: Changes::default(),
            is_held: false,
            chips,
        }
    }
}

impl Buffer {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn rows(&self) -> &[Range<usize>] {
        self.layout.rows()
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    pub(super) fn set_width(&mut self, width: usize) {
        self.layout.set_width(&self.text, &self.chips, width);
    }

    pub(super) fn width(&self) -> usize {
        self.layout.width()
    }

    /// Moves the cursor to the nearest place between graphemes.
    pub(super) fn move_to(&mut self, at: usize) {
        self.cursor = motion::snapped(&self.text, at);
        self.wanted_column = None;
    }

    /// Replaces bytes and puts the cursor behind what came in. Both ends of the range must be
    /// between characters; others are moved to the next such place.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        let start = boundary(&self.text, range.start);
        let end = boundary(&self.text, range.end).max(start);
        let before = self.cursor;
        let removed = self.slice(start..end).to_owned();
        if removed.is_empty() && with.is_empty() {
            return;
        }
        self.put(start, removed.len(), with);
        let after = motion::snapped(&self.text, start + with.len());
        self.changes.record(Change {
            at: start,
            removed,
            inserted: with.to_owned(),
            cursor: (before, after),
        });
        self.move_to(after);
    }

    pub(super) fn insert(&mut self, text: &str) {
        self.replace(self.cursor..self.cursor, text);
    }

    /// What comes now is undone apart from what was.
    pub(super) fn begin_step(&mut self) {
        if !self.is_held {
            self.changes.close();
        }
    }

    /// Makes one step of all changes until [`Self::release_step`].
    pub(super) fn hold_step(&mut self) {
        self.is_held = true;
    }

    pub(super) fn release_step(&mut self) {
        self.is_held = false;
        self.changes.close();
    }

    pub(super) fn undo(&mut self) -> bool {
        let Some(step) = self.changes.undo() else {
            return false;
        };
        for change in step {
            self.put(change.at, change.inserted.len(), &change.removed);
            self.move_to(change.cursor.0);
        }
        true
    }

    pub(super) fn redo(&mut self) -> bool {
        let Some(step) = self.changes.redo() else {
            return false;
        };
        for change in step {
            self.put(change.at, change.removed.len(), &change.inserted);
            self.move_to(change.cursor.1);
        }
        true
    }

    /// Another text, with nothing to undo.
    pub(super) fn reset(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.changes = Changes::default();
        self.is_held = false;
        self.layout = Layout::new(&self.text, &self.chips, self.layout.width());
        self.move_to(self.text.len());
    }

    fn put(&mut self, at: usize, removed: usize, with: &str) {
        self.text.replace_range(at..at + removed, with);
        let change = Replaced {
            at,
            removed,
            inserted: with.len(),
        };
        self.layout.replaced(&self.text, &self.chips, &change);
    }

    /// Row and column of the cursor.
    pub(super) fn position(&self) -> (usize, usize) {
        let row = self.layout.row_of(self.cursor);
        (row, self.column_of(row, self.cursor))
    }

    fn column_of(&self, row: usize, at: usize) -> usize {
        let start = self.rows().get(row).map_or(0, |row| row.start);
        self.cells(self.slice(start..at))
    }

    /// The columns of text that is on one row.
    pub(super) fn cells(&self, text: &str) -> usize {
        text.graphemes(true)
            .map(|grapheme| self.chips.cells(grapheme))
            .sum()
    }

    /// Moves a row up or down and keeps the column; false at the first and at the last row.
    pub(super) fn move_rows(&mut self, down: isize) -> bool {
        let (row, column) = self.position();
        let wanted = self.wanted_column.unwrap_or(column);
        let Some(target) = row
            .checked_add_signed(down)
            .filter(|target| *target < self.rows().len())
        else {
            return false;
        };
        self.cursor = self.place(target, wanted);
        self.wanted_column = Some(wanted);
        true
    }

    /// The place in a row that is nearest to a column.
    pub(super) fn place(&self, row: usize, column: usize) -> usize {
        let Some(range) = self.rows().get(row).cloned() else {
            return self.text.len();
        };
        let is_wrapped = self
            .rows()
            .get(row + 1)
            .is_some_and(|next| next.start == range.end);
        let mut used = 0;
        let mut last = range.start;
        for (at, grapheme) in self.slice(range.clone()).grapheme_indices(true) {
            last = range.start + at;
            used += self.chips.cells(grapheme);
            if used > column {
                return last;
            }
        }
        // The end of a wrapped row is the start of the next.
        if is_wrapped { last } else { range.end }
    }
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
