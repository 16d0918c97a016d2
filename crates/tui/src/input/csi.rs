//! Control sequences: keys with modifiers, mouse, focus, answers.

use super::{Answer, Focus, Input, LONGEST_SEQUENCE_BYTES, Mouse, Step, Supported, key};
use crossterm::event::{KeyCode, KeyModifiers};

/// `ESC [` …
pub(super) fn control(bytes: &[u8]) -> Step {
    let body = bytes.get(2..).unwrap_or_default();
    if body.first() == Some(&b'M') {
        // The mouse as it was before: three bytes.
        return if body.len() < 4 {
            Step::Wait
        } else {
            Step::Came(6, Input::Mouse(Mouse::Other))
        };
    }
    // The Linux console's function keys.
    if body.first() == Some(&b'[') {
        return match body.get(1) {
            None => Step::Wait,
            Some(letter @ b'A'..=b'E') => {
                Step::Came(4, key(KeyCode::F(letter - b'A' + 1), KeyModifiers::NONE))
            }
            Some(_) => Step::Skip(4),
        };
    }
    let Some(end) = body.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return if body.len() > LONGEST_SEQUENCE_BYTES {
            Step::Skip(2)
        } else {
            Step::Wait
        };
    };
    let used = 2 + end + 1;
    let (Some(parameters), Some(&last)) = (body.get(..end), body.get(end)) else {
        return Step::Wait;
    };
    if !(0x40..=0x7e).contains(&last) {
        // What follows is the start of something else.
        return Step::Skip(2 + end);
    }
    let text = std::str::from_utf8(parameters).unwrap_or_default();
    match (last, text) {
        (b'~', "200") => Step::PasteBegins(used),
        (b'I', "") => Step::Came(used, Input::Focus(Focus::Gained)),
        (b'O', "") => Step::Came(used, Input::Focus(Focus::Lost)),
        (b'c', _) if text.starts_with('?') => Step::Came(used, Input::Answer(Answer::Attributes)),
        (b'u', _) if text.starts_with('?') => Step::Came(used, Input::Answer(Answer::Keyboard)),
        (b'y', _) if text.starts_with('?') => Step::Came(used, Input::Answer(mode_report(text))),
        (b'M' | b'm', _) if text.starts_with('<') => {
            Step::Came(used, Input::Mouse(mouse(text, last)))
        }
        _ => match pressed(text, last) {
            Some(input) => Step::Came(used, input),
            None => Step::Skip(used),
        },
    }
}

/// `ESC O` and a letter.
pub(super) fn single_shift(bytes: &[u8]) -> Step {
    match bytes.get(2) {
        None => Step::Wait,
        Some(&letter) => match named(letter) {
            Some(code) => Step::Came(3, key(code, KeyModifiers::NONE)),
            None => Step::Skip(3),
        },
    }
}

/// The text between `ESC ]` and its end.
pub(super) fn operating_system(body: &[u8]) -> Answer {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let Some(colour) = text.strip_prefix("11;rgb:") else {
        return Answer::Other;
    };
    let mut parts = colour.split('/').map(|part| {
        let value = u32::from_str_radix(part, 16).ok()?;
        let most = 16_u32
            .checked_pow(u32::try_from(part.len()).ok()?)?
            .checked_sub(1)?;
        u8::try_from((value * 255).checked_div(most)?).ok()
    });
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Some(red)), Some(Some(green)), Some(Some(blue))) => {
            Answer::Background(red, green, blue)
        }
        _ => Answer::Other,
    }
}

/// The text between `ESC P` and its end.
pub(super) fn device(body: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(body);
    match text.strip_prefix(">|") {
        Some(name) => Answer::Name(name.chars().filter(|c| !c.is_control()).take(80).collect()),
        None => Answer::Other,
    }
}

fn mode_report(text: &str) -> Answer {
    match text
        .strip_prefix("?2026;")
        .map(|rest| rest.trim_end_matches('$'))
    {
        Some("1" | "2" | "3") => Answer::Synchronised(Supported::Yes),
        Some(_) => Answer::Synchronised(Supported::No),
        None => Answer::Other,
    }
}

fn mouse(text: &str, last: u8) -> Mouse {
    let mut numbers = text
        .trim_start_matches('<')
        .split(';')
        .map(str::parse::<u16>);
    let (Some(Ok(button)), Some(Ok(column)), Some(Ok(row))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return Mouse::Other;
    };
    match button {
        64 => Mouse::WheelUp,
        65 => Mouse::WheelDown,
        0 if last == b'M' => Mouse::Press {
            column: column.saturating_sub(1),
            row: row.saturating_sub(1),
        },
        _ => Mouse::Other,
    }
}

fn pressed(text: &str, last: u8) -> Option<Input> {
    let mut fields = text.split(';');
    let first = fields.next().unwrap_or_default();
    let number: u32 = first.split(':').next()?.parse().unwrap_or(1);
    let mut second = fields.next().unwrap_or_default().split(':');
    let modifiers = modifiers(
        second
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(1),
    );
    // A key that is let go is no key.
    if second.next() == Some("3") {
        return None;
    }
    let code = match last {
        b'u' => return unicode(number, modifiers),
        b'~' => match number {
            27 => {
                // xterm's modifyOtherKeys: `27;modifiers;code~`.
                let letter = fields.next()?.parse().ok()?;
                return unicode(letter, modifiers);
            }
            1 | 7 => KeyCode::Home,
            2 => KeyCode::Insert,
            3 => KeyCode::Delete,
            4 | 8 => KeyCode::End,
            5 => KeyCode::PageUp,
            6 => KeyCode::PageDown,
            11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
            17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
            23 | 24 => KeyCode::F(u8::try_from(number - 12).ok()?),
            _ => return None,
        },
        b'Z' => return Some(key(KeyCode::BackTab, modifiers | KeyModifiers::SHIFT)),
        letter => named(letter)?,
    };
    Some(key(code, modifiers))
}

fn named(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// A key of the kitty keyboard protocol, by its code point.
fn unicode(number: u32, modifiers: KeyModifiers) -> Option<Input> {
    let code = match number {
        9 if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // Keys that do nothing alone: locks, print, media, shift and the like.
        57344..=63743 => return None,
        number => KeyCode::Char(char::from_u32(number).filter(|letter| !letter.is_control())?),
    };
    let code = match code {
        KeyCode::Char(letter) if modifiers == KeyModifiers::SHIFT => {
            KeyCode::Char(letter.to_uppercase().next().unwrap_or(letter))
        }
        other => other,
    };
    Some(key(code, modifiers))
}

fn modifiers(number: u8) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ] {
        if bits & bit != 0 {
            modifiers |= modifier;
        }
    }
    modifiers
}
