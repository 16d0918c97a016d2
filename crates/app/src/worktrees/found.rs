//! All worktrees of this machine's person: made, found again, and cleared away.

use super::{
    WorktreeFault,
    merge::{Merged, Merging, beside, merge},
    place::{GONE, Held, Place, Record, Whole, changes, disk, fill},
};
use gimlet_protocol::{Changes, SessionId};
use gimlet_settings::Env;
use gimlet_trust::Git;
use serde::Serialize;
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Where worktrees lie.
#[derive(Clone, Debug)]
pub struct Worktrees {
    folder: PathBuf,
    door: Git,
}

/// One worktree, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorktreeRow {
    /// Whose it is.
    pub worker: SessionId,
    /// The session that the person sees.
    pub session: SessionId,
    /// The task in a few words.
    pub task: String,
    /// The repository that it was made of.
    pub repository: PathBuf,
    /// Its files.
    pub worktree: PathBuf,
    /// Whether someone works in it.
    pub state: WorktreeState,
}

/// Whether someone works in a worktree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorktreeState {
    /// A Gimlet that runs holds it.
    InUse,
    /// It waits for somebody to merge or discard it.
    Kept,
    /// It waits, and a merge of it was cut short; merging again is safe.
    MergeCutShort,
}

impl WorktreeState {
    /// True where it waits for somebody.
    pub(crate) fn waits(self) -> bool {
        self != Self::InUse
    }
}

impl Worktrees {
    /// The worktrees below Gimlet's folder of states.
    pub fn new(state: &Path, env: &Env) -> Self {
        Self {
            folder: state.join("worktrees"),
            door: crate::launch::git(env),
        }
    }

    /// Makes a worktree of the repository that `root` lies in.
    pub(crate) fn make(
        &self,
        worker: &SessionId,
        session: &SessionId,
        task: &str,
        root: &Path,
    ) -> Result<Held, WorktreeFault> {
        let place = self.place(self.folder.join(worker.as_str()));
        let about = Record {
            worker: worker.clone(),
            session: session.clone(),
            task: task.to_owned(),
            from: PathBuf::new(),
            files: PathBuf::new(),
            inner: PathBuf::new(),
            base: String::new(),
        };
        let whole = self.filled(&place, about, root)?;
        Ok(Held::new(place, whole))
    }

    /// Makes a worktree again that was merged or thrown away, from what its folder is now.
    pub(crate) fn renew(&self, held: &Held) -> Result<(), WorktreeFault> {
        let about = held.record();
        let root = about.from.join(&about.inner);
        held.replace(self.filled(&held.place, about, &root)?);
        Ok(())
    }

    fn filled(&self, place: &Place, about: Record, root: &Path) -> Result<Whole, WorktreeFault> {
        let lock = {
            let _turn = self.turn()?;
            fs::create_dir(&place.path).map_err(|error| disk(&place.path, &error))?;
            lock_of(place)?.ok_or_else(|| in_use(&about.worker))?
        };
        match fill(place, about, root) {
            Ok(record) => Ok(Whole {
                record,
                _lock: lock,
            }),
            Err(fault) => {
                // What is left of it is cleared away at the next start.
                drop(place.remove());
                Err(fault)
            }
        }
    }

    /// Takes a worktree in hand.
    ///
    /// # Errors
    /// When there is none of that name, or another process works in it.
    pub(crate) fn take(&self, worker: &SessionId) -> Result<Held, WorktreeFault> {
        let missing = || WorktreeFault::Missing {
            name: worker.to_string(),
        };
        // A name that leads elsewhere is no worker's.
        let place = self
            .places()
            .into_iter()
            .find(|place| named(place) == worker.as_str());
        let place = place.ok_or_else(missing)?;
        let lock = lock_of(&place)?.ok_or_else(|| in_use(worker))?;
        let record = place.record().ok_or_else(missing)?;
        drop(fs::remove_file(place.kept_path()));
        let whole = Whole {
            record,
            _lock: lock,
        };
        Ok(Held::new(place, whole))
    }

    /// Clears away what processes that were killed left behind, but for worktrees with changes:
    /// those are kept.
    pub fn sweep(&self) {
        // Most people have none, at most times.
        if !self.folder.is_dir() {
            return;
        }
        // Another process that makes one or sweeps does what is needed.
        let Ok(Some(_turn)) = self.try_turn() else {
            return;
        };
        for place in self.places() {
            if place.path.extension().is_some_and(|end| end == GONE) {
                drop(fs::remove_dir_all(&place.path));
                continue;
            }
            let Ok(Some(_lock)) = lock_of(&place) else {
                continue;
            };
            let Some(record) = place.record() else {
                // Its worker never began.
                drop(place.remove());
                continue;
            };
            tidy_up(&place, &record.worker);
            if place.kept_path().exists() {
                continue;
            }
            // What cannot be read is kept, too.
            if let Ok(None) = changes(&place, &record) {
                drop(place.remove());
            } else {
                drop(fs::write(place.kept_path(), ""));
            }
        }
    }

    /// Every worktree that is whole, by name.
    pub fn rows(&self) -> Vec<WorktreeRow> {
        let rows = self.places().into_iter().filter_map(|place| {
            let record = place.record()?;
            let held = lock_of(&place).is_ok_and(|lock| lock.is_some());
            let state = match (held, place.merging_path().exists()) {
                (false, _) => WorktreeState::InUse,
                (true, true) => WorktreeState::MergeCutShort,
                (true, false) => WorktreeState::Kept,
            };
            Some(WorktreeRow {
                worker: record.worker,
                session: record.session,
                task: record.task,
                repository: record.from,
                worktree: record.files,
                state,
            })
        });
        rows.collect()
    }

    /// The worktree that a person means by a name, its beginning or its end.
    ///
    /// # Errors
    /// When none or several are meant.
    pub fn find(&self, name: &str) -> Result<SessionId, WorktreeFault> {
        let mut meant = self
            .rows()
            .into_iter()
            .map(|row| row.worker)
            .filter(|worker| {
                let id = worker.as_str();
                id == name || (name.len() >= 4 && (id.starts_with(name) || id.ends_with(name)))
            });
        match (meant.next(), meant.next()) {
            (Some(worker), None) => Ok(worker),
            _ => Err(WorktreeFault::Missing {
                name: name.to_owned(),
            }),
        }
    }

    /// What was changed in a worktree, if anything was.
    ///
    /// # Errors
    /// When it cannot be read or is in use.
    pub fn changes(&self, worker: &SessionId) -> Result<Option<Changes>, WorktreeFault> {
        self.take(worker)?.changes()
    }

    /// Merges a worktree into the folder that it was made of, and tells what came of it.
    ///
    /// # Errors
    /// The same.
    pub fn merge(&self, worker: &SessionId) -> Result<(bool, String), WorktreeFault> {
        let held = self.take(worker)?;
        let record = held.record();
        let merged = merge(&held, None)?;
        let done = matches!(merged, Merged::Done { .. });
        Ok((done, merged.told(&record.from, &record.files)))
    }

    /// Removes a worktree with its changes.
    ///
    /// # Errors
    /// The same.
    pub fn discard(&self, worker: &SessionId) -> Result<(), WorktreeFault> {
        self.take(worker)?.discard()
    }

    fn place(&self, path: PathBuf) -> Place {
        let door = self.door.clone();
        Place { path, door }
    }

    fn places(&self) -> Vec<Place> {
        let Ok(listing) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let folders = listing
            .flatten()
            .filter(|item| item.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut places: Vec<Place> = folders.map(|item| self.place(item.path())).collect();
        places.sort_by(|a, b| a.path.cmp(&b.path));
        places
    }

    /// Waits until nobody else makes or clears away worktrees.
    fn turn(&self) -> Result<File, WorktreeFault> {
        fs::create_dir_all(&self.folder).map_err(|error| disk(&self.folder, &error))?;
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(|error| disk(&path, &error))?;
        file.lock().map_err(|error| disk(&path, &error))?;
        Ok(file)
    }

    fn try_turn(&self) -> io::Result<Option<File>> {
        tried(File::create(self.folder.join("lock"))?)
    }
}

impl Merged {
    /// What is told of it.
    pub(crate) fn told(&self, into: &Path, worktree: &Path) -> String {
        match self {
            Self::Done { files } if files.is_empty() => format!(
                "{} has all of it already; the worktree is gone.",
                into.display()
            ),
            Self::Done { files } => format!(
                "Merged into {}; nothing is staged:\n{}",
                into.display(),
                names(files)
            ),
            Self::Conflicts(conflicts) => {
                let mut text = format!(
                    "Nothing was merged, because these files conflict. The worktree {} is kept.\n",
                    worktree.display()
                );
                text.extend(conflicts.iter().map(|conflict| {
                    let (path, why) = (conflict.path.display(), &conflict.why);
                    let lines = conflict.text.as_deref().unwrap_or_default();
                    format!("\n{path}: {why}\n{lines}")
                }));
                text
            }
            Self::Changed => "Nothing was merged: the worktree has changed since it was reported. \
                 Have the worker report again."
                .to_owned(),
            Self::Overtaken { path, files } => format!(
                "The merge stopped at {}, which changed while it was under way. Merge again to \
                 go on; the worktree {} is kept. Written so far:\n{}",
                path.display(),
                worktree.display(),
                names(files)
            ),
        }
    }
}

fn names(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join("\n")
}

fn named(place: &Place) -> String {
    let name = place.path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn in_use(worker: &SessionId) -> WorktreeFault {
    WorktreeFault::InUse {
        worker: worker.to_string(),
    }
}

fn lock_of(place: &Place) -> Result<Option<File>, WorktreeFault> {
    let path = place.lock_path();
    let file = File::create(&path).map_err(|error| disk(&path, &error))?;
    tried(file).map_err(|error| disk(&path, &error))
}

fn tried(file: File) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes what a merge that was killed had written beside the files, and nothing else.
fn tidy_up(place: &Place, worker: &SessionId) {
    let Ok(text) = fs::read(place.merging_path()) else {
        return;
    };
    let Ok(merging) = serde_json::from_slice::<Merging>(&text) else {
        return;
    };
    for path in merging.files {
        let whole = merging.into.join(path);
        let Some(Ok(listing)) = whole.parent().map(fs::read_dir) else {
            continue;
        };
        for item in listing.flatten() {
            let name = item.file_name();
            let is_left = |name: &str| name.starts_with(&beside(worker));
            if name.to_str().is_some_and(is_left) {
                drop(fs::remove_file(item.path()));
            }
        }
    }
}
