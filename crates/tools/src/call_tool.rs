//! `CallTool`: the door to tools that are not on the frozen list. The engine looks through it,
//! so that a call is planned, judged, run and recorded under the tool's own name; what comes
//! here named no tool.

use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{DOOR, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// The tool.
pub(crate) struct CallTool;

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the engine reads both before the call gets here")]
pub(crate) struct CallToolInput {
    tool: String,
    input: Map<String, Value>,
}

/// There is never any output.
#[derive(Serialize)]
pub(crate) enum Nothing {}

const NO_TOOL: &str =
    "name the tool in `tool` and give its input as an object in `input`; nothing was run";

impl Tool for CallTool {
    type Input = CallToolInput;
    type Output = Nothing;

    const CARD: ToolCard = ToolCard {
        name: DOOR,
        about: include_str!("call_tool.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Always,
        permission: "asks as the tool that it calls does",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, _: &CallToolInput, _: &Scene) -> Result<Plan, ToolFault> {
        Err(ToolFault::Tell(NO_TOOL.to_owned()))
    }

    async fn run(&self, _: CallToolInput, _: ToolCx) -> Result<ToolReturn<Nothing>, ToolFault> {
        Err(ToolFault::Tell(NO_TOOL.to_owned()))
    }
}
