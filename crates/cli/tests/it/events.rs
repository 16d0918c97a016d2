//! Waiting for what a command does: through a FIFO, and until a process is gone.

use crate::rig::DEADLINE;
use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{Mode, OFlags},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
    time::Timespec,
};
use std::{
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::Instant,
};

/// A named pipe into which a command says that something has happened.
pub(crate) struct Fifo(OwnedFd);

impl Fifo {
    pub(crate) fn new(path: &Path) -> Self {
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).unwrap();
        // Open at both ends, so that neither side waits for the other.
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Self(rustix::fs::open(path, flags, Mode::empty()).unwrap())
    }

    /// Waits for a line.
    pub(crate) fn line(&self) -> String {
        let until = Instant::now() + DEADLINE;
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            match rustix::io::read(&self.0, &mut byte) {
                Ok(1) if byte == *b"\n" => return String::from_utf8(line).unwrap(),
                Ok(1) => line.extend_from_slice(&byte),
                Ok(_) => panic!("the FIFO ended"),
                Err(Errno::AGAIN | Errno::INTR) => {
                    assert!(readable(&self.0, until), "nothing came through the FIFO");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The number outside of a process that knows itself by this one: a confined command has a
/// world of its own. It is told by where it works; `None` where it has ended.
pub(crate) fn outside(work: &Path, number: i32) -> Option<i32> {
    let mut processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.find_map(|process| {
        let outer: i32 = process.file_name().to_str()?.parse().ok()?;
        let cwd = std::fs::read_link(process.path().join("cwd")).ok()?;
        let status = std::fs::read_to_string(process.path().join("status")).ok()?;
        let numbers = status
            .lines()
            .find_map(|line| line.strip_prefix("NSpid:"))?;
        let inner: i32 = numbers.split_whitespace().last()?.parse().ok()?;
        (cwd.starts_with(work) && inner == number).then_some(outer)
    })
}

/// Waits until a process has ended that knows itself by this number.
#[track_caller]
pub(crate) fn gone_inside(work: &Path, number: i32) {
    if let Some(outer) = outside(work, number) {
        gone(outer);
    }
}

/// Waits until a process has ended.
#[track_caller]
pub(crate) fn gone(pid: i32) {
    match pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()) {
        Ok(handle) => {
            let ended = readable(&handle, Instant::now() + DEADLINE);
            assert!(ended, "process {pid} still runs");
        }
        Err(error) => assert_eq!(error, Errno::SRCH),
    }
}

/// True when a process has not ended.
pub(crate) fn runs(pid: i32) -> bool {
    match pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()) {
        Ok(handle) => !readable(&handle, Instant::now()),
        Err(_) => false,
    }
}

fn readable(fd: impl AsFd, until: Instant) -> bool {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap();
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(Errno::INTR) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
