//! Where a path really leads, so that a link cannot carry an access out of the workspace.

use std::{
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

/// The path with its links resolved as far as it exists; the rest is taken as it is written.
pub(super) fn real(path: &Path) -> PathBuf {
    let plain = lexical(path);
    let mut rest: Vec<OsString> = Vec::new();
    let mut here = plain.as_path();
    loop {
        if let Ok(real) = here.canonicalize() {
            return rest.iter().rev().fold(real, |path, name| path.join(name));
        }
        // A link that leads nowhere may lead somewhere once it is written through.
        if let Ok(target) = here.read_link() {
            let parent = here.parent().unwrap_or(Path::new("/"));
            let aim = lexical(&parent.join(target));
            if rest.len() < LONGEST_CHAIN && aim != here {
                let tail = rest.iter().rev().fold(aim, |path, name| path.join(name));
                return match tail.parent() {
                    Some(parent) => real(parent).join(tail.file_name().unwrap_or_default()),
                    None => tail,
                };
            }
        }
        match (here.parent(), here.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name.to_owned());
                here = parent;
            }
            _ => return plain,
        }
    }
}

/// Missing folders in a path before a link chain is no longer followed.
const LONGEST_CHAIN: usize = 64;

/// The path without `.` and `..`, by its words alone.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(component),
        }
    }
    out
}

/// True when the path leads into one of the folders.
pub(super) fn is_within<'a>(path: &Path, folders: impl IntoIterator<Item = &'a PathBuf>) -> bool {
    let path = real(path);
    folders
        .into_iter()
        .any(|folder| path.starts_with(real(folder)))
}
