//! Opening a pseudo-terminal for a process.

use gimlet_ports::PtySize;
use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize},
};
use std::{io, os::fd::OwnedFd};

/// The end of input, as a keyboard sends it.
pub(super) const END_OF_INPUT: u8 = 4;

/// Both ends of a pseudo-terminal.
pub(super) struct Pty {
    /// Ours: what is written to it is typed, what is read from it was shown.
    pub(super) ours: OwnedFd,
    /// The process's.
    pub(super) theirs: OwnedFd,
}

/// Opens a pseudo-terminal of this size.
pub(super) fn open(size: PtySize) -> io::Result<Pty> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let window = Winsize {
        ws_row: size.rows.max(1),
        ws_col: size.columns.max(1),
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, window)?;
    // Nobody sits at this keyboard: an echo would only show the input among the output.
    let mut modes = tcgetattr(&theirs)?;
    modes.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&theirs, OptionalActions::Now, &modes)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok(Pty { ours, theirs })
}

/// What must be typed so that a program reads these bytes and then the end.
pub(super) fn typed(bytes: &[u8]) -> Vec<u8> {
    let mut typed = bytes.to_vec();
    if bytes.last().is_some_and(|last| *last != b'\n') {
        // In the middle of a line the first one only hands over what was typed.
        typed.push(END_OF_INPUT);
    }
    typed.push(END_OF_INPUT);
    typed
}
