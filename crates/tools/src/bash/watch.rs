//! A running command: its output, its time, its end.

use super::capture::{Capture, Spill, Taken};
use crate::limits::END_GRACE;
use gimlet_ports::{Child, ChildEvent, Exit, ToolCx, WhichStream};
use std::{path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

/// The pause between two pieces of output that are shown while a command runs.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How long output is still taken after a command was ended.
const DRAIN: Duration = Duration::from_millis(500);

/// What a command did.
pub(super) struct Ran {
    pub(super) all: Taken,
    pub(super) out: Capture,
    pub(super) err: Capture,
    pub(super) end: Ending,
    pub(super) spilled: Option<(PathBuf, u64)>,
    pub(super) spill_note: Option<String>,
    /// What a confinement refused, each in words.
    pub(super) refused: Vec<String>,
}

pub(super) enum Ending {
    Ended(Exit),
    TimedOut,
    Stopped,
}

/// Takes in what the command writes until it ends, its time is over, or the call is stopped.
pub(super) async fn watch(
    mut child: Box<dyn Child>,
    cx: &ToolCx,
    limit: Duration,
    pty: bool,
) -> Ran {
    let cap = cx.scene.output_chars;
    let mut gather = Gather {
        spill: Spill::new(
            cap,
            cx.scene
                .scratch
                .join(format!("output-{}.txt", safe(&cx.call.0))),
        ),
        out: Capture::new(cap),
        err: Capture::new(cap),
        pty,
    };
    let over = Instant::now() + limit;
    let mut shown = Instant::now();
    let end = loop {
        tokio::select! {
            biased;
            () = cx.stop.cancelled() => break Ending::Stopped,
            () = sleep_until(over) => break Ending::TimedOut,
            event = child.next() => match event {
                ChildEvent::Ended(exit) => break Ending::Ended(exit),
                ChildEvent::Output(stream, bytes) => {
                    if shown.elapsed() >= PROGRESS_EVERY {
                        shown = Instant::now();
                        (cx.progress)(last_lines(&bytes));
                    }
                    gather.take(stream, &bytes, cx).await;
                }
            },
        }
    };
    let refused = child.refused();
    match end {
        // Dropping the child ends its group at once, for the call has 50 ms left.
        Ending::Stopped | Ending::Ended(_) => drop(child),
        Ending::TimedOut => {
            child.end(END_GRACE).await;
            let drain = async {
                while let ChildEvent::Output(stream, bytes) = child.next().await {
                    gather.take(stream, &bytes, cx).await;
                }
            };
            // Output that is late for that is lost, and the command was cut short anyway.
            drop(timeout(DRAIN, drain).await);
        }
    }
    let Gather {
        spill, out, err, ..
    } = gather;
    let (all, spilled, spill_note) = spill.finish(cx.host.as_ref()).await;
    Ran {
        all,
        out,
        err,
        end,
        spilled,
        spill_note,
        refused,
    }
}

struct Gather {
    spill: Spill,
    out: Capture,
    err: Capture,
    pty: bool,
}

impl Gather {
    async fn take(&mut self, stream: WhichStream, bytes: &[u8], cx: &ToolCx) {
        let plain: Vec<u8>;
        let bytes = if self.pty {
            // A terminal turns each line end into two bytes.
            plain = bytes
                .iter()
                .copied()
                .filter(|byte| *byte != b'\r')
                .collect();
            &plain
        } else {
            bytes
        };
        match stream {
            WhichStream::Out => self.out.push(bytes),
            WhichStream::Err => self.err.push(bytes),
        }
        self.spill.push(bytes, cx.host.as_ref()).await;
    }
}

/// Some lines from the end of a piece of output.
fn last_lines(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 1_000;
    let from = bytes.len().saturating_sub(SHOWN_BYTES);
    let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or_default());
    match text.split_once('\n') {
        Some((_, rest)) if from > 0 && !rest.is_empty() => rest.to_owned(),
        Some(_) | None => text.into_owned(),
    }
}

/// A call's id as part of a file name.
fn safe(id: &str) -> String {
    let plain = |char: char| {
        if char.is_ascii_alphanumeric() || char == '-' {
            char
        } else {
            '_'
        }
    };
    id.chars().take(80).map(plain).collect()
}
