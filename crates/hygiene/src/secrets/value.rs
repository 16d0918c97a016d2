//! Whether a value next to a credential's name is one, or a placeholder, a name, a piece of code.

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// Between quotes.
    Quoted,
    /// `NAME=value`, the name in capitals.
    Environment,
    /// Anything else.
    Bare,
}

/// What the name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// A person made it up.
    Password,
    /// A machine did.
    Token,
}

/// Words that stand where a key is to be put, long enough not to be in one by chance.
const STUBS: &[&str] = &[
    "your-",
    "your_",
    "yourkey",
    "yourtoken",
    "yourapi",
    "example",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "insert-",
    "insert_",
    "redacted",
    "dummy",
    "sample",
    "xxxxx",
    "0000000000",
    "1234567890abcdef",
    "....",
    "****",
];

/// What marks the place of a value in other ways.
const GAPS: &[&str] = &[
    "your",
    "todo",
    "none",
    "null",
    "undefined",
    "hidden",
    "masked",
    "my-",
    "my_",
    "${",
    "$(",
    "...",
    "…",
    "•",
    "***",
    "xxx",
    "--",
];

/// Whether a key is none but shows where one goes.
pub(super) fn is_stub(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let first = text.chars().next();
    STUBS.iter().any(|word| lower.contains(word)) || text.chars().all(|c| Some(c) == first)
}

/// Whether a value is none but shows where one goes.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    is_stub(text) || GAPS.iter().any(|word| lower.contains(word))
}

/// Whether a value is a credential.
pub(super) fn is_secret(value: &str, writing: Writing, nature: Nature) -> bool {
    let least = match nature {
        Nature::Password => 6,
        Nature::Token => 10,
    };
    if value.len() < least
        || value.contains(char::is_whitespace)
        || value.contains("://")
        || value.contains("::")
        || value.contains("%s")
        || value.contains("\\u{")
        || !value.is_ascii()
        || is_placeholder(value)
        || is_reference(value)
        || is_path(value)
    {
        return false;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if letters == 0 {
        // A number; a person's password may be one.
        return nature == Nature::Password && writing == Writing::Quoted && digits >= 6;
    }
    if writing == Writing::Environment {
        return match nature {
            Nature::Password => !is_common_word(value),
            Nature::Token => digits > 0 && letters > 0 && !is_words(value) || is_dense(value),
        };
    }
    if is_words(value) {
        // `Fake-Pass-2` is what people think of; `sha256`, `max_len_2` and `user-token` are not.
        let is_thought_of = value.contains(|c: char| c.is_ascii_uppercase())
            && digits > 0
            && value.contains(['-', '!', '#', '@', '.']);
        return nature == Nature::Password
            && is_thought_of
            && writing != Writing::Bare
            && !value.contains('.');
    }
    let is_one_case = !value.contains(|c: char| c.is_ascii_lowercase())
        || !value.contains(|c: char| c.is_ascii_uppercase());
    if writing == Writing::Bare
        && (value.contains('\\') || (digits == 0 && is_one_case && value.len() < 32))
    {
        // The name of a type or of a constant.
        return false;
    }
    match nature {
        Nature::Password => true,
        Nature::Token => is_dense(value) || (value.len() >= 16 && digits > 0),
    }
}

/// Whether it has no shape of words, and is long enough to be drawn by lot.
fn is_dense(value: &str) -> bool {
    value.len() >= 16
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~%".contains(&byte))
        && !is_words(value)
}

/// Whether it refers to something that is elsewhere: a variable, a call, a member, an item.
fn is_reference(value: &str) -> bool {
    value.starts_with([
        '$', '%', '@', '&', '(', '[', '{', '<', '*', '#', '\\', '|', '!', '=',
    ]) || value.contains([
        '(', ')', '{', '}', '[', ']', '<', '>', '`', ';', '|', '"', '\'',
    ]) || value.split('.').count() > 1 && value.split('.').all(is_name)
        || value.contains("=>")
        || value.contains("->")
}

fn is_path(value: &str) -> bool {
    value.starts_with(['/', '~'])
        || value.starts_with("./")
        || value.starts_with("../")
        || (value.contains('/')
            && value
                .split(['/', '.'])
                .all(|part| part.is_empty() || is_words(part)))
}

/// A name of a programming language.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && is_words(text)
}

fn is_common_word(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    [
        "password", "passwd", "secret", "string", "required", "false", "token",
    ]
    .contains(&lower.as_str())
}

/// Whether a text is made of words: names in any of the usual ways of joining them.
pub(super) fn is_words(text: &str) -> bool {
    let mut parts = 0;
    let mut letters = 0;
    let mut short = 0;
    let mut shouted = 0;
    // Joined names have long parts at times.
    let longest = if text.contains('_') { 26 } else { 18 };
    for piece in text.split(['_', '-', '.', ':', '/', '+', ' ', '@', ',']) {
        if piece.is_empty() {
            continue;
        }
        let bytes = piece.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let run = |from: usize, is: fn(&u8) -> bool| {
                bytes.iter().skip(from).take_while(|byte| is(byte)).count()
            };
            let upper = run(at, u8::is_ascii_uppercase);
            let lower = run(at + upper, u8::is_ascii_lowercase);
            let digits = run(at + upper + lower, u8::is_ascii_digit);
            let length = upper + lower;
            if length + digits == 0 || digits > 4 {
                return false;
            }
            parts += 1;
            letters += length;
            if length < 3 {
                short += 1;
            }
            if upper >= 2 && lower > 0 {
                shouted += 1;
            }
            if length > longest {
                return false;
            }
            at += length + digits;
        }
    }
    // Words have some length, and do not change their case at random.
    parts > 0 && shouted < 2 && letters >= parts * 3 && short * 2 <= parts + 1
}
