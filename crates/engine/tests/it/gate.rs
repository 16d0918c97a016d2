//! The product's permission gate: the policy on this machine's disk.

use gimlet_policy::{Gate, Ground, RuleSource, Rules};
use gimlet_ports::Judge;
use gimlet_protocol::Verdict;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

struct Disk;

impl Ground for Disk {
    fn link(&self, path: &Path) -> Option<PathBuf> {
        std::fs::read_link(path).ok()
    }

    fn ignores_case(&self) -> bool {
        false
    }
}

/// A judge by the rules of the scene.
pub(crate) fn of(root: &Path, allow: &[String], deny: &[String]) -> Vec<Arc<dyn Judge>> {
    let mut rules = Rules::default();
    let source = |name: &str| RuleSource {
        name: name.to_owned(),
        folder: root.to_owned(),
        ..RuleSource::default()
    };
    for rule in allow {
        rules.add_list(Verdict::Allow, rule, &source("--allowedTools"));
    }
    for rule in deny {
        rules.add_list(Verdict::Deny, rule, &source("--disallowedTools"));
    }
    vec![Arc::new(Gate::new(
        Arc::new(rules),
        Vec::new(),
        Arc::new(Disk),
    ))]
}
