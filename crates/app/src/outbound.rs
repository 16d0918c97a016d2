//! The judge of what leaves: secrets, confidential terms and, where the person wants none, lines
//! that credit a tool. A hit is denied, whatever the mode, the rules and the grants say.
//!
//! What a command line says is looked through as it stands there; what a push would take along
//! is read from the repository before the ruling, through the one door to git.

mod credit;
mod remotes;

use crate::undercover::{Leak, ScanFault, look, look_at_commits};
use gimlet_hygiene::terms::Terms;
use gimlet_policy::{Publication, Push, outgoing};
use gimlet_ports::{Broken, Case, Judge};
use gimlet_protocol::{Access, PublishTarget, Reason, Verdict};
use gimlet_settings::UndercoverSettings;
use gimlet_trust::{Git, GitRepository};
use remotes::Remotes;
use std::path::Path;

/// Commits that one push takes along at most to be looked through before the ruling.
const MOST_COMMITS: usize = 500;
/// Hits that one reason tells.
const MOST_TOLD: usize = 3;

/// Votes on what leaves the machine.
pub(crate) struct Outbound {
    terms: Terms,
    leaves_out_attribution: bool,
    remotes: Remotes,
    git: Git,
}

impl Outbound {
    pub(crate) fn new(terms: &[String], settings: &UndercoverSettings, git: Git) -> Self {
        Self {
            terms: Terms::new(terms),
            leaves_out_attribution: settings.leaves_out_attribution,
            remotes: Remotes::new(&settings.internal_remotes),
            git,
        }
    }

    fn command(&self, command: &str, cwd: &Path) -> Option<(Verdict, String)> {
        let outgoing = outgoing(command, cwd);
        let mut leaks = Vec::new();
        for said in &outgoing.texts {
            if !self.is_internal(&said.to, cwd) {
                leaks.extend(self.leaks(said));
            }
        }
        if !leaks.is_empty() {
            return Some(denied(&leaks));
        }
        let pushes = outgoing.pushes.iter();
        pushes
            .filter_map(|push| {
                self.push(push).unwrap_or_else(|fault| {
                    let text = format!("what is pushed cannot be looked through: {fault}");
                    Some((Verdict::Ask, text))
                })
            })
            .max_by_key(|(verdict, _)| *verdict)
    }

    fn leaks(&self, said: &Publication) -> Vec<Leak> {
        let mut leaks = look(&self.terms, said.place, &said.text);
        if self.leaves_out_attribution {
            leaks.extend(credit::find(said.place, &said.text));
        }
        leaks
    }

    /// Whether a text stays within what the person named as internal.
    fn is_internal(&self, to: &PublishTarget, folder: &Path) -> bool {
        let all_remotes = || {
            let git = self.git.at(folder);
            git.is_ok_and(|git| self.remotes.covers_all(&addresses(&git, None)))
        };
        match to.kind.as_str() {
            "push" | "pull_request" | "issue" if to.address.is_empty() => all_remotes(),
            "push" => {
                let git = self.git.at(folder);
                git.is_ok_and(|git| self.remotes.covers_all(&addresses(&git, Some(&to.address))))
            }
            "pull_request" | "issue" if to.address.matches('/').count() == 1 => {
                self.remotes.covers(&format!("github.com/{}", to.address))
            }
            "pull_request" | "issue" | "web" => self.remotes.covers(&to.address),
            // A commit may go anywhere later, and what is not known goes anywhere now.
            _ => false,
        }
    }

    fn push(&self, push: &Push) -> Result<Option<(Verdict, String)>, ScanFault> {
        let Some(folder) = &push.folder else {
            let text = "the folder that it pushes from is only known when it runs";
            return Ok(Some((Verdict::Ask, text.to_owned())));
        };
        let git = self.git.at(folder)?;
        let named = push.remote.as_deref();
        if self.remotes.covers_all(&addresses(&git, named)) {
            return Ok(None);
        }
        if !push.is_read {
            let text = "what is pushed is only known when it runs";
            return Ok(Some((Verdict::Ask, text.to_owned())));
        }
        if push.after_more {
            let text = "what is pushed can only be looked through before the command runs: push \
                        in a call of its own";
            return Ok(Some((Verdict::Deny, text.to_owned())));
        }
        let own_choice = [own_choice(&git)?];
        let mut which: Vec<&str> = if push.sources.is_empty() {
            own_choice.to_vec()
        } else {
            push.sources.iter().map(String::as_str).collect()
        };
        let known = match named {
            Some(name) if is_remote(&git, name) => Some(format!("--remotes={name}")),
            // An address: nothing is known to be there.
            Some(_) => None,
            None => Some("--remotes".to_owned()),
        };
        if let Some(known) = &known {
            which.extend(["--not", known.as_str()]);
        }
        let mut count = vec!["rev-list", "--count"];
        count.extend_from_slice(&which);
        count.push("--");
        let count = git.run(&count)?;
        if count.trim().parse().unwrap_or(usize::MAX) > MOST_COMMITS {
            let text = format!(
                "it pushes {} commits, more than the {MOST_COMMITS} that are looked through",
                count.trim()
            );
            return Ok(Some((Verdict::Ask, text)));
        }
        let leaks = look_at_commits(&self.terms, &git, &which)?;
        Ok((!leaks.is_empty()).then(|| denied(&leaks)))
    }
}

/// What git pushes where nothing is named.
fn own_choice(git: &GitRepository) -> Result<&'static str, ScanFault> {
    let keys = r"^(push\.default|remote\..*\.(push|mirror))$";
    // It fails where there is none.
    let told = git.ask(&["config", "--get-regexp", keys])?.text();
    let more = told
        .lines()
        .any(|line| !line.starts_with("push.default ") || line.ends_with("matching"));
    Ok(if more { "--all" } else { "HEAD" })
}

fn is_remote(git: &GitRepository, name: &str) -> bool {
    let remotes = git.run(&["remote"]).unwrap_or_default();
    remotes.lines().any(|known| known == name)
}

/// Whether the configuration turns addresses into others.
fn rewrites(git: &GitRepository) -> bool {
    let told = git.ask(&["config", "--get-regexp", r"^url\..*insteadof$"]);
    told.is_ok_and(|told| told.success)
}

/// The addresses that a push to a remote goes to; of every remote where none is named.
fn addresses(git: &GitRepository, named: Option<&str>) -> Vec<String> {
    let remotes = git.run(&["remote"]).unwrap_or_default();
    let asked: Vec<&str> = match named {
        Some(name) if remotes.lines().any(|known| known == name) => vec![name],
        // What the configuration makes of an address is not followed.
        Some(_) if rewrites(git) => return vec!["unknown".to_owned()],
        Some(address) => return vec![address.to_owned()],
        None => remotes.lines().collect(),
    };
    let mut addresses = Vec::new();
    for name in asked {
        // One that git does not tell is on no list.
        let told = git.run(&["remote", "get-url", "--push", "--all", name]);
        match told {
            Ok(told) => addresses.extend(told.lines().map(str::to_owned)),
            Err(_) => addresses.push("unknown".to_owned()),
        }
    }
    addresses
}

fn denied(leaks: &[Leak]) -> (Verdict, String) {
    let told = leaks.iter().take(MOST_TOLD).map(|leak| {
        let Leak {
            place,
            line,
            column,
            what,
            instead,
        } = leak;
        let instead = if instead.is_empty() {
            "leave the line out".to_owned()
        } else {
            format!("say instead `{instead}`")
        };
        format!("{place}, line {line}, character {column}: {what}; {instead}")
    });
    let told = told.collect::<Vec<_>>().join(". ");
    let more = match leaks.len().saturating_sub(MOST_TOLD) {
        0 => String::new(),
        more => format!(". And {more} more"),
    };
    let text = format!("it would carry out what should stay here: {told}{more}");
    (Verdict::Deny, text)
}

impl Judge for Outbound {
    fn name(&self) -> &'static str {
        "outbound"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let vote = self.verdict(case.access, &case.scene.cwd);
        Ok(vote.map(|(verdict, text)| {
            let reason = Reason {
                judge: self.name().to_owned(),
                text,
                source: None,
            };
            (verdict, reason)
        }))
    }
}

impl Outbound {
    /// The vote on an access, with a fragment that fits after "because".
    pub(crate) fn verdict(&self, access: &Access, cwd: &Path) -> Option<(Verdict, String)> {
        match access {
            Access::Run { command, cwd } => self.command(command, cwd),
            Access::Publish { text, to } => {
                let said = Publication {
                    place: "what is said",
                    text: text.clone(),
                    to: to.clone(),
                };
                let leaks = if self.is_internal(to, cwd) {
                    Vec::new()
                } else {
                    self.leaks(&said)
                };
                (!leaks.is_empty()).then(|| denied(&leaks))
            }
            Access::Read { .. }
            | Access::Write { .. }
            | Access::Reach { .. }
            | Access::Spawn { .. }
            | Access::Escalate { .. }
            | Access::Person { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
