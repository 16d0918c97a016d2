//! The commands beside the run itself, a file each.

pub(crate) mod auth;
mod blackout;
pub(crate) mod compact;
pub(crate) mod cost;
pub(crate) mod demo;
pub(crate) mod doctor;
mod explain;
pub(crate) mod features;
pub(crate) mod generate;
mod grants;
pub(crate) mod ledger;
pub(crate) mod memory;
pub(crate) mod models;
pub(crate) mod policy;
pub(crate) mod sandbox;
pub(crate) mod sessions;
pub(crate) mod snapshots;
pub(crate) mod tape;
pub(crate) mod tasks;
pub(crate) mod tools;
pub(crate) mod trust;
pub(crate) mod undercover;
pub(crate) mod undo;
pub(crate) mod worktrees;

use crate::exit::{self, Exit};
use gimlet_app::{Launch, store::Store};
use gimlet_settings::{Dirs, Env};
use std::path::PathBuf;

/// A launch without flags, where the person is.
pub(crate) fn plain_launch() -> Result<Launch, Exit> {
    Ok(Launch {
        cwd: here()?,
        env: Env::of_process(),
        ..Launch::default()
    })
}

/// The folder that the person is in.
pub(crate) fn here() -> Result<PathBuf, Exit> {
    std::env::current_dir().map_err(|error| {
        let text = format!("the working directory cannot be used: {error}");
        exit::complain(
            Exit::Environment,
            &text,
            Some("change to a folder that exists"),
        )
    })
}

/// Gimlet's own folders.
pub(crate) fn dirs() -> Result<Dirs, Exit> {
    Dirs::find(&Env::of_process())
        .map_err(|fault| exit::complain(Exit::Environment, &fault.to_string(), Some(&fault.hint())))
}

/// The stored sessions.
pub(crate) fn store() -> Result<Store, Exit> {
    Ok(Store::new(dirs()?.data))
}
