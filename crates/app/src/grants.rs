//! What a person granted: for always in the local settings, and for a session in its log.

use crate::Launch;
use gimlet_engine::fold_log;
use gimlet_ports::{GrantKeeper, LogFault, OpenFault, SessionLog as _};
use gimlet_protocol::{Fact, GrantId, ReplyScope, SessionId, Timestamp};
use gimlet_settings::{Dirs, Layer, with_items};
use gimlet_store::{FindFault, Store};
use gimlet_trust::{Book, Capability, CapabilityKind, Workspace};
use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// The key that the rules stand under.
const KEY: &str = "permissions.allow";

/// The local settings of a folder as the place where grants are kept.
pub(crate) struct LocalRules {
    path: PathBuf,
    /// Where it stands in the book of trusted folders; `None` where that does not hold it, and
    /// rules that allow would not count.
    book: Option<TrustedIn>,
    /// Held while the file is changed.
    changing: Mutex<()>,
}

/// A folder that the person trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustedIn {
    /// The folder of the book.
    pub(crate) data: PathBuf,
    /// The folder that was trusted.
    pub(crate) root: PathBuf,
}

impl LocalRules {
    /// The local settings of the folder that a session works in.
    pub(crate) fn new(root: &Path, book: Option<TrustedIn>) -> Self {
        Self {
            path: root.join(".gimlet").join("settings.local.json"),
            book,
            changing: Mutex::new(()),
        }
    }

    /// The same, with what the book says of the folder of a launch.
    pub(crate) fn of_session(root: &Path, launch: &Launch, dirs: &Dirs) -> Self {
        let workspace = launch.workspace(dirs);
        let book = workspace.is_trusted().then(|| trusted_in(&workspace, dirs));
        Self::new(root, book)
    }

    /// Writes down what the person agrees to, so that it counts from the file, and what they no
    /// longer agree to, so that no other file brings it back. True when something changed.
    fn agree(&self, add: &[String], remove: &[String]) -> Result<bool, String> {
        let Some(trusted) = &self.book else {
            return Err("the folder is not trusted".to_owned());
        };
        let prints = |rules: &[String]| rules.iter().map(|rule| print_of(rule)).collect::<Vec<_>>();
        let mut book = Book::open(&trusted.data).map_err(|fault| fault.to_string())?;
        // Trusted for this run alone: there is nothing to write down.
        book.amend(&trusted.root, &prints(add), &prints(remove))
            .map_err(|fault| fault.to_string())
    }

    /// Takes a rule out of the file and out of what was agreed to; false when it stands in
    /// neither.
    pub(crate) fn remove(&self, rule: &str) -> Result<bool, String> {
        let rules = [rule.to_owned()];
        let stood = self.change(&[], &rules)?;
        let agreed = self.agree(&[], &rules).map_err(|why| {
            format!("{rule} is still agreed to, should another file have it: {why}")
        })?;
        Ok(stood || agreed)
    }

    /// True when the file became another one.
    fn change(&self, add: &[String], remove: &[String]) -> Result<bool, String> {
        let _changing = self.changing.lock();
        let shown = self.path.display();
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && add.is_empty() => {
                return Ok(false);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("{shown} cannot be read: {error}")),
        };
        let changed =
            with_items(&text, KEY, add, remove).map_err(|why| format!("{shown}: {why}"))?;
        if changed == text {
            return Ok(false);
        }
        self.replace(&changed)
            .map(|()| true)
            .map_err(|error| format!("{shown} cannot be written: {error}"))
    }

    /// Puts a whole new file in its place, so that a crash leaves the old or the new one.
    fn replace(&self, text: &str) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
        fresh.write_all(text.as_bytes())?;
        fresh.as_file().sync_data()?;
        fresh.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl GrantKeeper for LocalRules {
    fn place(&self) -> Option<String> {
        self.book.as_ref()?;
        Some(self.path.display().to_string())
    }

    fn keep(&self, rules: &[String]) -> Result<(), String> {
        self.change(rules, &[])?;
        self.agree(rules, &[]).map(|_| ())
    }
}

/// Where the book speaks of a folder.
fn trusted_in(workspace: &Workspace, dirs: &Dirs) -> TrustedIn {
    let root = workspace.granted_root();
    TrustedIn {
        data: dirs.data.clone(),
        root: root.unwrap_or(&workspace.place().root).to_owned(),
    }
}

/// By this the book knows a rule that allows.
fn print_of(rule: &str) -> String {
    let agreed = Capability {
        kind: CapabilityKind::Rule,
        what: rule.to_owned(),
        place: String::new(),
    };
    agreed.fingerprint()
}

/// One grant that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What takes it back: `g3` of a session, or the rule itself where it is saved.
    pub name: String,
    /// What it covers, as a rule that allows.
    pub rule: String,
    /// In words, where they were kept.
    pub title: Option<String>,
    /// For how long.
    pub scope: ReplyScope,
    /// When it lapses.
    pub until: Option<Timestamp>,
    /// The session that it holds in, or the file and line where it is saved.
    pub place: String,
}

/// Grants that hold in this folder: those that are saved, and those of a session.
///
/// # Errors
/// When settings are wrong, or the session is not found or cannot be read.
pub fn held(launch: &Launch, session: Option<&str>) -> Result<Vec<Held>, OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    let rules = settings.permissions.allow.iter();
    let mut all: Vec<Held> = rules
        .filter(|rule| rule.source.layer == Layer::Local)
        .map(|rule| Held {
            name: rule.text.clone(),
            rule: rule.text.clone(),
            title: None,
            scope: ReplyScope::Always,
            until: None,
            place: rule.source.to_string(),
        })
        .collect();
    let store = Store::new(&dirs.data);
    let Some(id) = session_of(&store, launch, session)? else {
        return Ok(all);
    };
    let view = store.view(&id).map_err(|fault| broken(&fault))?;
    let folded = fold_log(|| view.read(None)).map_err(|fault| broken(&fault))?;
    let now = now();
    let holds = |until: Option<Timestamp>| until.is_none_or(|until| now < until);
    let of_session = folded.index.grants().filter(|held| holds(held.until));
    all.extend(of_session.map(|held| Held {
        name: held.id.to_string(),
        rule: held.grant.rule.clone(),
        title: Some(held.grant.title.clone()),
        scope: held.scope,
        until: held.until,
        place: format!("session {id}"),
    }));
    Ok(all)
}

/// Takes a grant back, by its name in a session or by its rule; says what was done.
///
/// # Errors
/// When there is no such grant, or the session is at work in another process.
pub fn revoke(launch: &Launch, name: &str, session: Option<&str>) -> Result<String, OpenFault> {
    let (_, dirs) = launch.load_settings()?;
    let unknown = || OpenFault::User {
        text: format!("there is no grant `{name}` here"),
        hint: Some("`gimlet policy grants` lists them".to_owned()),
    };
    if name.contains('(') || name.starts_with(|c: char| c.is_ascii_uppercase() || c == 'm') {
        // Not only where it is trusted now: what was agreed to would count again with the trust.
        let book = trusted_in(&launch.workspace(&dirs), &dirs);
        let rules = LocalRules::new(&launch.cwd, Some(book));
        let removed = rules
            .remove(name)
            .map_err(|text| OpenFault::Environment { text, hint: None })?;
        return if removed {
            Ok(format!(
                "{name} is no longer in {}, nor agreed to in another file of the folder",
                rules.path.display()
            ))
        } else {
            Err(unknown())
        };
    }
    let store = Store::new(&dirs.data);
    let id = session_of(&store, launch, session)?.ok_or_else(unknown)?;
    let (mut log, _) = store.open(&id).map_err(|fault| broken(&fault))?;
    let folded = fold_log(|| log.read(None)).map_err(|fault| broken(&fault))?;
    let Some(grant) = folded.index.grants().find(|held| held.id.as_str() == name) else {
        return Err(unknown());
    };
    let told = format!("{} is no longer granted in session {id}", grant.grant.title);
    let fact = Fact::Revoked(GrantId::new(name));
    log.append(folded.index.last(), vec![fact])
        .map_err(|fault| broken(&fault))?;
    Ok(told)
}

/// The session that is named, or the newest of the folder where there is one.
fn session_of(
    store: &Store,
    launch: &Launch,
    name: Option<&str>,
) -> Result<Option<SessionId>, OpenFault> {
    match name {
        Some(name) => {
            let found = store.find(name, &launch.cwd);
            found.map(Some).map_err(|fault| match fault {
                FindFault::Log(fault) => broken(&fault),
                FindFault::Nothing { .. } | FindFault::Several { .. } => OpenFault::User {
                    text: fault.to_string(),
                    hint: Some("`gimlet sessions list` shows them".to_owned()),
                },
            })
        }
        None => match store.newest(&launch.cwd) {
            Ok(id) => Ok(Some(id)),
            Err(LogFault::Missing { .. }) => Ok(None),
            Err(fault) => Err(broken(&fault)),
        },
    }
}

fn broken(fault: &LogFault) -> OpenFault {
    let hint = matches!(fault, LogFault::Locked { .. })
        .then(|| "the session is at work: take the grant back there, or end it first".to_owned());
    OpenFault::Environment {
        text: fault.to_string(),
        hint,
    }
}

fn now() -> Timestamp {
    let now = jiff::Timestamp::now().as_millisecond();
    Timestamp(u64::try_from(now).unwrap_or_default())
}

#[cfg(test)]
mod tests;
