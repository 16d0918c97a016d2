//! A second reading of a block, without what may stand inside a key and hide it: escapes of
//! characters, colours, continued lines, characters that nobody sees.

use super::line::Found;

/// A text with the place that each of its bytes came from.
#[derive(Debug)]
pub(super) struct Bare {
    pub(super) text: String,
    /// For each byte of `text` where its origin begins, and the length of the original at last.
    origins: Vec<usize>,
}

impl Bare {
    /// A finding in this reading as one in the original.
    pub(super) fn back(&self, original: &str, mut one: Found) -> Found {
        let at = |place: usize| self.origins.get(place).copied().unwrap_or(original.len());
        let span = one.finding.span.clone();
        // What was left out right behind the last character is not part of it.
        let last = at(span.end.saturating_sub(1));
        let length = length_at(original, last).unwrap_or(1);
        one.finding.span = at(span.start)..original.len().min(last + length);
        one.context = at(one.context);
        one
    }
}

/// The second reading, where it differs from the first.
pub(super) fn without_marks(text: &str) -> Option<Bare> {
    let hides = |byte: u8| matches!(byte, b'\\' | b'%' | 0x1b | 0xe2 | 0xef | 0xc2);
    if !text.bytes().any(hides) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut origins = Vec::with_capacity(text.len() + 1);
    let mut differs = false;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((decoded, length)) = decoded(rest) {
            differs = true;
            if let Some(c) = decoded {
                out.push(c);
                origins.extend(std::iter::repeat_n(at, c.len_utf8()));
            }
            at += length;
        } else if let Some(c) = rest.chars().next() {
            out.push(c);
            origins.extend(at..at + c.len_utf8());
            at += c.len_utf8();
        }
    }
    origins.push(text.len());
    differs.then_some(Bare { text: out, origins })
}

/// How many bytes of the original stand for the character there.
fn length_at(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    match decoded(rest) {
        Some((Some(_), length)) => Some(length),
        Some((None, _)) | None => rest.chars().next().map(char::len_utf8),
    }
}

/// What stands at the start of the text, if it hides something: the character that it stands
/// for, or none, and its length.
fn decoded(rest: &str) -> Option<(Option<char>, usize)> {
    let bytes = rest.as_bytes();
    match bytes.first()? {
        b'\\' => match bytes.get(1)? {
            b'u' => hex(rest.get(2..6)?).map(|c| (Some(c), 6)),
            b'x' => hex(rest.get(2..4)?).map(|c| (Some(c), 4)),
            b'\n' | b'\r' => {
                let blank = |byte: &u8| byte.is_ascii_whitespace();
                Some((
                    None,
                    1 + bytes.iter().skip(1).take_while(|b| blank(b)).count(),
                ))
            }
            _ => None,
        },
        b'%' => hex(rest.get(1..3)?).map(|c| (Some(c), 3)),
        0x1b => {
            let rest = rest.strip_prefix("\u{1b}[")?;
            let end = rest.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
            (rest.as_bytes().get(end) == Some(&b'm')).then_some((None, end + 3))
        }
        0xe2 | 0xef | 0xc2 => {
            let c = rest.chars().next()?;
            let is_hidden = matches!(
                c,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
            );
            is_hidden.then_some((None, c.len_utf8()))
        }
        _ => None,
    }
}

/// A visible character of ASCII by its number.
fn hex(digits: &str) -> Option<char> {
    let number = u8::from_str_radix(digits, 16).ok()?;
    (0x21..0x7f).contains(&number).then(|| char::from(number))
}
