//! Read: shows a file to the model: text with line numbers, images, PDFs, notebooks.

mod image;
mod notebook;
mod pdf;
mod text;

use crate::{
    freshness::tell,
    limits::{MEDIA_BYTES, WHOLE_READ_BYTES},
    loose,
    memory::Memory,
    paths,
};
use gimlet_ports::{
    FileInfo, FileKind, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn,
};
use gimlet_protocol::{Access, Exposure, Lane, Mark, Risk, Stamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The tool.
pub(crate) struct Read {
    pub(crate) memory: Arc<Memory>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReadInput {
    #[serde(alias = "path")]
    file_path: String,
    /// First line, from 1
    #[serde(default, deserialize_with = "loose::number")]
    offset: Option<u64>,
    /// Number of lines
    #[serde(default, deserialize_with = "loose::number")]
    limit: Option<u64>,
    /// PDF pages to extract as text, e.g. "1-5"
    #[serde(default)]
    pages: Option<String>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(tag = "type", content = "file", rename_all = "lowercase")]
pub(crate) enum ReadData {
    /// Lines of a text.
    Text(TextFile),
    /// A picture.
    Image(ImageFile),
    /// A notebook.
    Notebook(NotebookFile),
    /// A document.
    Pdf(PdfFile),
}

/// Lines of a text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextFile {
    file_path: String,
    content: String,
    num_lines: u64,
    start_line: u64,
    /// 0 where counting would have read too much.
    total_lines: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated_by_token_cap: bool,
}

/// A picture.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageFile {
    base64: String,
    #[serde(rename = "type")]
    media_type: String,
    original_size: u64,
    dimensions: Dimensions,
}

/// How large a picture is, in pixels.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dimensions {
    original_width: u32,
    original_height: u32,
    display_width: u32,
    display_height: u32,
}

/// A notebook.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotebookFile {
    file_path: String,
    cells: Vec<Value>,
}

/// A document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PdfFile {
    file_path: String,
    base64: String,
    original_size: u64,
}

/// A file that is about to be shown.
struct Subject<'a> {
    path: &'a Path,
    /// As the model reads it.
    name: String,
    bytes: Vec<u8>,
    stamp: Stamp,
}

impl Tool for Read {
    type Input = ReadInput;
    type Output = ReadData;

    const CARD: ToolCard = ToolCard {
        name: "Read",
        about: include_str!("read.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Always,
        permission: "reads inside the workspace without asking, asks elsewhere",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &ReadInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let path = paths::resolve(scene, &input.file_path)?;
        if input.offset == Some(0) {
            return Err(ToolFault::Tell(
                "offset is 0; lines are counted from 1".to_owned(),
            ));
        }
        if input.limit == Some(0) {
            return Err(ToolFault::Tell(
                "limit is 0; at least one line must be asked for".to_owned(),
            ));
        }
        Ok(Plan {
            title: format!("read {}", paths::title(scene, &path)),
            risk: Risk::Low,
            accesses: vec![Access::Read { path }],
        })
    }

    async fn run(&self, input: ReadInput, cx: ToolCx) -> Result<ToolReturn<ReadData>, ToolFault> {
        let path = paths::resolve(&cx.scene, &input.file_path)?;
        let name = paths::short(&cx.scene, &path);
        let info = cx
            .host
            .stat(&path)
            .await
            .map_err(|fault| tell(&fault, &cx.scene))?;
        match info.kind {
            FileKind::File | FileKind::Link => {}
            FileKind::Folder => {
                return Err(ToolFault::Tell(format!(
                    "{name} is a folder; list it with Glob or with ls in Bash"
                )));
            }
            FileKind::Special => {
                return Err(ToolFault::Tell(format!(
                    "{name} is a device, socket or pipe; only ordinary files are read"
                )));
            }
        }
        let kind = Kind::by_name(&path);
        if info.size > kind.whole_limit() {
            if kind != Kind::Text {
                return Err(too_large(&name, &info));
            }
            return text::read_window(&self.memory, &path, &input, &cx).await;
        }
        let (bytes, stamp) = cx
            .host
            .read(&path, kind.whole_limit())
            .await
            .map_err(|fault| tell(&fault, &cx.scene))?;
        let kind = kind.by_content(&bytes);
        if kind != Kind::Pdf && input.pages.is_some() {
            return Err(ToolFault::Tell(format!(
                "{name} is no PDF; pages does not apply"
            )));
        }
        let subject = Subject {
            path: &path,
            name,
            bytes,
            stamp,
        };
        match kind {
            Kind::Text => text::show_whole(&self.memory, subject, &input, &cx.scene),
            Kind::Image => image::show(subject).await,
            Kind::Pdf => pdf::show(subject, input.pages.as_deref()).await,
            Kind::Notebook => notebook::show(subject),
        }
    }
}

fn too_large(name: &str, info: &FileInfo) -> ToolFault {
    ToolFault::Tell(format!(
        "{name} has {} bytes; up to {MEDIA_BYTES} are read",
        info.size
    ))
}

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Image,
    Pdf,
    Notebook,
}

impl Kind {
    /// A guess before anything was read.
    fn by_name(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("png" | "jpg" | "jpeg" | "gif" | "webp") => Self::Image,
            Some("pdf") => Self::Pdf,
            Some("ipynb") => Self::Notebook,
            _ => Self::Text,
        }
    }

    /// What the content says; a name may lie.
    fn by_content(self, bytes: &[u8]) -> Self {
        if bytes.starts_with(b"%PDF-") {
            return Self::Pdf;
        }
        if image::is_image(bytes) {
            return Self::Image;
        }
        match self {
            Self::Notebook => Self::Notebook,
            Self::Text | Self::Image | Self::Pdf => Self::Text,
        }
    }

    fn whole_limit(self) -> u64 {
        match self {
            Self::Text => WHOLE_READ_BYTES,
            Self::Image | Self::Pdf | Self::Notebook => MEDIA_BYTES,
        }
    }
}

fn seen(path: &Path, stamp: Stamp) -> Mark {
    Mark::Seen {
        path: PathBuf::from(path),
        stamp,
    }
}
