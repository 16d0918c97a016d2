//! Glob: finds files by name.

use crate::{freshness::tell, limits::GLOB_PATHS, paths};
use gimlet_ports::{
    GlobFound, GlobQuery, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// The tool.
pub(crate) struct Glob;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct GlobInput {
    pattern: String,
    /// Folder; default: working directory
    #[serde(default)]
    path: Option<String>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GlobData {
    duration_ms: u64,
    num_files: usize,
    filenames: Vec<String>,
    truncated: bool,
    total_matches: u64,
    count_is_complete: bool,
}

impl Tool for Glob {
    type Input = GlobInput;
    type Output = GlobData;

    const CARD: ToolCard = ToolCard {
        name: "Glob",
        about: include_str!("glob.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Always,
        permission: "looks inside the workspace without asking, asks elsewhere",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &GlobInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let (root, pattern) = place(input, scene)?;
        Ok(Plan {
            title: format!("find {pattern} in {}", paths::title(scene, &root)),
            risk: Risk::Low,
            accesses: vec![Access::Read { path: root }],
        })
    }

    async fn run(&self, input: GlobInput, cx: ToolCx) -> Result<ToolReturn<GlobData>, ToolFault> {
        let (root, pattern) = place(&input, &cx.scene)?;
        let began = cx.host.now().0;
        let mut query = GlobQuery {
            root,
            pattern,
            limit: GLOB_PATHS,
            include_ignored: false,
        };
        let fault = |fault| tell(&fault, &cx.scene);
        let mut found = cx.host.glob(query.clone(), &cx.stop).await.map_err(fault)?;
        let mut ignored_only = false;
        if found.total == 0 {
            query.include_ignored = true;
            found = cx.host.glob(query, &cx.stop).await.map_err(fault)?;
            ignored_only = found.total > 0;
        }
        let text = said(&found, ignored_only, &cx.scene);
        let GlobFound {
            paths,
            total,
            unreadable,
        } = found;
        let data = GlobData {
            duration_ms: cx.host.now().0.saturating_sub(began),
            num_files: paths.len(),
            truncated: total > u64::try_from(paths.len()).unwrap_or(u64::MAX),
            filenames: paths
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            total_matches: total,
            count_is_complete: unreadable.is_empty(),
        };
        Ok(ToolReturn {
            content: vec![Block::text(text)],
            data,
            marks: Vec::new(),
            failed: false,
        })
    }
}

/// Where to look. An absolute pattern brings its own folder.
fn place(input: &GlobInput, scene: &Scene) -> Result<(PathBuf, String), ToolFault> {
    if input.pattern.trim().is_empty() {
        return Err(ToolFault::Tell("the pattern is empty".to_owned()));
    }
    let base = match &input.path {
        Some(path) if !path.trim().is_empty() => paths::resolve(scene, path)?,
        _ => scene.cwd.clone(),
    };
    let absolute = input.pattern.starts_with('/') || input.pattern.starts_with("~/");
    let upwards = input.pattern.starts_with("../");
    if !absolute && !upwards {
        let pattern = input.pattern.trim_start_matches("./").to_owned();
        return Ok((base, pattern));
    }
    let parts: Vec<&str> = input.pattern.split('/').collect();
    let wild = |part: &&str| part.contains(['*', '?', '[', '{']);
    let literal = parts
        .iter()
        .position(wild)
        .unwrap_or(parts.len().saturating_sub(1));
    let (folder, rest) = parts.split_at(literal.min(parts.len()));
    let folder = match folder.join("/") {
        root if root.is_empty() => "/".to_owned(),
        folder => folder,
    };
    let root = if upwards {
        paths::normal(&base.join(folder))
    } else {
        paths::resolve(scene, &folder)?
    };
    Ok((root, rest.join("/")))
}

fn said(found: &GlobFound, ignored_only: bool, scene: &Scene) -> String {
    if found.total == 0 {
        return format!("no files found{}", unreadable(&found.unreadable));
    }
    let mut text = String::new();
    if ignored_only {
        text.push_str("[only ignored files match]\n");
    }
    for path in &found.paths {
        text.push_str(&paths::short(scene, path));
        text.push('\n');
    }
    if found.paths.iter().any(|path| path.to_str().is_none()) {
        text.push_str("[names with \u{fffd} are not UTF-8; reach them with Bash]\n");
    }
    if found.total > u64::try_from(found.paths.len()).unwrap_or(u64::MAX) {
        text.extend([format!(
            "[the {} newest of {} are shown; narrow the pattern for others]\n",
            found.paths.len(),
            found.total
        )]);
    }
    text + &unreadable(&found.unreadable)
}

/// A note of what could not be looked into.
pub(crate) fn unreadable(paths: &[String]) -> String {
    if paths.is_empty() {
        String::new()
    } else {
        format!("\n[could not be read: {}]", paths.join(", "))
    }
}
