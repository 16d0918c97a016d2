//! LS: lists one folder.

use crate::{freshness::tell, limits::LS_ENTRIES, paths};
use gimlet_ports::{DirItem, FileKind, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Access, Block, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The tool.
pub(crate) struct Ls;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct LsInput {
    path: String,
    /// Name globs to leave out
    #[serde(default)]
    ignore: Option<Vec<String>>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LsData {
    path: String,
    entries: Vec<LsEntry>,
    truncated: bool,
}

#[derive(Serialize)]
struct LsEntry {
    name: String,
    kind: &'static str,
    size: u64,
}

impl Tool for Ls {
    type Input = LsInput;
    type Output = LsData;

    const CARD: ToolCard = ToolCard {
        name: "LS",
        about: include_str!("ls.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        // Glob and `ls` in Bash do the same.
        exposure: Exposure::Deferred,
        permission: "looks inside the workspace without asking, asks elsewhere",
        deadline: Duration::from_secs(30),
    };

    fn plan(&self, input: &LsInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let path = paths::resolve(scene, &input.path)?;
        Ok(Plan {
            title: format!("list {}", paths::title(scene, &path)),
            risk: Risk::Low,
            accesses: vec![Access::Read { path }],
        })
    }

    async fn run(&self, input: LsInput, cx: ToolCx) -> Result<ToolReturn<LsData>, ToolFault> {
        let path = paths::resolve(&cx.scene, &input.path)?;
        let (items, cut) = cx
            .host
            .list(&path, LS_ENTRIES)
            .await
            .map_err(|fault| tell(&fault, &cx.scene))?;
        let ignore = input.ignore.unwrap_or_default();
        let entries: Vec<LsEntry> = items
            .iter()
            .map(entry)
            .filter(|entry| !ignore.iter().any(|glob| fits(glob, &entry.name)))
            .collect();
        let mut text = format!("{}/\n", path.display());
        for LsEntry { name, kind, size } in &entries {
            let line = match *kind {
                "file" => format!("{name}  {size}\n"),
                "folder" => format!("{name}/\n"),
                "link" => format!("{name}@\n"),
                _ => format!("{name}  (device, socket or pipe)\n"),
            };
            text.push_str(&line);
        }
        if entries.is_empty() {
            text.push_str("[empty]\n");
        }
        if cut {
            text.extend([format!("[only the first {LS_ENTRIES} entries are shown]\n")]);
        }
        let data = LsData {
            path: path.display().to_string(),
            entries,
            truncated: cut,
        };
        Ok(ToolReturn {
            content: vec![Block::text(text)],
            data,
            marks: Vec::new(),
            failed: false,
        })
    }
}

fn entry(item: &DirItem) -> LsEntry {
    let kind = match item.kind {
        FileKind::File => "file",
        FileKind::Folder => "folder",
        FileKind::Link => "link",
        FileKind::Special => "special",
    };
    LsEntry {
        name: item.name.to_string_lossy().into_owned(),
        kind,
        size: item.size,
    }
}

/// Tells whether a name fits a glob of `*` and `?`. A trailing `/` or `/**` is no matter.
fn fits(glob: &str, name: &str) -> bool {
    let glob = glob
        .trim_start_matches("**/")
        .trim_end_matches("/**")
        .trim_end_matches('/');
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // `ends[i]` tells whether the glob so far fits the first `i` characters of the name.
    let mut ends: Vec<bool> = (0..=name.len()).map(|count| count == 0).collect();
    for sign in glob {
        let before = ends;
        ends = match sign {
            '*' => before
                .iter()
                .scan(false, |any, fits| {
                    *any |= *fits;
                    Some(*any)
                })
                .collect(),
            _ => std::iter::once(false)
                .chain(
                    before
                        .iter()
                        .zip(&name)
                        .map(|(fits, char)| *fits && (sign == '?' || sign == *char)),
                )
                .collect(),
        };
    }
    ends.last().copied().unwrap_or(false)
}
