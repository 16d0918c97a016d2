//! Finding files by name and lines by pattern, with ripgrep's own engine.

mod collect;
mod glob;
mod grep;
mod sink;
mod walk;

pub(crate) use glob::glob;
pub(crate) use grep::grep;
