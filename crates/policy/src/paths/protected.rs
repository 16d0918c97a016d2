//! Paths that decide what runs later, and paths whose removal is a catastrophe.

use super::{Grounds, Resolved, fold};
use std::path::Path;

/// Folders whose content decides what other programs run. Several parts stand in a row.
const FOLDERS: [&[&str]; 12] = [
    &[".git"],
    &[".config", "git"],
    &[".vscode"],
    &[".idea"],
    &[".husky"],
    &[".cargo"],
    &[".devcontainer"],
    &[".yarn"],
    &[".mvn"],
    &[".claude"],
    &[".gimlet"],
    &[".ssh"],
];

/// Files that decide what other programs run.
const FILES: [&str; 39] = [
    ".gitconfig",
    ".gitmodules",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_aliases",
    ".bash_logout",
    ".zshrc",
    ".zprofile",
    ".zshenv",
    ".zlogin",
    ".zlogout",
    ".profile",
    ".envrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    ".pnpmfile.cjs",
    "bunfig.toml",
    ".bunfig.toml",
    ".bazelrc",
    ".bazelversion",
    ".bazeliskrc",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    "gradle-wrapper.properties",
    "maven-wrapper.properties",
    ".devcontainer.json",
    ".ripgreprc",
    "pyrightconfig.json",
    ".mcp.json",
    ".claude.json",
    ".gimlet.json",
    ".inputrc",
];

/// The protected name in a path, if there is one. Work trees below `.claude/worktrees` and
/// `.gimlet/worktrees` are ordinary folders.
pub(crate) fn protects(path: &Path) -> Option<String> {
    // A backslash parts names on some systems; what hides there is looked at as well.
    let text = path.to_string_lossy();
    let names: Vec<String> = text
        .split(['/', '\\'])
        .filter(|name| !name.is_empty())
        .map(plain)
        .collect();
    let name_at = |at: usize| names.get(at).map(String::as_str);
    for at in 0..names.len() {
        for folder in FOLDERS {
            let here = folder
                .iter()
                .enumerate()
                .all(|(offset, part)| name_at(at + offset).is_some_and(|name| same(name, part)));
            let tree = matches!(folder, [".claude" | ".gimlet"])
                && name_at(at + 1) == Some("worktrees")
                && names.len() > at + 2;
            if here && !tree {
                return Some(folder.join("/"));
            }
        }
    }
    let last = names.last()?;
    // `.git` beside its short name of old file systems.
    FILES
        .iter()
        .find(|file| same(last, file))
        .map(|file| (*file).to_owned())
}

/// A name as a forgiving file system takes it: case, invisible characters, streams, dots and
/// blanks at its end are dropped.
fn plain(name: &str) -> String {
    let seen: String = name
        .chars()
        .filter(|c| !crate::shell::is_invisible(*c) && !crate::shell::is_bidi(*c))
        .collect();
    let folded = fold(&seen);
    let stem = folded.split(':').next().unwrap_or_default();
    let trimmed = stem.trim_end_matches(['.', ' ']);
    if trimmed.is_empty() {
        folded
    } else {
        trimmed.to_owned()
    }
}

fn same(name: &str, wanted: &str) -> bool {
    // `GIT~1` is `.git`: the short name of a dotted name drops the dot.
    let short = name
        .split_once('~')
        .filter(|(_, number)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
    name == wanted
        || short.is_some_and(|(stem, _)| {
            let full: String = wanted.chars().filter(|c| *c != '.').take(6).collect();
            stem == full
        })
}

/// Says why removing the path would be a catastrophe.
pub(crate) fn critical(resolved: &Resolved, grounds: &Grounds<'_>) -> Option<&'static str> {
    resolved.spellings().find_map(|path| {
        if path == Path::new("/") || path.as_os_str().is_empty() {
            return Some("that is the whole file system");
        }
        if path.parent() == Some(Path::new("/")) {
            return Some("that is a folder of the system");
        }
        let site = grounds.site;
        let homes = site.home.iter().flat_map(|home| {
            super::resolve(home, grounds.ground)
                .spellings()
                .map(Path::to_owned)
                .collect::<Vec<_>>()
        });
        if homes.into_iter().any(|home| home.starts_with(path)) {
            return Some("that holds the home folder");
        }
        if grounds.roots().any(|root| root.starts_with(path)) || site.cwd.starts_with(path) {
            return Some("that holds the workspace");
        }
        None
    })
}
