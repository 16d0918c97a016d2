//! Confines a command by the operating system: namespaces, Landlock, a filter of system calls
//! and limits, from one description.
//!
//! A confined command is started through the program itself under the name [`ARG0`]: that
//! process confines itself and becomes the command, so nothing runs between. It ends with the
//! one that started it, and everything that it left behind ends with it.

mod confinement;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod enter;

pub use confinement::{Confinement, Limits, Network, Strength};
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{enter, strength};
#[cfg(target_os = "linux")]
pub use enter::{enter, strength};

/// The name under which the program confines itself and becomes another.
pub const ARG0: &str = "gimlet-confined";

/// The exit code where a confinement could not be made. Nothing ran.
pub const NOT_CONFINED: i32 = 125;

#[cfg(test)]
mod tests;
