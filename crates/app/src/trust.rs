//! Whether the repository of a folder is trusted, and how commands and front ends ask a person.

use crate::launch::{Launch, TrustFlag};
use gimlet_hygiene::screen::{Channel, clean};
use gimlet_ports::OpenFault;
use gimlet_trust::{
    Book, BookFault, Capability, GitEntry, Grant, Identity, Place, Standing, Untrusted, survey,
};
use std::path::{Path, PathBuf};

/// Capabilities that a question lists; more are counted, and `gimlet trust` lists all.
const MOST_LISTED: usize = 60;
/// Characters of one capability that are shown.
const LISTED_CHARS: usize = 1_000;

/// What in a folder counts once it is trusted, or is looked at for what it would do.
const CARRIERS: [&str; 7] = [
    ".claude",
    ".gimlet",
    ".mcp.json",
    "AGENTS.md",
    "CLAUDE.local.md",
    "CLAUDE.md",
    "GIMLET.md",
];

/// Whether a repository is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustState {
    /// The person said so.
    Trusted,
    /// The person said so, and it can do more now.
    More,
    /// The person said so for this run.
    ForThisRun,
    /// Nobody was asked.
    NeverAsked,
    /// Something else stands where a trusted folder was.
    Replaced,
    /// The folder cannot be looked at.
    Unknown,
}

impl TrustState {
    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::More => "more",
            Self::ForThisRun => "for_this_run",
            Self::NeverAsked => "never_asked",
            Self::Replaced => "replaced",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of a folder's repository, and what a person would be asked.
#[derive(Clone, Debug)]
pub struct TrustReport {
    /// The folder, without links on the way.
    pub folder: PathBuf,
    /// What a decision covers.
    pub root: PathBuf,
    /// Whether it is trusted.
    pub state: TrustState,
    /// Everything that the repository's files would run, permit or change.
    pub capabilities: Vec<Capability>,
    /// Those among them that the person has not agreed to.
    pub unknown: Vec<Capability>,
    /// Names of files and folders at the top that count once it is trusted.
    pub carriers: Vec<String>,
    /// True for a repository of git, or for the inside of one.
    pub is_repository: bool,
    identity: Option<Identity>,
    /// Why the book of what is trusted is not believed.
    unbelieved: Option<String>,
}

/// Looks at the folder of a launch.
///
/// # Errors
/// When Gimlet's own folders are not known.
pub fn report(launch: &Launch) -> Result<TrustReport, OpenFault> {
    let spec = launch.load_spec()?;
    let workspace = &spec.workspace;
    let place = workspace.place();
    let mut capabilities = survey(place);
    capabilities.extend(spec.capabilities());
    capabilities.sort();
    capabilities.dedup();
    for capability in &mut capabilities {
        let root = format!("{}/", place.root.display());
        capability.place = capability.place.replace(&root, "");
    }
    let unknown: Vec<Capability> = workspace
        .unknown(&capabilities)
        .into_iter()
        .cloned()
        .collect();
    let state = match workspace.standing() {
        Standing::Trusted { .. } if unknown.is_empty() => TrustState::Trusted,
        Standing::Trusted { .. } => TrustState::More,
        Standing::ForThisRun => TrustState::ForThisRun,
        Standing::Untrusted(Untrusted::NeverAsked) => TrustState::NeverAsked,
        Standing::Untrusted(Untrusted::Replaced) => TrustState::Replaced,
        Standing::Untrusted(Untrusted::Unknown) => TrustState::Unknown,
    };
    Ok(TrustReport {
        folder: place.folder.clone(),
        root: place.root.clone(),
        state,
        capabilities,
        unknown,
        carriers: carriers(place),
        is_repository: place.git != GitEntry::None,
        identity: Identity::of(place).ok(),
        unbelieved: Book::open(&spec.dirs.data)
            .err()
            .map(|fault| fault.to_string()),
    })
}

fn carriers(place: &Place) -> Vec<String> {
    let folders = [&place.root, &place.folder];
    let mut out: Vec<String> = Vec::new();
    for folder in folders {
        for name in CARRIERS {
            let path = folder.join(name);
            let shown = path.strip_prefix(&place.root).unwrap_or(&path);
            let shown = shown.display().to_string();
            if path.symlink_metadata().is_ok() && !out.contains(&shown) {
                out.push(shown);
            }
        }
    }
    out
}

/// Writes down that the person trusts what a report shows. What came since is not part of it.
///
/// # Errors
/// When the folder is gone or another one, or the book cannot be written.
pub fn grant(launch: &Launch, report: &TrustReport) -> Result<(), OpenFault> {
    let gone = || OpenFault::User {
        text: format!(
            "{} is not the folder any more that was shown",
            report.root.display()
        ),
        hint: Some("look again with `gimlet trust`".to_owned()),
    };
    let spec = launch.load_spec()?;
    let identity = report.identity.clone().ok_or_else(gone)?;
    let place = Place::find(&report.root, spec.dirs.home.as_deref()).map_err(|_| gone())?;
    if place.root != report.root || Identity::of(&place).ok().as_ref() != Some(&identity) {
        return Err(gone());
    }
    let mut book = book(&spec.dirs.data)?;
    let capabilities = report.capabilities.iter().map(Capability::fingerprint);
    let known = book
        .grant_of(&report.root)
        .map(|grant| grant.capabilities.clone());
    // What another folder of the same repository was agreed to stays agreed to.
    let mut capabilities: Vec<String> = capabilities.chain(known.unwrap_or_default()).collect();
    capabilities.sort();
    capabilities.dedup();
    let grant = Grant {
        root: report.root.clone(),
        identity,
        at: jiff::Timestamp::now().strftime("%F %H:%M UTC").to_string(),
        capabilities,
    };
    book.add(grant).map_err(|fault| fault_of(&fault))
}

/// Takes back the trust in the repository of a launch's folder. Returns whose it was, if it
/// was trusted by itself.
///
/// # Errors
/// When the book cannot be written.
pub fn revoke(launch: &Launch) -> Result<Option<PathBuf>, OpenFault> {
    let spec = launch.load_spec()?;
    let mut book = book(&spec.dirs.data)?;
    // A folder that is gone can be taken out, too.
    let root = &spec.workspace.place().root;
    let removed = book.remove(root).map_err(|fault| fault_of(&fault))?;
    Ok(removed.then(|| root.clone()))
}

/// Every folder that the person trusts, and whether it is still the same one.
///
/// # Errors
/// When the book cannot be read.
pub fn trusted_folders(launch: &Launch) -> Result<Vec<(Grant, bool)>, OpenFault> {
    let spec = launch.load_spec()?;
    let book = book(&spec.dirs.data)?;
    let home = spec.dirs.home.as_deref();
    let grants = book.grants().iter().map(|grant| {
        let now = Place::find(&grant.root, home).and_then(|place| Identity::of(&place));
        let fits = now.is_ok_and(|now| grant.identity.still_fits(&now));
        (grant.clone(), fits)
    });
    Ok(grants.collect())
}

fn book(folder: &Path) -> Result<Book, OpenFault> {
    Book::open(folder).map_err(|fault| fault_of(&fault))
}

fn fault_of(fault: &BookFault) -> OpenFault {
    let hint = match fault {
        BookFault::Broken { .. } => None,
        BookFault::Damaged { path, .. } => Some(format!(
            "remove {} and trust your folders again",
            path.display()
        )),
        BookFault::Unsafe(danger) => Some(format!(
            "let nobody but you write {}",
            danger.path.display()
        )),
    };
    OpenFault::Environment {
        text: fault.to_string(),
        hint,
    }
}

impl TrustReport {
    /// True where all that the repository does was agreed to.
    pub fn is_settled(&self) -> bool {
        match self.state {
            TrustState::Trusted | TrustState::ForThisRun => true,
            TrustState::More
            | TrustState::NeverAsked
            | TrustState::Replaced
            | TrustState::Unknown => false,
        }
    }

    /// The state in one fragment.
    pub fn summary(&self) -> String {
        let root = self.root.display();
        let more = self.unknown.len();
        match self.state {
            TrustState::Trusted => format!("{root} is trusted"),
            TrustState::More if more == 1 => {
                format!("{root} is trusted, but for one new thing that it does")
            }
            TrustState::More => {
                format!("{root} is trusted, but for {more} new things that it does")
            }
            TrustState::ForThisRun => format!("{root} is trusted for this run"),
            TrustState::NeverAsked => format!("{root} is not trusted"),
            TrustState::Replaced => {
                format!("{root} is not trusted: it is another folder than the one that was")
            }
            TrustState::Unknown => format!("{root} cannot be looked at"),
        }
    }

    /// What is told where nobody can be asked, if there is anything to tell.
    pub fn notice(&self) -> Option<String> {
        if let Some(why) = self.unbelieved.as_ref().filter(|_| !self.is_settled()) {
            return Some(clean(Channel::Name, why).into_owned());
        }
        let carries = self.is_repository || !self.carriers.is_empty();
        if self.is_settled() || (!carries && self.unknown.is_empty()) {
            return None;
        }
        let effect = if self.state == TrustState::More {
            "what is new does not count".to_owned()
        } else if self.carriers.is_empty() {
            "nothing of it is run or obeyed".to_owned()
        } else {
            format!(
                "{} and the like do not count, only what they forbid",
                self.carriers.join(", ")
            )
        };
        let text = format!(
            "{}; {effect}. `gimlet trust` shows what it would do, --trust trusts it for one run",
            self.summary()
        );
        Some(clean(Channel::Name, &text).into_owned())
    }

    /// What a person is asked before a session begins in a terminal, a line each; `None` where
    /// all is settled. The answer that counts without a word is no.
    pub fn question(&self) -> Option<Vec<String>> {
        if self.is_settled() {
            return None;
        }
        let mut lines = vec![match self.state {
            TrustState::More => "This folder can do more than when you trusted it:".to_owned(),
            TrustState::Replaced => {
                "This is another folder than the one that you trusted here. Do you trust it?"
                    .to_owned()
            }
            TrustState::Trusted
            | TrustState::ForThisRun
            | TrustState::NeverAsked
            | TrustState::Unknown => "Do you trust this folder?".to_owned(),
        }];
        lines.push(format!("  {}", line(&self.folder.display().to_string())));
        if self.root != self.folder {
            lines.push(format!(
                "  in the repository {}, all of which is meant",
                line(&self.root.display().to_string())
            ));
        }
        if self.state != TrustState::More {
            lines.push(String::new());
            lines.push("Until you do, nothing in it is run or obeyed.".to_owned());
            if !self.carriers.is_empty() {
                lines.push(format!(
                    "What would count: {}",
                    line(&self.carriers.join(", "))
                ));
            }
            if !self.unknown.is_empty() {
                lines.push("It would:".to_owned());
            }
        }
        lines.extend(self.listed());
        Some(lines)
    }

    /// What the person has not agreed to, a line each, with nothing hidden in it.
    pub fn listed(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .unknown
            .iter()
            .take(MOST_LISTED)
            .map(|capability| {
                let text = capability.to_string();
                let chars = text.chars().count();
                let shown: String = text.chars().take(LISTED_CHARS).collect();
                let more = chars.saturating_sub(LISTED_CHARS);
                let cut = if more > 0 {
                    format!(" … and {more} characters more")
                } else {
                    String::new()
                };
                format!("  - {}{cut}", line(&shown))
            })
            .collect();
        let more = self.unknown.len().saturating_sub(MOST_LISTED);
        if more > 0 {
            lines.push(format!(
                "  - and {more} more; `gimlet trust --json` has them all"
            ));
        }
        lines
    }
}

impl Launch {
    /// True where the person trusts the folder for this run.
    pub fn trusts_this_run(&self) -> bool {
        self.trust == TrustFlag::ThisRun
    }
}

/// One line of a question, in which nothing acts and nothing hides.
fn line(text: &str) -> String {
    clean(Channel::TrustDialog, text).into_owned()
}

#[cfg(test)]
mod tests;
