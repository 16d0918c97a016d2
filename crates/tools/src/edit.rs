//! Edit: replaces one quoted text in a file.

use crate::{
    editing::{self, EditData},
    loose,
    memory::Memory,
};
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// The tool.
pub(crate) struct Edit {
    pub(crate) memory: Arc<Memory>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct EditInput {
    #[serde(alias = "path")]
    file_path: String,
    /// Must be unique unless `replace_all`
    old_string: String,
    new_string: String,
    #[serde(default, deserialize_with = "loose::flag")]
    replace_all: Option<bool>,
}

impl Tool for Edit {
    type Input = EditInput;
    type Output = EditData;

    const CARD: ToolCard = ToolCard {
        name: "Edit",
        about: include_str!("edit.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Always,
        permission: "asks before it changes a file",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &EditInput, scene: &Scene) -> Result<Plan, ToolFault> {
        editing::plan(&input.file_path, scene, "edit")
    }

    async fn run(&self, input: EditInput, cx: ToolCx) -> Result<ToolReturn<EditData>, ToolFault> {
        let change = editing::change(input.old_string, input.new_string, input.replace_all);
        editing::run(&self.memory, &input.file_path, vec![change], &cx).await
    }
}
