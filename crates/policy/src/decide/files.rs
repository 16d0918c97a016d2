//! Votes on files and folders, whoever names them.

use super::{Judging, Need, Part, Stage, Vote};
use crate::{
    paths::{self, Resolved},
    rules::{PathUse, path_covered},
};
use gimlet_protocol::{Mode, Risk, Verdict};
use std::path::{Path, PathBuf};

impl Judging<'_> {
    /// A file that a tool names.
    pub(super) fn file_of_tool(&self, kind: PathUse, path: &Path) -> Part {
        let resolved = paths::resolve(path, self.grounds.ground);
        let mut votes = self.tool_votes();
        votes.extend(self.restrictions(kind, &resolved));
        votes.extend(self.cares(kind, &resolved));
        if let Some(odd) = self.odd_spelling() {
            self.care(&mut votes, odd);
        }
        let mode = self.request.mode;
        if kind == PathUse::Write && mode == Mode::Plan {
            votes.retain(|vote| vote.verdict != Verdict::Allow);
            votes.push(Vote::new(
                Stage::Mode,
                Verdict::Deny,
                "the mode is plan: nothing is changed",
            ));
        } else {
            votes.extend(self.allowances(kind, &resolved));
            let edits = matches!(mode, Mode::AcceptEdits | Mode::Auto);
            if kind == PathUse::Write && edits && self.grounds.inside(&resolved) {
                votes.push(Vote::new(
                    Stage::Mode,
                    Verdict::Allow,
                    format!("the mode is {}", mode.name()),
                ));
            }
        }
        let (verb, risk) = match kind {
            PathUse::Read => (
                "read",
                if self.grounds.inside(&resolved) {
                    Risk::Low
                } else {
                    Risk::Medium
                },
            ),
            PathUse::Write => (
                "write",
                if self.grounds.inside(&resolved) {
                    Risk::Medium
                } else {
                    Risk::High
                },
            ),
        };
        Part::new(
            format!("{verb} {}", self.show(&resolved.written)),
            risk,
            self.with_bypass(votes),
        )
        .needing(Need::File {
            kind,
            path: resolved.written.clone(),
        })
    }

    /// What the input of a tool spells in a way that systems read differently.
    fn odd_spelling(&self) -> Option<&'static str> {
        let input = self.request.input;
        let text = ["file_path", "path", "notebook_path"]
            .iter()
            .find_map(|field| input.get(field)?.as_str())?;
        if text
            .strip_prefix('~')
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        {
            return Some("`~name` may stand for another person's home");
        }
        text.split(['/', '\\'])
            .any(|part| part == "..")
            .then_some(())
            .filter(|()| text.contains('\\'))?;
        Some("a backslash parts names on some systems")
    }

    /// A search whose pattern leads out of the folder that it begins in.
    pub(super) fn searched(&self) -> Option<Part> {
        let field = match self.request.tool {
            "Glob" => "pattern",
            "Grep" => "glob",
            _ => return None,
        };
        let pattern = self.request.input.get(field)?.as_str()?;
        let leaves = pattern.starts_with('/')
            || pattern
                .split(['/', '\\', '{', ',', '}'])
                .any(|part| part == "..");
        if !leaves {
            return None;
        }
        let start = self
            .request
            .input
            .get("path")
            .and_then(serde_json::Value::as_str)
            .unwrap_or(".");
        let fixed: PathBuf = Path::new(pattern)
            .iter()
            .take_while(|part| !part.to_string_lossy().contains(['*', '?', '[', '{']))
            .collect();
        let rest = pattern.get(fixed.as_os_str().len()..).unwrap_or_default();
        let path = self.request.site.cwd.join(start).join(&fixed);
        let mut part = self.file_of_tool(PathUse::Read, &path);
        if rest
            .split(['/', '\\', '{', ',', '}'])
            .any(|part| part == "..")
            && !self.bypass()
        {
            part.votes.push(Vote::new(
                Stage::Care,
                Verdict::Ask,
                "its pattern leads out of the folder",
            ));
            part.verdict = part.verdict.max(Verdict::Ask);
        }
        Some(part)
    }

    /// Votes of rules that deny or ask.
    pub(super) fn restrictions(&self, kind: PathUse, resolved: &Resolved) -> Vec<Vote> {
        let mut votes = Vec::new();
        if kind == PathUse::Write
            && !self.grounds.in_scratch(resolved)
            && let Some(own) = self.grounds.own(resolved)
        {
            votes.push(Vote::new(
                Stage::Floor,
                Verdict::Deny,
                format!("{} holds Gimlet's own files", own.display()),
            ));
        }
        for verdict in [Verdict::Deny, Verdict::Ask] {
            for (rule, pattern) in self.rules.of_path(kind, verdict) {
                if path_covered(
                    &pattern,
                    verdict,
                    resolved,
                    &self.grounds.bases,
                    self.grounds.ignore_case,
                ) {
                    votes.push(Vote::of_rule(rule));
                }
            }
        }
        votes
    }

    /// Votes on a file that is known only by a wildcard: `folder` and then the wildcard.
    pub(super) fn glob_restrictions(
        &self,
        kind: PathUse,
        folder: &Resolved,
        glob: &str,
    ) -> Vec<Vote> {
        let mut votes = Vec::new();
        for verdict in [Verdict::Deny, Verdict::Ask] {
            for (rule, pattern) in self.rules.of_path(kind, verdict) {
                if folder.spellings().any(|folder| {
                    pattern.may_meet(folder, glob, &self.grounds.bases, self.grounds.ignore_case)
                }) {
                    votes.push(Vote::of_rule(rule));
                }
            }
        }
        votes
    }

    /// A question where something below a folder is denied or asked about.
    pub(super) fn below_restrictions(
        &self,
        kind: PathUse,
        folder: &Resolved,
        hidden: bool,
    ) -> Vec<Vote> {
        let mut votes = Vec::new();
        for verdict in [Verdict::Deny, Verdict::Ask] {
            for (rule, pattern) in self.rules.of_path(kind, verdict) {
                let reaches = folder.spellings().any(|folder| {
                    pattern.reaches_below(folder, &self.grounds.bases, self.grounds.ignore_case)
                });
                if reaches && (hidden || !pattern.is_hidden()) {
                    let mut vote = Vote::of_rule(rule);
                    vote.verdict = Verdict::Ask;
                    vote.text = format!("the rule `{}` speaks of something below", rule.text);
                    votes.push(vote);
                }
            }
        }
        votes
    }

    /// Questions that no rule lifts.
    pub(super) fn cares(&self, kind: PathUse, resolved: &Resolved) -> Vec<Vote> {
        let mut votes = Vec::new();
        if resolved.lost {
            self.care(&mut votes, "its links lead round in circles");
        }
        let protected = || resolved.spellings().find_map(paths::protects);
        if kind == PathUse::Write
            && !self.grounds.in_scratch(resolved)
            && let Some(name) = protected()
        {
            self.care(
                &mut votes,
                format!("{name} decides what other programs run"),
            );
        }
        let head = kind == PathUse::Write
            && resolved
                .end
                .file_name()
                .is_some_and(|name| name.eq_ignore_ascii_case("HEAD"));
        if head
            && resolved
                .end
                .parent()
                .is_some_and(|folder| self.grounds.roots().any(|root| root == folder))
        {
            self.care(
                &mut votes,
                "a file HEAD here may make git take the folder for a repository",
            );
        }
        votes
    }

    /// Votes that let through.
    pub(super) fn allowances(&self, kind: PathUse, resolved: &Resolved) -> Vec<Vote> {
        let mut votes = Vec::new();
        if kind == PathUse::Read
            && (self.grounds.inside(resolved) || self.grounds.in_scratch(resolved))
        {
            votes.push(Vote::new(
                Stage::Mode,
                Verdict::Allow,
                "reading inside the workspace is free",
            ));
        }
        for (rule, pattern) in self.rules.of_path(kind, Verdict::Allow) {
            if path_covered(
                &pattern,
                Verdict::Allow,
                resolved,
                &self.grounds.bases,
                self.grounds.ignore_case,
            ) {
                votes.push(Vote::of_rule(rule));
            }
        }
        votes
    }
}
