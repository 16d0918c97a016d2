//! Votes on shell commands: each simple command, file and redirection by itself.

mod blanket;
mod operands;

use super::{Judging, Need, Part, Stage, Vote};
use crate::{
    commands::{self, Study},
    decide::Decision,
    paths::{self},
    rules::{CommandPattern, Spec},
    shell::{self, Dynamic, RedirectKind, Start, Step, Word},
    unwrap,
};
use blanket::is_blanket;
use gimlet_protocol::{Mode, Risk, Verdict};
use operands::split_glob;
use std::path::{Path, PathBuf};

/// Variables before a command that change nothing but how it looks.
const HARMLESS: [&str; 9] = [
    "LANG",
    "LANGUAGE",
    "TZ",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "NODE_ENV",
    "RUST_BACKTRACE",
    "CARGO_TERM_COLOR",
];

/// Programs whose argument is any command, so that no prefix may allow them.
const RUNNERS: [&str; 4] = ["watch", "setsid", "ionice", "flock"];

/// How an operand of a command is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Write,
    Remove,
    /// Perhaps a file: only rules that restrict speak of it.
    Guess,
}

/// A command line while it is judged.
struct Walk<'w> {
    start: &'w Start,
    depth: usize,
    /// Text that may still be parsed.
    budget: usize,
    parts: Vec<Part>,
}

/// A simple command with what is known of it.
struct Scope<'s> {
    step: &'s Step,
    study: &'s Study,
    /// True when it may run in another folder than the command line.
    moved: bool,
}

impl Judging<'_> {
    /// Judges a command line.
    pub(super) fn shell(&self, command: &str, cwd: &Path, decision: &mut Decision) {
        if command.len() > shell::LONGEST_JUDGED {
            let text = "the command line is longer than a shell takes";
            let vote = Vote::new(Stage::Floor, Verdict::Deny, text);
            let what = "run a command line of excessive length";
            return decision.parts.push(Part::new(what, Risk::High, vec![vote]));
        }
        let start = Start {
            cwd: cwd.to_owned(),
            home: self.request.site.home.clone(),
        };
        let line = shell::analyse(command, &start);
        let budget = shell::MOST_PARSED;
        let mut walk = Walk {
            start: &start,
            depth: 0,
            budget,
            parts: Vec::new(),
        };
        for step in &line.steps {
            self.step(step, &mut walk);
        }
        let mut parts = walk.parts;
        let mut votes = Vec::new();
        for doubt in &line.doubts {
            self.care(&mut votes, doubt.clone());
        }
        let clear = votes.is_empty() && parts.iter().all(|part| part.verdict == Verdict::Allow);
        if clear && !self.bypass() && !shell::agrees(command, &line.spelled) {
            self.care(&mut votes, "two readings of the command line differ");
        }
        if !votes.is_empty() {
            parts.push(Part::new("understand the command line", Risk::High, votes));
        }
        if parts.is_empty() {
            parts.push(Part::new(
                "run nothing",
                Risk::Low,
                vec![Vote::new(Stage::Mode, Verdict::Allow, "it runs nothing")],
            ));
        }
        decision.parts.extend(parts);
        decision.lines.push(line);
    }

    fn step(&self, step: &Step, walk: &mut Walk<'_>) {
        let mut votes = self.command_restrictions(step, walk);
        let bare = unwrap::bare(&step.words);
        let study = if bare.is_empty() {
            Study::default()
        } else {
            commands::study(bare, unwrap::adds_words(&step.words))
        };
        let moved = step.folders.iter().any(|folder| {
            !folder
                .as_deref()
                .is_some_and(|folder| self.same_folder(folder, &walk.start.cwd))
        });
        let mut by_rule = false;
        if !step.shadow {
            self.command_cares(step, &study, moved, &mut votes);
            let rules = self.command_allowances(step, bare);
            by_rule = !rules.is_empty();
            votes.extend(rules);
            if !step.words.is_empty() && !by_rule {
                votes.extend(self.by_kind(&study));
            }
        }
        let risk = match (&study.not_free, &study.not_edit) {
            (None, _) => Risk::Low,
            (Some(_), None) => Risk::Medium,
            (Some(_), Some(_)) => Risk::High,
        };
        let free = study.not_free.is_none()
            || (study.not_edit.is_none() && self.request.mode == Mode::AcceptEdits);
        let needs_allowance = !step.shadow && !by_rule && free;
        if !step.words.is_empty() || step.more.is_some() || !step.assignments.is_empty() {
            let what = format!("run {}", step.raw);
            let votes = self.with_bypass(votes);
            walk.parts.push(if step.shadow {
                Part::restricted(what, risk, votes)
            } else {
                let mut part = Part::new(what, risk, votes);
                let known = |word: &Word| word.known().is_some();
                if !bare.is_empty() && step.words.iter().all(known) {
                    part = part.needing(Need::Command {
                        raw: step.raw.clone(),
                        words: bare.iter().map(|word| word.text.clone()).collect(),
                    });
                }
                part
            });
        }
        if step.shadow && !self.rules.restricts_paths() {
            return;
        }
        let uses = [
            (Use::Read, &study.reads),
            (Use::Write, &study.writes),
            (Use::Remove, &study.removes),
            (Use::Guess, &study.guesses),
        ];
        let scope = Scope {
            step,
            study: &study,
            moved,
        };
        for (how, words) in uses {
            let needs = needs_allowance && how != Use::Guess;
            for word in words {
                walk.parts.extend(self.operand(how, word, &scope, needs));
            }
        }
        for redirect in &step.redirects {
            walk.parts.extend(self.redirect(redirect, &scope));
        }
    }

    /// Votes of rules that deny or ask about a command, behind wrappers too, and the floor.
    fn command_restrictions(&self, step: &Step, walk: &mut Walk<'_>) -> Vec<Vote> {
        let mut votes: Vec<Vote> = Vec::new();
        let mut push = |vote: Vote| {
            if !votes.contains(&vote) {
                votes.push(vote);
            }
        };
        for vote in self.tool_votes() {
            if vote.verdict != Verdict::Allow {
                push(vote);
            }
        }
        if step.words.is_empty() {
            return votes;
        }
        let mut views = unwrap::views(&step.words);
        if is_shell_program(step) {
            let texts = step
                .redirects
                .iter()
                .filter(|redirect| redirect.kind == RedirectKind::Text);
            views
                .scripts
                .extend(texts.filter_map(|redirect| Some(redirect.target.as_ref()?.text.clone())));
        }
        if walk.depth >= shell::DEEPEST && !views.scripts.is_empty() {
            // No deeper: a command may begin at each word of what is left.
            let pieces = views
                .scripts
                .iter()
                .flat_map(|text| shell::pieces(text, walk.start));
            let found: Vec<Vec<Word>> = pieces
                .flat_map(|step| unwrap::suffixes(&step.words))
                .collect();
            views.commands.extend(found);
            if !self.bypass() {
                let text = "commands stand in commands too deep to be followed";
                push(Vote::new(Stage::Care, Verdict::Ask, text));
            }
        }
        for rule in self
            .rules
            .of_shell(self.request.tool)
            .filter(|rule| rule.verdict != Verdict::Allow)
        {
            let Spec::Command(pattern) = &rule.spec else {
                continue;
            };
            let hit = pattern.covers(&step.raw)
                || views
                    .commands
                    .iter()
                    .any(|words| self.restricts(pattern, words));
            if hit {
                push(Vote::of_rule(rule));
            }
        }
        for words in &views.commands {
            if let Some(why) = self.critical_removal(words, step) {
                push(Vote::new(Stage::Floor, Verdict::Ask, why));
            }
        }
        if walk.depth < shell::DEEPEST {
            walk.depth += 1;
            for script in &views.scripts {
                let line = shell::analyse_nested(script, walk.start, walk.depth, &mut walk.budget);
                // What is denied may hide where the script is not understood.
                if !self.bypass() && self.has_specific_restrictions() {
                    votes.extend(line.doubts.iter().map(|doubt| {
                        Vote::new(Stage::Care, Verdict::Ask, format!("in its script: {doubt}"))
                    }));
                }
                for inner in &line.steps {
                    let shadow = Step {
                        shadow: true,
                        folders: step.folders.clone(),
                        ..inner.clone()
                    };
                    self.step(&shadow, walk);
                }
            }
            walk.depth -= 1;
        }
        votes
    }

    fn restricts(&self, pattern: &CommandPattern, words: &[Word]) -> bool {
        let plain = crate::rules::join(words, ' ');
        if pattern.covers(&plain) || pattern.covers_words(words) {
            return true;
        }
        if self.grounds.ignore_case && pattern.covers(&paths::fold(&plain)) {
            return true;
        }
        // A program that is named by a wildcard may be the one of the rule.
        let Some(first) = words.first().filter(|word| !word.globs.is_empty()) else {
            return false;
        };
        let (head, _) = pattern.head();
        head.first()
            .is_some_and(|name| paths::glob_covers(unwrap::base_name(&first.text), name))
    }

    /// Why a command's removal is a catastrophe.
    fn critical_removal(&self, words: &[Word], step: &Step) -> Option<String> {
        let [name, args @ ..] = words else {
            return None;
        };
        if !matches!(name.text.as_str(), "rm" | "rmdir") {
            return None;
        }
        for word in args.iter().filter(|word| !word.text.starts_with('-')) {
            if word.dynamic != Dynamic::No {
                return Some(format!(
                    "what `{}` removes is only known when it runs",
                    word.raw
                ));
            }
            let (folder, wildcard) = split_glob(word);
            let sweeping = wildcard.as_deref().is_some_and(|text| {
                text.split('/').next_back().is_some_and(|last| {
                    last.chars().all(|c| "*?.[]!".contains(c)) || last.is_empty()
                })
            });
            for place in &step.folders {
                let Some(path) = self.place(&folder, place.as_deref()) else {
                    continue;
                };
                if let Some(wildcard) = wildcard.as_ref().filter(|_| !sweeping) {
                    if let Some(why) = self.critical_match(&path, wildcard) {
                        return Some(format!("`{}` is removed: {why}", word.raw));
                    }
                    continue;
                }
                let resolved = paths::resolve(&path, self.grounds.ground);
                if let Some(why) = paths::critical(&resolved, &self.grounds) {
                    return Some(format!("`{}` is removed: {why}", word.raw));
                }
            }
        }
        None
    }

    /// Why a wildcard below a folder may stand for what must not be removed.
    fn critical_match(&self, folder: &Path, wildcard: &str) -> Option<&'static str> {
        let resolved = paths::resolve(folder, self.grounds.ground);
        let whole = resolved.end.join(wildcard);
        let parts: Vec<String> = whole
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        // The root itself is the first part.
        if parts.len() == 2 {
            return Some("that may be a folder of the system");
        }
        let site = &self.request.site;
        let kept = site.home.iter().chain([&site.cwd]);
        let kept = kept.map(PathBuf::as_path).chain(self.grounds.roots());
        let stands_for = |path: &Path| {
            let names = path.iter().map(|part| part.to_string_lossy());
            path.iter().count() >= parts.len()
                && names
                    .zip(&parts)
                    .all(|(name, part)| *part == *name || paths::glob_covers(part, &name))
        };
        let found = kept.into_iter().any(|path| {
            stands_for(path) || stands_for(&paths::resolve(path, self.grounds.ground).end)
        });
        found.then_some("that may hold the home folder or the workspace")
    }

    fn same_folder(&self, one: &Path, other: &Path) -> bool {
        let real = |path: &Path| paths::resolve(path, self.grounds.ground).end;
        one == other || real(one) == real(other)
    }

    fn command_cares(&self, step: &Step, study: &Study, moved: bool, votes: &mut Vec<Vote>) {
        if let Some(more) = step.more {
            self.care(votes, more);
        }
        for (name, value) in &step.assignments {
            let harmless = HARMLESS.contains(&name.as_str()) || name.starts_with("LC_");
            if step.words.is_empty() {
                self.care(votes, format!("it sets {name} for what follows"));
            } else if (!harmless || value.known().is_none()) && !self.exact_rule(step) {
                self.care(votes, format!("it sets {name}, which may change what runs"));
            }
        }
        if step
            .words
            .first()
            .is_some_and(|word| word.known().is_none())
        {
            self.care(votes, "which program runs is only known when it runs");
        }
        if study.git && self.request.site.untrusted {
            let why = "the folder is not trusted, and git may run what its repository names";
            self.care(votes, why);
        }
        // The folder may have been changed by an earlier command of the session.
        let elsewhere = |folder: &Path| !self.same_folder(folder, &self.request.site.root);
        if study.git
            && (moved
                || step
                    .folders
                    .iter()
                    .flatten()
                    .any(|folder| elsewhere(folder)))
        {
            self.care(votes, "git in another folder obeys the configuration there");
        }
        if step.words.is_empty()
            && step.assignments.is_empty()
            && step.more.is_none()
            && step.redirects.is_empty()
        {
            self.care(votes, "it is not understood");
        }
    }

    fn exact_rule(&self, step: &Step) -> bool {
        self.rules.of_shell(self.request.tool).any(|rule| {
            rule.verdict == Verdict::Allow && matches!(&rule.spec, Spec::Command(pattern) if pattern.is_exact() && pattern.covers(&step.raw))
        })
    }

    /// Rules that allow a command.
    fn command_allowances(&self, step: &Step, bare: &[Word]) -> Vec<Vote> {
        if step.words.is_empty() || step.more.is_some() || self.request.mode == Mode::Plan {
            return Vec::new();
        }
        let known = step
            .words
            .iter()
            .all(|word| word.dynamic != Dynamic::Unknown);
        let mut votes = Vec::new();
        for rule in self
            .rules
            .of_shell(self.request.tool)
            .filter(|rule| rule.verdict == Verdict::Allow)
        {
            let hit = match &rule.spec {
                Spec::All => {
                    self.request.mode != Mode::Auto && (known || !self.has_specific_restrictions())
                }
                Spec::Command(pattern) if pattern.is_everything() => {
                    self.request.mode != Mode::Auto && (known || !self.has_specific_restrictions())
                }
                Spec::Command(pattern) if pattern.is_exact() => {
                    pattern.covers(&step.raw)
                        || (known
                            && (pattern.covers_words(bare) || pattern.covers_words(&step.words)))
                }
                Spec::Command(pattern) => {
                    known
                        && !runs_anything(bare)
                        && !(self.request.mode == Mode::Auto && is_blanket(pattern))
                        && pattern.covers_words(bare)
                }
                Spec::Nothing
                | Spec::Path(_)
                | Spec::Domain(_)
                | Spec::Name(_)
                | Spec::Parameter { .. } => false,
            };
            if hit {
                votes.push(Vote::of_rule(rule));
            }
        }
        votes
    }

    /// What the kind of the command lets through.
    fn by_kind(&self, study: &Study) -> Option<Vote> {
        if study.not_free.is_none() {
            return Some(Vote::new(Stage::Mode, Verdict::Allow, "it only looks"));
        }
        let edits = self.request.mode == Mode::AcceptEdits && study.not_edit.is_none();
        if edits {
            return Some(Vote::new(
                Stage::Mode,
                Verdict::Allow,
                "the mode is acceptEdits",
            ));
        }
        if self.bypass() {
            return None;
        }
        if self.request.mode == Mode::Plan && !(study.writes.is_empty() && study.removes.is_empty())
        {
            let text = "the mode is plan: nothing is changed";
            return Some(Vote::new(Stage::Mode, Verdict::Deny, text));
        }
        study
            .not_free
            .clone()
            .map(|why| Vote::new(Stage::Care, Verdict::Ask, why))
    }
}

/// True for programs whose argument is any command.
fn runs_anything(words: &[Word]) -> bool {
    let [name, args @ ..] = words else {
        return false;
    };
    match unwrap::base_name(&name.text) {
        "find" => args.iter().any(|word| {
            ["-exec", "-ok", "-delete", "-fprint", "-fls"]
                .iter()
                .any(|action| word.text.starts_with(action))
                || word.known().is_none()
        }),
        name => RUNNERS.contains(&name),
    }
}

fn is_shell_program(step: &Step) -> bool {
    step.words.first().is_some_and(|word| {
        matches!(
            unwrap::base_name(&word.text),
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "source" | "."
        )
    })
}
