//! The grammar of rules.

use super::{CommandPattern, EDITORS, READERS, SHELLS, Spec};
use crate::paths::PathPattern;
use gimlet_protocol::Verdict;
use std::path::Path;

/// A rule as it was read.
pub(super) struct Parsed {
    pub(super) tool: String,
    pub(super) spec: Spec,
    /// What is wrong with it.
    pub(super) fault: Option<String>,
    /// True when an allow rule of this text allows nothing.
    pub(super) broken: bool,
    /// How a broken rule is understood.
    pub(super) read_as: String,
}

/// Tools that a rule may name in another case by mistake.
const KNOWN: [&str; 8] = [
    "WebFetch",
    "WebSearch",
    "Agent",
    "Task",
    "Skill",
    "TodoWrite",
    "Monitor",
    "PowerShell",
];

/// Inputs of a shell tool that a rule may speak of.
const SHELL_PARAMETERS: [&str; 4] = [
    "run_in_background",
    "timeout",
    "description",
    "dangerouslyDisableSandbox",
];

pub(super) fn parse(text: &str, verdict: Verdict, folder: &Path) -> Parsed {
    let mut fault = None;
    let mut broken = false;
    let (tool, inner) = match text.split_once('(') {
        None => (text.trim_end_matches(')'), None),
        Some((tool, rest)) => match closing(rest) {
            Some((inner, "")) => (tool, Some(inner)),
            Some((inner, after)) => {
                fault = Some(format!("`{after}` stands after its closing bracket"));
                broken = true;
                (tool, Some(inner))
            }
            None => {
                fault = Some("it lacks its closing bracket".to_owned());
                broken = true;
                (tool, Some(rest))
            }
        },
    };
    let name = tool_name(tool.trim());
    if name != tool || tool.is_empty() {
        fault.get_or_insert_with(|| format!("`{tool}` is not the name of a tool"));
        broken = true;
    }
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if name.contains(|c| odd(c) && c != '*') {
        fault.get_or_insert_with(|| format!("`{tool}` is not the name of a tool"));
        broken = true;
    }
    if verdict == Verdict::Allow && name.contains('*') && !below_server(&name) {
        fault.get_or_insert_with(|| {
            "a rule that allows may have a `*` in the tool's name only after `mcp__server__`"
                .to_owned()
        });
        broken = true;
    }
    if inner.is_some_and(|inner| inner != "*" && inner.trim() == "*") {
        fault.get_or_insert_with(|| "its pattern is empty".to_owned());
        broken = true;
    }
    let spec = match inner.map(str::trim) {
        None | Some("*") => Spec::All,
        Some("") => {
            fault.get_or_insert_with(|| "its brackets are empty".to_owned());
            broken = true;
            Spec::All
        }
        Some(inner) => match specifier(&name, inner, verdict, folder) {
            Ok(spec) => spec,
            Err((why, spec)) => {
                fault.get_or_insert(why);
                broken = true;
                spec
            }
        },
    };
    let read_as = inner.map_or_else(|| name.clone(), |inner| format!("{name}({inner})"));
    Parsed {
        tool: name,
        spec,
        fault,
        broken,
        read_as,
    }
}

/// What stands up to the bracket that closes, and what stands after it.
fn closing(rest: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => {
                escaped = false;
            }
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' if depth == 0 => return Some((rest.get(..at)?, rest.get(at + 1..)?.trim())),
            ')' => depth -= 1,
            _ => {}
        }
    }
    // An opening bracket inside the text: the last one closes the rule.
    let last = rest.rfind(')')?;
    Some((rest.get(..last)?, rest.get(last + 1..)?.trim()))
}

/// The tool's name, its case mended where it is a known one.
fn tool_name(tool: &str) -> String {
    READERS
        .iter()
        .chain(&EDITORS)
        .chain(&SHELLS)
        .chain(&KNOWN)
        .find(|known| known.eq_ignore_ascii_case(tool))
        .map_or_else(|| tool.to_owned(), |known| (*known).to_owned())
}

fn below_server(name: &str) -> bool {
    let server = name
        .strip_prefix("mcp__")
        .and_then(|rest| rest.split_once("__"))
        .map(|(server, _)| server);
    server.is_some_and(|server| !server.is_empty() && !server.contains('*'))
}

fn specifier(
    tool: &str,
    inner: &str,
    verdict: Verdict,
    folder: &Path,
) -> Result<Spec, (String, Spec)> {
    let pair = inner
        .split_once(':')
        .map(|(name, value)| (name.trim(), value.trim()));
    if SHELLS.contains(&tool) {
        if let Some((name, value)) = pair {
            if name == "command" {
                let spec = CommandPattern::parse(value).map_or(Spec::All, Spec::Command);
                return Err((
                    "`command` cannot be matched as a parameter; write the command itself"
                        .to_owned(),
                    spec,
                ));
            }
            if SHELL_PARAMETERS.contains(&name) && verdict != Verdict::Allow {
                return Ok(Spec::Parameter {
                    name: name.to_owned(),
                    value: value.to_owned(),
                });
            }
        }
        return CommandPattern::parse(inner)
            .map(Spec::Command)
            .ok_or_else(|| ("its pattern is empty".to_owned(), Spec::All));
    }
    if READERS.contains(&tool) || EDITORS.contains(&tool) {
        if let Some((name @ ("file_path" | "path" | "notebook_path"), value)) = pair {
            let spec = Spec::Path(PathPattern::parse(value, folder));
            return Err((
                format!("`{name}` cannot be matched as a parameter; write the path itself"),
                spec,
            ));
        }
        let text = inner.replace("\\(", "(").replace("\\)", ")");
        return Ok(Spec::Path(PathPattern::parse(&text, folder)));
    }
    if tool == "WebFetch" {
        return match pair {
            Some(("domain", host)) if !host.is_empty() => Ok(Spec::Domain(host.to_owned())),
            Some(_) | None => Err(("its specifier is not `domain:HOST`".to_owned(), Spec::All)),
        };
    }
    if matches!(tool, "Agent" | "Task" | "Skill") {
        if let Some((name @ ("model" | "isolation" | "effort" | "run_in_background"), value)) = pair
        {
            return Ok(Spec::Parameter {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        return CommandPattern::parse(inner)
            .map(Spec::Name)
            .ok_or_else(|| ("its name is empty".to_owned(), Spec::All));
    }
    match pair {
        Some((name, value)) if verdict != Verdict::Allow && !name.is_empty() => {
            Ok(Spec::Parameter {
                name: name.to_owned(),
                value: value.to_owned(),
            })
        }
        Some(_) | None => Err((
            format!("a specifier of {tool} is not understood"),
            Spec::All,
        )),
    }
}

/// Parts a flag's list of rules at commas and blanks outside of brackets.
pub fn split_list(list: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut depth = 0_u32;
    let mut escaped = false;
    for c in list.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
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
