//! Keys, tokens and passwords in text: where they are, and the text without them.
//!
//! A key of a known form is found wherever it stands. Any other value counts only where a name,
//! a header, an address or a command says that it is a credential.

mod blocks;
mod context;
mod line;
mod marks;
mod pem;
mod tokens;
mod value;

pub use blocks::Redactor;

use blocks::{Blocks, Piece};
use std::{borrow::Cow, ops::Range};

/// A credential in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is, in words, such as `GitHub token`.
    pub kind: &'static str,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

/// Every credential in the text, in order and without overlaps.
pub fn find(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut at = 0;
    let mut collect = |piece: Piece<'_>| match piece {
        Piece::Text(text) => at += text.len(),
        Piece::Secret { kind, text } => {
            findings.push(Finding {
                kind,
                span: at..at + text.len(),
            });
            at += text.len();
        }
    };
    let mut blocks = Blocks::default();
    blocks.push(text, &mut collect);
    blocks.finish(&mut collect);
    findings
}

/// The text with each credential replaced by its kind in brackets.
pub fn redact(text: &str) -> Cow<'_, str> {
    let findings = find(text);
    if findings.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for finding in &findings {
        out.push_str(text.get(from..finding.span.start).unwrap_or_default());
        blocks::black_out(finding.kind, &mut out);
        from = finding.span.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
