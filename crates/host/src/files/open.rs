//! Telling what is at a path, and opening it without ever waiting on a device or pipe.

use crate::fault::path_fault;
use gimlet_ports::{FileInfo, FileKind, HostFault};
use gimlet_protocol::Stamp;
use std::{
    fs::{self, File, FileType, Metadata},
    io::Read,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// What kind of thing this is.
pub(crate) fn kind_of(kind: FileType) -> FileKind {
    if kind.is_file() {
        FileKind::File
    } else if kind.is_dir() {
        FileKind::Folder
    } else if kind.is_symlink() {
        FileKind::Link
    } else {
        FileKind::Special
    }
}

/// Modification time in nanoseconds since the epoch.
pub(crate) fn modified_ns(meta: &Metadata) -> i128 {
    i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())
}

/// Tells what is at the path, links followed.
pub(crate) fn stat(path: &Path) -> Result<FileInfo, HostFault> {
    let fault = |error| path_fault("look at", path, &error);
    let meta = fs::metadata(path).map_err(fault)?;
    let real = fs::canonicalize(path).map_err(fault)?;
    Ok(FileInfo {
        kind: kind_of(meta.file_type()),
        size: meta.len(),
        modified_ns: modified_ns(&meta),
        real,
    })
}

/// Opens an ordinary file for reading. Anything else is refused, at once.
pub(crate) fn open_file(path: &Path) -> Result<(File, Metadata), HostFault> {
    use rustix::fs::{Mode, OFlags};

    let fault = |error| path_fault("read", path, &error);
    // Looking first spares devices the side effects of being opened; looking again after
    // opening is what holds when the path changes in between.
    ordinary(path, &fs::metadata(path).map_err(fault)?)?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| fault(e.into()))?;
    let file = File::from(opened);
    let meta = file.metadata().map_err(fault)?;
    ordinary(path, &meta)?;
    Ok((file, meta))
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

/// Reads a whole file of at most `limit_bytes`.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<(Vec<u8>, Stamp), HostFault> {
    let too_large = |size| HostFault::TooLarge {
        path: path.to_owned(),
        size,
        limit: limit_bytes,
    };
    let (file, meta) = open_file(path)?;
    if meta.len() > limit_bytes {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    // The file may grow meanwhile, and files of `/proc` tell no size at all.
    let mut bounded = (&file).take(limit_bytes.saturating_add(1));
    bounded
        .read_to_end(&mut bytes)
        .map_err(|e| path_fault("read", path, &e))?;
    let size = bytes.len() as u64;
    if size > limit_bytes {
        return Err(too_large(size));
    }
    let stamp = Stamp {
        hash: blake3::hash(&bytes).to_hex().to_string(),
        size,
        modified_ns: modified_ns(&meta),
        whole: true,
    };
    Ok((bytes, stamp))
}
