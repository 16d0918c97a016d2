//! Patterns of commands and names: exact, with `*`, or as a prefix that ends at a word.

use crate::shell::Word;

/// Stands for a blank inside of a word, so that a rule's blank only meets the gaps between words.
const INNER_BLANK: char = '\u{1}';

/// A pattern of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandPattern {
    /// With `*` for anything.
    text: String,
    /// True for `x:*` and `x *`: the prefix alone, or the prefix and further words.
    prefix: bool,
}

impl CommandPattern {
    /// Reads what stands between a rule's brackets. `None` for a pattern of nothing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text
            .replace("\\(", "(")
            .replace("\\)", ")")
            .replace("\\\\", "\\");
        let text = text.trim();
        if text == "*" {
            return Some(Self::glob("*"));
        }
        let prefix = text.strip_suffix(":*").or_else(|| text.strip_suffix(" *"));
        match prefix.map(str::trim_end) {
            Some("") => None,
            Some(prefix) => Some(Self {
                text: prefix.to_owned(),
                prefix: true,
            }),
            None if text.is_empty() => None,
            None => Some(Self {
                text: text.to_owned(),
                prefix: false,
            }),
        }
    }

    /// A pattern in which only `*` is special.
    pub(crate) fn glob(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            prefix: false,
        }
    }

    /// True when it covers everything.
    pub(crate) fn is_everything(&self) -> bool {
        !self.text.is_empty() && self.text.chars().all(|c| matches!(c, '*' | ' '))
    }

    /// True when it has no wildcard at all.
    pub(crate) fn is_exact(&self) -> bool {
        !self.prefix && !self.text.contains('*')
    }

    /// The words before the first wildcard, and whether the pattern is a prefix or has a wildcard.
    pub(crate) fn head(&self) -> (Vec<&str>, bool) {
        let fixed = self.text.split('*').next().unwrap_or_default();
        (fixed.split_whitespace().collect(), !self.is_exact())
    }

    /// True when it covers the text.
    pub(crate) fn covers(&self, text: &str) -> bool {
        if self.prefix && !self.text.contains('*') {
            return text
                .strip_prefix(&self.text)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        }
        glob(&self.text, text) || (self.prefix && glob(&format!("{} *", self.text), text))
    }

    /// True when it covers a program's words, each of which is one word for it.
    pub(crate) fn covers_words(&self, words: &[Word]) -> bool {
        self.covers(&join(words, INNER_BLANK))
            || (self.is_exact()
                && self.covers(&join(words, ' '))
                && words
                    .iter()
                    .skip(1)
                    .all(|word| word.raw.contains(['\'', '"', '\\']) || !word.text.contains(' '))
                && words.first().is_some_and(|word| !word.text.contains(' ')))
    }
}

/// The words in a row, blanks inside of words replaced.
pub(crate) fn join(words: &[Word], blank: char) -> String {
    let mut out = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.extend(
            word.text
                .chars()
                .map(|c| if c.is_whitespace() { blank } else { c }),
        );
    }
    out
}

/// `*` stands for any text. Linear in practice: one point to fall back to.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|byte| *byte == b'*')
}
