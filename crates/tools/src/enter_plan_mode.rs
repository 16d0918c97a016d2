//! `EnterPlanMode`: from here on the work is planned, not done.

use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Mark, Mode, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The tool.
pub(crate) struct EnterPlanMode;

/// Nothing.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct EnterPlanModeInput {}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct EnterPlanModeData {
    message: &'static str,
}

impl Tool for EnterPlanMode {
    type Input = EnterPlanModeInput;
    type Output = EnterPlanModeData;

    const CARD: ToolCard = ToolCard {
        name: "EnterPlanMode",
        about: include_str!("enter_plan_mode.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "never asks: it only takes permissions away",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, _: &EnterPlanModeInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if scene.mode == Mode::Plan {
            return Err(ToolFault::Tell("plan mode is on already".to_owned()));
        }
        Ok(Plan {
            title: "switch to plan mode".to_owned(),
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(
        &self,
        _: EnterPlanModeInput,
        _: ToolCx,
    ) -> Result<ToolReturn<EnterPlanModeData>, ToolFault> {
        let message = "switched to plan mode";
        Ok(ToolReturn {
            marks: vec![Mark::PlanBegan],
            ..ToolReturn::text(message, EnterPlanModeData { message })
        })
    }
}
