//! The local machine behind `gimlet_ports::Host`: files, search, processes and the clock.
//!
//! Nothing here judges what may be done; a confined host wraps this one.

mod fault;
mod files;
mod local;
mod process;
mod search;

pub use local::{Flush, HostOptions, LocalHost, PassEnv};
pub use process::{end_group, group_holds};
