//! The full-screen mode and pages: the other screen, every row known.

use super::{
    Frame, HIDE_CURSOR, NO_WRAP, SHOW_CURSOR, SYNC_BEGIN, SYNC_END, Strategy, Sync, WRAP, ansi,
};
use ratatui::text::Line;

/// Goes to the other screen, with the wheel and clicks told.
pub(crate) const ENTER: &[u8] = b"\x1b[?1049h\x1b[H\x1b[2J\x1b[?1000h\x1b[?1006h";
/// Comes back.
pub(crate) const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[?1049l";

/// What stands on the whole screen.
#[derive(Debug)]
pub struct Full {
    columns: usize,
    rows: Vec<Line<'static>>,
    cursor: Option<(usize, usize)>,
    fresh: bool,
}

impl Full {
    /// A screen that is clear.
    pub fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns: columns.max(1),
            rows: vec![Line::default(); rows.max(1)],
            cursor: None,
            fresh: true,
        }
    }

    /// Writes a frame over the one before: its live rows from the top.
    pub fn draw(&mut self, frame: &Frame, strategy: &Strategy, sync: Sync, out: &mut Vec<u8>) {
        let begin = out.len();
        if sync == Sync::Marked {
            out.extend_from_slice(SYNC_BEGIN);
        }
        out.extend_from_slice(HIDE_CURSOR);
        out.extend_from_slice(NO_WRAP);
        let text_at = out.len();
        if self.fresh {
            out.extend_from_slice(b"\x1b[2J");
        }
        let nothing = Line::default();
        for (number, old) in self.rows.iter_mut().enumerate() {
            let new = frame.live.get(number).unwrap_or(&nothing);
            if old == new {
                continue;
            }
            out.extend_from_slice(format!("\x1b[{};1H", number + 1).as_bytes());
            ansi::row_over(out, old, new, self.columns, strategy);
            old.clone_from(new);
        }
        let unmoved = frame.cursor == self.cursor && !self.fresh;
        if out.len() == text_at {
            out.truncate(begin);
            if unmoved {
                return;
            }
        } else {
            out.extend_from_slice(WRAP);
        }
        let is_marked = out.len() > begin && sync == Sync::Marked;
        match frame.cursor {
            Some((row, column)) => {
                let column = column.min(self.columns - 1) + 1;
                out.extend_from_slice(format!("\x1b[{};{column}H", row + 1).as_bytes());
                out.extend_from_slice(SHOW_CURSOR);
            }
            None => out.extend_from_slice(HIDE_CURSOR),
        }
        if is_marked {
            out.extend_from_slice(SYNC_END);
        }
        self.cursor = frame.cursor;
        self.fresh = false;
    }

    /// The terminal has another size: everything is written anew.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        *self = Self::new(columns, rows);
    }
}
