//! Languages of words, strings, numbers and comments.

use super::{
    Pieces,
    languages::{Kind, Language, Trait},
};
use crate::theme::Role;

/// What is still open at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    Nothing,
    /// A comment by its place in the table, and how deep it is nested.
    Comment {
        index: usize,
        depth: usize,
    },
    /// A string by its place in the table.
    Text {
        index: usize,
    },
    /// A raw string of Rust that ends with so many signs.
    Raw {
        signs: usize,
    },
    /// A tag of markup.
    Tag,
    /// A comment of markup.
    MarkupComment,
    /// A fence of Markdown.
    Fence,
}

pub(super) fn line(language: &Language, open: Open, pieces: &mut Pieces<'_>) -> Open {
    let mut open = open;
    loop {
        open = match open {
            Open::Comment { index, depth } => comment(language, index, depth, pieces),
            Open::Text { index } => text(language, index, pieces),
            Open::Raw { signs } => raw(signs, pieces),
            Open::Nothing | Open::Tag | Open::MarkupComment | Open::Fence => {
                match token(language, pieces) {
                    Some(open) => open,
                    None => return Open::Nothing,
                }
            }
        };
        if pieces.rest().is_empty() {
            pieces.flush();
            return open;
        }
    }
}

/// Takes the next token; what it opens, or none at the end of the line.
fn token(language: &Language, pieces: &mut Pieces<'_>) -> Option<Open> {
    let rest = pieces.rest();
    let c = pieces.peek()?;
    if c.is_whitespace() {
        let blanks = rest.len() - rest.trim_start().len();
        pieces.skip(blanks);
        return Some(Open::Nothing);
    }
    for (index, (start, _)) in language.block_comments.iter().enumerate() {
        if rest.starts_with(start) {
            pieces.take(start.len(), Role::Comment);
            return Some(Open::Comment { index, depth: 1 });
        }
    }
    if is_line_comment(language, pieces) {
        pieces.take_rest(Role::Comment);
        return Some(Open::Nothing);
    }
    if language.has(Trait::RustQuotes)
        && let Some(open) = rust_quote(pieces)
    {
        return Some(open);
    }
    for (index, string) in language.strings.iter().enumerate() {
        if rest.starts_with(string.open) {
            if language.kind == Kind::Data && is_key_string(rest, string.open) {
                take_key_string(pieces, string.open);
                return Some(Open::Nothing);
            }
            pieces.take(string.open.len(), Role::Literal);
            return Some(Open::Text { index });
        }
    }
    if c.is_ascii_digit()
        || (c == '.'
            && !pieces.taken().ends_with('.')
            && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
    {
        pieces.take(number(rest), Role::Number);
    } else if is_word_start(language, c) {
        word(language, pieces);
    } else if let Some(length) = sigil(language, pieces) {
        pieces.take(length, Role::Variable);
    } else if let Some(length) = attribute(language, pieces) {
        pieces.take(length, Role::Type);
    } else if c.is_ascii_punctuation() {
        pieces.take(c.len_utf8(), Role::Operator);
    } else {
        pieces.skip(c.len_utf8());
    }
    Some(Open::Nothing)
}

fn is_line_comment(language: &Language, pieces: &Pieces<'_>) -> bool {
    let rest = pieces.rest();
    language.line_comments.iter().any(|start| {
        let stands = rest.starts_with(start);
        // In shells `#` begins a comment only behind a blank.
        let is_free = !language.has(Trait::CommentAfterBlank)
            || pieces
                .taken()
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace);
        let letters = start.chars().all(char::is_alphabetic);
        let is_whole = !letters
            || !rest
                .get(start.len()..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
        stands && is_free && is_whole
    })
}

fn comment(language: &Language, index: usize, depth: usize, pieces: &mut Pieces<'_>) -> Open {
    let Some((start, end)) = language.block_comments.get(index) else {
        return Open::Nothing;
    };
    let rest = pieces.rest();
    let is_nested = language.has(Trait::NestedComments);
    let mut depth = depth;
    let mut at = 0;
    while let Some(after) = rest.get(at..).filter(|after| !after.is_empty()) {
        if after.starts_with(end) {
            at += end.len();
            depth -= 1;
            if depth == 0 {
                pieces.take(at, Role::Comment);
                return Open::Nothing;
            }
        } else if is_nested && after.starts_with(start) {
            at += start.len();
            depth += 1;
        } else {
            at += after.chars().next().map_or(1, char::len_utf8);
        }
    }
    pieces.take_rest(Role::Comment);
    Open::Comment { index, depth }
}

fn text(language: &Language, index: usize, pieces: &mut Pieces<'_>) -> Open {
    let Some(string) = language.strings.get(index) else {
        return Open::Nothing;
    };
    let rest = pieces.rest();
    let mut at = 0;
    while let Some(after) = rest.get(at..).filter(|after| !after.is_empty()) {
        if after.starts_with(string.close) {
            pieces.take(at + string.close.len(), Role::Literal);
            return Open::Nothing;
        }
        let mut chars = after.chars();
        let is_escape = chars.next() == Some('\\') && string.has_escapes;
        at += after.chars().next().map_or(1, char::len_utf8);
        if is_escape {
            at += chars.next().map_or(0, char::len_utf8);
        }
    }
    pieces.take_rest(Role::Literal);
    if string.has_lines {
        Open::Text { index }
    } else {
        Open::Nothing
    }
}

fn raw(signs: usize, pieces: &mut Pieces<'_>) -> Open {
    let end = format!("\"{}", "#".repeat(signs));
    let Some(at) = pieces.rest().find(&end) else {
        pieces.take_rest(Role::Literal);
        return Open::Raw { signs };
    };
    pieces.take(at + end.len(), Role::Literal);
    Open::Nothing
}

/// What begins with a quote in Rust: characters, lifetimes and raw strings.
fn rust_quote(pieces: &mut Pieces<'_>) -> Option<Open> {
    let rest = pieces.rest();
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
    if let Some(after) = after {
        let signs = after.len() - after.trim_start_matches('#').len();
        if after.trim_start_matches('#').starts_with('"') {
            pieces.take(rest.len() - after.len() + signs + 1, Role::Literal);
            return Some(Open::Raw { signs });
        }
    }
    let inner = rest.strip_prefix('\'')?;
    let mut chars = inner.chars();
    let first = chars.next()?;
    if first == '\\' {
        let close = inner.char_indices().skip(2).find(|(_, c)| *c == '\'')?;
        pieces.take(close.0 + 2, Role::Literal);
    } else if chars.next() == Some('\'') {
        pieces.take(first.len_utf8() + 2, Role::Literal);
    } else {
        let name = inner.find(|c: char| !c.is_alphanumeric() && c != '_');
        pieces.take(1 + name.unwrap_or(inner.len()), Role::Type);
    }
    Some(Open::Nothing)
}

fn number(rest: &str) -> usize {
    let mut before = ' ';
    let mut at = 0;
    for c in rest.chars() {
        let is_exponent_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        // Two dots are a range.
        let is_point = c == '.'
            && !rest.get(at + 1..).is_some_and(|rest| {
                rest.starts_with(['.', '_']) || rest.starts_with(char::is_alphabetic)
            });
        if !(c.is_ascii_alphanumeric()
            || c == '_'
            || is_point
            || (is_exponent_sign && !rest.starts_with("0x")))
        {
            break;
        }
        before = c;
        at += c.len_utf8();
    }
    at.max(1)
}

fn is_word_start(language: &Language, c: char) -> bool {
    c.is_alphabetic() || c == '_' || (c == '$' && language.has(Trait::DollarWords))
}

fn word(language: &Language, pieces: &mut Pieces<'_>) {
    let rest = pieces.rest();
    let dashes = language.has(Trait::DashWords);
    let is_inside = |c: char| {
        c.is_alphanumeric()
            || c == '_'
            || c == '$' && language.has(Trait::DollarWords)
            || c == '-' && dashes
    };
    let length = rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(length);
    if language.kind == Kind::Data {
        let role = data_word(language, pieces, word, after);
        pieces.take(length, role);
        return;
    }
    let role = code_word(language, pieces, word, after);
    pieces.take(length, role);
}

fn code_word(language: &Language, pieces: &Pieces<'_>, word: &str, after: &str) -> Role {
    let is_member = pieces.taken().ends_with('.') && !pieces.taken().ends_with("..");
    if !is_member {
        if language.is_keyword(word) {
            return Role::Keyword;
        }
        if language.is_constant(word) {
            return Role::Number;
        }
        if language.is_type(word) {
            return Role::Type;
        }
    }
    let is_call = after.starts_with('(')
        || (language.has(Trait::Macros) && after.starts_with('!') && !after.starts_with("!="));
    let is_capital = word.starts_with(char::is_uppercase);
    if is_capital && language.has(Trait::CapitalTypes) {
        let has_small = word.contains(char::is_lowercase);
        return if has_small || word.len() == 1 {
            Role::Type
        } else {
            Role::Number
        };
    }
    let is_command = language.has(Trait::Commands) && begins_command(pieces.taken());
    let is_named = ["fn ", "def ", "func ", "function ", "fun ", "sub "]
        .iter()
        .any(|before| pieces.taken().ends_with(before));
    if is_call || is_command || is_named {
        Role::Function
    } else {
        Role::CodeBlock
    }
}

/// Whether a word behind this is the name of a command of a shell.
fn begins_command(taken: &str) -> bool {
    let before = taken.trim_end();
    before.is_empty()
        || before.ends_with(['|', ';', '(', '&', '`'])
        || ["then", "do", "else", "sudo"]
            .iter()
            .any(|word| before.ends_with(word))
}

fn data_word(language: &Language, pieces: &Pieces<'_>, word: &str, after: &str) -> Role {
    let after = after.trim_start();
    let is_address = after.starts_with("://") || after.starts_with("==");
    let is_key = after.starts_with([':', '=']) && !is_address
        || (after.starts_with('.') && pieces.taken().trim().is_empty());
    if is_key || pieces.taken().trim_start().starts_with('[') && language.has(Trait::Sections) {
        Role::Keyword
    } else if language.is_constant(word) {
        Role::Number
    } else if language.is_keyword(word) {
        Role::Function
    } else {
        Role::CodeBlock
    }
}

/// Whether a string of a data language is a key.
fn is_key_string(rest: &str, quote: &str) -> bool {
    let Some(inner) = rest.strip_prefix(quote) else {
        return false;
    };
    let Some(end) = end_of_string(inner, quote) else {
        return false;
    };
    let after = inner
        .get(end + quote.len()..)
        .unwrap_or_default()
        .trim_start();
    after.starts_with([':', '='])
}

fn end_of_string(inner: &str, quote: &str) -> Option<usize> {
    let mut is_escaped = false;
    inner
        .char_indices()
        .find(|(at, c)| {
            let closes =
                !is_escaped && inner.get(*at..).is_some_and(|rest| rest.starts_with(quote));
            is_escaped = *c == '\\' && !is_escaped;
            closes
        })
        .map(|(at, _)| at)
}

fn take_key_string(pieces: &mut Pieces<'_>, quote: &str) {
    let inner = pieces.rest().get(quote.len()..).unwrap_or_default();
    let end = end_of_string(inner, quote).unwrap_or(inner.len());
    pieces.take(end + 2 * quote.len(), Role::Keyword);
}

/// `$name`, `${name}` and `@name` where these are variables.
fn sigil(language: &Language, pieces: &Pieces<'_>) -> Option<usize> {
    let rest = pieces.rest();
    let sigil = rest
        .chars()
        .next()
        .filter(|c| language.sigils.contains(c))?;
    let inner = rest.get(sigil.len_utf8()..)?;
    if let Some(braced) = inner.strip_prefix('{') {
        return Some(braced.find('}').map_or(rest.len(), |end| end + 3));
    }
    let name = inner
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(inner.len());
    let special = inner.starts_with(['?', '#', '@', '*', '!', '$']);
    match name {
        0 if special && sigil == '$' => Some(2),
        0 => None,
        name => Some(sigil.len_utf8() + name),
    }
}

/// `#[…]`, `@Name` and `#directive` where these are attributes.
fn attribute(language: &Language, pieces: &Pieces<'_>) -> Option<usize> {
    let rest = pieces.rest();
    if language.has(Trait::RustQuotes) && (rest.starts_with("#[") || rest.starts_with("#![")) {
        return Some(rest.find(']').map_or(rest.len(), |end| end + 1));
    }
    let is_directive = language.has(Trait::Directives)
        && rest.starts_with('#')
        && pieces.taken().trim().is_empty();
    let is_decorator = language.has(Trait::Decorators) && rest.starts_with('@');
    if !is_directive && !is_decorator {
        return None;
    }
    let name = rest
        .char_indices()
        .skip(1)
        .find(|(_, c)| !c.is_alphanumeric() && !matches!(c, '_' | '.'))
        .map_or(rest.len(), |(at, _)| at);
    (name > 1).then_some(name)
}
