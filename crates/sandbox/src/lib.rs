//! Confines a command by the operating system: namespaces, Landlock, a filter of system calls
//! and limits, from one description.
//!
//! A confined command is started through the program itself under the name [`ARG0`]: that
//! process confines itself and becomes the command, so nothing runs between. It ends with the
//! one that started it, and everything that it left behind ends with it.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod enter;
#[cfg(target_os = "linux")]
mod placeholders;
pub mod proxy;
pub mod seatbelt;
mod told;
#[cfg(target_os = "linux")]
mod wire;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Placeholders, enter, strength};
#[cfg(target_os = "linux")]
pub use enter::{enter, strength};
#[cfg(target_os = "linux")]
pub use placeholders::Placeholders;
pub use told::Told;
#[cfg(target_os = "linux")]
pub use wire::{News, Wire};

/// The name under which the program confines itself and becomes another.
pub const ARG0: &str = "gimlet-confined";

/// The only argument with which it is told to say what this system offers, by the name of a
/// [`gimlet_protocol::Strength`].
pub const PROBE: &str = "strength";

/// Whether this program does what it is asked to under the name [`ARG0`].
static ANSWERS: AtomicBool = AtomicBool::new(false);

/// Must be called first by a program that confines others. Where it was started under the name
/// [`ARG0`], does what that asks for and returns the exit code.
pub fn answer(mut arguments: impl Iterator<Item = OsString>) -> Option<i32> {
    ANSWERS.store(true, Ordering::Relaxed);
    arguments
        .next()
        .is_some_and(|name| name == ARG0)
        .then(|| enter(arguments.collect()))
}

/// The program that confines others, also where its file was moved since; `None` where this one
/// does not answer to the name.
pub fn ourselves() -> Option<PathBuf> {
    ANSWERS
        .load(Ordering::Relaxed)
        .then(|| {
            if cfg!(target_os = "linux") {
                Some(PathBuf::from("/proc/self/exe"))
            } else {
                std::env::current_exe().ok()
            }
        })
        .flatten()
}

/// The exit code where a confinement could not be made. Nothing ran.
pub const NOT_CONFINED: i32 = 125;

/// Where the proxy is, inside a world of its own. The port is nobody else's there.
pub const PROXY: (&str, u16) = ("127.0.0.1", 3128);

#[cfg(test)]
mod tests;
