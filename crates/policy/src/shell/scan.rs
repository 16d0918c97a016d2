//! Text that no parser understands, searched for commands all the same.
//!
//! Too much may be found here, never too little: what is found is only ever denied or asked about.

use super::{Start, Step, Word};
use std::collections::HashSet;

/// Words before which a command may stand.
const KEYWORDS: [&str; 16] = [
    "if", "then", "else", "elif", "do", "while", "until", "time", "!", "{", "coproc", "function",
    "always", "case", "in", "exec",
];

/// Every piece of a text that could be a simple command.
pub(crate) fn pieces(text: &str, start: &Start) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut seen = HashSet::new();
    let joined = text.replace("\\\n", "");
    // Quotes may be the trick: the text is cut once with respect to them and once without.
    for quoting in [true, false] {
        for piece in cut(&joined, quoting) {
            let mut words = piece;
            let mut from = 0;
            while words
                .get(from)
                .is_some_and(|word| KEYWORDS.contains(&word.as_str()) || is_assignment(word))
            {
                from += 1;
            }
            words.drain(..from);
            // What braces would spread: the first of it is the command.
            if let Some(first) = words.first().filter(|word| word.contains(',')) {
                let spread: Vec<String> = first.split(',').map(str::to_owned).collect();
                words.splice(..1, spread.into_iter().filter(|word| !word.is_empty()));
            }
            let raw = words.join(" ");
            if words.is_empty() || !seen.insert(raw.clone()) {
                continue;
            }
            let step = Step {
                raw,
                words: words.iter().map(|word| Word::fixed(word)).collect(),
                folders: vec![Some(start.cwd.clone())],
                shadow: true,
                ..Step::default()
            };
            steps.push(step);
        }
    }
    steps
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn cut(text: &str, quoting: bool) -> Vec<Vec<String>> {
    let mut pieces = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let (Some(open), true) = (quote, quoting) {
            match c {
                _ if c == open => quote = None,
                '\\' if open == '"' => word.get_or_insert_default().extend(chars.next()),
                _ => word.get_or_insert_default().push(c),
            }
            continue;
        }
        match c {
            // The sign of `$'…'` and `$"…"` is no part of the word.
            '$' if matches!(chars.peek(), Some('\'' | '"')) => {}
            '\'' | '"' if quoting => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            '\'' | '"' => {}
            '\\' => word.get_or_insert_default().extend(chars.next()),
            ' ' | '\t' | '\r' | '<' | '>' => {
                if let (Some(word), Some(piece)) = (word.take(), pieces.last_mut()) {
                    piece.push(word);
                }
            }
            ';' | '|' | '&' | '\n' | '(' | ')' | '`' | '{' | '}' => {
                if let (Some(word), Some(piece)) = (word.take(), pieces.last_mut()) {
                    piece.push(word);
                }
                pieces.push(Vec::new());
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    if let (Some(word), Some(piece)) = (word.take(), pieces.last_mut()) {
        piece.push(word);
    }
    pieces
}

/// The command lines of substitutions in a text, found by their brackets alone.
pub(super) fn inner_commands(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let opens = matches!(byte, b'$' | b'<' | b'>') && bytes.get(at + 1) == Some(&b'(');
        if opens {
            let (mut depth, mut end) = (0_usize, at + 1);
            while let Some(byte) = bytes.get(end) {
                match byte {
                    b'(' => depth += 1,
                    b')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                end += 1;
            }
            out.extend(text.get(at + 2..end.min(text.len())).map(str::to_owned));
            // What is inside is looked at when it is parsed; jump over it.
            at = end;
        } else if bytes.get(at..at + 2) == Some(b"${")
            && matches!(bytes.get(at + 2), Some(b' ' | b'\t' | b'\n' | b'|'))
        {
            // `${ command; }` and `${| command; }` of newer shells.
            out.extend(text.get(at + 3..).map(|rest| rest.replace('}', ";")));
        } else if *byte == b'`' {
            let rest = text.get(at + 1..).unwrap_or_default();
            let end = rest.find('`').unwrap_or(rest.len());
            out.extend(rest.get(..end).map(str::to_owned));
            at += end + 1;
        }
        at += 1;
    }
    out
}
