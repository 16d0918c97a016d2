//! Files that a command names, and its redirections.

use super::{Scope, Use};
use crate::{
    decide::{Judging, Need, Part, Stage, Vote},
    paths::{self, Resolved},
    rules::PathUse,
    shell::{Dynamic, HOME_MARK, Redirect, RedirectKind, Step, Word},
    unwrap,
};
use gimlet_protocol::{Mode, Risk, Verdict};
use std::path::{Path, PathBuf};

impl Judging<'_> {
    /// The folder of a file that a command names.
    pub(super) fn place(&self, text: &str, folder: Option<&Path>) -> Option<PathBuf> {
        if text == HOME_MARK {
            return self.request.site.home.clone();
        }
        if text.starts_with('/') {
            return Some(PathBuf::from(text));
        }
        folder.map(|folder| folder.join(text))
    }

    /// Judges one file that a command names.
    pub(super) fn operand(
        &self,
        how: Use,
        word: &Word,
        scope: &Scope<'_>,
        needs: bool,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        let (kind, verb) = match how {
            Use::Read | Use::Guess => (PathUse::Read, "read"),
            Use::Write => (PathUse::Write, "write"),
            Use::Remove => (PathUse::Write, "remove"),
        };
        let what = format!("{verb} {}", word.raw);
        if how == Use::Read && word.text == "/dev/null" {
            return parts;
        }
        if word.dynamic != Dynamic::No {
            if needs && !self.bypass() {
                parts.push(Part::new(
                    what,
                    Risk::High,
                    vec![Vote::new(
                        Stage::Care,
                        Verdict::Ask,
                        "which file is only known when it runs",
                    )],
                ));
            }
            return parts;
        }
        let (folder, wildcard) = split_glob(word);
        for place in &scope.step.folders {
            let Some(path) = self.place(&folder, place.as_deref()) else {
                if needs && !self.bypass() {
                    parts.push(Part::new(
                        what.clone(),
                        Risk::High,
                        vec![Vote::new(
                            Stage::Care,
                            Verdict::Ask,
                            "the folder it runs in is not known",
                        )],
                    ));
                }
                continue;
            };
            let resolved = paths::resolve(&path, self.grounds.ground);
            let mut votes = self.restrictions(kind, &resolved);
            if let Some(wildcard) = &wildcard {
                votes.extend(self.glob_restrictions(kind, &resolved, wildcard));
            }
            // What is moved or copied is read as well as written.
            if how == Use::Remove || (scope.study.walks && how == Use::Read) {
                votes.extend(self.below_restrictions(kind, &resolved, walks_hidden(scope.step)));
            }
            if needs {
                votes.extend(self.needed(kind, &resolved, wildcard.as_deref()));
            }
            let risk = if self.grounds.inside(&resolved) {
                Risk::Low
            } else {
                Risk::High
            };
            let votes = self.with_bypass(votes);
            let mut part = if needs {
                Part::new(what.clone(), risk, votes)
            } else {
                Part::restricted(what.clone(), risk, votes)
            };
            if wildcard.is_none() {
                part = part.needing(Need::File {
                    kind,
                    path: resolved.written.clone(),
                });
            }
            if needs || part.verdict != Verdict::Allow {
                parts.push(part);
            }
        }
        parts
    }

    /// The votes on a file of a command that goes through by itself.
    fn needed(&self, kind: PathUse, resolved: &Resolved, wildcard: Option<&str>) -> Vec<Vote> {
        let mut votes = self.cares(kind, resolved);
        // Older shells take `.*` for `..` as well.
        let leads_out =
            |part: &str| part == ".." || (part.starts_with('.') && paths::glob_covers(part, ".."));
        if wildcard.is_some_and(|text| text.split('/').any(leads_out)) {
            self.care(&mut votes, "its wildcard leads out of the folder");
        }
        if kind == PathUse::Write {
            if self.request.mode == Mode::AcceptEdits && self.grounds.inside(resolved) {
                votes.push(Vote::new(
                    Stage::Mode,
                    Verdict::Allow,
                    "the mode is acceptEdits",
                ));
            }
            if resolved
                .spellings()
                .any(|path| self.grounds.roots().any(|root| root == path))
                && wildcard.is_none()
            {
                self.care(&mut votes, "that is the workspace itself");
            }
            return votes;
        }
        votes.extend(self.allowances(kind, resolved));
        votes
    }

    /// Judges a redirection as what it is: reading or writing a file.
    pub(super) fn redirect(&self, redirect: &Redirect, scope: &Scope<'_>) -> Vec<Part> {
        let mut parts = Vec::new();
        let uses: &[PathUse] = match redirect.kind {
            RedirectKind::Read => &[PathUse::Read],
            RedirectKind::Write => &[PathUse::Write],
            RedirectKind::ReadWrite => &[PathUse::Read, PathUse::Write],
            RedirectKind::Text | RedirectKind::Copy => return parts,
        };
        let target = redirect.target.as_ref();
        let Some(word) = target.filter(|word| word.text != "/dev/null" || !word.globs.is_empty())
        else {
            return parts;
        };
        for kind in uses {
            let what = format!(
                "{} {}",
                if *kind == PathUse::Read {
                    "read"
                } else {
                    "write"
                },
                word.raw
            );
            let ask = |why: &str| {
                let mut votes = Vec::new();
                self.care(&mut votes, why);
                self.with_bypass(votes)
            };
            let Some(text) = word.known() else {
                parts.push(Part::new(
                    what,
                    Risk::High,
                    ask("which file is only known when it runs"),
                ));
                continue;
            };
            for place in &scope.step.folders {
                let Some(path) = self.place(text, place.as_deref()) else {
                    parts.push(Part::new(
                        what.clone(),
                        Risk::High,
                        ask("the folder it runs in is not known"),
                    ));
                    continue;
                };
                let resolved = paths::resolve(&path, self.grounds.ground);
                let mut votes = self.restrictions(*kind, &resolved);
                votes.extend(self.cares(*kind, &resolved));
                if *kind == PathUse::Write && scope.moved {
                    self.care(
                        &mut votes,
                        "it writes in another folder than the one the command began in",
                    );
                }
                if *kind == PathUse::Write && self.request.mode == Mode::Plan {
                    let text = "the mode is plan: nothing is changed";
                    votes.push(Vote::new(Stage::Mode, Verdict::Deny, text));
                } else {
                    votes.extend(self.allowances(*kind, &resolved));
                }
                if *kind == PathUse::Write
                    && self.request.mode == Mode::AcceptEdits
                    && self.grounds.inside(&resolved)
                {
                    votes.push(Vote::new(
                        Stage::Mode,
                        Verdict::Allow,
                        "the mode is acceptEdits",
                    ));
                }
                let risk = match (kind, self.grounds.inside(&resolved)) {
                    (PathUse::Read, true) => Risk::Low,
                    (PathUse::Write, true) => Risk::Medium,
                    (_, false) => Risk::High,
                };
                let votes = self.with_bypass(votes);
                let part = if scope.step.shadow {
                    Part::restricted(what.clone(), risk, votes)
                } else {
                    Part::new(what.clone(), risk, votes)
                };
                parts.push(part.needing(Need::File {
                    kind: *kind,
                    path: resolved.written.clone(),
                }));
            }
        }
        parts
    }
}

/// The folder before a word's first wildcard, and what follows it.
pub(super) fn split_glob(word: &Word) -> (String, Option<String>) {
    let Some(first) = word.globs.first() else {
        return (word.text.clone(), None);
    };
    let head = word.text.get(..*first).unwrap_or_default();
    match head.rfind('/') {
        Some(0) => ("/".to_owned(), word.text.get(1..).map(str::to_owned)),
        Some(at) => (
            word.text.get(..at).unwrap_or_default().to_owned(),
            word.text.get(at + 1..).map(str::to_owned),
        ),
        None => (".".to_owned(), Some(word.text.clone())),
    }
}

/// `rg` leaves hidden files alone unless it is told otherwise.
fn walks_hidden(step: &Step) -> bool {
    let bare = unwrap::bare(&step.words);
    let plain_rg = bare
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "rg" | "fd" | "tree" | "find" | "ls"));
    let told = bare.iter().any(|word| {
        matches!(
            word.text.as_str(),
            "--hidden" | "-." | "-uu" | "-uuu" | "--unrestricted" | "-H" | "--no-ignore"
        )
    });
    !plain_rg || told
}
