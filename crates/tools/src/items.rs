//! What the Task tools share: the list of work on the desk, and how it is told.

use gimlet_ports::{Plan, ToolFault};
use gimlet_protocol::{Desk, Risk, TodoStatus, WorkItem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number that a model means by an id; `#3` is taken as well.
pub(crate) fn number(id: &Value) -> Result<u64, ToolFault> {
    let given = match id {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().trim_start_matches('#').parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    given.ok_or_else(|| ToolFault::Tell(format!("{id} is no task's number")))
}

/// A plan that touches nothing.
pub(crate) fn free(title: String) -> Plan {
    Plan {
        title,
        risk: Risk::Low,
        accesses: Vec::new(),
    }
}

/// What to say of a number that no item has.
pub(crate) fn unknown(number: u64, desk: &Desk) -> String {
    let numbers: Vec<String> = desk.items.keys().map(ToString::to_string).collect();
    if numbers.is_empty() {
        format!("there is no task {number}; the list is empty")
    } else {
        format!(
            "there is no task {number}; there are {}",
            numbers.join(", ")
        )
    }
}

// How far an item is, as models write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    InProgress,
    Completed,
    Deleted,
}

impl From<TodoStatus> for Status {
    fn from(status: TodoStatus) -> Self {
        match status {
            TodoStatus::Pending => Self::Pending,
            TodoStatus::InProgress => Self::InProgress,
            TodoStatus::Completed => Self::Completed,
        }
    }
}

/// The items that still stand in an item's way.
pub(crate) fn open_blockers(item: &WorkItem, desk: &Desk) -> Vec<u64> {
    let is_open = |number: &&u64| {
        desk.items
            .get(number)
            .is_some_and(|other| other.status != TodoStatus::Completed)
    };
    item.blocked_by.iter().filter(is_open).copied().collect()
}

/// An item in one line.
pub(crate) fn line(item: &WorkItem, desk: &Desk) -> String {
    let status = match item.status {
        TodoStatus::Pending => "pending",
        TodoStatus::InProgress => "in progress",
        TodoStatus::Completed => "completed",
    };
    let owner = match &item.owner {
        Some(owner) => format!(", {owner}"),
        None => String::new(),
    };
    let blockers = open_blockers(item, desk);
    let waits = if blockers.is_empty() {
        String::new()
    } else {
        format!(", waits for {}", listed(&blockers))
    };
    format!("{} [{status}{owner}{waits}] {}", item.number, item.subject)
}

/// Numbers with commas.
pub(crate) fn listed(numbers: &[u64]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// Numbers as ids.
pub(crate) fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers
        .into_iter()
        .map(|number| number.to_string())
        .collect()
}
