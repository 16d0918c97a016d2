//! Hunks as lines.

use super::{
    Changed, Hunk, Tag,
    words::{Word, marked},
};
use crate::{
    fit::drawn,
    flow::{self, Pieces, append, hard_rows},
    highlight::Highlighter,
    theme::{Role, Theme},
};
use gimlet_hygiene::screen::{Channel, clean};
use ratatui::{
    style::Style,
    text::{Line, Span},
};

/// Columns from which on old and new stand side by side.
const SIDE_BY_SIDE: usize = 130;
/// Pairs of lines whose words are compared; further ones are shown without marks.
const MOST_PAIRS: usize = 1000;
/// Rows that one line of a file may take.
const MOST_ROWS: usize = 20;

/// How hunks are drawn.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Columns of a line.
    pub columns: usize,
    /// Styles by meaning.
    pub theme: &'a Theme,
    /// The file, for its syntax.
    pub path: &'a str,
    /// Lines that are drawn at most.
    pub most_lines: usize,
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// At most as many as were asked for.
    pub lines: Vec<Line<'static>>,
    /// Changed lines that were left out.
    pub left_out: usize,
}

/// Draws hunks. What was left out of the file between them is one line that counts it.
pub fn draw(hunks: &[Hunk], view: &View<'_>) -> Drawn {
    let last = hunks
        .iter()
        .map(|hunk| hunk.old_start.max(hunk.new_start) + hunk.lines.len());
    let digits = last.max().unwrap_or(0).to_string().len().max(3);
    let mut painter = Painter {
        view: *view,
        digits,
        lines: Vec::new(),
        left_out: 0,
        old: Highlighter::of_path(view.path),
        new: Highlighter::of_path(view.path),
        pairs: 0,
    };
    let mut before: Option<usize> = None;
    for hunk in hunks {
        if let Some(end) = before {
            painter.gap(hunk.old_start.saturating_sub(end));
        }
        painter.hunk(hunk);
        before = Some(hunk.old_start + hunk.old_lines());
    }
    Drawn {
        lines: painter.lines,
        left_out: painter.left_out,
    }
}

struct Painter<'a> {
    view: View<'a>,
    digits: usize,
    lines: Vec<Line<'static>>,
    left_out: usize,
    old: Option<Highlighter>,
    new: Option<Highlighter>,
    pairs: usize,
}

/// A line with its number, ready to be cut into rows.
struct Numbered {
    number: usize,
    tag: Tag,
    pieces: Pieces,
}

impl Painter<'_> {
    fn style(&self, role: Role) -> Style {
        self.view.theme.style(role)
    }

    fn gap(&mut self, lines: usize) {
        // What a string or a comment was open in is not known any more.
        self.old = Highlighter::of_path(self.view.path);
        self.new = Highlighter::of_path(self.view.path);
        let text = match lines {
            0 => "⋮".to_owned(),
            1 => "⋮ 1 line".to_owned(),
            lines => format!("⋮ {lines} lines"),
        };
        let text = crate::text::cut(&text, self.view.columns);
        let style = self.style(Role::Hunk);
        self.push(Line::styled(text, style));
    }

    fn push(&mut self, line: Line<'static>) {
        if self.lines.len() < self.view.most_lines {
            self.lines.push(line);
        }
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= self.view.most_lines
    }

    fn hunk(&mut self, hunk: &Hunk) {
        let (mut old, mut new) = (hunk.old_start, hunk.new_start);
        let mut rest = hunk.lines.as_slice();
        while let Some(first) = rest.first() {
            if self.is_full() {
                self.left_out += rest.iter().filter(|line| line.tag != Tag::Same).count();
                return;
            }
            if first.tag == Tag::Same {
                self.same(&first.text, (old, new));
                (old, new) = (old + 1, new + 1);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let (removed, after) = run(rest, Tag::Removed);
            let (added, after) = run(after, Tag::Added);
            rest = after;
            self.changed(removed, added, (old, new));
            (old, new) = (old + removed.len(), new + added.len());
        }
    }

    fn same(&mut self, text: &str, (old, new): (usize, usize)) {
        let text = shown(text);
        let base = self.style(Role::Text);
        if let Some(highlighter) = &mut self.old {
            highlighter.line(&text);
        }
        let pieces = coloured(&text, self.new.as_mut(), base, self.view.theme);
        if self.is_side_by_side() {
            let of = |number, pieces| Numbered {
                number,
                tag: Tag::Same,
                pieces,
            };
            self.sides(Some(of(old, pieces.clone())), Some(of(new, pieces)));
        } else {
            self.one(&Numbered {
                number: new,
                tag: Tag::Same,
                pieces,
            });
        }
    }

    /// A run of lines that gave way to others.
    fn changed(&mut self, removed: &[Changed], added: &[Changed], (old, new): (usize, usize)) {
        let mut olds = Vec::new();
        let mut news = Vec::new();
        let room = self.view.most_lines.saturating_sub(self.lines.len());
        let mut word_marks = Vec::new();
        for (old, new) in removed.iter().zip(added).take(room) {
            self.pairs += 1;
            let marks =
                (self.pairs <= MOST_PAIRS).then(|| marked(&shown(&old.text), &shown(&new.text)));
            word_marks.push(marks.flatten());
        }
        for (at, line) in removed.iter().enumerate().take(room) {
            let words = word_marks
                .get(at)
                .and_then(Option::as_ref)
                .map(|(old, _)| old.as_slice());
            let pieces = self.painted(line, words);
            olds.push(Numbered {
                number: old + at,
                tag: Tag::Removed,
                pieces,
            });
        }
        for (at, line) in added.iter().enumerate().take(room) {
            let words = word_marks
                .get(at)
                .and_then(Option::as_ref)
                .map(|(_, new)| new.as_slice());
            let pieces = self.painted(line, words);
            news.push(Numbered {
                number: new + at,
                tag: Tag::Added,
                pieces,
            });
        }
        self.left_out += removed.len().saturating_sub(room) + added.len().saturating_sub(room);
        if self.is_side_by_side() {
            let (mut olds, mut news) = (olds.into_iter(), news.into_iter());
            loop {
                let (old, new) = (olds.next(), news.next());
                if old.is_none() && new.is_none() {
                    return;
                }
                self.sides(old, new);
            }
        }
        for line in olds.iter().chain(&news) {
            self.one(line);
        }
    }

    fn painted(&mut self, line: &Changed, words: Option<&[Word]>) -> Pieces {
        let (role, word_role, highlighter) = match line.tag {
            Tag::Removed => (Role::Removed, Role::RemovedWord, self.old.as_mut()),
            Tag::Added | Tag::Same => (Role::Added, Role::AddedWord, self.new.as_mut()),
        };
        let text = shown(&line.text);
        let base = self.view.theme.style(role);
        // Without a background it is the colour that says what was changed.
        let coloured = match highlighter {
            Some(highlighter) if base.bg.is_some() => {
                coloured(&text, Some(highlighter), base, self.view.theme)
            }
            Some(highlighter) => {
                highlighter.line(&text);
                vec![Span::styled(text.clone(), base)]
            }
            None => vec![Span::styled(text.clone(), base)],
        };
        match words {
            Some(words) => with_marks(
                coloured,
                words,
                base.patch(self.view.theme.style(word_role)),
            ),
            None => coloured,
        }
    }

    fn is_side_by_side(&self) -> bool {
        self.view.columns >= SIDE_BY_SIDE
    }

    fn one(&mut self, line: &Numbered) {
        if self.is_full() {
            self.left_out += usize::from(line.tag != Tag::Same);
            return;
        }
        for row in self.rows(line, self.view.columns) {
            self.push(Line::from(row));
        }
    }

    fn sides(&mut self, old: Option<Numbered>, new: Option<Numbered>) {
        if self.is_full() {
            let sides = [&old, &new].into_iter().flatten();
            self.left_out += sides.filter(|line| line.tag != Tag::Same).count();
            return;
        }
        let half = (self.view.columns - 1) / 2;
        let olds = old.map(|old| self.rows(&old, half)).unwrap_or_default();
        let news = new.map(|new| self.rows(&new, half)).unwrap_or_default();
        let frame = self.style(Role::Frame);
        for at in 0..olds.len().max(news.len()) {
            let mut row = olds.get(at).cloned().unwrap_or_default();
            let blanks = half.saturating_sub(flow::columns(&row));
            let ground = row.last().map_or(Style::new(), |last| last.style);
            let fill = ground
                .bg
                .map_or(Style::new(), |colour| Style::new().bg(colour));
            append(&mut row, Span::styled(" ".repeat(blanks), fill));
            append(&mut row, Span::styled("│", frame));
            for piece in news.get(at).cloned().unwrap_or_default() {
                append(&mut row, piece);
            }
            self.push(Line::from(row));
        }
    }

    /// The rows of one line, behind its number and its sign.
    fn rows(&self, line: &Numbered, columns: usize) -> Vec<Pieces> {
        let number = format!("{:>width$} ", line.number, width = self.digits);
        let (sign, role) = match line.tag {
            Tag::Same => ("  ", Role::Text),
            Tag::Removed => ("- ", Role::Removed),
            Tag::Added => ("+ ", Role::Added),
        };
        // On a very narrow screen the text matters more than its number.
        let gutter = if columns > 2 * (number.len() + 2) {
            number.len()
        } else {
            0
        };
        let room = columns.saturating_sub(gutter + 2).max(1);
        let mut rows = hard_rows(&line.pieces, room);
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        if left_out > 0 {
            rows.push(vec![Span::styled("…".to_owned(), self.style(Role::Dim))]);
        }
        let number_style = self.style(Role::LineNumber);
        let sign_style = self.style(role);
        rows.into_iter()
            .enumerate()
            .map(|(at, pieces)| {
                let mut row = Vec::new();
                let head = if at == 0 {
                    number.clone()
                } else {
                    " ".repeat(number.len())
                };
                if gutter > 0 {
                    append(&mut row, Span::styled(head, number_style));
                }
                if columns > 2 {
                    let sign = if at == 0 { sign } else { "  " };
                    append(&mut row, Span::styled(sign, sign_style));
                }
                for piece in pieces {
                    append(&mut row, piece);
                }
                row
            })
            .collect()
    }
}

/// The lines of a kind at the start, and those after them.
fn run(lines: &[Changed], tag: Tag) -> (&[Changed], &[Changed]) {
    let count = lines.iter().take_while(|line| line.tag == tag).count();
    lines.split_at(count)
}

fn shown(text: &str) -> String {
    drawn(&clean(Channel::FileContent, text)).into_owned()
}

fn coloured(
    text: &str,
    highlighter: Option<&mut Highlighter>,
    base: Style,
    theme: &Theme,
) -> Pieces {
    let Some(highlighter) = highlighter else {
        return vec![Span::styled(text.to_owned(), base)];
    };
    let pieces = highlighter.line(text).into_iter();
    pieces
        .map(|(role, text)| Span::styled(text.to_owned(), base.patch(theme.style(role))))
        .collect()
}

/// Lays marks over the pieces of the same text.
fn with_marks(pieces: Pieces, words: &[Word], mark: Style) -> Pieces {
    let mut marked = Vec::new();
    let mut words = words.iter();
    let mut word = words.next();
    let mut left = word.map_or(0, |(_, text)| text.len());
    for piece in pieces {
        let mut rest = piece.content.as_ref();
        while !rest.is_empty() {
            while left == 0 {
                word = words.next();
                let Some((_, text)) = word else { break };
                left = text.len();
            }
            let length = if left == 0 {
                rest.len()
            } else {
                left.min(rest.len())
            };
            let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            let is_changed = word.is_some_and(|(is_changed, _)| *is_changed);
            let style = if is_changed { mark } else { piece.style };
            append(&mut marked, Span::styled(part.to_owned(), style));
            left = left.saturating_sub(length);
            rest = after;
        }
    }
    marked
}
