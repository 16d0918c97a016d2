//! Control characters made visible, so that no text steers a terminal.

use std::borrow::Cow;

/// Which line breaks stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// Newlines and tabs stay.
    Keep,
    /// All becomes one line.
    Show,
}

/// The text with every control character replaced by a picture of it or by its number.
pub(crate) fn visible(text: &str, breaks: Breaks) -> Cow<'_, str> {
    let steers = |c: char| {
        let kept = breaks == Breaks::Keep && matches!(c, '\n' | '\t');
        !kept && (c.is_control() || is_direction(c))
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if !steers(c) => out.push(c),
            '\n' | '\t' => out.push(' '),
            '\u{7f}' => out.push('\u{2421}'),
            c if u32::from(c) < 0x20 => {
                out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'));
            }
            c => out.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(out)
}

/// One line of at most `most_chars` characters.
pub(crate) fn one_line(text: &str, most_chars: usize) -> String {
    let text = visible(text.trim(), Breaks::Show);
    if text.chars().count() <= most_chars {
        return text.into_owned();
    }
    let kept: String = text.chars().take(most_chars.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// JSON text for a terminal: what the format leaves unescaped is escaped too.
pub(crate) fn visible_json(json: &str) -> Cow<'_, str> {
    let steers = |c: char| matches!(c, '\u{7f}'..='\u{9f}') || is_direction(c);
    if !json.contains(steers) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if steers(c) {
            out.push_str("\\u");
            for shift in [12, 8, 4, 0] {
                out.extend(char::from_digit((u32::from(c) >> shift) & 0xf, 16));
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Characters that change the direction of what follows.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
