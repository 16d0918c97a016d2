//! Prompts of before: going through them with the arrows, and searching them.
//!
//! The store is whoever keeps it: entries are handed in, the oldest first, and new ones handed out
//! by [`History::add`]. As a file, an entry is a line of JSON:
//!
//! ```json
//! {"at": 1760000000000, "project": "/home/me/app", "session": "0199…", "text": "fix the test"}
//! ```
//!
//! `at` is in milliseconds, `session` may be missing, pastes are written out in `text`. A line
//! that cannot be read is left out and counted.

mod search;

pub use search::{Scope, Search, SearchOutcome};

use crate::editor::Draft;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Entries that are kept in memory; the oldest are forgotten.
pub const MOST_ENTRIES: usize = 10_000;
/// Bytes of a prompt that are kept. Longer ones are cut.
pub const MOST_TEXT_BYTES: usize = 32 * 1024;

/// A prompt that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in milliseconds of the Unix epoch.
    pub at: u64,
    /// The folder of the project.
    pub project: Arc<str>,
    /// The session, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Arc<str>>,
    /// The prompt, pastes written out.
    pub text: Arc<str>,
}

impl Entry {
    /// The entry as a line without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads lines of a file; what cannot be read is counted.
    pub fn read(text: &str) -> (Vec<Self>, usize) {
        let mut entries = Vec::new();
        let mut faults = 0;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(entry) => entries.push(entry),
                Err(_) => faults += 1,
            }
        }
        (entries, faults)
    }
}

/// The prompts, and where among them the person is.
#[derive(Clone, Debug)]
pub struct History {
    entries: Vec<Entry>,
    project: Arc<str>,
    /// The entry that is shown, and what was typed before it.
    place: Option<(usize, Draft)>,
}

impl History {
    /// The prompts of a project and of all others, the oldest first.
    pub fn new(project: &str, entries: Vec<Entry>) -> Self {
        let mut history = Self {
            entries,
            project: project.into(),
            place: None,
        };
        history.trim();
        history
    }

    /// Adds what was sent, and returns the entry to be stored; none for what is empty or the
    /// same as the last.
    pub fn add(&mut self, text: &str, at: u64, session: Option<&str>) -> Option<Entry> {
        self.place = None;
        let text = text.trim();
        let is_repeated = self
            .of_project()
            .next_back()
            .is_some_and(|(_, last)| *last.text == *text);
        if text.is_empty() || is_repeated {
            return None;
        }
        let mut end = text.len().min(MOST_TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let entry = Entry {
            at,
            project: self.project.clone(),
            session: session.map(Arc::from),
            text: text.get(..end).unwrap_or_default().into(),
        };
        self.entries.push(entry.clone());
        self.trim();
        Some(entry)
    }

    fn trim(&mut self) {
        let over = self.entries.len().saturating_sub(MOST_ENTRIES);
        self.entries.drain(..over);
    }

    fn of_project(&self) -> impl DoubleEndedIterator<Item = (usize, &Entry)> {
        let is_ours = |(_, entry): &(usize, &Entry)| entry.project == self.project;
        self.entries.iter().enumerate().filter(is_ours)
    }

    /// The prompt before the one that is shown, in this project. What was typed is kept for the
    /// way back.
    pub fn earlier(&mut self, typed: &Draft) -> Option<Draft> {
        let from = self
            .place
            .as_ref()
            .map_or(self.entries.len(), |(at, _)| *at);
        let shown = self
            .place
            .as_ref()
            .and_then(|(at, _)| self.entries.get(*at));
        let is_other = |entry: &Entry| shown.is_none_or(|shown| shown.text != entry.text);
        let (at, entry) = self
            .of_project()
            .rev()
            .find(|(at, entry)| *at < from && is_other(entry))?;
        let draft = Draft::of(&entry.text);
        match &mut self.place {
            Some((place, _)) => *place = at,
            None => self.place = Some((at, typed.clone())),
        }
        Some(draft)
    }

    /// The prompt after the one that is shown, and at last what was typed.
    pub fn later(&mut self) -> Option<Draft> {
        let (place, typed) = self.place.clone()?;
        let shown = self.entries.get(place).map(|entry| entry.text.clone());
        let next = self
            .of_project()
            .find(|(at, entry)| *at > place && Some(&entry.text) != shown.as_ref());
        if let Some((at, entry)) = next {
            let draft = Draft::of(&entry.text);
            self.place = Some((at, typed));
            return Some(draft);
        }
        self.place = None;
        Some(typed)
    }

    /// What was typed or sent is no prompt of before any more.
    pub fn leave(&mut self) {
        self.place = None;
    }

    /// Every entry, the oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The folder of the project.
    pub fn project(&self) -> &str {
        &self.project
    }
}

#[cfg(test)]
mod tests;
