//! What could be granted so that a call is not asked about again.
//!
//! An offer is made of capabilities: exactly this command, this command with any arguments, this
//! file, what lies below a folder, this host, this tool. Each offer is tried before it is made:
//! with it the call must go through, so that what is protected or critical is never offered.

mod table;

use crate::{
    decide::{Decision, Need, Policy, Request, Stage},
    paths,
    rules::{CommandPattern, PathUse, RuleSource, Rules},
};
use gimlet_protocol::{Grant, Offer, Verdict};
use std::path::{Path, PathBuf};

/// Capabilities that one answer gives at most.
const MOST_GRANTS: usize = 5;
/// Characters that a rule's path would take for a pattern, or that end it.
const PATTERN_SIGNS: [char; 8] = ['*', '?', '[', ']', '\\', '!', '(', ')'];

/// How far an offer reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breadth {
    /// Nothing but what was asked.
    Same,
    /// The command with any arguments, what lies beside the file.
    Near,
    /// Everything in the workspace.
    Workspace,
}

impl Rules {
    /// These rules and what was granted in a session that works in `root`.
    #[must_use]
    pub fn with_grants(&self, grants: &[Grant], root: &Path) -> Self {
        let mut rules = self.clone();
        for grant in grants {
            let source = RuleSource {
                name: "granted in this session".to_owned(),
                folder: root.to_owned(),
                managed: false,
                granted: true,
            };
            rules.add(Verdict::Allow, &grant.rule, &source);
        }
        rules
    }
}

impl Policy<'_> {
    /// What may be offered for a call that is asked about, the narrowest first.
    pub fn offers(&self, request: &Request<'_>, decision: &Decision) -> Vec<Offer> {
        let firm = |stage: Stage| !matches!(stage, Stage::Care | Stage::Allow | Stage::Mode);
        let is_asked_by_rule = decision.parts.iter().any(|part| {
            let mut votes = part.votes.iter();
            votes.any(|vote| vote.verdict != Verdict::Allow && firm(vote.stage))
        });
        if decision.verdict() != Verdict::Ask || is_asked_by_rule {
            return Vec::new();
        }
        let open = decision.parts.iter();
        let needs: Option<Vec<&Need>> = open
            .filter(|part| part.verdict == Verdict::Ask)
            .map(|part| part.need.as_ref())
            .collect();
        let Some(needs) = needs else {
            return Vec::new();
        };
        let mut offers: Vec<Offer> = Vec::new();
        for breadth in [Breadth::Same, Breadth::Near, Breadth::Workspace] {
            let found: Option<Vec<Grant>> = needs
                .iter()
                .map(|need| grant(request, need, breadth))
                .collect();
            let Some(mut grants) = found else { continue };
            // Who may write a file may read it.
            let also_written: Vec<String> = grants
                .iter()
                .filter_map(|grant| grant.rule.strip_prefix("Edit("))
                .map(|path| format!("Read({path}"))
                .collect();
            let mut seen = also_written;
            grants.retain(|grant| {
                let is_new = !seen.contains(&grant.rule);
                seen.push(grant.rule.clone());
                is_new
            });
            let offer = Offer { grants };
            if offer.grants.len() <= MOST_GRANTS
                && !offers.contains(&offer)
                && self.suffices(request, &offer)
            {
                offers.push(offer);
            }
        }
        offers
    }

    /// True when the call goes through with what is offered.
    fn suffices(&self, request: &Request<'_>, offer: &Offer) -> bool {
        let rules = self.rules.with_grants(&offer.grants, &request.site.root);
        let policy = Policy {
            rules: &rules,
            ground: self.ground,
        };
        policy.decide(request).verdict() == Verdict::Allow
    }
}

fn grant(request: &Request<'_>, need: &Need, breadth: Breadth) -> Option<Grant> {
    match need {
        Need::Command { raw, words } => {
            let near = (breadth != Breadth::Same)
                .then(|| table::prefix(words))
                .flatten();
            match near {
                Some(prefix) => Some(Grant {
                    title: format!("run `{prefix}` with any arguments"),
                    rule: format!("Bash({prefix}:*)"),
                }),
                None => exact_command(raw),
            }
        }
        Need::File { kind, path } => file_grant(request, *kind, path, breadth),
        Need::Host(host) => Some(Grant {
            title: format!("reach {host}"),
            rule: format!("WebFetch(domain:{host})"),
        })
        .filter(|_| !host.contains(['*', '(', ')'])),
        Need::Tool(tool) => Some(Grant {
            title: format!("use {tool} with any input"),
            rule: tool.clone(),
        }),
    }
}

fn file_grant(
    request: &Request<'_>,
    kind: PathUse,
    path: &Path,
    breadth: Breadth,
) -> Option<Grant> {
    let site = request.site;
    let inside = std::iter::once(&site.root)
        .chain(&site.added)
        .any(|root| path.starts_with(root));
    let folder = match breadth {
        Breadth::Same => None,
        Breadth::Near => path.parent().map(Path::to_owned),
        Breadth::Workspace => inside.then(|| site.root.clone()),
    };
    // A folder that holds more than a piece of work is not given away by a single file of it.
    let folder: Option<PathBuf> = folder.filter(|folder| {
        let hidden = site.home.as_ref().is_some_and(|home| {
            let below = folder.strip_prefix(home).into_iter();
            below
                .flat_map(Path::iter)
                .any(|name| name.to_string_lossy().starts_with('.'))
        });
        inside || !(hidden || is_wide(folder, site.home.as_deref()))
    });
    let (place, below) = match &folder {
        Some(folder) => (folder.as_path(), true),
        None => (path, false),
    };
    let text = place
        .to_str()
        .filter(|text| !text.contains(PATTERN_SIGNS) && !text.chars().any(char::is_control))?;
    let (tool, verb) = match kind {
        PathUse::Read => ("Read", "read"),
        PathUse::Write => ("Edit", "read and write"),
    };
    let shown = match place.strip_prefix(&site.root) {
        Ok(rest) if rest.as_os_str().is_empty() => "the workspace".to_owned(),
        Ok(rest) => rest.display().to_string(),
        Err(_) => text.to_owned(),
    };
    Some(if below {
        Grant {
            title: format!("{verb} files under {shown}"),
            rule: format!("{tool}(/{text}/**)"),
        }
    } else {
        Grant {
            title: format!("{verb} {shown}"),
            rule: format!("{tool}(/{text})"),
        }
    })
}

/// True for the root, what lies directly below it, and homes.
fn is_wide(folder: &Path, home: Option<&Path>) -> bool {
    folder.iter().count() <= 3
        || home.is_some_and(|home| home.starts_with(folder))
        || paths::protects(folder).is_some()
}

/// The grant of one command, where a rule can say exactly that.
fn exact_command(raw: &str) -> Option<Grant> {
    if raw.chars().any(char::is_control) {
        return None;
    }
    let escaped = raw
        .replace('\\', "\\\\")
        .replace('(', "\\(")
        .replace(')', "\\)");
    let pattern = CommandPattern::parse(&escaped)?;
    (pattern.is_exact() && pattern.covers(raw)).then(|| Grant {
        title: format!("run exactly `{raw}`"),
        rule: format!("Bash({escaped})"),
    })
}

#[cfg(test)]
mod tests;
