//! Making room: change sets go by age and by size, and contents that nothing names any more go
//! with them.

use super::{
    SetFile, Workspace,
    objects::{Hash, create, make_folder, unhex},
    pack::{Pack, PackWriter},
    saved::{read_look, saved_looks},
    tree::Content,
    walk::now_ns,
};
use gimlet_protocol::{FileChange, FileState, Timestamp};
use serde::Serialize;
use std::{
    collections::HashSet,
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Change sets that are older go.
    pub age: Duration,
    /// Where all of a project takes more on the disk, the oldest change sets go.
    pub bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            age: Duration::from_hours(30 * 24),
            bytes: 4 << 30,
        }
    }
}

/// What a clean-up did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CleanReport {
    /// Change sets that went.
    pub sets: u64,
    /// Contents that went.
    pub contents: u64,
    /// Bytes that are free again.
    pub bytes: u64,
}

/// What the snapshots of a project take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The project's folder, where it is known.
    pub project: Option<PathBuf>,
    /// Where the snapshots lie.
    pub folder: PathBuf,
    /// Change sets.
    pub sets: u64,
    /// The oldest one.
    pub oldest: Option<Timestamp>,
    /// Contents.
    pub contents: u64,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// Contents that are younger may belong to a window that is just being opened.
const YOUNG: Duration = Duration::from_mins(10);

struct Set {
    path: PathBuf,
    at: SystemTime,
}

impl Workspace {
    /// The snapshots in a folder that `snapshots_folder` holds, whatever project it is of.
    pub fn of_folder(folder: &Path) -> Self {
        let mut workspace = Self::new(
            Path::new("/"),
            Path::new("/"),
            super::WorkspaceOptions::default(),
        );
        workspace.objects = super::Objects::new(folder.join("objects"));
        folder.clone_into(&mut workspace.folder);
        workspace
    }

    /// What the snapshots take.
    pub fn usage(&self) -> Usage {
        let sets = self.sets();
        let loose = self.objects.loose_objects();
        let packs = self.pack_files();
        let packed: u64 = packs
            .iter()
            .filter_map(|(path, _)| Some(Pack::open(path).ok()?.rows().count() as u64))
            .sum();
        let oldest = sets.iter().map(|set| set.at).min();
        Usage {
            project: fs::read(self.folder.join("project")).ok().map(|path| {
                use std::os::unix::ffi::OsStringExt as _;
                PathBuf::from(std::ffi::OsString::from_vec(path))
            }),
            folder: self.folder.clone(),
            sets: sets.len() as u64,
            oldest: oldest.and_then(|at| {
                let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
                Some(Timestamp(u64::try_from(since.as_millis()).ok()?))
            }),
            contents: loose.len() as u64 + packed,
            bytes: folder_bytes(&self.folder),
        }
    }

    fn pack_files(&self) -> Vec<(PathBuf, Metadata)> {
        let listed = fs::read_dir(self.objects.packs_folder())
            .into_iter()
            .flatten();
        listed
            .filter_map(|item| {
                let item = item.ok()?;
                Some((item.path(), item.metadata().ok()?))
            })
            .collect()
    }

    /// The change sets, oldest first.
    fn sets(&self) -> Vec<Set> {
        let listed = fs::read_dir(self.folder.join("sets")).into_iter().flatten();
        let mut sets: Vec<Set> = listed
            .filter_map(|item| {
                let item = item.ok()?;
                let at = item.metadata().ok()?.modified().ok()?;
                Some(Set {
                    path: item.path(),
                    at,
                })
            })
            .collect();
        sets.sort_by(|one, other| (one.at, &one.path).cmp(&(other.at, &other.path)));
        sets
    }

    /// Makes room. `None` where a session is just using the snapshots, or there are none.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn clean(&self, keep: Keep) -> io::Result<Option<CleanReport>> {
        let Some(_alone) = self.alone()? else {
            return Ok(None);
        };
        let before = folder_bytes(&self.folder);
        let mut report = CleanReport::default();
        let now = SystemTime::now();
        let mut sets = self.sets();
        let old = |set: &Set| now.duration_since(set.at).is_ok_and(|age| age > keep.age);
        for set in sets.extract_if(.., |set| old(set)) {
            fs::remove_file(&set.path)?;
            report.sets += 1;
        }
        self.sweep(&sets, &mut report)?;
        // Of what is left, the older half goes until it fits.
        while folder_bytes(&self.folder) > keep.bytes && !sets.is_empty() {
            for set in sets.drain(..sets.len().div_ceil(2)) {
                fs::remove_file(&set.path)?;
                report.sets += 1;
            }
            self.sweep(&sets, &mut report)?;
        }
        self.objects.forget_packs();
        report.bytes = before.saturating_sub(folder_bytes(&self.folder));
        Ok(Some(report))
    }

    fn alone(&self) -> io::Result<Option<File>> {
        if !self.folder.is_dir() {
            return Ok(None);
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder.join("use.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes contents that neither a set, an open window nor a saved look names.
    fn sweep(&self, sets: &[Set], report: &mut CleanReport) -> io::Result<()> {
        let live = self.live(sets)?;
        // Before anything goes: processes that know contents from memory look again.
        let generation = format!("{}-{}", now_ns(), std::process::id());
        fs::write(self.folder.join("generation"), generation)?;
        let is_young = |data: &Metadata| {
            let age = data.modified().ok().and_then(|at| at.elapsed().ok());
            age.is_none_or(|age| age < YOUNG)
        };
        for (hash, path, data) in self.objects.loose_objects() {
            if !live.contains(&hash) && !is_young(&data) {
                fs::remove_file(path)?;
                report.contents += 1;
            }
        }
        for (path, data) in self.pack_files() {
            if !is_young(&data) {
                report.contents += self.sweep_pack(&path, &live)?;
            }
        }
        let unfinished = self.objects.unfinished();
        let leftovers = unfinished
            .parent()
            .and_then(|folder| fs::read_dir(folder).ok());
        for item in leftovers.into_iter().flatten().flatten() {
            if item.metadata().is_ok_and(|data| !is_young(&data)) {
                fs::remove_file(item.path())?;
            }
        }
        Ok(())
    }

    fn sweep_pack(&self, path: &Path, live: &HashSet<Hash>) -> io::Result<u64> {
        // What is no pack is left from a crash, or damaged: nothing can be read from it.
        let Ok(pack) = Pack::open(path) else {
            fs::remove_file(path)?;
            return Ok(0);
        };
        let (kept, gone): (Vec<_>, Vec<_>) =
            pack.rows().partition(|(hash, ..)| live.contains(hash));
        if gone.len() * 2 < kept.len() + gone.len() {
            return Ok(0);
        }
        if !kept.is_empty() {
            let unfinished = self.objects.unfinished();
            unfinished.parent().map_or(Ok(()), make_folder)?;
            let mut writer = PackWriter::new(create(&unfinished)?, unfinished);
            for (hash, offset, length) in kept {
                writer.add(&hash, &pack.read_at(offset, length)?)?;
            }
            writer.finish(&self.objects.packs_folder())?;
        }
        if !gone.is_empty() {
            fs::remove_file(path)?;
        }
        Ok(gone.len() as u64)
    }

    fn live(&self, sets: &[Set]) -> io::Result<HashSet<Hash>> {
        let mut live = HashSet::new();
        let mut name = |state: &Option<FileState>| {
            if let Some(FileState::File {
                hash: Some(hash), ..
            }) = state
            {
                live.extend(unhex(hash));
            }
        };
        for set in sets {
            let text = fs::read(&set.path)?;
            // A set that does not read holds nothing that could be restored.
            let Ok(file) = serde_json::from_slice::<SetFile>(&text) else {
                continue;
            };
            for FileChange { before, after, .. } in &file.snapshot.changes {
                name(before);
                name(after);
            }
        }
        for (_, pending) in self.pending_files() {
            pending.named.iter().for_each(|named| name(&named.state));
        }
        for look in saved_looks(&self.folder.join("looks")) {
            let Ok(tree) = read_look(&look, None) else {
                continue;
            };
            let items = tree.folders.values().flat_map(|folder| folder.iter());
            live.extend(items.filter_map(|item| match item.content {
                Content::Kept(hash) => Some(hash),
                Content::Git(..)
                | Content::NotKept(_)
                | Content::Link(_)
                | Content::Folder
                | Content::Unseen(_)
                | Content::Special => None,
            }));
        }
        Ok(live)
    }
}

fn folder_bytes(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).into_iter().flatten().flatten() {
            match item.metadata() {
                Ok(data) if data.is_dir() => folders.push(item.path()),
                Ok(data) => bytes += data.blocks() * 512,
                Err(_) => {}
            }
        }
    }
    bytes
}
