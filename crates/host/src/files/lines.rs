//! Reading some lines of a text, however large the file or a line of it is.

use crate::{
    fault::path_fault,
    files::open::{modified_ns, open_file},
};
use gimlet_ports::{HostFault, LineWindow, Stop, TextWindow};
use gimlet_protocol::Stamp;
use std::{
    borrow::Cow,
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

/// Read at a time.
const CHUNK_BYTES: usize = 128 * 1024;
/// A NUL byte in this much of the start makes a file binary.
const SNIFF_BYTES: usize = 8 * 1024;
/// As much is read beyond the window, at most, to count the lines.
const COUNT_BYTES: u64 = 64 * 1024 * 1024;
/// Files up to this size are hashed where they are read to the end.
const HASH_BYTES: u64 = 64 * 1024 * 1024;

/// Reads some lines of a text file in bounded memory.
pub(crate) fn read_lines(
    path: &Path,
    window: LineWindow,
    stop: &Stop,
) -> Result<TextWindow, HostFault> {
    let (mut file, meta) = open_file(path)?;
    let size = meta.len();
    let mut scan = Scan::new(window);
    let mut hasher = (size <= HASH_BYTES).then(blake3::Hasher::new);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut seen_bytes = 0_u64;
    let mut binary = false;
    let at_end = loop {
        if stop.is_cancelled() {
            return Err(HostFault::Stopped);
        }
        let count = read_some(&mut file, &mut chunk).map_err(|e| path_fault("read", path, &e))?;
        let bytes = chunk.get(..count).unwrap_or_default();
        if count == 0 {
            scan.end_of_file();
            break true;
        }
        if seen_bytes == 0 {
            let start = bytes.get(..SNIFF_BYTES.min(count)).unwrap_or_default();
            binary = memchr::memchr(0, start).is_some();
            if binary {
                break false;
            }
        }
        seen_bytes += count as u64;
        if seen_bytes > HASH_BYTES {
            hasher = None;
        }
        if let Some(hasher) = &mut hasher {
            hasher.update(bytes);
        }
        scan.take(bytes);
        if scan.complete() && size.saturating_sub(seen_bytes) > COUNT_BYTES {
            break false;
        }
    };
    let hash = hasher
        .filter(|_| at_end)
        .map(|hasher| hasher.finalize().to_hex().to_string());
    let whole = at_end && scan.shows_everything();
    Ok(TextWindow {
        first: scan.first,
        total_lines: at_end.then_some(scan.ended_lines),
        cut_by_bytes: scan.cut_by_bytes,
        cut_lines: scan.cut_lines,
        binary,
        lossy: scan.lossy,
        lines: scan.lines,
        stamp: Stamp {
            hash: hash.unwrap_or_default(),
            size: if at_end { seen_bytes } else { size },
            modified_ns: modified_ns(&meta),
            whole,
        },
    })
}

fn read_some(file: &mut File, chunk: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match file.read(chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Where the reading of lines stands.
struct Scan {
    window: LineWindow,
    first: u64,
    /// Lines whose end was seen.
    ended_lines: u64,
    lines: Vec<String>,
    text_bytes: usize,
    cut_by_bytes: bool,
    cut_lines: u64,
    lossy: bool,
    part: LinePart,
}

/// The line that is being read.
#[derive(Default)]
struct LinePart {
    /// As much of its start as can be shown.
    kept: Vec<u8>,
    /// Bytes in all.
    bytes: u64,
    /// Characters in all, where the bytes are UTF-8.
    characters: u64,
    /// Its last byte.
    last: Option<u8>,
}

impl Scan {
    fn new(window: LineWindow) -> Self {
        Self {
            window,
            first: window.first.max(1),
            ended_lines: 0,
            lines: Vec::new(),
            text_bytes: 0,
            cut_by_bytes: false,
            cut_lines: 0,
            lossy: false,
            part: LinePart::default(),
        }
    }

    /// True when no more lines are wanted.
    fn complete(&self) -> bool {
        self.cut_by_bytes || self.lines.len() as u64 >= self.window.count
    }

    /// True when the lines are the whole file, uncut. Asked at the end of the file.
    fn shows_everything(&self) -> bool {
        self.first == 1
            && self.cut_lines == 0
            && !self.cut_by_bytes
            && self.lines.len() as u64 == self.ended_lines
    }

    fn wants_current(&self) -> bool {
        !self.complete() && self.ended_lines + 1 >= self.first
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.complete() {
                // Only the count matters from here on.
                self.ended_lines += memchr::memchr_iter(b'\n', rest).count() as u64;
                self.part = LinePart::default();
                if let Some(last) = rest.last().filter(|last| **last != b'\n') {
                    self.part.bytes = 1;
                    self.part.last = Some(*last);
                }
                return;
            }
            let (line, after) = match memchr::memchr(b'\n', rest) {
                Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
                None => (rest, None),
            };
            if self.wants_current() {
                self.extend_part(line);
            } else {
                self.part.bytes += line.len() as u64;
            }
            let Some(after) = after else { return };
            self.end_line(Ended::ByNewline);
            rest = after;
        }
    }

    fn extend_part(&mut self, line: &[u8]) {
        // Four bytes a character, and some more so that a cut character is not the last shown.
        let most = self
            .window
            .line_chars
            .saturating_mul(4)
            .min(self.window.limit_bytes);
        let room = most.saturating_add(8).saturating_sub(self.part.kept.len());
        self.part
            .kept
            .extend_from_slice(line.get(..room.min(line.len())).unwrap_or_default());
        self.part.characters += characters(line, self.part.bytes > 0);
        self.part.bytes += line.len() as u64;
        self.part.last = line.last().copied().or(self.part.last);
    }

    fn end_of_file(&mut self) {
        if self.part.bytes > 0 {
            self.end_line(Ended::ByEndOfFile);
        }
    }

    fn end_line(&mut self, ended: Ended) {
        let wanted = self.wants_current();
        self.ended_lines += 1;
        let mut part = std::mem::take(&mut self.part);
        if !wanted {
            return;
        }
        if ended == Ended::ByNewline && part.last == Some(b'\r') {
            if part.bytes == part.kept.len() as u64 {
                part.kept.pop();
            }
            part.bytes -= 1;
            part.characters -= 1;
        }
        self.show(&part);
    }

    fn show(&mut self, part: &LinePart) {
        // Counted as the lines would be joined: one byte between two of them.
        let between = usize::from(!self.lines.is_empty());
        let left = self.window.limit_bytes.saturating_sub(self.text_bytes);
        let complete = part.bytes == part.kept.len() as u64;
        let text = String::from_utf8_lossy(&part.kept);
        let text_chars = text.chars().count();
        let fits_chars = complete && text_chars <= self.window.line_chars;
        if fits_chars && text.len() + between <= left {
            self.lossy |= matches!(text, Cow::Owned(_));
            self.text_bytes += text.len() + between;
            self.lines.push(text.into_owned());
            return;
        }
        let mut cut: String = text.chars().take(self.window.line_chars).collect();
        if cut.len() + between > left {
            self.cut_by_bytes = true;
            if !self.lines.is_empty() {
                return;
            }
            // The first line is shown in part, or a long line could never be seen at all.
            cut.truncate(cut.floor_char_boundary(left));
        }
        let shown = cut.chars().count() as u64;
        self.lossy |= cut.contains('\u{FFFD}') && std::str::from_utf8(&part.kept).is_err();
        self.text_bytes += cut.len() + between;
        let all = if complete {
            text_chars as u64
        } else {
            part.characters
        };
        let missing = all.saturating_sub(shown);
        self.lines
            .push(format!("{cut}… ({missing} more characters)"));
        self.cut_lines += 1;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    ByNewline,
    ByEndOfFile,
}

/// Characters of a piece of a line. A character that was cut between two pieces counts for
/// the first.
fn characters(piece: &[u8], continues: bool) -> u64 {
    let is_inner = |byte: &&u8| (**byte & 0xC0) == 0x80;
    let cut = if continues {
        piece.iter().take(3).take_while(is_inner).count()
    } else {
        0
    };
    let mut rest = piece.get(cut..).unwrap_or_default();
    let mut count = 0;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => return count + text.chars().count() as u64,
            Err(error) => {
                let (valid, bad) = rest.split_at(error.valid_up_to());
                let valid = std::str::from_utf8(valid).unwrap_or_default();
                // What is no text counts as the one sign that stands for it.
                count += valid.chars().count() as u64 + 1;
                rest = bad
                    .get(error.error_len().unwrap_or(bad.len())..)
                    .unwrap_or_default();
            }
        }
    }
}
