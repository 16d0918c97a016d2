//! Headless runs over the real engine: only the model's words, the log's disk and the tools
//! are of the tests' own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests fail as tests do, and cut texts whose shape they know"
)]

mod ends;
mod input;
mod output;
mod world;
