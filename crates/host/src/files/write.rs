//! Replacing a file as a whole, so that nobody ever sees a part of it.
//!
//! The new content goes to a file beside the old one, which is then renamed over it. A file
//! with several hard links is detached from the others by this.

use crate::{
    fault::{broken, path_fault},
    files::open::{kind_of, modified_ns, open_file},
    local::Flush,
};
use gimlet_ports::{FileKind, HostFault, WriteHow};
use gimlet_protocol::Stamp;
use rustix::fs::{Access, AtFlags, CWD, FlockOperation};
use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// As many links in a row as Linux follows.
const MAX_LINKS: usize = 40;
/// How long to wait for another writer in the same folder.
const LOCK_WAIT: Duration = Duration::from_millis(250);

/// Replaces or creates a file atomically.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
    how: &WriteHow,
    flush: Flush,
) -> Result<Stamp, HostFault> {
    if how.must_be_new && fs::symlink_metadata(path).is_ok() {
        return Err(HostFault::Exists {
            path: path.to_owned(),
        });
    }
    let target = follow(path)?;
    let folder = parent_of(&target)?;
    if how.make_folders {
        make_folders(folder)?;
    }
    let old = present(&target)?;
    if let Some(old) = &old {
        may_write(path, old.mode(), &target)?;
    }
    let folder_meta = fs::metadata(folder).map_err(|e| path_fault("write to", folder, &e))?;
    if !folder_meta.is_dir() {
        let kind = kind_of(folder_meta.file_type());
        return Err(HostFault::WrongKind {
            path: folder.to_owned(),
            kind,
        });
    }
    may_write(folder, folder_meta.mode(), folder)?;

    let fault = |error: io::Error| path_fault("write", path, &error);
    let mut fresh = tempfile::Builder::new()
        .prefix(".gimlet-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(fault)?;
    fresh.write_all(bytes).map_err(fault)?;
    if let Some(old) = &old {
        keep_owner_and_mode(fresh.as_file(), old).map_err(fault)?;
    }
    if flush == Flush::Content {
        fresh.as_file().sync_data().map_err(fault)?;
    }
    let meta = fresh.as_file().metadata().map_err(fault)?;

    // Other writers of this product wait here, so that of two that expect the same content
    // one finds it changed. Strangers are not held off; what they can slip into is the time
    // between the check and the rename.
    let _turn = take_turn(folder);
    if let Some(expected) = &how.expect_hash {
        unchanged(path, &target, expected)?;
    }
    put(fresh, &target, path, how)?;
    Ok(Stamp {
        hash: blake3::hash(bytes).to_hex().to_string(),
        size: bytes.len() as u64,
        modified_ns: modified_ns(&meta),
        whole: true,
    })
}

/// Adds bytes to the end of a file, which is made with mode 0600 where it is missing.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<(), HostFault> {
    let fault = |error: io::Error| path_fault("write", path, &error);
    let opened = match open_for_append(path) {
        Err(HostFault::NotFound { .. }) => {
            make_folders(parent_of(path)?)?;
            open_for_append(path)
        }
        opened @ (Ok(_) | Err(_)) => opened,
    };
    opened?.write_all(bytes).map_err(fault)
}

/// Opens an ordinary file for adding to its end; makes it with mode 0600 where it is missing.
pub(crate) fn open_for_append(path: &Path) -> Result<File, HostFault> {
    let fault = |error: io::Error| path_fault("write", path, &error);
    // A pipe without a reader would block the opening; a device must not be opened at all.
    if let Ok(meta) = fs::metadata(path) {
        ordinary(path, &meta)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(nonblocking())
        .open(path)
        .map_err(fault)?;
    ordinary(path, &file.metadata().map_err(fault)?)?;
    Ok(file)
}

fn nonblocking() -> i32 {
    i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0)
}

fn ordinary(path: &Path, meta: &Metadata) -> Result<(), HostFault> {
    match kind_of(meta.file_type()) {
        FileKind::File => Ok(()),
        kind @ (FileKind::Folder | FileKind::Link | FileKind::Special) => {
            Err(HostFault::WrongKind {
                path: path.to_owned(),
                kind,
            })
        }
    }
}

/// The path that a chain of links leads to; the last one need not exist.
fn follow(path: &Path) -> Result<PathBuf, HostFault> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        let is_link = fs::symlink_metadata(&at).is_ok_and(|meta| meta.is_symlink());
        if !is_link {
            return Ok(at);
        }
        let next = fs::read_link(&at).map_err(|e| path_fault("follow", &at, &e))?;
        // Joined to the folder as it is reached, so `..` is left to the operating system.
        at = parent_of(&at)?.join(next);
    }
    Err(broken(
        &format!("follow {}", path.display()),
        &"too many links",
    ))
}

fn parent_of(path: &Path) -> Result<&Path, HostFault> {
    path.parent().ok_or_else(|| HostFault::WrongKind {
        path: path.to_owned(),
        kind: FileKind::Folder,
    })
}

fn make_folders(folder: &Path) -> Result<(), HostFault> {
    fs::create_dir_all(folder).map_err(|error| {
        let in_the_way = folder
            .ancestors()
            .find(|at| fs::symlink_metadata(at).is_ok());
        match in_the_way.map(|at| (at, fs::metadata(at))) {
            Some((at, Ok(meta))) if !meta.is_dir() => HostFault::WrongKind {
                path: at.to_owned(),
                kind: kind_of(meta.file_type()),
            },
            Some(_) | None => path_fault("make the folder", folder, &error),
        }
    })
}

/// The file that is there now, if any.
fn present(target: &Path) -> Result<Option<Metadata>, HostFault> {
    match fs::metadata(target) {
        Ok(meta) => ordinary(target, &meta).map(|()| Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let folder = parent_of(target)?;
            let in_the_way = folder
                .ancestors()
                .find(|at| fs::symlink_metadata(at).is_ok());
            Err(HostFault::WrongKind {
                path: in_the_way.unwrap_or(folder).to_owned(),
                kind: FileKind::File,
            })
        }
        Err(error) => Err(path_fault("write", target, &error)),
    }
}

/// A rename needs no right to the file itself, so that right is asked for first. Something
/// that nobody may write is taken at its word, also for the superuser.
fn may_write(named: &Path, mode: u32, target: &Path) -> Result<(), HostFault> {
    let denied = |why: &str| HostFault::Denied {
        path: named.to_owned(),
        why: why.to_owned(),
    };
    if mode & 0o222 == 0 {
        return Err(denied("read-only"));
    }
    match rustix::fs::accessat(CWD, target, Access::WRITE_OK, AtFlags::EACCESS) {
        Ok(()) => Ok(()),
        Err(error) => Err(path_fault("write", named, &error.into())),
    }
}

fn keep_owner_and_mode(fresh: &File, old: &Metadata) -> io::Result<()> {
    let now = fresh.metadata()?;
    let mut mode = old.mode() & 0o7777;
    if now.uid() != old.uid() || now.gid() != old.gid() {
        let whole = std::os::unix::fs::fchown(fresh, Some(old.uid()), Some(old.gid()));
        if whole.is_err() {
            // The set-id bits must not pass to another owner.
            mode &= 0o1777;
            let group_only = std::os::unix::fs::fchown(fresh, None, Some(old.gid()));
            if group_only.is_err() {
                mode &= 0o1707 | ((mode & 0o007) << 3);
            }
        }
    }
    fresh.set_permissions(Permissions::from_mode(mode))
}

/// Waits for other writers in the folder, not for long. Released when dropped.
fn take_turn(folder: &Path) -> Option<File> {
    let lock = File::open(folder).ok()?;
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Some(lock),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < until => {
                thread::sleep(Duration::from_micros(200));
            }
            Err(_) => return None,
        }
    }
}

fn unchanged(path: &Path, target: &Path, expected: &str) -> Result<(), HostFault> {
    let changed = || HostFault::Changed {
        path: path.to_owned(),
    };
    let (file, _) = match open_file(target) {
        Err(HostFault::NotFound { .. }) => return Err(changed()),
        opened @ (Ok(_) | Err(_)) => opened?,
    };
    let mut hasher = blake3::Hasher::new();
    hasher
        .update_reader(&file)
        .map_err(|e| path_fault("read", path, &e))?;
    if hasher.finalize().to_hex().as_str() == expected {
        Ok(())
    } else {
        Err(changed())
    }
}

fn put(fresh: NamedTempFile, target: &Path, path: &Path, how: &WriteHow) -> Result<(), HostFault> {
    let put = if how.must_be_new {
        fresh.into_temp_path().persist_noclobber(target)
    } else {
        fresh.into_temp_path().persist(target)
    };
    put.map_err(|failed| path_fault("write", path, &failed.error))
}
