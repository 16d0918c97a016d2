//! The session API on a wire: Gimlet without a terminal interface.
//!
//! Everything here speaks `gimlet_ports::Sessions`. This crate must never know the engine, a
//! provider, a tool or the file system, and it reads no clock but the runtime's.

mod headless;

pub use headless::{
    BypassSwitch, HeadlessOptions, InitFacts, Input, Io, ModelFacts, Outcome, Output, Partials,
    PermissionPrompts, ProcessSignal, Replays, StateEvents, Verbosity, run,
};
