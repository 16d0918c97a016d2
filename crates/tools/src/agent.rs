//! `Agent`: hands a task to a worker with a session of its own.

use gimlet_ports::{
    AnyTool, Job, Later, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, WorkerAnswer,
    WorkerReport, Workers, Works, told_of_changes,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, ReturnedHow, Risk, ToolSpec, Usage, Waits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// The kind that is meant where none is named.
const FIRST_KIND: &str = "general";
/// What a worker's end may take beside its own deadline.
const DEADLINE_SLACK: Duration = Duration::from_secs(30);

/// The tool, with the kinds of workers in its description.
pub(crate) struct Agent(Starter);

impl Agent {
    pub(crate) fn new(workers: Arc<dyn Workers>) -> Self {
        Self(Starter { workers })
    }
}

/// The tool as it is for every set of kinds.
struct Starter {
    workers: Arc<dyn Workers>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct AgentInput {
    /// The task in three to five words.
    description: String,
    prompt: String,
    subagent_type: Option<String>,
    model: Option<String>,
    /// False: the call waits for the report. Else you go on at once and are told when it ends.
    run_in_background: Option<bool>,
    /// A name for `SendMessage`.
    name: Option<String>,
    /// Where it works: a worktree is a copy of the repository, whose changes you merge later.
    isolation: Option<Isolation>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Isolation {
    Worktree,
    None,
}

/// The structured output.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum AgentData {
    #[serde(rename_all = "camelCase")]
    Completed(Completed),
    #[serde(rename_all = "camelCase")]
    AsyncLaunched {
        agent_id: String,
        description: String,
        prompt: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        output_file: Option<PathBuf>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Completed {
    agent_id: String,
    agent_type: String,
    content: Vec<Block>,
    resolved_model: String,
    total_tool_use_count: u64,
    total_duration_ms: u64,
    total_tokens: u64,
    usage: Usage,
    prompt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    worktree_path: Option<PathBuf>,
}

impl Tool for Starter {
    type Input = AgentInput;
    type Output = AgentData;

    const CARD: ToolCard = ToolCard {
        name: "Agent",
        about: include_str!("agent.md"),
        risk: Risk::Medium,
        lane: Lane::Shared,
        exposure: Exposure::Always,
        permission: "never asks: a worker may do no more than the session, and asks itself",
        deadline: Duration::from_hours(1),
    };

    fn plan(&self, input: &AgentInput, _: &Scene) -> Result<Plan, ToolFault> {
        let kind = kind_of(input);
        if !self.workers.kinds().iter().any(|known| known.name == kind) {
            return Err(ToolFault::Tell(format!(
                "there is no kind of worker `{kind}`; the kinds are {}",
                names(&*self.workers).join(", ")
            )));
        }
        if input.prompt.trim().is_empty() {
            return Err(ToolFault::Tell("the prompt is empty".to_owned()));
        }
        Ok(Plan {
            title: format!("start a worker: {}", input.description),
            risk: Risk::Medium,
            accesses: vec![Access::Spawn { kind }],
        })
    }

    async fn run(&self, input: AgentInput, cx: ToolCx) -> Result<ToolReturn<AgentData>, ToolFault> {
        let job = Job {
            call: cx.call,
            scene: cx.scene,
            kind: kind_of(&input),
            task: input.description.clone(),
            prompt: input.prompt.clone(),
            model: input.model,
            name: input.name,
            waits: input.run_in_background.map(|background| {
                if background {
                    Waits::No
                } else {
                    Waits::ForReport
                }
            }),
            works: input.isolation.map(|isolation| match isolation {
                Isolation::Worktree => Works::Apart,
                Isolation::None => Works::Along,
            }),
            stop: cx.stop,
            progress: cx.progress,
        };
        match self.workers.start(job).await {
            Err(why) => Err(ToolFault::Tell(why)),
            Ok(WorkerAnswer::Launched { worker, log }) => {
                let text = format!(
                    "The worker {worker} works in the background. Go on with something else; \
                     you are told when it ends."
                );
                Ok(ToolReturn::text(
                    text,
                    AgentData::AsyncLaunched {
                        agent_id: worker.0,
                        description: input.description,
                        prompt: input.prompt,
                        output_file: log,
                    },
                ))
            }
            Ok(WorkerAnswer::Report(report)) => Ok(reported(report, input.prompt)),
        }
    }
}

fn reported(report: WorkerReport, prompt: String) -> ToolReturn<AgentData> {
    let failed = report.how != ReturnedHow::Done;
    let mut content = vec![Block::text(report.text.clone())];
    if let Some(changes) = &report.changes {
        content.push(Block::text(told_of_changes(&report.worker, changes)));
    }
    content.push(Block::text(format!(
        "[SendMessage {{\"to\": \"{}\", \"message\": …}} goes on with this worker]",
        report.worker
    )));
    let data = AgentData::Completed(Completed {
        agent_id: report.worker.0,
        agent_type: report.kind,
        content: vec![Block::text(report.text)],
        resolved_model: report.model,
        total_tool_use_count: report.calls,
        total_duration_ms: report.took_ms,
        total_tokens: report.usage.context_tokens(),
        usage: report.usage,
        prompt,
        worktree_path: report.worktree,
    });
    ToolReturn {
        content,
        data,
        marks: Vec::new(),
        failed,
    }
}

fn kind_of(input: &AgentInput) -> String {
    match input.subagent_type.as_deref() {
        None | Some("" | "general-purpose") => FIRST_KIND.to_owned(),
        // The names of the contract.
        Some("Explore") => "explore".to_owned(),
        Some("Plan") => "plan".to_owned(),
        Some(kind) => kind.to_owned(),
    }
}

fn names(workers: &dyn Workers) -> Vec<String> {
    workers.kinds().into_iter().map(|kind| kind.name).collect()
}

impl AnyTool for Agent {
    fn name(&self) -> &str {
        AnyTool::name(&self.0)
    }

    fn spec(&self) -> ToolSpec {
        let mut spec = AnyTool::spec(&self.0);
        let kinds = self.0.workers.kinds().into_iter();
        let lines = kinds.map(|kind| format!("\n- {}: {}", kind.name, kind.about));
        spec.description.extend(lines);
        spec
    }

    fn exposure(&self) -> Exposure {
        AnyTool::exposure(&self.0)
    }

    fn permission(&self) -> &str {
        AnyTool::permission(&self.0)
    }

    fn risk(&self) -> Risk {
        AnyTool::risk(&self.0)
    }

    fn lane(&self) -> Lane {
        AnyTool::lane(&self.0)
    }

    fn deadline(&self) -> Duration {
        // The worker's own deadline comes first and has a report.
        self.0.workers.deadline() + DEADLINE_SLACK
    }

    fn plan(&self, input: &Value, scene: &Scene) -> Result<Plan, ToolFault> {
        AnyTool::plan(&self.0, input, scene)
    }

    fn run(&self, input: Value, cx: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>> {
        AnyTool::run(&self.0, input, cx)
    }
}
