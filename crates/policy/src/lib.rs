//! Decides what may happen.
//!
//! A call's accesses are held against rules, the mode and the place where the session works; a
//! shell command is taken apart first, so that each of its commands, files and redirections is
//! judged by itself. Pure: what it must know of the file system it asks through [`Ground`].

mod commands;
mod confine;
mod decide;
mod gate;
mod looks;
mod offers;
mod paths;
mod publish;
mod reach;
mod rules;
mod shell;
mod unwrap;

pub use commands::{ROWS, Row};
pub use confine::{Confiner, Holding};
pub use decide::{Decision, Part, Policy, Request, Stage, Vote};
pub use gate::{Gate, site};
pub use looks::only_looks;
pub use paths::{Ground, NoLinks, Resolved, Site, lexical, resolve};
pub use publish::{Outgoing, Publication, Push, outgoing};
pub use reach::Hosts;
pub use rules::{PathUse, RuleFault, RuleSource, Rules, covers_example, split_list};
pub use shell::{Dynamic, LONGEST, Line, Redirect, RedirectKind, Start, Step, Word, analyse};
