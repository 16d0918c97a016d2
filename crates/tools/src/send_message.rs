//! `SendMessage`: speaks to a worker, running or not.

use gimlet_ports::{
    Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, WorkerTold, Workers,
};
use gimlet_protocol::{Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The tool.
pub(crate) struct SendMessage {
    pub(crate) workers: Arc<dyn Workers>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct SendMessageInput {
    /// The worker's id or name.
    to: String,
    message: String,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendMessageData {
    agent_id: String,
    resumed: bool,
}

impl Tool for SendMessage {
    type Input = SendMessageInput;
    type Output = SendMessageData;

    const CARD: ToolCard = ToolCard {
        name: "SendMessage",
        about: include_str!("send_message.md"),
        risk: Risk::Low,
        // It must reach a worker that a call beside it waits for.
        lane: Lane::Shared,
        // Agent names it with its input when a worker ends.
        exposure: Exposure::Deferred,
        permission: "never asks: a worker may do no more than the session, and asks itself",
        deadline: Duration::from_secs(30),
    };

    fn plan(&self, input: &SendMessageInput, _: &Scene) -> Result<Plan, ToolFault> {
        if input.message.trim().is_empty() {
            return Err(ToolFault::Tell("the message is empty".to_owned()));
        }
        Ok(Plan {
            title: format!("send a message to worker {}", input.to),
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(
        &self,
        input: SendMessageInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<SendMessageData>, ToolFault> {
        let told = self.workers.send(cx.call, input.to, input.message).await;
        let (worker, resumed, what) = match told.map_err(ToolFault::Tell)? {
            WorkerTold::Steered { worker } => (worker, false, "hears it between its steps"),
            WorkerTold::Resumed { worker } => (
                worker,
                true,
                "goes on with it in the background; you are told when it ends",
            ),
        };
        let text = format!("worker {worker} {what}");
        Ok(ToolReturn::text(
            text,
            SendMessageData {
                agent_id: worker.0,
                resumed,
            },
        ))
    }
}
