//! What terminals do beside showing text.

use super::strategy::Notify;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Bytes of text that terminals take into the clipboard.
const CLIPBOARD_BYTES: usize = 74_994;

/// Puts a text into the clipboard, of the machine in front of the person too.
pub(crate) fn copied(text: &str) -> Vec<u8> {
    let mut end = text.len().min(CLIPBOARD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes()
}

/// Tells the person something although the window is not in front.
pub(crate) fn notified(text: &str, notify: Notify) -> Vec<u8> {
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_control() && *letter != ';')
        .collect();
    match notify {
        Notify::Nine => format!("\x1b]9;{text}\x07"),
        Notify::NinetyNine => format!("\x1b]99;;{text}\x1b\\"),
        Notify::Triple => format!("\x1b]777;notify;Gimlet;{text}\x07"),
        Notify::Bell => "\x07".to_owned(),
    }
    .into_bytes()
}
