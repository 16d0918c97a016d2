//! The real program, driven as a new user drives it: own home, cleared environment, loopback
//! only. Only the model's words are scripted.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    clippy::format_push_string,
    reason = "helpers of tests fail as tests do, and take what the test has no more use for"
)]

mod auth;
mod bad_files;
mod bad_input;
mod commands;
mod confined;
mod continuing;
mod damage;
mod detached;
mod disk;
mod events;
mod first_contact;
mod flags;
mod killed;
mod ledger;
mod memory;
mod os;
mod rig;
mod sandbox;
mod secrets;
mod session_commands;
mod signals;
mod tape;
mod terminal;
mod trust;
mod turns;
mod undercover;
mod undo;
mod wire;
mod worker_messages;
mod worktrees;
