//! Whether a rule covers an example that stands beside it in the settings.

use super::{EDITORS, READERS, RuleSource, Rules, SHELLS};
use crate::{
    decide::{Policy, Request},
    paths::{NoLinks, Site},
};
use gimlet_protocol::{Access, Mode, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};

/// True when a rule, all by itself, covers the example: a command line, a path, a host or an
/// address, the name of a worker, skill or tool, whichever the rule speaks of. For one that
/// allows this means that the example would go through because of it.
pub fn covers_example(
    verdict: Verdict,
    rule: &str,
    source: &RuleSource,
    example: &str,
    site: &Site,
) -> bool {
    let mut rules = Rules::default();
    rules.add(verdict, rule, source);
    let tool = rules.rules.first().map_or("", |rule| &rule.tool).to_owned();
    let is_one_of = |tools: &[&str]| tools.contains(&tool.as_str());
    let path = || absolute(example, site);
    let is_named_by_itself = tool.starts_with("mcp__") || tool.contains('*');
    let access = if is_one_of(&SHELLS) {
        Access::Run {
            command: example.to_owned(),
            cwd: site.cwd.clone(),
        }
    } else if is_one_of(&READERS) {
        Access::Read { path: path() }
    } else if is_one_of(&EDITORS) {
        Access::Write { path: path() }
    } else if tool == "WebFetch" {
        Access::Reach {
            host: host(example).to_owned(),
        }
    } else {
        Access::Spawn {
            kind: example.to_owned(),
        }
    };
    let input = json!({ "command": example, "name": example });
    let policy = Policy {
        rules: &rules,
        ground: &NoLinks,
    };
    let decision = policy.decide(&Request {
        tool: if is_named_by_itself { example } else { &tool },
        input: &input,
        accesses: &[access],
        site,
        mode: Mode::Default,
    });
    // Of the votes only those of rules have a source, and there is but one rule.
    let votes = decision.parts.iter().flat_map(|part| &part.votes);
    let mut of_rule = votes.filter(|vote| vote.source.is_some());
    let is_heard = of_rule.any(|vote| vote.verdict == verdict);
    is_heard && (verdict != Verdict::Allow || decision.verdict() == Verdict::Allow)
}

/// The path of an example: `~/` is home, `//` begins at the root of the disk as in rules, and
/// anything relative where the session works.
fn absolute(example: &str, site: &Site) -> PathBuf {
    if let Some(rest) = example.strip_prefix("~/")
        && let Some(home) = &site.home
    {
        return home.join(rest);
    }
    if let Some(rest) = example.strip_prefix("//") {
        return Path::new("/").join(rest);
    }
    site.root.join(example)
}

/// The host of an address, or the text where it is one already.
fn host(example: &str) -> &str {
    let rest = example.split_once("://").map_or(example, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.split_once(':').map_or(host, |(host, _)| host)
}

#[cfg(test)]
mod tests;
