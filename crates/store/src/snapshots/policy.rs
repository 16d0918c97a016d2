//! What snapshots do not cover by its name. `docs/undo.md` and `gimlet snapshots` tell it.

use std::{fs::File, io::Read as _, path::Path};

/// Folders of version control systems: never looked into, never restored.
pub const REPOSITORY_FOLDERS: [&str; 7] = [".git", ".hg", ".svn", ".jj", ".sl", ".bzr", "CVS"];

/// Folders of dependencies, caches and build output, wherever nothing in them is tracked by git.
pub const BULK_FOLDERS: [&str; 32] = [
    ".bloop",
    ".cache",
    ".dart_tool",
    ".direnv",
    ".gradle",
    ".hypothesis",
    ".metals",
    ".mypy_cache",
    ".next",
    ".nox",
    ".nuxt",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".ruff_cache",
    ".stack-work",
    ".svelte-kit",
    ".terraform",
    ".tox",
    ".turbo",
    ".venv",
    ".yarn",
    ".zig-cache",
    "DerivedData",
    "Pods",
    "__pycache__",
    "bower_components",
    "dist-newstyle",
    "elm-stuff",
    "node_modules",
    "venv",
    "zig-out",
];

/// Folders of build output where one of [`BUILD_FILES`] stands beside them.
pub const BUILT_FOLDERS: [&str; 3] = ["target", "build", "_build"];

/// Files that say that [`BUILT_FOLDERS`] beside them are made by a build.
pub const BUILD_FILES: [&str; 8] = [
    "Cargo.toml",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "dune-project",
    "mix.exs",
    "pom.xml",
    "project.clj",
];

pub(crate) fn is_bulk_name(name: &[u8], builds: bool) -> bool {
    let is = |known: &&str| known.as_bytes() == name;
    BULK_FOLDERS.iter().any(is) || (builds && BUILT_FOLDERS.iter().any(is))
}

/// True for a folder that says so by the usual file, as cargo's and borg's do.
pub(crate) fn says_it_is_a_cache(folder: &Path) -> bool {
    const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
    let Ok(file) = File::open(folder.join("CACHEDIR.TAG")) else {
        return false;
    };
    let mut start = Vec::new();
    let read = file.take(SIGNATURE.len() as u64).read_to_end(&mut start);
    read.is_ok() && start == SIGNATURE
}
