//! The terminal client: a view of sessions that owns nothing that is true.
//!
//! Facts are folded into a state, signals are laid over it, and a pure function draws both. What
//! the crate consists of:
//!
//! - **Components of the transcript** are pure functions from data to
//!   `Vec<ratatui::text::Line<'static>>` for a given width and `&Theme`. No line is wider than
//!   the width, by the measure of [`text`]. They know no terminal, no clock and no file.
//! - **Texts that stream** (`markdown::Stream`) tell what is settled from what may still change:
//!   `push(&str)` and `finish()` take the text, `take_settled(width, &Theme)` hands each settled
//!   line over once, `open(width, &Theme)` draws the rest. What was handed over and what is open
//!   are together the text drawn at once by `render(text, width, &Theme)`. The cost is linear.
//! - **Components of input** take crossterm's `KeyEvent`s and return an enum of outcomes; they
//!   draw themselves as lines with the place of the cursor.
//! - **The terminal** writes lines: finished ones once into the scrollback, live ones by
//!   difference.
//!
//! Text that comes from a model, a tool or a file passes the sanitiser (`gimlet-hygiene`) before
//! it becomes a line.

mod client;
mod flow;
mod place;
mod run;
mod strings;

pub mod complete;
pub mod dialog;
pub mod diff;
pub mod draw;
pub mod editor;
pub mod fit;
pub mod highlight;
pub mod history;
pub mod images;
pub mod input;
pub mod keymap;
pub mod markdown;
pub mod pager;
pub mod picker;
pub mod state;
pub mod terminal;
pub mod text;
pub mod theme;

pub use client::{Client, Command, Done, Effect, Layout, Point, Purpose, Setup};
pub use place::{Place, Report, ShellEnd};
pub use run::{End, run};
pub use state::{State, Tone};
