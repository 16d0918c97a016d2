//! A copy of a folder, to work in without touching the folder.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder that is copied may have this much in it.
const MOST_FILES: u64 = 200_000;
const MOST_BYTES: u64 = 4 << 30;

/// A copy, removed when it is dropped.
#[derive(Debug)]
pub struct FolderCopy {
    _temporary: TempDir,
    folder: PathBuf,
}

impl FolderCopy {
    /// Copies a folder into a temporary one, under its own name: files with their modes, folders
    /// and links. Sockets, pipes and devices are left out.
    ///
    /// # Errors
    /// When something cannot be read or written, or there is too much.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let temporary = tempfile::Builder::new()
            .prefix("gimlet-replay-")
            .tempdir()?;
        let root = temporary.path().canonicalize()?;
        let to = root.join(folder.file_name().unwrap_or("folder".as_ref()));
        copy(folder, &to, &mut (MOST_FILES, MOST_BYTES))?;
        Ok(Self {
            _temporary: temporary,
            folder: to,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn copy(from: &Path, to: &Path, room: &mut (u64, u64)) -> io::Result<()> {
    fs::create_dir(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let kind = item.file_type()?;
        let target = to.join(item.file_name());
        let bytes = if kind.is_file() {
            item.metadata()?.len()
        } else {
            0
        };
        let left = room.0.checked_sub(1).zip(room.1.checked_sub(bytes));
        *room = left.ok_or_else(|| io::Error::other("it holds too much"))?;
        if kind.is_dir() {
            copy(&item.path(), &target, room)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(item.path())?, &target)?;
        } else if kind.is_file() {
            fs::copy(item.path(), &target)?;
        }
    }
    let mode = fs::metadata(from)?.permissions().mode();
    fs::set_permissions(to, fs::Permissions::from_mode(mode | 0o700))
}
