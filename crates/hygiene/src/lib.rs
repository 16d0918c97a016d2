//! What may leave and what may be shown: text from outside made harmless for terminals, prompts
//! and models, secrets found and blacked out.
//!
//! Pure functions and small streaming machines; no runtime, no files, no settings.

pub mod address;
mod lookalike;
pub mod screen;
pub mod secrets;
pub mod terms;
