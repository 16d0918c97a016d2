//! The end of a log: where its last whole batch ends and which entry comes next.

use super::line::RawEntry;
use std::{fs::File, io, os::unix::fs::FileExt as _};

/// What the end of a log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    /// Where the header's line ends. 0 when the file has no whole line.
    pub(crate) header_end: u64,
    /// Where the last whole batch ends.
    pub(crate) end: u64,
    /// How long the file is; more than `end` when a batch was torn.
    pub(crate) file_len: u64,
    /// The last entry that can be read.
    pub(crate) last_id: Option<u64>,
    /// When it was written, in milliseconds.
    pub(crate) last_at: Option<u64>,
    /// The id of the entry to come.
    pub(crate) next_id: u64,
}

const FIRST_LOOK_BYTES: u64 = 32 * 1024;

/// Looks at a log's end, from the end backwards, as far as needed.
pub(crate) fn tail(file: &File) -> io::Result<Tail> {
    let file_len = file.metadata()?.len();
    let header_end = header_end(file, file_len)?;
    let mut look = FIRST_LOOK_BYTES;
    loop {
        let from = file_len.saturating_sub(look).max(header_end);
        let mut bytes = vec![0; usize::try_from(file_len - from).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, from)?;
        if let Some(found) = scan(&bytes, from, header_end) {
            return Ok(Tail {
                header_end,
                file_len,
                ..found
            });
        }
        look = look.saturating_mul(4);
    }
}

/// The end of the first line, or 0.
fn header_end(file: &File, file_len: u64) -> io::Result<u64> {
    let mut at = 0;
    let mut block = [0; 512];
    while at < file_len {
        let read = file.read_at(&mut block, at)?;
        let seen = block.get(..read).unwrap_or_default();
        if let Some(place) = memchr::memchr(b'\n', seen) {
            return Ok(at + place as u64 + 1);
        }
        if read == 0 {
            break;
        }
        at += read as u64;
    }
    Ok(0)
}

/// `None` when `bytes`, which begin at `from`, do not reach back far enough.
fn scan(bytes: &[u8], from: u64, header_end: u64) -> Option<Tail> {
    let whole = from == header_end;
    let mut tail = Tail {
        header_end,
        end: header_end,
        file_len: 0,
        last_id: None,
        last_at: None,
        next_id: 0,
    };
    let Some(last_break) = memchr::memrchr(b'\n', bytes) else {
        return whole.then_some(tail);
    };
    let mut line_end = last_break + 1;
    let mut batch_end = None;
    let mut unreadable = 0;
    loop {
        let before = bytes.get(..line_end - 1)?;
        let start = match memchr::memrchr(b'\n', before) {
            Some(place) => place + 1,
            None if whole => 0,
            None => return None,
        };
        if let Some(raw) = RawEntry::parse(bytes.get(start..line_end)?) {
            if !raw.more && batch_end.is_none() {
                batch_end = Some(line_end);
            }
            if let Some(end) = batch_end {
                tail.end = from + end as u64;
                tail.last_id = Some(raw.id.0);
                tail.last_at = Some(raw.at.0);
                tail.next_id = raw.id.0 + 1 + unreadable;
                return Some(tail);
            }
        } else {
            // A line that cannot be read but is whole was not torn: it stays, and counts.
            batch_end.get_or_insert(line_end);
            unreadable += 1;
        }
        line_end = start;
        if line_end == 0 {
            if !whole {
                return None;
            }
            tail.end = batch_end.map_or(header_end, |end| from + end as u64);
            tail.next_id = unreadable;
            return Some(tail);
        }
    }
}
