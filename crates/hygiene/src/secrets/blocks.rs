//! Text cut into the pieces that are looked at as a whole: a line with those that continue it,
//! or a key block of several lines. Where the cuts are depends on the text alone, never on how
//! it arrives.

use super::{line, pem};

/// Bytes that are held back at most.
const MOST_HELD_BYTES: usize = 64 * 1024;
/// Bytes of an overlong line that stay for the next look, so that nothing is cut in two.
const KEPT_BYTES: usize = 4 * 1024;
/// How near the end of a cut line a finding may go on behind it.
const EDGE_BYTES: usize = 64;

/// A part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Secret { kind: &'static str, text: &'a str },
}

/// Cuts a text that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    held: String,
    /// Where the unfinished line begins in `held`.
    line: usize,
    is_key_open: bool,
    /// The kind of a secret that was longer than what is held: its rest goes too.
    swallowed: Option<&'static str>,
}

impl Blocks {
    pub(super) fn push(&mut self, text: &str, each: &mut impl FnMut(Piece<'_>)) {
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(kind) = self.swallowed {
                let length = rest.bytes().take_while(|byte| is_body(*byte)).count();
                let (more, after) = rest.split_at(length);
                if length > 0 {
                    each(Piece::Secret { kind, text: more });
                }
                rest = after;
                if !rest.is_empty() {
                    self.swallowed = None;
                }
                continue;
            }
            let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
            let room = MOST_HELD_BYTES.saturating_sub(self.held.len());
            let taken = rest.floor_char_boundary(end.min(room));
            let (now, after) = rest.split_at(taken);
            self.held.push_str(now);
            rest = after;
            if now.ends_with('\n') {
                self.line_ended(each);
            } else if !rest.is_empty() {
                self.make_room(each);
            }
        }
    }

    pub(super) fn finish(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        self.flush(each);
    }

    fn line_ended(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        let line = self.held.get(self.line..).unwrap_or_default();
        self.is_key_open = pem::stays_open(self.is_key_open, line);
        if self.is_key_open || line.trim_end().ends_with('\\') {
            self.line = self.held.len();
        } else {
            self.flush(each);
        }
    }

    fn flush(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        let end = self.held.len();
        let found = line::scan(&self.held);
        self.give(&found, end, each);
        self.is_key_open = false;
    }

    /// Looks at an overlong line before it is complete.
    fn make_room(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        let found = line::scan(&self.held);
        let edge = self.held.len().saturating_sub(EDGE_BYTES);
        let mut cut = self
            .held
            .floor_char_boundary(self.held.len().saturating_sub(KEPT_BYTES));
        for one in &found {
            if one.finding.span.end <= edge {
                cut = cut.max(one.finding.span.end);
            } else if one.context > 0 {
                cut = one.context;
                break;
            } else {
                // It fills all that may be held.
                cut = self.held.len();
                self.swallowed = Some(one.finding.kind);
            }
        }
        self.give(&found, cut, each);
        self.is_key_open = false;
    }

    /// Hands out everything before the cut.
    fn give(&mut self, found: &[line::Found], cut: usize, each: &mut impl FnMut(Piece<'_>)) {
        let mut from = 0;
        for one in found.iter().filter(|one| one.finding.span.end <= cut) {
            let span = one.finding.span.clone();
            if let Some(before) = self.held.get(from..span.start)
                && !before.is_empty()
            {
                each(Piece::Text(before));
            }
            each(Piece::Secret {
                kind: one.finding.kind,
                text: self.held.get(span.clone()).unwrap_or_default(),
            });
            from = span.end;
        }
        if let Some(before) = self.held.get(from..cut)
            && !before.is_empty()
        {
            each(Piece::Text(before));
        }
        self.held.drain(..cut);
        self.line = 0;
    }
}

/// Takes credentials out of a text that arrives in pieces. At most 64 KiB are held back; they
/// come with [`Redactor::finish`] or once they can be judged.
#[derive(Debug, Default)]
pub struct Redactor {
    blocks: Blocks,
    /// The kind that the last thing written stands for, so that a very long one is told once.
    last: Option<&'static str>,
}

impl Redactor {
    pub fn push(&mut self, text: &str, out: &mut String) {
        let last = &mut self.last;
        self.blocks
            .push(text, &mut |piece| Self::write(last, piece, out));
    }

    pub fn finish(mut self, out: &mut String) {
        let last = &mut self.last;
        self.blocks
            .finish(&mut |piece| Self::write(last, piece, out));
    }

    fn write(last: &mut Option<&'static str>, piece: Piece<'_>, out: &mut String) {
        match piece {
            Piece::Text(text) => {
                out.push_str(text);
                *last = None;
            }
            Piece::Secret { kind, .. } => {
                if *last != Some(kind) {
                    black_out(kind, out);
                }
                *last = Some(kind);
            }
        }
    }
}

/// What stands for a credential.
pub(super) fn black_out(kind: &str, out: &mut String) {
    out.push_str("[redacted: ");
    out.push_str(kind);
    out.push(']');
}

/// Characters that long credentials are made of.
fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.')
}
