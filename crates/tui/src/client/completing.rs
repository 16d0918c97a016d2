//! Completion while typing: commands behind `/`, files behind `@`. It offers; what is typed is
//! never replaced unless the person says so.

use super::{Client, Command, Effect, menus::Menu};
use crate::{
    complete::{
        self, Token,
        commands::{Card, matching},
        files::{Files, Progress},
    },
    draw::Look,
    fit::{cut_middle, padded},
    text::{cut_line, width},
    theme::Role,
};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::{Line, Span};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

/// Files and commands that are offered at once.
const OFFERED: usize = 8;
/// Columns of a command's name.
const NAME_COLUMNS: usize = 20;

/// What the word at the cursor may become.
#[derive(Debug)]
pub(super) struct Completion {
    /// The bytes of the text that are replaced.
    range: Range<usize>,
    items: Vec<Item>,
    at: usize,
    /// Not every file was compared yet.
    progress: Progress,
}

#[derive(Debug)]
struct Item {
    /// What takes the place of the word.
    text: String,
    /// What is shown, with the letters that match.
    name: String,
    places: Vec<usize>,
    about: String,
}

/// What a key came to.
pub(super) enum Completed {
    Moved,
    Closed,
    Chosen(Range<usize>, String),
    NotMine,
}

impl Completion {
    pub(super) fn lines(&self, look: &Look<'_>, most: usize) -> Vec<Line<'static>> {
        let shown = self.items.iter().enumerate().take(most.min(OFFERED));
        shown
            .map(|(number, item)| item.line(number == self.at, look))
            .collect()
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Completed {
        let count = self.items.len().clamp(1, OFFERED);
        match (key.code, key.modifiers.is_empty()) {
            (KeyCode::Up, _) => self.at = self.at.checked_sub(1).unwrap_or(count - 1),
            (KeyCode::Down, _) => self.at = (self.at + 1) % count,
            (KeyCode::Esc, _) => return Completed::Closed,
            (KeyCode::Tab | KeyCode::Enter, true) => {
                return match self.items.get(self.at) {
                    Some(item) => Completed::Chosen(self.range.clone(), item.text.clone()),
                    None => Completed::NotMine,
                };
            }
            _ => return Completed::NotMine,
        }
        Completed::Moved
    }
}

impl Item {
    fn line(&self, is_here: bool, look: &Look<'_>) -> Line<'static> {
        let role = if is_here { Role::Chosen } else { Role::Text };
        let mut spans = vec![look.span(Role::Accent, if is_here { "› " } else { "  " })];
        let room = look.columns.saturating_sub(2);
        if width(&self.name) > room {
            // Where the letters stand in a path that is cut is not told.
            spans.push(look.span(role, cut_middle(&self.name, room).into_owned()));
            return Line::from(spans);
        }
        for (at, letter) in self.name.grapheme_indices(true) {
            let is_match = self.places.contains(&at);
            let style = look.theme.style(role);
            let style = if is_match {
                style.patch(look.theme.style(Role::Match))
            } else {
                style
            };
            match spans.last_mut() {
                Some(last) if last.style == style && at > 0 => {
                    last.content.to_mut().push_str(letter);
                }
                _ => spans.push(Span::styled(letter.to_owned(), style)),
            }
        }
        if !self.about.is_empty() {
            let gap = NAME_COLUMNS.saturating_sub(width(&self.name)) + 1;
            spans.push(Span::raw(padded("", gap)));
            spans.push(look.span(Role::Dim, self.about.clone()));
        }
        cut_line(Line::from(spans), look.columns)
    }
}

impl Client {
    /// Offers what the word at the cursor may become.
    pub(super) fn complete(&mut self) {
        if self.menu.as_ref().is_some_and(Menu::has_keys) {
            return;
        }
        self.menu = None;
        let found = match complete::token(self.editor.text(), self.editor.cursor()) {
            Some(Token::Command { range, query }) => commands(range, &query),
            Some(Token::File { range, query }) => self.found_files(range, &query),
            None => None,
        };
        self.menu = found.map(Menu::Completion);
    }

    fn found_files(&mut self, range: Range<usize>, query: &str) -> Option<Completion> {
        let Some(files) = &mut self.files else {
            self.files = Some(Files::default());
            self.want(Effect::ListFiles);
            return None;
        };
        let progress = files.search(query);
        Some(completion(files, range, progress))
            .filter(|found| found.progress == Progress::More || !found.items.is_empty())
    }

    /// The files are there, or more of them.
    pub(super) fn files_came(&mut self, paths: &[String]) {
        let files = self.files.get_or_insert_default();
        files.add(paths.iter().map(String::as_str));
        self.complete();
    }

    /// Whether files are still compared, so that the client wants to be woken soon.
    pub(super) fn is_searching(&self) -> bool {
        matches!(&self.menu, Some(Menu::Completion(found)) if found.progress == Progress::More)
    }

    /// Compares further files, a bounded number.
    pub(super) fn search_on(&mut self) {
        let (Some(Menu::Completion(found)), Some(files)) = (&mut self.menu, &mut self.files) else {
            return;
        };
        if found.progress == Progress::Complete {
            return;
        }
        let progress = files.advance(complete::files::STEP);
        let mut further = completion(files, found.range.clone(), progress);
        further.at = found.at.min(further.items.len().saturating_sub(1));
        if further.items.is_empty() && progress == Progress::Complete {
            self.menu = None;
        } else {
            *found = further;
        }
    }
}

fn completion(files: &mut Files, range: Range<usize>, progress: Progress) -> Completion {
    let hits = files.hits(OFFERED).into_iter();
    let items = hits.map(|hit| Item {
        text: complete::mention(&hit.path),
        name: hit.path,
        places: hit.places,
        about: String::new(),
    });
    Completion {
        range,
        items: items.collect(),
        at: 0,
        progress,
    }
}

/// The commands that match. When the name is whole there is nothing to offer: Enter runs it.
fn commands(range: Range<usize>, query: &str) -> Option<Completion> {
    let cards = Command::ALL.iter().map(|(_, name, aliases, about)| Card {
        name: (*name).to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        about: (*about).to_owned(),
    });
    let cards: Vec<Card> = cards.collect();
    let hits = matching(&cards, query);
    if hits.iter().any(|hit| hit.name.eq_ignore_ascii_case(query)) {
        return None;
    }
    let items = hits.into_iter().map(|hit| Item {
        text: format!("/{} ", hit.name),
        name: format!("/{}", hit.name),
        places: hit.places.into_iter().map(|at| at + 1).collect(),
        about: cards
            .get(hit.index)
            .map_or(String::new(), |card| card.about.clone()),
    });
    let items: Vec<Item> = items.collect();
    (!items.is_empty()).then_some(Completion {
        range,
        items,
        at: 0,
        progress: Progress::Complete,
    })
}
