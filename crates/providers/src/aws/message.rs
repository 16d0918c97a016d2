//! Amazon's framing of a stream: messages with a length, typed headers, and checksums.

use crate::trouble::{Trouble, garbage};

/// Lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
/// Bytes that one message may have before the stream is taken for garbage.
const MESSAGE_BYTES: usize = 24 << 20;
/// Bytes of taken messages that are kept before the buffer is moved together.
const COMPACT_AT_BYTES: usize = 64 << 10;

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// `event`, `exception` or `error`.
    pub(crate) kind: &'a str,
    /// The event's or the exception's name.
    pub(crate) name: &'a str,
    /// What an `error` says, which has no payload.
    pub(crate) text: &'a str,
    pub(crate) payload: &'a [u8],
}

/// Takes bytes cut anywhere, gives whole messages.
#[derive(Debug, Default)]
pub(crate) struct MessageDecoder {
    buffer: Vec<u8>,
    /// Where the next message begins.
    at: usize,
}

impl MessageDecoder {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
        } else if self.at > COMPACT_AT_BYTES {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// True when a message began and is not whole.
    pub(crate) fn is_mid_message(&self) -> bool {
        self.at < self.buffer.len()
    }

    /// The next whole message, if it is here.
    pub(crate) fn next_message(&mut self) -> Result<Option<Message<'_>>, Trouble> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let Some(prelude) = rest.get(..PRELUDE_BYTES) else {
            return Ok(None);
        };
        let (lengths, sum) = prelude.split_at(PRELUDE_BYTES - CHECKSUM_BYTES);
        if crc32fast::hash(lengths) != number(sum) {
            return Err(garbage("the head of a message does not match its checksum"));
        }
        let total = length(lengths);
        let headers = length(lengths.get(4..).unwrap_or_default());
        let least = PRELUDE_BYTES + headers.saturating_add(CHECKSUM_BYTES);
        if total > MESSAGE_BYTES || total < least {
            return Err(garbage(format!(
                "a message of {total} bytes makes no sense"
            )));
        }
        let Some(message) = rest.get(..total) else {
            return Ok(None);
        };
        let (content, sum) = message.split_at(total - CHECKSUM_BYTES);
        if crc32fast::hash(content) != number(sum) {
            return Err(garbage("a message does not match its checksum"));
        }
        self.at += total;
        let content = content.get(PRELUDE_BYTES..).unwrap_or_default();
        let (headers, payload) = content.split_at(headers);
        read(headers, payload).map(Some)
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .get(..4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

fn length(bytes: &[u8]) -> usize {
    usize::try_from(number(bytes)).unwrap_or(usize::MAX)
}

fn read<'a>(mut headers: &'a [u8], payload: &'a [u8]) -> Result<Message<'a>, Trouble> {
    let mut message = Message {
        kind: "event",
        name: "",
        text: "",
        payload,
    };
    while !headers.is_empty() {
        let torn = || garbage("a message's headers are torn");
        let (name, rest) = taken(headers).ok_or_else(torn)?;
        let (kind, rest) = rest.split_first().ok_or_else(torn)?;
        // Fixed sizes for numbers, times and ids; texts and bytes say theirs.
        let size = match kind {
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            5 | 8 => 8,
            9 => 16,
            6 | 7 => {
                let size = rest.get(..2).and_then(|size| size.try_into().ok());
                usize::from(u16::from_be_bytes(size.ok_or_else(torn)?)) + 2
            }
            other => return Err(garbage(format!("a header has the unknown type {other}"))),
        };
        let value = rest.get(..size).ok_or_else(torn)?;
        headers = rest.get(size..).unwrap_or_default();
        if *kind == 7 {
            let text = value.get(2..).unwrap_or_default();
            let text = str::from_utf8(text).unwrap_or_default();
            match name {
                b":message-type" => message.kind = text,
                b":event-type" | b":exception-type" | b":error-code" => message.name = text,
                b":error-message" => message.text = text,
                _ => {}
            }
        }
    }
    Ok(message)
}

/// A name with its length in front, and what follows.
fn taken(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*size))
}
