//! Output in bounded memory: the head, the tail, and a file for all of it.

use crate::limits::{SPILL_BYTES, SPILL_PIECE_BYTES};
use gimlet_ports::Host;
use std::{collections::VecDeque, path::PathBuf};

/// The longest UTF-8 character.
const CHAR_BYTES: usize = 4;

/// The head and the tail of a stream of bytes.
pub(super) struct Capture {
    cap_chars: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total_bytes: u64,
    breaks: u64,
}

/// What is left of a stream when it has ended.
#[derive(Debug, PartialEq)]
pub(super) enum Taken {
    /// All of it.
    Whole(String),
    /// Its ends.
    Ends {
        head: String,
        tail: String,
        /// Bytes between them.
        missing_bytes: u64,
        /// All bytes.
        total_bytes: u64,
        /// All lines.
        lines: u64,
    },
}

impl Capture {
    pub(super) fn new(cap_chars: usize) -> Self {
        Self {
            cap_chars,
            head: Vec::new(),
            tail: VecDeque::new(),
            total_bytes: 0,
            breaks: 0,
        }
    }

    /// Bytes that either end holds at most; both together hold what may be shown whole.
    fn end_bytes(&self) -> usize {
        self.cap_chars * CHAR_BYTES / 2 + CHAR_BYTES
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.breaks += bytes
            .iter()
            .map(|byte| u64::from(*byte == b'\n'))
            .sum::<u64>();
        let limit = self.end_bytes();
        let room = limit.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        let rest = rest
            .get(rest.len().saturating_sub(limit)..)
            .unwrap_or_default();
        let over = (self.tail.len() + rest.len()).saturating_sub(limit);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    /// True when nothing was dropped yet.
    fn is_whole(&self) -> bool {
        let held = self.head.len() + self.tail.len();
        u64::try_from(held).is_ok_and(|held| held == self.total_bytes)
    }

    /// Both ends as they are, for whoever looks for a word in them.
    pub(super) fn ends(&self) -> String {
        let mut bytes = self.head.clone();
        bytes.extend(&self.tail);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(super) fn take(self) -> Taken {
        let half = self.cap_chars / 2;
        if self.is_whole() {
            let mut bytes = self.head;
            bytes.extend(&self.tail);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.chars().count() <= self.cap_chars {
                return Taken::Whole(text);
            }
            let head = first_chars(&text, half);
            let tail = last_chars(&text, half);
            return Taken::ends(head, tail, self.total_bytes, self.breaks);
        }
        let head = String::from_utf8_lossy(&self.head).into_owned();
        let tail = self.tail.into_iter().collect::<Vec<u8>>();
        let tail = String::from_utf8_lossy(&tail).into_owned();
        Taken::ends(
            first_chars(&head, half),
            last_chars(&tail, half),
            self.total_bytes,
            self.breaks,
        )
    }
}

impl Taken {
    fn ends(head: &str, tail: &str, total_bytes: u64, breaks: u64) -> Self {
        let shown = u64::try_from(head.len() + tail.len()).unwrap_or(u64::MAX);
        Self::Ends {
            head: head.to_owned(),
            tail: tail.to_owned(),
            missing_bytes: total_bytes.saturating_sub(shown),
            total_bytes,
            lines: breaks,
        }
    }

    /// As text with a mark where something is missing.
    pub(super) fn text(self) -> String {
        self.told(None)
    }

    /// As text with a mark where something is missing, and where to find it.
    pub(super) fn told(self, file: Option<&(PathBuf, u64)>) -> String {
        match self {
            Self::Whole(text) => text,
            Self::Ends {
                head,
                tail,
                missing_bytes,
                total_bytes,
                lines,
            } => {
                let place = match file {
                    None => String::new(),
                    Some((path, size)) if *size >= total_bytes => {
                        format!(
                            "; all of it is in {}: use Grep or Read with offset",
                            path.display()
                        )
                    }
                    Some((path, size)) => {
                        format!("; the first {size} bytes are in {}", path.display())
                    }
                };
                format!(
                    "{head}\n[… {missing_bytes} of {total_bytes} bytes ({lines} lines in all) are \
                     left out here{place}]\n{tail}"
                )
            }
        }
    }
}

/// The first characters; whole lines where that costs little.
fn first_chars(text: &str, count: usize) -> &str {
    let cut = text
        .char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at);
    let head = text.get(..cut).unwrap_or_default();
    match head.rfind('\n') {
        Some(at) if head.len() - at < head.len() / 8 => head.get(..at).unwrap_or_default(),
        Some(_) | None => head,
    }
}

/// The last characters; whole lines where that costs little.
fn last_chars(text: &str, count: usize) -> &str {
    let skip = text.chars().count().saturating_sub(count);
    let cut = text
        .char_indices()
        .nth(skip)
        .map_or(text.len(), |(at, _)| at);
    let tail = text.get(cut..).unwrap_or_default();
    match tail.find('\n') {
        Some(at) if at < tail.len() / 8 => tail.get(at + 1..).unwrap_or_default(),
        Some(_) | None => tail,
    }
}

/// A capture that puts everything into a file as soon as it is too much to be shown.
pub(super) struct Spill {
    capture: Capture,
    path: PathBuf,
    /// What was not added to the file yet; before the first piece this is everything.
    pending: Vec<u8>,
    written_bytes: u64,
    fault: Option<String>,
}

impl Spill {
    pub(super) fn new(cap_chars: usize, path: PathBuf) -> Self {
        Self {
            capture: Capture::new(cap_chars),
            path,
            pending: Vec::new(),
            written_bytes: 0,
            fault: None,
        }
    }

    pub(super) async fn push(&mut self, bytes: &[u8], host: &dyn Host) {
        self.capture.push(bytes);
        let room = SPILL_BYTES.saturating_sub(self.held_bytes());
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        self.pending
            .extend_from_slice(bytes.get(..room).unwrap_or_default());
        if self.pending.len() >= SPILL_PIECE_BYTES.max(self.capture.cap_chars * CHAR_BYTES) {
            self.flush(host).await;
        }
    }

    fn held_bytes(&self) -> u64 {
        self.written_bytes + u64::try_from(self.pending.len()).unwrap_or(u64::MAX)
    }

    async fn flush(&mut self, host: &dyn Host) {
        let piece = std::mem::take(&mut self.pending);
        if self.fault.is_some() || piece.is_empty() {
            return;
        }
        match host.append(&self.path, &piece).await {
            Ok(()) => self.written_bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX),
            Err(fault) => self.fault = Some(fault.to_string()),
        }
    }

    /// What is shown, the file with all of it and its size, and what went wrong with the file.
    pub(super) async fn finish(
        mut self,
        host: &dyn Host,
    ) -> (Taken, Option<(PathBuf, u64)>, Option<String>) {
        let capture = std::mem::replace(&mut self.capture, Capture::new(0));
        let taken = capture.take();
        if self.written_bytes > 0 || matches!(taken, Taken::Ends { .. }) {
            self.flush(host).await;
        }
        let Self {
            path,
            written_bytes,
            fault,
            ..
        } = self;
        let spilled = (written_bytes > 0).then_some((path, written_bytes));
        let note = fault.map(|fault| format!("the output could not be kept whole: {fault}"));
        (taken, spilled, note)
    }
}

#[cfg(test)]
mod tests;
