//! Systems for which no confinement is made yet: nothing runs, and it is said.

use crate::{NOT_CONFINED, Strength};
use std::ffi::OsString;

/// What this system offers.
pub fn strength() -> Strength {
    Strength::None
}

/// Says that there is no confinement here. Never runs the command.
#[expect(clippy::print_stderr, reason = "there is nobody else to tell it")]
pub fn enter(_: Vec<OsString>) -> i32 {
    eprintln!("gimlet: commands cannot be confined on this system");
    NOT_CONFINED
}
