//! Brings the changes of a worktree back into the person's folder.
//!
//! Each file is merged in three ways: what it was when the worktree was made, what the person has
//! now, what the worker left. Where that does not work out for a single file, nothing at all is
//! written. The index, `HEAD` and the stash of the repository are never touched.

use super::{
    WorktreeFault,
    git::Git,
    place::{Blob, Change, Held, changed, disk, snapshot, write_whole},
};
use gimlet_protocol::SessionId;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    io::Write as _,
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{PermissionsExt as _, symlink},
    },
    path::{Path, PathBuf},
};

/// Characters of one conflict that are shown.
const CONFLICT_CHARS: usize = 4_000;
/// Characters of all conflicts that are shown.
const ALL_CONFLICT_CHARS: usize = 20_000;

/// What became of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    /// All changes are in the person's folder; the worktree is gone.
    Done {
        /// What was written, relative.
        files: Vec<PathBuf>,
    },
    /// Nothing was written.
    Conflicts(Vec<Conflict>),
    /// The worktree is not as it was approved.
    Changed,
    /// The person changed a file while the merge wrote; what was written before stays.
    Overtaken {
        /// The file.
        path: PathBuf,
        /// What was written, relative.
        files: Vec<PathBuf>,
    },
}

/// A file that both changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Conflict {
    /// Relative.
    pub(crate) path: PathBuf,
    /// A fragment that says what is the matter.
    pub(crate) why: String,
    /// The places that do not fit, with marks, where it is text.
    pub(crate) text: Option<String>,
}

/// The files that a merge writes to, kept while it does.
#[derive(Serialize, Deserialize)]
pub(super) struct Merging {
    pub(super) into: PathBuf,
    pub(super) files: Vec<PathBuf>,
}

/// A file on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    kind: Kind,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Executable,
    Link,
}

/// What is at a path of the person's.
enum Present {
    Nothing,
    Content(Content),
    /// Something that no merge writes over, and what it is.
    InTheWay(String),
}

struct Step {
    path: PathBuf,
    ours: Option<Content>,
    merged: Option<Content>,
}

/// Merges, all or nothing. `approved` is the state that the person said yes to.
///
/// # Errors
/// When git or the disk fails; the worktree is then kept.
pub(crate) fn merge(held: &Held, approved: Option<&str>) -> Result<Merged, WorktreeFault> {
    let (place, record) = (&held.place, &held.record());
    let _turn = place.turn_to_merge()?;
    let now = snapshot(place, record)?;
    if approved.is_some_and(|approved| approved != now) {
        return Ok(Merged::Changed);
    }
    let git = place.git(record, "now.index")?;
    let changes = changed(&git, &record.base, &now)?;
    let mut steps = Vec::new();
    let mut conflicts = Vec::new();
    for change in changes {
        let merging = MergingFile {
            git: &git,
            scratch: &place.path,
            into: &record.from,
            change: &change,
        };
        match merging.step()? {
            Ok(Some(step)) => steps.push(step),
            Ok(None) => {}
            Err(conflict) => conflicts.push(conflict),
        }
    }
    if !conflicts.is_empty() {
        return Ok(Merged::Conflicts(bounded(conflicts)));
    }
    let journal = Merging {
        into: record.from.clone(),
        files: steps.iter().map(|step| step.path.clone()).collect(),
    };
    write_whole(&place.merging_path(), &journal)?;
    let mut written = Vec::new();
    // What is removed makes room for what takes its place.
    steps.sort_by_key(|step| step.merged.is_some());
    for step in steps {
        if !apply(&record.from, &step, &beside(&record.worker))? {
            let path = step.path;
            drop(fs::remove_file(place.merging_path()));
            return Ok(Merged::Overtaken {
                path,
                files: written,
            });
        }
        written.push(step.path);
    }
    place.remove()?;
    Ok(Merged::Done { files: written })
}

struct MergingFile<'a> {
    git: &'a Git,
    scratch: &'a Path,
    into: &'a Path,
    change: &'a Change,
}

impl MergingFile<'_> {
    /// What is to be written, if anything is.
    fn step(&self) -> Result<Result<Option<Step>, Conflict>, WorktreeFault> {
        let path = &self.change.path;
        let ours = match present(self.into, path)? {
            Present::InTheWay(why) => return Ok(Err(self.conflict(why))),
            Present::Nothing => None,
            Present::Content(content) => Some(content),
        };
        let blobs = [&self.change.old, &self.change.new];
        if blobs
            .into_iter()
            .flatten()
            .any(|blob| kind_of(blob).is_none())
        {
            return Ok(Err(self.conflict("it is a repository of its own")));
        }
        let base = self.content(self.change.old.as_ref())?;
        let theirs = self.content(self.change.new.as_ref())?;
        if ours == theirs {
            return Ok(Ok(None));
        }
        let merged = if ours == base {
            theirs
        } else {
            match self.both(base.as_ref(), ours.as_ref(), theirs.as_ref())? {
                Ok(merged) => Some(merged),
                Err(conflict) => return Ok(Err(conflict)),
            }
        };
        let path = path.clone();
        Ok(Ok(Some(Step { path, ours, merged })))
    }

    /// The file that git holds, if it holds one.
    fn content(&self, blob: Option<&Blob>) -> Result<Option<Content>, WorktreeFault> {
        let Some((blob, kind)) = blob.and_then(|blob| Some((blob, kind_of(blob)?))) else {
            return Ok(None);
        };
        let bytes = self.git.run(&["cat-file", "blob", &blob.object])?;
        Ok(Some(Content { kind, bytes }))
    }

    /// The merge of a file that both changed.
    fn both(
        &self,
        base: Option<&Content>,
        ours: Option<&Content>,
        theirs: Option<&Content>,
    ) -> Result<Result<Content, Conflict>, WorktreeFault> {
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            let why = if theirs.is_none() {
                "the worker removed it, and you changed it"
            } else {
                "the worker changed it, and you removed it"
            };
            return Ok(Err(self.conflict(why)));
        };
        if ours.kind == Kind::Link || theirs.kind == Kind::Link {
            return Ok(Err(self.conflict("one of the two is a link")));
        }
        let kind = match base {
            Some(base) if base.kind == ours.kind => theirs.kind,
            Some(_) => ours.kind,
            None if ours.kind == theirs.kind => ours.kind,
            None => Kind::Executable,
        };
        let base = base.filter(|base| base.kind != Kind::Link);
        let base = base.map(|base| base.bytes.clone()).unwrap_or_default();
        if ours.bytes == theirs.bytes {
            let bytes = ours.bytes.clone();
            return Ok(Ok(Content { kind, bytes }));
        }
        let merged = self.merge_texts(&ours.bytes, &base, &theirs.bytes)?;
        let Some((clean, bytes)) = merged else {
            return Ok(Err(self.conflict("both changed it, and it is no text")));
        };
        if clean {
            return Ok(Ok(Content { kind, bytes }));
        }
        let mut conflict = self.conflict("both changed the same lines");
        conflict.text = Some(marked(&String::from_utf8_lossy(&bytes)));
        Ok(Err(conflict))
    }

    /// The merge of texts and whether it worked out; `None` for what is no text.
    fn merge_texts(
        &self,
        ours: &[u8],
        base: &[u8],
        theirs: &[u8],
    ) -> Result<Option<(bool, Vec<u8>)>, WorktreeFault> {
        let mut files = Vec::new();
        for bytes in [ours, base, theirs] {
            let fault = |error: io::Error| disk(self.scratch, &error);
            let mut file = tempfile::NamedTempFile::new_in(self.scratch).map_err(fault)?;
            file.write_all(bytes).map_err(fault)?;
            files.push(file);
        }
        let names: Vec<String> = files
            .iter()
            .map(|file| file.path().to_string_lossy().into_owned())
            .collect();
        let mut arguments = vec!["merge-file", "-p", "-q", "--diff3"];
        for label in ["yours", "before", "the worker's"] {
            arguments.extend(["-L", label]);
        }
        arguments.extend(names.iter().map(String::as_str));
        let ended = self.git.finished(&arguments, Vec::new())?;
        Ok(match ended.code {
            Some(0) => Some((true, ended.out)),
            // The number of conflicts, up to 127; above it an error.
            Some(1..=127) => Some((false, ended.out)),
            Some(_) | None => None,
        })
    }

    fn conflict(&self, why: impl Into<String>) -> Conflict {
        Conflict {
            path: self.change.path.clone(),
            why: why.into(),
            text: None,
        }
    }
}

/// What git holds; `None` for what is no file.
fn kind_of(blob: &Blob) -> Option<Kind> {
    match blob.mode.as_str() {
        "100644" => Some(Kind::File),
        "100755" => Some(Kind::Executable),
        "120000" => Some(Kind::Link),
        _ => None,
    }
}

/// What is at a path, no link followed.
fn present(top: &Path, path: &Path) -> Result<Present, WorktreeFault> {
    let mut folder = top.to_owned();
    for part in path.parent().into_iter().flat_map(Path::iter) {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(meta) if meta.is_dir() => {}
            Ok(meta) => {
                let what = if meta.is_symlink() { "link" } else { "file" };
                let name = folder.strip_prefix(top).unwrap_or(&folder).display();
                return Ok(Present::InTheWay(format!("{name} is a {what} here")));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Present::Nothing),
            Err(error) => return Err(disk(&folder, &error)),
        }
    }
    let whole = top.join(path);
    let meta = match fs::symlink_metadata(&whole) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Present::Nothing),
        Err(error) => return Err(disk(&whole, &error)),
    };
    let content = if meta.is_symlink() {
        let target = fs::read_link(&whole).map_err(|error| disk(&whole, &error))?;
        Content {
            kind: Kind::Link,
            bytes: target.into_os_string().into_vec(),
        }
    } else if meta.is_file() {
        let executable = meta.permissions().mode() & 0o100 != 0;
        Content {
            kind: if executable {
                Kind::Executable
            } else {
                Kind::File
            },
            bytes: fs::read(&whole).map_err(|error| disk(&whole, &error))?,
        }
    } else if meta.is_dir() {
        return Ok(Present::InTheWay("it is a folder here".to_owned()));
    } else {
        return Ok(Present::InTheWay("it is no ordinary file here".to_owned()));
    };
    Ok(Present::Content(content))
}

/// Writes one file; false when the person's is not as it was a moment ago.
fn apply(top: &Path, step: &Step, prefix: &str) -> Result<bool, WorktreeFault> {
    let whole = top.join(&step.path);
    let fault = |error: io::Error| disk(&whole, &error);
    let fresh = match &step.merged {
        None => None,
        Some(merged) => {
            let folder = whole.parent().unwrap_or(top);
            fs::create_dir_all(folder).map_err(fault)?;
            Some((
                write_beside(folder, prefix, merged).map_err(fault)?,
                merged.kind,
            ))
        }
    };
    let ours = match present(top, &step.path)? {
        Present::Nothing => None,
        Present::Content(content) => Some(content),
        Present::InTheWay(_) => return Ok(false),
    };
    if ours != step.ours {
        return Ok(false);
    }
    let Some((fresh, kind)) = fresh else {
        fs::remove_file(&whole).map_err(fault)?;
        // Folders go with their last file, as git has it.
        let above = whole
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != top);
        for folder in above {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        return Ok(true);
    };
    if kind != Kind::Link
        && let Ok(old) = fs::symlink_metadata(&whole)
        && old.is_file()
    {
        let mode = with_execution(old.permissions().mode(), kind);
        fs::set_permissions(&fresh, fs::Permissions::from_mode(mode)).map_err(fault)?;
    }
    if ours.is_some() {
        fresh
            .persist(&whole)
            .map_err(|failed| fault(failed.error))?;
    } else if let Err(failed) = fresh.persist_noclobber(&whole) {
        if failed.error.kind() == io::ErrorKind::AlreadyExists {
            return Ok(false);
        }
        return Err(fault(failed.error));
    }
    Ok(true)
}

/// The beginning of the names of files that a merge writes before it puts them in place.
pub(super) fn beside(worker: &SessionId) -> String {
    format!(".gimlet-merge-{worker}-")
}

fn write_beside(folder: &Path, prefix: &str, content: &Content) -> io::Result<tempfile::TempPath> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(".tmp");
    if content.kind == Kind::Link {
        let target = Path::new(std::ffi::OsStr::from_bytes(&content.bytes));
        let link = builder.make_in(folder, |path| symlink(target, path))?;
        return Ok(link.into_temp_path());
    }
    let all = if content.kind == Kind::Executable {
        0o777
    } else {
        0o666
    };
    builder.permissions(fs::Permissions::from_mode(all));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(&content.bytes)?;
    file.as_file().sync_data()?;
    Ok(file.into_temp_path())
}

/// A file's mode, with or without leave to run it for those who may read it.
fn with_execution(mode: u32, kind: Kind) -> u32 {
    let mode = mode & 0o7777;
    if kind == Kind::Executable {
        mode | ((mode & 0o444) >> 2)
    } else {
        mode & !0o111
    }
}

/// The marked places of a text with some lines around.
fn marked(text: &str) -> String {
    const AROUND: usize = 3;
    let lines: Vec<&str> = text.lines().collect();
    let mut shown = vec![false; lines.len()];
    let mut inside = false;
    for (at, line) in lines.iter().enumerate() {
        inside |= line.starts_with("<<<<<<< ");
        if inside {
            let from = at.saturating_sub(AROUND);
            shown
                .iter_mut()
                .take(at + AROUND + 1)
                .skip(from)
                .for_each(|line| *line = true);
        }
        inside &= !line.starts_with(">>>>>>> ");
    }
    let mut out = String::new();
    let mut gap = false;
    for (line, shown) in lines.iter().zip(shown) {
        if shown {
            if std::mem::take(&mut gap) {
                out.push_str("...\n");
            }
            out.push_str(line);
            out.push('\n');
        } else {
            gap = true;
        }
    }
    out
}

/// Conflicts with as much text as may be shown.
fn bounded(mut conflicts: Vec<Conflict>) -> Vec<Conflict> {
    let mut left = ALL_CONFLICT_CHARS;
    for conflict in &mut conflicts {
        let Some(text) = &mut conflict.text else {
            continue;
        };
        let most = CONFLICT_CHARS.min(left);
        if let Some((end, _)) = text.char_indices().nth(most) {
            text.truncate(end);
            text.push_str("\n[cut here]\n");
        }
        left = left.saturating_sub(text.chars().count());
    }
    conflicts
}
