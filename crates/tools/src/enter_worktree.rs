//! `EnterWorktree`: moves the session into a git worktree of its repository.

use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, Which, Worktrees};
use gimlet_protocol::{Access, Exposure, Lane, Mark, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Characters of a worktree's name.
const NAME_CHARS: usize = 64;

/// The tool.
pub(crate) struct EnterWorktree {
    pub(crate) worktrees: Arc<dyn Worktrees>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct EnterWorktreeInput {
    /// A name for a new one: letters, digits, `.`, `_` and `-`.
    name: Option<String>,
    /// Instead, a worktree of this repository that exists.
    path: Option<PathBuf>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnterWorktreeData {
    worktree_path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    worktree_branch: Option<String>,
    message: String,
}

impl Tool for EnterWorktree {
    type Input = EnterWorktreeInput;
    type Output = EnterWorktreeData;

    const CARD: ToolCard = ToolCard {
        name: "EnterWorktree",
        about: include_str!("enter_worktree.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "asks as for the command `git worktree add`",
        deadline: Duration::from_mins(5),
    };

    fn plan(&self, input: &EnterWorktreeInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if let Some(inside) = &scene.desk.worktree {
            return Err(ToolFault::Tell(format!(
                "the session is in the worktree {} already; ExitWorktree leads back",
                inside.display()
            )));
        }
        let (title, access) = match which(input, scene)? {
            Which::Named(name) => (
                format!("work in a new worktree `{name}`"),
                Access::Run {
                    command: format!(
                        "git worktree add -b worktree-{name} .claude/worktrees/{name}"
                    ),
                    cwd: scene.root.clone(),
                },
            ),
            Which::At(path) => (
                format!("work in the worktree {}", path.display()),
                Access::Write { path },
            ),
        };
        Ok(Plan {
            title,
            risk: Risk::Medium,
            accesses: vec![access],
        })
    }

    async fn run(
        &self,
        input: EnterWorktreeInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<EnterWorktreeData>, ToolFault> {
        let which = which(&input, &cx.scene)?;
        let entered = self.worktrees.enter(cx.scene.root.clone(), which).await;
        let entered = entered.map_err(ToolFault::Tell)?;
        let message = format!(
            "The session works in {} from here on{}. Paths of before lead to the original.",
            entered.path.display(),
            match &entered.branch {
                Some(branch) => format!(", on the branch {branch}"),
                None => String::new(),
            }
        );
        let data = EnterWorktreeData {
            worktree_path: entered.path.clone(),
            worktree_branch: entered.branch,
            message: message.clone(),
        };
        let mut told = ToolReturn::text(message, data);
        let path = entered.path;
        told.marks.push(Mark::WorktreeEntered { path });
        Ok(told)
    }
}

fn which(input: &EnterWorktreeInput, scene: &Scene) -> Result<Which, ToolFault> {
    let wrong = |why: &str| Err(ToolFault::Tell(why.to_owned()));
    match (&input.name, &input.path) {
        (Some(_), Some(_)) => wrong("give a name or a path, not both"),
        (None, Some(path)) => Ok(Which::At(scene.cwd.join(path))),
        (Some(name), None) if !is_name(name) => wrong(
            "the name may hold letters, digits, `.`, `_` and `-`, and begins with none of `.-`",
        ),
        (Some(name), None) => Ok(Which::Named(name.clone())),
        // The same name for the same session, whoever asks again.
        (None, None) => Ok(Which::Named(format!("session-{}", short(scene)))),
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty()
        && name.len() <= NAME_CHARS
        && name.chars().all(fits)
        && !name.starts_with(['.', '-'])
        && !name.contains("..")
        && !name.ends_with('.')
        && Path::new(name).extension().is_none_or(|end| end != "lock")
}

/// The end of the session's id, which differs from session to session.
fn short(scene: &Scene) -> String {
    let id = scene.session.as_str();
    let start = id.len().saturating_sub(8);
    id.get(start..).unwrap_or(id).to_owned()
}
