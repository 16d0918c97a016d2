//! What a repository's files would do beside its settings: git's configuration and hooks, servers
//! of tools, commands in prompts. Read as text; nothing of it is run, expanded or connected to.

mod git_config;

use crate::{
    capability::{Capability, CapabilityKind},
    place::Place,
};
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Larger files are named as a whole.
const MOST_BYTES: u64 = 1024 * 1024;
/// Files of prompts that are looked through.
const MOST_FILES: usize = 500;
/// Folders below a place that are looked into.
const DEEPEST: usize = 8;

/// Everything that the repository of a place would do, beside what its settings say: at its top
/// and in the folder itself.
pub fn survey(place: &Place) -> Vec<Capability> {
    let mut out = of_git(place);
    let mut folders = vec![place.root.clone()];
    if place.folder != place.root {
        folders.push(place.folder.clone());
    }
    for folder in &folders {
        servers(place, &folder.join(".mcp.json"), &mut out);
        for own in [".gimlet", ".claude"] {
            for kind in ["commands", "skills", "agents"] {
                prompts(place, &folder.join(own).join(kind), &mut out);
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

fn of_git(place: &Place) -> Vec<Capability> {
    let mut out = Vec::new();
    for path in place.config_files() {
        let Some(text) = text_of(&path) else { continue };
        for (line, key, value) in git_config::dangerous(&text) {
            out.push(Capability {
                kind: CapabilityKind::Git,
                what: format!("{key} = {value}"),
                place: format!("{}:{line}", shown(place, &path)),
            });
        }
    }
    let hooks = place.config_files().first().cloned();
    let hooks = hooks.and_then(|config| Some(config.parent()?.join("hooks")));
    for path in hooks.iter().flat_map(|hooks| files_in(hooks, 0)) {
        let is_run = fs::metadata(&path)
            .is_ok_and(|info| info.is_file() && info.permissions().mode() & 0o111 != 0);
        if is_run && path.extension().is_none_or(|end| end != "sample") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let content = text_of(&path).unwrap_or_default();
            let digest: String = blake3::hash(content.as_bytes())
                .to_hex()
                .chars()
                .take(12)
                .collect();
            out.push(Capability {
                kind: CapabilityKind::Git,
                what: format!("hook {name} ({digest})"),
                place: shown(place, &path),
            });
        }
    }
    out
}

/// The servers of a `.mcp.json`, with all that they are started or reached with.
fn servers(place: &Place, path: &Path, out: &mut Vec<Capability>) {
    let mut add = |what: String| {
        out.push(Capability {
            kind: CapabilityKind::Server,
            what,
            place: shown(place, path),
        });
    };
    if !path.symlink_metadata().is_ok_and(|info| !info.is_dir()) {
        return;
    }
    let Some(value) = text_of(path).and_then(|text| serde_json::from_str::<Value>(&text).ok())
    else {
        return add("a file that is not understood".to_owned());
    };
    let listed = value.get("mcpServers").unwrap_or(&value);
    for (name, server) in listed.as_object().into_iter().flatten() {
        add(format!("{name} {server}"));
    }
}

/// Prompts with commands whose output would become a part of them, and with tools that would be
/// allowed with them.
fn prompts(place: &Place, folder: &Path, out: &mut Vec<Capability>) {
    for path in files_in(folder, DEEPEST) {
        let Some(text) = text_of(&path).filter(|_| path.extension().is_some_and(|e| e == "md"))
        else {
            continue;
        };
        for (number, line) in (1..).zip(text.lines()) {
            let trimmed = line.trim();
            let front = ["allowed-tools:", "hooks:", "mcpServers:", "shell:"];
            let grants = front.iter().any(|key| trimmed.starts_with(key));
            if line.contains("!`") || trimmed.starts_with("```!") || grants {
                out.push(Capability {
                    kind: CapabilityKind::InlineCommand,
                    what: format!("{} {trimmed}", shown(place, &path)),
                    place: format!("{}:{number}", shown(place, &path)),
                });
            }
        }
    }
}

/// The files in a folder, by name. Links are not followed.
fn files_in(folder: &Path, deeper: usize) -> Vec<PathBuf> {
    let mut out = Vec::new();
    collect(folder, deeper, &mut out);
    out.sort();
    out
}

fn collect(folder: &Path, deeper: usize, out: &mut Vec<PathBuf>) {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|info| info.is_dir());
    let Some(listing) = is_folder.then(|| fs::read_dir(folder).ok()).flatten() else {
        return;
    };
    for item in listing.flatten() {
        let Ok(kind) = item.file_type() else { continue };
        if kind.is_dir() && deeper > 0 {
            collect(&item.path(), deeper - 1, out);
        } else if kind.is_file() && out.len() < MOST_FILES {
            out.push(item.path());
        }
    }
}

fn text_of(path: &Path) -> Option<String> {
    let info = fs::metadata(path).ok()?;
    if !info.is_file() || info.len() > MOST_BYTES {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn shown(place: &Place, path: &Path) -> String {
    let inside = path.strip_prefix(&place.root).unwrap_or(path);
    inside.display().to_string()
}
