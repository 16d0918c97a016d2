//! What the model has seen of files, beyond the stamps on the desk: contents, to tell what
//! changed, and windows, to tell whether a place was read. Bounded, and lost at a restart.

use crate::{apply::Spot, limits::MEMORY_BYTES};
use gimlet_protocol::Stamp;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What was seen of files in this run. When it is full, what was used least recently goes.
#[derive(Debug)]
pub(crate) struct Memory {
    limit_bytes: usize,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    files: BTreeMap<PathBuf, Remembered>,
    held_bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Remembered {
    stamp: Stamp,
    content: Option<Arc<[u8]>>,
    windows: Vec<Window>,
    used: u64,
}

/// Lines from `first` to `last`, both from 1, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Default for Memory {
    fn default() -> Self {
        Self::holding(MEMORY_BYTES)
    }
}

impl Memory {
    fn holding(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            shelf: Mutex::default(),
        }
    }

    /// Keeps the content of a file as the model knows it now.
    pub(crate) fn keep(&self, path: &Path, stamp: &Stamp, content: &[u8]) {
        let mut shelf = self.shelf();
        let windows = shelf.windows_of(path, stamp).unwrap_or_default();
        shelf.put(path, stamp, Some(content.into()), windows);
        shelf.shrink(self.limit_bytes);
    }

    /// Notes that some lines of a file were shown.
    pub(crate) fn saw(&self, path: &Path, stamp: &Stamp, window: Window) {
        let mut shelf = self.shelf();
        let mut windows = shelf.windows_of(path, stamp).unwrap_or_default();
        windows.push(window);
        let content = shelf
            .files
            .get(path)
            .filter(|known| same(&known.stamp, stamp))
            .and_then(|known| known.content.clone());
        shelf.put(path, stamp, content, windows);
        shelf.shrink(self.limit_bytes);
    }

    /// Takes over what an edit did to the lines of a file that was seen in part.
    pub(crate) fn edited(&self, path: &Path, stamp: &Stamp, windows: Vec<Window>) {
        if let Some(known) = self.shelf().files.get_mut(path)
            && same(&known.stamp, stamp)
        {
            known.windows = windows;
        }
    }

    /// The content that had this stamp, if it is still held.
    pub(crate) fn content(&self, path: &Path, stamp: &Stamp) -> Option<Arc<[u8]>> {
        let mut shelf = self.shelf();
        shelf.clock += 1;
        let now = shelf.clock;
        let known = shelf
            .files
            .get_mut(path)
            .filter(|known| same(&known.stamp, stamp))?;
        known.used = now;
        known.content.clone()
    }

    /// The lines that were shown of a file with this stamp; `None` where this is not known.
    pub(crate) fn windows(&self, path: &Path, stamp: &Stamp) -> Option<Vec<Window>> {
        self.shelf()
            .windows_of(path, stamp)
            .filter(|windows| !windows.is_empty())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn windows_of(&self, path: &Path, stamp: &Stamp) -> Option<Vec<Window>> {
        let known = self
            .files
            .get(path)
            .filter(|known| same(&known.stamp, stamp))?;
        Some(known.windows.clone())
    }

    fn put(
        &mut self,
        path: &Path,
        stamp: &Stamp,
        content: Option<Arc<[u8]>>,
        windows: Vec<Window>,
    ) {
        self.clock += 1;
        self.held_bytes += content.as_ref().map_or(0, |content| content.len());
        let fresh = Remembered {
            stamp: stamp.clone(),
            content,
            windows,
            used: self.clock,
        };
        if let Some(old) = self.files.insert(path.to_owned(), fresh) {
            self.held_bytes -= old.content.map_or(0, |content| content.len());
        }
    }

    fn shrink(&mut self, limit_bytes: usize) {
        while self.held_bytes > limit_bytes {
            let oldest = self
                .files
                .values_mut()
                .filter(|known| known.content.is_some())
                .min_by_key(|known| known.used);
            let Some(content) = oldest.and_then(|known| known.content.take()) else {
                return;
            };
            self.held_bytes -= content.len();
        }
    }
}

/// Tells whether two stamps are of the same content.
pub(crate) fn same(one: &Stamp, other: &Stamp) -> bool {
    if one.hash.is_empty() || other.hash.is_empty() {
        one.size == other.size && one.modified_ns == other.modified_ns
    } else {
        one.hash == other.hash
    }
}

/// The windows after an edit at these spots. Lines that were written count as seen.
pub(crate) fn moved(windows: &[Window], spots: &[Spot]) -> Vec<Window> {
    let shift = |line: u64, until: &dyn Fn(&Spot) -> bool| {
        let mut at = i128::from(line);
        for spot in spots.iter().filter(|spot| until(spot)) {
            at += i128::from(spot.new_lines) - i128::from(spot.old_lines);
        }
        u64::try_from(at.max(1)).unwrap_or(u64::MAX)
    };
    windows
        .iter()
        .map(|window| Window {
            first: shift(window.first, &|spot| {
                spot.first + spot.old_lines <= window.first
            }),
            last: shift(window.last, &|spot| spot.first <= window.last),
        })
        .collect()
}

/// The first line of the spots that no window covers.
pub(crate) fn uncovered(windows: &[Window], spots: &[Spot]) -> Option<u64> {
    let covered = |line: u64| {
        windows
            .iter()
            .any(|seen| seen.first <= line && line <= seen.last)
    };
    spots
        .iter()
        .flat_map(|spot| spot.first..spot.first + spot.old_lines.max(1))
        .find(|line| !covered(*line))
}

#[cfg(test)]
mod tests;
