//! The history of prompts: with the arrows, and as a list that letters narrow.

use super::{Client, Effect, menus::Menu};
use crate::{
    draw::Look,
    history::{Scope, Search, SearchOutcome},
    strings,
    text::{cut, cut_line},
    theme::Role,
};
use crossterm::event::KeyEvent;
use gimlet_protocol::QueueLane;
use ratatui::text::Line;

/// Prompts that are shown at once.
const SHOWN: usize = 8;

/// The lines of a search, the newest prompt below.
pub(super) fn lines(search: &Search, look: &Look<'_>, most: usize) -> Vec<Line<'static>> {
    let room = most.saturating_sub(1).clamp(1, SHOWN);
    let first = search.at().saturating_sub(room - 1);
    let shown = search.found().enumerate().skip(first).take(room);
    let mut lines: Vec<Line<'static>> = shown
        .map(|(number, text)| {
            let is_here = number == search.at();
            let role = if is_here { Role::Chosen } else { Role::Text };
            let text = crate::draw::first_line(text, look.columns.saturating_sub(2));
            cut_line(
                Line::from(vec![
                    look.span(Role::Accent, if is_here { "› " } else { "  " }),
                    look.span(role, text),
                ]),
                look.columns,
            )
        })
        .collect();
    if lines.is_empty() {
        lines.push(look.line(Role::Dim, cut(strings::NOTHING_FOUND, look.columns)));
    }
    let scope = match search.scope() {
        Scope::Project => strings::SEARCH_PROJECT,
        Scope::Everywhere => strings::SEARCH_EVERYWHERE,
    };
    lines.push(cut_line(
        Line::from(vec![
            look.span(Role::Accent, format!("{scope}: ")),
            look.span(Role::Text, search.query().to_owned()),
            look.span(Role::Dim, format!("  {}", strings::SEARCH_KEYS)),
        ]),
        look.columns,
    ));
    lines
}

impl Client {
    pub(super) fn show_history(&mut self) {
        if self.history.entries().is_empty() {
            self.hint(strings::NO_HISTORY);
            return;
        }
        let query = self.editor.draft().written_out();
        let query = query.lines().next().unwrap_or_default();
        let search = Search::new(&self.history, query);
        self.menu_open(Menu::History(search));
    }

    /// True where the search stays open.
    pub(super) fn search_key(&mut self, search: &mut Search, key: KeyEvent) -> bool {
        match search.key(&self.history, key) {
            SearchOutcome::Open | SearchOutcome::Ignored => return true,
            SearchOutcome::Accepted(text) => self.put(Some(text)),
            SearchOutcome::Executed(text) => {
                self.put(Some(text));
                self.submit(QueueLane::Steer);
            }
            SearchOutcome::Cancelled => {}
        }
        false
    }

    /// A prompt is sent: it is one of before from now on.
    pub(super) fn remember_prompt(&mut self, text: &str) {
        let session = self.state.session.as_ref().map(ToString::to_string);
        if let Some(entry) = self.history.add(text, self.now.0, session.as_deref()) {
            self.want(Effect::Sent(entry));
        }
    }

    pub(super) fn recall_earlier(&mut self) {
        let typed = self.editor.draft();
        if let Some(draft) = self.history.earlier(&typed) {
            self.editor.set(&draft);
        }
    }

    pub(super) fn recall_later(&mut self) {
        if let Some(draft) = self.history.later() {
            self.editor.set(&draft);
        }
    }
}
