//! Putting the hunks of a patch in their places, through the one applier of edits.

use super::parse::Hunk;
use crate::apply::{Change, Places, Unapplied, apply};

/// A file's content after its hunks, and what was not quite as the patch says.
pub(super) struct Placed {
    pub(super) content: Vec<u8>,
    pub(super) notes: Vec<String>,
}

/// Applies all hunks, each below the one before where it would fit elsewhere too.
///
/// # Errors
/// When a hunk fits nowhere or in several places.
pub(super) fn place(content: &[u8], hunks: &[Hunk]) -> Result<Placed, String> {
    let mut placed = Placed {
        content: content.to_vec(),
        notes: Vec::new(),
    };
    let mut below = 0;
    for (index, hunk) in hunks.iter().enumerate() {
        let which = if hunks.len() > 1 {
            format!("hunk {} of {}: ", index + 1, hunks.len())
        } else {
            String::new()
        };
        let done = one(&placed.content, hunk, below).map_err(|why| format!("{which}{why}"))?;
        placed.notes.extend(done.note.map(|note| which + &note));
        placed.content = done.content;
        below = done.below;
    }
    Ok(placed)
}

struct Done {
    content: Vec<u8>,
    note: Option<String>,
    /// The first byte below the place.
    below: usize,
}

fn one(content: &[u8], hunk: &Hunk, below: usize) -> Result<Done, String> {
    let from = anchored(content, &hunk.anchors)?;
    if hunk.old.is_empty() {
        return Ok(inserted(content, hunk, from));
    }
    let old = lines(&hunk.old);
    let starts = exact(content, &old);
    let end_start = content.len().checked_sub(old.len());
    let start = if hunk.at_end {
        starts
            .iter()
            .copied()
            .find(|start| Some(*start) == end_start)
    } else if let Some(from) = from {
        starts.iter().copied().find(|start| *start >= from)
    } else {
        let mut later = starts.iter().copied().filter(|start| *start >= below);
        match (starts.as_slice(), later.next(), later.next()) {
            ([only], _, _) => Some(*only),
            (_, Some(only), None) => Some(only),
            (_, _, _) => None,
        }
    };
    // Where the exact place is known, the applier sees nothing else; else it looks for it.
    let window = match start {
        Some(start) => start..start + old.len(),
        None => from.unwrap_or(0)..content.len(),
    };
    let (head, rest) = content
        .split_at_checked(window.start)
        .unwrap_or((content, &[]));
    let (body, tail) = rest
        .split_at_checked(window.end - window.start)
        .unwrap_or((rest, &[]));
    let exact = start.is_some();
    let change = Change {
        old: if exact { old } else { hunk.old.join("\n") },
        new: if exact || hunk.new.is_empty() {
            lines(&hunk.new)
        } else {
            hunk.new.join("\n")
        },
        places: Places::One,
    };
    let applied = apply(body, &change).map_err(|why| words(&why, &hunk.old))?;
    let mut content = head.to_vec();
    content.extend_from_slice(&applied.bytes);
    let below = if exact { content.len() } else { head.len() };
    content.extend_from_slice(tail);
    Ok(Done {
        content,
        note: applied.note,
        below,
    })
}

/// The byte below the anchors, where there are any.
fn anchored(content: &[u8], anchors: &[String]) -> Result<Option<usize>, String> {
    let mut at = None;
    for anchor in anchors {
        let from = at.unwrap_or(0);
        let mut start = from;
        let mut found = None;
        for line in content
            .get(from..)
            .unwrap_or_default()
            .split_inclusive(|byte| *byte == b'\n')
        {
            start += line.len();
            if line.trim_ascii() == anchor.trim().as_bytes() {
                found = Some(start);
                break;
            }
        }
        at = Some(found.ok_or_else(|| format!("no line reads `{anchor}`"))?);
    }
    Ok(at)
}

/// New lines without an old place go below the anchor, else to the end.
fn inserted(content: &[u8], hunk: &Hunk, from: Option<usize>) -> Done {
    let at = if hunk.at_end { None } else { from };
    let at = at.unwrap_or(content.len());
    let (head, tail) = content.split_at_checked(at).unwrap_or((content, &[]));
    let mut out = head.to_vec();
    if !head.is_empty() && !head.ends_with(b"\n") {
        out.push(b'\n');
    }
    let new = lines(&hunk.new);
    let new = if head.ends_with(b"\r\n") {
        new.replace('\n', "\r\n")
    } else {
        new
    };
    out.extend_from_slice(new.as_bytes());
    let below = out.len();
    out.extend_from_slice(tail);
    Done {
        content: out,
        note: None,
        below,
    }
}

/// Where the lines stand whole and byte for byte.
fn exact(content: &[u8], old: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut start = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if content
            .get(start..)
            .is_some_and(|rest| rest.starts_with(old.as_bytes()))
        {
            starts.push(start);
        }
        start += line.len();
    }
    starts
}

fn lines(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// What is wrong, in the words of a patch.
fn words(why: &Unapplied, old: &[String]) -> String {
    let first = old
        .iter()
        .find(|line| !line.trim().is_empty())
        .map_or("", |line| line.trim());
    match why {
        Unapplied::Ambiguous { count, lines } => format!(
            "the lines from `{first}` on fit {count} places, on lines {lines}; put more lines \
             around them, or an `@@` line that stands above"
        ),
        Unapplied::Missing { hint } => format!("the lines from `{first}` on were not found{hint}"),
        Unapplied::Same => format!("nothing would change at `{first}`"),
        Unapplied::Empty | Unapplied::NotText | Unapplied::Unverified => why.to_string(),
    }
}
