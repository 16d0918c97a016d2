//! Golden scripts on the real engine, tools, host and store: every scene of `scenarios/` on
//! the whole product, and again with a crash after every entry of its log.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod cast;
mod gate;
mod ground;
mod killed;
mod performance;
mod prompter;
mod scenes;
mod tape;
mod whole;
