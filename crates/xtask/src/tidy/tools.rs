//! Every tool has its description, the snapshot of its schema, and a scenario.

use super::Finding;
use crate::repository::Repository;

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let has_scenarios = repository
        .files
        .iter()
        .any(|file| file.path.starts_with("scenarios/"));
    let mut findings = Vec::new();
    for file in repository.rust() {
        let is_tool = file.path.starts_with("crates/tools/src/")
            && !file.is_test()
            && ["impl Tool for ", "impl AnyTool for "]
                .iter()
                .any(|head| file.text.contains(head));
        if !is_tool {
            continue;
        }
        let tool = folded(file.stem());
        let about = format!("{}.md", file.path.trim_end_matches(".rs"));
        if repository
            .text(&about)
            .is_none_or(|text| text.trim().is_empty())
        {
            findings.push(Finding::new(&file.path, format!("the tool has no {about}")));
        }
        if !has_snapshot(repository, &tool) {
            findings.push(Finding::new(
                &file.path,
                "the tool has no snapshot of its schema",
            ));
        }
        if has_scenarios && !has_scenario(repository, &tool) {
            findings.push(Finding::new(
                &file.path,
                "no scenario in scenarios/ names the tool",
            ));
        }
    }
    findings
}

/// A snapshot is a tool's when the last part of its name is the tool's, as in
/// `it__schemas__tool_Read.snap`.
fn has_snapshot(repository: &Repository, tool: &str) -> bool {
    let snapshots = repository.files.iter().filter(|file| {
        file.path.starts_with("crates/tools/")
            && file.path.contains("/snapshots/")
            && file.ends_in("snap")
    });
    snapshots
        .map(|file| file.path.trim_end_matches(".snap"))
        .filter_map(|path| path.rsplit(['/', '@', '-']).next()?.rsplit("__").next())
        .any(|part| folded(part.strip_prefix("tool_").unwrap_or(part)) == tool)
}

fn has_scenario(repository: &Repository, tool: &str) -> bool {
    let scenarios = repository
        .files
        .iter()
        .filter(|file| file.path.starts_with("scenarios/") && file.ends_in("scene"));
    let mut words =
        scenarios.flat_map(|file| file.text.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.any(|word| word.starts_with(char::is_uppercase) && folded(word) == tool)
}

/// `multi_edit` and `MultiEdit` are the same.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}
