//! The bindings as a list for people.

use super::{
    Keymap, Source,
    actions::{Action, Context},
    chord::chord_name,
};

/// An action with its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it counts.
    pub context: Context,
    /// What it does.
    pub action: Action,
    /// The chords, as they are written; empty when nothing leads to it.
    pub keys: Vec<String>,
    /// Whether the person's file has changed it.
    pub is_changed: bool,
}

/// Every action in the order of the contexts, with the keys that lead to it.
pub fn rows(keymap: &Keymap) -> Vec<Row> {
    let default = Keymap::default();
    let mut rows: Vec<Row> = Vec::new();
    for action in Action::ALL {
        let mut contexts: Vec<Context> = vec![action.context()];
        // A file may lead to an action from another context, too.
        for binding in keymap.bindings() {
            if binding.action == Some(*action) && !contexts.contains(&binding.context) {
                contexts.push(binding.context);
            }
        }
        for context in contexts {
            let keys = keys_of(keymap, context, *action);
            let is_changed = keys != keys_of(&default, context, *action);
            rows.push(Row {
                context,
                action: *action,
                keys,
                is_changed,
            });
        }
    }
    rows.sort_by_key(|row| row.context);
    rows
}

fn keys_of(keymap: &Keymap, context: Context, action: Action) -> Vec<String> {
    let bindings = keymap.bindings();
    let mut found: Vec<_> = bindings
        .filter(|binding| binding.context == context && binding.action == Some(action))
        .collect();
    found.sort_by_key(|binding| binding.source == Source::BuiltIn);
    found
        .into_iter()
        .map(|binding| chord_name(&binding.chord))
        .collect()
}
