//! The turn: a pure planner over a folded log, and a driver that does what it says.
//!
//! The driver appends facts before it shows them, so a crash at any instant leaves a log
//! from which `next_step` goes on. This crate must never know a provider's dialect, a file
//! or a terminal: it reaches all of them through `gimlet-ports`.

mod budget;
mod calls;
mod compact;
mod driver;
mod essentials;
mod hosts;
mod hub;
mod inbox;
mod index;
mod options;
mod plan_mode;
mod prompt;
mod retry;
mod review;
mod sample;
mod scan;
mod step;
mod transcript;
mod windows;

pub use budget::Purse;
pub use driver::{Glance, Parts, SessionHandle, WorkerFact, start};
pub use index::{Index, fold_log};
pub use options::{Compaction, Deadlines, EngineOptions, Limits, RetryPolicy, Whom};
pub use prompt::{
    Environment, MEMORY_CHARS, MEMORY_FILE_CHARS, MemoryFile, PromptParts, instructions,
    system_prompt,
};
pub use review::Reviewer;
pub use step::{Step, next_step};
pub use windows::told_of_restored;
