//! Headless runs over the real engine: only the model's words, the log's disk and the tools
//! are of the tests' own.

mod ends;
mod input;
mod output;
mod world;
