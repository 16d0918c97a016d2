//! What the command sees of the file system: all of it, read-only, but for what may be written,
//! with what is secret hidden and temporary folders of its own.

use super::system::{self, Detached, Outcome};
use crate::Confinement;
use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, FileTypeExt as _},
    path::{Path, PathBuf},
};

/// Folders that are the command's own: others leave sockets and files there.
const PRIVATE: [&str; 4] = ["/tmp", "/var/tmp", "/run", "/dev/shm"];

/// Arranges it. The process must be in namespaces of its own.
pub(super) fn arrange(confinement: &Confinement) -> Outcome<()> {
    system::keep_mounts_to_ourselves()?;
    // Taken before they are covered or made read-only, put back after.
    let write = taken(confinement.write.iter().chain(&on_the_way(confinement)))?;
    let protect = taken(confinement.protect.iter())?;
    let hide: Vec<PathBuf> = confinement
        .hide
        .iter()
        .filter_map(|path| real(path))
        .collect();
    system::make_read_only(Path::new("/"))?;
    for folder in PRIVATE.iter().map(Path::new) {
        if folder.is_dir() && !folder.is_symlink() {
            system::mount_memory(folder, "1777", confinement.limits.temporary_bytes)?;
        }
    }
    system::mount_processes()?;
    for (path, tree) in write {
        make_place(&path, tree.is_dir())?;
        tree.attach(&path)?;
    }
    for (path, tree) in protect {
        tree.make_read_only()?;
        tree.attach(&path)?;
    }
    hide.iter().try_for_each(|path| cover(path))
}

/// The folders between what may be written and what is protected in it, outermost first. Each
/// becomes a place of a mount, so that none can be moved away with what it protects.
fn on_the_way(confinement: &Confinement) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in &confinement.protect {
        let above = path.ancestors().skip(1);
        let inside = above.take_while(|folder| !confinement.write.iter().any(|w| w == folder));
        let inside: Vec<&Path> = inside.collect();
        for folder in inside.into_iter().rev() {
            let below = confinement.write.iter().any(|w| folder.starts_with(w));
            if below && !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders
}

/// The trees at the paths that are there. A link is followed once, here, and never again.
fn taken<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Outcome<Vec<(PathBuf, Detached)>> {
    let there = paths.filter_map(|path| real(path));
    there
        .map(|path| Detached::take(&path).map(|tree| (path, tree)))
        .collect()
}

fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// A place to mount on, where a private folder has covered the real one.
fn make_place(path: &Path, folder: bool) -> Outcome<()> {
    let failed = |error: std::io::Error| format!("cannot show {}: {error}", path.display());
    if path.exists() {
        return Ok(());
    }
    let parent = if folder { Some(path) } else { path.parent() };
    if let Some(parent) = parent {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(parent)
            .map_err(failed)?;
    }
    if !folder {
        fs::File::create(path).map(drop).map_err(failed)?;
    }
    Ok(())
}

/// Covers a path with nothing.
fn cover(path: &Path) -> Outcome<()> {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if meta.is_dir() {
        system::mount_memory(path, "000", 4096)?;
        return system::make_read_only(path);
    }
    if meta.file_type().is_socket() || meta.is_file() || meta.file_type().is_fifo() {
        return Detached::take(Path::new("/dev/null"))?.attach(path);
    }
    Ok(())
}
