//! The one applier of edits: finds what is meant, replaces it, and proves that nothing else
//! changed before anyone writes it.
//!
//! Matching goes from strict to tolerant and stops at the first step that finds something:
//! exact; any line ends; whole lines without trailing whitespace; whole lines with a
//! consistent shift of indentation; lines anchored by the first and the last. Lines that the
//! edit does not change keep the file's own bytes in every step.

mod find;
mod hints;
mod lines;
mod merge;

use find::{Found, Step};
use thiserror::Error;

pub use hints::Hint;

/// One replacement as the model asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What stands there.
    pub old: String,
    /// What shall stand there.
    pub new: String,
    /// How many places are meant.
    pub places: Places,
}

/// How many places an edit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// Exactly one; more are ambiguous.
    One,
    /// Every one.
    All,
}

/// Where something was replaced, in lines from 1 of the text before this change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The first line that was touched.
    pub first: u64,
    /// How many lines were touched.
    pub old_lines: u64,
    /// How many lines stand there now.
    pub new_lines: u64,
}

/// The outcome of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The whole content after the change.
    pub bytes: Vec<u8>,
    /// Every place, in order.
    pub spots: Vec<Spot>,
    /// Why the match was not exact; `None` when it was.
    pub note: Option<String>,
    /// True when what stood there was not quite what was quoted: worth showing.
    pub loose: bool,
}

/// Why nothing was changed. Nothing was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unapplied {
    /// There is nothing to look for.
    #[error("old_string is empty; it must quote the text to be replaced")]
    Empty,
    /// Old and new are the same.
    #[error("old_string and new_string are the same: nothing would change")]
    Same,
    /// More than one place fits.
    #[error(
        "old_string fits {count} places, on lines {lines}; quote more of the lines around the \
         one that is meant, or set replace_all"
    )]
    Ambiguous {
        /// How many.
        count: usize,
        /// Their first lines, as a list for reading.
        lines: String,
    },
    /// No place fits.
    #[error("old_string was not found{hint}")]
    Missing {
        /// What may be wrong with it.
        hint: Hint,
    },
    /// The file is not UTF-8, and the text does not stand in it byte by byte.
    #[error(
        "the file is not UTF-8 text, and old_string does not stand in it byte for byte; only \
         byte-exact edits are safe in such a file"
    )]
    NotText,
    /// The check of the result failed.
    #[error("the result of the edit did not pass its check; nothing was written")]
    Unverified,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Applies one change to the content of a file.
///
/// # Errors
/// When no place or more than one is meant, or nothing would change.
pub fn apply(content: &[u8], change: &Change) -> Result<Applied, Unapplied> {
    if change.old.is_empty() {
        return Err(Unapplied::Empty);
    }
    if change.old == change.new {
        return Err(Unapplied::Same);
    }
    let body = content.strip_prefix(BOM).unwrap_or(content);
    let mark = content
        .get(..content.len() - body.len())
        .unwrap_or_default();
    let Ok(text) = std::str::from_utf8(body) else {
        return apply_to_bytes(content, change);
    };
    let found = find::find(text, change)?;
    let Some(splices) = splices(text, change, &found) else {
        return Err(Unapplied::Unverified);
    };
    let (changed, spots) = splice(body, &splices);
    if changed == body {
        return Err(Unapplied::Same);
    }
    if !proven(body, &changed, &splices) || std::str::from_utf8(&changed).is_err() {
        return Err(Unapplied::Unverified);
    }
    Ok(Applied {
        bytes: [mark, &changed].concat(),
        spots,
        note: found.note(),
        loose: !matches!(found.step, Step::Exact | Step::LineEnds),
    })
}

/// A range of the content and what takes its place.
struct Splice {
    start: usize,
    end: usize,
    with: Vec<u8>,
}

fn splices(text: &str, change: &Change, found: &Found) -> Option<Vec<Splice>> {
    found
        .ranges
        .iter()
        .map(|range| {
            let region = text.get(range.clone())?;
            let with = match found.step {
                Step::Exact => merge::exact(text, range.clone(), change),
                Step::LineEnds | Step::Trailing | Step::Indent | Step::Anchored => {
                    let merged = merge::merge(text, range.clone(), change, found.shift.as_ref());
                    let kept = found.step == Step::Anchored;
                    merge::as_meant(&merged, region, change, kept).then_some(merged)?
                }
            };
            Some(Splice {
                start: range.start,
                end: range.end,
                with: with.into_bytes(),
            })
        })
        .collect()
}

fn splice(content: &[u8], splices: &[Splice]) -> (Vec<u8>, Vec<Spot>) {
    let mut changed = Vec::with_capacity(content.len());
    let mut spots = Vec::new();
    let mut done = 0;
    let mut line = 1;
    for splice in splices {
        let before = content.get(done..splice.start).unwrap_or_default();
        let replaced = content.get(splice.start..splice.end).unwrap_or_default();
        line += breaks(before);
        spots.push(Spot {
            first: line,
            old_lines: touched(replaced),
            new_lines: touched(&splice.with),
        });
        line += breaks(replaced);
        changed.extend_from_slice(before);
        changed.extend_from_slice(&splice.with);
        done = splice.end;
    }
    changed.extend_from_slice(content.get(done..).unwrap_or_default());
    (changed, spots)
}

/// Puts the old parts back into the result and looks whether the original comes out.
fn proven(content: &[u8], changed: &[u8], splices: &[Splice]) -> bool {
    let mut rest_old = content;
    let mut rest_new = changed;
    let mut done = 0;
    for splice in splices {
        let same = splice.start.saturating_sub(done);
        let (Some(old_same), Some(new_same)) = (rest_old.get(..same), rest_new.get(..same)) else {
            return false;
        };
        let Some(with) = rest_new.get(same..same + splice.with.len()) else {
            return false;
        };
        if old_same != new_same || with != splice.with {
            return false;
        }
        rest_old = rest_old
            .get(same + (splice.end - splice.start)..)
            .unwrap_or_default();
        rest_new = rest_new.get(same + splice.with.len()..).unwrap_or_default();
        done = splice.end;
    }
    rest_old == rest_new
}

/// In a file that is not UTF-8 only the very same bytes are replaced.
fn apply_to_bytes(content: &[u8], change: &Change) -> Result<Applied, Unapplied> {
    let wanted = change.old.as_bytes();
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = position(content.get(from..).unwrap_or_default(), wanted) {
        starts.push(from + at);
        from += at + wanted.len();
    }
    if starts.is_empty() {
        return Err(Unapplied::NotText);
    }
    if change.places == Places::One && starts.len() > 1 {
        let lines = starts
            .iter()
            .map(|start| 1 + breaks(content.get(..*start).unwrap_or_default()));
        return Err(ambiguous(&lines.collect::<Vec<_>>()));
    }
    let splices: Vec<_> = starts
        .into_iter()
        .map(|start| Splice {
            start,
            end: start + wanted.len(),
            with: change.new.clone().into_bytes(),
        })
        .collect();
    let (bytes, spots) = splice(content, &splices);
    if !proven(content, &bytes, &splices) {
        return Err(Unapplied::Unverified);
    }
    let note = "the file is not UTF-8; the bytes of old_string were replaced exactly".to_owned();
    Ok(Applied {
        bytes,
        spots,
        note: Some(note),
        loose: false,
    })
}

fn position(content: &[u8], wanted: &[u8]) -> Option<usize> {
    content
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn breaks(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// How many lines a piece of text stands on; none when it is empty.
fn touched(bytes: &[u8]) -> u64 {
    match bytes.last() {
        None => 0,
        Some(b'\n') => breaks(bytes),
        Some(_) => breaks(bytes) + 1,
    }
}

/// How many lines an ambiguous match names.
const NAMED_LINES: usize = 10;

fn ambiguous(lines: &[u64]) -> Unapplied {
    let mut named: Vec<String> = lines
        .iter()
        .take(NAMED_LINES)
        .map(ToString::to_string)
        .collect();
    if lines.len() > NAMED_LINES {
        named.push("…".to_owned());
    }
    Unapplied::Ambiguous {
        count: lines.len(),
        lines: named.join(", "),
    }
}

#[cfg(test)]
mod tests;
