//! What the model is told of the place that it works in.

use gimlet_engine::Environment;
use gimlet_settings::{Env, env_vars};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Looks around once, when a session starts.
pub(crate) fn look(root: &Path, added: &[PathBuf], env: &Env) -> Environment {
    let shell = env.path(&env_vars::SHELL);
    let shell = shell
        .as_deref()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    Environment {
        cwd: root.to_owned(),
        added: added.to_vec(),
        git_branch: git_branch(root),
        platform: std::env::consts::OS.to_owned(),
        shell: shell
            .filter(|name| matches!(*name, "bash" | "zsh"))
            .unwrap_or("bash")
            .to_owned(),
        date: jiff::Zoned::now().date().to_string(),
    }
}

/// The branch, read from the repository's own files: starting git costs more than all the rest.
pub(crate) fn git_branch(root: &Path) -> Option<String> {
    let git = root
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|path| path.exists())?;
    let folder = if git.is_dir() {
        git
    } else {
        // A worktree or submodule: the file names the real folder.
        let text = fs::read_to_string(&git).ok()?;
        git.parent()?.join(text.strip_prefix("gitdir:")?.trim())
    };
    let head = fs::read_to_string(folder.join("HEAD")).ok()?;
    let head = head.trim();
    Some(match head.strip_prefix("ref: refs/heads/") {
        Some(branch) => branch.to_owned(),
        None => format!("detached at {}", head.chars().take(12).collect::<String>()),
    })
}
