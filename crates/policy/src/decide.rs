//! From votes to a ruling: one pure function over rules, mode, place and accesses.
//!
//! The stages, in the order of their say:
//!
//! 1. floor: what no setting lifts (Gimlet's own files, the removal of critical paths);
//! 2. organisation: rules that it set;
//! 3. deny: explicit rules;
//! 4. ask: explicit rules;
//! 5. care: what is not understood, protected paths; only `bypassPermissions` goes without;
//! 6. allow: explicit rules;
//! 7. mode: what the mode lets through;
//! 8. grant: what was granted for this session.
//!
//! For each part of a call the strictest vote holds: deny, then ask, then allow. A part that
//! nobody allows is asked about. The strictest part is the ruling. Hooks and the reviewer vote
//! as judges of their own.

mod files;
mod shell;

use crate::{
    paths::{Ground, Grounds, Site},
    rules::{PathUse, Rule, Rules, Spec},
    shell::Line,
};
use gimlet_protocol::{Access, Mode, QuestionPart, Reason, Risk, Ruling, Verdict};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Who votes, in the order of their say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What no setting lifts.
    Floor,
    /// Rules that the organisation set.
    Organisation,
    /// Rules that deny.
    Deny,
    /// Rules that ask.
    Ask,
    /// What is not understood, and protected paths.
    Care,
    /// Rules that allow.
    Allow,
    /// What the mode lets through or not.
    Mode,
    /// What was granted for this session.
    Grant,
}

impl Stage {
    /// The name that reasons carry as their judge.
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Organisation => "organisation",
            Self::Deny | Self::Ask | Self::Allow => "rules",
            Self::Care => "care",
            Self::Mode => "mode",
            Self::Grant => "grant",
        }
    }
}

/// One vote on one part of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vote {
    /// Who votes.
    pub stage: Stage,
    /// What for.
    pub verdict: Verdict,
    /// A fragment that fits after "because".
    pub text: String,
    /// Where the rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Vote {
    fn new(stage: Stage, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            stage,
            verdict,
            text: text.into(),
            source: None,
        }
    }

    fn of_rule(rule: &Rule) -> Self {
        let stage = match (rule.verdict, rule.source.managed, rule.source.granted) {
            (Verdict::Deny | Verdict::Ask, true, _) => Stage::Organisation,
            (Verdict::Deny, ..) => Stage::Deny,
            (Verdict::Ask, ..) => Stage::Ask,
            (Verdict::Allow, _, true) => Stage::Grant,
            (Verdict::Allow, ..) => Stage::Allow,
        };
        Self {
            stage,
            verdict: rule.verdict,
            text: format!("the rule `{}` {} it", rule.text, rule.verb()),
            source: Some(rule.source.name.clone()),
        }
    }

    pub(crate) fn reason(&self) -> Reason {
        Reason {
            judge: self.stage.name().to_owned(),
            text: self.text.clone(),
            source: self.source.clone(),
        }
    }
}

/// One thing that a call does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is, such as `run cargo test` or `write src/a.rs`.
    pub what: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// The outcome.
    pub verdict: Verdict,
    /// Every vote.
    pub votes: Vec<Vote>,
    /// What would have to be granted for it, where something could.
    #[serde(skip)]
    pub(crate) need: Option<Need>,
}

/// What would have to be granted for a part of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A command, as it is spelled and without its wrappers.
    Command { raw: String, words: Vec<String> },
    /// A file.
    File { kind: PathUse, path: PathBuf },
    /// A host.
    Host(String),
    /// Any call of a tool.
    Tool(String),
}

impl Part {
    fn new(what: impl Into<String>, risk: Risk, votes: Vec<Vote>) -> Self {
        let verdict = votes
            .iter()
            .map(|vote| vote.verdict)
            .max()
            .unwrap_or(Verdict::Ask);
        Self {
            what: what.into(),
            risk,
            verdict,
            votes,
            need: None,
        }
    }

    /// What a judge beside the policy says of a call, which no setting lifts.
    pub fn of_judge(what: impl Into<String>, verdict: Verdict, text: impl Into<String>) -> Self {
        let vote = Vote::new(Stage::Floor, verdict, text);
        Self::new(what, Risk::High, vec![vote])
    }

    fn needing(mut self, need: Need) -> Self {
        self.need = Some(need);
        self
    }

    /// As a person is shown it.
    pub(crate) fn shown(&self) -> QuestionPart {
        let mut because: Vec<Reason> = self.votes.iter().map(Vote::reason).collect();
        if because.is_empty() && self.verdict == Verdict::Ask {
            because.push(self.unheard());
        }
        QuestionPart {
            what: self.what.clone(),
            risk: self.risk,
            verdict: self.verdict,
            because,
        }
    }

    /// The reason where nobody votes.
    fn unheard(&self) -> Reason {
        Reason {
            judge: "policy".to_owned(),
            text: format!("nothing allows to {}", self.what),
            source: None,
        }
    }

    /// A part that is only ever restricted, because another part answers for it.
    fn restricted(what: impl Into<String>, risk: Risk, votes: Vec<Vote>) -> Self {
        let mut part = Self::new(what, risk, votes);
        if part.votes.is_empty() {
            part.verdict = Verdict::Allow;
        }
        part
    }
}

/// The outcome for a call.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// What it does, each with its votes.
    pub parts: Vec<Part>,
    /// The command line, taken apart, where there is one.
    pub lines: Vec<Line>,
    /// Whether questions are denied instead of asked.
    pub no_questions: bool,
}

impl Decision {
    /// The strictest outcome of any part. A call that touches nothing is allowed.
    pub fn verdict(&self) -> Verdict {
        let verdict = self
            .parts
            .iter()
            .map(|part| part.verdict)
            .max()
            .unwrap_or(Verdict::Allow);
        if verdict == Verdict::Ask && self.no_questions {
            Verdict::Deny
        } else {
            verdict
        }
    }

    /// How much harm the call can do.
    pub fn risk(&self) -> Risk {
        self.parts
            .iter()
            .map(|part| part.risk)
            .max()
            .unwrap_or(Risk::Low)
    }

    /// The ruling with every reason for it, those that decided first.
    pub fn ruling(&self) -> Ruling {
        let mut because: Vec<Reason> = Vec::new();
        let strictest = self.parts.iter().map(|part| part.verdict).max();
        for decisive in [true, false] {
            for part in self
                .parts
                .iter()
                .filter(|part| (Some(part.verdict) == strictest) == decisive)
            {
                let mut reasons: Vec<Reason> = part.votes.iter().map(Vote::reason).collect();
                if part.votes.is_empty() && part.verdict == Verdict::Ask {
                    reasons.push(part.unheard());
                }
                for reason in reasons {
                    if !because.contains(&reason) {
                        because.push(reason);
                    }
                }
            }
        }
        if self.no_questions && strictest == Some(Verdict::Ask) {
            because.push(Reason {
                judge: "mode".to_owned(),
                text: "the mode is dontAsk: what would be asked is denied".to_owned(),
                source: None,
            });
        }
        Ruling {
            verdict: self.verdict(),
            because,
            confinement: None,
        }
    }
}

impl Decision {
    /// Why parts are left to a person that no rule asks about.
    pub(crate) fn open_reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        for part in self
            .parts
            .iter()
            .filter(|part| part.verdict == Verdict::Ask)
        {
            let asks = part
                .votes
                .iter()
                .filter(|vote| vote.verdict == Verdict::Ask);
            let mut found: Vec<Reason> = asks.map(Vote::reason).collect();
            if found.is_empty() {
                found.push(part.unheard());
            }
            for reason in found {
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        reasons
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Its input.
    pub input: &'a Value,
    /// What it will touch.
    pub accesses: &'a [Access],
    /// Where the session works.
    pub site: &'a Site,
    /// The mode.
    pub mode: Mode,
}

/// Everything that rulings come from.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    /// The rules in force.
    pub rules: &'a Rules,
    /// The file system, as far as links go.
    pub ground: &'a dyn Ground,
}

/// One call while it is judged.
pub(crate) struct Judging<'a> {
    rules: &'a Rules,
    request: Request<'a>,
    grounds: Grounds<'a>,
}

impl Policy<'_> {
    /// Judges a call.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let judging = Judging {
            rules: self.rules,
            request: *request,
            grounds: Grounds::new(request.site, self.ground),
        };
        let mut decision = Decision {
            no_questions: request.mode == Mode::DontAsk,
            ..Decision::default()
        };
        for access in request.accesses {
            match access {
                Access::Run { command, cwd } => judging.shell(command, cwd, &mut decision),
                Access::Read { path } => decision
                    .parts
                    .push(judging.file_of_tool(PathUse::Read, path)),
                Access::Write { path } => decision
                    .parts
                    .push(judging.file_of_tool(PathUse::Write, path)),
                Access::Reach { host } => decision.parts.push(
                    judging
                        .other(format!("reach {host}"), self.rules.of_host(host))
                        .needing(if request.tool == "WebSearch" {
                            Need::Tool(request.tool.to_owned())
                        } else {
                            Need::Host(host.clone())
                        }),
                ),
                Access::Publish { to, .. } => decision
                    .parts
                    .push(judging.other(format!("publish to {}", to.address), std::iter::empty())),
                Access::Spawn { kind } => decision.parts.push(judging.worker(kind)),
                Access::Escalate { why } => decision.parts.push(judging.leaving(why)),
                Access::Person { .. } => decision.parts.push(judging.person()),
            }
        }
        decision.parts.extend(judging.searched());
        decision
    }
}

impl<'a> Judging<'a> {
    fn bypass(&self) -> bool {
        self.request.mode == Mode::BypassPermissions
    }

    /// Adds what the mode `bypassPermissions` lets through.
    fn with_bypass(&self, mut votes: Vec<Vote>) -> Vec<Vote> {
        if self.bypass() {
            votes.push(Vote::new(
                Stage::Mode,
                Verdict::Allow,
                "the mode is bypassPermissions",
            ));
        }
        votes
    }

    fn care(&self, votes: &mut Vec<Vote>, text: impl Into<String>) {
        if !self.bypass() {
            votes.push(Vote::new(Stage::Care, Verdict::Ask, text));
        }
    }

    /// Votes of rules that cover the whole tool or one of its parameters.
    fn tool_votes(&self) -> Vec<Vote> {
        self.rules
            .of_tool(self.request.tool, self.request.input)
            .map(Vote::of_rule)
            .collect()
    }

    /// An access that only rules speak of.
    fn other(&self, what: String, rules: impl Iterator<Item = &'a Rule>) -> Part {
        let mut votes = self.tool_votes();
        votes.extend(rules.map(Vote::of_rule));
        if self.request.mode == Mode::Auto {
            votes.retain(|vote| vote.verdict != Verdict::Allow || !self.is_blanket_spawn());
        }
        Part::new(what, Risk::High, self.with_bypass(votes))
    }

    /// Leaving the confinement: no rule for the whole tool allows it, for it is asked by name.
    fn leaving(&self, why: &str) -> Part {
        let mut votes = self.tool_votes();
        votes.retain(|vote| vote.verdict != Verdict::Allow);
        let votes = self.with_bypass(votes);
        Part::new(format!("leave the confinement: {why}"), Risk::High, votes)
    }

    /// A worker that starts: it is asked about whatever it does itself.
    fn worker(&self, kind: &str) -> Part {
        let mut votes = self.tool_votes();
        let text = "a worker may do no more than the session";
        votes.push(Vote::new(Stage::Mode, Verdict::Allow, text));
        Part::new(format!("start a worker: {kind}"), Risk::Low, votes)
    }

    /// A question to the person: no mode and no rule answers it for them.
    fn person(&self) -> Part {
        let mut votes = self.tool_votes();
        let text = "only a person can answer";
        votes.push(Vote::new(Stage::Care, Verdict::Ask, text));
        Part::new("ask the person".to_owned(), Risk::Low, votes)
    }

    fn is_blanket_spawn(&self) -> bool {
        matches!(self.request.tool, "Agent" | "Task" | "Monitor")
    }

    fn show(&self, path: &Path) -> String {
        match path.strip_prefix(&self.request.site.root) {
            Ok(rest) if !rest.as_os_str().is_empty() => rest.display().to_string(),
            _ => path.display().to_string(),
        }
    }

    fn has_specific_restrictions(&self) -> bool {
        self.rules
            .of_shell(self.request.tool)
            .any(|rule| rule.verdict != Verdict::Allow && matches!(rule.spec, Spec::Command(_)))
    }
}
