//! Keys as they are written: `ctrl+x ctrl+k`, `shift+tab`, `G`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: Code,
    /// Control, alt, shift and command alone.
    held: KeyModifiers,
}

/// Keys that can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Code {
    Letter(char),
    Named(&'static str),
    Function(u8),
}

const NAMES: [(&str, KeyCode); 17] = [
    ("esc", KeyCode::Esc),
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("menu", KeyCode::Menu),
    ("pause", KeyCode::Pause),
];

/// With one of these held, shift is said apart from the letter.
const ALONE: KeyModifiers = KeyModifiers::CONTROL
    .union(KeyModifiers::ALT)
    .union(KeyModifiers::SUPER);

/// Other names of these.
const ALIASES: [(&str, &str); 4] = [
    ("escape", "esc"),
    ("return", "enter"),
    ("del", "delete"),
    ("plus", "+"),
];

impl Key {
    /// The key of an event, if it is one that can be bound. A capital letter is its small one
    /// with shift, however the terminal says it.
    pub fn of(event: KeyEvent) -> Option<Self> {
        let mut held = event.modifiers & (ALONE | KeyModifiers::SHIFT);
        if event.modifiers.contains(KeyModifiers::META) {
            held |= KeyModifiers::ALT;
        }
        let code = if event.code == KeyCode::BackTab {
            held |= KeyModifiers::SHIFT;
            Code::Named("tab")
        } else if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == event.code) {
            Code::Named(name)
        } else if let KeyCode::Char(c) = event.code {
            letter(c, &mut held)
        } else if let KeyCode::F(number) = event.code {
            Code::Function(number)
        } else {
            return None;
        };
        Some(Self { code, held })
    }

    /// The event that a terminal sends for it.
    pub fn event(self) -> KeyEvent {
        let code = match self.code {
            Code::Letter(c) if self.held == KeyModifiers::SHIFT => {
                KeyCode::Char(c.to_uppercase().next().unwrap_or(c))
            }
            Code::Letter(c) => KeyCode::Char(c),
            Code::Function(number) => KeyCode::F(number),
            Code::Named("tab") if self.held.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            Code::Named(name) => NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(KeyCode::Null, |(_, code)| *code),
        };
        KeyEvent::new(code, self.held)
    }

    /// Whether it ends or leaves the program, which no file can take away.
    pub(super) fn is_reserved(self) -> bool {
        self.held == KeyModifiers::CONTROL && matches!(self.code, Code::Letter('c' | 'd' | 'm'))
    }

    fn name(self) -> String {
        let mut name = String::new();
        for (modifier, held) in [
            (KeyModifiers::CONTROL, "ctrl+"),
            (KeyModifiers::ALT, "alt+"),
            (KeyModifiers::SUPER, "cmd+"),
            (KeyModifiers::SHIFT, "shift+"),
        ] {
            if self.held.contains(modifier) {
                name.push_str(held);
            }
        }
        match self.code {
            Code::Letter(c) => name.push(c),
            Code::Named(named) => name.push_str(named),
            Code::Function(number) => {
                name.push('f');
                name.push_str(&number.to_string());
            }
        }
        name
    }
}

/// A chord as it is written.
pub fn chord_name(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().map(|key| key.name()).collect();
    names.join(" ")
}

/// Reads a chord. What is wrong is said as a sentence's end, such as `has no key`.
pub fn parse_chord(text: &str) -> Result<Vec<Key>, String> {
    let keys: Result<Vec<Key>, String> = text.split_whitespace().map(parse_key).collect();
    let keys = keys?;
    if keys.is_empty() {
        return Err("has no key".to_owned());
    }
    Ok(keys)
}

fn parse_key(text: &str) -> Result<Key, String> {
    let mut held = KeyModifiers::NONE;
    let mut parts: Vec<&str> = text.split('+').collect();
    // `ctrl++` is the plus sign.
    if text.ends_with('+') {
        parts.truncate(parts.len().saturating_sub(2));
        parts.push("+");
    }
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        held |= match part.to_ascii_lowercase().as_str() {
            "ctrl" | "control" => KeyModifiers::CONTROL,
            "alt" | "opt" | "option" | "meta" => KeyModifiers::ALT,
            "shift" => KeyModifiers::SHIFT,
            "cmd" | "command" | "super" | "win" => KeyModifiers::SUPER,
            _ => return Err(format!("has the unknown modifier `{part}`")),
        };
    }
    let lower = last.to_lowercase();
    let named = ALIASES
        .iter()
        .find(|(alias, _)| *alias == lower)
        .map_or(lower.as_str(), |(_, name)| name);
    let mut letters = last.chars();
    let code = match (letters.next(), letters.next()) {
        // A capital is shift only by itself: `ctrl+X` is `ctrl+x`.
        (Some(c), None) if held.intersects(ALONE) => letter(lowercase(c), &mut held),
        (Some(c), None) => letter(c, &mut held),
        _ if named == "+" => Code::Letter('+'),
        _ => code_named(named).ok_or_else(|| format!("has the unknown key `{last}`"))?,
    };
    Ok(Key { code, held })
}

/// A letter as its small one, with shift where it was a capital. Signs are typed with or without
/// shift, as the keyboard has it.
fn letter(c: char, held: &mut KeyModifiers) -> Code {
    if c.is_uppercase() {
        held.insert(KeyModifiers::SHIFT);
    } else if !c.is_alphabetic() {
        held.remove(KeyModifiers::SHIFT);
    }
    Code::Letter(lowercase(c))
}

fn lowercase(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn code_named(name: &str) -> Option<Code> {
    if let Some((name, _)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(Code::Named(name));
    }
    let number: u8 = name.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(Code::Function(number))
}
