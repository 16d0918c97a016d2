//! `ApplyPatch`: changes several files by one patch, all of them or none.

mod parse;
mod place;

use crate::{
    apply::Spot,
    freshness::{self, Stale, tell},
    limits::{EDIT_BYTES, PATCH_FILES},
    memory::{self, Memory},
    patch, paths,
};
use gimlet_ports::{
    HostFault, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, WriteHow,
};
use gimlet_protocol::{Access, Exposure, Lane, Mark, Risk, Stamp};
use parse::{Section, What, parse};
use place::place;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The tool.
pub(crate) struct ApplyPatch {
    pub(crate) memory: Arc<Memory>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ApplyPatchInput {
    #[serde(alias = "input")]
    patch: String,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct ApplyPatchData {
    files: Vec<Changed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    #[serde(rename = "type")]
    kind: &'static str,
    file_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<String>,
    structured_patch: Vec<patch::Hunk>,
}

impl Tool for ApplyPatch {
    type Input = ApplyPatchInput;
    type Output = ApplyPatchData;

    const CARD: ToolCard = ToolCard {
        name: "ApplyPatch",
        about: include_str!("apply_patch.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "asks before it changes files",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &ApplyPatchInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let sections = read(&input.patch)?;
        let mut accesses = Vec::new();
        for section in &sections {
            let path = paths::resolve(scene, &section.path)?;
            accesses.push(Access::Read { path: path.clone() });
            accesses.push(Access::Write { path });
            if let Some(to) = target(section) {
                let path = paths::resolve(scene, to)?;
                accesses.push(Access::Write { path });
            }
        }
        let title = match sections.as_slice() {
            [only] => format!(
                "patch {}",
                paths::title(scene, &paths::resolve(scene, &only.path)?)
            ),
            several => format!("patch {} files", several.len()),
        };
        Ok(Plan {
            title,
            risk: Risk::Medium,
            accesses,
        })
    }

    async fn run(
        &self,
        input: ApplyPatchInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<ApplyPatchData>, ToolFault> {
        let sections = read(&input.patch)?;
        let mut steps = Vec::new();
        for section in &sections {
            match self.prepare(section, &cx).await? {
                Ok(step) => steps.push(step),
                Err(stale) => return Ok(refused(stale)),
            }
        }
        let marks = self.carry_out(&steps, &cx).await?;
        let lines: Vec<String> = steps.iter().map(|step| step.line(&cx.scene)).collect();
        let files = steps.iter().map(Step::changed).collect();
        let data = ApplyPatchData { files, error: None };
        Ok(ToolReturn {
            marks,
            ..ToolReturn::text(lines.join("\n"), data)
        })
    }
}

fn read(patch: &str) -> Result<Vec<Section>, ToolFault> {
    let sections = parse(patch).map_err(ToolFault::Tell)?;
    if sections.len() > PATCH_FILES {
        return Err(ToolFault::Tell(format!(
            "a patch changes at most {PATCH_FILES} files"
        )));
    }
    Ok(sections)
}

fn target(section: &Section) -> Option<&str> {
    match &section.what {
        What::Update { moved_to, .. } => moved_to.as_deref(),
        What::Add { .. } | What::Delete => None,
    }
}

fn refused(stale: Stale) -> ToolReturn<ApplyPatchData> {
    let data = ApplyPatchData {
        files: Vec::new(),
        error: Some(stale.text.clone()),
    };
    ToolReturn {
        marks: stale.marks,
        failed: true,
        ..ToolReturn::text(stale.text, data)
    }
}

/// What is to be done to one file; nothing is done yet.
struct Step {
    path: PathBuf,
    moved_to: Option<PathBuf>,
    /// As it stands; `None` where it does not exist.
    before: Option<(Vec<u8>, Stamp)>,
    /// Whether the model has seen all of it.
    whole: bool,
    /// As it shall be; `None` where it goes.
    after: Option<Vec<u8>>,
    notes: Vec<String>,
}

impl Step {
    fn line(&self, scene: &Scene) -> String {
        let name = paths::short(scene, &self.path);
        let mut line = match (&self.before, &self.after, &self.moved_to) {
            (_, _, Some(to)) => format!("moved {name} to {}", paths::short(scene, to)),
            (None, _, None) => format!("added {name}"),
            (Some(_), None, None) => format!("deleted {name}"),
            (Some(_), Some(_), None) => format!("updated {name}"),
        };
        if !self.notes.is_empty() {
            line = format!("{line} ({})", self.notes.join("; "));
        }
        line
    }

    fn changed(&self) -> Changed {
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let before = self.before.as_ref().map(|(bytes, _)| bytes.as_slice());
        Changed {
            kind: match (&self.before, &self.after) {
                (None, _) => "add",
                (Some(_), None) => "delete",
                (Some(_), Some(_)) => "update",
            },
            file_path: self.path.display().to_string(),
            moved_to: self.moved_to.as_ref().map(|to| to.display().to_string()),
            structured_patch: patch::hunks(&text(before), &text(self.after.as_deref())),
        }
    }
}

impl ApplyPatch {
    /// Works a section out against the file as it is.
    async fn prepare(
        &self,
        section: &Section,
        cx: &ToolCx,
    ) -> Result<Result<Step, Stale>, ToolFault> {
        let path = paths::resolve(&cx.scene, &section.path)?;
        let name = paths::short(&cx.scene, &path);
        let told = |text: String| ToolFault::Tell(format!("{name}: {text}\n(nothing was changed)"));
        let mut step = Step {
            path,
            moved_to: None,
            before: None,
            whole: true,
            after: None,
            notes: Vec::new(),
        };
        if let What::Add { content } = &section.what {
            if cx.host.stat(&step.path).await.is_ok() {
                return Err(told("exists already; update it instead".to_owned()));
            }
            step.after = Some(content.clone().into_bytes());
            return Ok(Ok(step));
        }
        let read = cx.host.read(&step.path, EDIT_BYTES).await;
        let (content, stamp) = read.map_err(|fault| tell(&fault, &cx.scene))?;
        let seen = match freshness::check(&cx.scene, &self.memory, &step.path, (&content, &stamp)) {
            Ok(seen) => seen,
            Err(stale) => return Ok(Err(stale)),
        };
        step.whole = seen.whole;
        if let What::Update { moved_to, hunks } = &section.what {
            let placed = place(&content, hunks).map_err(told)?;
            if let Some(line) = self.unseen(&step, &content, &stamp, &placed.content) {
                return Err(told(format!(
                    "line {line} was not among the lines that were read; Read it first"
                )));
            }
            step.notes = placed.notes;
            step.after = Some(placed.content);
            if let Some(to) = moved_to {
                let to = paths::resolve(&cx.scene, to)?;
                if cx.host.stat(&to).await.is_ok() {
                    return Err(told(format!(
                        "{} exists already",
                        paths::short(&cx.scene, &to)
                    )));
                }
                step.moved_to = Some(to);
            }
        }
        step.before = Some((content, stamp));
        Ok(Ok(step))
    }

    /// The first line that changes though it was not shown, of a file that was seen in part.
    fn unseen(&self, step: &Step, before: &[u8], stamp: &Stamp, after: &[u8]) -> Option<u64> {
        if step.whole {
            return None;
        }
        let windows = self.memory.windows(&step.path, stamp)?;
        let old = String::from_utf8_lossy(before);
        let hunks = patch::hunks(&old, &String::from_utf8_lossy(after));
        let spots: Vec<Spot> = hunks.iter().flat_map(removed).collect();
        memory::uncovered(&windows, &spots)
    }

    /// Writes everything; what was written is taken back when a later step fails.
    async fn carry_out(&self, steps: &[Step], cx: &ToolCx) -> Result<Vec<Mark>, ToolFault> {
        let mut marks = Vec::new();
        let mut written: Vec<(&Step, &Path, Stamp)> = Vec::new();
        for step in steps {
            let Some(after) = &step.after else { continue };
            let (path, how) = match (&step.moved_to, &step.before) {
                (None, Some((_, stamp))) => {
                    let how = WriteHow {
                        expect_hash: Some(stamp.hash.clone()),
                        ..WriteHow::default()
                    };
                    (&step.path, how)
                }
                (moved_to, _) => {
                    let how = WriteHow {
                        make_folders: true,
                        must_be_new: true,
                        ..WriteHow::default()
                    };
                    (moved_to.as_ref().unwrap_or(&step.path), how)
                }
            };
            match cx.host.write(path, after, how).await {
                Ok(stamp) => {
                    let stamp = Stamp {
                        whole: step.whole,
                        ..stamp
                    };
                    self.memory.keep(path, &stamp, after);
                    let path_of_mark = path.clone();
                    marks.push(Mark::Seen {
                        path: path_of_mark,
                        stamp: stamp.clone(),
                    });
                    written.push((step, path, stamp));
                }
                Err(fault) => return Err(taken_back(&fault, &written, &[], cx).await),
            }
        }
        let mut removed: Vec<&Step> = Vec::new();
        for step in steps {
            let Some((_, stamp)) = &step.before else {
                continue;
            };
            if step.after.is_some() && step.moved_to.is_none() {
                continue;
            }
            match cx.host.remove(&step.path, &stamp.hash).await {
                Ok(()) => removed.push(step),
                Err(fault) => return Err(taken_back(&fault, &written, &removed, cx).await),
            }
        }
        Ok(marks)
    }
}

/// The lines of the old text that a hunk takes away or puts something before.
fn removed(hunk: &patch::Hunk) -> Vec<Spot> {
    let mut spots = Vec::new();
    let mut line = u64::try_from(hunk.old_start).unwrap_or(u64::MAX);
    for text in &hunk.lines {
        match text.chars().next() {
            Some('-') => {
                spots.push(Spot {
                    first: line,
                    old_lines: 1,
                    new_lines: 0,
                });
                line += 1;
            }
            Some(' ') => line += 1,
            Some(_) | None => {}
        }
    }
    spots
}

/// Puts everything back as it was and says so; what could not be put back is named.
async fn taken_back(
    fault: &HostFault,
    written: &[(&Step, &Path, Stamp)],
    removed: &[&Step],
    cx: &ToolCx,
) -> ToolFault {
    let mut left = Vec::new();
    for step in removed {
        let bytes = step.before.as_ref().map(|(bytes, _)| bytes.as_slice());
        let how = WriteHow {
            must_be_new: true,
            ..WriteHow::default()
        };
        let back = cx.host.write(&step.path, bytes.unwrap_or_default(), how);
        if back.await.is_err() {
            left.push(paths::short(&cx.scene, &step.path));
        }
    }
    for (step, path, stamp) in written {
        let back = match (&step.before, &step.moved_to) {
            (Some((bytes, _)), None) => {
                let how = WriteHow {
                    expect_hash: Some(stamp.hash.clone()),
                    ..WriteHow::default()
                };
                cx.host.write(path, bytes, how).await.map(drop)
            }
            (Some(_) | None, _) => cx.host.remove(path, &stamp.hash).await,
        };
        if back.is_err() {
            left.push(paths::short(&cx.scene, path));
        }
    }
    let why = match tell(fault, &cx.scene) {
        ToolFault::Tell(why) | ToolFault::Abort(why) => why,
    };
    ToolFault::Tell(if left.is_empty() {
        format!("{why}\n(nothing was changed)")
    } else {
        format!(
            "{why}\n(the rest was taken back, but not {}: look at them)",
            left.join(", ")
        )
    })
}
