//! What the model is told of the place that it works in.

use gimlet_engine::Environment;
use gimlet_settings::{Env, env_vars};
use gimlet_trust::Place;
use std::path::{Path, PathBuf};

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
        git_branch: Place::find(root, env.path(&env_vars::HOME).as_deref())
            .ok()
            .and_then(|place| place.branch()),
        platform: std::env::consts::OS.to_owned(),
        shell: shell
            .filter(|name| matches!(*name, "bash" | "zsh"))
            .unwrap_or("bash")
            .to_owned(),
        date: jiff::Zoned::now().date().to_string(),
    }
}
