//! Starting processes, following what they write, and ending all that they started.
//!
//! A process is the leader of a group of its own. What leaves that group (`setsid`, a job of
//! an interactive shell) is not ended with it.

mod group;
mod leader;
mod pty;
mod running;
mod shell;
mod start;
mod streams;

pub(crate) use group::group_lives;
pub use group::{end_group, group_holds};
pub(crate) use start::Starter;
