//! Where the text that an edit quotes stands, from strict to tolerant.

use super::{
    Change, Places, Unapplied, ambiguous, breaks,
    hints::{self, Hint},
    lines::{self, Line},
    merge::{self, Shift},
};
use std::ops::Range;

/// How a match came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Byte for byte.
    Exact,
    /// With other line ends.
    LineEnds,
    /// Whole lines, trailing whitespace left out.
    Trailing,
    /// Whole lines, indentation shifted.
    Indent,
    /// By the first and the last line; lines between that differ are not touched.
    Anchored,
}

/// All matches of one step.
pub(super) struct Found {
    /// The step.
    pub(super) step: Step,
    /// Byte ranges, in order, not overlapping.
    pub(super) ranges: Vec<Range<usize>>,
    /// How the indentation of new lines is shifted.
    pub(super) shift: Option<Shift>,
    /// How many lines were not as quoted.
    differing: usize,
}

impl Found {
    /// The reason to tell, unless the match was exact.
    pub(super) fn note(&self) -> Option<String> {
        let lines = match self.differing {
            1 => "1 line".to_owned(),
            count => format!("{count} lines"),
        };
        let note = match self.step {
            Step::Exact => return None,
            Step::LineEnds => "the file's own line ends were kept".to_owned(),
            Step::Trailing => format!("matched after ignoring trailing whitespace on {lines}"),
            Step::Indent => {
                let shift = self
                    .shift
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                format!("matched after ignoring the indentation of {lines}; {shift}")
            }
            Step::Anchored => format!(
                "matched by its first and last lines; {lines} between differ from old_string and \
                 were kept as they stand in the file"
            ),
        };
        Some(note)
    }
}

/// Lines from which on a block can be matched by its first and last.
const ANCHORED_LINES: usize = 4;

pub(super) fn find(text: &str, change: &Change) -> Result<Found, Unapplied> {
    // In a file with long line ends a quoted line end may stand for either kind: an exact
    // search would overlook places, and could tear a line end in two.
    let long_ends = text.contains("\r\n");
    let explicit = change.old.contains("\r\n");
    if explicit || !long_ends || !change.old.contains('\n') {
        let exact = places(text, &change.old, change.places);
        if !exact.is_empty() {
            let exact = exact.into_iter().map(plain).collect();
            return settle(text, change, Step::Exact, exact);
        }
    }
    if long_ends || explicit {
        let found = across_line_ends(text, change);
        let same = |range: &Range<usize>| text.get(range.clone()) == Some(change.old.as_str());
        let step = if found.iter().all(same) {
            Step::Exact
        } else {
            Step::LineEnds
        };
        if !found.is_empty() {
            return settle(text, change, step, found.into_iter().map(plain).collect());
        }
    }
    let block = Block::new(text, &change.old);
    for step in [Step::Trailing, Step::Indent, Step::Anchored] {
        let found = block
            .as_ref()
            .map(|block| block.matches(step, change))
            .unwrap_or_default();
        if !found.is_empty() {
            return settle(text, change, step, found);
        }
    }
    Err(Unapplied::Missing {
        hint: hints::of(text, &change.old),
    })
}

/// One match before it is known whether it is the only one.
struct Candidate {
    range: Range<usize>,
    shift: Option<Shift>,
    differing: usize,
}

fn plain(range: Range<usize>) -> Candidate {
    Candidate {
        range,
        shift: None,
        differing: 0,
    }
}

fn settle(
    text: &str,
    change: &Change,
    step: Step,
    candidates: Vec<Candidate>,
) -> Result<Found, Unapplied> {
    let many = candidates.len() > 1;
    let shifts_differ = candidates.windows(2).any(|pair| match pair {
        [one, other] => one.shift != other.shift,
        _ => false,
    });
    if many && (change.places == Places::One || step == Step::Anchored || shifts_differ) {
        let lines: Vec<u64> = candidates
            .iter()
            .map(|found| 1 + breaks(text.get(..found.range.start).unwrap_or_default().as_bytes()))
            .collect();
        return Err(match change.places {
            Places::One => ambiguous(&lines),
            Places::All => Unapplied::Missing {
                hint: Hint::LooseTwice { lines },
            },
        });
    }
    let differing = candidates.iter().map(|found| found.differing).sum();
    let shift = candidates.first().and_then(|found| found.shift.clone());
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for found in candidates {
        if ranges
            .last()
            .is_none_or(|last| last.end <= found.range.start)
        {
            ranges.push(found.range);
        }
    }
    Ok(Found {
        step,
        ranges,
        shift,
        differing,
    })
}

/// Every place of `wanted`; where one place is meant, overlapping ones count.
fn places(text: &str, wanted: &str, places: Places) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(wanted)) {
        let start = from + at;
        found.push(start..start + wanted.len());
        from = match places {
            Places::All => start + wanted.len(),
            Places::One => start + wanted.chars().next().map_or(1, char::len_utf8),
        };
    }
    found
}

/// Looks in the text with unified line ends and maps what is found back.
fn across_line_ends(text: &str, change: &Change) -> Vec<Range<usize>> {
    let wanted = lines::unified(&change.old);
    let unified = lines::unified(text);
    // Where, in the unified text, a line end stands that was two bytes long.
    let mut long_ends = Vec::new();
    for line in lines::pieces(text).filter(|line| line.end == "\r\n") {
        long_ends.push(line.content_end() - long_ends.len());
    }
    let back = |at: usize| at + long_ends.partition_point(|end| *end < at);
    places(&unified, &wanted, change.places)
        .into_iter()
        .map(|range| back(range.start)..back(range.end))
        .collect()
}

/// The quoted text as whole lines, beside the lines of the file.
struct Block<'a> {
    file: Vec<Line<'a>>,
    trimmed: Vec<&'a str>,
    old: Vec<Line<'a>>,
    /// True when the quoted text ends with a line end.
    closed: bool,
}

impl<'a> Block<'a> {
    fn new(text: &'a str, old: &'a str) -> Option<Self> {
        let mut wanted: Vec<Line<'a>> = lines::pieces(old).collect();
        let closed = wanted.len() > 1 && wanted.last().is_some_and(|last| last.content.is_empty());
        if closed {
            wanted.pop();
        }
        if wanted.iter().all(|line| line.content.trim().is_empty()) {
            return None;
        }
        let file: Vec<Line<'a>> = lines::pieces(text).collect();
        let trimmed = file.iter().map(|line| line.content.trim()).collect();
        Some(Self {
            file,
            trimmed,
            old: wanted,
            closed,
        })
    }

    fn matches(&self, step: Step, change: &Change) -> Vec<Candidate> {
        let wanted: Vec<&str> = self.old.iter().map(|line| line.content.trim()).collect();
        let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
            return Vec::new();
        };
        if step == Step::Anchored
            && (wanted.len() < ANCHORED_LINES || first.is_empty() || last.is_empty())
        {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (at, window) in self.trimmed.windows(wanted.len()).enumerate() {
            if window.first() != Some(first) || window.last() != Some(last) {
                continue;
            }
            let fits = match step {
                Step::Anchored => true,
                Step::Exact | Step::LineEnds | Step::Trailing | Step::Indent => window == wanted,
            };
            if fits {
                found.extend(self.candidate(step, at, change));
            }
        }
        found
    }

    fn candidate(&self, step: Step, at: usize, change: &Change) -> Option<Candidate> {
        let window = self.file.get(at..at + self.old.len())?;
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let mut other = Vec::new();
        let mut unlike = 0;
        for (index, (file, old)) in window.iter().zip(&self.old).enumerate() {
            unlike += usize::from(file.content != old.content);
            if file.content.trim() == old.content.trim() {
                pairs.push((file.content, old.content));
            } else {
                other.push(index);
            }
        }
        let (first, last) = (window.first()?, window.last()?);
        let end = match (self.closed, last.end) {
            (true, "") => return self.at_the_end(step, at, change),
            (true, _) => last.next_start(),
            (false, _) => last.content_end(),
        };
        let range = first.start..end;
        match step {
            Step::Exact | Step::LineEnds => None,
            Step::Trailing => {
                let same = pairs
                    .iter()
                    .all(|(file, old)| file.trim_end() == old.trim_end());
                same.then_some(Candidate {
                    range,
                    shift: None,
                    differing: unlike,
                })
            }
            Step::Indent => {
                let shift = Shift::between(&pairs)?;
                Some(Candidate {
                    range,
                    shift: Some(shift),
                    differing: unlike,
                })
            }
            Step::Anchored => {
                let few = other.len() * 10 <= window.len() * 3;
                let shift = Shift::between(&pairs)?;
                let untouched = merge::untouched(change, &other);
                (few && untouched).then_some(Candidate {
                    range,
                    shift: Some(shift),
                    differing: other.len(),
                })
            }
        }
    }

    /// The quoted text ends with a line end where the file's last line has none.
    fn at_the_end(&self, step: Step, at: usize, change: &Change) -> Option<Candidate> {
        // Without its own line end the replacement keeps the file's missing one.
        change.new.ends_with('\n').then_some(())?;
        let open = Self {
            file: self.file.clone(),
            trimmed: Vec::new(),
            old: self.old.clone(),
            closed: false,
        };
        open.candidate(step, at, change)
    }
}
