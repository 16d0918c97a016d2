//! `Sleep`: waits, and wakes when something happens.

use crate::{limits::SLEEP_MAX, loose, tasks::Tasks};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// The tool.
pub(crate) struct Sleep {
    pub(crate) tasks: Arc<Tasks>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct SleepInput {
    #[serde(deserialize_with = "loose::number")]
    #[schemars(with = "u64")]
    duration_ms: Option<u64>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SleepData {
    woken_by: WokenBy,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum WokenBy {
    Time,
    Person,
    Task,
    Stop,
}

/// The pause between two looks at the background tasks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

impl Tool for Sleep {
    type Input = SleepInput;
    type Output = SleepData;

    const CARD: ToolCard = ToolCard {
        name: "Sleep",
        about: include_str!("sleep.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Deferred,
        permission: "never asks: it does nothing",
        deadline: Duration::from_secs(630),
    };

    fn plan(&self, input: &SleepInput, _: &Scene) -> Result<Plan, ToolFault> {
        let wait = input.wait()?;
        Ok(Plan {
            title: format!("wait {} s", wait.as_secs_f64()),
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(&self, input: SleepInput, cx: ToolCx) -> Result<ToolReturn<SleepData>, ToolFault> {
        let over = Instant::now() + input.wait()?;
        let woken_by = loop {
            self.tasks.follow_monitors(&*cx.host).await;
            if self.tasks.has_news() {
                break WokenBy::Task;
            }
            tokio::select! {
                biased;
                () = cx.stop.cancelled() => break WokenBy::Stop,
                () = cx.arrived.cancelled() => break WokenBy::Person,
                () = tokio::time::sleep_until(over) => break WokenBy::Time,
                () = sleep(LOOK_EVERY) => {}
            }
        };
        let why = match woken_by {
            WokenBy::Time => "the time is over",
            WokenBy::Person => "the person wrote something",
            WokenBy::Task => "there is news of a background task",
            WokenBy::Stop => "the call was stopped",
        };
        Ok(ToolReturn::text(
            format!("woke: {why}"),
            SleepData { woken_by },
        ))
    }
}

impl SleepInput {
    fn wait(&self) -> Result<Duration, ToolFault> {
        let wait = self.duration_ms.map(Duration::from_millis);
        let wait = wait.ok_or_else(|| ToolFault::Tell("say how long in duration_ms".to_owned()))?;
        if wait > SLEEP_MAX {
            return Err(ToolFault::Tell(format!(
                "at most {} ms at once",
                SLEEP_MAX.as_millis()
            )));
        }
        Ok(wait)
    }
}
