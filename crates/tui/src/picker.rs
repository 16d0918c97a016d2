//! A list to choose from: typed letters narrow it, nothing is chosen by a near match.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the keys are another crate's, and new ones mean nothing here"
)]

use crate::{
    draw::{Look, spread},
    strings,
    text::{cut, cut_line},
    theme::Role,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::{Line, Span};

/// Rows that are shown at once.
const SHOWN: usize = 8;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T> {
    /// What it stands for.
    pub value: T,
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub about: String,
    /// Set where it is the present one.
    pub current: bool,
}

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked<T> {
    /// Nothing yet.
    Open,
    /// Another row is under the cursor.
    Moved(T),
    /// This was chosen.
    Chosen(T),
    /// Nothing was chosen.
    Closed,
    /// A key that the list does not know, with the row under the cursor.
    Other(KeyEvent, Option<T>),
}

/// A list with a filter.
#[derive(Clone, Debug)]
pub struct Picker<T> {
    title: String,
    hint: String,
    choices: Vec<Choice<T>>,
    filter: String,
    at: usize,
}

impl<T: Clone> Picker<T> {
    /// A list, the present choice under the cursor.
    pub fn new(title: impl Into<String>, hint: impl Into<String>, choices: Vec<Choice<T>>) -> Self {
        let at = choices
            .iter()
            .position(|choice| choice.current)
            .unwrap_or(0);
        Self {
            title: title.into(),
            hint: hint.into(),
            choices,
            filter: String::new(),
            at,
        }
    }

    fn matching(&self) -> Vec<&Choice<T>> {
        let words: Vec<String> = self
            .filter
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let fits = |choice: &&Choice<T>| {
            let text = format!("{} {}", choice.name, choice.about).to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        self.choices.iter().filter(fits).collect()
    }

    fn under_cursor(&self) -> Option<T> {
        self.matching()
            .get(self.at)
            .map(|choice| choice.value.clone())
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Picked<T> {
        let count = self.matching().len();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Picked::Closed,
            KeyCode::Char('c') if control => return Picked::Closed,
            KeyCode::Enter => {
                return self.under_cursor().map_or(Picked::Open, Picked::Chosen);
            }
            KeyCode::Up => self.at = self.at.checked_sub(1).unwrap_or(count.saturating_sub(1)),
            KeyCode::Char('p') if control => {
                self.at = self.at.checked_sub(1).unwrap_or(count.saturating_sub(1));
            }
            KeyCode::Down => self.at = (self.at + 1) % count.max(1),
            KeyCode::Char('n') if control => self.at = (self.at + 1) % count.max(1),
            KeyCode::PageUp => self.at = self.at.saturating_sub(SHOWN),
            KeyCode::PageDown => self.at = (self.at + SHOWN).min(count.saturating_sub(1)),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = count.saturating_sub(1),
            KeyCode::Backspace => {
                self.filter.pop();
                self.at = 0;
            }
            KeyCode::Char(letter)
                if !key
                    .modifiers
                    .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                self.filter.push(letter);
                self.at = 0;
            }
            _ => return Picked::Other(key, self.under_cursor()),
        }
        self.under_cursor().map_or(Picked::Open, Picked::Moved)
    }

    /// Its rows, at most `most`.
    pub fn lines(&self, look: &Look<'_>, most: usize) -> Vec<Line<'static>> {
        let matching = self.matching();
        let title = Line::from(vec![
            look.span(Role::Strong, self.title.clone()),
            look.span(
                Role::Accent,
                if self.filter.is_empty() {
                    String::new()
                } else {
                    format!("  {}", self.filter)
                },
            ),
        ]);
        let count = format!("{}/{}", (self.at + 1).min(matching.len()), matching.len());
        let mut lines = vec![spread(title, look.line(Role::Dim, count), look.columns)];
        if matching.is_empty() {
            lines.push(look.line(Role::Dim, cut(strings::NOTHING_FITS, look.columns)));
        }
        let room = most.saturating_sub(2).clamp(1, SHOWN);
        let first = self
            .at
            .saturating_sub(room / 2)
            .min(matching.len().saturating_sub(room));
        let widest = matching
            .iter()
            .map(|choice| crate::text::width(&choice.name))
            .max();
        // Where nothing is said of them, the names have the whole row.
        let is_bare = |choice: &&Choice<T>| choice.about.is_empty() && !choice.current;
        let most_columns = if matching.iter().all(is_bare) {
            look.columns.saturating_sub(5)
        } else {
            look.columns / 2
        };
        let names = widest.unwrap_or(0).min(most_columns);
        for (number, choice) in matching.iter().enumerate().skip(first).take(room) {
            let is_here = number == self.at;
            let mark = if is_here { "› " } else { "  " };
            let role = if is_here { Role::Chosen } else { Role::Text };
            let name = cut(&choice.name, names);
            let blanks = " ".repeat(names - crate::text::width(&name));
            let sign = if choice.current { " ✓ " } else { "   " };
            let row = vec![
                look.span(Role::Accent, mark),
                look.span(role, name),
                Span::raw(blanks),
                look.span(Role::Good, sign),
                look.span(Role::Dim, choice.about.clone()),
            ];
            lines.push(cut_line(Line::from(row), look.columns));
        }
        if lines.len() < most {
            lines.push(look.line(Role::Dim, cut(&self.hint, look.columns)));
        }
        lines
    }
}
