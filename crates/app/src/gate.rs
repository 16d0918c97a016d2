//! The permission gate: the policy on this machine's disk.

use gimlet_policy::{Gate, Ground, Rules};
use gimlet_ports::Judge;
use gimlet_trust::Workspace;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The judges of a session.
pub(crate) fn judges(
    rules: impl Into<Arc<Rules>>,
    own_folders: Vec<PathBuf>,
    workspace: &Workspace,
) -> Vec<Arc<dyn Judge>> {
    let mut gate = Gate::new(rules.into(), own_folders, Arc::new(Disk));
    if !workspace.is_trusted() {
        gate = gate.in_untrusted_folder();
    }
    vec![Arc::new(gate)]
}

/// The links of the disk.
pub(crate) struct Disk;

impl Ground for Disk {
    fn link(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    fn ignores_case(&self) -> bool {
        cfg!(any(target_os = "macos", windows))
    }
}

#[cfg(test)]
mod tests;
