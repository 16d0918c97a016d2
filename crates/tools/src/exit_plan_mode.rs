//! `ExitPlanMode`: shows the plan; with the person's approval the mode is again what it was.

use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Access, Exposure, Lane, Mark, Mode, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the model is told where nobody answers.
const ALONE: &str = "Give the plan as your answer and end the turn with it.";

/// The tool.
pub(crate) struct ExitPlanMode;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExitPlanModeInput {
    /// Markdown
    plan: String,
    /// What the model had written, where the person changed it.
    #[serde(default)]
    #[schemars(skip)]
    plan_was_edited: Option<bool>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExitPlanModeData {
    plan: String,
    is_agent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_was_edited: Option<bool>,
}

impl Tool for ExitPlanMode {
    type Input = ExitPlanModeInput;
    type Output = ExitPlanModeData;

    const CARD: ToolCard = ToolCard {
        name: "ExitPlanMode",
        about: include_str!("exit_plan_mode.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "asks the person to approve the plan",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, input: &ExitPlanModeInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if scene.mode != Mode::Plan {
            return Err(ToolFault::Tell("plan mode is not on".to_owned()));
        }
        if input.plan.trim().is_empty() {
            return Err(ToolFault::Tell("the plan is empty".to_owned()));
        }
        Ok(Plan {
            title: "approve this plan".to_owned(),
            risk: Risk::Low,
            accesses: vec![Access::Person {
                what: input.plan.clone(),
                alone: ALONE.to_owned(),
            }],
        })
    }

    async fn run(
        &self,
        input: ExitPlanModeInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<ExitPlanModeData>, ToolFault> {
        let was_edited = input.plan_was_edited;
        let text = if was_edited == Some(true) {
            format!("The person approved the plan as follows:\n{}", input.plan)
        } else {
            "The person approved the plan. Carry it out.".to_owned()
        };
        let data = ExitPlanModeData {
            plan: input.plan,
            is_agent: false,
            plan_was_edited: was_edited,
        };
        // The person may have left plan mode by hand while the plan was read.
        let marks = if cx.scene.mode == Mode::Plan {
            vec![Mark::PlanApproved]
        } else {
            Vec::new()
        };
        Ok(ToolReturn {
            marks,
            ..ToolReturn::text(text, data)
        })
    }
}
