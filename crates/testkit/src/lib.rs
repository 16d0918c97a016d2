//! What tests need of the world: a scripted provider on loopback, and scenes with a player for
//! them. Development only.

pub mod scenario;
pub mod sse;
