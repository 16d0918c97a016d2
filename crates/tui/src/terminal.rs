//! The terminal: what each kind can do, and frames written to it with as few bytes as possible.
//!
//! Writers are pure: a frame and what stands on the screen become bytes. Finished lines go into
//! the terminal's own scrollback once and are never touched again; only the live rows below
//! them change.

mod ansi;
mod extras;
mod full;
mod inline;
pub mod strategy;
mod tty;

pub(crate) use extras::{copied, notified};
pub(crate) use full::{ENTER as ENTER_FULL, LEAVE as LEAVE_FULL};
pub(crate) use tty::{also_on_leaving, restore_on_panic};

pub use full::Full;
pub use inline::Inline;
pub use strategy::{Strategy, Surroundings};
pub use tty::{Tty, TtyFault};

use ratatui::text::Line;

/// What is to stand on the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Lines that are finished: written once, then no longer Gimlet's.
    pub settled: Vec<Line<'static>>,
    /// Rows that may change with every frame.
    pub live: Vec<Line<'static>>,
    /// The row and column where text goes in.
    pub cursor: Option<(usize, usize)>,
}

/// Whether the terminal shows a frame only when it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// It holds back what is between two marks.
    Marked,
    /// It does not.
    Plain,
}

const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
const SYNC_END: &[u8] = b"\x1b[?2026l";
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
/// A row whose width the terminal measures otherwise is cut off, and does not push the rest.
const NO_WRAP: &[u8] = b"\x1b[?7l";
const WRAP: &[u8] = b"\x1b[?7h";
const CLEAR_BELOW: &[u8] = b"\x1b[J";
const CLEAR_REST: &[u8] = b"\x1b[K";

/// Appends a move by a number of rows or columns; nothing for none.
fn moved(out: &mut Vec<u8>, count: usize, letter: char) {
    if count > 0 {
        out.extend_from_slice(format!("\x1b[{count}{letter}").as_bytes());
    }
}

#[cfg(test)]
pub(crate) mod tests;
