//! Finding files by name, newest first.

use crate::{
    fault::path_fault,
    files::modified_ns,
    search::walk::{self, FirstLook, Unreadable},
};
use gimlet_ports::{GlobFound, GlobQuery, HostFault, Stop};
use ignore::{
    DirEntry, WalkBuilder,
    overrides::{Override, OverrideBuilder},
};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Finds files by name.
pub(crate) fn glob(query: &GlobQuery, stop: &Stop) -> Result<GlobFound, HostFault> {
    let root = &query.root;
    let meta = std::fs::metadata(root).map_err(|e| path_fault("search", root, &e))?;
    if !meta.is_dir() {
        let kind = crate::files::kind_of(meta.file_type());
        return Err(HostFault::WrongKind {
            path: root.clone(),
            kind,
        });
    }
    let names = matcher(root, &query.pattern)?;
    let mut builder = walk_for(query);
    let matches = |entry: &DirEntry| names.matched(entry.path(), false).is_whitelist();
    let mut newest = Newest::new(query.limit);
    match walk::first_look(&builder, stop)? {
        FirstLook::Whole(files, unreadable) => {
            for entry in files.iter().filter(|entry| matches(entry)) {
                newest.add(entry);
            }
            newest.unreadable = unreadable;
        }
        FirstLook::Large => {
            let shared = Mutex::new(newest);
            walk::in_parallel(&mut builder, stop, || {
                |found: Result<DirEntry, String>| match found {
                    Ok(entry) if matches(&entry) => {
                        let found = Dated::new(&entry);
                        shared
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .take(found);
                    }
                    Ok(_) => {}
                    Err(what) => {
                        let mut newest = shared.lock().unwrap_or_else(PoisonError::into_inner);
                        newest.unreadable.add(what);
                    }
                }
            })?;
            newest = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
    }
    Ok(newest.into_found())
}

fn matcher(root: &Path, pattern: &str) -> Result<Override, HostFault> {
    let bad = |why: String| HostFault::BadPattern { why };
    if pattern.trim().is_empty() {
        return Err(bad("it is empty".to_owned()));
    }
    // A leading `#` begins a comment in ignore files, not here.
    let escaped = pattern.strip_prefix('#').map(|rest| format!("\\#{rest}"));
    let mut builder = OverrideBuilder::new(root);
    builder
        .add(escaped.as_deref().unwrap_or(pattern))
        .and_then(|builder| builder.build())
        .map_err(|error| bad(error.to_string()))
}

fn walk_for(query: &GlobQuery) -> WalkBuilder {
    let mut builder = walk::builder(&query.root);
    if query.include_ignored {
        builder
            .ignore(false)
            .git_ignore(false)
            .git_exclude(false)
            .git_global(false);
        builder.parents(false);
    }
    let components: Vec<&str> = query.pattern.split('/').collect();
    let names_hidden = components
        .iter()
        .any(|part| part.starts_with('.') && !part.trim_matches('.').is_empty());
    builder.hidden(!names_hidden);
    let names_git = components.contains(&".git");
    let prefix = literal_prefix(&query.pattern);
    builder.filter_entry(move |entry| {
        let name = entry.file_name();
        let Some(above) = entry.depth().checked_sub(1) else {
            return true;
        };
        if name == ".git" && !names_git {
            return false;
        }
        // A folder beside the way that the pattern spells out cannot hold a match.
        prefix
            .get(above)
            .is_none_or(|wanted| name == wanted.as_str())
    });
    builder
}

/// The folders that an anchored pattern names before its first wildcard.
fn literal_prefix(pattern: &str) -> Vec<String> {
    let is_wild = |part: &str| part.contains(['*', '?', '[', ']', '{', '}', '\\', '!']);
    let anchored = pattern.strip_prefix('/').unwrap_or(pattern);
    let mut parts: Vec<&str> = anchored.split('/').collect();
    parts.pop();
    // A comma or a brace may span slashes: then nothing is certain.
    if pattern.contains('{') && pattern.find('{') < pattern.rfind('/') {
        let open = pattern.find('{').unwrap_or(0);
        let certain = pattern.get(..open).unwrap_or_default().matches('/').count();
        parts.truncate(certain.saturating_sub(usize::from(pattern.starts_with('/'))));
    }
    parts
        .into_iter()
        .take_while(|part| !is_wild(part))
        .map(str::to_owned)
        .collect()
}

/// A file with its age; the newest is the greatest, then the one that sorts first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Dated {
    modified_ns: i128,
    path: Reverse<PathBuf>,
}

impl Dated {
    fn new(entry: &DirEntry) -> Self {
        let modified_ns = entry.metadata().map_or(0, |meta| modified_ns(&meta));
        Self {
            modified_ns,
            path: Reverse(entry.path().to_owned()),
        }
    }
}

/// The newest files so far.
struct Newest {
    heap: BinaryHeap<Reverse<Dated>>,
    limit: usize,
    total: u64,
    unreadable: Unreadable,
}

impl Newest {
    fn new(limit: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            limit,
            total: 0,
            unreadable: Unreadable::default(),
        }
    }

    fn add(&mut self, entry: &DirEntry) {
        self.take(Dated::new(entry));
    }

    fn take(&mut self, found: Dated) {
        self.total += 1;
        self.heap.push(Reverse(found));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    fn into_found(self) -> GlobFound {
        let newest_first = self.heap.into_sorted_vec();
        GlobFound {
            paths: newest_first
                .into_iter()
                .map(|Reverse(dated)| dated.path.0)
                .collect(),
            total: self.total,
            unreadable: self.unreadable.into_vec(),
        }
    }
}
