//! Server-sent events: bytes in any pieces go in, the data of whole events comes out.

/// Bytes that one event may have before the stream is taken for garbage.
const EVENT_LIMIT_BYTES: usize = 64 << 20;

/// Bytes of finished events that are kept before the buffer is moved together.
const COMPACT_AT_BYTES: usize = 64 << 10;

/// An event grew past every sensible size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {} bytes", EVENT_LIMIT_BYTES)]
pub struct Overlong;

/// A sign of life from the sender.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sign<'a> {
    /// The data of a whole event.
    Data(&'a [u8]),
    /// A comment, such as a keep-alive.
    Comment,
}

/// What a line was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It finished an event with data.
    Event,
    /// It said nothing.
    Comment,
    /// It belongs to an event.
    Part,
}

/// Splits a byte stream into events. Keeps only the `data` of an event; names, ids and
/// comments are skipped.
#[derive(Debug, Default)]
pub struct SseDecoder {
    buffer: Vec<u8>,
    /// Start of the first line that was not taken yet.
    line: usize,
    /// Up to here the line holds no line end.
    scanned: usize,
    /// The last line ended with a carriage return; a line feed right after it belongs to it.
    after_return: bool,
    /// The first line was looked at, so no byte order mark can follow.
    begun: bool,
    /// The data lines of the event that is being read.
    data: Vec<u8>,
    /// True when the event has at least one data line.
    has_data: bool,
    ready: Vec<u8>,
}

impl SseDecoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, cut wherever the network cut them.
    ///
    /// # Errors
    /// When an event is too long to be one.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Overlong> {
        if self.line == self.buffer.len() {
            self.buffer.clear();
            self.scanned = 0;
            self.line = 0;
        } else if self.line > COMPACT_AT_BYTES {
            self.buffer.drain(..self.line);
            self.scanned -= self.line;
            self.line = 0;
        }
        if self.buffer.len() - self.line + self.data.len() + bytes.len() > EVENT_LIMIT_BYTES {
            return Err(Overlong);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The data of the next whole event, if there is one.
    pub fn next_data(&mut self) -> Option<&[u8]> {
        while let Some(end) = self.line_end() {
            if self.take_line(end) == Line::Event {
                return Some(&self.ready);
            }
        }
        None
    }

    /// The next whole event or comment, if there is one.
    pub(crate) fn next_sign(&mut self) -> Option<Sign<'_>> {
        while let Some(end) = self.line_end() {
            match self.take_line(end) {
                Line::Event => return Some(Sign::Data(&self.ready)),
                Line::Comment => return Some(Sign::Comment),
                Line::Part => {}
            }
        }
        None
    }

    /// True when bytes of an unfinished event are left.
    pub fn is_mid_event(&self) -> bool {
        self.has_data || self.line < self.buffer.len()
    }

    /// Where the current line ends, if its end has come.
    fn line_end(&mut self) -> Option<usize> {
        if self.after_return && self.line < self.buffer.len() {
            self.after_return = false;
            if self.buffer.get(self.line) == Some(&b'\n') {
                self.line += 1;
            }
        }
        let from = self.scanned.max(self.line);
        let rest = self.buffer.get(from..)?;
        let found = memchr::memchr2(b'\n', b'\r', rest);
        self.scanned = found.map_or(self.buffer.len(), |at| from + at);
        found.map(|at| from + at)
    }

    /// Takes the line up to `end`, and says what it was.
    fn take_line(&mut self, end: usize) -> Line {
        let mut line = self.buffer.get(self.line..end).unwrap_or_default();
        self.after_return = self.buffer.get(end) == Some(&b'\r');
        self.line = end + 1;
        self.scanned = self.line;
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            if !self.has_data {
                return Line::Part;
            }
            self.has_data = false;
            std::mem::swap(&mut self.data, &mut self.ready);
            self.data.clear();
            return Line::Event;
        }
        if line.starts_with(b":") {
            return Line::Comment;
        }
        if let Some(value) = line.strip_prefix(b"data") {
            let value = match value {
                [b':', b' ', rest @ ..] | [b':', rest @ ..] => rest,
                [] => &[],
                _ => return Line::Part,
            };
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(value);
        }
        Line::Part
    }
}
