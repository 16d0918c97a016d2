//! `TaskUpdate`: changes a piece of work, or strikes it.

use crate::items::{self, Status};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Desk, Exposure, Lane, Mark, Risk, TodoStatus, WorkItem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The tool.
pub(crate) struct TaskUpdate;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskUpdateInput {
    #[serde(alias = "task_id")]
    #[schemars(with = "String")]
    task_id: Value,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, alias = "active_form")]
    active_form: Option<String>,
    #[serde(default)]
    status: Option<Status>,
    /// Tasks that wait for this one
    #[serde(default, alias = "add_blocks")]
    #[schemars(with = "Option<Vec<String>>")]
    add_blocks: Option<Vec<Value>>,
    /// Tasks that this one waits for
    #[serde(default, alias = "add_blocked_by")]
    #[schemars(with = "Option<Vec<String>>")]
    add_blocked_by: Option<Vec<Value>>,
    #[serde(default)]
    owner: Option<String>,
    /// Merged; null removes a key
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskUpdateData {
    success: bool,
    task_id: String,
    updated_fields: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_change: Option<StatusChange>,
}

#[derive(Serialize)]
struct StatusChange {
    from: Status,
    to: Status,
}

impl Tool for TaskUpdate {
    type Input = TaskUpdateInput;
    type Output = TaskUpdateData;

    const CARD: ToolCard = ToolCard {
        name: "TaskUpdate",
        about: include_str!("task_update.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "never asks: it touches nothing outside the session",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, input: &TaskUpdateInput, _: &Scene) -> Result<Plan, ToolFault> {
        let number = items::number(&input.task_id)?;
        Ok(items::free(format!("change task {number} of the list")))
    }

    async fn run(
        &self,
        input: TaskUpdateInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TaskUpdateData>, ToolFault> {
        let number = items::number(&input.task_id)?;
        match changed(number, input, &cx.scene.desk) {
            Ok(made) => Ok(made),
            Err(error) => {
                let data = TaskUpdateData {
                    success: false,
                    task_id: number.to_string(),
                    updated_fields: Vec::new(),
                    error: Some(error.clone()),
                    status_change: None,
                };
                Ok(ToolReturn {
                    failed: true,
                    ..ToolReturn::text(error, data)
                })
            }
        }
    }
}

fn changed(
    number: u64,
    input: TaskUpdateInput,
    desk: &Desk,
) -> Result<ToolReturn<TaskUpdateData>, String> {
    let old = desk
        .items
        .get(&number)
        .ok_or_else(|| items::unknown(number, desk))?;
    let status_change = input
        .status
        .filter(|to| *to != Status::from(old.status))
        .map(|to| StatusChange {
            from: old.status.into(),
            to,
        });
    let data = |updated_fields| TaskUpdateData {
        success: true,
        task_id: number.to_string(),
        updated_fields,
        error: None,
        status_change,
    };
    if input.status == Some(Status::Deleted) {
        return Ok(ToolReturn {
            marks: vec![Mark::ItemDropped { number }],
            ..ToolReturn::text(format!("task {number} is struck"), data(vec!["deleted"]))
        });
    }
    let waiting = numbers(input.add_blocks.as_deref(), desk)?;
    let blockers = numbers(input.add_blocked_by.as_deref(), desk)?;
    let mut item = old.clone();
    let mut fields = fill(&mut item, input);
    let mut touched: BTreeMap<u64, WorkItem> = BTreeMap::new();
    if !blockers.is_empty() {
        item.blocked_by.extend(&blockers);
        fields.push("blockedBy");
    }
    touched.insert(number, item);
    for other in &waiting {
        let mut other = touched
            .remove(other)
            .or_else(|| desk.items.get(other).cloned())
            .ok_or_else(|| items::unknown(*other, desk))?;
        other.blocked_by.insert(number);
        touched.insert(other.number, other);
    }
    if !waiting.is_empty() {
        fields.push("blocks");
    }
    if fields.is_empty() {
        return Err("the input changes nothing".to_owned());
    }
    let mut after = desk.clone();
    for item in touched.values() {
        after.items.insert(item.number, item.clone());
    }
    if let Some(circle) = circle(number, &after) {
        return Err(format!("tasks would wait for each other: {circle}"));
    }
    let text = after
        .items
        .get(&number)
        .map(|item| items::line(item, &after))
        .unwrap_or_default();
    let marks = touched
        .into_values()
        .map(|item| Mark::Item { item })
        .collect();
    Ok(ToolReturn {
        marks,
        ..ToolReturn::text(text, data(fields))
    })
}

/// Takes the plain fields over and tells which.
fn fill(item: &mut WorkItem, input: TaskUpdateInput) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if let Some(subject) = input.subject.filter(|subject| !subject.trim().is_empty()) {
        item.subject = subject;
        fields.push("subject");
    }
    if let Some(description) = input.description {
        item.description = description;
        fields.push("description");
    }
    if let Some(active_form) = input.active_form {
        item.active_form = Some(active_form);
        fields.push("activeForm");
    }
    if let Some(owner) = input.owner {
        item.owner = Some(owner).filter(|owner| !owner.is_empty());
        fields.push("owner");
    }
    let status = match input.status {
        Some(Status::Pending) => Some(TodoStatus::Pending),
        Some(Status::InProgress) => Some(TodoStatus::InProgress),
        Some(Status::Completed) => Some(TodoStatus::Completed),
        Some(Status::Deleted) | None => None,
    };
    if let Some(status) = status {
        item.status = status;
        fields.push("status");
    }
    if let Some(metadata) = input.metadata {
        for (key, value) in metadata {
            if value.is_null() {
                item.metadata.shift_remove(&key);
            } else {
                item.metadata.insert(key, value);
            }
        }
        fields.push("metadata");
    }
    fields
}

fn numbers(ids: Option<&[Value]>, desk: &Desk) -> Result<BTreeSet<u64>, String> {
    ids.unwrap_or_default()
        .iter()
        .map(|id| {
            let number = items::number(id).map_err(|_| format!("{id} is no task's number"))?;
            if desk.items.contains_key(&number) {
                Ok(number)
            } else {
                Err(items::unknown(number, desk))
            }
        })
        .collect()
}

/// The way from an item back to itself, where there is one.
fn circle(start: u64, desk: &Desk) -> Option<String> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let last = way.last().copied()?;
        for next in desk
            .items
            .get(&last)
            .into_iter()
            .flat_map(|item| &item.blocked_by)
        {
            let mut longer = way.clone();
            longer.push(*next);
            if *next == start {
                return Some(items::listed(&longer));
            }
            if seen.insert(*next) {
                ways.push(longer);
            }
        }
    }
    None
}
