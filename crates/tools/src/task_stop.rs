//! `TaskStop`: ends a background task with all its children.

use crate::{
    limits::END_GRACE,
    task_output::unknown,
    tasks::{Ended, Tasks, how},
};
use gimlet_ports::{Exit, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Mark, Risk, TaskId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The tool.
pub(crate) struct TaskStop {
    pub(crate) tasks: Arc<Tasks>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TaskStopInput {
    #[serde(alias = "shell_id", alias = "bash_id")]
    task_id: String,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct TaskStopData {
    message: String,
    task_id: String,
    task_type: &'static str,
    command: String,
}

impl Tool for TaskStop {
    type Input = TaskStopInput;
    type Output = TaskStopData;

    const CARD: ToolCard = ToolCard {
        name: "TaskStop",
        about: include_str!("task_stop.md"),
        risk: Risk::Low,
        // It must reach a task that a TaskOutput beside it waits for.
        lane: Lane::Shared,
        // Bash names it with its input when a task begins.
        exposure: Exposure::Deferred,
        permission: "never asks: it ends only what the session started",
        deadline: Duration::from_secs(30),
    };

    fn plan(&self, input: &TaskStopInput, _: &Scene) -> Result<Plan, ToolFault> {
        let title = format!("stop task {}", input.task_id);
        Ok(Plan {
            title,
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(
        &self,
        input: TaskStopInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TaskStopData>, ToolFault> {
        let id = TaskId(input.task_id.clone());
        let (command, exit, message) = match self.tasks.end(&id, END_GRACE).await {
            Some(Ended::Now { command, exit }) => {
                let message = format!("task {id} and its children were stopped");
                (command, exit, message)
            }
            Some(Ended::Before { command, exit }) => {
                let message = format!("task {id} had ended before: it {}", how(exit));
                (command, exit, message)
            }
            None => return earlier(id, &cx),
        };
        Ok(stopped(id, command, exit, message))
    }
}

/// A task of an earlier run, or none. Its process group may by now be that of something
/// else, so it is not ended from here.
fn earlier(id: TaskId, cx: &ToolCx) -> Result<ToolReturn<TaskStopData>, ToolFault> {
    let task = cx
        .scene
        .desk
        .tasks
        .get(&id)
        .ok_or_else(|| unknown(&id, &cx.scene))?;
    let code = match (task.ended, task.group) {
        (Some(code), _) => code,
        (None, Some(group)) if cx.host.group_lives(group) => {
            return Err(ToolFault::Tell(format!(
                "task {id} was started by an earlier run; its process group {group} is still \
                 running. If it is still the same command, end it with `kill -- -{group}` in Bash"
            )));
        }
        (None, _) => None,
    };
    let message = format!("task {id} is not running any more");
    let exit = Exit {
        code,
        signal: None,
        left_children: false,
    };
    Ok(stopped(id, task.command.clone(), exit, message))
}

fn stopped(id: TaskId, command: String, exit: Exit, message: String) -> ToolReturn<TaskStopData> {
    let data = TaskStopData {
        message: message.clone(),
        task_id: id.0.clone(),
        task_type: "local_bash",
        command,
    };
    let marks = vec![Mark::TaskEnded {
        task: id,
        code: exit.code,
    }];
    ToolReturn {
        marks,
        ..ToolReturn::text(message, data)
    }
}
