mod layouts;
mod readline_keys;
mod vim_keys;

use super::*;
use crossterm::event::{KeyCode, KeyModifiers};

/// Keys as they are written in the tables: letters, and `<C-a>`, `<M-f>`, `<S-Enter>`, `<Esc>`.
pub(super) fn keys(written: &str) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        let named = rest
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'))
            .and_then(|(name, after)| Some((named(name)?, after)));
        if let Some((key, after)) = named {
            keys.push(key);
            rest = after;
        } else {
            keys.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            rest = rest.get(c.len_utf8()..).unwrap();
        }
    }
    keys
}

fn named(name: &str) -> Option<KeyEvent> {
    let mut modifiers = KeyModifiers::NONE;
    let mut name = name;
    for (prefix, modifier) in [
        ("C-", KeyModifiers::CONTROL),
        ("M-", KeyModifiers::ALT),
        ("S-", KeyModifiers::SHIFT),
    ] {
        if let Some(rest) = name.strip_prefix(prefix) {
            modifiers |= modifier;
            name = rest;
        }
    }
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "BS" => KeyCode::Backspace,
        "Del" => KeyCode::Delete,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "lt" => KeyCode::Char('<'),
        "gt" => KeyCode::Char('>'),
        _ if name.chars().count() == 1 && !modifiers.is_empty() => {
            KeyCode::Char(name.chars().next()?)
        }
        _ => return None,
    };
    Some(KeyEvent::new(code, modifiers))
}

/// An editor with a text whose `|` is the cursor.
pub(super) fn editor(drawn: &str) -> Editor {
    let mut editor = Editor::default();
    let at = drawn.find('|').unwrap();
    editor.set(&Draft::of(&drawn.replacen('|', "", 1)));
    editor.buffer.move_to(at);
    editor
}

pub(super) fn drawn(editor: &Editor) -> String {
    let mut text = editor.text().to_owned();
    text.insert(editor.cursor(), '|');
    text
}

/// Types keys and returns what the last one did.
pub(super) fn typed(editor: &mut Editor, written: &str) -> Outcome {
    let mut outcome = Outcome::Ignored;
    for key in keys(written) {
        outcome = editor.key(key);
    }
    outcome
}

pub(super) fn rows(editor: &mut Editor, columns: usize) -> String {
    let view = editor.view(columns, 100, &ViewStyle::default());
    let rows: Vec<String> = view
        .rows
        .iter()
        .enumerate()
        .map(|(row, line)| {
            let text = line.to_string();
            if row == view.cursor.0 {
                format!("{text}  ({})", view.cursor.1)
            } else {
                text
            }
        })
        .collect();
    rows.join("\n")
}
