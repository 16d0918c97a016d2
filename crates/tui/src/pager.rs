//! A text on a screen of its own: scrolled, searched, left with q or Esc.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the keys are another crate's, and new ones mean nothing here"
)]

use crate::{
    draw::{Look, spread},
    strings,
    text::cut_line,
    theme::Role,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::{Line, Span};

/// What came of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paged {
    /// It stays open.
    Open,
    /// It is closed.
    Closed,
    /// Its text is wanted in the person's editor.
    Edit,
}

/// A text on a screen of its own.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    title: String,
    lines: Vec<Line<'static>>,
    top: usize,
    rows: usize,
    search: Option<String>,
    typing: bool,
}

impl Pager {
    /// A text from its first line.
    pub fn new(title: impl Into<String>, lines: Vec<Line<'static>>) -> Self {
        Self {
            title: title.into(),
            lines,
            ..Self::default()
        }
    }

    /// A text from its last line.
    pub fn at_end(title: impl Into<String>, lines: Vec<Line<'static>>) -> Self {
        let mut pager = Self::new(title, lines);
        pager.top = usize::MAX;
        pager
    }

    /// The text is another now; the place stays.
    pub fn replace(&mut self, lines: Vec<Line<'static>>) {
        self.lines = lines;
    }

    /// The text without its look.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(line.to_string().trim_end());
            text.push('\n');
        }
        text
    }

    /// The wheel.
    pub fn scroll(&mut self, rows: isize) {
        self.clamp();
        self.top = self.top.saturating_add_signed(rows);
        self.clamp();
    }

    fn clamp(&mut self) {
        self.top = self
            .top
            .min(self.lines.len().saturating_sub(self.rows.max(1)));
    }

    /// True where letters are those of a search.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Paged {
        if self.typing {
            self.type_search(key);
            return Paged::Open;
        }
        let page = isize::try_from(self.rows.saturating_sub(2).max(1)).unwrap_or(1);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return Paged::Closed,
            KeyCode::Char('c' | 'o') if control => return Paged::Closed,
            KeyCode::Char('d') if control => self.scroll(page / 2),
            KeyCode::Char('u') if control => self.scroll(-page / 2),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(-1),
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Enter => self.scroll(1),
            KeyCode::PageUp | KeyCode::Char('b') => self.scroll(-page),
            KeyCode::PageDown | KeyCode::Char(' ' | 'f') => self.scroll(page),
            KeyCode::Home | KeyCode::Char('g') => self.top = 0,
            KeyCode::End | KeyCode::Char('G') => self.top = usize::MAX,
            KeyCode::Char('/') => {
                self.search = Some(String::new());
                self.typing = true;
            }
            KeyCode::Char('n') => self.find(Direction::Down),
            KeyCode::Char('N') => self.find(Direction::Up),
            KeyCode::Char('v') => return Paged::Edit,
            _ => {}
        }
        self.clamp();
        Paged::Open
    }

    fn type_search(&mut self, key: KeyEvent) {
        let Some(search) = &mut self.search else {
            self.typing = false;
            return;
        };
        match key.code {
            KeyCode::Esc => {
                self.search = None;
                self.typing = false;
            }
            KeyCode::Enter => {
                self.typing = false;
                self.find(Direction::Here);
            }
            KeyCode::Backspace => {
                search.pop();
            }
            KeyCode::Char(letter) => search.push(letter),
            _ => {}
        }
    }

    fn find(&mut self, direction: Direction) {
        let Some(search) = self.search.as_ref().filter(|search| !search.is_empty()) else {
            return;
        };
        let wanted = search.to_lowercase();
        let fits = |at: &usize| {
            let line = self.lines.get(*at);
            line.is_some_and(|line| line.to_string().to_lowercase().contains(&wanted))
        };
        let top = self.top.min(self.lines.len());
        let found = match direction {
            Direction::Here => (top..self.lines.len()).chain(0..top).find(fits),
            Direction::Down => (top + 1..self.lines.len()).chain(0..=top).find(fits),
            Direction::Up => (0..top)
                .rev()
                .chain((top..self.lines.len()).rev())
                .find(fits),
        };
        if let Some(at) = found {
            self.top = at;
        }
    }

    /// The whole screen.
    pub fn screen(&mut self, look: &Look<'_>, rows: usize) -> Vec<Line<'static>> {
        self.rows = rows.saturating_sub(2).max(1);
        self.clamp();
        let mut lines = Vec::new();
        let title = look.line(Role::Strong, self.title.clone());
        let end = (self.top + self.rows).min(self.lines.len());
        let place = format!("{end}/{}", self.lines.len());
        lines.push(spread(title, look.line(Role::Dim, place), look.columns));
        for at in self.top..self.top + self.rows {
            let line = self.lines.get(at).cloned().unwrap_or_default();
            lines.push(self.marked(cut_line(line, look.columns), look));
        }
        lines.push(match &self.search {
            Some(search) if self.typing => look.line(Role::Accent, format!("/{search}")),
            _ => cut_line(look.line(Role::Dim, strings::PAGER_KEYS), look.columns),
        });
        lines
    }

    /// Whether a search is typed, and where its cursor stands in the last row.
    pub fn cursor(&self) -> Option<usize> {
        let search = self.search.as_ref().filter(|_| self.typing)?;
        Some(1 + crate::text::width(search))
    }

    /// The line with what was searched for shown.
    fn marked(&self, line: Line<'static>, look: &Look<'_>) -> Line<'static> {
        let Some(search) = self.search.as_ref().filter(|search| !search.is_empty()) else {
            return line;
        };
        let style = look.theme.style(Role::Match);
        let mut spans = Vec::new();
        for span in line.spans {
            let mut rest = span.content.as_ref();
            while let Some(at) = rest.find(search.as_str()) {
                let (before, after) = rest.split_at(at);
                let (found, after) = after.split_at(search.len());
                spans.push(Span::styled(before.to_owned(), span.style));
                spans.push(Span::styled(found.to_owned(), span.style.patch(style)));
                rest = after;
            }
            spans.push(Span::styled(rest.to_owned(), span.style));
        }
        Line { spans, ..line }
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Here,
    Down,
    Up,
}
