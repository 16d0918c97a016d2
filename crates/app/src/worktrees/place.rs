//! One worktree: where it lies, how it is made, and what was changed in it.

use super::{
    copy::{copy, is_below},
    git::{Ended, Git, Own, listed, paths},
};
use gimlet_protocol::{ChangedFile, ChangedHow, Changes, SessionId};
use gimlet_trust::Git as Door;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use thiserror::Error;

/// Bytes of a diff that are kept; more of it lies in the worktree.
const DIFF_BYTES: usize = 60_000;
/// Changed files that a session is told of.
pub(super) const MOST_CHANGED: usize = 2_000;
/// The ending of the names of places that are being removed.
pub(super) const GONE: &str = "gone";
/// Above every attribute that a repository sets: contents are kept byte for byte, and no driver
/// is run for them.
const RAW: &str = "* -text !eol !crlf !filter !ident !working-tree-encoding !diff !merge\n";

/// Why there is no worktree, or nothing comes back from it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WorktreeFault {
    /// The folder lies in no repository.
    #[error("{} is in no git repository", folder.display())]
    NoRepository {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no git on this machine.
    #[error("there is no git on this machine")]
    NoGit,
    /// It has more than a worktree may have.
    #[error("the repository is too large for a worktree: {why}")]
    TooLarge {
        /// How large it is.
        why: String,
    },
    /// Git failed.
    #[error("git {what} failed: {why}")]
    Git {
        /// What was asked of it.
        what: String,
        /// What it said.
        why: String,
    },
    /// The disk failed.
    #[error("{}: {why}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Another process works in it.
    #[error("the worktree of {worker} is in use by another Gimlet")]
    InUse {
        /// Whose it is.
        worker: String,
    },
    /// There is none of that name.
    #[error("there is no worktree `{name}`")]
    Missing {
        /// What was asked for.
        name: String,
    },
}

/// What is known of a worktree once it is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Whose it is.
    pub(crate) worker: SessionId,
    /// The session that the person sees.
    pub(crate) session: SessionId,
    /// The task in a few words.
    pub(crate) task: String,
    /// The top folder of the repository that it was made of.
    pub(crate) from: PathBuf,
    /// The worktree's files.
    pub(crate) files: PathBuf,
    /// Where in it the worker begins, relative.
    pub(crate) inner: PathBuf,
    /// The tree that it began as.
    pub(crate) base: String,
}

/// The folder of a worktree.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// How git is started.
    pub(super) door: Door,
}

impl Place {
    fn record_path(&self) -> PathBuf {
        self.path.join("worktree.json")
    }

    /// Set while a merge writes: the files that it writes to.
    pub(super) fn merging_path(&self) -> PathBuf {
        self.path.join("merging.json")
    }

    /// Set once it was found left behind with changes.
    pub(super) fn kept_path(&self) -> PathBuf {
        self.path.join("kept")
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// Waits until no other merge writes.
    pub(super) fn turn_to_merge(&self) -> Result<File, WorktreeFault> {
        let path = self.path.with_file_name("merging.lock");
        let file = File::create(&path).map_err(|error| disk(&path, &error))?;
        file.lock().map_err(|error| disk(&path, &error))?;
        Ok(file)
    }

    fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots.git")
    }

    pub(super) fn record(&self) -> Option<Record> {
        let text = fs::read(self.record_path()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Git on what the files of a worktree were and are.
    pub(super) fn git(&self, record: &Record, index: &str) -> Result<Git, WorktreeFault> {
        let own = Own {
            folder: self.snapshots(),
            files: record.files.clone(),
            index: self.path.join(index),
        };
        Git::own(&self.door, own)
    }

    /// Removes all of it, so that a removal that is cut short is seen for what it is.
    pub(super) fn remove(&self) -> Result<(), WorktreeFault> {
        let gone = self.path.with_extension(GONE);
        let fault = |error: std::io::Error| WorktreeFault::Disk {
            path: self.path.clone(),
            why: error.to_string(),
        };
        fs::rename(&self.path, &gone).map_err(fault)?;
        fs::remove_dir_all(&gone).map_err(fault)
    }
}

/// A worktree that this process works in. Others see that it is in use until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    pub(super) place: Place,
    whole: Mutex<Whole>,
}

/// A worktree that was filled.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) record: Record,
    pub(super) _lock: File,
}

impl Held {
    pub(super) fn new(place: Place, whole: Whole) -> Self {
        Self {
            place,
            whole: Mutex::new(whole),
        }
    }

    /// Puts another in its place, at the same path.
    pub(super) fn replace(&self, whole: Whole) {
        *self.whole.lock().unwrap_or_else(PoisonError::into_inner) = whole;
    }

    pub(crate) fn record(&self) -> Record {
        let whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        whole.record.clone()
    }

    /// Where the worker begins.
    pub(crate) fn cwd(&self) -> PathBuf {
        let record = self.record();
        record.files.join(record.inner)
    }

    /// What was changed since it was made; `None` for nothing.
    pub(crate) fn changes(&self) -> Result<Option<Changes>, WorktreeFault> {
        changes(&self.place, &self.record())
    }

    /// Removes it with all that was changed in it.
    pub(crate) fn discard(&self) -> Result<(), WorktreeFault> {
        self.place.remove()
    }
}

/// Fills a new place with the files of the repository that `root` lies in.
pub(super) fn fill(place: &Place, about: Record, root: &Path) -> Result<Record, WorktreeFault> {
    let person = Git::found(&place.door, root)?;
    let top = top_of(&person, root)?;
    let name = top.file_name().unwrap_or("files".as_ref());
    let files = place.path.join(name);
    fs::create_dir(&files).map_err(|error| disk(&files, &error))?;
    let files = files.canonicalize().map_err(|error| disk(&files, &error))?;
    let top_git = Git::found(&place.door, &top)?;
    let there = copy(&top, &files, &present(&top_git)?)?;
    let mut record = Record {
        inner: root.strip_prefix(&top).unwrap_or(Path::new("")).to_owned(),
        from: top.clone(),
        files: files.clone(),
        ..about
    };
    let inside = files.join(&record.inner);
    fs::create_dir_all(&inside).map_err(|error| disk(&inside, &error))?;
    record.base = first_snapshot(place, &record, &top_git, &there)?;
    // What is ignored and yet wanted is no part of what comes back.
    copy(&top, &files, &included(&top_git, &top)?)?;
    own_repository(place, &top_git, &files)?;
    write_whole(&place.record_path(), &record)?;
    Ok(record)
}

/// The top folder of the repository that a folder lies in.
pub(super) fn top_of(git: &Git, root: &Path) -> Result<PathBuf, WorktreeFault> {
    match git.line(&["rev-parse", "--show-toplevel"]) {
        Ok(top) if !top.is_empty() => {
            let top = PathBuf::from(top);
            Ok(top.canonicalize().unwrap_or(top))
        }
        Ok(_) | Err(WorktreeFault::Git { .. }) => Err(WorktreeFault::NoRepository {
            folder: root.to_owned(),
        }),
        Err(other) => Err(other),
    }
}

/// The files of a repository that are not ignored.
fn present(git: &Git) -> Result<BTreeSet<PathBuf>, WorktreeFault> {
    let tracked = git.run(&["ls-files", "-z", "--cached"])?;
    let others = git.run(&["ls-files", "-z", "--others", "--exclude-standard"])?;
    Ok(paths(&tracked)
        .chain(paths(&others))
        .map(Path::to_owned)
        .collect())
}

/// Ignored files that `.worktreeinclude` names.
fn included(git: &Git, top: &Path) -> Result<BTreeSet<PathBuf>, WorktreeFault> {
    let list = top.join(".worktreeinclude");
    if !list.is_file() {
        return Ok(BTreeSet::new());
    }
    let named = git.run(&[
        "ls-files",
        "-z",
        "--others",
        "--ignored",
        "--exclude-from=.worktreeinclude",
    ])?;
    let ignored = git.run(&[
        "ls-files",
        "-z",
        "--others",
        "--ignored",
        "--exclude-standard",
    ])?;
    let ignored: BTreeSet<&Path> = paths(&ignored).collect();
    let both = paths(&named).filter(|path| ignored.contains(path));
    Ok(both.map(Path::to_owned).collect())
}

/// Keeps what the files are, where no worker may write.
fn first_snapshot(
    place: &Place,
    record: &Record,
    person: &Git,
    there: &[PathBuf],
) -> Result<String, WorktreeFault> {
    let folder = place.snapshots();
    init(place, &folder, "--bare", person)?;
    let info = folder.join("info");
    fs::create_dir_all(&info).map_err(|error| disk(&info, &error))?;
    write(&info.join("attributes"), RAW.as_bytes())?;
    let excluded = person.line(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "info/exclude",
    ])?;
    if let Ok(excluded) = fs::read(excluded) {
        write(&info.join("exclude"), &excluded)?;
    }
    let git = place.git(record, "base.index")?;
    let list = listed(there.iter().map(PathBuf::as_path));
    git.feed(&["update-index", "--add", "-z", "--stdin"], list)?;
    let base = git.line(&["write-tree"])?;
    git.run(&["update-ref", "--no-deref", "refs/gimlet/base", &base])?;
    Ok(base)
}

/// A git directory of the worker's own, with the history and the index of the person's.
fn own_repository(place: &Place, person: &Git, files: &Path) -> Result<(), WorktreeFault> {
    let folder = files.join(".git");
    init(place, &folder, "--quiet", person)?;
    let own = Own {
        index: folder.join("index"),
        folder: folder.clone(),
        files: files.to_owned(),
    };
    let git = Git::own(&place.door, own)?;
    let refs = person.run(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
    let mut packed = b"# pack-refs with: sorted \n".to_vec();
    let mut lines: Vec<&[u8]> = refs.split(|byte| *byte == b'\n').collect();
    lines.retain(|line| !line.is_empty());
    // The stash is the person's; a worker's own begins empty.
    lines.retain(|line| !line.ends_with(b" refs/stash"));
    lines.sort_by_key(|line| line.splitn(2, |byte| *byte == b' ').nth(1));
    for line in lines {
        packed.extend_from_slice(line);
        packed.push(b'\n');
    }
    write(&folder.join("packed-refs"), &packed)?;
    let branch = person.finished(&["symbolic-ref", "--quiet", "HEAD"], Vec::new())?;
    let head = match branch {
        Ended {
            code: Some(0), out, ..
        } => [b"ref: ".as_slice(), &out].concat(),
        Ended { .. } => person.run(&["rev-parse", "HEAD"])?,
    };
    write(&folder.join("HEAD"), &head)?;
    let index = person.run(&["ls-files", "-s", "-z"])?;
    git.feed(&["update-index", "-z", "--index-info"], index)?;
    for key in ["user.name", "user.email"] {
        let value = person.finished(&["config", "--get", key], Vec::new())?;
        if value.code == Some(0) {
            let value = String::from_utf8_lossy(&value.out);
            git.run(&["config", key, value.trim_end_matches('\n')])?;
        }
    }
    Ok(())
}

/// Makes an empty repository that borrows the objects of the person's.
fn init(place: &Place, folder: &Path, how: &str, person: &Git) -> Result<(), WorktreeFault> {
    let format = person.line(&["rev-parse", "--show-object-format"])?;
    let format = format!("--object-format={format}");
    let target = if how == "--bare" {
        folder
    } else {
        folder.parent().unwrap_or(folder)
    };
    let target = target.to_string_lossy().into_owned();
    let arguments = ["init", "--quiet", "--template=", &format, how, &target];
    Git::found(&place.door, &place.path)?.run(&arguments)?;
    let objects = person.line(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "objects",
    ])?;
    let info = folder.join("objects/info");
    fs::create_dir_all(&info).map_err(|error| disk(&info, &error))?;
    write(&info.join("alternates"), format!("{objects}\n").as_bytes())
}

/// What was changed in a worktree since it was made.
pub(super) fn changes(place: &Place, record: &Record) -> Result<Option<Changes>, WorktreeFault> {
    let now = snapshot(place, record)?;
    if now == record.base {
        return Ok(None);
    }
    let git = place.git(record, "now.index")?;
    let files: Vec<ChangedFile> = changed(&git, &record.base, &now)?
        .into_iter()
        .map(|change| ChangedFile {
            how: match (change.old.is_some(), change.new.is_some()) {
                (false, _) => ChangedHow::Added,
                (true, true) => ChangedHow::Changed,
                (true, false) => ChangedHow::Removed,
            },
            path: change.path,
        })
        .collect();
    let diff = git.run(&[
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--no-renames",
        &record.base,
        &now,
    ])?;
    Ok(Some(Changes {
        name: None,
        worktree: record.files.clone(),
        into: record.from.clone(),
        tree: now,
        more_files: u64::try_from(files.len().saturating_sub(MOST_CHANGED)).unwrap_or(u64::MAX),
        files: files.into_iter().take(MOST_CHANGED).collect(),
        diff: cut(&String::from_utf8_lossy(&diff)),
    }))
}

/// What the files are now, as a tree.
pub(super) fn snapshot(place: &Place, record: &Record) -> Result<String, WorktreeFault> {
    let (base, now) = (place.path.join("base.index"), place.path.join("now.index"));
    // A git that was killed leaves its lock; nobody else works here, as `Held` says.
    drop(fs::remove_file(place.path.join("now.index.lock")));
    fs::copy(&base, &now).map_err(|error| disk(&now, &error))?;
    let git = place.git(record, "now.index")?;
    git.run(&["add", "--all"])?;
    git.line(&["write-tree"])
}

/// One path that differs between two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    pub(super) old: Option<Blob>,
    pub(super) new: Option<Blob>,
}

/// A file as git keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blob {
    /// Such as `100644`.
    pub(super) mode: String,
    pub(super) object: String,
}

pub(super) fn changed(git: &Git, old: &str, new: &str) -> Result<Vec<Change>, WorktreeFault> {
    let raw = git.run(&["diff-tree", "-r", "-z", "--raw", "--no-renames", old, new])?;
    let mut changes = Vec::new();
    let mut fields = raw.split(|byte| *byte == 0);
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        let about = String::from_utf8_lossy(about);
        let mut words = about.trim_start_matches(':').split(' ');
        let modes = (words.next(), words.next());
        let objects = (words.next(), words.next());
        let blob = |mode: Option<&str>, object: Option<&str>| {
            let mode = mode.filter(|mode| *mode != "000000")?;
            Some(Blob {
                mode: mode.to_owned(),
                object: object?.to_owned(),
            })
        };
        let Some(path) = paths(path).next().filter(|path| is_below(path)) else {
            continue;
        };
        changes.push(Change {
            path: path.to_owned(),
            old: blob(modes.0, objects.0),
            new: blob(modes.1, objects.1),
        });
    }
    Ok(changes)
}

fn cut(diff: &str) -> String {
    if diff.len() <= DIFF_BYTES {
        return diff.to_owned();
    }
    let mut kept = 0;
    for line in diff.split_inclusive('\n') {
        if kept + line.len() > DIFF_BYTES {
            break;
        }
        kept += line.len();
    }
    let (head, rest) = diff.split_at_checked(kept).unwrap_or((diff, ""));
    format!("{head}[cut here: {} more bytes]\n", rest.len())
}

/// Writes a file as a whole or not at all.
pub(super) fn write_whole<T: Serialize>(path: &Path, what: &T) -> Result<(), WorktreeFault> {
    let fault = |error: std::io::Error| disk(path, &error);
    let folder = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
    let text = serde_json::to_vec(what).map_err(|error| fault(error.into()))?;
    file.write_all(&text).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    file.persist(path).map_err(|failed| fault(failed.error))?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), WorktreeFault> {
    fs::write(path, bytes).map_err(|error| disk(path, &error))
}

pub(super) fn disk(path: &Path, error: &std::io::Error) -> WorktreeFault {
    WorktreeFault::Disk {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
