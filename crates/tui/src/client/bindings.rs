//! Which key leads to which action where the person is now, and the page that shows it.

use super::{Client, Effect, Layout, Purpose, menus::Menu};
use crate::{
    fit::padded,
    keymap::{Action, Context, Keymap, Resolved, rows},
    state::Tone,
    strings,
    text::cut_line,
    theme::Role,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::Line;

/// Columns of the keys on the page.
const KEY_COLUMNS: usize = 26;

/// What a key is, once the person's bindings were asked.
pub(super) struct Bound {
    /// The key that the components know by this name.
    pub(super) key: KeyEvent,
    /// None for text and for the keys of the editor.
    pub(super) action: Option<Action>,
}

impl Client {
    /// Asks the bindings about a key. None when it does nothing by itself.
    pub(super) fn bound(&mut self, key: KeyEvent) -> Option<Bound> {
        let is_text = matches!(key.code, KeyCode::Char(_))
            && !key
                .modifiers
                .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        // Where text is typed, letters are text.
        if is_text && self.is_typing_elsewhere() {
            return Some(Bound { key, action: None });
        }
        let contexts = self.contexts();
        match self.chords.key(&self.keymap, contexts, key, self.now.0) {
            Resolved::Action(action) => {
                // Those of the prompt are done by the client; others are keys of a component.
                let is_component = !matches!(
                    action.context(),
                    Context::Global | Context::Chat | Context::Scroll
                );
                let key = action.key().filter(|_| is_component).unwrap_or(key);
                Some(Bound {
                    key,
                    action: Some(action),
                })
            }
            Resolved::Unbound => Some(Bound { key, action: None }),
            Resolved::Pending => {
                let pending = self.chords.pending();
                self.hint(strings::chord_pending(&pending));
                None
            }
            Resolved::Dropped => None,
        }
    }

    fn is_typing_elsewhere(&self) -> bool {
        match (&self.page, &self.menu, &self.dialog) {
            (Some(page), ..) => page.is_typing(),
            (_, Some(menu), _) if menu.has_keys() => true,
            (_, _, Some(dialog)) => self.dialog_focused && dialog.is_typing(),
            _ => false,
        }
    }

    /// The contexts that count, the innermost first.
    fn contexts(&self) -> &'static [Context] {
        const IN_FULL: &[Context] = &[Context::Chat, Context::Scroll, Context::Global];
        if self.page.is_some() {
            return &[Context::Transcript];
        }
        match &self.menu {
            Some(Menu::History(_)) => return &[Context::HistorySearch],
            Some(Menu::Completion(_)) => {
                return &[Context::Autocomplete, Context::Chat, Context::Global];
            }
            Some(_) => return &[Context::Select],
            None => {}
        }
        if self.dialog_has_keys() {
            return &[Context::Confirmation];
        }
        match self.setup.layout {
            Layout::Full => IN_FULL,
            Layout::Inline => &[Context::Chat, Context::Global],
        }
    }

    /// Takes the file of keys. What is wrong in it is told, and the rest counts.
    pub(super) fn take_keys(&mut self, text: &str) {
        let (keymap, notices) = Keymap::with_file(text);
        self.keymap = keymap;
        for notice in notices {
            self.say(
                Tone::Warning,
                strings::key_notice(notice.line, &notice.text),
            );
        }
        text.clone_into(&mut self.setup.keys);
    }

    /// The person's file, or what it may look like, in his editor.
    pub(super) fn edit_keys(&mut self) {
        let text = if self.setup.keys.trim().is_empty() {
            strings::KEYS_EXAMPLE.to_owned()
        } else {
            self.setup.keys.clone()
        };
        self.want(Effect::Edit(Purpose::Keys, text));
    }

    pub(super) fn keys_edited(&mut self, text: &str) {
        self.take_keys(text);
        self.want(Effect::SaveKeys(text.to_owned()));
    }

    /// The page of keys: what can be bound, by contexts, then the keys of the editor.
    pub(super) fn key_lines(&self) -> Vec<Line<'static>> {
        let look = self.look();
        let mut lines = Vec::new();
        let mut context = None;
        for row in rows(&self.keymap) {
            if context != Some(row.context) {
                context = Some(row.context);
                lines.push(Line::default());
                lines.push(look.line(Role::Heading, strings::key_context(row.context)));
            }
            let keys = match row.keys.as_slice() {
                [] => strings::NO_KEY.to_owned(),
                keys => keys.join(", "),
            };
            let role = if row.is_changed {
                Role::Accent
            } else {
                Role::Text
            };
            let line = Line::from(vec![
                look.span(role, format!("  {}", padded(&keys, KEY_COLUMNS))),
                look.span(Role::Text, row.action.about()),
                look.span(Role::Dim, format!("  {}", row.action.name())),
            ]);
            lines.push(cut_line(line, look.columns));
        }
        for (keys, about) in strings::KEY_TABLE {
            if about.is_empty() {
                lines.push(Line::default());
                lines.push(look.line(Role::Heading, *keys));
                continue;
            }
            let line = Line::from(vec![
                look.span(Role::Text, format!("  {}", padded(keys, KEY_COLUMNS))),
                look.span(Role::Text, *about),
            ]);
            lines.push(cut_line(line, look.columns));
        }
        lines.push(Line::default());
        lines.push(look.line(Role::Dim, strings::KEYS_FILE));
        lines
    }
}

#[cfg(test)]
mod tests;
