//! A folder and the repository that it is part of, told without git: before a repository is
//! trusted, git is not run in it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file of git's own that names another place is never longer.
const POINTER_BYTES: u64 = 16 * 1024;
/// Characters of a branch's name that are told.
const BRANCH_CHARS: usize = 200;

/// A folder and its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder, without links on the way.
    pub folder: PathBuf,
    /// What a decision about the folder covers: the repository's top, or the folder itself
    /// where it is part of none.
    pub root: PathBuf,
    /// How the repository is one.
    pub git: GitEntry,
}

/// What makes a folder a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitEntry {
    /// Nothing: it is none.
    None,
    /// A `.git` folder.
    Folder,
    /// It is a repository without files of its own, or the inside of one.
    Bare,
    /// A `.git` file that leads to a folder which knows of it: a worktree or a submodule.
    Linked {
        /// The folder that it leads to.
        git_dir: PathBuf,
        /// The top of the repository that a worktree belongs to. A submodule belongs to itself.
        worktree_of: Option<PathBuf>,
    },
    /// Something that leads elsewhere, and that nothing there confirms.
    Foreign,
}

impl Place {
    /// Finds the repository of a folder. A home folder that is kept in git does not make one
    /// repository of all that lies in it.
    ///
    /// # Errors
    /// When the folder does not exist.
    pub fn find(folder: &Path, home: Option<&Path>) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        let home = home.and_then(|home| home.canonicalize().ok());
        for above in folder.ancestors() {
            if above != folder && home.as_deref() == Some(above) {
                break;
            }
            let git = entry_of(above);
            if git != GitEntry::None {
                return Ok(Self {
                    root: above.to_owned(),
                    git,
                    folder,
                });
            }
        }
        Ok(Self {
            root: folder.clone(),
            folder,
            git: GitEntry::None,
        })
    }

    /// The folder with `HEAD` and the index, where it is the repository's own beyond doubt.
    pub fn git_dir(&self) -> Option<PathBuf> {
        match &self.git {
            GitEntry::Folder => Some(self.root.join(".git")),
            GitEntry::Linked { git_dir, .. } => Some(git_dir.clone()),
            GitEntry::Bare => Some(self.root.clone()),
            GitEntry::None | GitEntry::Foreign => None,
        }
    }

    /// The branch, read from `HEAD` itself; `detached at …` where there is none.
    pub fn branch(&self) -> Option<String> {
        let head = pointer(&self.git_dir()?.join("HEAD"))?;
        let head = head.lines().next().unwrap_or_default().trim();
        let shown: String = match head.strip_prefix("ref: refs/heads/") {
            Some(branch) => branch.chars().take(BRANCH_CHARS).collect(),
            None if head.bytes().all(|byte| byte.is_ascii_hexdigit()) && head.len() >= 12 => {
                format!("detached at {}", head.chars().take(12).collect::<String>())
            }
            None => return None,
        };
        // Git allows none of these in a name; a file may hold anything.
        let is_name = !shown.is_empty() && !shown.chars().any(|c| c.is_control() || c == ' ');
        (is_name || shown.starts_with("detached at ")).then_some(shown)
    }

    /// The file that configures the repository.
    pub(crate) fn config_files(&self) -> Vec<PathBuf> {
        let Some(git_dir) = self.git_dir() else {
            return Vec::new();
        };
        let common = match pointer(&git_dir.join("commondir")) {
            Some(common) => git_dir.join(common.trim()),
            None => git_dir.clone(),
        };
        vec![common.join("config"), git_dir.join("config.worktree")]
    }
}

fn entry_of(folder: &Path) -> GitEntry {
    let path = folder.join(".git");
    let Ok(info) = fs::symlink_metadata(&path) else {
        return if is_bare(folder) {
            GitEntry::Bare
        } else {
            GitEntry::None
        };
    };
    if info.is_dir() {
        return GitEntry::Folder;
    }
    if !info.is_file() {
        return GitEntry::Foreign;
    }
    linked(folder, &path).unwrap_or(GitEntry::Foreign)
}

/// A folder that git would take for a repository though no `.git` says so.
fn is_bare(folder: &Path) -> bool {
    folder.join("HEAD").symlink_metadata().is_ok()
        && folder.join("objects").is_dir()
        && folder.join("refs").is_dir()
}

/// Where a `.git` file leads, if what is there leads back.
fn linked(folder: &Path, file: &Path) -> Option<GitEntry> {
    let text = pointer(file)?;
    let named = text.lines().next()?.strip_prefix("gitdir:")?.trim();
    let git_dir = folder.join(named).canonicalize().ok()?;
    if let Some(back) = pointer(&git_dir.join("gitdir")) {
        let back = git_dir.join(back.trim()).canonicalize().ok()?;
        let common = pointer(&git_dir.join("commondir"))?;
        let common = git_dir.join(common.trim()).canonicalize().ok()?;
        // Only git itself keeps the folder of a worktree there.
        let is_kept = git_dir.parent() == Some(&common.join("worktrees"));
        if back != file.canonicalize().ok()? || !is_kept {
            return None;
        }
        let worktree_of = common
            .parent()
            .filter(|_| common.file_name().is_some_and(|name| name == ".git"))
            .map(Path::to_owned);
        return Some(GitEntry::Linked {
            git_dir,
            worktree_of,
        });
    }
    // A submodule's folder is kept in that of the repository above it.
    let kept_above = folder.ancestors().skip(1).any(|above| {
        let kept = above.join(".git/modules");
        kept.canonicalize()
            .is_ok_and(|kept| git_dir != kept && git_dir.starts_with(kept))
    });
    kept_above.then_some(GitEntry::Linked {
        git_dir,
        worktree_of: None,
    })
}

/// A short file of git's own. A link is not followed: it could lead to any file.
pub(crate) fn pointer(path: &Path) -> Option<String> {
    let info = fs::symlink_metadata(path).ok()?;
    if !info.is_file() || info.len() > POINTER_BYTES {
        return None;
    }
    fs::read_to_string(path).ok()
}
