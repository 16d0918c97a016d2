//! Confinement: what a call's commands are held to, and what holds them to it.

use crate::{Later, Plan, Scene};
use gimlet_protocol::{Confinement, Contact, Reason};
use std::{ffi::OsString, fmt, os::fd::OwnedFd, path::PathBuf};

/// Says what the commands of a call are held to, as a part of its ruling.
pub trait Confining: Send + Sync {
    /// The confinement of a plan; `None` where it runs no command. Must be pure.
    fn confinement(&self, plan: &Plan, scene: &Scene) -> Option<Confinement>;
}

/// What the commands of a session reached on the network.
pub trait Contacts: Send + Sync {
    /// What came of each host since this was asked last.
    fn take(&self) -> Vec<Contact>;

    /// The next host about which a person is to be asked; waits until there is one. May be
    /// dropped and called again without loss.
    fn question(&self) -> Later<'_, HostQuestion>;
}

/// A host that no rule speaks of, while a command waits for it.
pub struct HostQuestion {
    /// A name, or a number.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why it is asked.
    pub because: Vec<Reason>,
    /// Takes the answer.
    pub answer: Box<dyn FnOnce(HostAnswer) + Send>,
}

/// Whether a host may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostAnswer {
    /// By this connection.
    Once,
    /// By every command of the session.
    Session,
    /// Not, with a fragment that says why.
    No(String),
}

/// Holds processes to a confinement by the operating system.
pub trait Warden: Send + Sync + fmt::Debug {
    /// Makes ready what a process is started through.
    ///
    /// # Errors
    /// When it cannot be held to this; it must not be started then.
    fn prepare(&self, confinement: &Confinement) -> Result<Cell, String>;
}

/// What a confined process is started through.
#[derive(Debug)]
pub struct Cell {
    /// The program to start instead.
    pub program: PathBuf,
    /// The name under which it is started.
    pub name: OsString,
    /// Its arguments, before the process's own program and arguments.
    pub arguments: Vec<OsString>,
    /// Set in the process's environment.
    pub env: Vec<(String, String)>,
    /// A descriptor that it inherits under its own number.
    pub inherits: Option<OwnedFd>,
    /// Kept as long as anything of the process may run.
    pub overseer: Box<dyn Overseer>,
}

/// Watches one confined process from outside. Dropping it ends what still runs.
pub trait Overseer: Send + fmt::Debug {
    /// What was refused since this was asked last, each in words that fit after "the sandbox
    /// refused".
    fn refused(&mut self) -> Vec<String>;

    /// Lets the process go on when this program has ended.
    fn let_outlive(&mut self);
}
