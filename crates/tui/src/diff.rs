//! Changes of files: as hunks, and drawn with line numbers, marked words and syntax colours, in
//! one column or, where there is room, side by side.

mod draw;
mod parse;
mod words;

pub use draw::{Drawn, View, draw};
pub use parse::unified;

use similar::{ChangeTag, TextDiff};

/// Bytes of two texts together beyond which they are not compared but shown as replaced.
const MOST_COMPARED: usize = 8 * 1024 * 1024;

/// Lines that were changed together, with some around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// The number of the first line in the old file.
    pub old_start: usize,
    /// The number of the first line in the new file.
    pub new_start: usize,
    /// What happened to each line, in order.
    pub lines: Vec<Changed>,
}

/// A line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What happened to it.
    pub tag: Tag,
    /// The line without its end.
    pub text: String,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Nothing.
    Same,
    /// It is gone.
    Removed,
    /// It is new.
    Added,
}

/// The changes of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChange {
    /// The file, for its name and its syntax.
    pub path: String,
    /// In order.
    pub hunks: Vec<Hunk>,
}

impl Hunk {
    /// A hunk of lines that begin with a blank, a minus or a plus, as patches have them. Others,
    /// such as the note on a missing line end, are left out.
    pub fn of_lines<'t>(
        old_start: usize,
        new_start: usize,
        lines: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let changed = |line: &'t str| {
            let mut letters = line.chars();
            let tag = match letters.next() {
                Some(' ') | None => Tag::Same,
                Some('-') => Tag::Removed,
                Some('+') => Tag::Added,
                Some(_) => return None,
            };
            Some(Changed {
                tag,
                text: letters.as_str().to_owned(),
            })
        };
        Self {
            old_start,
            new_start,
            lines: lines.into_iter().filter_map(changed).collect(),
        }
    }

    /// How many lines it takes in the old file.
    fn old_lines(&self) -> usize {
        self.lines
            .iter()
            .filter(|line| line.tag != Tag::Added)
            .count()
    }
}

/// How many lines were added and removed.
pub fn counts(hunks: &[Hunk]) -> (usize, usize) {
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
    lines.fold((0, 0), |(added, removed), line| match line.tag {
        Tag::Same => (added, removed),
        Tag::Removed => (added, removed + 1),
        Tag::Added => (added + 1, removed),
    })
}

/// The hunks that lead from one text to another, with so many lines around each change.
pub fn between(old: &str, new: &str, around: usize) -> Vec<Hunk> {
    if old.len() + new.len() > MOST_COMPARED {
        let removed = old.lines().map(|line| (Tag::Removed, line));
        let added = new.lines().map(|line| (Tag::Added, line));
        let lines = removed.chain(added).map(|(tag, line)| Changed {
            tag,
            text: line.to_owned(),
        });
        return vec![Hunk {
            old_start: 1,
            new_start: 1,
            lines: lines.collect(),
        }];
    }
    let diff = TextDiff::from_lines(old, new);
    let mut hunks = Vec::new();
    for group in diff.grouped_ops(around) {
        let Some(first) = group.first() else {
            continue;
        };
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        let lines = changes.map(|change| Changed {
            tag: match change.tag() {
                ChangeTag::Equal => Tag::Same,
                ChangeTag::Delete => Tag::Removed,
                ChangeTag::Insert => Tag::Added,
            },
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
        });
        hunks.push(Hunk {
            old_start: first.old_range().start + 1,
            new_start: first.new_range().start + 1,
            lines: lines.collect(),
        });
    }
    hunks
}

#[cfg(test)]
mod tests;
