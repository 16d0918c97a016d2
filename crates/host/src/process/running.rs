//! A running process: what it writes, how it ends, and the end of all that it started.

use crate::process::{
    group,
    leader::{Leader, LeaderEnd},
    streams::{Piece, Streams},
};
use gimlet_ports::{Child, ChildEvent, Exit, Later, Overseer};
use rustix::process::Signal;
use std::{collections::VecDeque, time::Duration};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};

/// What others of the group may take to end by themselves after their leader: the last words
/// of `cmd > >(tee log)` are written then.
const LINGER: Duration = Duration::from_millis(200);
/// What they are given after SIGTERM.
const CHILDREN_GRACE: Duration = Duration::from_millis(200);
/// What a killed group is given to vanish; only an uninterruptible member needs longer.
const VANISH: Duration = Duration::from_secs(1);
/// What a terminal is given to hand over the last words of a process that ended.
const TERMINAL_FLUSH: Duration = Duration::from_millis(100);
/// How often the end of a group is looked for.
const POLL: Duration = Duration::from_millis(5);
/// Stands for a time that does not come.
const NEVER: Duration = Duration::from_hours(30 * 365 * 24);
/// Output that is still taken once the leader ended, at most.
const LATE_BYTES: usize = 1024 * 1024;
/// Output that is kept for `next` while `end` waits, at most.
const KEPT_BYTES: usize = 1024 * 1024;

/// How a process is wired to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wires {
    /// Through pipes. Others of its group end with it.
    Pipes,
    /// Through a terminal. Others of its group end with it.
    Terminal,
    /// Not at all: it writes to a file. Others of its group go on until `end` or the drop.
    File,
}

/// A process with its group.
pub(super) struct Running {
    leader: Leader,
    wires: Wires,
    streams: Streams,
    input: Option<JoinHandle<()>>,
    kept: VecDeque<Piece>,
    kept_bytes: usize,
    phase: Phase,
    /// True once no member is left. From then on the group's number may mean another group.
    gone: bool,
    left_children: bool,
    /// Who watches over its confinement, as long as anything of it may run.
    overseer: Option<Box<dyn Overseer>>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The leader runs, as far as is known.
    Runs,
    /// The leader ended.
    Settles(Settling),
    /// Everything was said.
    Over(Exit),
}

#[derive(Clone, Copy)]
struct Settling {
    end: LeaderEnd,
    since: Instant,
    late_bytes: usize,
    sent: Sent,
}

/// What was sent to those who outlived their leader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Term,
    Kill,
}

impl Running {
    pub(super) fn new(leader: Leader, wires: Wires, overseer: Option<Box<dyn Overseer>>) -> Self {
        Self {
            leader,
            wires,
            streams: Streams::default(),
            input: None,
            kept: VecDeque::new(),
            kept_bytes: 0,
            phase: Phase::Runs,
            gone: false,
            left_children: false,
            overseer,
        }
    }

    /// Reads what the process writes.
    pub(super) fn reads(&mut self, streams: Streams) {
        self.streams = streams;
    }

    /// Owns the task that writes to the process.
    pub(super) fn fed_by(&mut self, feeder: JoinHandle<()>) {
        self.input = Some(feeder);
    }

    async fn next_event(&mut self) -> ChildEvent {
        loop {
            if let Some((which, bytes)) = self.kept.pop_front() {
                self.kept_bytes -= bytes.len();
                return ChildEvent::Output(which, bytes);
            }
            match self.phase {
                Phase::Over(exit) => return ChildEvent::Ended(exit),
                Phase::Runs => tokio::select! {
                    (which, bytes) = self.streams.next() => {
                        return ChildEvent::Output(which, bytes);
                    }
                    end = self.leader.end() => self.leader_ended(end),
                },
                Phase::Settles(settling) => {
                    // Settled first, read then: what was written before the last one of the
                    // group ended is there now.
                    let settled = self.settle();
                    if let Some((which, bytes)) = self.late_piece() {
                        return ChildEvent::Output(which, bytes);
                    }
                    let waits_for_terminal = self.wires == Wires::Terminal
                        && !self.streams.at_end()
                        && Instant::now() < settling.since + TERMINAL_FLUSH;
                    match settled {
                        Some(exit) if !waits_for_terminal => self.finish(exit),
                        Some(_) | None => sleep(POLL).await,
                    }
                }
            }
        }
    }

    /// Notes that the leader ended.
    fn leader_ended(&mut self, end: LeaderEnd) {
        // With a file the others may go on for long: the leader is left unreaped, so that its
        // number goes on meaning this group. Where `/proc` cannot tell it from a living
        // member, it has to be reaped.
        if self.wires != Wires::File || !cfg!(target_os = "linux") {
            self.leader.reap();
        }
        self.phase = Phase::Settles(Settling {
            end,
            since: Instant::now(),
            late_bytes: 0,
            sent: Sent::Nothing,
        });
    }

    /// Tells whether a member of the group lives; asked once the leader ended.
    fn others_live(&mut self) -> bool {
        if !self.gone && !group::has_living_member(self.leader.group) {
            self.gone = true;
            self.leader.reap();
        }
        !self.gone
    }

    /// Moves those who outlived the leader towards their end. `Some` when all is done.
    fn settle(&mut self) -> Option<Exit> {
        let mut settling = match self.phase {
            Phase::Runs => return None,
            Phase::Over(exit) => return Some(exit),
            Phase::Settles(settling) => settling,
        };
        if self.others_live() {
            let waited = settling.since.elapsed();
            if waited < LINGER {
                return None;
            }
            self.left_children = true;
            if self.wires != Wires::File {
                if settling.sent == Sent::Nothing {
                    group::ask_to_end(self.leader.group);
                    settling.sent = Sent::Term;
                }
                if settling.sent == Sent::Term && waited >= LINGER + CHILDREN_GRACE {
                    group::end_now(self.leader.group);
                    settling.sent = Sent::Kill;
                }
                self.phase = Phase::Settles(settling);
                if waited < LINGER + CHILDREN_GRACE + VANISH {
                    return None;
                }
            }
        }
        Some(self.exit(settling.end))
    }

    fn exit(&self, end: LeaderEnd) -> Exit {
        Exit {
            code: end.code,
            signal: end.signal,
            left_children: self.left_children,
        }
    }

    /// What is there to read after the leader's end, within bounds.
    fn late_piece(&mut self) -> Option<Piece> {
        let Phase::Settles(settling) = &mut self.phase else {
            return None;
        };
        if settling.late_bytes >= LATE_BYTES {
            return None;
        }
        let piece = self.streams.take_ready()?;
        settling.late_bytes += piece.1.len();
        Some(piece)
    }

    fn keep(&mut self, piece: Piece) {
        self.kept_bytes += piece.1.len();
        self.kept.push_back(piece);
    }

    fn finish(&mut self, exit: Exit) {
        self.streams.close();
        self.stop_input();
        self.phase = Phase::Over(exit);
    }

    fn stop_input(&mut self) {
        if let Some(feeder) = self.input.take() {
            feeder.abort();
        }
    }

    async fn end_group(&mut self, grace: Duration) -> Exit {
        let now = Instant::now();
        let deadline = now.checked_add(grace).unwrap_or(now + NEVER);
        let mut killed = false;
        let before = self.phase;
        let end = match before {
            Phase::Over(exit) if self.gone => return exit,
            Phase::Over(exit) => LeaderEnd {
                code: exit.code,
                signal: exit.signal,
            },
            Phase::Settles(settling) => settling.end,
            Phase::Runs => {
                group::ask_to_end(self.leader.group);
                let end = self.leader_to_end(deadline, &mut killed).await;
                self.leader_ended(end);
                end
            }
        };
        let led_by_nobody = !matches!(before, Phase::Runs);
        if led_by_nobody && self.others_live() {
            self.left_children = true;
            group::ask_to_end(self.leader.group);
        }
        while self.others_live() {
            let now = Instant::now();
            if !killed && now >= deadline {
                self.left_children = true;
                killed = true;
                group::end_now(self.leader.group);
            }
            if killed && now >= deadline + VANISH {
                break;
            }
            self.keep_late();
            sleep(POLL).await;
        }
        self.keep_late();
        let exit = self.exit(end);
        self.finish(exit);
        exit
    }

    /// Waits for the leader's end, and makes it end at the deadline. Goes on reading, so that
    /// it is not held up by its last words.
    async fn leader_to_end(&mut self, deadline: Instant, killed: &mut bool) -> LeaderEnd {
        loop {
            let has_room = self.kept_bytes < KEPT_BYTES;
            let next_look = if *killed { deadline + VANISH } else { deadline };
            tokio::select! {
                biased;
                end = self.leader.end() => return end,
                () = sleep_until(next_look) => {
                    if *killed {
                        // Not even SIGKILL: it hangs in the kernel. It is reaped when it can be.
                        return LeaderEnd { code: None, signal: Some(Signal::KILL.as_raw()) };
                    }
                    *killed = true;
                    group::end_now(self.leader.group);
                }
                piece = self.streams.next(), if has_room => self.keep(piece),
            }
        }
    }

    fn keep_late(&mut self) {
        while self.kept_bytes < KEPT_BYTES
            && let Some(piece) = self.late_piece()
        {
            self.keep(piece);
        }
    }

    fn ended_now(&mut self) -> Option<Exit> {
        if matches!(self.phase, Phase::Runs) {
            let end = self.leader.try_end()?;
            self.leader_ended(end);
        }
        self.settle()
    }
}

impl Child for Running {
    fn group(&self) -> i32 {
        self.leader.group.as_raw_nonzero().get()
    }

    fn next(&mut self) -> Later<'_, ChildEvent> {
        Box::pin(self.next_event())
    }

    fn end(&mut self, grace: Duration) -> Later<'_, Exit> {
        Box::pin(self.end_group(grace))
    }

    fn ended(&mut self) -> Option<Exit> {
        self.ended_now()
    }

    fn refused(&mut self) -> Vec<String> {
        self.overseer
            .as_mut()
            .map_or_else(Vec::new, |overseer| overseer.refused())
    }

    fn let_outlive(&mut self) {
        if let Some(overseer) = &mut self.overseer {
            overseer.let_outlive();
        }
    }

    fn release(mut self: Box<Self>) {
        self.let_outlive();
        // Its group is nobody's to end from here on.
        self.gone = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop_input();
        if !self.gone {
            group::end_now(self.leader.group);
            self.leader.reap_later(self.overseer.take());
        }
    }
}
