//! Systems without Linux's ways: macOS holds commands by Seatbelt, others by nothing.

use crate::{NOT_CONFINED, Told, seatbelt};
use gimlet_protocol::{Bounds, Strength};
use std::{ffi::OsString, os::unix::process::CommandExt as _, path::Path, process::Command};

/// What this system offers.
pub fn strength() -> Strength {
    if cfg!(target_os = "macos") && Path::new(seatbelt::SANDBOX_EXEC).exists() {
        Strength::Rules
    } else {
        Strength::None
    }
}

/// Becomes the command of the arguments behind the first, held to what that one says.
#[expect(clippy::print_stderr, reason = "there is nobody else to tell it")]
pub fn enter(arguments: Vec<OsString>) -> i32 {
    let why = become_command(arguments);
    eprintln!("gimlet: the command was not run: {why}");
    NOT_CONFINED
}

/// Returns only why that failed.
fn become_command(arguments: Vec<OsString>) -> String {
    let mut arguments = arguments.into_iter();
    let told = arguments.next().unwrap_or_default();
    let told = told
        .to_str()
        .and_then(|told| serde_json::from_str::<Told>(told).ok());
    let Some(told) = told else {
        return "the confinement is malformed".to_owned();
    };
    let mut command = match told.bounds {
        Some(_) if strength() == Strength::None => {
            return "commands cannot be confined on this system".to_owned();
        }
        Some(bounds) => {
            let mut command = Command::new(seatbelt::SANDBOX_EXEC);
            command
                .arg("-p")
                .arg(seatbelt::profile(&bounds))
                .args(arguments);
            command
        }
        None => {
            let Some(program) = arguments.next() else {
                return "there is no command".to_owned();
            };
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }
    };
    command.exec().to_string()
}

/// Missing places are protected by their name here, so nothing has to stand in.
#[derive(Debug, Default)]
pub struct Placeholders(());

impl Placeholders {
    /// Puts nothing anywhere.
    ///
    /// # Errors
    /// Never.
    pub fn put(_: &mut Bounds) -> Result<Self, String> {
        Ok(Self(()))
    }
}
