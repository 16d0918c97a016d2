//! A text of the model while it arrives: what is settled is handed over once.

use crate::{
    markdown::{self, Stream},
    theme::Theme,
};
use ratatui::text::Line;
use std::cell::RefCell;

/// A text that grows until it is done.
#[derive(Debug, Default)]
pub struct Prose {
    text: String,
    /// Set until all of it was handed over.
    stream: Option<Box<Stream>>,
    /// Lines that were handed over.
    taken: usize,
    /// Lines at the start that were handed over before the text turned out otherwise.
    skip: usize,
    done: bool,
    /// All lines, for a screen that shows them again and again.
    shown: RefCell<Option<Box<Shown>>>,
}

#[derive(Debug)]
struct Shown {
    columns: usize,
    theme: Theme,
    stream: Stream,
    /// Bytes of the text that the stream has.
    fed: usize,
    lines: Vec<Line<'static>>,
}

impl Prose {
    /// A text that is whole.
    pub fn whole(text: &str) -> Self {
        let mut prose = Self::default();
        prose.push(text);
        prose.finish();
        prose
    }

    /// All of it, as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when nothing is added any more.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// True when all of it was handed over.
    pub fn is_taken(&self) -> bool {
        self.done && self.stream.is_none()
    }

    pub(super) fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.stream.get_or_insert_default().push(piece);
    }

    pub(super) fn finish(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.finish();
        }
        self.done = true;
    }

    /// The whole text as it turned out; what was streamed is its beginning, or a part is lost.
    pub(super) fn settle_on(&mut self, whole: &str) {
        if let Some(rest) = whole.strip_prefix(self.text.as_str()) {
            self.push(rest);
        } else if !self.text.starts_with(whole) {
            self.skip = self.taken;
            whole.clone_into(&mut self.text);
            let mut stream = Stream::default();
            stream.push(whole);
            self.stream = Some(Box::new(stream));
        }
        self.finish();
    }

    /// All of it is handed over anew.
    pub(super) fn start_over(&mut self) {
        let mut stream = Stream::default();
        stream.push(&self.text);
        if self.done {
            stream.finish();
        }
        self.stream = Some(Box::new(stream));
        self.taken = 0;
        self.skip = 0;
    }

    /// Lines that are settled and were not handed over yet.
    pub fn take_settled(&mut self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let Some(stream) = &mut self.stream else {
            return Vec::new();
        };
        let mut lines = stream.take_settled(columns, theme);
        if self.done {
            self.stream = None;
        }
        let skipped = self.skip.min(lines.len());
        self.skip -= skipped;
        lines.drain(..skipped);
        self.taken += lines.len();
        lines
    }

    /// Lines that may still change.
    pub fn open(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        self.stream
            .as_ref()
            .map_or_else(Vec::new, |stream| stream.open(columns, theme))
    }

    /// All lines.
    pub fn all(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        if self.done {
            return markdown::render(&self.text, columns, theme);
        }
        // What streams is drawn again and again: only what is new of it costs anything.
        let mut shown = self.shown.borrow_mut();
        let fits = |shown: &Shown| {
            shown.columns == columns && shown.theme == *theme && shown.fed <= self.text.len()
        };
        if !shown.as_deref().is_some_and(fits) {
            *shown = Some(Box::new(Shown {
                columns,
                theme: theme.clone(),
                stream: Stream::default(),
                fed: 0,
                lines: Vec::new(),
            }));
        }
        let Some(shown) = shown.as_deref_mut() else {
            return Vec::new();
        };
        shown
            .stream
            .push(self.text.get(shown.fed..).unwrap_or_default());
        shown.fed = self.text.len();
        shown
            .lines
            .extend(shown.stream.take_settled(columns, theme));
        let open = shown.stream.open(columns, theme);
        shown.lines.iter().cloned().chain(open).collect()
    }
}
