//! `Monitor`: a command in the background whose lines reach the model as events.

use crate::{
    bash,
    limits::{MONITOR_TIME, MONITOR_TIME_MAX},
    loose,
    tasks::{Life, Started, Tasks},
};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The tool.
pub(crate) struct Monitor {
    pub(crate) tasks: Arc<Tasks>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MonitorInput {
    description: String,
    command: String,
    /// Default 300000, at most 1800000
    #[serde(default, deserialize_with = "loose::number")]
    timeout_ms: Option<u64>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MonitorData {
    task_id: String,
    timeout_ms: u64,
}

impl Tool for Monitor {
    type Input = MonitorInput;
    type Output = MonitorData;

    const CARD: ToolCard = ToolCard {
        name: "Monitor",
        about: include_str!("monitor.md"),
        risk: Risk::High,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "runs what only looks without asking, asks before the rest",
        deadline: Duration::from_secs(30),
    };

    fn plan(&self, input: &MonitorInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let mut plan = bash::plan_of(&input.command, scene)?;
        plan.title = plan.title.replacen("run", "monitor", 1);
        Ok(plan)
    }

    async fn run(
        &self,
        input: MonitorInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<MonitorData>, ToolFault> {
        let time = input
            .timeout_ms
            .map_or(MONITOR_TIME, Duration::from_millis)
            .min(MONITOR_TIME_MAX);
        let started = self.tasks.start(input.command, Life::Session, &cx);
        let Started { id, mark, .. } = started.map_err(|fault| {
            ToolFault::Tell(format!("the command could not be started: {fault}"))
        })?;
        self.tasks.watch(&id, input.description, time);
        let text = format!(
            "monitor {id} watches for {} s; its lines reach you as events. Sleep waits for them, \
             TaskStop ends it",
            time.as_secs()
        );
        let data = MonitorData {
            task_id: id.0.clone(),
            timeout_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        };
        Ok(ToolReturn {
            marks: vec![mark],
            ..ToolReturn::text(text, data)
        })
    }
}
