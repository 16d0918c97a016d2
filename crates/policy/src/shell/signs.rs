//! Characters that make a command line look like another than it is.

/// Says what is suspicious about the characters of a text.
pub(super) fn suspicious(text: &str) -> Option<String> {
    text.chars().find_map(|c| {
        let what = match c {
            '\n' | '\t' => return None,
            '\r' => "a carriage return, which programs read differently",
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "a control character",
            _ if is_bidi(c) => "a character that changes the direction of the text",
            _ if is_invisible(c) => "an invisible character",
            _ if c.is_whitespace() && c != ' ' => "a blank that the shell does not take as one",
            _ => return None,
        };
        Some(format!("it holds {what} (U+{:04X})", u32::from(c)))
    })
}

/// True for characters that turn the direction of what follows.
pub(crate) fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True for characters that nobody sees.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}
