//! `TodoWrite`: replaces the model's plan.

use crate::limits::TODOS;
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Mark, Risk, Todo, TodoStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The tool.
pub(crate) struct TodoWrite;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TodoWriteInput {
    todos: Vec<TodoInput>,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TodoInput {
    content: String,
    status: Status,
    /// Shown while in progress: "Running tests"
    #[serde(alias = "active_form")]
    active_form: String,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Pending,
    InProgress,
    Completed,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TodoWriteData {
    old_todos: Vec<Todo>,
    new_todos: Vec<Todo>,
}

impl Tool for TodoWrite {
    type Input = TodoWriteInput;
    type Output = TodoWriteData;

    const CARD: ToolCard = ToolCard {
        name: "TodoWrite",
        about: include_str!("todo_write.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Always,
        permission: "never asks: it touches nothing outside the session",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, input: &TodoWriteInput, _: &Scene) -> Result<Plan, ToolFault> {
        if input.todos.len() > TODOS {
            return Err(ToolFault::Tell(format!(
                "a list holds at most {TODOS} todos"
            )));
        }
        if input
            .todos
            .iter()
            .any(|todo| todo.content.trim().is_empty())
        {
            return Err(ToolFault::Tell("a todo's content is empty".to_owned()));
        }
        let title = match input.todos.len() {
            1 => "plan 1 step".to_owned(),
            count => format!("plan {count} steps"),
        };
        Ok(Plan {
            title,
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(
        &self,
        input: TodoWriteInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TodoWriteData>, ToolFault> {
        let new_todos: Vec<Todo> = input.todos.into_iter().map(todo).collect();
        let count = |status| {
            new_todos
                .iter()
                .filter(|todo| todo.status == status)
                .count()
        };
        let text = format!(
            "todos saved: {} done, {} in progress, {} pending",
            count(TodoStatus::Completed),
            count(TodoStatus::InProgress),
            count(TodoStatus::Pending)
        );
        let marks = vec![Mark::Todos {
            todos: new_todos.clone(),
        }];
        let data = TodoWriteData {
            old_todos: cx.scene.desk.todos.clone(),
            new_todos,
        };
        Ok(ToolReturn {
            marks,
            ..ToolReturn::text(text, data)
        })
    }
}

fn todo(input: TodoInput) -> Todo {
    let status = match input.status {
        Status::Pending => TodoStatus::Pending,
        Status::InProgress => TodoStatus::InProgress,
        Status::Completed => TodoStatus::Completed,
    };
    Todo {
        content: input.content,
        status,
        active_form: input.active_form,
    }
}
