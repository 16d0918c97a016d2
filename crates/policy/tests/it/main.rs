//! The crate from outside: the corpus of cases, and what no input may do.

#![expect(clippy::expect_used, reason = "a test says what it needs")]

mod corpus;
mod properties;
