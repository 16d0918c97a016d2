//! Places that must not be made inside a confinement, and are not there yet.
//!
//! Only what exists can be held read-only, so an empty folder nobody may write stands there
//! while a command runs. Several commands, of several programs too, share it: each holds a lock
//! on it, and the last one takes it away. Nothing but an empty folder is ever removed.

use crate::{News, Wire};
use gimlet_protocol::Bounds;
use std::{
    fs::{self, DirBuilder, File, Metadata, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Nobody writes in a folder with this mode, and nobody makes one by accident.
const MODE: u32 = 0o555;
/// How often it is tried anew where others remove what is being taken.
const TRIES: usize = 100;

/// Letting go is one step: who lets go last within this process takes the folder away.
static LEAVING: Mutex<()> = Mutex::new(());

/// What stands in for the missing, as long as this is held.
#[derive(Debug, Default)]
pub struct Placeholders(Vec<Held>);

#[derive(Debug)]
struct Held {
    path: PathBuf,
    /// Locked, shared.
    folder: File,
}

impl Placeholders {
    /// Puts an empty folder wherever something protected is missing, and adds it to what is
    /// protected.
    ///
    /// # Errors
    /// When one cannot be made where a command could make it.
    pub fn put(bounds: &mut Bounds) -> Result<Self, String> {
        let mut held = Vec::new();
        let protected: Vec<PathBuf> = bounds.protect.iter().map(Path::to_owned).collect();
        for path in protected {
            let Some(place) = first_missing(&path, bounds) else {
                continue;
            };
            if held.iter().any(|held: &Held| held.path == place) {
                continue;
            }
            match take(&place) {
                Ok(Some(folder)) => {
                    bounds.protect.add(place.clone());
                    held.push(Held {
                        path: place,
                        folder,
                    });
                }
                Ok(None) => {}
                // Then the command cannot make anything there either.
                Err(error) if is_closed(&error) => {}
                Err(error) => {
                    return Err(format!("{} cannot be protected: {error}", place.display()));
                }
            }
        }
        Ok(Self(held))
    }

    /// Gives the other side a share in each, which keeps it there as long as that side lives.
    ///
    /// # Errors
    /// When there is no other side any more, or no room.
    pub fn share(&self, wire: &Wire) -> io::Result<()> {
        for Held { folder, .. } in &self.0 {
            wire.tell(&News::Hold(folder.try_clone()?.into()))?;
        }
        Ok(())
    }
}

impl Drop for Placeholders {
    fn drop(&mut self) {
        let _leaving = LEAVING.lock().unwrap_or_else(PoisonError::into_inner);
        for Held { path, folder } in self.0.drain(..).rev() {
            // A lock of its own: the one that is held may be shared with a command that goes on.
            let Ok(again) = File::open(&path) else {
                continue;
            };
            let same = is_at(&folder, &path) && is_at(&again, &path);
            drop(folder);
            if same && again.try_lock().is_ok() && is_at(&again, &path) {
                // It fails where something is in it, which is then not ours to remove.
                fs::remove_dir(&path).unwrap_or_default();
            }
        }
    }
}

/// The outermost part of a path inside what may be written that is missing, or stands in for
/// something missing already.
fn first_missing(path: &Path, bounds: &Bounds) -> Option<PathBuf> {
    let mut above: Vec<&Path> = path
        .ancestors()
        .take_while(|part| !bounds.write.iter().any(|root| root == *part))
        .collect();
    if above.last().is_none_or(|last| last.parent().is_none()) {
        // It does not lie in what may be written.
        return None;
    }
    above.reverse();
    let place = above.into_iter().find(|part| {
        fs::symlink_metadata(part).map_or_else(
            |error| error.kind() == ErrorKind::NotFound,
            |meta| stands_in(&meta),
        )
    });
    place.map(Path::to_owned)
}

fn stands_in(meta: &Metadata) -> bool {
    meta.is_dir() && meta.mode() & 0o222 == 0
}

/// Takes a share of the folder that stands in at a path; `None` where something real is.
fn take(path: &Path) -> io::Result<Option<File>> {
    for _ in 0..TRIES {
        match DirBuilder::new().mode(MODE).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let meta = fs::symlink_metadata(path);
                let empty = fs::read_dir(path).is_ok_and(|mut items| items.next().is_none());
                match meta {
                    Ok(meta) if stands_in(&meta) && empty => {}
                    Ok(_) => return Ok(None),
                    Err(_) => continue,
                }
            }
            Err(error) => return Err(error),
        }
        let folder = match File::open(path) {
            Ok(folder) => folder,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match folder.try_lock_shared() {
            Ok(()) if is_at(&folder, path) => return Ok(Some(folder)),
            // Someone is taking it away just now.
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::other("others keep removing it"))
}

/// Whether a folder is what is at a path.
fn is_at(folder: &File, path: &Path) -> bool {
    match (folder.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => held.dev() == there.dev() && held.ino() == there.ino(),
        _ => false,
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory
    )
}
