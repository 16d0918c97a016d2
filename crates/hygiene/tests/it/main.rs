//! The red-team corpus and properties that hold for any text.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may panic"
)]

mod corpus;
mod properties;
