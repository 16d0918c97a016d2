//! Differences between two texts: as hunks for clients, as a unified diff for the model.

use crate::limits::{DIFF_BYTES, DIFF_TIME};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// A hunk of a difference, as clients expect it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hunk {
    /// The first line in the old text, from 1.
    pub old_start: usize,
    /// How many lines of the old text.
    pub old_lines: usize,
    /// The first line in the new text, from 1.
    pub new_start: usize,
    /// How many lines of the new text.
    pub new_lines: usize,
    /// Each line after `' '`, `'-'` or `'+'`.
    pub lines: Vec<String>,
}

/// The hunks that lead from one text to the other.
pub(crate) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::configure()
        .timeout(DIFF_TIME)
        .diff_lines(old, new);
    let mut hunks = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        let mut lines = Vec::new();
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let value = change.value();
            lines.push(format!(
                "{sign}{}",
                value.strip_suffix('\n').unwrap_or(value)
            ));
            if change.missing_newline() {
                lines.push("\\ No newline at end of file".to_owned());
            }
        }
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let old_lines = last.old_range().end - first.old_range().start;
        let new_lines = last.new_range().end - first.new_range().start;
        hunks.push(Hunk {
            old_start: first.old_range().start + usize::from(old_lines > 0),
            old_lines,
            new_start: first.new_range().start + usize::from(new_lines > 0),
            new_lines,
            lines,
        });
    }
    hunks
}

/// A difference for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Unified, without file headers.
    pub(crate) text: String,
    /// True when it was longer than is shown.
    pub(crate) cut: bool,
}

/// The difference of two texts as a unified diff without file names. Cut where it is very long.
pub fn difference(old: &str, new: &str) -> String {
    unified(&hunks(old, new)).text
}

/// The difference for reading, at most `DIFF_BYTES` of it.
pub(crate) fn unified(hunks: &[Hunk]) -> Shown {
    let mut text = String::new();
    for hunk in hunks {
        let Hunk {
            old_start,
            old_lines,
            new_start,
            new_lines,
            lines,
        } = hunk;
        let head = format!("@@ -{old_start},{old_lines} +{new_start},{new_lines} @@");
        for line in std::iter::once(&head).chain(lines) {
            if text.len() + line.len() > DIFF_BYTES {
                text.push_str("[the difference goes on; it is cut here]\n");
                return Shown { text, cut: true };
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    Shown { text, cut: false }
}
