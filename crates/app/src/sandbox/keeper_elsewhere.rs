//! Systems other than Linux: each process is started through this program under another name,
//! and nothing is told of it.

use super::Door;
use gimlet_ports::{Cell, Overseer, Warden};
use gimlet_protocol::{Confinement, Strength};
use gimlet_sandbox::{ARG0, Told};
use std::sync::Arc;

/// The warden of a session.
#[derive(Debug)]
pub(crate) struct Keeper(());

impl Keeper {
    /// There is no way from here to the door.
    pub(crate) fn new(_: Arc<Door>) -> Self {
        Self(())
    }

    /// Whether this program can start itself under another name; a test, say, cannot.
    pub(crate) fn is_possible() -> bool {
        gimlet_sandbox::ourselves().is_some()
    }

    /// What this machine can hold commands to.
    pub(crate) fn strength() -> Strength {
        gimlet_sandbox::strength()
    }
}

impl Warden for Keeper {
    fn prepare(&self, confinement: &Confinement) -> Result<Cell, String> {
        let bounds = match confinement {
            Confinement::Open { .. } => None,
            Confinement::Held(bounds) => Some((**bounds).clone()),
            Confinement::Refused { why } => return Err(why.clone()),
        };
        if let Some(temporary) = bounds.as_ref().and_then(|bounds| bounds.temporary.as_ref()) {
            let made = std::fs::create_dir_all(temporary);
            made.map_err(|error| format!("{} cannot be made: {error}", temporary.display()))?;
        }
        let temporary = bounds.as_ref().and_then(|bounds| bounds.temporary.clone());
        let temporary = temporary.and_then(|folder| folder.into_os_string().into_string().ok());
        let env = temporary.map(|folder| ("TMPDIR".to_owned(), folder));
        let told = Told { bounds, wire: None };
        Ok(Cell {
            program: gimlet_sandbox::ourselves().ok_or("this program cannot confine commands")?,
            name: ARG0.into(),
            arguments: told.arguments()?,
            env: env.into_iter().collect(),
            inherits: None,
            overseer: Box::new(Nobody),
        })
    }
}

/// Watches over nothing.
#[derive(Debug)]
struct Nobody;

impl Overseer for Nobody {
    fn refused(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn let_outlive(&mut self) {}
}
