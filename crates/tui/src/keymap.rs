//! Which key does what: contexts, chords, the person's own file over the defaults.
//!
//! The file is `keybindings.json`, of the form that people have from elsewhere:
//!
//! ```json
//! {"bindings": [{"context": "Chat", "bindings": {"ctrl+e": "chat:externalEditor", "ctrl+u": null}}]}
//! ```
//!
//! A key with `null` does nothing of its own any more. Keys of a chord are parted by blanks. What
//! is wrong in the file is said with its line and left out; the rest counts.

mod actions;
mod chord;
mod file;
mod list;

pub use actions::{Action, Context};
pub use chord::{Key, chord_name, parse_chord};
pub use file::Notice;
pub use list::{Row, rows};

use crossterm::event::{KeyEvent, KeyEventKind};

/// How long the next key of a chord is awaited, in milliseconds.
pub const CHORD_MS: u64 = 3000;

/// Where a binding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Gimlet's own.
    BuiltIn,
    /// The person's file, with the line.
    File {
        /// From one.
        line: usize,
    },
}

/// What a chord does in a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it counts.
    pub context: Context,
    /// One key or several.
    pub chord: Vec<Key>,
    /// None when the file took it away.
    pub action: Option<Action>,
    /// Who says so.
    pub source: Source,
}

/// All bindings, the later over the earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self {
            bindings: actions::built_in(),
        }
    }
}

impl Keymap {
    /// The defaults with what a file says, and what is wrong in it.
    pub fn with_file(text: &str) -> (Self, Vec<Notice>) {
        let mut keymap = Self::default();
        let (bindings, notices) = file::read(text);
        keymap.bindings.extend(bindings);
        (keymap, notices)
    }

    /// What counts, without what was replaced.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings
            .iter()
            .enumerate()
            .filter_map(|(at, binding)| {
                let rest = self.bindings.get(at + 1..).unwrap_or_default();
                let is_replaced = rest
                    .iter()
                    .any(|later| later.context == binding.context && later.chord == binding.chord);
                (!is_replaced).then_some(binding)
            })
    }

    /// The first chord that does this, for hints.
    pub fn chord_of(&self, action: Action) -> Option<String> {
        let found = self
            .bindings()
            .filter(|binding| binding.action == Some(action));
        // What the person chose is what is told.
        let chosen = found.max_by_key(|binding| binding.source != Source::BuiltIn)?;
        Some(chord_name(&chosen.chord))
    }

    /// What the keys do in one context.
    fn found(&self, context: Context, keys: &[Key]) -> Found {
        let mut found = Found::Nothing;
        for binding in self.bindings().filter(|binding| binding.context == context) {
            if binding.chord == keys {
                found = match binding.action {
                    Some(action) => Found::Action(action),
                    None => Found::Unbound,
                };
            } else if binding.chord.starts_with(keys) && binding.action.is_some() {
                // A chord that begins like this goes before a key of its own.
                return Found::Start;
            }
        }
        found
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Unbound,
    Start,
    Action(Action),
}

/// What a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It does this.
    Action(Action),
    /// It begins a chord; the next key is awaited.
    Pending,
    /// The file took it away, or it ended a chord that nobody has: it does nothing.
    Dropped,
    /// It has no binding: it is text, or the component's own.
    Unbound,
}

/// The keys of a chord that is not complete.
#[derive(Clone, Debug, Default)]
pub struct Chords {
    keys: Vec<Key>,
    since_ms: u64,
}

impl Chords {
    /// Takes a key at a time on the client's clock. The contexts are those that count now, the
    /// innermost first; the first that knows the key decides.
    pub fn key(
        &mut self,
        keymap: &Keymap,
        contexts: &[Context],
        key: KeyEvent,
        now_ms: u64,
    ) -> Resolved {
        let Some(key) = Key::of(key).filter(|_| key.kind != KeyEventKind::Release) else {
            return Resolved::Unbound;
        };
        if now_ms.saturating_sub(self.since_ms) > CHORD_MS {
            self.keys.clear();
        }
        let is_first = self.keys.is_empty();
        self.keys.push(key);
        self.since_ms = now_ms;
        for context in contexts {
            match keymap.found(*context, &self.keys) {
                Found::Nothing => {}
                Found::Start => return Resolved::Pending,
                Found::Unbound => {
                    self.keys.clear();
                    return Resolved::Dropped;
                }
                Found::Action(action) => {
                    self.keys.clear();
                    return Resolved::Action(action);
                }
            }
        }
        self.keys.clear();
        if is_first {
            Resolved::Unbound
        } else {
            Resolved::Dropped
        }
    }

    /// What was typed of a chord, for showing it.
    pub fn pending(&self) -> String {
        chord_name(&self.keys)
    }
}

#[cfg(test)]
mod tests;
