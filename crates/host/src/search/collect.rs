//! Gathers the hits of files that are searched in any order into the order of their paths,
//! holding no more than is asked for.

use crate::search::walk::Unreadable;
use gimlet_ports::{GrepFound, GrepHit};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What was found in one file.
#[derive(Debug, Default)]
pub(super) struct FileHits {
    pub(super) hits: Vec<GrepHit>,
    /// Matching lines, as far as was searched.
    pub(super) matches: u64,
}

/// The first hits in the order of their paths.
pub(super) struct Collector {
    files: BTreeMap<PathBuf, FileHits>,
    held: usize,
    offset: usize,
    limit: usize,
    pub(super) unreadable: Unreadable,
}

impl Collector {
    pub(super) fn new(offset: usize, limit: usize) -> Self {
        let unreadable = Unreadable::default();
        Self {
            files: BTreeMap::new(),
            held: 0,
            offset,
            limit,
            unreadable,
        }
    }

    /// Hits that are needed: the wanted ones, and one more to know that there is more.
    pub(super) fn needed(&self) -> usize {
        self.offset.saturating_add(self.limit).saturating_add(1)
    }

    /// True when a file at this path could not change what is returned.
    pub(super) fn is_past(&self, path: &Path) -> bool {
        self.held >= self.needed()
            && self
                .files
                .last_key_value()
                .is_some_and(|(last, _)| path > last.as_path())
    }

    pub(super) fn add(&mut self, path: PathBuf, found: FileHits) {
        let needed = self.needed();
        self.held += found.hits.len();
        self.files.insert(path, found);
        while let Some(last) = self.files.last_entry() {
            let without = self.held - last.get().hits.len();
            if without < needed {
                break;
            }
            self.held = without;
            last.remove();
        }
    }

    /// The wanted hits. Where there are more, the counts are those of what comes before them,
    /// so that they do not depend on which file was searched first.
    pub(super) fn into_found(self) -> GrepFound {
        let more = self.held >= self.needed();
        let until = self.needed() - 1;
        let mut found = GrepFound {
            more,
            unreadable: self.unreadable.into_vec(),
            ..GrepFound::default()
        };
        let mut at = 0;
        for file in self.files.into_values() {
            if at >= until {
                break;
            }
            found.files += 1;
            let cut = at + file.hits.len() > until;
            if !cut {
                found.matches += file.matches;
            }
            for hit in file.hits {
                if at >= until {
                    break;
                }
                if cut {
                    found.matches += if hit.count > 0 {
                        hit.count
                    } else {
                        hit.matched.into()
                    };
                }
                if at >= self.offset {
                    found.hits.push(hit);
                }
                at += 1;
            }
        }
        found
    }
}
