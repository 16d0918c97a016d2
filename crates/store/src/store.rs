//! The sessions of one data folder.

use crate::{
    Index, IndexNotice, Notice,
    card::{FileStamp, SessionCard, scan_card},
    layout::{canonical, check_id, make_folder, names, project_key, session_of},
    log::{FORMAT, Faults as _, Header, LogView, SessionFile, now},
};
use gimlet_ports::{LogFault, SessionLog as _};
use gimlet_protocol::{Change, EntryId, Fact, SessionId};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// The sessions of one data folder. Holds nothing open; cheap to make.
#[derive(Clone, Debug)]
pub struct Store {
    data: PathBuf,
}

/// Which sessions a listing shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that work in this folder.
    Folder(PathBuf),
    /// All.
    Everywhere,
}

/// Why a name led to no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindFault {
    /// No id, start of an id or title is like this.
    #[error("there is no session `{name}`")]
    Nothing {
        /// What was looked for.
        name: String,
    },
    /// More than one is.
    #[error("{} sessions are called `{name}`", found.len())]
    Several {
        /// What was looked for.
        name: String,
        /// All of them, newest first.
        found: Vec<SessionCard>,
    },
    /// The folder cannot be read.
    #[error(transparent)]
    Log(#[from] LogFault),
}

/// A listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Newest first.
    pub cards: Vec<SessionCard>,
    /// Logs that cannot be read at all.
    pub faults: Vec<LogFault>,
    /// What was found about the index.
    pub index: Option<IndexNotice>,
}

/// The folder in a session's own with the logs of its workers.
const WORKERS: &str = "workers";

impl Store {
    /// The store of a data folder, which need not exist yet. Touches nothing.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into() }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder with the logs of all projects.
    pub fn sessions_folder(&self) -> PathBuf {
        self.data.join("sessions")
    }

    /// Where deleted sessions go.
    pub fn trash_folder(&self) -> PathBuf {
        self.data.join("trash")
    }

    /// The folder with the logs of the sessions that work in `cwd`.
    pub fn project_folder(&self, cwd: &Path) -> PathBuf {
        self.sessions_folder().join(project_key(&canonical(cwd)))
    }

    /// An id that no other session has; later ones sort behind earlier ones.
    pub fn fresh_id() -> SessionId {
        SessionId(uuid::Uuid::now_v7().hyphenated().to_string())
    }

    /// Starts a session's log and makes its scratch folder.
    ///
    /// # Errors
    /// When there is one of this id already, or nothing can be written.
    pub fn create(&self, id: &SessionId, cwd: &Path) -> Result<SessionFile, LogFault> {
        let cwd = canonical(cwd);
        let header = Header {
            gimlet_log: FORMAT,
            session: id.clone(),
            created: now(),
            cwd,
            forked_from: None,
        };
        self.create_as(header)
    }

    pub(crate) fn create_as(&self, header: Header) -> Result<SessionFile, LogFault> {
        let id = header.session.clone();
        if check_id(&id).is_err() {
            let why = format!("`{id}` is no session id: letters, digits and hyphens only");
            return Err(LogFault::Broken {
                path: self.sessions_folder(),
                why,
            });
        }
        if let Ok(path) = self.path(&id) {
            return Err(LogFault::Broken {
                path,
                why: format!("session {id} exists already"),
            });
        }
        let folder = self.project_folder(&header.cwd);
        Self::create_in(&folder, header)
    }

    /// Starts the log of a worker, in the folder of the session that it works for: it is not
    /// listed among the sessions, and goes where that session goes.
    ///
    /// # Errors
    /// When there is no such session, or nothing can be written.
    pub fn create_worker(
        &self,
        id: &SessionId,
        cwd: &Path,
        works_for: &SessionId,
    ) -> Result<SessionFile, LogFault> {
        check_id(id)?;
        let header = Header {
            gimlet_log: FORMAT,
            session: id.clone(),
            created: now(),
            cwd: canonical(cwd),
            forked_from: None,
        };
        let folder = self.scratch(works_for)?.join(WORKERS);
        Self::create_in(&folder, header)
    }

    fn create_in(folder: &Path, header: Header) -> Result<SessionFile, LogFault> {
        let id = &header.session;
        let path = folder.join(format!("{id}.jsonl"));
        let scratch = folder.join(id.as_str());
        make_folder(&scratch).map_err(|error| LogFault::broken_at(&scratch, &error))?;
        SessionFile::create(&path, header)
    }

    /// The log's file of a session, whatever project it belongs to.
    ///
    /// # Errors
    /// When there is none.
    pub fn path(&self, id: &SessionId) -> Result<PathBuf, LogFault> {
        check_id(id)?;
        let name = format!("{id}.jsonl");
        let projects = self.projects()?;
        let mut own = projects.iter().map(|project| project.join(&name));
        if let Some(path) = own.find(|path| path.is_file()) {
            return Ok(path);
        }
        for project in &projects {
            let items = names(project).map_err(|error| LogFault::broken_at(project, &error))?;
            let mut workers = items.iter().map(|item| item.join(WORKERS).join(&name));
            if let Some(path) = workers.find(|path| path.is_file()) {
                return Ok(path);
            }
        }
        Err(LogFault::Missing {
            what: format!("`{id}`"),
        })
    }

    /// The session's own folder for spilled output.
    ///
    /// # Errors
    /// When there is no such session.
    pub fn scratch(&self, id: &SessionId) -> Result<PathBuf, LogFault> {
        Ok(self.path(id)?.with_extension(""))
    }

    /// Opens a session to go on with it.
    ///
    /// # Errors
    /// When it is missing, locked, newer or damaged at its start.
    pub fn open(&self, id: &SessionId) -> Result<(SessionFile, Vec<Notice>), LogFault> {
        SessionFile::open(&self.path(id)?)
    }

    /// Opens a session to look at it; another process may be writing it.
    ///
    /// # Errors
    /// When it is missing or newer.
    pub fn view(&self, id: &SessionId) -> Result<LogView, LogFault> {
        LogView::open(&self.path(id)?)
    }

    /// The session of this folder that was written last and has entries.
    ///
    /// # Errors
    /// When there is none, or the folder cannot be read.
    pub fn newest(&self, cwd: &Path) -> Result<SessionId, LogFault> {
        let cwd = canonical(cwd);
        let mut logs = Vec::new();
        for path in logs_of(&self.project_folder(&cwd))? {
            if let Ok(stamp) = FileStamp::of(&path) {
                logs.push((stamp.modified_ns, path));
            }
        }
        logs.sort_by(|one, other| other.cmp(one));
        for (_, path) in logs {
            let Ok(view) = LogView::open(&path) else {
                continue;
            };
            if view.tail()?.next_id > 0
                && let Some(id) = session_of(&path)
            {
                return Ok(id);
            }
        }
        Err(LogFault::Missing {
            what: format!("of {}", cwd.display()),
        })
    }

    /// The session that a person means: an id, a title, or the unique start of an id. Of
    /// several with the same title those of `near` come first.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn find(&self, name: &str, near: &Path) -> Result<SessionId, FindFault> {
        let name = name.trim();
        let id = SessionId::from(name);
        if self.path(&id).is_ok() {
            return Ok(id);
        }
        let listing = self.list(&Scope::Everywhere)?;
        let titled: Vec<&SessionCard> = listing
            .cards
            .iter()
            .filter(|card| card.title.as_ref().is_some_and(|title| alike(title, name)))
            .collect();
        let near = canonical(near);
        let here: Vec<&SessionCard> = titled
            .iter()
            .copied()
            .filter(|card| card.cwd == near)
            .collect();
        let started: Vec<&SessionCard> = listing
            .cards
            .iter()
            .filter(|card| !name.is_empty() && card.id.as_str().starts_with(name))
            .collect();
        let found = [here, titled, started]
            .into_iter()
            .find(|found| !found.is_empty());
        match found.as_deref() {
            None => Err(FindFault::Nothing {
                name: name.to_owned(),
            }),
            Some([card]) => Ok(card.id.clone()),
            Some(several) => Err(FindFault::Several {
                name: name.to_owned(),
                found: several.iter().map(|card| (*card).clone()).collect(),
            }),
        }
    }

    /// Lists sessions, newest first. Takes from the index what is up to date there and
    /// looks into the logs for the rest, so the answer is the same without an index.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self, scope: &Scope) -> Result<Listing, LogFault> {
        let mut listing = Listing {
            cards: Vec::new(),
            faults: Vec::new(),
            index: None,
        };
        let known = match Index::existing(self) {
            Ok(Some(index)) => index.cards().unwrap_or_default(),
            Ok(None) => HashMap::default(),
            Err(notice) => {
                listing.index = Some(notice);
                HashMap::default()
            }
        };
        let folders = match scope {
            Scope::Folder(cwd) => vec![self.project_folder(cwd)],
            Scope::Everywhere => self.projects()?,
        };
        for folder in folders {
            for path in logs_of(&folder)? {
                let stamp = match FileStamp::of(&path) {
                    Ok(stamp) => stamp,
                    // Deleted while we looked.
                    Err(LogFault::Missing { .. }) => continue,
                    Err(fault) => {
                        listing.faults.push(fault);
                        continue;
                    }
                };
                let fresh = known.get(&path).filter(|(of, _)| *of == stamp);
                match fresh.map_or_else(|| scan_card(&path), |(_, card)| Ok(card.clone())) {
                    Ok(card) => listing.cards.push(card),
                    Err(LogFault::Missing { .. }) => {}
                    Err(fault) => listing.faults.push(fault),
                }
            }
        }
        listing.cards.sort_by(|one, other| {
            other
                .updated
                .cmp(&one.updated)
                .then_with(|| other.id.cmp(&one.id))
        });
        Ok(listing)
    }

    /// Names a session, by a fact at the end of its log.
    ///
    /// # Errors
    /// When it is missing or another process writes it.
    pub fn rename(&self, id: &SessionId, title: &str) -> Result<Vec<Notice>, LogFault> {
        let (mut log, notices) = self.open(id)?;
        let parent: Option<EntryId> = log.last();
        let change = Change::Title {
            title: title.to_owned(),
        };
        log.append(parent, vec![Fact::Configured(change)])?;
        log.sync()?;
        Ok(notices)
    }

    /// Moves a session's log, what belongs to it and its scratch folder to the trash, and
    /// returns where they are now. Nothing is lost.
    ///
    /// # Errors
    /// When it is missing or another process writes it.
    pub fn delete(&self, id: &SessionId) -> Result<PathBuf, LogFault> {
        let path = self.path(id)?;
        let _lock = crate::log::WriterLock::take(&path)?;
        let trash = self.trash_folder();
        make_folder(&trash).map_err(|error| LogFault::broken_at(&trash, &error))?;
        let place = crate::log::free_name(&trash.join(id.as_str()), "deleted");
        make_folder(&place).map_err(|error| LogFault::broken_at(&place, &error))?;
        let folder = path.parent().unwrap_or(&self.data);
        let log_name = format!("{id}.jsonl");
        for item in names(folder).map_err(|error| LogFault::broken_at(folder, &error))? {
            let Some(name) = item.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let belongs = name == id.as_str()
                || name == log_name
                || name
                    .strip_prefix(&log_name)
                    .is_some_and(|rest| rest.starts_with('.'));
            if belongs {
                fs::rename(&item, place.join(name))
                    .map_err(|error| LogFault::broken_at(&item, &error))?;
            }
        }
        if let Ok(Some(mut index)) = Index::existing(self) {
            // A stale row does no harm: rows without a log are never shown.
            drop(index.forget(id));
        }
        Ok(place)
    }

    pub(crate) fn projects(&self) -> Result<Vec<PathBuf>, LogFault> {
        let folder = self.sessions_folder();
        names(&folder).map_err(|error| LogFault::broken_at(&folder, &error))
    }

    pub(crate) fn all_logs(&self) -> Result<Vec<PathBuf>, LogFault> {
        let mut logs = Vec::new();
        for project in self.projects()? {
            logs.extend(logs_of(&project)?);
        }
        Ok(logs)
    }
}

fn logs_of(project: &Path) -> Result<Vec<PathBuf>, LogFault> {
    if !project.is_dir() {
        return Ok(Vec::new());
    }
    let mut logs = names(project).map_err(|error| LogFault::broken_at(project, &error))?;
    logs.retain(|path| session_of(path).is_some());
    Ok(logs)
}

fn alike(title: &str, name: &str) -> bool {
    title.trim().to_lowercase() == name.to_lowercase()
}
