//! What makes a folder the same one as before, beside its name.

use crate::place::{GitEntry, Place};
use serde::{Deserialize, Serialize};
use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path, time::UNIX_EPOCH};

/// A folder and its repository, as they were when a person looked at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    folder: Mark,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    git: Option<Mark>,
}

/// One file or folder: a copy or a replacement has another number or another time of birth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    inode: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    born_ms: Option<u64>,
}

impl Identity {
    /// Looks at a place.
    ///
    /// # Errors
    /// When its root cannot be looked at.
    pub fn of(place: &Place) -> io::Result<Self> {
        let git = match place.git {
            GitEntry::None | GitEntry::Bare => None,
            GitEntry::Folder | GitEntry::Linked { .. } | GitEntry::Foreign => {
                Some(mark(&place.root.join(".git"))?)
            }
        };
        Ok(Self {
            folder: mark(&place.root)?,
            git,
        })
    }

    /// True when `now` may be what this was. A folder may become a repository, and stop being
    /// one; it must not become another one.
    pub fn still_fits(&self, now: &Self) -> bool {
        let same_git = match (&self.git, &now.git) {
            (Some(then), Some(now)) => then == now,
            (None, _) | (_, None) => true,
        };
        self.folder == now.folder && same_git
    }
}

fn mark(path: &Path) -> io::Result<Mark> {
    let info = fs::symlink_metadata(path)?;
    let born = info.created().ok();
    let born = born.and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    Ok(Mark {
        inode: info.ino(),
        born_ms: born.and_then(|born| u64::try_from(born.as_millis()).ok()),
    })
}
