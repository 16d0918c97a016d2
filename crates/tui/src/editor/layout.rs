//! Soft wrapping of the text that is edited: where each row begins and ends.
//!
//! A change rewraps from shortly before it until the rows fall into step again, so the cost of a
//! key does not grow with the text.

use super::chips::Chips;
use crate::fit::TAB;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Rows before a change that it can alter: a word that became shorter moves up one row, and a
/// mark that was typed may join the row before that.
const ROWS_BEFORE: usize = 2;

/// Bytes of the text that gave way to others.
pub(super) struct Replaced {
    pub(super) at: usize,
    pub(super) removed: usize,
    pub(super) inserted: usize,
}

/// The rows of a text at one width.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    width: usize,
    /// Where each row begins and ends, in bytes; a line feed belongs to no row.
    rows: Vec<Range<usize>>,
}

impl Layout {
    pub(super) fn new(text: &str, chips: &Chips, width: usize) -> Self {
        let mut layout = Self {
            width: width.max(1),
            rows: Vec::new(),
        };
        layout.rewrap(text, chips);
        layout
    }

    pub(super) fn set_width(&mut self, text: &str, chips: &Chips, width: usize) {
        if self.width != width.max(1) {
            self.width = width.max(1);
            self.rewrap(text, chips);
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn rows(&self) -> &[Range<usize>] {
        &self.rows
    }

    /// The row in which a place is. A place where a row is wrapped is at the start of the next.
    pub(super) fn row_of(&self, at: usize) -> usize {
        self.rows
            .partition_point(|row| row.start <= at)
            .saturating_sub(1)
    }

    fn rewrap(&mut self, text: &str, chips: &Chips) {
        self.rows.clear();
        let mut start = 0;
        while let Some(row) = row(text, chips, start, self.width) {
            start = next_start(text, &row);
            self.rows.push(row);
        }
    }

    /// Takes note that bytes of the text were replaced.
    pub(super) fn replaced(&mut self, text: &str, chips: &Chips, change: &Replaced) {
        let Replaced {
            at,
            removed,
            inserted,
        } = *change;
        let first = self.row_of(at).saturating_sub(ROWS_BEFORE);
        let old = self.rows.split_off(first);
        let moved = |place: usize| (place + inserted).saturating_sub(removed);
        let mut rest = old.iter().skip_while(|row| row.start < at + removed);
        let mut next_old = rest.next();
        let mut start = old.first().map_or(0, |row| row.start);
        while let Some(row) = row(text, chips, start, self.width) {
            while next_old.is_some_and(|old| moved(old.start) < row.start) {
                next_old = rest.next();
            }
            let is_behind = row.start >= at + inserted;
            if is_behind && next_old.is_some_and(|old| moved(old.start) == row.start) {
                let kept = next_old.into_iter().chain(rest);
                self.rows
                    .extend(kept.map(|row| moved(row.start)..moved(row.end)));
                return;
            }
            start = next_start(text, &row);
            self.rows.push(row);
        }
    }
}

/// Where the row after this one begins; past the text when there is none.
fn next_start(text: &str, row: &Range<usize>) -> usize {
    if row.end == text.len() {
        return text.len() + 1;
    }
    row.end + usize::from(text.as_bytes().get(row.end) == Some(&b'\n'))
}

/// The row that begins here.
fn row(text: &str, chips: &Chips, start: usize, width: usize) -> Option<Range<usize>> {
    let line = text.get(start..)?;
    let bytes = line.as_bytes();
    let mut used = 0;
    let mut at = 0;
    let mut last_break = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\n' {
            return Some(start..start + at);
        }
        let is_alone = byte.is_ascii() && bytes.get(at + 1).is_none_or(u8::is_ascii);
        let (length, wide) = if is_alone && byte != b'\r' {
            (1, ascii_cells(byte))
        } else {
            let rest = line.get(at..).unwrap_or_default();
            let grapheme = rest.graphemes(true).next().unwrap_or(rest);
            (grapheme.len(), chips.cells(grapheme))
        };
        let wide = wide.min(width);
        if used + wide > width {
            let end = match byte {
                // One blank hangs over, so that the next row begins with a word.
                b' ' => at + 1,
                _ if last_break > 0 => last_break,
                _ => at,
            };
            return Some(start..start + end);
        }
        used += wide;
        at += length;
        if byte == b' ' || byte == b'\t' || wide > 1 {
            last_break = at;
        }
    }
    Some(start..text.len())
}

fn ascii_cells(byte: u8) -> usize {
    match byte {
        b'\t' => TAB.len(),
        b' '..0x7f => 1,
        _ => 0,
    }
}
