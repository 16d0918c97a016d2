//! Listing a folder, in memory that does not grow with the folder.

use crate::{
    fault::path_fault,
    files::open::{kind_of, stat},
};
use gimlet_ports::{DirItem, FileKind, HostFault};
use std::{
    collections::BinaryHeap,
    ffi::OsString,
    fs::{self, DirEntry},
    path::Path,
};

/// Lists a folder, sorted by name, at most `limit` items; the flag tells of a cut.
pub(crate) fn list(path: &Path, limit: usize) -> Result<(Vec<DirItem>, bool), HostFault> {
    let entries = fs::read_dir(path).map_err(|error| match stat(path) {
        Ok(info) if info.kind != FileKind::Folder => HostFault::WrongKind {
            path: path.to_owned(),
            kind: info.kind,
        },
        Ok(_) | Err(_) => path_fault("list", path, &error),
    })?;
    // A heap of the smallest names so far: its largest makes room for a smaller one.
    let mut smallest: BinaryHeap<Named> = BinaryHeap::new();
    let mut cut = false;
    for entry in entries {
        let entry = entry.map_err(|e| path_fault("list", path, &e))?;
        smallest.push(Named {
            name: entry.file_name(),
            entry,
        });
        if smallest.len() > limit {
            smallest.pop();
            cut = true;
        }
    }
    let items = smallest
        .into_sorted_vec()
        .into_iter()
        .filter_map(item)
        .collect();
    Ok((items, cut))
}

/// `None` when it vanished meanwhile.
fn item(Named { name, entry }: Named) -> Option<DirItem> {
    let kind = kind_of(entry.file_type().ok()?);
    let size = match kind {
        FileKind::File | FileKind::Link => entry.metadata().ok()?.len(),
        FileKind::Folder | FileKind::Special => 0,
    };
    Some(DirItem { name, kind, size })
}

struct Named {
    name: OsString,
    entry: DirEntry,
}

impl Ord for Named {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}

impl PartialOrd for Named {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Named {}
