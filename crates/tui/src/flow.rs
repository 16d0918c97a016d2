//! Text that flows into rows: between words, between wide letters, and within a word only where
//! it is longer than a row.

use crate::text::{grapheme_width, width};
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation as _;

pub(crate) type Pieces = Vec<Span<'static>>;

/// Fills rows with words. A line feed ends a row; blanks at its end are left out.
pub(crate) fn flow(pieces: &[Span<'static>], columns: usize) -> Vec<Pieces> {
    let mut flow = Flow::new(columns);
    for piece in pieces {
        flow.take(piece);
    }
    flow.end_word();
    flow.done()
}

/// Cuts a line that may not be reflowed, such as one of code, into rows.
pub(crate) fn hard_rows(pieces: &[Span<'static>], columns: usize) -> Vec<Pieces> {
    let mut flow = Flow::new(columns);
    flow.break_word(pieces);
    flow.done()
}

/// Columns of pieces.
pub(crate) fn columns(pieces: &[Span<'_>]) -> usize {
    pieces.iter().map(|piece| width(&piece.content)).sum()
}

/// Appends a piece, to the last one where it looks the same.
pub(crate) fn append(row: &mut Pieces, piece: Span<'static>) {
    match row.last_mut() {
        _ if piece.content.is_empty() => {}
        Some(last) if last.style == piece.style => last.content.to_mut().push_str(&piece.content),
        _ => row.push(piece),
    }
}

struct Flow {
    columns: usize,
    rows: Vec<Pieces>,
    row: Pieces,
    used: usize,
    /// Blanks that are drawn if a word follows on the same row.
    blanks: Option<Span<'static>>,
    word: Pieces,
    word_columns: usize,
}

impl Flow {
    fn new(columns: usize) -> Self {
        Self {
            columns: columns.max(1),
            rows: Vec::new(),
            row: Vec::new(),
            used: 0,
            blanks: None,
            word: Vec::new(),
            word_columns: 0,
        }
    }

    fn done(mut self) -> Vec<Pieces> {
        self.rows.push(self.row);
        self.rows
    }

    fn take(&mut self, piece: &Span<'static>) {
        let mut rest = piece.content.as_ref();
        while let Some(c) = rest.chars().next() {
            if c == '\n' {
                self.end_word();
                self.end_row();
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let is_blank = c == ' ';
            let length = rest
                .find(|c: char| c == '\n' || (c == ' ') != is_blank)
                .unwrap_or(rest.len());
            let (run, after) = rest.split_at(length);
            rest = after;
            if is_blank {
                self.end_word();
                match &mut self.blanks {
                    Some(blanks) => blanks.content.to_mut().push_str(run),
                    None => self.blanks = Some(Span::styled(run.to_owned(), piece.style)),
                }
            } else if run.is_ascii() {
                self.word_columns += width(run);
                append(&mut self.word, Span::styled(run.to_owned(), piece.style));
            } else {
                self.letters(piece, run);
            }
        }
    }

    fn letters(&mut self, piece: &Span<'static>, run: &str) {
        for grapheme in run.graphemes(true) {
            let is_wide = grapheme_width(grapheme) > 1;
            if is_wide {
                self.end_word();
            }
            self.word_columns += grapheme_width(grapheme);
            append(
                &mut self.word,
                Span::styled(grapheme.to_owned(), piece.style),
            );
            if is_wide {
                self.end_word();
            }
        }
    }

    fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
        self.used = 0;
        self.blanks = None;
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let columns = std::mem::take(&mut self.word_columns);
        let blanks = self.blanks.take();
        let gap = blanks.as_ref().map_or(0, |blanks| blanks.content.len());
        if self.used > 0 && self.used + gap + columns > self.columns {
            self.end_row();
        } else if let Some(blanks) = blanks.filter(|_| self.used + gap + columns <= self.columns) {
            self.used += gap;
            append(&mut self.row, blanks);
        }
        if columns > self.columns {
            self.break_word(&word);
            return;
        }
        self.used += columns;
        for piece in word {
            append(&mut self.row, piece);
        }
    }

    fn break_word(&mut self, word: &[Span<'static>]) {
        for piece in word {
            let mut part = String::new();
            for grapheme in piece.content.graphemes(true) {
                let columns = grapheme_width(grapheme);
                if self.used > 0 && self.used + columns > self.columns {
                    append(
                        &mut self.row,
                        Span::styled(std::mem::take(&mut part), piece.style),
                    );
                    self.end_row();
                }
                // What is wider than a row cannot be shown by it.
                if columns <= self.columns {
                    self.used += columns;
                    part.push_str(grapheme);
                }
            }
            append(&mut self.row, Span::styled(part, piece.style));
        }
    }
}
