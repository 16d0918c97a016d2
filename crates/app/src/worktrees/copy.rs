//! Copies the files of a repository as they lie on the disk.

use super::WorktreeFault;
use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::symlink,
    path::{Component, Path, PathBuf},
};

/// Files that a worktree may have.
const MOST_FILES: usize = 200_000;
/// Bytes that a worktree may have.
const MOST_BYTES: u64 = 8 << 30;

/// Copies these files, given relative to both folders. Returns those that were there.
///
/// What is neither a file nor a link is left out, and so is what lies behind a link: nothing
/// from outside of the folder comes along.
pub(super) fn copy(
    from: &Path,
    to: &Path,
    paths: &BTreeSet<PathBuf>,
) -> Result<Vec<PathBuf>, WorktreeFault> {
    if paths.len() > MOST_FILES {
        let why = format!("it has {} files; the limit is {MOST_FILES}", paths.len());
        return Err(WorktreeFault::TooLarge { why });
    }
    let mut copied = Vec::new();
    let mut bytes = 0_u64;
    let mut folders = BTreeSet::new();
    for path in paths {
        if !is_below(path) || !real_folder(from, to, path.parent(), &mut folders)? {
            continue;
        }
        let (old, new) = (from.join(path), to.join(path));
        let fault = |error: io::Error| WorktreeFault::Disk {
            path: old.clone(),
            why: error.to_string(),
        };
        let meta = match fs::symlink_metadata(&old) {
            Err(error) if is_absent(&error) => continue,
            meta => meta.map_err(fault)?,
        };
        if meta.is_symlink() {
            symlink(fs::read_link(&old).map_err(fault)?, &new).map_err(fault)?;
        } else if meta.is_file() {
            bytes += meta.len();
            if bytes > MOST_BYTES {
                let why = format!("it has more than {} GB", MOST_BYTES >> 30);
                return Err(WorktreeFault::TooLarge { why });
            }
            match fs::copy(&old, &new) {
                Err(error) if is_absent(&error) => continue,
                copied => copied.map_err(fault)?,
            };
        } else {
            continue;
        }
        copied.push(path.clone());
    }
    Ok(copied)
}

/// True for a path that stays below the folder that it is given for, outside of `.git`.
pub(super) fn is_below(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some()
        && parts.all(|part| {
            let Component::Normal(name) = part else {
                return false;
            };
            !name.eq_ignore_ascii_case(".git")
        })
}

/// Makes the folder of a file where the original has it as a folder and no link.
fn real_folder(
    from: &Path,
    to: &Path,
    folder: Option<&Path>,
    known: &mut BTreeSet<PathBuf>,
) -> Result<bool, WorktreeFault> {
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(true);
    };
    if known.contains(folder) {
        return Ok(true);
    }
    if !real_folder(from, to, folder.parent(), known)? {
        return Ok(false);
    }
    if !fs::symlink_metadata(from.join(folder)).is_ok_and(|meta| meta.is_dir()) {
        return Ok(false);
    }
    let new = to.join(folder);
    fs::create_dir_all(&new).map_err(|error| WorktreeFault::Disk {
        path: new,
        why: error.to_string(),
    })?;
    known.insert(folder.to_owned());
    Ok(true)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
