//! How wide text is, and text cut and wrapped to a width. Everything that draws measures here,
//! so that no two parts disagree about a character.

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|byte| !byte.is_ascii_control()).count();
    }
    text.graphemes(true).map(grapheme_width).sum()
}

/// Columns of one grapheme: none for a control character, at most two.
pub fn grapheme_width(grapheme: &str) -> usize {
    if grapheme.chars().all(char::is_control) {
        return 0;
    }
    grapheme.width().min(2)
}

/// Columns that a line takes.
pub fn line_width(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| width(&span.content)).sum()
}

/// The start of a text that fits into `columns`, with `…` where something was left out.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let more = grapheme_width(grapheme);
        if used + more + 1 > columns {
            break;
        }
        used += more;
        kept.push_str(grapheme);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// The start of a line that fits into `columns`, with `…` where something was left out.
pub fn cut_line(line: Line<'static>, columns: usize) -> Line<'static> {
    if line_width(&line) <= columns {
        return line;
    }
    let mut left = columns;
    let mut spans = Vec::new();
    for span in line.spans {
        let wide = width(&span.content);
        // One column stays for the sign that something is missing.
        if wide < left {
            left -= wide;
            spans.push(span);
            continue;
        }
        spans.push(Span::styled(
            cut(&format!("{}…", span.content), left),
            span.style,
        ));
        break;
    }
    Line { spans, ..line }
}

/// Breaks a line into lines of at most `columns`, between words where that is possible. Lines
/// after the first begin with `hanging`. Spaces at a break are left out.
pub fn wrap(line: &Line<'_>, columns: usize, hanging: &Line<'static>) -> Vec<Line<'static>> {
    let columns = columns.max(1);
    let indent = if line_width(hanging) + 2 <= columns {
        hanging.clone()
    } else {
        Line::default()
    };
    let mut wrapped = Wrapped {
        columns,
        indent,
        done: Vec::new(),
        row: Vec::new(),
        used: 0,
        bare: true,
    };
    let mut word: Vec<Span<'static>> = Vec::new();
    let mut word_width = 0;
    for span in &line.spans {
        for piece in span.content.split_word_bounds() {
            let span = Span::styled(piece.to_owned(), span.style);
            if piece.chars().all(char::is_whitespace) {
                wrapped.word(std::mem::take(&mut word), std::mem::take(&mut word_width));
                wrapped.space(&span);
            } else {
                word_width += width(piece);
                word.push(span);
            }
        }
    }
    wrapped.word(word, word_width);
    wrapped.end(line)
}

struct Wrapped {
    columns: usize,
    indent: Line<'static>,
    done: Vec<Line<'static>>,
    row: Vec<Span<'static>>,
    used: usize,
    /// True while the row holds nothing of the text.
    bare: bool,
}

impl Wrapped {
    fn space(&mut self, span: &Span<'static>) {
        // A tab is one column wide here; who wants more expands it before.
        let wide = width(&span.content).max(usize::from(!span.content.is_empty()));
        let is_break = self.bare && !self.done.is_empty();
        if is_break {
            return;
        }
        if self.used + wide > self.columns {
            self.next_row();
            return;
        }
        self.used += wide;
        let content = " ".repeat(wide);
        self.row.push(Span::styled(content, span.style));
    }

    fn word(&mut self, spans: Vec<Span<'static>>, wide: usize) {
        if spans.is_empty() {
            return;
        }
        if self.used + wide > self.columns && !self.bare {
            self.next_row();
        }
        if self.used + wide <= self.columns {
            self.used += wide;
            self.row.extend(spans);
            self.bare = false;
            return;
        }
        for span in spans {
            let mut part = String::new();
            for grapheme in span.content.graphemes(true) {
                let more = grapheme_width(grapheme);
                if self.used + more > self.columns
                    && !(self.bare && part.is_empty() && self.done.is_empty() && self.used == 0)
                {
                    self.row
                        .push(Span::styled(std::mem::take(&mut part), span.style));
                    self.next_row();
                }
                if more > self.columns {
                    // Wider than the screen: nothing can show it.
                    continue;
                }
                self.used += more;
                part.push_str(grapheme);
                self.bare = false;
            }
            self.row.push(Span::styled(part, span.style));
        }
    }

    fn next_row(&mut self) {
        while self
            .row
            .last()
            .is_some_and(|span| span.content.trim().is_empty())
            && !self.bare
        {
            self.row.pop();
        }
        self.done.push(Line::from(std::mem::take(&mut self.row)));
        self.row.clone_from(&self.indent.spans);
        self.used = line_width(&self.indent);
        self.bare = true;
    }

    fn end(mut self, line: &Line<'_>) -> Vec<Line<'static>> {
        if !self.bare || self.done.is_empty() {
            self.done.push(Line::from(self.row));
        }
        for row in &mut self.done {
            row.spans.retain(|span| !span.content.is_empty());
            row.style = line.style;
            row.alignment = None;
        }
        self.done
    }
}

#[cfg(test)]
mod tests;
