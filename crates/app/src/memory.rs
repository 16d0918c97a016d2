//! Memory files: AGENTS.md, CLAUDE.md and GIMLET.md, for the person and up the tree.

use gimlet_engine::MemoryFile;
use gimlet_settings::InstructionFiles;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Larger files are left out, with a notice.
const LARGEST_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Where memory files are looked for.
#[derive(Clone, Debug)]
pub(crate) struct MemorySearch<'a> {
    /// The folder that the session works in.
    pub(crate) root: &'a Path,
    /// The person's home.
    pub(crate) home: Option<&'a Path>,
    /// Gimlet's configuration folder.
    pub(crate) config: &'a Path,
    /// Which of the names count.
    pub(crate) which: InstructionFiles,
    /// Globs of absolute paths that the settings leave out; compared as whole paths here.
    pub(crate) excluded: &'a [String],
}

/// What was found, from the most general to the nearest, and what was left out and why.
#[derive(Debug, Default)]
pub(crate) struct MemoryFound {
    pub(crate) files: Vec<MemoryFile>,
    pub(crate) left_out: Vec<(PathBuf, String)>,
}

/// Finds and reads the memory files of a session.
pub(crate) fn find(search: &MemorySearch<'_>) -> MemoryFound {
    let mut found = MemoryFound::default();
    if search.which == InstructionFiles::ManagedOnly {
        return found;
    }
    for path in [search.config.join("GIMLET.md"), search.config.join("AGENTS.md")] {
        take(search, &mut found, path);
    }
    if let Some(home) = search.home {
        take(search, &mut found, home.join(".claude/CLAUDE.md"));
    }
    let folders: Vec<&Path> = search.root.ancestors().collect();
    let has_claude = folders.iter().any(|folder| claude_files(folder).iter().any(|p| p.is_file()));
    for folder in folders.into_iter().rev() {
        // Files of the home folder itself are the person's, and were taken above.
        let agents = match search.which {
            InstructionFiles::ClaudeMd | InstructionFiles::ManagedOnly => false,
            InstructionFiles::ClaudeMdOrAgentsMd => !has_claude,
            InstructionFiles::ClaudeMdAndAgentsMd => true,
        };
        if agents {
            take(search, &mut found, folder.join("AGENTS.md"));
        }
        for path in claude_files(folder) {
            take(search, &mut found, path);
        }
        take(search, &mut found, folder.join("GIMLET.md"));
    }
    found
}

fn claude_files(folder: &Path) -> [PathBuf; 3] {
    ["CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"].map(|name| folder.join(name))
}

fn take(search: &MemorySearch<'_>, found: &mut MemoryFound, path: PathBuf) {
    let Ok(info) = fs::metadata(&path) else { return };
    if !info.is_file() || found.files.iter().any(|file| same_file(&file.path, &path)) {
        return;
    }
    if search.excluded.iter().any(|excluded| Path::new(excluded) == path) {
        found.left_out.push((path, "the settings exclude it".to_owned()));
        return;
    }
    if info.len() > LARGEST_FILE_BYTES {
        let why = format!("it has {} bytes; the limit is {LARGEST_FILE_BYTES}", info.len());
        found.left_out.push((path, why));
        return;
    }
    match fs::read(&path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if !text.trim().is_empty() {
                found.files.push(MemoryFile { path, text });
            }
        }
        Err(error) => found.left_out.push((path, error.to_string())),
    }
}

/// The same text must not be loaded twice under two names.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
