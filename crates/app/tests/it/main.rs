//! Sessions and their workers, with real files and real git; only the words are made up.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "helpers of tests fail as tests do, and look for a few facts among all"
)]

mod grants;
mod rig;
mod undo;
mod wires;
mod workers;
mod worktrees;
