//! Rules: `Tool` and `Tool(specifier)`, read from settings and flags, held against accesses.
//!
//! A malformed rule never vanishes: it is reported with its place, it allows nothing, and where
//! it denies or asks it covers whatever it can be read to cover.

mod command;
mod examples;
mod parse;

pub(crate) use command::{CommandPattern, join};
pub use examples::covers_example;
pub use parse::split_list;

use crate::paths::{Bases, PathPattern, Reach, Resolved, fold};
use gimlet_protocol::Verdict;
use serde_json::Value;
use std::path::PathBuf;

/// A rule that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// The rule as it is written.
    pub rule: String,
    /// Where it stands.
    pub source: String,
    /// What is wrong and how it is treated.
    pub text: String,
}

impl std::fmt::Display for RuleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: rule `{}`: {}", self.source, self.rule, self.text)
    }
}

/// Where a rule stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSource {
    /// For people: `path:line`, or a flag.
    pub name: String,
    /// The folder that a leading `/` in its paths means.
    pub folder: PathBuf,
    /// Set by the organisation: counts before the person's own rules.
    pub managed: bool,
    /// Given for a session by an answer, not by a file.
    pub granted: bool,
}

/// All rules in force.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    /// Rules that were not understood.
    pub faults: Vec<RuleFault>,
}

/// One rule.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) text: String,
    pub(crate) source: RuleSource,
    pub(crate) verdict: Verdict,
    /// A tool's name, or a pattern of names.
    tool: String,
    pub(crate) spec: Spec,
}

/// What of a tool a rule covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spec {
    All,
    Nothing,
    Command(CommandPattern),
    Path(PathPattern),
    Domain(String),
    Name(CommandPattern),
    Parameter { name: String, value: String },
}

/// Which path rules speak of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathUse {
    /// It is read.
    Read,
    /// It is written, created or removed.
    Write,
}

/// Tools whose rules with a path speak of every reading tool.
const READERS: [&str; 6] = ["Read", "Grep", "Glob", "LS", "LSP", "NotebookRead"];
/// Tools whose rules with a path speak of every editing tool.
const EDITORS: [&str; 5] = ["Edit", "Write", "MultiEdit", "NotebookEdit", "ApplyPatch"];
/// Tools whose rules hold a command.
const SHELLS: [&str; 3] = ["Bash", "Monitor", "PowerShell"];

impl Rules {
    /// Adds one rule.
    pub fn add(&mut self, verdict: Verdict, text: &str, source: &RuleSource) {
        let text = text.trim();
        let parsed = parse::parse(text, verdict, &source.folder);
        if let Some(why) = parsed.fault {
            let treated = match (verdict, &parsed.spec) {
                (Verdict::Allow, _) => "it allows nothing".to_owned(),
                (_, Spec::All) => format!("it covers all of {}", parsed.tool),
                _ => format!("it is read as `{}`", parsed.read_as),
            };
            self.faults.push(RuleFault {
                rule: text.to_owned(),
                source: source.name.clone(),
                text: format!("{why}; {treated}"),
            });
        }
        let spec = if parsed.broken && verdict == Verdict::Allow {
            Spec::Nothing
        } else {
            parsed.spec
        };
        self.rules.push(Rule {
            text: text.to_owned(),
            source: source.clone(),
            verdict,
            tool: parsed.tool,
            spec,
        });
    }

    /// Adds the rules of a flag's value, parted by commas or blanks outside brackets.
    pub fn add_list(&mut self, verdict: Verdict, list: &str, source: &RuleSource) {
        for text in split_list(list) {
            self.add(verdict, &text, source);
        }
    }

    /// True when a deny rule covers the whole tool, so that the model need not be offered it.
    pub fn denies_tool(&self, tool: &str) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.verdict == Verdict::Deny && rule.spec == Spec::All && rule.names(tool))
    }

    /// True when a deny rule names the kind of worker, so that none needs to be offered.
    pub fn denies_kind(&self, kind: &str) -> bool {
        self.rules.iter().any(|rule| {
            let covers = match &rule.spec {
                Spec::All => true,
                Spec::Name(pattern) => pattern.covers(kind),
                Spec::Nothing
                | Spec::Command(_)
                | Spec::Path(_)
                | Spec::Domain(_)
                | Spec::Parameter { .. } => false,
            };
            rule.verdict == Verdict::Deny && covers && rule.names("Agent")
        })
    }

    /// Rules that cover every access of a call.
    pub(crate) fn of_tool<'r>(
        &'r self,
        tool: &'r str,
        input: &'r Value,
    ) -> impl Iterator<Item = &'r Rule> {
        self.rules.iter().filter(move |rule| {
            rule.names(tool)
                && match &rule.spec {
                    Spec::All => true,
                    Spec::Parameter { name, value } => {
                        rule.verdict != Verdict::Allow && parameter(input, name, value)
                    }
                    Spec::Name(pattern) => ["name", "skill", "subagent_type", "command"]
                        .iter()
                        .find_map(|field| input.get(field)?.as_str())
                        .is_some_and(|name| pattern.covers(name)),
                    Spec::Nothing | Spec::Command(_) | Spec::Path(_) | Spec::Domain(_) => false,
                }
        })
    }

    /// Rules with a command pattern, or for all commands, of a shell tool.
    ///
    /// A command is the same whichever tool runs it: rules of `Bash` hold for all of them.
    pub(crate) fn of_shell(&self, tool: &str) -> impl Iterator<Item = &Rule> {
        let shell = SHELLS.contains(&tool);
        self.rules.iter().filter(move |rule| {
            let named = rule.names(tool) || (shell && rule.names("Bash"));
            named && matches!(rule.spec, Spec::Command(_) | Spec::All)
        })
    }

    /// Rules that speak of a path.
    pub(crate) fn of_path(
        &self,
        kind: PathUse,
        verdict: Verdict,
    ) -> impl Iterator<Item = (&Rule, PathPattern)> {
        self.rules
            .iter()
            .filter(move |rule| rule.verdict == verdict)
            .filter_map(move |rule| {
                let reader = READERS.contains(&rule.tool.as_str());
                let editor = EDITORS.contains(&rule.tool.as_str());
                let applies = match (kind, verdict) {
                    // Who may edit may read; who must not read must not edit.
                    (PathUse::Read, Verdict::Allow) | (PathUse::Write, Verdict::Deny) => {
                        reader || editor
                    }
                    (PathUse::Read, Verdict::Ask | Verdict::Deny) => reader,
                    (PathUse::Write, Verdict::Allow | Verdict::Ask) => editor,
                };
                match &rule.spec {
                    Spec::Path(pattern) if applies => Some((rule, pattern.clone())),
                    Spec::All if applies && matches!(rule.tool.as_str(), "Read" | "Edit") => {
                        Some((rule, PathPattern::everything()))
                    }
                    Spec::All
                    | Spec::Nothing
                    | Spec::Command(_)
                    | Spec::Path(_)
                    | Spec::Domain(_)
                    | Spec::Name(_)
                    | Spec::Parameter { .. } => None,
                }
            })
    }

    /// True when a rule denies or asks about files.
    pub(crate) fn restricts_paths(&self) -> bool {
        self.rules.iter().any(|rule| {
            let paths = matches!(rule.spec, Spec::Path(_))
                || (rule.spec == Spec::All && matches!(rule.tool.as_str(), "Read" | "Edit"));
            rule.verdict != Verdict::Allow && paths
        })
    }

    /// Rules that speak of a host.
    pub(crate) fn of_host<'r>(&'r self, host: &'r str) -> impl Iterator<Item = &'r Rule> {
        self.rules.iter().filter(move |rule| match &rule.spec {
            Spec::Domain(pattern) => domain_covers(pattern, host),
            Spec::All
            | Spec::Nothing
            | Spec::Command(_)
            | Spec::Path(_)
            | Spec::Name(_)
            | Spec::Parameter { .. } => false,
        })
    }
}

impl Rule {
    /// True when the rule is about the tool.
    pub(crate) fn names(&self, tool: &str) -> bool {
        let alias = |name: &str| {
            if name == "Task" {
                "Agent".to_owned()
            } else {
                name.to_owned()
            }
        };
        let (own, tool) = (alias(&self.tool), alias(tool));
        if own == tool {
            return true;
        }
        if self.tool.contains('*') {
            return CommandPattern::glob(&self.tool).covers(&tool);
        }
        // `mcp__server` stands for all of its tools.
        own.starts_with("mcp__")
            && tool
                .strip_prefix(&own)
                .is_some_and(|rest| rest.starts_with("__"))
    }

    /// How the rule is named in a reason.
    pub(crate) fn verb(&self) -> &'static str {
        match self.verdict {
            Verdict::Allow => "allows",
            Verdict::Ask => "asks about",
            Verdict::Deny => "denies",
        }
    }
}

/// True when a path pattern covers a path, read as rules of that verdict are.
pub(crate) fn path_covered(
    pattern: &PathPattern,
    verdict: Verdict,
    resolved: &Resolved,
    bases: &Bases,
    ignore_case: bool,
) -> bool {
    match verdict {
        Verdict::Allow => {
            !resolved.lost
                && resolved
                    .spellings()
                    .all(|path| pattern.covers(path, Reach::Allow, bases, ignore_case))
        }
        Verdict::Ask | Verdict::Deny => resolved
            .spellings()
            .any(|path| pattern.covers(path, Reach::Restrict, bases, ignore_case)),
    }
}

fn parameter(input: &Value, name: &str, value: &str) -> bool {
    let text = match input.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => return false,
    };
    CommandPattern::glob(value).covers(text.trim())
}

/// `*.example.com` is any name below, not the name itself; elsewhere `*` stays within one label.
pub(crate) fn domain_covers(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (
        fold(pattern.trim_end_matches('.')),
        fold(host.trim_end_matches('.')),
    );
    if pattern == "*" {
        return true;
    }
    if let Some(rest) = pattern.strip_prefix("*.") {
        return host
            .strip_suffix(rest)
            .and_then(|left| left.strip_suffix('.'))
            .is_some_and(|left| !left.is_empty());
    }
    let (wanted, labels) = (pattern.split('.'), host.split('.'));
    wanted.clone().count() == labels.clone().count()
        && wanted
            .zip(labels)
            .all(|(wanted, label)| CommandPattern::glob(wanted).covers(label))
}
