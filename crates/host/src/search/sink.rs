//! Takes what the searcher finds in one file.

use crate::search::collect::FileHits;
use gimlet_ports::{GrepHit, GrepMode, GrepQuery, Stop};
use grep_matcher::Matcher;
use grep_regex::RegexMatcher;
use grep_searcher::{Searcher, Sink, SinkContext, SinkError, SinkFinish, SinkMatch};
use std::{io, path::Path};

/// As far as a match may look beyond its lines, in bytes.
const LOOK_AHEAD_BYTES: usize = 128;

/// Stands for the lines of a binary file.
const BINARY_MATCH: &str = "(binary file matches)";

/// The hits of one file.
pub(super) struct HitSink<'a> {
    pub(super) path: &'a Path,
    pub(super) query: &'a GrepQuery,
    pub(super) matcher: &'a RegexMatcher,
    pub(super) stop: &'a Stop,
    /// No more hits than this are needed.
    pub(super) needed: usize,
    pub(super) found: FileHits,
    /// Lines are missing before the next one.
    gap: bool,
    binary_at: Option<u64>,
}

impl<'a> HitSink<'a> {
    pub(super) fn new(
        path: &'a Path,
        query: &'a GrepQuery,
        matcher: &'a RegexMatcher,
        stop: &'a Stop,
        needed: usize,
    ) -> Self {
        let found = FileHits::default();
        Self {
            path,
            query,
            matcher,
            stop,
            needed,
            found,
            gap: false,
            binary_at: None,
        }
    }

    /// What the file comes to in the mode that was asked for.
    pub(super) fn into_hits(self) -> FileHits {
        let Self {
            path,
            query,
            mut found,
            ..
        } = self;
        let summary = match query.mode {
            GrepMode::Content => return found,
            GrepMode::Files => 0,
            GrepMode::Count => found.matches,
        };
        if found.matches > 0 {
            found.hits.push(GrepHit {
                path: path.to_owned(),
                line: 0,
                text: String::new(),
                matched: true,
                count: summary,
                gap: false,
            });
        }
        found
    }

    fn push(&mut self, line: u64, text: &[u8], kind: Line) {
        let gap = std::mem::take(&mut self.gap) && !self.found.hits.is_empty();
        self.found.hits.push(GrepHit {
            path: self.path.to_owned(),
            line,
            text: shown(text, self.query.line_chars),
            matched: kind == Line::Matched,
            count: 0,
            gap,
        });
    }

    /// Calls back with each match as a range of the buffer.
    fn each_match(
        &self,
        searcher: &Searcher,
        found: &SinkMatch<'_>,
        mut take: impl FnMut(&[u8], std::ops::Range<usize>),
    ) -> io::Result<()> {
        let lines = found.bytes_range_in_buffer();
        let whole = found.buffer();
        let (haystack, from) = if searcher.multi_line_with_matcher(self.matcher) {
            let end = lines.end.saturating_add(LOOK_AHEAD_BYTES).min(whole.len());
            (whole.get(..end).unwrap_or_default(), lines.start)
        } else {
            let line = whole.get(lines.clone()).unwrap_or_default();
            let length = line.strip_suffix(b"\n").unwrap_or(line).len();
            (
                whole.get(..lines.start + length).unwrap_or_default(),
                lines.start,
            )
        };
        self.matcher
            .find_iter_at(haystack, from, |at| {
                if at.start() >= lines.end {
                    return false;
                }
                take(haystack, at.start()..at.end());
                true
            })
            .map_err(io::Error::error_message)
    }

    fn goes_on(&self) -> bool {
        let enough = match self.query.mode {
            GrepMode::Content => self.found.hits.len() >= self.needed,
            GrepMode::Files => self.found.matches > 0,
            GrepMode::Count => false,
        };
        !enough && !self.stop.is_cancelled()
    }
}

impl Sink for HitSink<'_> {
    type Error = io::Error;

    fn matched(&mut self, searcher: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        let first = found.line_number().unwrap_or(0);
        if self.binary_at.is_some() && self.query.mode == GrepMode::Content {
            // Only a named file is searched on after a NUL byte; its lines are no text to show.
            self.found.matches += 1;
            self.push(first, BINARY_MATCH.as_bytes(), Line::Matched);
            return Ok(false);
        }
        match self.query.mode {
            GrepMode::Files => self.found.matches += 1,
            GrepMode::Count => {
                if searcher.multi_line_with_matcher(self.matcher) {
                    let mut count = 0;
                    self.each_match(searcher, found, |_, _| count += 1)?;
                    self.found.matches += count;
                } else {
                    self.found.matches += 1;
                }
            }
            GrepMode::Content if self.query.only_matching => {
                let mut parts: Vec<(u64, Vec<u8>)> = Vec::new();
                let mut line = first;
                let mut counted_to = found.bytes_range_in_buffer().start;
                let room = self.needed.saturating_sub(self.found.hits.len());
                let spans_lines = searcher.multi_line_with_matcher(self.matcher);
                self.each_match(searcher, found, |haystack, at| {
                    let before = haystack.get(counted_to..at.start).unwrap_or_default();
                    line += memchr::memchr_iter(b'\n', before).count() as u64;
                    counted_to = at.start.max(counted_to);
                    let text = haystack.get(at).unwrap_or_default();
                    for (below, part) in (0_u64..).zip(lines_of(text)) {
                        // Of a match over several lines ripgrep leaves out the empty ones.
                        if parts.len() < room && !(spans_lines && part.is_empty()) {
                            parts.push((line + below, part.to_vec()));
                        }
                    }
                })?;
                self.found.matches += found.lines().count() as u64;
                for (line, part) in parts {
                    self.push(line, &part, Line::Matched);
                }
            }
            GrepMode::Content => {
                for (below, text) in (0_u64..).zip(found.lines()) {
                    self.found.matches += 1;
                    if self.found.hits.len() < self.needed {
                        self.push(first + below, text, Line::Matched);
                    }
                }
            }
        }
        Ok(self.goes_on())
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        if self.query.mode == GrepMode::Content {
            self.push(
                context.line_number().unwrap_or(0),
                context.bytes(),
                Line::Context,
            );
        }
        Ok(self.goes_on())
    }

    fn context_break(&mut self, _: &Searcher) -> io::Result<bool> {
        self.gap = true;
        Ok(self.goes_on())
    }

    fn binary_data(&mut self, searcher: &Searcher, offset: u64) -> io::Result<bool> {
        self.binary_at.get_or_insert(offset);
        Ok(searcher.binary_detection().quit_byte().is_none())
    }

    fn finish(&mut self, searcher: &Searcher, end: &SinkFinish) -> io::Result<()> {
        self.binary_at = self.binary_at.or(end.binary_byte_offset());
        let quit = searcher.binary_detection().quit_byte().is_some();
        let summed_up = self.query.mode != GrepMode::Content;
        if self.binary_at.is_some() && quit && summed_up {
            self.found = FileHits::default();
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Matched,
    Context,
}

/// The lines of a match; an empty match is one empty line.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_suffix(b"\n")
        .unwrap_or(text)
        .split(|byte| *byte == b'\n')
}

/// A line without its end, cut in length.
fn shown(line: &[u8], line_chars: usize) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Decoding a line of megabytes for its start alone would be a waste.
    let start = line
        .get(..line_chars.saturating_mul(4).saturating_add(8))
        .unwrap_or(line);
    let text = String::from_utf8_lossy(start);
    match text.char_indices().nth(line_chars) {
        None => text.into_owned(),
        Some((end, _)) => {
            let all = if start.len() == line.len() {
                text.chars().count()
            } else {
                line.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
            };
            let cut = text.get(..end).unwrap_or_default();
            format!(
                "{cut}… ({} more characters)",
                all.saturating_sub(line_chars)
            )
        }
    }
}
