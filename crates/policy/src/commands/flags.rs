//! Flags of programs: which are known, and which take a value.

use crate::shell::{Dynamic, Word};
use std::collections::HashMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// A value: glued, after `=`, or the next word.
    Value,
    /// A value only when it is glued or stands after `=`.
    Maybe,
    /// A file that is read.
    File,
}

/// The known flags of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    known: HashMap<&'static str, Takes>,
    /// `-20` and such are known.
    numbers: bool,
}

/// A command's words, told apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) operands: Vec<Word>,
    /// Files that flags name.
    pub(crate) files: Vec<Word>,
    /// Flags that were given, as they are known.
    pub(crate) given: Vec<String>,
    /// Values of flags: the flag and its value.
    pub(crate) values: Vec<(String, Word)>,
    /// The first thing that is not known.
    pub(crate) unknown: Option<String>,
}

impl Flags {
    /// Reads a list such as `-a -n: -i? -f@ --all --lines: --color? -#`.
    pub(crate) fn new(list: &'static str) -> Self {
        let mut flags = Self::default();
        for text in list.split_whitespace() {
            if text == "-#" {
                flags.numbers = true;
                continue;
            }
            let (name, takes) = match text.chars().last() {
                Some(':') => (text.trim_end_matches(':'), Takes::Value),
                Some('?') => (text.trim_end_matches('?'), Takes::Maybe),
                Some('@') => (text.trim_end_matches('@'), Takes::File),
                _ => (text, Takes::Nothing),
            };
            flags.known.insert(name, takes);
        }
        flags
    }

    /// Tells a command's words apart.
    pub(crate) fn parse(&self, args: &[Word]) -> Parsed {
        let mut parsed = Parsed::default();
        let mut words = args.iter();
        let mut open = true;
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            if !open || !text.starts_with('-') || text == "-" {
                parsed.operands.push(word.clone());
                continue;
            }
            if word.dynamic != Dynamic::No || !word.globs.is_empty() {
                parsed.refuse(&word.raw);
                continue;
            }
            if text == "--" {
                open = false;
            } else if text.starts_with("--") {
                self.long(word, &mut words, &mut parsed);
            } else if !(self.numbers && text.chars().skip(1).all(|c| c.is_ascii_digit())) {
                self.short(word, &mut words, &mut parsed);
            }
        }
        parsed
    }

    fn long(&self, word: &Word, words: &mut std::slice::Iter<'_, Word>, parsed: &mut Parsed) {
        let (name, value) = match word.text.find('=') {
            Some(at) => (
                word.text.get(..at).unwrap_or_default(),
                Some(word.rest(at + 1)),
            ),
            None => (word.text.as_str(), None),
        };
        match (self.known.get(name), value) {
            (Some(Takes::Nothing | Takes::Maybe), None) => parsed.given.push(name.to_owned()),
            (Some(Takes::Maybe), Some(value)) => parsed.value(name, value, Takes::Maybe),
            (Some(takes @ (Takes::Value | Takes::File)), value) => {
                match value.or_else(|| words.next().cloned()) {
                    Some(value) => parsed.value(name, value, *takes),
                    None => parsed.refuse(&word.raw),
                }
            }
            (Some(Takes::Nothing), Some(_)) | (None, _) => parsed.refuse(&word.raw),
        }
    }

    fn short(&self, word: &Word, words: &mut std::slice::Iter<'_, Word>, parsed: &mut Parsed) {
        for (at, letter) in word.text.char_indices().skip(1) {
            let flag = format!("-{letter}");
            let rest = word.rest(at + letter.len_utf8());
            match self.known.get(flag.as_str()) {
                Some(Takes::Nothing) => parsed.given.push(flag),
                Some(Takes::Maybe) => return parsed.value(&flag, rest, Takes::Maybe),
                Some(takes) => {
                    let value = if rest.text.is_empty() {
                        words.next().cloned()
                    } else {
                        Some(rest)
                    };
                    return match value {
                        Some(value) => parsed.value(&flag, value, *takes),
                        None => parsed.refuse(&word.raw),
                    };
                }
                None => return parsed.refuse(&word.raw),
            }
        }
    }
}

impl Parsed {
    fn refuse(&mut self, raw: &str) {
        self.unknown
            .get_or_insert_with(|| format!("`{raw}` is not known to be harmless"));
    }

    fn value(&mut self, flag: &str, value: Word, takes: Takes) {
        self.given.push(flag.to_owned());
        if takes == Takes::File {
            self.files.push(value.clone());
        } else if value.dynamic == Dynamic::Unknown || !value.globs.is_empty() {
            self.refuse(&value.raw);
        }
        self.values.push((flag.to_owned(), value));
    }

    /// True when the flag was given.
    pub(crate) fn has(&self, flags: &[&str]) -> bool {
        self.given
            .iter()
            .any(|given| flags.contains(&given.as_str()))
    }
}
