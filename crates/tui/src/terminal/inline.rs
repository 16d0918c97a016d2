//! The inline mode: finished lines become scrollback, a few live rows stand below them.
//!
//! Every move is relative to the cursor, because nobody knows where on the screen the first
//! row stands. Rows above the live ones are never moved to.

use super::{
    CLEAR_BELOW, Frame, HIDE_CURSOR, NO_WRAP, SHOW_CURSOR, SYNC_BEGIN, SYNC_END, Strategy, Sync,
    WRAP, ansi, moved,
};
use crate::text;
use ratatui::text::Line;

/// What stands below the scrollback.
#[derive(Debug)]
pub struct Inline {
    columns: usize,
    live: Vec<Line<'static>>,
    /// The row of the cursor, counted from the first live row.
    at: usize,
    /// The column of the cursor.
    column: usize,
    /// Set once the cursor's place and shape are ours.
    shown: bool,
}

impl Inline {
    /// Begins in the row of the cursor, which is in its first column.
    pub fn new(columns: usize) -> Self {
        Self {
            columns: columns.max(1),
            live: Vec::new(),
            at: 0,
            column: 0,
            shown: false,
        }
    }

    /// The width that rows are written for.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Writes a frame over the one before.
    pub fn draw(&mut self, frame: &Frame, strategy: &Strategy, sync: Sync, out: &mut Vec<u8>) {
        let cursor = frame.cursor;
        let unmoved = match cursor {
            Some(place) => self.shown && place == (self.at, self.column),
            None => !self.shown,
        };
        if frame.settled.is_empty() && frame.live == self.live && unmoved {
            return;
        }
        let begin = out.len();
        if sync == Sync::Marked {
            out.extend_from_slice(SYNC_BEGIN);
        }
        out.extend_from_slice(HIDE_CURSOR);
        out.extend_from_slice(NO_WRAP);
        let text_at = out.len();
        if frame.settled.is_empty() {
            self.rewrite(frame, strategy, out);
        } else {
            self.settle(frame, strategy, out);
        }
        let nothing_written = out.len() == text_at;
        if nothing_written {
            out.truncate(begin);
        } else {
            out.extend_from_slice(WRAP);
        }
        self.place(cursor, out);
        if !nothing_written && sync == Sync::Marked {
            out.extend_from_slice(SYNC_END);
        }
    }

    /// Finished lines take the place of the live rows, which are written again below.
    fn settle(&mut self, frame: &Frame, strategy: &Strategy, out: &mut Vec<u8>) {
        out.push(b'\r');
        moved(out, self.at, 'A');
        let rows = frame.settled.iter().chain(&frame.live);
        let count = frame.settled.len() + frame.live.len();
        for (number, line) in rows.enumerate() {
            ansi::row(out, line, self.columns, strategy);
            if number + 1 < count {
                out.extend_from_slice(b"\r\n");
            }
        }
        if frame.live.is_empty() {
            // The live rows begin below what is finished.
            out.extend_from_slice(b"\r\n");
        }
        let rows_before = self.live.len();
        if frame.live.is_empty() {
            if count < rows_before {
                out.extend_from_slice(CLEAR_BELOW);
            }
        } else if count < rows_before {
            out.push(b'\r');
            moved(out, 1, 'B');
            out.extend_from_slice(CLEAR_BELOW);
            moved(out, 1, 'A');
        }
        self.live.clone_from(&frame.live);
        self.at = self.live.len().saturating_sub(1);
    }

    /// Only rows that differ are written.
    fn rewrite(&mut self, frame: &Frame, strategy: &Strategy, out: &mut Vec<u8>) {
        let old = std::mem::take(&mut self.live);
        let mut at = self.at;
        let last = old.len().saturating_sub(1);
        for (number, line) in frame.live.iter().enumerate() {
            let before = old.get(number);
            if before == Some(line) {
                continue;
            }
            // Rows that are not there yet come by line feeds, which scroll where needed.
            go(out, &mut at, number.min(last));
            while at < number {
                out.extend_from_slice(b"\r\n");
                at += 1;
            }
            out.push(b'\r');
            match before {
                Some(before) => ansi::row_over(out, before, line, self.columns, strategy),
                None => ansi::row(out, line, self.columns, strategy),
            }
        }
        if frame.live.len() < old.len() {
            go(out, &mut at, frame.live.len());
            out.push(b'\r');
            out.extend_from_slice(CLEAR_BELOW);
        }
        self.live.clone_from(&frame.live);
        self.at = at;
        self.column = usize::MAX;
    }

    fn place(&mut self, cursor: Option<(usize, usize)>, out: &mut Vec<u8>) {
        let Some((row, column)) = cursor else {
            if self.shown {
                out.extend_from_slice(HIDE_CURSOR);
            }
            self.shown = false;
            return;
        };
        let row = row.min(self.live.len().saturating_sub(1));
        let column = column.min(self.columns.saturating_sub(1));
        go(out, &mut self.at, row);
        out.push(b'\r');
        moved(out, column, 'C');
        out.extend_from_slice(SHOW_CURSOR);
        self.column = column;
        self.shown = true;
    }

    /// The terminal has another width: the live rows are cleared away, and the next frame
    /// writes them anew. Where a terminal breaks rows that have become too wide, they take
    /// more room than they did.
    pub fn resize(&mut self, columns: usize, strategy: &Strategy, out: &mut Vec<u8>) {
        let columns = columns.max(1);
        if columns == self.columns {
            return;
        }
        let above = if strategy.reflows && columns < self.columns {
            let rows = self.live.iter().take(self.at);
            let broken: usize = rows
                .map(|row| text::line_width(row).div_ceil(columns).max(1))
                .sum();
            broken + self.column.min(self.columns) / columns
        } else {
            self.at
        };
        out.push(b'\r');
        moved(out, above, 'A');
        out.extend_from_slice(CLEAR_BELOW);
        self.columns = columns;
        self.live.clear();
        self.at = 0;
        self.column = 0;
    }

    /// Clears the live rows away; the cursor stands where they began.
    pub fn clear(&mut self, out: &mut Vec<u8>) {
        out.push(b'\r');
        moved(out, self.at, 'A');
        out.extend_from_slice(CLEAR_BELOW);
        out.extend_from_slice(SHOW_CURSOR);
        self.live.clear();
        self.at = 0;
        self.column = 0;
        self.shown = false;
    }

    /// Leaves the live rows where they are; the cursor stands below them. What comes next is
    /// somebody else's.
    pub fn leave(&mut self, out: &mut Vec<u8>) {
        if !self.live.is_empty() {
            let last = self.live.len() - 1;
            go(out, &mut self.at, last);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(SHOW_CURSOR);
        self.live.clear();
        self.at = 0;
        self.column = 0;
        self.shown = false;
    }
}

/// Moves between live rows that are there.
fn go(out: &mut Vec<u8>, at: &mut usize, to: usize) {
    if to < *at {
        moved(out, *at - to, 'A');
    } else {
        moved(out, to - *at, 'B');
    }
    *at = to;
}
