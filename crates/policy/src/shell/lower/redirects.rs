//! Redirections and here-documents.

use super::{Frame, Lowerer};
use crate::shell::{
    Redirect, RedirectKind, Word, scan,
    words::{self, Found},
};
use shuck_ast::{HeredocBody, HeredocBodyPart};

impl Lowerer<'_, '_> {
    pub(super) fn redirects(
        &mut self,
        redirects: &[shuck_ast::Redirect],
        frame: &Frame<'_>,
    ) -> Vec<Redirect> {
        let mut out = Vec::new();
        for redirect in redirects {
            use shuck_ast::RedirectKind as Kind;
            if redirect.fd_var.is_some() {
                self.doubt("a descriptor in a variable stays open");
            }
            if let Some(heredoc) = redirect.heredoc() {
                if heredoc.delimiter.expands_body {
                    self.heredoc(&heredoc.body, frame);
                }
                let text = self.slice(heredoc.body.span).to_owned();
                out.push(Redirect {
                    kind: RedirectKind::Text,
                    target: Some(Word::fixed(&text)),
                });
                continue;
            }
            let Some(word) = redirect.word_target() else {
                continue;
            };
            let copies = matches!(redirect.kind, Kind::DupOutput | Kind::DupInput);
            if copies
                && self
                    .slice(redirect.span)
                    .rsplit('&')
                    .next()
                    .is_some_and(is_descriptor)
            {
                out.push(Redirect {
                    kind: RedirectKind::Copy,
                    target: None,
                });
                continue;
            }
            let mut targets = self.words([word], frame);
            if targets.len() != 1 {
                self.doubt("a redirection to several files is not understood");
            }
            let Some(target) = targets.pop() else {
                continue;
            };
            if redirect.kind == Kind::HereString && target.dynamic == words::Dynamic::Unknown {
                self.doubt("it hands on a value that is not known");
            }
            let kind = match redirect.kind {
                Kind::Output | Kind::Clobber | Kind::Append | Kind::OutputBoth => {
                    RedirectKind::Write
                }
                Kind::Input => RedirectKind::Read,
                Kind::ReadWrite => RedirectKind::ReadWrite,
                Kind::HereDoc | Kind::HereDocStrip | Kind::HereString => RedirectKind::Text,
                Kind::DupOutput => RedirectKind::Write,
                Kind::DupInput => {
                    self.doubt("a descriptor is not a number");
                    RedirectKind::Read
                }
            };
            out.push(Redirect {
                kind,
                target: Some(target),
            });
        }
        out
    }

    fn heredoc(&mut self, body: &HeredocBody, frame: &Frame<'_>) {
        let whole = self.slice(body.span).to_owned();
        let mut found = Found::default();
        for part in &body.parts {
            let raw = self.slice(part.span).to_owned();
            match &part.kind {
                HeredocBodyPart::Literal(_) => {}
                HeredocBodyPart::Variable(name) if raw.starts_with('$') => {
                    if !words::is_plain(name.as_str()) {
                        found.doubts.push("a variable that is not known".to_owned());
                    }
                }
                HeredocBodyPart::CommandSubstitution { .. }
                    if raw.starts_with("$(") && raw.ends_with(')') =>
                {
                    found
                        .inner
                        .extend(raw.get(2..raw.len() - 1).map(str::to_owned));
                }
                HeredocBodyPart::CommandSubstitution { .. }
                    if raw.len() > 1 && raw.starts_with('`') && raw.ends_with('`') =>
                {
                    if raw.contains('\\') {
                        found.doubts.push(
                            "backslashes inside backticks are read differently by shells"
                                .to_owned(),
                        );
                    }
                    found
                        .inner
                        .extend(raw.get(1..raw.len() - 1).map(str::to_owned));
                }
                _ => {
                    found
                        .doubts
                        .push("an expansion is not understood".to_owned());
                    found.inner.extend(scan::inner_commands(&whole));
                }
            }
        }
        self.found(found, frame);
    }
}

/// True for what `>&` copies or closes: a number, `-`, or both.
fn is_descriptor(text: &str) -> bool {
    let digits = text.strip_suffix('-').unwrap_or(text);
    !text.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}
