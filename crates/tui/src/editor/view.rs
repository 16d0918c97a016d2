//! The rows of the editor that are seen, with the place of the hardware cursor.

use super::{buffer::Buffer, chips::is_chip, vim::Vim};
use crate::{fit::TAB, text::grapheme_width};
use ratatui::{
    style::Style,
    text::{Line, Span},
};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

/// How the parts of the editor look.
#[derive(Clone, Copy, Debug, Default)]
pub struct ViewStyle {
    /// What is typed.
    pub text: Style,
    /// Chips.
    pub chip: Style,
    /// What vim's visual mode has selected.
    pub selected: Style,
}

/// The rows that are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// At least one.
    pub rows: Vec<Line<'static>>,
    /// Row and column of the cursor within the rows.
    pub cursor: (usize, usize),
    /// Rows above those that are seen.
    pub above: usize,
    /// Rows below.
    pub below: usize,
}

pub(super) fn view(
    buffer: &Buffer,
    vim: Option<&Vim>,
    most_rows: usize,
    style: &ViewStyle,
) -> View {
    let most_rows = most_rows.max(1);
    let (row, column) = buffer.position();
    let all = buffer.rows().len();
    // The cursor stands in the middle where rows are hidden on both sides.
    let first = row
        .saturating_sub(most_rows / 2)
        .min(all.saturating_sub(most_rows));
    let selected = vim.and_then(|vim| vim.selection(buffer)).unwrap_or(0..0);
    let seen = buffer.rows().iter().skip(first).take(most_rows);
    let rows: Vec<_> = seen
        .map(|range| drawn_row(buffer, range.clone(), &selected, style))
        .collect();
    View {
        cursor: (row - first, column.min(buffer.width())),
        above: first,
        below: all - first - rows.len(),
        rows,
    }
}

fn drawn_row(
    buffer: &Buffer,
    range: Range<usize>,
    selected: &Range<usize>,
    style: &ViewStyle,
) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut left = buffer.width();
    let text = buffer.slice(range.clone());
    for (at, grapheme) in text.grapheme_indices(true) {
        let is_selected = selected.contains(&(range.start + at));
        let (shown, look) = match grapheme.chars().next().filter(|c| is_chip(*c)) {
            Some(chip) => (buffer.chips.label(chip).unwrap_or_default(), style.chip),
            None if grapheme == "\t" => (TAB.to_owned(), style.text),
            None if grapheme_width(grapheme) == 0 => continue,
            None => (grapheme.to_owned(), style.text),
        };
        // Only a blank, a chip or a letter wider than the screen can hang over.
        let shown = crate::text::cut(&shown, left);
        left -= crate::text::width(&shown).min(left);
        let look = if is_selected { style.selected } else { look };
        match spans.last_mut() {
            Some(last) if last.style == look => last.content.to_mut().push_str(&shown),
            _ if shown.is_empty() => {}
            _ => spans.push(Span::styled(shown, look)),
        }
    }
    Line::from(spans)
}
