//! Looks at Rust source by its tokens: paths that are used, and the length of functions.

use proc_macro2::{Delimiter, Group, LineColumn, TokenStream, TokenTree};
use std::str::FromStr as _;

/// A path such as `std::fs::read`, with the line that it stands on. An imported path is
/// whole, also when it stands in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathUse {
    pub(crate) parts: Vec<String>,
    pub(crate) line: usize,
    pub(crate) imported: bool,
    /// The text literal that is the first argument of a call of this path.
    pub(crate) first_argument: Option<String>,
}

impl PathUse {
    pub(crate) fn text(&self) -> String {
        self.parts.join("::")
    }
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From its `fn` to its last brace.
    pub(crate) lines: usize,
}

/// Every path of the shipped part of a file: what is under `#[cfg(test)]` does not count.
pub(crate) fn paths(text: &str) -> Vec<PathUse> {
    let mut found = Vec::new();
    collect_paths(&shipped(text), &mut found);
    found
}

/// Every function of the shipped part of a file.
pub(crate) fn functions(text: &str) -> Vec<Function> {
    let mut found = Vec::new();
    collect_functions(&shipped(text), &mut found);
    found
}

fn shipped(text: &str) -> Vec<TokenTree> {
    let stream = TokenStream::from_str(text).unwrap_or_default();
    without_tests(stream)
}

/// Leaves out items that stand under `#[cfg(test)]`.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut tokens = stream.into_iter();
    while let Some(token) = tokens.next() {
        if is_punct(kept.last(), '#') && is_cfg_test(&token) {
            kept.pop();
            skip_item(&mut tokens);
            continue;
        }
        kept.push(token);
    }
    kept
}

fn is_cfg_test(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let text: String = group.stream().to_string().split_whitespace().collect();
    group.delimiter() == Delimiter::Bracket && text == "cfg(test)"
}

/// An item ends with a semicolon or with a braced body.
fn skip_item(tokens: &mut impl Iterator<Item = TokenTree>) {
    for token in tokens {
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        if ends {
            return;
        }
    }
}

fn collect_paths(tokens: &[TokenTree], found: &mut Vec<PathUse>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) if word == "use" => {
                at += 1;
                at += import(tokens.get(at..).unwrap_or_default(), &[], found);
            }
            TokenTree::Ident(_) => at += plain_path(tokens.get(at..).unwrap_or_default(), found),
            TokenTree::Group(group) => {
                collect_paths(&without_tests(group.stream()), found);
                at += 1;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
        }
    }
}

/// Takes `a::b::c` from the front and says how many tokens that was.
fn plain_path(tokens: &[TokenTree], found: &mut Vec<PathUse>) -> usize {
    let mut parts = Vec::new();
    let mut taken = 0;
    let mut line = 0;
    while let Some(TokenTree::Ident(word)) = tokens.get(taken) {
        if parts.is_empty() {
            line = start(word.span()).line;
        }
        parts.push(word.to_string());
        taken += 1;
        if !is_double_colon(tokens, taken)
            || !matches!(tokens.get(taken + 2), Some(TokenTree::Ident(_)))
        {
            break;
        }
        taken += 2;
    }
    let first_argument = first_literal(tokens.get(taken));
    found.push(PathUse {
        parts,
        line,
        imported: false,
        first_argument,
    });
    taken
}

fn first_literal(token: Option<&TokenTree>) -> Option<String> {
    let Some(TokenTree::Group(group)) = token else {
        return None;
    };
    let TokenTree::Literal(literal) = group.stream().into_iter().next()? else {
        return None;
    };
    let text = literal.to_string();
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Takes a `use` tree up to its semicolon, or one branch up to its comma.
fn import(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<PathUse>) -> usize {
    let mut parts = prefix.to_vec();
    let mut line = None;
    let mut renamed = false;
    let mut taken = 0;
    let mut ends_in_group = false;
    while let Some(token) = tokens.get(taken) {
        taken += 1;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' || punct.as_char() == ',' => break,
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            TokenTree::Ident(word) if word == "as" => renamed = true,
            TokenTree::Ident(_) if renamed => {}
            TokenTree::Ident(word) => {
                line.get_or_insert(start(word.span()).line);
                if word != "self" || parts.is_empty() {
                    parts.push(word.to_string());
                }
            }
            TokenTree::Group(group) => {
                ends_in_group = true;
                import_group(group, &parts, found);
            }
        }
    }
    if let Some(line) = line
        && !ends_in_group
    {
        found.push(PathUse {
            parts,
            line,
            imported: true,
            first_argument: None,
        });
    }
    taken
}

fn import_group(group: &Group, prefix: &[String], found: &mut Vec<PathUse>) {
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut at = 0;
    while at < inner.len() {
        at += import(inner.get(at..).unwrap_or_default(), prefix, found);
    }
}

fn collect_functions(tokens: &[TokenTree], found: &mut Vec<Function>) {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "fn" => {
                let rest = tokens.get(at + 1..).unwrap_or_default();
                if let Some(TokenTree::Ident(name)) = rest.first()
                    && let Some(body) = body(rest)
                {
                    let first = start(word.span()).line;
                    let last = body.span_close().end().line;
                    let name = name.to_string();
                    found.push(Function {
                        name,
                        line: first,
                        lines: last + 1 - first,
                    });
                }
            }
            TokenTree::Group(group) => collect_functions(&without_tests(group.stream()), found),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The braces of a function; a function of a trait may have none.
fn body(tokens: &[TokenTree]) -> Option<&Group> {
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return None,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Some(group),
            TokenTree::Group(_)
            | TokenTree::Punct(_)
            | TokenTree::Ident(_)
            | TokenTree::Literal(_) => {}
        }
    }
    None
}

fn is_double_colon(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn start(span: proc_macro2::Span) -> LineColumn {
    span.start()
}

#[cfg(test)]
mod tests;
