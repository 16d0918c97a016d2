//! `MergeWorktree`: brings what a worker changed in its worktree into the session's folder.

use gimlet_ports::{Plan, Scene, Settle, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, Workers};
use gimlet_protocol::{Access, Changes, Exposure, Lane, Mark, Risk, SessionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// The tool.
pub(crate) struct MergeWorktree {
    pub(crate) workers: Arc<dyn Workers>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MergeWorktreeInput {
    /// The worker's id or name.
    worker: String,
    /// True throws the changes away instead.
    discard: Option<bool>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergeWorktreeData {
    agent_id: String,
    merged: bool,
    files: Vec<PathBuf>,
}

impl Tool for MergeWorktree {
    type Input = MergeWorktreeInput;
    type Output = MergeWorktreeData;

    const CARD: ToolCard = ToolCard {
        name: "MergeWorktree",
        about: include_str!("merge_worktree.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        // Agent names it with its input when a worker has changed something.
        exposure: Exposure::Deferred,
        permission: "asks with the diff, unless every file of it may be written",
        deadline: Duration::from_mins(10),
    };

    fn plan(&self, input: &MergeWorktreeInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let (worker, changes) = waiting(input, scene)?;
        if changes.more_files > 0 && settle_of(input) == Settle::Merge {
            return Err(ToolFault::Tell(format!(
                "it changed {} files, which is more than can be approved here; the person merges \
                 it by `gimlet worktrees merge {worker}`",
                changes.files.len() as u64 + changes.more_files,
            )));
        }
        let count = changes.files.len();
        Ok(match settle_of(input) {
            Settle::Merge => Plan {
                title: format!("merge {count} files of worker {}", input.worker),
                risk: Risk::Medium,
                accesses: changes
                    .files
                    .iter()
                    .map(|file| Access::Write {
                        path: changes.into.join(&file.path),
                    })
                    .collect(),
            },
            Settle::Discard => Plan {
                title: format!("throw away what worker {} changed", input.worker),
                risk: Risk::Medium,
                accesses: vec![Access::Write {
                    path: changes.worktree.clone(),
                }],
            },
        })
    }

    fn preview(&self, input: &MergeWorktreeInput, scene: &Scene) -> Option<String> {
        let (_, changes) = waiting(input, scene).ok()?;
        Some(changes.diff.clone())
    }

    async fn run(
        &self,
        input: MergeWorktreeInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<MergeWorktreeData>, ToolFault> {
        let (worker, changes) = waiting(&input, &cx.scene)?;
        let (worker, changes) = (worker.clone(), changes.clone());
        let files = changes.files.iter().map(|file| file.path.clone()).collect();
        let how = settle_of(&input);
        let settled = self.workers.settle(worker.clone(), changes, how).await;
        let text = settled.map_err(ToolFault::Tell)?;
        let data = MergeWorktreeData {
            agent_id: worker.0.clone(),
            merged: how == Settle::Merge,
            files,
        };
        let mut told = ToolReturn::text(text, data);
        told.marks.push(Mark::ChangesSettled { worker });
        Ok(told)
    }
}

fn settle_of(input: &MergeWorktreeInput) -> Settle {
    if input.discard == Some(true) {
        Settle::Discard
    } else {
        Settle::Merge
    }
}

/// The changes that were reported, and whose they are.
fn waiting<'a>(
    input: &MergeWorktreeInput,
    scene: &'a Scene,
) -> Result<(&'a SessionId, &'a Changes), ToolFault> {
    let mut all = scene.desk.changes.iter();
    let meant = all.find(|(worker, changes)| {
        worker.as_str() == input.worker || changes.name.as_ref() == Some(&input.worker)
    });
    meant.ok_or_else(|| {
        ToolFault::Tell(format!(
            "no changes of a worker `{}` wait to be merged",
            input.worker
        ))
    })
}
