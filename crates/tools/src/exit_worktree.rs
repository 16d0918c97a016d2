//! `ExitWorktree`: leads the session back into its own folder.

use gimlet_ports::{Losses, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, Worktrees};
use gimlet_protocol::{Access, Exposure, Lane, Mark, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// The tool.
pub(crate) struct ExitWorktree {
    pub(crate) worktrees: Arc<dyn Worktrees>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ExitWorktreeInput {
    action: ExitAction,
    discard_changes: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ExitAction {
    Keep,
    Remove,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExitWorktreeData {
    action: ExitAction,
    worktree_path: PathBuf,
    message: String,
}

impl Tool for ExitWorktree {
    type Input = ExitWorktreeInput;
    type Output = ExitWorktreeData;

    const CARD: ToolCard = ToolCard {
        name: "ExitWorktree",
        about: include_str!("exit_worktree.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "asks only before work is thrown away",
        deadline: Duration::from_mins(5),
    };

    fn plan(&self, input: &ExitWorktreeInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let inside = inside(scene)?;
        let discards = input.action == ExitAction::Remove && input.discard_changes == Some(true);
        Ok(Plan {
            title: match input.action {
                ExitAction::Keep => format!("leave the worktree {}", inside.display()),
                ExitAction::Remove => format!("remove the worktree {}", inside.display()),
            },
            risk: Risk::Medium,
            accesses: if discards {
                vec![Access::Run {
                    command: "git worktree remove --force .".to_owned(),
                    cwd: inside,
                }]
            } else {
                Vec::new()
            },
        })
    }

    async fn run(
        &self,
        input: ExitWorktreeInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<ExitWorktreeData>, ToolFault> {
        let inside = inside(&cx.scene)?;
        let done = match input.action {
            ExitAction::Keep => "is kept",
            ExitAction::Remove => {
                let losses = if input.discard_changes == Some(true) {
                    Losses::Wanted
                } else {
                    Losses::Refused
                };
                let removed = self.worktrees.remove(inside.clone(), losses).await;
                removed.map_err(ToolFault::Tell)?;
                "is gone"
            }
        };
        let message = format!(
            "The session works in its own folder again; {} {done}.",
            inside.display()
        );
        let data = ExitWorktreeData {
            action: input.action,
            worktree_path: inside,
            message: message.clone(),
        };
        let mut told = ToolReturn::text(message, data);
        told.marks.push(Mark::WorktreeLeft);
        Ok(told)
    }
}

fn inside(scene: &Scene) -> Result<PathBuf, ToolFault> {
    let inside = scene.desk.worktree.clone();
    inside.ok_or_else(|| ToolFault::Tell("the session is in no worktree".to_owned()))
}
