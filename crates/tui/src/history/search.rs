//! The search of prompts: letters narrow it, the newest that matches is shown.

use super::{Entry, History};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Matches that are kept of a search.
const MOST_FOUND: usize = 500;

/// Which prompts are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those of this project.
    #[default]
    Project,
    /// All.
    Everywhere,
}

/// What a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchOutcome {
    /// The search goes on.
    Open,
    /// This goes into the editor.
    Accepted(String),
    /// This is sent.
    Executed(String),
    /// What was typed before comes back.
    Cancelled,
    /// A key of someone else.
    Ignored,
}

/// A search that is open.
#[derive(Clone, Debug, Default)]
pub struct Search {
    query: String,
    scope: Scope,
    /// The texts that match, the newest first.
    found: Vec<std::sync::Arc<str>>,
    at: usize,
}

impl Search {
    /// A search for what was typed already.
    pub fn new(history: &History, query: &str) -> Self {
        let mut search = Self {
            query: query.to_owned(),
            ..Self::default()
        };
        search.find(history);
        search
    }

    /// What is sought.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Which prompts are searched.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The prompts that match, the newest first and each once.
    pub fn found(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(AsRef::as_ref)
    }

    /// The place of the chosen one among them.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The chosen prompt.
    pub fn chosen(&self) -> Option<&str> {
        self.found.get(self.at).map(AsRef::as_ref)
    }

    /// Chooses the next older one; at the last it stays.
    pub fn next(&mut self) {
        self.at = (self.at + 1).min(self.found.len().saturating_sub(1));
    }

    /// Chooses the next newer one.
    pub fn previous(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// This project, or all.
    pub fn cycle_scope(&mut self, history: &History) {
        self.scope = match self.scope {
            Scope::Project => Scope::Everywhere,
            Scope::Everywhere => Scope::Project,
        };
        self.find(history);
    }

    /// Takes a key.
    pub fn key(&mut self, history: &History, key: KeyEvent) -> SearchOutcome {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let chosen = || self.chosen().map(str::to_owned);
        match (key.code, control, alt) {
            (KeyCode::Char('r'), true, _) | (KeyCode::Up, false, _) => self.next(),
            (KeyCode::Down, false, _) => self.previous(),
            (KeyCode::Char('s'), true, _) => self.cycle_scope(history),
            (KeyCode::Char('c' | 'g'), true, _) => return SearchOutcome::Cancelled,
            (KeyCode::Enter, false, false) => {
                return chosen().map_or(SearchOutcome::Cancelled, SearchOutcome::Executed);
            }
            (KeyCode::Esc | KeyCode::Tab | KeyCode::Right, false, _) => {
                return chosen().map_or(SearchOutcome::Cancelled, SearchOutcome::Accepted);
            }
            (KeyCode::Backspace, false, false) => {
                self.query.pop();
                self.find(history);
            }
            (KeyCode::Char('u'), true, _) => {
                self.query.clear();
                self.find(history);
            }
            (KeyCode::Char(c), false, false) if !c.is_control() => {
                self.query.push(c);
                self.find(history);
            }
            _ => return SearchOutcome::Ignored,
        }
        SearchOutcome::Open
    }

    /// Every word of the query must be in the text. Small letters match capitals, too.
    fn find(&mut self, history: &History) {
        let words: Vec<&str> = self.query.split_whitespace().collect();
        let is_small = !self.query.contains(char::is_uppercase);
        let matches = |entry: &&Entry| {
            let lower = is_small.then(|| entry.text.to_lowercase());
            let text = lower.as_deref().unwrap_or(&entry.text);
            words.iter().all(|word| text.contains(word))
        };
        let in_scope = |entry: &&Entry| {
            self.scope == Scope::Everywhere || *entry.project == *history.project()
        };
        let mut seen = std::collections::HashSet::new();
        let newest = history
            .entries()
            .iter()
            .rev()
            .filter(in_scope)
            .filter(matches);
        self.found = newest
            .map(|entry| entry.text.clone())
            .filter(|text| seen.insert(text.clone()))
            .take(MOST_FOUND)
            .collect();
        self.at = 0;
    }
}
