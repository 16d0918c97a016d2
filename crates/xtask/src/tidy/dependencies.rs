//! Third-party crates: where the heavy ones may stand, and that each is explained.

use super::Finding;
use crate::repository::Repository;
use std::collections::BTreeSet;

/// Crates of others with the packages whose shipped part may depend on them. What is not
/// listed may stand anywhere.
const PLACES: &[(&str, &[&str])] = &[
    ("anyhow", &["gimlet-cli", "xtask"]),
    ("cargo_metadata", &["xtask"]),
    ("clap", &["gimlet-cli"]),
    ("clap_complete", &["gimlet-cli"]),
    ("clap_mangen", &["gimlet-cli"]),
    ("criterion", &[]),
    ("crossterm", &["gimlet-tui"]),
    // Memory files name paths by patterns; `ignore` links it anyway.
    ("globset", &["gimlet-app", "gimlet-host"]),
    ("grep-matcher", &["gimlet-host"]),
    ("grep-regex", &["gimlet-host"]),
    ("grep-searcher", &["gimlet-host"]),
    ("hyper", &["gimlet-providers"]),
    ("ignore", &["gimlet-host"]),
    ("image", &["gimlet-tools", "gimlet-tui"]),
    ("insta", &[]),
    // Both tell people the line of what is wrong in their files.
    ("jsonc-parser", &["gimlet-settings", "gimlet-tui"]),
    ("jsonschema", &["gimlet-tools"]),
    ("keyring", &["gimlet-store"]),
    ("pdf-extract", &["gimlet-tools"]),
    ("landlock", &["gimlet-sandbox"]),
    ("libc", &["gimlet-sandbox"]),
    ("nucleo-matcher", &["gimlet-tui"]),
    ("portable-pty", &["gimlet-host"]),
    ("proc-macro2", &["xtask"]),
    ("proptest", &[]),
    ("pulldown-cmark", &["gimlet-tui"]),
    ("ratatui", &["gimlet-tui"]),
    ("reqwest", &["gimlet-providers"]),
    ("ring", &["gimlet-providers"]),
    ("rig-core", &["gimlet-providers"]),
    ("rig-reqwest", &["gimlet-providers"]),
    ("rusqlite", &["gimlet-store"]),
    ("rustls", &["gimlet-providers"]),
    ("seccompiler", &["gimlet-sandbox"]),
    ("sha1", &["gimlet-store"]),
    ("shuck-ast", &["gimlet-policy"]),
    ("shuck-parser", &["gimlet-policy"]),
    ("similar", &["gimlet-tools", "gimlet-tui"]),
    ("tree-sitter", &["gimlet-policy"]),
    ("tree-sitter-bash", &["gimlet-policy"]),
    ("vt100", &[]),
    ("zstd", &["gimlet-store"]),
];

/// Packages that must not link a runtime.
const NO_RUNTIME: &[&str] = &[
    "gimlet-protocol",
    "gimlet-ports",
    "gimlet-hygiene",
    "gimlet-settings",
];

/// The page that explains each third-party crate.
const PAGE: &str = "docs/dependencies.md";

/// Heavy crates stand only where the table has them.
pub(super) fn placed(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        for name in &package.normal {
            let place = PLACES.iter().find(|(heavy, _)| heavy == name);
            if let Some((_, allowed)) = place
                && !allowed.contains(&package.name.as_str())
            {
                let text = match *allowed {
                    [] => format!("{name} is for tests and benchmarks only"),
                    _ => format!("{name} may only be used by {}", allowed.join(", ")),
                };
                findings.push(Finding::new(&package.name, text));
            }
            if name == "tokio" && NO_RUNTIME.contains(&package.name.as_str()) {
                findings.push(Finding::new(&package.name, "must not link a runtime"));
            }
        }
    }
    findings
}

/// Each crate of the root manifest is used, and has its line in the page.
pub(super) fn explained(repository: &Repository) -> Vec<Finding> {
    let page = repository.text(PAGE).unwrap_or_default();
    let used: BTreeSet<&str> = repository
        .packages
        .iter()
        .flat_map(|package| &package.all)
        .map(String::as_str)
        .collect();
    let declared = repository
        .text("Cargo.toml")
        .map(declared)
        .unwrap_or_default();
    let mut findings = Vec::new();
    for name in declared
        .into_iter()
        .filter(|name| !name.starts_with("gimlet-"))
    {
        if !used.contains(name) {
            let text = format!("no crate uses {name}; take it out");
            findings.push(Finding::new("Cargo.toml", text));
        }
        if !page.contains(&format!("`{name}`")) {
            let text = format!("`{name}` has no line: what for, why this one, its licence");
            findings.push(Finding::new(PAGE, text));
        }
    }
    findings
}

/// The names in `[workspace.dependencies]`, which stands one to a line.
fn declared(manifest: &str) -> Vec<&str> {
    let section = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1);
    section
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .collect()
}
