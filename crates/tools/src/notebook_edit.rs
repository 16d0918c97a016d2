//! `NotebookEdit`: changes one cell of a notebook; every other byte of the file stays.

mod cells;

use crate::{
    freshness::{self, Stale, tell},
    limits::{EDIT_BYTES, ORIGINAL_BYTES},
    memory::Memory,
    paths,
};
use cells::{CellKind, Notebook};
use gimlet_ports::{
    HostFault, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, WriteHow,
};
use gimlet_protocol::{Access, Exposure, Lane, Mark, Risk, Stamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The tool.
pub(crate) struct NotebookEdit {
    pub(crate) memory: Arc<Memory>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NotebookEditInput {
    #[serde(alias = "file_path", alias = "path")]
    notebook_path: String,
    #[serde(default)]
    cell_id: Option<String>,
    new_source: String,
    #[serde(default)]
    cell_type: Option<CellKind>,
    /// Default replace
    #[serde(default)]
    edit_mode: Option<EditMode>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EditMode {
    #[default]
    Replace,
    Insert,
    Delete,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct NotebookEditData {
    new_source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell_id: Option<String>,
    cell_type: CellKind,
    language: String,
    edit_mode: EditMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    notebook_path: String,
    original_file: Option<String>,
    updated_file: Option<String>,
}

impl Tool for NotebookEdit {
    type Input = NotebookEditInput;
    type Output = NotebookEditData;

    const CARD: ToolCard = ToolCard {
        name: "NotebookEdit",
        about: include_str!("notebook_edit.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "asks before it changes a notebook",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &NotebookEditInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let path = paths::resolve(scene, &input.notebook_path)?;
        if path.extension().is_none_or(|kind| kind != "ipynb") {
            return Err(ToolFault::Tell(format!(
                "{} is no notebook; use Edit",
                paths::short(scene, &path)
            )));
        }
        let is_insert = input.edit_mode == Some(EditMode::Insert);
        if input.cell_id.is_none() && !is_insert {
            return Err(ToolFault::Tell("say which cell in cell_id".to_owned()));
        }
        Ok(Plan {
            title: format!("edit {}", paths::title(scene, &path)),
            risk: Risk::Medium,
            accesses: vec![Access::Read { path: path.clone() }, Access::Write { path }],
        })
    }

    async fn run(
        &self,
        input: NotebookEditInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<NotebookEditData>, ToolFault> {
        let path = paths::resolve(&cx.scene, &input.notebook_path)?;
        let read = cx.host.read(&path, EDIT_BYTES).await;
        let (content, stamp) = read.map_err(|fault| tell(&fault, &cx.scene))?;
        let name = paths::short(&cx.scene, &path);
        let mode = input.edit_mode.unwrap_or_default();
        let mut data = NotebookEditData {
            new_source: input.new_source,
            old_source: None,
            cell_id: input.cell_id,
            cell_type: input.cell_type.unwrap_or(CellKind::Code),
            language: String::new(),
            edit_mode: mode,
            error: None,
            notebook_path: path.display().to_string(),
            original_file: None,
            updated_file: None,
        };
        if let Err(Stale { text, marks }) =
            freshness::check(&cx.scene, &self.memory, &path, (&content, &stamp))
        {
            data.error = Some(text.clone());
            return Ok(ToolReturn {
                marks,
                failed: true,
                ..ToolReturn::text(text, data)
            });
        }
        let text = String::from_utf8(content)
            .map_err(|_| ToolFault::Tell(format!("{name} is not UTF-8 text")))?;
        let told = |why: String| ToolFault::Tell(format!("{name}: {why}"));
        let after = change(&text, &mut data, input.cell_type).map_err(told)?;
        let how = WriteHow {
            expect_hash: Some(stamp.hash),
            ..WriteHow::default()
        };
        let stamp = match cx.host.write(&path, after.as_bytes(), how).await {
            Ok(stamp) => Stamp {
                whole: true,
                ..stamp
            },
            Err(HostFault::Changed { .. }) => {
                return Err(ToolFault::Tell(format!(
                    "{name} was changed by something else at this moment; nothing was written, \
                     Read it and try again"
                )));
            }
            Err(fault) => return Err(tell(&fault, &cx.scene)),
        };
        self.memory.keep(&path, &stamp, after.as_bytes());
        let verb = match mode {
            EditMode::Replace => "replaced",
            EditMode::Insert => "inserted",
            EditMode::Delete => "deleted",
        };
        let cell = data.cell_id.clone().unwrap_or_default();
        let said = format!("{verb} cell {cell} of {name}");
        data.original_file = Some(text).filter(|text| text.len() <= ORIGINAL_BYTES);
        data.updated_file = Some(after).filter(|text| text.len() <= ORIGINAL_BYTES);
        Ok(ToolReturn {
            marks: vec![Mark::Seen { path, stamp }],
            ..ToolReturn::text(said, data)
        })
    }
}

/// The whole notebook after the change; fills in what is told of it.
fn change(
    text: &str,
    data: &mut NotebookEditData,
    kind: Option<CellKind>,
) -> Result<String, String> {
    let notebook = Notebook::read(text)?;
    data.language = notebook.language();
    let at = match &data.cell_id {
        Some(id) => Some(notebook.find(id)?),
        None => None,
    };
    match (data.edit_mode, at) {
        (EditMode::Insert, at) => {
            let kind = kind.unwrap_or(CellKind::Code);
            let (after, id) = notebook.inserted(at, kind, &data.new_source);
            data.cell_type = kind;
            data.cell_id = Some(id);
            after
        }
        (EditMode::Replace, Some(at)) => {
            let (old, kind) = notebook.cell(at, kind)?;
            data.old_source = Some(old);
            data.cell_type = kind;
            notebook.replaced(at, kind, &data.new_source)
        }
        (EditMode::Delete, Some(at)) => {
            let (old, kind) = notebook.cell(at, None)?;
            data.old_source = Some(old);
            data.cell_type = kind;
            notebook.deleted(at)
        }
        (EditMode::Replace | EditMode::Delete, None) => Err("say which cell in cell_id".to_owned()),
    }
}
