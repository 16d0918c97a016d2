//! Learning that a group's leader ended, without giving its number back.
//!
//! While the ended leader is not reaped, its number stands for its group and nothing else, so
//! a signal to the group can never meet a stranger.

use gimlet_ports::Overseer;
use rustix::{
    io::Errno,
    process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid},
};
use std::{
    io,
    process::Child,
    thread,
    time::{Duration, Instant},
};
use tokio::{net::unix::pipe::Receiver, signal::unix::Signal};

/// What a killed group is given to vanish before what was kept for it is let go.
const VANISH: Duration = Duration::from_secs(5);
/// How often it is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How the leader ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeaderEnd {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

/// The first process of a group.
pub(super) struct Leader {
    /// `None` once it is reaped.
    child: Option<Child>,
    pub(super) group: Pid,
    wake: Wake,
}

/// What tells that it is worth looking again.
enum Wake {
    /// Readable once the process ended (Linux since 5.3).
    Handle(Receiver),
    /// Any child of ours ended.
    AnyChild(Signal),
}

impl Leader {
    /// Takes a process that was started as a group's leader. Needs a runtime.
    pub(super) fn new(mut child: Child) -> io::Result<Self> {
        let number = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let Some(group) = number else {
            drop(child.kill());
            return Err(io::Error::other("the process has no number"));
        };
        match wake_for(group) {
            Ok(wake) => Ok(Self {
                child: Some(child),
                group,
                wake,
            }),
            Err(error) => {
                super::group::end_now(group);
                drop(child.wait());
                Err(error)
            }
        }
    }

    /// How it ended, if it has.
    pub(super) fn try_end(&self) -> Option<LeaderEnd> {
        Self::look(self.group)
    }

    fn look(leader: Pid) -> Option<LeaderEnd> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        loop {
            match waitid(WaitId::Pid(leader), options) {
                Ok(status) => return status.as_ref().map(end_of),
                Err(Errno::INTR) => {}
                // Reaped by someone else in this process: how it ended is lost.
                Err(_) => {
                    return Some(LeaderEnd {
                        code: None,
                        signal: None,
                    });
                }
            }
        }
    }

    /// Waits until it ended. May be dropped and called again.
    pub(super) async fn end(&mut self) -> LeaderEnd {
        loop {
            if let Some(end) = self.try_end() {
                return end;
            }
            match &mut self.wake {
                Wake::Handle(handle) => {
                    if handle.readable().await.is_err() {
                        // The runtime is going away; so is whoever asks.
                        std::future::pending::<()>().await;
                    }
                    // Looking within `try_io` keeps a false alarm from being raised again.
                    let looked = handle.try_io(|| {
                        Self::look(self.group).ok_or_else(|| io::ErrorKind::WouldBlock.into())
                    });
                    if let Ok(end) = looked {
                        return end;
                    }
                }
                Wake::AnyChild(signal) => {
                    signal.recv().await;
                }
            }
        }
    }

    /// Gives its number back. Called only once it ended, so this does not wait.
    pub(super) fn reap(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.wait());
        }
    }

    /// Gives its number back as soon as it ends, without waiting for that here. What is kept is
    /// let go once nobody of the group is left.
    pub(super) fn reap_later(&mut self, kept: Option<Box<dyn Overseer>>) {
        let mut child = self.child.take();
        let runs = |child: &mut Child| matches!(child.try_wait(), Ok(None));
        child = child.and_then(|mut child| runs(&mut child).then_some(child));
        if child.is_none() && kept.is_none() {
            return;
        }
        let group = self.group;
        let wait = move || {
            if let Some(mut child) = child {
                drop(child.wait());
            }
            let patience = Instant::now() + VANISH;
            while kept.is_some()
                && super::group::has_living_member(group)
                && Instant::now() < patience
            {
                thread::sleep(LOOK_AGAIN);
            }
            drop(kept);
        };
        // No task: the runtime may be going away just now.
        let reaper = thread::Builder::new().name("reaper".to_owned());
        drop(reaper.spawn(wait));
    }
}

fn wake_for(process: Pid) -> io::Result<Wake> {
    #[cfg(target_os = "linux")]
    if let Ok(handle) = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::NONBLOCK)
    {
        return Ok(Wake::Handle(Receiver::from_owned_fd_unchecked(handle)?));
    }
    let kind = tokio::signal::unix::SignalKind::child();
    Ok(Wake::AnyChild(tokio::signal::unix::signal(kind)?))
}

fn end_of(status: &WaitIdStatus) -> LeaderEnd {
    LeaderEnd {
        code: status.exit_status(),
        signal: status.terminating_signal(),
    }
}
