//! What may be wrong with a quoted text that stands nowhere.

use super::lines;
use std::fmt;

/// Why a quoted text was not found, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing in the file looks like it.
    Nothing,
    /// It holds the line numbers of a Read.
    LineNumbers,
    /// It would fit with typographic quotes, dashes or spaces read as plain ones.
    Typography {
        /// The first line in the file, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// It would fit if its escape sequences were the characters that they mean.
    Escaped {
        /// The first line in the file, from 1.
        line: u64,
    },
    /// It would fit if its characters were written as the escape sequences of the file.
    Unescaped {
        /// The first line in the file, from 1.
        line: u64,
    },
    /// It fits several places, each only with another tolerance.
    LooseTwice {
        /// Their first lines, from 1.
        lines: Vec<u64>,
    },
    /// The most similar lines.
    Nearest {
        /// The first of them, from 1.
        line: u64,
        /// The lines.
        text: String,
    },
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str(", and nothing in the file looks like it"),
            Self::LineNumbers => {
                f.write_str(": it begins with the line numbers that Read shows; leave them out")
            }
            Self::Typography { line, text } => write!(
                f,
                ", but line {line} has it with typographic quotes, dashes or spaces; quote it \
                 exactly:\n{text}"
            ),
            Self::Escaped { line } => write!(
                f,
                ", but would fit at line {line} if its escapes (such as \\n or \\\") were the \
                 characters they mean; write these characters themselves"
            ),
            Self::Unescaped { line } => write!(
                f,
                ", but would fit at line {line} with backslash escapes (such as \\n or \\\") as \
                 the file has them; keep the backslashes"
            ),
            Self::LooseTwice { lines } => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    " exactly, and the places that are alike but for whitespace (lines {}) \
                     differ from each other; edit them one by one",
                    lines.join(", ")
                )
            }
            Self::Nearest { line, text } => {
                write!(f, "; the most similar text is at line {line}:\n{text}")
            }
        }
    }
}

/// Lines of the most similar text that are shown.
const SHOWN_LINES: usize = 12;
/// Characters of each of them.
const SHOWN_CHARS: usize = 200;

/// Looks for the most telling hint.
pub(super) fn of(text: &str, old: &str) -> Hint {
    if numbered(old) {
        return Hint::LineNumbers;
    }
    let plain_old = lines::unified(old);
    let plain_text = lines::unified(text);
    let typed = plain(&plain_old);
    let line_at =
        |text: &str, at: usize| 1 + super::breaks(text.get(..at).unwrap_or_default().as_bytes());
    let plain_file = plain(&plain_text);
    if (typed != plain_old || plain_file != plain_text)
        && let Some(at) = plain_file.find(&typed)
    {
        let line = line_at(&plain_file, at);
        let count = typed.lines().count().min(SHOWN_LINES);
        return Hint::Typography {
            line,
            text: shown(&plain_text, line, count),
        };
    }
    let meant = unescape(&plain_old);
    if meant != plain_old
        && let Some(at) = plain_text.find(&meant)
    {
        return Hint::Escaped {
            line: line_at(&plain_text, at),
        };
    }
    let escaped = plain_old
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    if escaped != plain_old
        && let Some(at) = plain_text.find(&escaped)
    {
        return Hint::Unescaped {
            line: line_at(&plain_text, at),
        };
    }
    nearest(&plain_text, &plain_old)
}

/// Tells whether every line begins as Read shows it: a number and a tab.
fn numbered(old: &str) -> bool {
    let mut lines = old
        .lines()
        .filter(|line| !line.trim().is_empty())
        .peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            line.trim_start()
                .split_once('\t')
                .is_some_and(|(number, _)| {
                    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
                })
        })
}

/// The text with typographic characters as plain ones, one for one.
fn plain(text: &str) -> String {
    text.chars()
        .map(|char| match char {
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{2032}' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2033}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
            other => other,
        })
        .collect()
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(meant @ ('"' | '\'' | '\\' | '`' | '$')) => out.push(meant),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// The window with the most lines in common.
fn nearest(text: &str, old: &str) -> Hint {
    let wanted: Vec<&str> = old.lines().map(str::trim).collect();
    let telling: std::collections::HashSet<&str> = wanted
        .iter()
        .copied()
        .filter(|line| line.len() > 2)
        .collect();
    let hits: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| telling.contains(line.trim()))
        .map(|(index, _)| index)
        .collect();
    let span = wanted.len().max(1);
    let best = hits.iter().enumerate().max_by_key(|(position, first)| {
        let after = hits.get(*position..).unwrap_or_default();
        let count = after.partition_point(|index| *index < **first + span);
        // Of equally good windows the first one is shown.
        (count, std::cmp::Reverse(**first))
    });
    let first = match best {
        Some((_, first)) => *first,
        None => match similar_line(text, &wanted) {
            Some(line) => line,
            None => return Hint::Nothing,
        },
    };
    let line = u64::try_from(first).unwrap_or(u64::MAX).saturating_add(1);
    Hint::Nearest {
        line,
        text: shown(text, line, span.min(SHOWN_LINES)),
    }
}

/// The line that shares the most words with the longest quoted one; at least half of them.
fn similar_line(text: &str, wanted: &[&str]) -> Option<usize> {
    let words = |line: &str| -> Vec<String> {
        line.split(|char: char| !char.is_alphanumeric() && char != '_')
            .filter(|word| word.len() > 1)
            .map(str::to_owned)
            .collect()
    };
    let longest = words(wanted.iter().max_by_key(|line| line.len())?);
    let (best, score) = text
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let own = words(line);
            (
                index,
                longest.iter().filter(|word| own.contains(word)).count(),
            )
        })
        // Of equally similar lines the first one is shown.
        .max_by_key(|(index, score)| (*score, std::cmp::Reverse(*index)))?;
    (score > 0 && score * 2 >= longest.len()).then_some(best)
}

fn shown(text: &str, line: u64, count: usize) -> String {
    let skip = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let lines = text.lines().skip(skip).take(count);
    let cut = lines.map(|line| line.chars().take(SHOWN_CHARS).collect::<String>());
    cut.collect::<Vec<_>>().join("\n")
}
