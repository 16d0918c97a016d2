//! Addresses of the web within text.

/// Bytes of an address beyond which it is none.
const LONGEST: usize = 2048;

/// Whether a click on it does nothing but open a page or a letter.
pub(super) fn is_address(text: &str) -> bool {
    let rest = ["http://", "https://", "mailto:"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let is_plain = text.chars().all(|c| c.is_ascii_graphic());
    is_plain && text.len() <= LONGEST && rest.is_some_and(|rest| !rest.is_empty())
}

/// The text in parts, each with whether it is an address. A sign that ends the sentence is not
/// part of one, nor is a bracket that was opened before it.
pub(super) fn parts(text: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("http")) {
        let start = at + found;
        let word = text.get(start..).unwrap_or_default();
        let end = word
            .find(|c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"' | '`'))
            .unwrap_or(word.len());
        let address = trimmed(word.get(..end).unwrap_or_default());
        at = start + address.len().max(4);
        if is_address(address) {
            parts.push((false, text.get(from..start).unwrap_or_default()));
            parts.push((true, address));
            from = at;
        }
    }
    parts.push((false, text.get(from..).unwrap_or_default()));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

fn trimmed(word: &str) -> &str {
    let mut word = word;
    loop {
        let is_open =
            |open: char, close: char| word.matches(close).count() > word.matches(open).count();
        let shorter = match word.chars().next_back() {
            Some(')') if is_open('(', ')') => word.strip_suffix(')'),
            Some(']') if is_open('[', ']') => word.strip_suffix(']'),
            Some(c @ ('.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_')) => {
                word.strip_suffix(c)
            }
            _ => None,
        };
        match shorter {
            Some(shorter) => word = shorter,
            None => return word,
        }
    }
}
