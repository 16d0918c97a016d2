//! Which crate may depend on which. A new arrow is a reviewed change of this table.

use super::Finding;
use crate::repository::Repository;

/// What a sibling may see.
const BASE: &[&str] = &[
    "gimlet-protocol",
    "gimlet-ports",
    "gimlet-hygiene",
    "gimlet-trust",
];

/// Each crate with the crates of the workspace that its shipped part may depend on. Tests
/// may depend on any crate.
const ARROWS: &[(&str, &[&str])] = &[
    ("gimlet-protocol", &[]),
    ("gimlet-ports", &["gimlet-protocol"]),
    // A leaf that everything may see: front ends need it and must not link the shell parser.
    ("gimlet-hygiene", &[]),
    // A leaf, too: whoever reads a repository or starts git does it through its doors.
    ("gimlet-trust", &[]),
    ("gimlet-settings", BASE),
    ("gimlet-engine", BASE),
    ("gimlet-providers", BASE),
    ("gimlet-tools", BASE),
    ("gimlet-host", BASE),
    ("gimlet-store", BASE),
    ("gimlet-policy", BASE),
    // Knows nothing of sessions: a description comes in, a confined process goes on.
    ("gimlet-sandbox", &["gimlet-protocol", "gimlet-hygiene"]),
    ("gimlet-gateway", BASE),
    ("gimlet-tui", BASE),
    (
        "gimlet-app",
        &[
            "gimlet-protocol",
            "gimlet-ports",
            "gimlet-hygiene",
            "gimlet-trust",
            "gimlet-settings",
            "gimlet-engine",
            "gimlet-providers",
            "gimlet-tools",
            "gimlet-host",
            "gimlet-store",
            "gimlet-policy",
            "gimlet-sandbox",
        ],
    ),
    (
        "gimlet-cli",
        &[
            "gimlet-protocol",
            "gimlet-ports",
            "gimlet-hygiene",
            "gimlet-trust",
            "gimlet-settings",
            "gimlet-gateway",
            "gimlet-tui",
            // The helper is this program under another name.
            "gimlet-sandbox",
            "gimlet-app",
        ],
    ),
    // For tests and tools alone; nothing that is shipped depends on these two.
    ("gimlet-testkit", BASE),
    ("xtask", &[]),
];

/// Depends on whatever it generates references from.
const UNBOUND: &str = "xtask";

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in repository
        .packages
        .iter()
        .filter(|package| package.name != UNBOUND)
    {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            let text = "the crate is not in the arrow table (crates/xtask/src/tidy/arrows.rs)";
            findings.push(Finding::new(&package.name, text));
            continue;
        };
        let is_ours = |name: &&String| ARROWS.iter().any(|(known, _)| known == name);
        for target in package.normal.iter().filter(is_ours) {
            if !allowed.contains(&target.as_str()) {
                let text = format!("must not depend on {target}");
                findings.push(Finding::new(&package.name, text));
            }
        }
    }
    findings
}
