//! What tests need of the world: a scripted provider on loopback, and scenes with a player for
//! them. Development only.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "checks look for a few kinds among all, and are meant to pass over new ones"
)]

pub mod scenario;
pub mod sse;
