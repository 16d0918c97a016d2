//! The adapters against a scripted provider on loopback.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code: what is not expected fails the test"
)]

mod asking;
mod catalogue;
mod chat;
mod deliveries;
mod failures;
mod keys;
mod local;
mod prefix;
mod replay;
mod requests;
mod scripted;
mod sse;
mod text_tools;
mod web;
mod wires;
