//! `TaskCreate`: notes a piece of work.

use crate::{items, limits::ITEMS};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Mark, Risk, TodoStatus, WorkItem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, time::Duration};

/// The tool.
pub(crate) struct TaskCreate;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskCreateInput {
    subject: String,
    description: String,
    /// Shown while in progress: "Running tests"
    #[serde(default, alias = "active_form")]
    active_form: Option<String>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct TaskCreateData {
    task: Created,
}

#[derive(Serialize)]
struct Created {
    id: String,
    subject: String,
    description: String,
}

impl Tool for TaskCreate {
    type Input = TaskCreateInput;
    type Output = TaskCreateData;

    const CARD: ToolCard = ToolCard {
        name: "TaskCreate",
        about: include_str!("task_create.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "never asks: it touches nothing outside the session",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, input: &TaskCreateInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if input.subject.trim().is_empty() {
            return Err(ToolFault::Tell("the subject is empty".to_owned()));
        }
        if scene.desk.items.len() >= ITEMS {
            return Err(ToolFault::Tell(format!(
                "the list holds at most {ITEMS} tasks"
            )));
        }
        Ok(items::free(format!("note the task {}", input.subject)))
    }

    async fn run(
        &self,
        input: TaskCreateInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TaskCreateData>, ToolFault> {
        let number = cx.scene.desk.last_item + 1;
        let item = WorkItem {
            number,
            subject: input.subject,
            description: input.description,
            active_form: input.active_form,
            status: TodoStatus::Pending,
            owner: None,
            blocked_by: BTreeSet::new(),
            metadata: input.metadata.unwrap_or_default(),
        };
        let task = Created {
            id: number.to_string(),
            subject: item.subject.clone(),
            description: item.description.clone(),
        };
        let text = format!("noted as task {number}");
        Ok(ToolReturn {
            marks: vec![Mark::Item { item }],
            ..ToolReturn::text(text, TaskCreateData { task })
        })
    }
}
