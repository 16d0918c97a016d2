//! `TaskList`: all pieces of work, a line each.

use crate::items::{self, Status};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The tool.
pub(crate) struct TaskList;

/// Nothing.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TaskListInput {}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct TaskListData {
    tasks: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    subject: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    blocked_by: Vec<String>,
}

impl Tool for TaskList {
    type Input = TaskListInput;
    type Output = TaskListData;

    const CARD: ToolCard = ToolCard {
        name: "TaskList",
        about: include_str!("task_list.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Deferred,
        permission: "never asks: it touches nothing outside the session",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, _: &TaskListInput, _: &Scene) -> Result<Plan, ToolFault> {
        Ok(items::free("look at the task list".to_owned()))
    }

    async fn run(
        &self,
        _: TaskListInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TaskListData>, ToolFault> {
        let desk = &cx.scene.desk;
        let lines: Vec<String> = desk
            .items
            .values()
            .map(|item| items::line(item, desk))
            .collect();
        let text = if lines.is_empty() {
            "the list is empty".to_owned()
        } else {
            lines.join("\n")
        };
        let tasks = desk
            .items
            .values()
            .map(|item| Row {
                id: item.number.to_string(),
                subject: item.subject.clone(),
                status: item.status.into(),
                owner: item.owner.clone(),
                blocked_by: items::ids(items::open_blockers(item, desk)),
            })
            .collect();
        Ok(ToolReturn::text(text, TaskListData { tasks }))
    }
}
