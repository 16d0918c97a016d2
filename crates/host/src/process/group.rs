//! Signals to process groups, and the question whether one still lives.

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group, test_kill_process_group},
};
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// How often a group that shall end is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Tells whether a group has a member that still runs.
pub(crate) fn group_lives(group: i32) -> bool {
    // 0 and 1 would mean our own group and every process.
    group > 1 && Pid::from_raw(group).is_some_and(has_living_member)
}

/// Tells whether a member of a group holds this file open. Where that cannot be found out, true.
#[cfg(target_os = "linux")]
pub fn group_holds(group: i32, path: &Path) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return true;
    };
    processes.flatten().any(|process| {
        let folder = process.path();
        std::fs::read(folder.join("stat")).is_ok_and(|stat| is_living_member(&stat, group))
            && std::fs::read_dir(folder.join("fd")).is_ok_and(|open| {
                let mut open = open.flatten();
                open.any(|one| std::fs::read_link(one.path()).is_ok_and(|file| file == path))
            })
    })
}

/// Tells whether a member of a group holds this file open. Where that cannot be found out, true.
#[cfg(not(target_os = "linux"))]
pub fn group_holds(_group: i32, _path: &Path) -> bool {
    true
}

/// Asks every member of a group to end, and ends those that do not within `grace`. True when
/// nobody is left. Blocks for as long.
pub fn end_group(group: i32, grace: Duration) -> bool {
    let Some(pid) = Pid::from_raw(group).filter(|_| group > 1) else {
        return true;
    };
    ask_to_end(pid);
    if ends_within(pid, grace) {
        return true;
    }
    end_now(pid);
    ends_within(pid, grace)
}

fn ends_within(group: Pid, time: Duration) -> bool {
    let until = Instant::now() + time;
    while has_living_member(group) {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
    true
}

/// Tells whether a group has a member that is not a zombie.
pub(super) fn has_living_member(group: Pid) -> bool {
    match test_kill_process_group(group) {
        Err(Errno::SRCH) => false,
        // Zombies count for `kill`. They stay where the first process reaps nobody, as in
        // some containers, so the processes are looked at one by one.
        Ok(()) | Err(_) => looks_alive(group),
    }
}

#[cfg(target_os = "linux")]
fn looks_alive(group: Pid) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return true;
    };
    processes.flatten().any(|process| {
        let is_process = process
            .file_name()
            .as_encoded_bytes()
            .first()
            .is_some_and(u8::is_ascii_digit);
        is_process
            && std::fs::read(process.path().join("stat"))
                .is_ok_and(|stat| is_living_member(&stat, group.as_raw_nonzero().get()))
    })
}

/// Reads a line of `/proc/PID/stat`: after the name in parentheses come state, parent, group.
#[cfg(target_os = "linux")]
fn is_living_member(stat: &[u8], group: i32) -> bool {
    let after_name = stat
        .iter()
        .rposition(|byte| *byte == b')')
        .map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(stat.get(after_name..).unwrap_or_default());
    let mut fields = text.split_ascii_whitespace();
    let state = fields.next();
    let member_of = fields.nth(1).and_then(|field| field.parse::<i32>().ok());
    member_of == Some(group) && !matches!(state, Some("Z" | "X" | "x"))
}

#[cfg(not(target_os = "linux"))]
fn looks_alive(_group: Pid) -> bool {
    true
}

/// Asks every member to end. Stopped ones are woken, so that they can.
pub(super) fn ask_to_end(group: Pid) {
    signal(group, Signal::TERM);
    signal(group, Signal::CONT);
}

/// Ends every member at once.
pub(super) fn end_now(group: Pid) {
    signal(group, Signal::KILL);
}

fn signal(group: Pid, signal: Signal) {
    // Fails when nobody is left or when a member is not ours to end; neither can be helped.
    kill_process_group(group, signal).unwrap_or_default();
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
