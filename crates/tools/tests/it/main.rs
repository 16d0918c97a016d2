//! The tools against real files and a real shell.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and build their texts plainly"
)]

mod answer;
mod asking;
mod bash;
mod deferred;
mod editing;
mod media;
mod notebooks;
mod patches;
mod reading;
mod rig;
mod schemas;
mod search;
mod tasks;
mod waiting;
mod web;
