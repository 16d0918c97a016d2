//! `TaskOutput`: what a background task wrote since the last look, and whether it still runs.

use crate::{
    limits::{LINE_CHARS, TASK_OUTPUT_CHARS, TASK_WAIT, TASK_WAIT_MAX},
    loose,
    tasks::{Look, Tasks, how},
};
use gimlet_ports::{
    Exit, HostFault, LineWindow, Plan, Scene, TextWindow, Tool, ToolCard, ToolCx, ToolFault,
    ToolReturn,
};
use gimlet_protocol::{Exposure, Lane, Mark, Risk, TaskId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// The tool.
pub(crate) struct TaskOutput {
    pub(crate) tasks: Arc<Tasks>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TaskOutputInput {
    #[serde(alias = "shell_id", alias = "bash_id")]
    task_id: String,
    /// Wait for its end; default true
    #[serde(default, deserialize_with = "loose::flag")]
    block: Option<bool>,
    /// Longest wait in ms; default 30000
    #[serde(default, deserialize_with = "loose::number")]
    timeout: Option<u64>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) struct TaskOutputData {
    retrieval_status: &'static str,
    task: TaskView,
}

#[derive(Serialize)]
struct TaskView {
    task_id: String,
    task_type: &'static str,
    status: &'static str,
    description: String,
    output: String,
    #[serde(rename = "exitCode")]
    exit_code: Option<i32>,
}

/// The pause between two looks at a task that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(25);

impl Tool for TaskOutput {
    type Input = TaskOutputInput;
    type Output = TaskOutputData;

    const CARD: ToolCard = ToolCard {
        name: "TaskOutput",
        about: include_str!("task_output.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        // Bash names it with its input when a task begins, and Read shows the output as well.
        exposure: Exposure::Deferred,
        permission: "never asks: it looks at what the session started",
        deadline: Duration::from_secs(630),
    };

    fn plan(&self, input: &TaskOutputInput, _: &Scene) -> Result<Plan, ToolFault> {
        let title = format!("look at task {}", input.task_id);
        Ok(Plan {
            title,
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(
        &self,
        input: TaskOutputInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<TaskOutputData>, ToolFault> {
        let id = TaskId(input.task_id.clone());
        if input.block != Some(false) {
            let wait = input
                .timeout
                .map_or(TASK_WAIT, Duration::from_millis)
                .min(TASK_WAIT_MAX);
            self.wait(&id, wait, &cx).await;
        }
        let found = self.find(&id, &cx)?;
        let (shown, look) = new_output(&found, &cx).await?;
        let ended = !matches!(found.state, State::Running | State::Survives(_));
        self.tasks.looked(&id, look, ended);
        let mut text = format!("[task {id} {}]\n", found.words());
        text.push_str(if shown.is_empty() {
            "[no new output]"
        } else {
            &shown
        });
        let recorded = cx
            .scene
            .desk
            .tasks
            .get(&id)
            .is_some_and(|task| task.ended.is_some());
        let code = found.state.code();
        let marks = if ended && !recorded {
            vec![Mark::TaskEnded { task: id, code }]
        } else {
            Vec::new()
        };
        let waited = input.block != Some(false) && !ended;
        let data = TaskOutputData {
            retrieval_status: if waited { "timeout" } else { "success" },
            task: TaskView {
                task_id: input.task_id,
                task_type: "local_bash",
                status: found.state.status(),
                description: found.command,
                output: shown,
                exit_code: code,
            },
        };
        Ok(ToolReturn {
            marks,
            ..ToolReturn::text(text, data)
        })
    }
}

/// Whether a task runs, as far as can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// Started by an earlier run of the program, and its process group is still there.
    Survives(i32),
    Ended(Exit),
    /// Ended in an earlier run.
    EndedBefore(Option<i32>),
    /// Ended while nobody looked.
    Lost,
}

impl State {
    fn code(self) -> Option<i32> {
        match self {
            Self::Ended(exit) => exit.code,
            Self::EndedBefore(code) => code,
            Self::Running | Self::Survives(_) | Self::Lost => None,
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Running | Self::Survives(_) => "running",
            Self::Ended(Exit { code: Some(0), .. }) | Self::EndedBefore(Some(0)) => "completed",
            Self::Ended(Exit { code: None, .. }) => "killed",
            Self::Ended(_) | Self::EndedBefore(_) | Self::Lost => "failed",
        }
    }
}

struct FoundTask {
    command: String,
    output: PathBuf,
    state: State,
    look: Look,
}

impl FoundTask {
    fn words(&self) -> String {
        match self.state {
            State::Running => "is running".to_owned(),
            State::Survives(group) => format!(
                "was started by an earlier run and its process group {group} is still running"
            ),
            State::Ended(exit) => how(exit),
            State::EndedBefore(Some(code)) => format!("ended with exit code {code}"),
            State::EndedBefore(None) => "ended; its exit code is not known".to_owned(),
            State::Lost => {
                "is gone: it ended while no session was there to see its exit code".to_owned()
            }
        }
    }
}

/// What to say of a task that nobody knows.
pub(crate) fn unknown(id: &TaskId, scene: &Scene) -> ToolFault {
    let known: Vec<&str> = scene.desk.tasks.keys().map(TaskId::as_str).collect();
    let known = if known.is_empty() {
        "no background task was started".to_owned()
    } else {
        format!("known tasks: {}", known.join(", "))
    };
    ToolFault::Tell(format!("there is no task {id}; {known}"))
}

impl TaskOutput {
    /// Waits until the task ends, the time is over, or the call is stopped.
    async fn wait(&self, id: &TaskId, wait: Duration, cx: &ToolCx) {
        let over = Instant::now() + wait;
        let runs = || {
            self.tasks
                .status(id)
                .is_some_and(|status| status.exit.is_none())
        };
        while runs() && Instant::now() < over {
            tokio::select! {
                () = cx.stop.cancelled() => return,
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    fn find(&self, id: &TaskId, cx: &ToolCx) -> Result<FoundTask, ToolFault> {
        if let Some(status) = self.tasks.status(id) {
            let state = status.exit.map_or(State::Running, State::Ended);
            let (command, output) = (status.command, status.output);
            return Ok(FoundTask {
                command,
                output,
                state,
                look: status.look,
            });
        }
        let task = cx
            .scene
            .desk
            .tasks
            .get(id)
            .ok_or_else(|| unknown(id, &cx.scene))?;
        let state = match (task.ended, task.group) {
            (Some(code), _) => State::EndedBefore(code),
            (None, Some(group)) if cx.host.group_lives(group) => State::Survives(group),
            (None, _) => State::Lost,
        };
        Ok(FoundTask {
            command: task.command.clone(),
            output: task.output.clone(),
            state,
            look: Look::default(),
        })
    }
}

/// What was written since the last look, its end where that is too much.
async fn new_output(task: &FoundTask, cx: &ToolCx) -> Result<(String, Look), ToolFault> {
    let path = &task.output;
    let first = task.look.lines + 1;
    let Some(window) = read(path, first, cx).await? else {
        return Ok((String::new(), task.look.clone()));
    };
    if !window.cut_by_bytes {
        return Ok(fresh(&window.lines, &task.look, first));
    }
    let Some(total) = window.total_lines else {
        let lines = window.lines.join("\n");
        let look = Look {
            lines: first - 1 + len(&window.lines),
            open_line: String::new(),
        };
        let note = format!(
            "\n[more output follows; look again or Read {}]",
            path.display()
        );
        return Ok((lines + &note, look));
    };
    // There is too much: the head gives way to the tail, which tells how things stand.
    let mut lines = window.lines;
    let mut from = total
        .saturating_sub(len(&lines))
        .saturating_add(1)
        .max(first);
    for _ in 0..8 {
        let Some(tail) = read(path, from, cx).await? else {
            break;
        };
        let reached = tail.first - 1 + len(&tail.lines);
        lines = tail.lines;
        if !tail.cut_by_bytes || lines.len() <= 1 {
            break;
        }
        // Lines near the end are longer than those at the start.
        from += total.saturating_sub(reached).max(1);
    }
    let left_out = from - first;
    let (text, look) = fresh(
        &lines,
        &Look {
            lines: from - 1,
            open_line: String::new(),
        },
        from,
    );
    let note = format!(
        "[{left_out} lines are left out here; all output is in {}]\n",
        path.display()
    );
    Ok((note + &text, look))
}

fn len(lines: &[String]) -> u64 {
    u64::try_from(lines.len()).unwrap_or(u64::MAX)
}

async fn read(path: &Path, first: u64, cx: &ToolCx) -> Result<Option<TextWindow>, ToolFault> {
    let window = LineWindow {
        first,
        count: u64::MAX,
        limit_bytes: TASK_OUTPUT_CHARS,
        line_chars: LINE_CHARS,
    };
    match cx.host.read_lines(path, window, &cx.stop).await {
        Ok(window) => Ok(Some(window)),
        Err(HostFault::NotFound { .. } | HostFault::Stopped) => Ok(None),
        Err(fault) => Err(ToolFault::Tell(format!(
            "its output could not be read: {fault}"
        ))),
    }
}

/// The new part of lines of which the first may have been shown in part.
fn fresh(lines: &[String], look: &Look, first: u64) -> (String, Look) {
    let Some((last, _)) = lines.split_last() else {
        return (String::new(), look.clone());
    };
    let text = lines.join("\n");
    let text = match text.strip_prefix(&look.open_line) {
        Some(rest) if !look.open_line.is_empty() => {
            rest.strip_prefix('\n').unwrap_or(rest).to_owned()
        }
        Some(_) | None => text,
    };
    // The last line may still grow, so it is looked at again.
    let look = Look {
        lines: first - 1 + len(lines) - 1,
        open_line: last.clone(),
    };
    (text, look)
}
