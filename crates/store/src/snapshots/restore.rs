//! Putting files back: planned against what is there now, then done path by path.

use super::{
    Workspace,
    disk::{Parent, folder_fd, parent, stat_at, state_of},
    window::{Opening, Reach, WindowId},
};
use gimlet_protocol::{Author, Conflict, FileChange, FileState, Remedy, Snapshot, SnapshotOf};
use rustix::{
    fs::{AtFlags, Mode, OFlags, chmodat, fchmod, mkdirat, openat, renameat, symlinkat, unlinkat},
    io::Errno,
};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

/// A path that is to be put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Absolute.
    pub path: PathBuf,
    /// What should be there now.
    pub expected: Option<FileState>,
    /// What is to be there.
    pub target: Option<FileState>,
    /// Why putting it back would lose what someone else did, whatever is there now.
    pub doubt: Option<String>,
}

/// What putting back would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// From what is there now to what is to be there.
    pub steps: Vec<FileChange>,
    /// Paths that stand in the way. Those whose remedy is to overwrite are in `steps`, too.
    pub conflicts: Vec<Conflict>,
}

impl Workspace {
    /// Holds what is wanted against what is there.
    pub fn plan(&self, wanted: &[Wanted]) -> Planned {
        let mut planned = Planned::default();
        for want in wanted {
            self.plan_one(want, &mut planned);
        }
        planned
            .steps
            .sort_by(|one, other| one.path.cmp(&other.path));
        below_conflicts(&mut planned);
        planned
    }

    fn plan_one(&self, want: &Wanted, planned: &mut Planned) {
        let path = &want.path;
        let now = self.look_at(path).as_ref().map(state_of);
        if now == want.target {
            return;
        }
        let mut conflict = |why: String, remedy| {
            planned.conflicts.push(Conflict {
                path: path.clone(),
                why,
                remedy,
            });
        };
        let is_special = |state: &Option<FileState>| matches!(state, Some(FileState::Special));
        if is_special(&want.target) || is_special(&now) {
            // Nothing of it can be kept or made: it stays as it is.
            if is_special(&now) && want.target.is_some() {
                conflict("a device, socket or pipe is there".to_owned(), Remedy::None);
            }
            return;
        }
        if let Some(FileState::File { hash, .. }) = &want.target {
            let had = match hash {
                None => Err("its earlier content was not kept".to_owned()),
                Some(hash) => self.content(hash).map(drop),
            };
            if let Err(why) = had {
                conflict(why, Remedy::None);
                return;
            }
        }
        let lost = matches!(now, Some(FileState::File { hash: None, .. }));
        if lost && !is_same_content(now.as_ref(), want.target.as_ref()) {
            let why = "what is there now could not be kept, so it would be lost";
            conflict(why.to_owned(), Remedy::None);
            return;
        }
        if now != want.expected {
            let why = match (&now, &want.expected) {
                (None, Some(_)) => "it was deleted since",
                (Some(_), None) => "something was put there since",
                _ => "it was changed since",
            };
            conflict(why.to_owned(), Remedy::Overwrite);
        } else if let Some(doubt) = &want.doubt {
            conflict(doubt.clone(), Remedy::Overwrite);
        }
        planned.steps.push(FileChange {
            path: path.clone(),
            before: now,
            after: want.target.clone(),
            author: Author::Certain,
        });
    }

    /// Does the steps. What each path held is kept first, so that this too can be undone;
    /// when a step fails the ones before it are taken back.
    ///
    /// # Errors
    /// A sentence that says which path could not be put back; then all is as it was, as far
    /// as the disk allows.
    pub fn carry_out(
        &self,
        id: &WindowId,
        of: SnapshotOf,
        steps: &[FileChange],
    ) -> Result<Option<Snapshot>, String> {
        let reach = Reach {
            paths: steps.iter().map(|step| step.path.clone()).collect(),
            everything: false,
        };
        self.announce(id);
        let opening = Opening {
            of,
            reach,
            tasks: Vec::new(),
        };
        drop(self.open(id, &opening));
        let done = self.apply(steps);
        if done.is_err() {
            let back: Vec<FileChange> = steps
                .iter()
                .map(|step| FileChange {
                    path: step.path.clone(),
                    before: step.after.clone(),
                    after: step.before.clone(),
                    author: Author::Certain,
                })
                .collect();
            // What could not be done need not be taken back either.
            drop(self.apply(&back));
        }
        let snapshot = self.close(id);
        self.received(id);
        done.map(|()| snapshot)
    }

    fn apply(&self, steps: &[FileChange]) -> Result<(), String> {
        let mut disk = Disk::default();
        let outcome = self.apply_to(&mut disk, steps);
        // Last, so that folders are writable until everything in them is done.
        let modes = disk.put_modes_back();
        outcome.and(modes)
    }

    fn apply_to(&self, disk: &mut Disk, steps: &[FileChange]) -> Result<(), String> {
        let told = |path: &Path, error: Errno| {
            let error = std::io::Error::from(error);
            format!("{} could not be restored: {error}", path.display())
        };
        // Deepest first: what is in a folder goes before it.
        for step in steps.iter().rev().filter(|step| must_go(step)) {
            disk.remove(&step.path)
                .map_err(|error| told(&step.path, error))?;
        }
        for step in steps {
            match &step.after {
                Some(FileState::Folder { mode }) => disk.make_folder(&step.path, *mode),
                Some(FileState::File { mode, hash, .. }) => {
                    let content = hash.as_deref().map(|hash| self.content(hash));
                    match content {
                        Some(Ok(content)) => disk.write(&step.path, &content, *mode),
                        // Only its mode is known, and only that is put back.
                        Some(Err(_)) | None => disk.set_mode(&step.path, *mode),
                    }
                }
                Some(FileState::Link { to }) => disk.link(&step.path, to),
                Some(FileState::Special) | None => Ok(()),
            }
            .map_err(|error| told(&step.path, error))?;
        }
        Ok(())
    }
}

/// What belongs in a folder that cannot be put back stands in the way with it.
fn below_conflicts(planned: &mut Planned) {
    let is_folder =
        |path: &Path| stat_at(path).is_some_and(|stat| stat.mode & 0o170_000 == 0o040_000);
    let blocked: BTreeMap<PathBuf, Remedy> = planned
        .conflicts
        .iter()
        .filter(|conflict| !is_folder(&conflict.path))
        .map(|conflict| (conflict.path.clone(), conflict.remedy))
        .collect();
    if blocked.is_empty() {
        return;
    }
    let mut more = Vec::new();
    for step in planned.steps.iter().filter(|step| step.after.is_some()) {
        let mut above = step.path.ancestors().skip(1);
        if let Some(remedy) = above.find_map(|folder| blocked.get(folder))
            && !planned
                .conflicts
                .iter()
                .any(|known| known.path == step.path)
        {
            more.push(Conflict {
                path: step.path.clone(),
                why: "the folder that it belongs in stands in the way".to_owned(),
                remedy: *remedy,
            });
        }
    }
    planned.conflicts.extend(more);
    planned
        .conflicts
        .sort_by(|one, other| one.path.cmp(&other.path));
}

fn is_same_content(now: Option<&FileState>, target: Option<&FileState>) -> bool {
    match (now, target) {
        (
            Some(FileState::File { size, hash, .. }),
            Some(FileState::File {
                size: other_size,
                hash: other,
                ..
            }),
        ) => size == other_size && hash == other,
        _ => false,
    }
}

/// True where what is there has to go before anything else can be there.
fn must_go(step: &FileChange) -> bool {
    match (&step.before, &step.after) {
        (Some(FileState::Folder { .. }), Some(FileState::Folder { .. })) => false,
        (Some(_), None | Some(FileState::Folder { .. }))
        | (Some(FileState::Folder { .. }), Some(_)) => true,
        (Some(_), Some(_)) | (None, _) => false,
    }
}

/// Changes paths; opens folders that are closed to writing for as long as that takes.
#[derive(Default)]
struct Disk {
    /// Modes that folders are to have when all is done.
    modes: BTreeMap<PathBuf, u32>,
    made: u64,
}

impl Disk {
    /// Does something in the folder of a path; where the folder forbids it, opens it first.
    fn within<T>(
        &mut self,
        path: &Path,
        act: impl Fn(&Parent<'_>) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        let outcome = parent(path).and_then(|parent| act(&parent));
        if let Err(Errno::NOENT) = outcome {
            // Someone has removed the folder: it is made again.
            make_folders(path)?;
            return parent(path).and_then(|parent| act(&parent));
        }
        let Err(Errno::ACCESS | Errno::PERM) = outcome else {
            return outcome;
        };
        for folder in path
            .ancestors()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            let Some(stat) = stat_at(folder) else {
                continue;
            };
            if stat.permissions() & 0o300 != 0o300
                && !self.modes.contains_key(folder)
                && chmod(folder, stat.permissions() | 0o700).is_ok()
            {
                self.modes.insert(folder.to_owned(), stat.permissions());
            }
        }
        parent(path).and_then(|parent| act(&parent))
    }

    fn remove(&mut self, path: &Path) -> rustix::io::Result<()> {
        let is_folder = stat_at(path).is_some_and(|stat| stat.mode & 0o170_000 == 0o040_000);
        let flags = if is_folder {
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        };
        self.modes.remove(path);
        if stat_at(path).is_none() {
            return Ok(());
        }
        match self.within(path, |parent| unlinkat(&parent.fd, parent.name, flags)) {
            // Someone else has put something into the folder: it stays.
            Err(Errno::NOTEMPTY | Errno::EXIST) if is_folder => Ok(()),
            Err(Errno::NOENT) => Ok(()),
            other => other,
        }
    }

    fn make_folder(&mut self, path: &Path, mode: u32) -> rustix::io::Result<()> {
        let made = self.within(path, |parent| {
            mkdirat(&parent.fd, parent.name, Mode::from_raw_mode(0o700))
        });
        match made {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        self.modes.insert(path.to_owned(), mode);
        Ok(())
    }

    fn unfinished(&mut self) -> OsString {
        self.made += 1;
        OsString::from(format!(".gimlet-{}-{}.tmp", std::process::id(), self.made))
    }

    /// Writes beside, and puts it in the place: a reader sees the old bytes or the new.
    fn write(&mut self, path: &Path, content: &[u8], mode: u32) -> rustix::io::Result<()> {
        let unfinished = self.unfinished();
        self.within(path, |parent| {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let made = openat(&parent.fd, &unfinished, flags, Mode::from_raw_mode(0o600))?;
            let mut file = File::from(made);
            let mut write = || {
                file.write_all(content)
                    .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
                fchmod(&file, Mode::from_raw_mode(mode))?;
                renameat(&parent.fd, &unfinished, &parent.fd, parent.name)
            };
            write().inspect_err(|_| {
                unlinkat(&parent.fd, &unfinished, AtFlags::empty()).unwrap_or_default();
            })
        })
    }

    fn set_mode(&mut self, path: &Path, mode: u32) -> rustix::io::Result<()> {
        self.within(path, |parent| {
            chmodat(
                &parent.fd,
                parent.name,
                Mode::from_raw_mode(mode),
                AtFlags::empty(),
            )
        })
    }

    fn link(&mut self, path: &Path, to: &Path) -> rustix::io::Result<()> {
        let unfinished = self.unfinished();
        self.within(path, |parent| {
            symlinkat(to, &parent.fd, &unfinished)?;
            renameat(&parent.fd, &unfinished, &parent.fd, parent.name).inspect_err(|_| {
                unlinkat(&parent.fd, &unfinished, AtFlags::empty()).unwrap_or_default();
            })
        })
    }

    fn put_modes_back(self) -> Result<(), String> {
        let mut outcome = Ok(());
        // Deepest first: a folder that is closed again cannot be gone through.
        for (folder, mode) in self.modes.iter().rev() {
            if let Err(error) = chmod(folder, *mode)
                && error != Errno::NOENT
            {
                let error = std::io::Error::from(error);
                outcome = Err(format!(
                    "{} could not be restored: {error}",
                    folder.display()
                ));
            }
        }
        outcome
    }
}

/// Makes the folders that are missing on the way to a path.
fn make_folders(path: &Path) -> rustix::io::Result<()> {
    let above: Vec<&Path> = path.ancestors().skip(1).collect();
    for folder in above
        .into_iter()
        .rev()
        .filter(|folder| folder.file_name().is_some())
    {
        let parent = parent(folder)?;
        match mkdirat(&parent.fd, parent.name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn chmod(folder: &Path, mode: u32) -> rustix::io::Result<()> {
    fchmod(folder_fd(folder)?, Mode::from_raw_mode(mode))
}
