//! Generated files: references and the mark of the wire format.

use crate::repository::{Repository, SourceFile};
use anyhow::Context as _;
use std::fs;

/// The page that describes what `crates/protocol` serialises.
pub(crate) const PROTOCOL_PAGE: &str = "docs/protocol.md";
const MARK_START: &str = "<!-- crates/protocol/src: ";
const MARK_END: &str = " -->";

/// Every generated file with the text that it should have.
pub(crate) fn outputs(repository: &Repository) -> Vec<(&'static str, String)> {
    let schema = format!("{:#}\n", gimlet_settings::settings_schema());
    let mut outputs = vec![
        (
            "docs/environment.md",
            gimlet_settings::environment_reference(),
        ),
        ("docs/settings.md", gimlet_settings::settings_reference()),
        ("docs/settings.schema.json", schema),
    ];
    if let Some(page) = repository.text(PROTOCOL_PAGE) {
        outputs.push((PROTOCOL_PAGE, marked(page, &protocol_hash(repository))));
    }
    outputs
}

/// Writes what differs and names it.
pub(crate) fn write(repository: &Repository) -> anyhow::Result<Vec<&'static str>> {
    let mut written = Vec::new();
    for (path, text) in outputs(repository) {
        if repository.text(path) == Some(text.as_str()) {
            continue;
        }
        let place = repository.root.join(path);
        let folder = place.parent().context("generated files lie in folders")?;
        fs::create_dir_all(folder)?;
        fs::write(&place, text).with_context(|| format!("writing {path}"))?;
        written.push(path);
    }
    Ok(written)
}

/// A hash over the shipped source of `crates/protocol`.
fn protocol_hash(repository: &Repository) -> String {
    let mut hasher = blake3::Hasher::new();
    let is_wire =
        |file: &&SourceFile| file.path.starts_with("crates/protocol/src/") && !file.is_test();
    for file in repository.rust().filter(is_wire) {
        hasher.update(file.path.as_bytes());
        hasher.update(&(file.text.len() as u64).to_le_bytes());
        hasher.update(file.text.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

/// The page with `hash` in its mark; a page without a mark gets one at its end.
fn marked(page: &str, hash: &str) -> String {
    let mark = format!("{MARK_START}{hash}{MARK_END}");
    let mut lines: Vec<&str> = page
        .lines()
        .filter(|line| !line.starts_with(MARK_START))
        .collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.extend(["", &mark, ""]);
    lines.join("\n")
}

#[cfg(test)]
mod tests;
