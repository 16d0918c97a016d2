//! Workers: sub-agents, each a session of its own that the same engine runs.
//!
//! A `Crew` is what the tools of one session reach. A worker's log lies in the folder of the
//! session that the person sees; the log of whoever started it says so. What a worker spends
//! comes out of the same purse, and a worker may never do more than whoever started it.

mod crew;
mod front_matter;
mod kind;
mod kinds;
mod watch;

pub(crate) use crew::{Crew, Seat};
pub(crate) use kind::{Kind, narrower};
pub(crate) use kinds::Kinds;
pub(crate) use watch::{Attended, Watched};

/// What every worker is told beside its kind's prompt.
pub(crate) const RULES: &str = include_str!("workers/rules.md");
