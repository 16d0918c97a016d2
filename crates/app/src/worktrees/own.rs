//! Worktrees that a session itself moves into: git's own, on a branch, in the repository.

use super::git::Git;
use super::place::top_of;
use gimlet_ports::{Entered, Later, Losses, Which, Worktrees};
use gimlet_trust::Git as Door;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where they lie in a repository, which the policy knows for ordinary folders.
const FOLDER: &str = ".claude/worktrees";
/// The branch of a worktree is this and its name.
const BRANCH: &str = "worktree-";

/// Makes and removes them.
pub(crate) struct OwnWorktrees {
    pub(crate) door: Door,
}

impl Worktrees for OwnWorktrees {
    fn enter(&self, root: PathBuf, which: Which) -> Later<'_, Result<Entered, String>> {
        let door = self.door.clone();
        blocking(move || match which {
            Which::Named(name) => named(&door, &root, &name),
            Which::At(path) => existing(&door, &root, &path),
        })
    }

    fn remove(&self, worktree: PathBuf, losses: Losses) -> Later<'_, Result<(), String>> {
        let door = self.door.clone();
        blocking(move || remove(&door, &worktree, losses))
    }
}

fn blocking<'a, T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Later<'a, Result<T, String>> {
    Box::pin(async move {
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| error.to_string())?
    })
}

fn named(door: &Door, root: &Path, name: &str) -> Result<Entered, String> {
    let told = |fault: super::WorktreeFault| fault.to_string();
    let git = Git::found(door, root).map_err(told)?;
    let top = top_of(&git, root).map_err(told)?;
    let folder = top.join(FOLDER);
    let path = folder.join(name);
    if path.exists() {
        return existing(door, root, &path);
    }
    make_hidden(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let branch = format!("{BRANCH}{name}");
    let place = path.to_string_lossy().into_owned();
    git.run(&["worktree", "add", "--quiet", "-b", &branch, &place])
        .map_err(told)?;
    Ok(Entered {
        path,
        branch: Some(branch),
    })
}

/// A folder whose content does not show in the status of the repository.
fn make_hidden(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() {
        return Ok(());
    }
    fs::write(ignore, "*\n")
}

fn existing(door: &Door, root: &Path, path: &Path) -> Result<Entered, String> {
    let told = |fault: super::WorktreeFault| fault.to_string();
    let no = || format!("{} is no worktree of this repository", path.display());
    let path = path.canonicalize().map_err(|_| no())?;
    let listed = Git::found(door, root)
        .and_then(|git| git.line(&["worktree", "list", "--porcelain"]))
        .map_err(told)?;
    let mut blocks = listed.split("\n\n");
    let block = blocks.find(|block| {
        let mut lines = block.lines();
        lines.any(|line| {
            line.strip_prefix("worktree ")
                .is_some_and(|at| Path::new(at) == path)
        })
    });
    let branch = block.ok_or_else(no)?.lines();
    let mut branch = branch;
    let branch = branch.find_map(|line| line.strip_prefix("branch refs/heads/"));
    let branch = branch.map(str::to_owned);
    Ok(Entered { path, branch })
}

fn remove(door: &Door, worktree: &Path, losses: Losses) -> Result<(), String> {
    let told = |fault: super::WorktreeFault| fault.to_string();
    let git = Git::found(door, worktree).map_err(told)?;
    let branch = git
        .line(&["rev-parse", "--abbrev-ref", "HEAD"])
        .map_err(told)?;
    if losses == Losses::Refused {
        let changes = git.line(&["status", "--porcelain"]).map_err(told)?;
        if !changes.is_empty() {
            return Err(format!(
                "{} has changes that are not committed; they would be lost:\n{changes}",
                worktree.display()
            ));
        }
        let own = format!("refs/heads/{branch}");
        let exclude = format!("--exclude={own}");
        let only_here = ["rev-list", "--count", "HEAD", "--not", &exclude, "--all"];
        let count = git.line(&only_here).map_err(told)?;
        if count != "0" {
            return Err(format!(
                "{count} commits of {branch} are on no other branch; they would be lost"
            ));
        }
    }
    let main = git
        .line(&["rev-parse", "--path-format=absolute", "--git-common-dir"])
        .map_err(told)?;
    let main = Path::new(&main).parent().unwrap_or(worktree);
    let main = Git::found(door, main).map_err(told)?;
    let place = worktree.to_string_lossy().into_owned();
    main.run(&["worktree", "remove", "--force", &place])
        .map_err(told)?;
    // A branch of another name is the person's.
    if branch.starts_with(BRANCH) {
        main.run(&["branch", "--quiet", "-D", &branch])
            .map_err(told)?;
    }
    Ok(())
}
