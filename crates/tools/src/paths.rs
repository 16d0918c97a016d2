//! Paths as models write them, made absolute; paths as people read them, made short.

use gimlet_ports::{Scene, ToolFault};
use std::path::{Component, Path, PathBuf};

/// The absolute path that is meant: `~` is the home, `.` and `..` are folded without
/// looking at links, anything relative starts at the working directory.
pub(crate) fn resolve(scene: &Scene, text: &str) -> Result<PathBuf, ToolFault> {
    if text.trim().is_empty() {
        return Err(ToolFault::Tell("the path is empty".to_owned()));
    }
    if text.contains('\0') {
        return Err(ToolFault::Tell(
            "the path contains a NUL character".to_owned(),
        ));
    }
    let given = match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = scene
                .home
                .as_ref()
                .ok_or_else(|| ToolFault::Tell(format!("{text}: there is no home folder here")))?;
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    };
    Ok(normal(&scene.cwd.join(given)))
}

/// Folds `.` and `..` without looking at the file system.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                folded.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => folded.push(part),
        }
    }
    folded
}

/// The path as the model reads it: relative below the working directory, else absolute.
pub(crate) fn short(scene: &Scene, path: &Path) -> String {
    relative_to(&scene.cwd, path)
}

/// The path of a title: relative inside the session's folder, else absolute.
pub(crate) fn title(scene: &Scene, path: &Path) -> String {
    relative_to(&scene.root, path)
}

fn relative_to(base: &Path, path: &Path) -> String {
    match path.strip_prefix(base) {
        Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
        Ok(rest) => rest.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests;
