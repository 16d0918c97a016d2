//! The lines of a log: the header and the entries, one JSON object each.

use gimlet_ports::LogFault;
use gimlet_protocol::{Entry, EntryId, Fact, SessionId, Timestamp, path_text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

/// The newest format that this program reads, and the one that it writes.
pub const FORMAT: u64 = 1;

/// The first line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format's number.
    pub gimlet_log: u64,
    /// The session.
    pub session: SessionId,
    /// When the log was made.
    pub created: Timestamp,
    /// Where the session works. Absolute.
    #[serde(with = "path_text")]
    pub cwd: PathBuf,
    /// The session and entry that this log was copied from, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<(SessionId, EntryId)>,
}

impl Header {
    /// Reads a first line without its end.
    pub(crate) fn parse(line: &[u8], path: &Path) -> Result<Self, LogFault> {
        #[derive(Deserialize)]
        struct Format {
            gimlet_log: u64,
        }
        let corrupt = |why: String| LogFault::Corrupt {
            path: path.to_owned(),
            line: 1,
            why,
        };
        let Format { gimlet_log: found } = serde_json::from_slice(line)
            .map_err(|error| corrupt(format!("not the first line of a log: {}", why(&error))))?;
        if found > FORMAT {
            return Err(LogFault::Newer {
                path: path.to_owned(),
                found,
                known: FORMAT,
            });
        }
        serde_json::from_slice(line).map_err(|error| corrupt(why(&error)))
    }

    pub(crate) fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

#[derive(Serialize)]
struct EntryOut<'a> {
    id: EntryId,
    parent: Option<EntryId>,
    at: Timestamp,
    #[serde(skip_serializing_if = "is_last")]
    more: bool,
    fact: &'a Fact,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_last(more: &bool) -> bool {
    !*more
}

/// Whether an entry ends its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InBatch {
    More,
    Last,
}

/// Adds an entry's line with its end to `out`. A line break inside the fact can only stand
/// between the tokens of a provider's own JSON, where a space means the same; `true` tells
/// that there was one.
pub(crate) fn push_entry(
    out: &mut Vec<u8>,
    entry: &Entry,
    place: InBatch,
) -> Result<bool, serde_json::Error> {
    let start = out.len();
    let more = place == InBatch::More;
    let Entry {
        id,
        parent,
        at,
        fact,
    } = entry;
    serde_json::to_writer(
        &mut *out,
        &EntryOut {
            id: *id,
            parent: *parent,
            at: *at,
            more,
            fact,
        },
    )?;
    let mut broken = false;
    if let Some(line) = out.get_mut(start..)
        && memchr::memchr2(b'\n', b'\r', line).is_some()
    {
        broken = true;
        for byte in line
            .iter_mut()
            .filter(|byte| matches!(**byte, b'\n' | b'\r'))
        {
            *byte = b' ';
        }
    }
    out.push(b'\n');
    Ok(broken)
}

/// Reads an entry's line, with or without its end. The error says what is wrong with it.
pub(crate) fn parse_entry(line: &[u8]) -> Result<Entry, String> {
    let text = str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    serde_json::from_str(text).map_err(|error| why(&error))
}

/// An entry's line with the fact as it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RawEntry<'a> {
    pub(crate) id: EntryId,
    pub(crate) parent: Option<EntryId>,
    pub(crate) at: Timestamp,
    #[serde(default, skip_serializing_if = "is_last")]
    pub(crate) more: bool,
    #[serde(borrow)]
    pub(crate) fact: &'a RawValue,
}

impl<'a> RawEntry<'a> {
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// The fact's `type`.
    pub(crate) fn tag(&self) -> Option<Cow<'a, str>> {
        #[derive(Deserialize)]
        struct Tagged<'a> {
            #[serde(rename = "type", borrow)]
            tag: Cow<'a, str>,
        }
        let tagged: Tagged<'a> = serde_json::from_str(self.fact.get()).ok()?;
        Some(tagged.tag)
    }
}

/// The id at the start of a line, for lines as this program writes them.
pub(crate) fn leading_id(line: &[u8]) -> Option<EntryId> {
    let digits = line.strip_prefix(br#"{"id":"#)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    let text = str::from_utf8(digits.get(..end)?).ok()?;
    text.parse().ok().map(EntryId)
}

/// A JSON error without its position, which would be counted from the fact's start.
pub(crate) fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}
