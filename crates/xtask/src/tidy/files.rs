//! Names, heads and sizes of files, and what must not be left lying about.

use super::Finding;
use crate::repository::Repository;

/// Names that say nothing.
const FORBIDDEN: &[&str] = &[
    "common", "core", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
];

/// Lines that a shipped file may have.
const MAX_LINES: usize = 800;

/// Longer files that are tables of data.
const TABLES: &[&str] = &[];

/// Crates and modules are named for what they do, and a module with parts is `foo.rs` with
/// `foo/`.
pub(super) fn names(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.rust() {
        let parts = file
            .path
            .split('/')
            .map(|part| part.trim_end_matches(".rs"));
        for part in parts.filter(|part| FORBIDDEN.contains(part)) {
            let text = format!("`{part}` says nothing; name it for what it does");
            findings.push(Finding::new(&file.path, text));
        }
        if file.path.ends_with("/mod.rs") {
            findings.push(Finding::new(
                &file.path,
                "write foo.rs with foo/ instead of mod.rs",
            ));
        }
    }
    for package in &repository.packages {
        let name = package.name.trim_start_matches("gimlet-");
        if FORBIDDEN.contains(&name) {
            let text = format!("`{name}` says nothing; name it for what it does");
            findings.push(Finding::new(&package.name, text));
        }
    }
    findings
}

/// Every module says at its head what it is; `tests.rs` says so by its name.
pub(super) fn heads(repository: &Repository) -> Vec<Finding> {
    let has_head = |text: &str| {
        let first = text
            .lines()
            .find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
        first
            .and_then(|line| line.strip_prefix("//!"))
            .is_some_and(|head| !head.trim().is_empty())
    };
    let files = repository
        .rust()
        .filter(|file| file.stem() != "tests" && !has_head(&file.text));
    let text = "begin the module with a `//!` line that says what it is";
    files.map(|file| Finding::new(&file.path, text)).collect()
}

/// No shipped file grows too long to read.
pub(super) fn sizes(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.rust().filter(|file| !file.is_test()) {
        let lines = file.text.lines().count();
        if lines > MAX_LINES && !TABLES.contains(&file.path.as_str()) {
            let text = format!("{lines} lines; {MAX_LINES} is the limit, so split it");
            findings.push(Finding::new(&file.path, text));
        }
    }
    findings
}

/// No snapshot waits to be reviewed.
pub(super) fn leftovers(repository: &Repository) -> Vec<Finding> {
    let waiting = |path: &str| path.ends_with(".snap.new") || path.ends_with(".pending-snap");
    let files = repository.files.iter().filter(|file| waiting(&file.path));
    let text = "a snapshot waits: `just snap` reviews it";
    files.map(|file| Finding::new(&file.path, text)).collect()
}
