//! The kinds of workers that a session may start: built-in ones, the person's, the project's.

use super::kind::Kind;
use crate::memory::MemorySearch;
use gimlet_ports::WorkerKind;
use gimlet_trust::{Withheld, Workspace};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const BUILT_IN: [&str; 3] = [
    include_str!("kinds/explore.md"),
    include_str!("kinds/plan.md"),
    include_str!("kinds/general.md"),
];

/// Bytes that a definition may have.
const LARGEST_BYTES: u64 = 256 * 1024;
/// Definitions that are read from one place.
const MOST_FILES: usize = 500;
/// Folders below a place that are looked into, one in the other.
const DEEPEST: usize = 8;
/// Characters of all descriptions that a model is told together; further ones are only names.
const ALL_ABOUT_CHARS: usize = 3_000;

/// All kinds, and what was wrong with files that should define one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) faults: Vec<String>,
}

impl Kinds {
    /// Finds them: the project's before the person's before the built-in ones, the nearest
    /// folder first. A file of a repository defines a kind; it cannot widen what is permitted.
    pub(crate) fn find(search: &MemorySearch) -> Self {
        let mut found = Self::default();
        let mut seen = BTreeSet::new();
        for (place, whose) in places(search) {
            if seen.insert(place.clone()) {
                found.read_folder(&place, whose, &search.trust);
            }
        }
        for kind in Self::built_in().kinds {
            found.add(kind);
        }
        found.kinds.sort_by_key(|kind| kind.file.is_some());
        found
    }

    /// Those that are always there.
    pub(crate) fn built_in() -> Self {
        let mut found = Self::default();
        for text in BUILT_IN {
            // Their tests hold that they parse.
            if let Ok(Some(kind)) = Kind::parse(text) {
                found.add(kind);
            }
        }
        found
    }

    fn add(&mut self, kind: Kind) {
        if !self.kinds.iter().any(|known| known.name == kind.name) {
            self.kinds.push(kind);
        }
    }

    fn read_folder(&mut self, folder: &Path, whose: Whose, workspace: &Workspace) {
        let mut files = Vec::new();
        collect(folder, 0, &mut files);
        files.sort();
        for path in files {
            let text = match whose {
                Whose::Person => read(&path),
                Whose::Repository => match workspace.read(&path, LARGEST_BYTES) {
                    Ok(obeyed) => as_text(obeyed.into_bytes()),
                    Err(Withheld::Untrusted) => continue,
                    Err(withheld) => Err(withheld.to_string()),
                },
            };
            match text.and_then(|text| Kind::parse(&text)) {
                Ok(Some(kind)) => self.add(Kind {
                    file: Some(path),
                    ..kind
                }),
                Ok(None) => {}
                Err(why) => self
                    .faults
                    .push(format!("{}: no kind of worker: {why}", path.display())),
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// What a model is told of them.
    pub(crate) fn told(&self) -> Vec<WorkerKind> {
        let mut left = ALL_ABOUT_CHARS;
        self.kinds
            .iter()
            .map(|kind| {
                let chars = kind.about.chars().count();
                let about = if chars <= left {
                    kind.about.clone()
                } else {
                    String::new()
                };
                left = left.saturating_sub(chars);
                WorkerKind {
                    name: kind.name.clone(),
                    about,
                }
            })
            .collect()
    }
}

/// Whose a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Person,
    Repository,
}

/// Where definitions may stand, the strongest first. Those of a repository count where it is
/// trusted.
fn places(search: &MemorySearch) -> Vec<(PathBuf, Whose)> {
    let mut places = Vec::new();
    if search.sources.project {
        let top = search.workspace();
        let folders = search.root.ancestors();
        let within = folders.take_while(|folder| folder.starts_with(top));
        for folder in within.chain(search.added.iter().map(PathBuf::as_path)) {
            if !search.trust.covers(folder) {
                continue;
            }
            places.push((folder.join(".gimlet/agents"), Whose::Repository));
            places.push((folder.join(".claude/agents"), Whose::Repository));
        }
    }
    if search.sources.user {
        places.push((search.config.join("agents"), Whose::Person));
        let claude = search.claude.iter().map(|claude| claude.join("agents"));
        places.extend(claude.map(|place| (place, Whose::Person)));
    }
    places
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(listing) = fs::read_dir(folder) else {
        return;
    };
    for item in listing.flatten() {
        // Links are not followed: a definition is a file of its own.
        let Ok(kind) = item.file_type() else { continue };
        let path = item.path();
        if kind.is_dir() && depth < DEEPEST {
            collect(&path, depth + 1, files);
        } else if kind.is_file()
            && path.extension().is_some_and(|end| end == "md")
            && files.len() < MOST_FILES
        {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_BYTES {
        return Err(format!("it has {size} bytes; the limit is {LARGEST_BYTES}"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    as_text(bytes)
}

fn as_text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests;
