//! Grep: finds lines by regular expression.

use crate::{
    freshness::tell,
    glob::unreadable,
    limits::{GREP_BYTES, GREP_LINES, GREP_LINES_MAX, LINE_CHARS},
    loose, paths,
};
use gimlet_ports::{
    GrepFound, GrepMode, GrepQuery, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// The tool.
pub(crate) struct Grep;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct GrepInput {
    pattern: String,
    /// File or folder; default: working directory
    #[serde(default)]
    path: Option<String>,
    /// e.g. "*.{ts,tsx}"
    #[serde(default)]
    glob: Option<String>,
    /// e.g. "rust"
    #[serde(default, rename = "type")]
    file_type: Option<String>,
    #[serde(default)]
    output_mode: Option<OutputMode>,
    #[serde(default, rename = "-A", deserialize_with = "loose::number")]
    after: Option<u64>,
    #[serde(default, rename = "-B", deserialize_with = "loose::number")]
    before: Option<u64>,
    #[serde(default, rename = "-C", deserialize_with = "loose::number")]
    around: Option<u64>,
    #[serde(default, deserialize_with = "loose::number")]
    #[schemars(skip)]
    context: Option<u64>,
    #[serde(default, rename = "-n", deserialize_with = "loose::flag")]
    numbers: Option<bool>,
    #[serde(default, rename = "-i", deserialize_with = "loose::flag")]
    ignore_case: Option<bool>,
    #[serde(default, rename = "-o", deserialize_with = "loose::flag")]
    only_matching: Option<bool>,
    /// Default 250; 0: all
    #[serde(default, deserialize_with = "loose::number")]
    head_limit: Option<u64>,
    #[serde(default, deserialize_with = "loose::number")]
    offset: Option<u64>,
    #[serde(default, deserialize_with = "loose::flag")]
    multiline: Option<bool>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum OutputMode {
    Content,
    #[default]
    FilesWithMatches,
    Count,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GrepData {
    mode: OutputMode,
    num_files: u64,
    filenames: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_lines: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_matches: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_limit: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_offset: Option<usize>,
}

impl Tool for Grep {
    type Input = GrepInput;
    type Output = GrepData;

    const CARD: ToolCard = ToolCard {
        name: "Grep",
        about: include_str!("grep.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Always,
        permission: "looks inside the workspace without asking, asks elsewhere",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &GrepInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if input.pattern.is_empty() {
            return Err(ToolFault::Tell("the pattern is empty".to_owned()));
        }
        let path = root(input, scene)?;
        let pattern: String = input.pattern.chars().take(60).collect();
        Ok(Plan {
            title: format!("search {pattern} in {}", paths::title(scene, &path)),
            risk: Risk::Low,
            accesses: vec![Access::Read { path }],
        })
    }

    async fn run(&self, input: GrepInput, cx: ToolCx) -> Result<ToolReturn<GrepData>, ToolFault> {
        let query = query(&input, &cx.scene)?;
        let mode = input.output_mode.unwrap_or_default();
        let (limit, offset) = (query.limit, query.offset);
        let found = cx
            .host
            .grep(query, &cx.stop)
            .await
            .map_err(|fault| tell(&fault, &cx.scene))?;
        let Told { lines, shown, cut } =
            Told::of(&found, mode, input.numbers != Some(false), &cx.scene);
        let mut text = if found.hits.is_empty() {
            if offset > 0 {
                format!("no matches from {offset} on")
            } else {
                "no matches".to_owned()
            }
        } else {
            lines.clone()
        };
        if mode == OutputMode::Count && !found.hits.is_empty() {
            text.extend([format!(
                "{} matching lines in {} files\n",
                found.matches, found.files
            )]);
        }
        if cut || found.more {
            let what = if mode == OutputMode::Content {
                "lines"
            } else {
                "files"
            };
            let why = if cut { "the size limit" } else { "head_limit" };
            text.extend([format!(
                "[cut after {shown} {what} by {why}; go on with offset={}, or narrow the search]\n",
                offset + shown
            )]);
        }
        text.push_str(&unreadable(&found.unreadable));
        let mut filenames: Vec<String> = Vec::new();
        for hit in found.hits.iter().take(shown) {
            let name = hit.path.display().to_string();
            if filenames.last() != Some(&name) {
                filenames.push(name);
            }
        }
        let content = mode == OutputMode::Content;
        let data = GrepData {
            mode,
            num_files: u64::try_from(filenames.len()).unwrap_or(u64::MAX),
            filenames,
            num_lines: content.then_some(shown),
            num_matches: (mode == OutputMode::Count).then_some(found.matches),
            content: (mode != OutputMode::FilesWithMatches).then_some(lines),
            applied_limit: (cut || found.more).then_some(if cut { shown } else { limit }),
            applied_offset: (offset > 0).then_some(offset),
        };
        Ok(ToolReturn {
            content: vec![Block::text(text)],
            data,
            marks: Vec::new(),
            failed: false,
        })
    }
}

fn root(input: &GrepInput, scene: &Scene) -> Result<PathBuf, ToolFault> {
    match &input.path {
        Some(path) if !path.trim().is_empty() => paths::resolve(scene, path),
        _ => Ok(scene.cwd.clone()),
    }
}

fn query(input: &GrepInput, scene: &Scene) -> Result<GrepQuery, ToolFault> {
    let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let mode = match input.output_mode.unwrap_or_default() {
        OutputMode::Content => GrepMode::Content,
        OutputMode::FilesWithMatches => GrepMode::Files,
        OutputMode::Count => GrepMode::Count,
    };
    let around = input.around.or(input.context).unwrap_or(0);
    let limit = match input.head_limit.map(small) {
        None => GREP_LINES,
        Some(0) => GREP_LINES_MAX,
        Some(limit) => limit.min(GREP_LINES_MAX),
    };
    let content = mode == GrepMode::Content;
    let globs = input.glob.as_deref().unwrap_or_default();
    Ok(GrepQuery {
        root: root(input, scene)?,
        pattern: input.pattern.clone(),
        globs: split_globs(globs),
        file_type: input
            .file_type
            .clone()
            .filter(|name| !name.trim().is_empty()),
        mode,
        before: if content {
            small(input.before.unwrap_or(around))
        } else {
            0
        },
        after: if content {
            small(input.after.unwrap_or(around))
        } else {
            0
        },
        ignore_case: input.ignore_case == Some(true),
        multiline: input.multiline == Some(true),
        only_matching: content && input.only_matching == Some(true),
        offset: small(input.offset.unwrap_or(0)),
        limit,
        line_chars: LINE_CHARS,
    })
}

/// Several globs may stand in one text, parted by spaces or by commas outside braces.
fn split_globs(globs: &str) -> Vec<String> {
    let mut depth = 0_u32;
    globs
        .split(move |char: char| {
            match char {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            char.is_whitespace() || (char == ',' && depth == 0)
        })
        .filter(|glob| !glob.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What was found, as text.
struct Told {
    lines: String,
    /// How many hits are in it.
    shown: usize,
    /// True when `GREP_BYTES` ended it.
    cut: bool,
}

impl Told {
    fn of(found: &GrepFound, mode: OutputMode, numbers: bool, scene: &Scene) -> Self {
        let mut lines = String::new();
        for (shown, hit) in found.hits.iter().enumerate() {
            let path = paths::short(scene, &hit.path);
            let line = match mode {
                OutputMode::FilesWithMatches => path,
                OutputMode::Count => format!("{path}:{}", hit.count),
                OutputMode::Content => {
                    let gap = if hit.gap && shown > 0 { "--\n" } else { "" };
                    let sign = if hit.matched { ':' } else { '-' };
                    let text = hit.text.trim_end_matches(['\n', '\r']);
                    if numbers {
                        format!("{gap}{path}{sign}{}{sign}{text}", hit.line)
                    } else {
                        format!("{gap}{path}{sign}{text}")
                    }
                }
            };
            if lines.len() + line.len() > GREP_BYTES && shown > 0 {
                return Self {
                    lines,
                    shown,
                    cut: true,
                };
            }
            lines.push_str(&line);
            lines.push('\n');
        }
        Self {
            lines,
            shown: found.hits.len(),
            cut: false,
        }
    }
}
