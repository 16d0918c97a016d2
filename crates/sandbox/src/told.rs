//! What the process that confines itself is told, as its first argument.

use gimlet_protocol::Bounds;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;

/// What a command is held to, and who is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The bounds; without them it is only seen to that the command ends with its parent.
    pub bounds: Option<Bounds>,
    /// The number of the descriptor on which the parent listens. While it is open there, the
    /// command may run; without one the parent process itself is watched.
    pub wire: Option<i32>,
}

impl Told {
    /// The arguments that follow [`crate::ARG0`] and come before the command.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn arguments(&self) -> Result<Vec<OsString>, String> {
        let told = serde_json::to_string(self)
            .map_err(|error| format!("the confinement cannot be written down: {error}"))?;
        Ok(vec![OsString::from(told)])
    }
}
