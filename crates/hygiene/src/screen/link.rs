//! Links of Gimlet's own for terminals, from names that come from outside.

use super::{Channel, clean};

/// The longest address that terminals agree to take.
const LONGEST_ADDRESS: usize = 2083;

/// The text as a link to the address, or the clean text alone where the address is none that
/// Gimlet links to. Whatever could end the sequence is encoded first.
pub fn link(address: &str, text: &str) -> String {
    let text = clean(Channel::Name, text);
    let known = ["https://", "http://", "file://"];
    if !known.iter().any(|scheme| address.starts_with(scheme)) {
        return text.into_owned();
    }
    let address = encoded(address);
    if address.len() > LONGEST_ADDRESS {
        return text.into_owned();
    }
    format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

/// The address with everything but visible ASCII percent-encoded.
fn encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            0x21..=0x7e if !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`') => {
                out.push(char::from(byte));
            }
            _ => {
                out.extend([format!("%{byte:02X}")]);
            }
        }
    }
    out
}
