//! Where git keeps what belongs to a folder, as far as it lies elsewhere.
//!
//! A commit writes into git's folder. Where that is not in the workspace (a linked work tree, a
//! folder inside a repository), it may be written too, but for what makes code run later. What
//! a file in the workspace says of it is only believed where git's folder says the same of the
//! workspace: such a file may name any folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Submodules and work trees whose configuration is protected.
const MOST: usize = 200;
/// No file that names a folder is longer.
const NAME_BYTES: u64 = 1 << 16;

/// Places of git.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// May be written beside the workspace.
    pub(super) write: Vec<PathBuf>,
    /// Stays as it is.
    pub(super) protect: Vec<PathBuf>,
}

impl Places {
    /// Looks for them from a folder upwards.
    pub(super) fn of(root: &Path) -> Self {
        let found = root.ancestors().find_map(|folder| {
            let git = folder.join(".git");
            let meta = fs::symlink_metadata(&git).ok()?;
            if meta.is_dir() {
                return is_repository(&git).then(|| (vec![git.clone()], git));
            }
            let own = named_in(&git, "gitdir:").map(|name| folder.join(name))?;
            let own = own.canonicalize().ok()?;
            let common = own.join(named_in(&own.join("commondir"), "")?);
            let common = common.canonicalize().ok()?;
            // Only the repository itself can say that this is one of its work trees.
            let back = PathBuf::from(named_in(&own.join("gitdir"), "")?);
            let is_ours = back.canonicalize().ok()? == git.canonicalize().ok()?;
            let is_inside = own.starts_with(common.join("worktrees"));
            (is_ours && is_inside && is_repository(&common)).then(|| (vec![common.clone()], common))
        });
        let Some((folders, git)) = found else {
            return Self::default();
        };
        let mut protect = vec![git.join("hooks"), git.join("config")];
        for (kind, names) in [
            ("modules", &["hooks", "config"][..]),
            ("worktrees", &["config.worktree"][..]),
        ] {
            let Ok(items) = fs::read_dir(git.join(kind)) else {
                continue;
            };
            for item in items.flatten().take(MOST) {
                let places = names.iter().map(|name| item.path().join(name));
                protect.extend(places.filter(|place| place.exists()));
            }
        }
        let outside = |folder: &PathBuf| !folder.starts_with(root);
        Self {
            write: folders.into_iter().filter(outside).collect(),
            protect,
        }
    }
}

fn is_repository(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

/// The first line of a small file, behind its label.
fn named_in(file: &Path, label: &str) -> Option<String> {
    if fs::metadata(file).ok()?.len() > NAME_BYTES {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().next()?.strip_prefix(label)?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
