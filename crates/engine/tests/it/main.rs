//! Golden scripts on the real engine, tools, host and store: every scene of `scenarios/` on
//! the whole product, and again with a crash after every entry of its log.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may panic, and tell a second process by variables what to do"
)]

mod cast;
mod gate;
mod ground;
mod keys;
mod killed;
mod performance;
mod planted;
mod prompter;
mod scenes;
mod tape;
mod whole;
