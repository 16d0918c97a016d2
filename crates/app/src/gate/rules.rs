//! Rules of flags and settings: `Tool` and `Bash(command)` or `Bash(prefix:*)`.
//!
//! What a specifier means is the settings' business of more than this gate understands; what
//! it does not understand fails closed: such an allow rule allows nothing, such a deny or ask
//! rule covers the whole tool, and both are reported.

use gimlet_ports::{Broken, Case, Judge};
use gimlet_protocol::{Access, Reason, Verdict};

/// Where a rule stands, for people.
pub(crate) type RuleSource = String;

/// A rule that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleFault {
    /// The rule as it is written.
    pub(crate) rule: String,
    /// Where it stands.
    pub(crate) source: RuleSource,
    /// What is wrong and how it is treated.
    pub(crate) text: String,
}

/// All rules of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    /// Rules that were not understood.
    pub(crate) faults: Vec<RuleFault>,
}

#[derive(Clone, Debug)]
struct Rule {
    text: String,
    source: RuleSource,
    verdict: Verdict,
    tool: String,
    covers: Covers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Covers {
    Everything,
    Nothing,
    Command(String),
    CommandPrefix(String),
}

impl Rules {
    /// Adds one rule.
    pub(crate) fn add(&mut self, verdict: Verdict, text: &str, source: RuleSource) {
        let text = text.trim();
        let parsed = parse(text);
        let (tool, covers) = match parsed {
            Ok(parsed) => parsed,
            Err((tool, why)) => {
                let (covers, treated) = if verdict == Verdict::Allow {
                    (Covers::Nothing, "it allows nothing")
                } else {
                    (Covers::Everything, "it covers the whole tool")
                };
                self.faults.push(RuleFault {
                    rule: text.to_owned(),
                    source: source.clone(),
                    text: format!("{why}; {treated}"),
                });
                (tool, covers)
            }
        };
        self.rules.push(Rule {
            text: text.to_owned(),
            source,
            verdict,
            tool,
            covers,
        });
    }

    /// Adds the rules of a flag's value, parted by commas or spaces outside brackets.
    pub(crate) fn add_list(&mut self, verdict: Verdict, list: &str, source: &str) {
        for text in split_list(list) {
            self.add(verdict, &text, source.to_owned());
        }
    }

    /// True when a deny rule covers the whole tool, so that the model need not be offered it.
    pub(crate) fn denies_tool(&self, tool: &str) -> bool {
        self.rules.iter().any(|rule| {
            rule.verdict == Verdict::Deny && rule.tool == tool && rule.covers == Covers::Everything
        })
    }
}

impl Judge for Rules {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let strictest = self
            .rules
            .iter()
            .filter(|rule| rule.tool == case.tool && rule.covers(case))
            .max_by_key(|rule| rule.verdict);
        Ok(strictest.map(|rule| {
            let verb = match rule.verdict {
                Verdict::Allow => "allows",
                Verdict::Ask => "asks about",
                Verdict::Deny => "denies",
            };
            let text = format!("the rule `{}` {verb} it", rule.text);
            let source = Some(rule.source.clone());
            (
                rule.verdict,
                Reason {
                    judge: "rules".to_owned(),
                    text,
                    source,
                },
            )
        }))
    }
}

impl Rule {
    fn covers(&self, case: &Case<'_>) -> bool {
        let command = match case.access {
            Access::Run { command, .. } => Some(command.trim()),
            Access::Read { .. }
            | Access::Write { .. }
            | Access::Reach { .. }
            | Access::Publish { .. }
            | Access::Spawn { .. }
            | Access::Escalate { .. }
            | Access::Person { .. } => None,
        };
        match (&self.covers, command) {
            (Covers::Everything, _) => true,
            (Covers::Nothing, _) => false,
            // A specifier speaks of commands; the other accesses of the same call are its effects.
            (Covers::Command(_) | Covers::CommandPrefix(_), None) => self.verdict == Verdict::Allow,
            (Covers::Command(exact), Some(command)) => command == exact,
            (Covers::CommandPrefix(prefix), Some(command)) if self.verdict == Verdict::Allow => {
                starts_with_words(command, prefix) && is_one_simple_command(command)
            }
            (Covers::CommandPrefix(prefix), Some(command)) => {
                pieces(command).any(|piece| starts_with_words(piece.trim_start(), prefix))
            }
        }
    }
}

/// `Err` holds what could be read of it, and why it was not understood.
fn parse(text: &str) -> Result<(String, Covers), (String, String)> {
    let Some((tool, rest)) = text.split_once('(') else {
        let fine = !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        return if fine {
            Ok((text.to_owned(), Covers::Everything))
        } else {
            Err((
                text.to_owned(),
                format!("`{text}` is not the name of a tool"),
            ))
        };
    };
    let tool = tool.trim().to_owned();
    let Some(inner) = rest.strip_suffix(')') else {
        return Err((tool, format!("`{text}` lacks its closing bracket")));
    };
    let inner = inner.trim();
    if inner.is_empty() || inner == "*" {
        return Ok((tool, Covers::Everything));
    }
    if tool != "Bash" {
        return Err((
            tool.clone(),
            format!("specifiers of {tool} are not read by this version"),
        ));
    }
    let prefix = inner
        .strip_suffix(":*")
        .or_else(|| inner.strip_suffix(" *"));
    match prefix {
        Some(prefix) if !prefix.contains('*') => {
            Ok((tool, Covers::CommandPrefix(prefix.trim_end().to_owned())))
        }
        None if !inner.contains('*') => Ok((tool, Covers::Command(inner.to_owned()))),
        Some(_) | None => Err((
            tool,
            format!("`{text}` has a `*` in another place than its end"),
        )),
    }
}

/// True when the command is the prefix, or goes on after it with a blank.
fn starts_with_words(command: &str, prefix: &str) -> bool {
    command
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// True when nothing in the text can start a second command or write a file.
fn is_one_simple_command(command: &str) -> bool {
    !command.contains(SPECIAL) && !command.chars().any(char::is_control)
}

/// Characters with which a shell does more than run one program with plain words.
const SPECIAL: &[char] = &[
    ';', '|', '&', '$', '`', '<', '>', '(', ')', '{', '}', '\\', '\n', '!', '#', '=', '~',
];

/// Every piece of a command line that could be a command, for rules that restrict.
fn pieces(command: &str) -> impl Iterator<Item = &str> {
    command.split([
        ';', '|', '&', '\n', '(', ')', '{', '}', '`', '$', '<', '>', '!',
    ])
}

fn split_list(list: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut depth = 0_u32;
    for c in list.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ' ' | '\n' | '\t' if depth == 0 => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out.retain(|rule| !rule.trim().is_empty());
    out
}
