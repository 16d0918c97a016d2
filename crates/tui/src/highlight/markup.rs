//! Tags, Markdown and differences.

use super::{Pieces, code::Open};
use crate::theme::Role;

/// HTML, XML and the like.
pub(super) fn tags(open: Open, pieces: &mut Pieces<'_>) -> Open {
    let mut open = open;
    while let Some(c) = pieces.peek() {
        let rest = pieces.rest();
        if open == Open::MarkupComment {
            let Some(end) = rest.find("-->") else {
                pieces.take_rest(Role::Comment);
                return open;
            };
            pieces.take(end + 3, Role::Comment);
            open = Open::Nothing;
        } else if open == Open::Tag {
            open = in_tag(pieces, c);
        } else if rest.starts_with("<!--") {
            pieces.take(4, Role::Comment);
            open = Open::MarkupComment;
        } else if c == '<' {
            let sign = rest.len() - rest.trim_start_matches(['<', '/', '?', '!']).len();
            pieces.take(sign, Role::Operator);
            let name = name_length(pieces.rest());
            pieces.take(name, Role::Keyword);
            open = if name > 0 { Open::Tag } else { Open::Nothing };
        } else if c == '&' && rest.find(';').is_some_and(|end| end < 12) {
            pieces.take(rest.find(';').map_or(1, |end| end + 1), Role::Number);
        } else {
            pieces.skip(
                rest.find(['<', '&'])
                    .filter(|end| *end > 0)
                    .unwrap_or(c.len_utf8()),
            );
        }
    }
    pieces.flush();
    open
}

fn in_tag(pieces: &mut Pieces<'_>, c: char) -> Open {
    let rest = pieces.rest();
    match c {
        '>' => {
            pieces.take(1, Role::Operator);
            return Open::Nothing;
        }
        '"' | '\'' => {
            let inner = rest.get(1..).unwrap_or_default();
            let end = inner.find(c).map_or(rest.len(), |end| end + 2);
            pieces.take(end, Role::Literal);
        }
        _ if name_length(rest) > 0 => pieces.take(name_length(rest), Role::Function),
        _ if c.is_whitespace() => pieces.skip(c.len_utf8()),
        _ => pieces.take(c.len_utf8(), Role::Operator),
    }
    Open::Tag
}

fn name_length(text: &str) -> usize {
    let is_outside = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | ':' | '.' | '@');
    text.find(is_outside).unwrap_or(text.len())
}

pub(super) fn markdown(open: Open, pieces: &mut Pieces<'_>) -> Open {
    let line = pieces.rest();
    let text = line.trim_start();
    let is_fence = text.starts_with("```") || text.starts_with("~~~");
    if is_fence {
        pieces.take_rest(Role::Comment);
        return if open == Open::Fence {
            Open::Nothing
        } else {
            Open::Fence
        };
    }
    if open == Open::Fence {
        pieces.take_rest(Role::Literal);
        return open;
    }
    if text.starts_with('#') {
        pieces.take_rest(Role::Heading);
    } else if text.starts_with('>') {
        pieces.take_rest(Role::Quote);
    } else {
        let blanks = line.len() - text.len();
        pieces.skip(blanks);
        if text.starts_with("- ") || text.starts_with("* ") || text.starts_with("+ ") {
            pieces.take(1, Role::Mark);
        }
        while let Some(at) = pieces.rest().find('`') {
            pieces.skip(at);
            let inner = pieces.rest().get(1..).unwrap_or_default();
            let end = inner.find('`').map_or(inner.len() + 1, |end| end + 2);
            pieces.take(end, Role::Code);
        }
        pieces.skip(pieces.rest().len());
    }
    pieces.flush();
    Open::Nothing
}

pub(super) fn diff(pieces: &mut Pieces<'_>) {
    let line = pieces.rest();
    let is_header = ["+++", "---", "diff ", "index ", "new file", "deleted file"]
        .iter()
        .any(|start| line.starts_with(start));
    let role = match line.bytes().next() {
        _ if is_header => Role::Strong,
        Some(b'+') => Role::Added,
        Some(b'-') => Role::Removed,
        Some(b'@') => Role::Hunk,
        _ => Role::CodeBlock,
    };
    pieces.take_rest(role);
}
