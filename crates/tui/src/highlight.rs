//! Syntax colours by small lexers that are tables.
//!
//! Grammars of editors know more of a language, but cost tens of megabytes and milliseconds a
//! line; these cost nothing until they are used and little then: one pass over the bytes, no
//! regular expression, no memory beyond where a comment or a string is still open.

mod code;
mod languages;
mod markup;

use crate::theme::Role;
use code::Open;
use languages::{Kind, Language};

/// Bytes of a line that are looked at; what is behind them has no colours.
const MOST_LINE_BYTES: usize = 4096;

/// Gives the lines of one text their colours, in order.
#[derive(Clone, Debug)]
pub struct Highlighter {
    language: &'static Language,
    open: Open,
}

impl Highlighter {
    /// For a language by its name, such as that of a fence, or by the end of a file's name. None
    /// for what is not known.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.trim().trim_start_matches('.');
        let language = languages::named(name)?;
        Some(Self {
            language,
            open: Open::Nothing,
        })
    }

    /// For a file by its path.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?;
        Self::of(name).or_else(|| Self::of(name.rsplit_once('.')?.1))
    }

    /// The pieces of the next line, which has no line feed, with what each is. Together they are
    /// the line.
    pub fn line<'t>(&mut self, line: &'t str) -> Vec<(Role, &'t str)> {
        let mut end = line.len().min(MOST_LINE_BYTES);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        let (seen, rest) = line.split_at(end);
        let mut pieces = Pieces::new(seen);
        match self.language.kind {
            Kind::Code | Kind::Data => {
                self.open = code::line(self.language, self.open, &mut pieces);
            }
            Kind::Markup => self.open = markup::tags(self.open, &mut pieces),
            Kind::Markdown => self.open = markup::markdown(self.open, &mut pieces),
            Kind::Diff => markup::diff(&mut pieces),
        }
        let mut pieces = pieces.done;
        if !rest.is_empty() {
            pieces.push((Role::CodeBlock, rest));
        }
        pieces
    }
}

/// A line that is taken piece by piece.
pub(super) struct Pieces<'t> {
    line: &'t str,
    at: usize,
    done: Vec<(Role, &'t str)>,
    /// Where the piece that has no role yet began.
    plain_from: usize,
}

impl<'t> Pieces<'t> {
    fn new(line: &'t str) -> Self {
        Self {
            line,
            at: 0,
            done: Vec::new(),
            plain_from: 0,
        }
    }

    fn rest(&self) -> &'t str {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn taken(&self) -> &'t str {
        self.line.get(..self.at).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on without a role.
    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        if self.at >= self.line.len() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let at = self.at.min(self.line.len());
        if let Some(plain) = self
            .line
            .get(self.plain_from..at)
            .filter(|plain| !plain.is_empty())
        {
            self.done.push((Role::CodeBlock, plain));
        }
        self.plain_from = at;
    }

    /// Gives the next bytes a role.
    fn take(&mut self, bytes: usize, role: Role) {
        self.flush();
        let end = (self.at + bytes).min(self.line.len());
        let Some(piece) = self
            .line
            .get(self.at..end)
            .filter(|piece| !piece.is_empty())
        else {
            return;
        };
        match self.done.last_mut() {
            // What is alike and adjoins is one piece.
            Some((last, text)) if *last == role => {
                let from = self.at - text.len();
                *text = self.line.get(from..end).unwrap_or(text);
            }
            _ => self.done.push((role, piece)),
        }
        self.at = end;
        self.plain_from = end;
    }

    fn take_rest(&mut self, role: Role) {
        self.take(self.rest().len(), role);
    }
}

#[cfg(test)]
mod tests;
