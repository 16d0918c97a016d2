//! Files, processes, clocks, the environment and tasks are reached through their doors.

use super::Finding;
use crate::{
    repository::{Repository, SourceFile},
    rust::PathUse,
};
use std::collections::BTreeSet;

/// Crates that reach the world only through `ports`.
const BEHIND_THE_DOOR: &[&str] = &[
    "protocol",
    "ports",
    "engine",
    "tools",
    "gateway",
    "providers",
    "tui",
];

/// What they must not touch, with the door that they take instead.
const BANNED: &[(&str, &str)] = &[
    ("std::fs", "take a `Host`"),
    ("std::process", "take a `Host`"),
    ("tokio::fs", "take a `Host`"),
    ("tokio::process", "take a `Host`"),
    (
        "std::time::SystemTime::now",
        "take the time from a `Host` or an argument",
    ),
    (
        "std::time::Instant::now",
        "use `tokio::time::Instant`, which tests can stop",
    ),
];

/// Files that may all the same: the start of their path, what they may, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Crates that may start tasks; each task has an owner that ends it.
const MAY_SPAWN: &[&str] = &["engine", "host", "gateway", "app", "cli", "testkit"];

/// Crates outside `settings` that may look at the process's environment, and why.
const MAY_READ_ENVIRONMENT: &[(&str, &str)] = &[(
    "host",
    "a child inherits what its parent has, registered or not",
)];

/// Registered variables that libraries read on their own.
const READ_BY_LIBRARIES: &[(&str, &str)] = &[
    ("ALL_PROXY", "reqwest"),
    ("COLUMNS", "clap"),
    ("HTTPS_PROXY", "reqwest"),
    ("HTTP_PROXY", "reqwest"),
    ("NO_PROXY", "reqwest"),
    ("TMPDIR", "the standard library"),
];

/// Where variables are registered.
const REGISTRY: &str = "crates/settings/src/env_vars.rs";

/// Nothing behind the door touches the world.
pub(super) fn doors(repository: &Repository) -> Vec<Finding> {
    let behind = |file: &&SourceFile| is_shipped_in(file, BEHIND_THE_DOOR);
    repository
        .rust()
        .filter(behind)
        .flat_map(doors_of)
        .collect()
}

fn doors_of(file: &SourceFile) -> Vec<Finding> {
    let paths = file.used_paths();
    let mut findings = Vec::new();
    for path in paths {
        let full = resolved(path, paths);
        let Some((banned, instead)) = BANNED.iter().find(|(banned, _)| is_below(&full, banned))
        else {
            continue;
        };
        let excepted = EXCEPTIONS
            .iter()
            .any(|(start, allowed, _)| file.path.starts_with(start) && allowed == banned);
        if !excepted {
            let text = format!("{banned} is not for this crate; {instead}");
            findings.push(Finding::new(format!("{}:{}", file.path, path.line), text));
        }
    }
    findings
}

/// Git is started through its door alone, which takes away what a repository would have it run.
pub(super) fn git(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let outside = |file: &&SourceFile| !file.is_test() && file.crate_folder() != Some("trust");
    for file in repository.rust().filter(outside) {
        let paths = file.used_paths();
        for path in paths {
            let starts = matches!(
                resolved(path, paths).as_str(),
                "std::process::Command::new" | "tokio::process::Command::new"
            );
            if starts && path.first_argument.as_deref() == Some("git") {
                let place = format!("{}:{}", file.path, path.line);
                findings.push(Finding::new(place, "start git by `gimlet_trust::Git`"));
            }
        }
    }
    findings
}

/// Tasks are started only where they have an owner.
pub(super) fn tasks(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.rust() {
        let Some(folder) = file.crate_folder().filter(|_| !file.is_test()) else {
            continue;
        };
        if MAY_SPAWN.contains(&folder) {
            continue;
        }
        let paths = file.used_paths();
        for path in paths {
            let full = resolved(path, paths);
            if full == "tokio::spawn" || full == "tokio::task::spawn" {
                let text = format!("tasks are started in {} alone", MAY_SPAWN.join(", "));
                findings.push(Finding::new(format!("{}:{}", file.path, path.line), text));
            }
        }
    }
    findings
}

/// Variables are registered, and read through `Env`.
pub(super) fn variables(repository: &Repository) -> Vec<Finding> {
    let known = |name: &str| {
        gimlet_settings::env_vars::ALL
            .iter()
            .any(|known| known.name == name)
    };
    let mut findings = Vec::new();
    for file in repository.rust().filter(|file| !file.is_test()) {
        let folder = file.crate_folder().unwrap_or_default();
        if folder == "settings" {
            continue;
        }
        let may = MAY_READ_ENVIRONMENT.iter().any(|(may, _)| *may == folder);
        let paths = file.used_paths();
        for path in paths.iter().filter(|path| !path.imported) {
            let full = resolved(path, paths);
            let reads = ["std::env::var", "std::env::var_os"].contains(&full.as_str());
            let lists = ["std::env::vars", "std::env::vars_os"].contains(&full.as_str());
            let place = format!("{}:{}", file.path, path.line);
            match &path.first_argument {
                Some(name) if reads && !known(name) => {
                    let text = format!("{name} is not in crates/settings/src/env_vars.rs");
                    findings.push(Finding::new(place, text));
                }
                _ if (reads || lists) && !may => {
                    let text = "take a `gimlet_settings::Env` instead of the process's environment";
                    findings.push(Finding::new(place, text));
                }
                _ => {}
            }
        }
    }
    findings
}

/// What is registered, and so documented, is read.
pub(super) fn registry(repository: &Repository) -> Vec<Finding> {
    let shipped = repository
        .rust()
        .filter(|file| !file.is_test() && file.path != REGISTRY);
    let mentioned: BTreeSet<String> = shipped
        .flat_map(SourceFile::used_paths)
        .filter(|path| path.parts.iter().any(|part| part == "env_vars"))
        .filter_map(|path| path.parts.last().cloned())
        .collect();
    let is_read = |name: &str| {
        mentioned.contains(name) || READ_BY_LIBRARIES.iter().any(|(known, _)| *known == name)
    };
    let all = gimlet_settings::env_vars::ALL
        .iter()
        .map(|variable| variable.name);
    all.filter(|name| !is_read(name))
        .map(|name| {
            Finding::new(
                REGISTRY,
                format!("{name} is registered, and nothing reads it"),
            )
        })
        .collect()
}

fn is_shipped_in(file: &SourceFile, folders: &[&str]) -> bool {
    !file.is_test()
        && file
            .crate_folder()
            .is_some_and(|folder| folders.contains(&folder))
}

/// The path with its first part replaced by what was imported under that name.
fn resolved(path: &PathUse, all: &[PathUse]) -> String {
    if path.imported {
        return path.text();
    }
    let Some((first, rest)) = path.parts.split_first() else {
        return String::new();
    };
    let import = all
        .iter()
        .find(|import| import.imported && import.parts.last() == Some(first));
    match import {
        Some(import) => [&import.parts, rest].concat().join("::"),
        None => path.text(),
    }
}

fn is_below(path: &str, banned: &str) -> bool {
    path.strip_prefix(banned)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
