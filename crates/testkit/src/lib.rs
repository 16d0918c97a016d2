//! What tests need of the world: a scripted provider on loopback. Development only.

pub mod sse;
