//! `MultiEdit`: several replacements in one file, all or none.

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
pub(crate) struct MultiEdit {
    pub(crate) memory: Arc<Memory>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MultiEditInput {
    #[serde(alias = "path")]
    file_path: String,
    edits: Vec<OneEdit>,
}

#[derive(Deserialize, JsonSchema)]
struct OneEdit {
    old_string: String,
    new_string: String,
    #[serde(default, deserialize_with = "loose::flag")]
    replace_all: Option<bool>,
}

impl Tool for MultiEdit {
    type Input = MultiEditInput;
    type Output = EditData;

    const CARD: ToolCard = ToolCard {
        name: "MultiEdit",
        about: include_str!("multi_edit.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        // Several calls of Edit in one reply do the same.
        exposure: Exposure::Deferred,
        permission: "asks before it changes a file",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &MultiEditInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if input.edits.is_empty() {
            return Err(ToolFault::Tell("edits is empty".to_owned()));
        }
        editing::plan(&input.file_path, scene, "edit")
    }

    async fn run(
        &self,
        input: MultiEditInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<EditData>, ToolFault> {
        let changes = input
            .edits
            .into_iter()
            .map(|edit| editing::change(edit.old_string, edit.new_string, edit.replace_all))
            .collect();
        editing::run(&self.memory, &input.file_path, changes, &cx).await
    }
}
