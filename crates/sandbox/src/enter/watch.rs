//! Watching over a command: reaping, answering for the filter, and ending it when nobody is
//! there any more.

use super::{
    filter,
    system::{self, End, Outcome},
};
use crate::{News, PROXY, Wire};
use std::{
    io::{self, PipeWriter, Write as _},
    net::TcpListener,
    os::fd::{AsRawFd, OwnedFd, RawFd},
};

/// Who ends with the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// Everyone of this world, whose first process this is.
    World,
    /// Children of this process, and what they leave behind.
    Children,
}

/// One who watches.
pub(super) struct Watch<'w> {
    wire: Option<&'w Wire>,
    /// Readable when a child ended.
    children: OwnedFd,
    whom: Whom,
    /// It may go on when nobody is there any more.
    outlives: bool,
    /// Shares of the folders that stand in for the missing: nobody takes them away before.
    holds: Vec<OwnedFd>,
}

/// What a command came to, and what it was refused.
#[derive(Default)]
struct Seen {
    end: Option<End>,
    refused: Vec<&'static str>,
}

impl<'w> Watch<'w> {
    /// Begins to watch; must come before the command.
    pub(super) fn new(wire: Option<&'w Wire>, whom: Whom) -> Outcome<Self> {
        let children = system::hear_of_children()?;
        Ok(Self {
            wire,
            children,
            whom,
            outlives: false,
            holds: Vec::new(),
        })
    }

    /// Opens the door of this world's network and hands it to the program, whose proxy then
    /// listens there. Where the program has ended and let the command go on, nobody listens.
    pub(super) fn hand_over_door(&mut self) -> Outcome<()> {
        let wire = self.wire.ok_or("there is no proxy to listen")?;
        let failed = |error: io::Error| format!("the proxy cannot listen: {error}");
        let door = TcpListener::bind(PROXY).map_err(failed)?;
        let told = wire.tell(&News::Door(OwnedFd::from(door)));
        told.or_else(|error| {
            self.listen();
            self.outlives.then_some(()).ok_or_else(|| failed(error))
        })
    }

    /// Takes in what the program tells; false once nobody is there any more.
    fn listen(&mut self) -> bool {
        let Some(wire) = self.wire else {
            return true;
        };
        while !self.outlives {
            match wire.hear() {
                Ok(Some(News::Outlive)) => self.outlives = true,
                Ok(Some(News::Hold(folder))) => self.holds.push(folder),
                Ok(Some(News::Door(_) | News::Refused(_))) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Ok(None) | Err(_) => return false,
            }
        }
        true
    }

    /// For the child that becomes the command: it hears of its own children as usual.
    pub(super) fn leave_to_the_command() {
        system::hear_as_usual();
    }

    /// Watches until everything is over; returns the exit code.
    pub(super) fn until_over(
        mut self,
        child: libc::pid_t,
        takes: Option<Wire>,
        mut tells: Option<PipeWriter>,
    ) -> Outcome<i32> {
        if self.wire.is_some() {
            system::let_go_of_streams();
        }
        let (mut takes, mut notices) = (takes, None);
        let mut seen = Seen::default();
        loop {
            let none = -1;
            let wire = self.wire.filter(|_| !self.outlives);
            let ready = system::wait_for_any([
                self.children.as_raw_fd(),
                wire.map_or(none, AsRawFd::as_raw_fd),
                takes.as_ref().map_or(none, AsRawFd::as_raw_fd),
                notices
                    .as_ref()
                    .map_or(none, |notices: &OwnedFd| notices.as_raw_fd()),
            ])?;
            let [children, wire_speaks, handed_over, refuses] = ready;
            if refuses && let Some(notices) = &notices {
                self.refuse(notices.as_raw_fd(), &mut seen);
            }
            if handed_over && let Some(from) = takes.take() {
                notices = match from.hear() {
                    Ok(Some(News::Door(notices))) => Some(notices),
                    // The command could not be begun; its end tells.
                    Ok(Some(News::Refused(_) | News::Hold(_) | News::Outlive) | None) | Err(_) => {
                        None
                    }
                };
            }
            if wire_speaks && !self.listen() {
                self.end_all();
            }
            if children {
                system::forget_signals(&self.children);
                let left = Self::reap(child, &mut seen)?;
                if let Some(end) = seen.end {
                    if let Some(mut tells) = tells.take() {
                        // Nobody waits for it where the first process was killed.
                        tells.write_all(&end.0.to_ne_bytes()).unwrap_or_default();
                    }
                    match (self.whom, self.wire) {
                        (Whom::World, Some(_)) if left => {}
                        (Whom::World, Some(_)) => return Ok(0),
                        (Whom::World, None) => {
                            say_refused(&seen);
                            return Ok(0);
                        }
                        (Whom::Children, Some(_)) => return Ok(end.become_it()),
                        (Whom::Children, None) => {
                            system::end_children();
                            return Ok(end.become_it());
                        }
                    }
                }
            }
        }
    }

    /// Takes the ends of children; false once there are none left.
    fn reap(child: libc::pid_t, seen: &mut Seen) -> Outcome<bool> {
        loop {
            match system::next_end()? {
                system::Reaped::Nobody => return Ok(true),
                system::Reaped::NoChildren => return Ok(false),
                system::Reaped::Ended(who, end) if who == child => seen.end = Some(end),
                system::Reaped::Ended(..) => {}
            }
        }
    }

    /// Says no to one system call, and tells of it once.
    fn refuse(&self, notices: RawFd, seen: &mut Seen) {
        let Some(call) = system::refuse_next(notices) else {
            return;
        };
        let what = filter::what(call);
        if seen.refused.contains(&what) {
            return;
        }
        seen.refused.push(what);
        if let Some(wire) = self.wire {
            // Where it finds no room the command is refused all the same.
            wire.tell(&News::Refused(what.to_owned()))
                .unwrap_or_default();
        }
    }

    /// Nobody is there any more: everything ends.
    fn end_all(&self) -> ! {
        if self.whom == Whom::Children {
            system::end_children();
            system::end_own_group();
        }
        system::leave(128 + libc::SIGKILL)
    }
}

/// For a person who runs a command by hand: what it was refused, where it failed.
fn say_refused(seen: &Seen) {
    if seen.end.is_some_and(|end| end.0 != 0) && !seen.refused.is_empty() {
        let list = seen.refused.join(", ");
        system::say(&format!("gimlet: the sandbox refused {list}\n"));
    }
}

/// Hands the filter's notices to the process that answers them.
pub(super) fn hand_over_notices(gives: &Wire, notices: &OwnedFd) -> Outcome<()> {
    crate::wire::send(gives.as_raw_fd(), b"D", Some(notices.as_raw_fd()))
        .map_err(|error| format!("the filter of system calls cannot report: {error}"))
}
