//! `TaskGet`: one piece of work in full.

use crate::items::{self, Status};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Desk, Exposure, Lane, Risk, WorkItem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// The tool.
pub(crate) struct TaskGet;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskGetInput {
    #[serde(alias = "task_id")]
    #[schemars(with = "String")]
    task_id: Value,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct TaskGetData {
    task: Option<View>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: String,
    subject: String,
    description: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    blocks: Vec<String>,
    blocked_by: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
}

impl Tool for TaskGet {
    type Input = TaskGetInput;
    type Output = TaskGetData;

    const CARD: ToolCard = ToolCard {
        name: "TaskGet",
        about: include_str!("task_get.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Deferred,
        permission: "never asks: it touches nothing outside the session",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, input: &TaskGetInput, _: &Scene) -> Result<Plan, ToolFault> {
        let number = items::number(&input.task_id)?;
        Ok(items::free(format!("look at task {number} of the list")))
    }

    async fn run(
        &self,
        input: TaskGetInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TaskGetData>, ToolFault> {
        let desk = &cx.scene.desk;
        let number = items::number(&input.task_id)?;
        let Some(item) = desk.items.get(&number) else {
            let text = items::unknown(number, desk);
            return Ok(ToolReturn {
                failed: true,
                ..ToolReturn::text(text, TaskGetData { task: None })
            });
        };
        let view = view(item, desk);
        let mut text = items::line(item, desk);
        if !item.description.is_empty() {
            text = format!("{text}\n{}", item.description);
        }
        if !view.blocks.is_empty() {
            text = format!("{text}\n[{} wait for it]", view.blocks.join(", "));
        }
        if !item.metadata.is_empty() {
            text = format!("{text}\n{}", Value::Object(item.metadata.clone()));
        }
        Ok(ToolReturn::text(text, TaskGetData { task: Some(view) }))
    }
}

fn view(item: &WorkItem, desk: &Desk) -> View {
    let blocks = desk
        .items
        .values()
        .filter(|other| other.blocked_by.contains(&item.number))
        .map(|other| other.number);
    View {
        id: item.number.to_string(),
        subject: item.subject.clone(),
        description: item.description.clone(),
        status: item.status.into(),
        owner: item.owner.clone(),
        blocks: items::ids(blocks),
        blocked_by: items::ids(item.blocked_by.iter().copied()),
        metadata: item.metadata.clone(),
    }
}
