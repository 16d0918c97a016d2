//! Running a process to its end, under a deadline and a limit of what it may say.

use super::GitOutput;
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    io::{self, Read},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// How a process ended.
pub(super) enum Ran {
    Ended(GitOutput),
    TooSlow,
    TooMuch,
}

/// Which of its two streams a process said something on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Runs it. A group that says too much or takes too long is killed as a whole.
pub(super) fn run_with_deadline(
    command: &mut Command,
    deadline: Duration,
    most_bytes: usize,
) -> io::Result<Ran> {
    let until = Instant::now() + deadline;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    // Each stream ends with an empty piece.
    let (told, pieces) = mpsc::sync_channel::<(Stream, Vec<u8>)>(16);
    if let Some(out) = child.stdout.take() {
        let told = told.clone();
        thread::spawn(move || follow(out, Stream::Out, &told));
    }
    if let Some(err) = child.stderr.take() {
        let told = told.clone();
        thread::spawn(move || follow(err, Stream::Err, &told));
    }
    drop(told);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match pieces.recv_timeout(left) {
            Ok((stream, piece)) => {
                let into = if stream == Stream::Out {
                    &mut stdout
                } else {
                    &mut stderr
                };
                into.extend_from_slice(&piece);
                if into.len() > most_bytes {
                    end(&mut child);
                    return Ok(Ran::TooMuch);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                return Ok(Ran::TooSlow);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // Both streams are closed; a process that lives on without them has its time, too.
    let mut pause = Duration::from_micros(200);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= until {
            end(&mut child);
            return Ok(Ran::TooSlow);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    Ok(Ran::Ended(GitOutput {
        success: status.success(),
        stdout,
        stderr,
    }))
}

fn follow(mut stream: impl Read, which: Stream, told: &mpsc::SyncSender<(Stream, Vec<u8>)>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                let piece = buffer.get(..count).unwrap_or_default().to_vec();
                if told.send((which, piece)).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may be gone already.
        kill_process_group(group, Signal::KILL).ok();
    }
    drop(child.wait());
}
