//! Tables, fitted to the width: columns shrink and their cells wrap; what has too many columns
//! becomes a list of records.

use crate::{
    flow::{self, Pieces, flow},
    text::width,
    theme::{Role, Theme},
};
use pulldown_cmark::Alignment;
use ratatui::{style::Style, text::Span};

/// Columns of the screen that a column of a table has at least.
const LEAST: usize = 3;
/// What stands between two columns.
const BETWEEN: &str = " │ ";

pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// The first is the head.
    rows: Vec<Vec<Pieces>>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            rows: Vec::new(),
        }
    }

    pub(super) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self, cell: Pieces) {
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }
}

pub(super) fn rows(table: &Table, room: usize, theme: &Theme) -> Vec<Pieces> {
    let count = table.alignments.len();
    let gaps = width(BETWEEN) * count.saturating_sub(1);
    let Some(columns) = room.checked_sub(gaps).and_then(|room| fitted(table, room)) else {
        return records(table, room);
    };
    let mark = theme.style(Role::Mark);
    let mut rows = Vec::new();
    for (index, row) in table.rows.iter().enumerate() {
        rows.extend(table_row(row, &columns, &table.alignments, mark));
        if index == 0 {
            let lines: Vec<String> = columns.iter().map(|wide| "─".repeat(*wide)).collect();
            rows.push(vec![Span::styled(lines.join("─┼─"), mark)]);
        }
    }
    rows
}

/// The widths of the columns, if they fit.
fn fitted(table: &Table, room: usize) -> Option<Vec<usize>> {
    let count = table.alignments.len();
    let of_column = |column: usize| {
        let cells = table.rows.iter().filter_map(move |row| row.get(column));
        cells
            .map(|cell| flow::columns(cell))
            .max()
            .unwrap_or(0)
            .max(1)
    };
    let wanted: Vec<usize> = (0..count).map(of_column).collect();
    if wanted.iter().sum::<usize>() <= room {
        return Some(wanted);
    }
    if count == 0 || room / count < LEAST {
        return None;
    }
    // Narrow columns keep what they want; the others share what is left.
    let mut columns = vec![0; count];
    let mut left = room;
    let mut open: Vec<usize> = (0..count).collect();
    loop {
        let share = left / open.len().max(1);
        let wanted_of = |column: &usize| wanted.get(*column).copied().unwrap_or(1);
        let (fits, wide): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|column| wanted_of(column) <= share);
        for column in &fits {
            left -= wanted_of(column);
            if let Some(columns) = columns.get_mut(*column) {
                *columns = wanted_of(column);
            }
        }
        if fits.is_empty() || wide.is_empty() {
            share_out(&mut columns, &wide, left);
            return Some(columns);
        }
        open = wide;
    }
}

fn share_out(columns: &mut [usize], open: &[usize], left: usize) {
    let share = left / open.len().max(1);
    let mut over = left - share * open.len();
    for column in open {
        if let Some(columns) = columns.get_mut(*column) {
            *columns = share + usize::from(over > 0);
            over = over.saturating_sub(1);
        }
    }
}

fn table_row(
    row: &[Pieces],
    columns: &[usize],
    alignments: &[Alignment],
    mark: Style,
) -> Vec<Pieces> {
    let empty = Vec::new();
    let cells: Vec<Vec<Pieces>> = columns
        .iter()
        .enumerate()
        .map(|(index, wide)| flow(row.get(index).unwrap_or(&empty), *wide))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let mut line = Vec::new();
        for (index, (wide, cell)) in columns.iter().zip(&cells).enumerate() {
            if index > 0 {
                line.push(Span::styled(BETWEEN, mark));
            }
            let content = cell.get(at).cloned().unwrap_or_default();
            let blanks = wide.saturating_sub(flow::columns(&content));
            let before = match alignments.get(index) {
                Some(Alignment::Right) => blanks,
                Some(Alignment::Center) => blanks / 2,
                Some(Alignment::Left | Alignment::None) | None => 0,
            };
            line.push(Span::styled(" ".repeat(before), Style::new()));
            line.extend(content);
            line.push(Span::styled(" ".repeat(blanks - before), Style::new()));
        }
        line
    };
    (0..height).map(line).collect()
}

/// Each row as lines of `head: cell`, for a screen that is too narrow for columns.
fn records(table: &Table, room: usize) -> Vec<Pieces> {
    let Some((head, rows)) = table.rows.split_first() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            lines.push(Vec::new());
        }
        for (name, cell) in head.iter().zip(row) {
            let mut line = name.clone();
            line.push(Span::styled(": ", Style::new()));
            line.extend(cell.iter().cloned());
            lines.extend(flow(&line, room));
        }
    }
    if rows.is_empty() {
        lines.extend(head.iter().flat_map(|name| flow(name, room)));
    }
    lines
}
