//! What takes the place of a match, so that lines which the edit leaves alone keep the
//! file's own bytes and new lines look like their neighbours.

use super::{
    Change,
    lines::{self, Line},
};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::{fmt, ops::Range};

/// How the indentation of the quoted text differs from that of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// The same, or nothing to compare.
    Same,
    /// The file has this before each line's indentation.
    Deeper(String),
    /// The quoted text has this before each line's indentation.
    Shallower(String),
    /// One level is written differently.
    Unit {
        /// A level in the quoted text.
        quoted: &'static str,
        /// A level in the file.
        file: &'static str,
    },
}

/// What a level of indentation may look like.
const UNITS: [&str; 5] = ["\t", "    ", "  ", "        ", "   "];

impl Shift {
    /// The one shift that explains every pair of a file's line and a quoted one.
    pub(super) fn between(pairs: &[(&str, &str)]) -> Option<Self> {
        let indents: Vec<(&str, &str)> = pairs
            .iter()
            .filter(|(file, _)| !file.trim().is_empty())
            .map(|(file, old)| (lines::indent(file), lines::indent(old)))
            .collect();
        if indents.iter().all(|(file, old)| file == old) {
            return Some(Self::Same);
        }
        let (file, old) = indents.first()?;
        let candidates = [
            file.strip_suffix(*old)
                .map(|more| Self::Deeper(more.to_owned())),
            old.strip_suffix(*file)
                .map(|more| Self::Shallower(more.to_owned())),
        ];
        let units = UNITS.iter().flat_map(|quoted| {
            UNITS
                .iter()
                .filter(move |file| *file != quoted)
                .map(|file| Self::Unit { quoted, file })
        });
        candidates.into_iter().flatten().chain(units).find(|shift| {
            indents
                .iter()
                .all(|(file, old)| shift.indent(old).as_deref() == Some(*file))
        })
    }

    /// The indentation as the file would have it; `None` where the shift does not fit.
    fn indent(&self, quoted_indent: &str) -> Option<String> {
        match self {
            Self::Same => Some(quoted_indent.to_owned()),
            Self::Deeper(more) => Some(format!("{more}{quoted_indent}")),
            Self::Shallower(more) => quoted_indent.strip_prefix(more.as_str()).map(str::to_owned),
            Self::Unit { quoted, file } => {
                let mut rest = quoted_indent;
                let mut made = String::new();
                while let Some(less) = rest.strip_prefix(quoted) {
                    made.push_str(file);
                    rest = less;
                }
                rest.is_empty().then_some(made)
            }
        }
    }

    fn line(&self, content: &str) -> String {
        if content.trim().is_empty() {
            return content.to_owned();
        }
        let indent = lines::indent(content);
        match self.indent(indent) {
            Some(shifted) => shifted + content.trim_start(),
            None => content.to_owned(),
        }
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("the indentation was taken as it is"),
            Self::Deeper(more) => write!(f, "{} more were put before new lines", Blank(more)),
            Self::Shallower(more) => write!(f, "{} were taken from new lines", Blank(more)),
            Self::Unit { quoted, file } => {
                write!(f, "{} became {} in new lines", Blank(quoted), Blank(file))
            }
        }
    }
}

/// Whitespace in words.
struct Blank<'a>(&'a str);

impl fmt::Display for Blank<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tabs = self.0.matches('\t').count();
        let spaces = self.0.chars().count() - tabs;
        let name = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            many => format!("{many} {one}s"),
        };
        match (tabs, spaces) {
            (0, spaces) => f.write_str(&name(spaces, "space")),
            (tabs, 0) => f.write_str(&name(tabs, "tab")),
            (tabs, spaces) => write!(f, "{} and {}", name(tabs, "tab"), name(spaces, "space")),
        }
    }
}

/// The replacement of an exact match: the new text, its line ends as the file has them
/// where the quoted text had none to show.
pub(super) fn exact(text: &str, range: Range<usize>, change: &Change) -> String {
    let explicit = change.old.contains('\n') || change.new.contains("\r\n");
    if explicit || !change.new.contains('\n') || line_end_near(text, range) == "\n" {
        change.new.clone()
    } else {
        change.new.replace('\n', "\r\n")
    }
}

/// The replacement of a tolerant match, line by line.
pub(super) fn merge(
    text: &str,
    range: Range<usize>,
    change: &Change,
    shift: Option<&Shift>,
) -> String {
    let region: Vec<Line<'_>> =
        lines::pieces(text.get(range.clone()).unwrap_or_default()).collect();
    let (old, new) = quoted(change, region.len());
    let near = line_end_near(text, range);
    let mut merged: Vec<(String, &str)> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (tag, was, now) = op.as_tag_tuple();
        let was = region.get(was).unwrap_or_default();
        if tag == DiffTag::Equal {
            merged.extend(was.iter().map(|line| (line.content.to_owned(), line.end)));
            continue;
        }
        for (index, line) in new.get(now).unwrap_or_default().iter().enumerate() {
            let line = shift.map_or_else(|| (*line).to_owned(), |shift| shift.line(line));
            let end = was
                .get(index)
                .or(was.last())
                .map(|line| line.end)
                .unwrap_or_default();
            merged.push((line, end));
        }
    }
    let last = merged.len().saturating_sub(1);
    let mut out = String::new();
    for (index, (line, end)) in merged.iter().enumerate() {
        out.push_str(line);
        if index < last {
            out.push_str(if end.is_empty() { near } else { end });
        }
    }
    out
}

/// Looks at the finished text of a place once more: as many lines as the new text has, each
/// the new one but for whitespace, or the file's own where that was to be kept.
pub(super) fn as_meant(merged: &str, region: &str, change: &Change, kept: bool) -> bool {
    let region: Vec<&str> = lines::pieces(region).map(|line| line.content).collect();
    let (_, new) = quoted(change, region.len());
    let merged: Vec<&str> = lines::pieces(merged).map(|line| line.content).collect();
    merged.len() == new.len().max(1)
        && merged
            .iter()
            .zip(&new)
            .all(|(is, meant)| is.trim() == meant.trim() || (kept && region.contains(is)))
}

/// Tells whether the edit leaves the quoted lines of these numbers alone.
pub(super) fn untouched(change: &Change, indices: &[usize]) -> bool {
    let count = lines::pieces(&change.old).count();
    let (old, new) = quoted(change, count);
    let equal: Vec<Range<usize>> = capture_diff_slices(Algorithm::Myers, &old, &new)
        .into_iter()
        .filter(|op| op.tag() == DiffTag::Equal)
        .map(|op| op.old_range())
        .collect();
    indices
        .iter()
        .all(|index| equal.iter().any(|range| range.contains(index)))
}

/// Both texts of a change as lines. Where the place in the file has one line less than the
/// quoted text, it lacks the last line end; then that of the new text is left out as well.
fn quoted(change: &Change, region_lines: usize) -> (Vec<&str>, Vec<&str>) {
    let mut old: Vec<&str> = lines::pieces(&change.old)
        .map(|line| line.content)
        .collect();
    let mut new: Vec<&str> = lines::pieces(&change.new)
        .map(|line| line.content)
        .collect();
    if old.len() > region_lines {
        old.pop();
        new.pop();
    }
    (old, new)
}

/// The line end in or next to a range.
fn line_end_near(text: &str, range: Range<usize>) -> &'static str {
    let after = text
        .get(range.start..)
        .unwrap_or_default()
        .find('\n')
        .map(|at| range.start + at);
    let before = || text.get(..range.start).unwrap_or_default().rfind('\n');
    match after.or_else(before) {
        Some(at) if at > 0 && text.as_bytes().get(at - 1) == Some(&b'\r') => "\r\n",
        _ => "\n",
    }
}
