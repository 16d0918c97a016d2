//! Write: creates a file or replaces all of it.

use crate::{
    freshness::{self, Stale, tell},
    limits::{EDIT_BYTES, ORIGINAL_BYTES},
    memory::Memory,
    patch::{self, Hunk},
    paths,
};
use gimlet_ports::{
    HostFault, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, WriteHow,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, Mark, Risk, Stamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc, time::Duration};

/// The tool.
pub(crate) struct Write {
    pub(crate) memory: Arc<Memory>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct WriteInput {
    #[serde(alias = "path")]
    file_path: String,
    #[serde(alias = "file_text", alias = "file_content")]
    content: String,
}

/// The structured output.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum WriteData {
    /// The file was written.
    Done(Box<Written>),
    /// The file was not as the model knew it.
    Stale {
        /// What the model reads.
        error: String,
    },
}

/// What was written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written {
    #[serde(rename = "type")]
    kind: WrittenKind,
    file_path: String,
    content: String,
    structured_patch: Vec<Hunk>,
    /// `null` for a new file, and where it is larger than `ORIGINAL_BYTES` or not UTF-8.
    original_file: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum WrittenKind {
    Create,
    Update,
}

impl Tool for Write {
    type Input = WriteInput;
    type Output = WriteData;

    const CARD: ToolCard = ToolCard {
        name: "Write",
        about: include_str!("write.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Always,
        permission: "asks before it writes a file",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &WriteInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let path = paths::resolve(scene, &input.file_path)?;
        Ok(Plan {
            title: format!("write {}", paths::title(scene, &path)),
            risk: Risk::Medium,
            accesses: vec![Access::Read { path: path.clone() }, Access::Write { path }],
        })
    }

    async fn run(&self, input: WriteInput, cx: ToolCx) -> Result<ToolReturn<WriteData>, ToolFault> {
        let path = paths::resolve(&cx.scene, &input.file_path)?;
        let old = match cx.host.read(&path, EDIT_BYTES).await {
            Ok((old, stamp)) => Some((old, stamp)),
            Err(HostFault::NotFound { .. }) => None,
            Err(fault @ HostFault::TooLarge { .. }) => {
                return Err(ToolFault::Tell(format!(
                    "{fault}; replace it with a command in Bash"
                )));
            }
            Err(fault) => return Err(tell(&fault, &cx.scene)),
        };
        let mut how = WriteHow {
            make_folders: true,
            ..WriteHow::default()
        };
        match &old {
            None => how.must_be_new = true,
            Some((old, stamp)) => {
                // An empty file holds nothing that could be lost unread.
                if !old.is_empty()
                    && let Err(Stale { text, marks }) =
                        freshness::check(&cx.scene, &self.memory, &path, (old, stamp))
                {
                    let content = vec![Block::text(text.clone())];
                    let data = WriteData::Stale { error: text };
                    return Ok(ToolReturn {
                        content,
                        data,
                        marks,
                        failed: true,
                    });
                }
                how.expect_hash = Some(stamp.hash.clone());
            }
        }
        let old = old.map(|(old, _)| old);
        let like = old
            .as_deref()
            .map(|old| like_the_old(old, &input.content))
            .unwrap_or_default();
        let bytes = like.bytes.as_deref().unwrap_or(input.content.as_bytes());
        let stamp = match cx.host.write(&path, bytes, how).await {
            Ok(stamp) => Stamp {
                whole: true,
                ..stamp
            },
            Err(HostFault::Changed { .. } | HostFault::Exists { .. }) => {
                return Err(ToolFault::Tell(format!(
                    "{} was changed by something else at this moment; nothing was written, Read \
                     it and try again",
                    paths::short(&cx.scene, &path)
                )));
            }
            Err(fault) => return Err(tell(&fault, &cx.scene)),
        };
        self.memory.keep(&path, &stamp, bytes);
        let after = String::from_utf8_lossy(bytes).into_owned();
        let text = said(&cx.scene, &path, old.is_some(), &after) + like.note;
        let before = String::from_utf8_lossy(old.as_deref().unwrap_or_default()).into_owned();
        let data = Written {
            kind: if old.is_some() {
                WrittenKind::Update
            } else {
                WrittenKind::Create
            },
            file_path: path.display().to_string(),
            structured_patch: match old {
                Some(_) => patch::hunks(&before, &after),
                None => Vec::new(),
            },
            content: input.content,
            original_file: old
                .filter(|old| old.len() <= ORIGINAL_BYTES)
                .and_then(|old| String::from_utf8(old).ok()),
        };
        let mut made = ToolReturn::text(text, WriteData::Done(Box::new(data)));
        made.marks.push(Mark::Seen { path, stamp });
        Ok(made)
    }
}

fn said(scene: &Scene, path: &Path, existed: bool, after: &str) -> String {
    let name = paths::short(scene, path);
    let verb = if existed { "replaced" } else { "created" };
    match after.lines().count() {
        1 => format!("{verb} {name} (1 line)"),
        lines => format!("{verb} {name} ({lines} lines)"),
    }
}

/// The content in the form of the file that it replaces.
#[derive(Default)]
struct Like {
    /// `None` where the content can stay as it is.
    bytes: Option<Vec<u8>>,
    note: &'static str,
}

/// Keeps CRLF line ends and a byte order mark, which a model does not see when it reads.
fn like_the_old(old: &[u8], content: &str) -> Like {
    const BOM: &str = "\u{feff}";
    let breaks = old.split(|byte| *byte == b'\n').skip(1).count();
    let long = old.windows(2).filter(|pair| pair == b"\r\n").count();
    let crlf = breaks > 0 && breaks == long && content.contains('\n') && !content.contains('\r');
    let bom = old.starts_with(BOM.as_bytes()) && !content.starts_with(BOM);
    let note = match (crlf, bom) {
        (false, false) => return Like::default(),
        (true, false) => "; its CRLF line ends were kept",
        (false, true) => "; its byte order mark was kept",
        (true, true) => "; its CRLF line ends and byte order mark were kept",
    };
    let mut text = if crlf {
        content.replace('\n', "\r\n")
    } else {
        content.to_owned()
    };
    if bom {
        text.insert_str(0, BOM);
    }
    Like {
        bytes: Some(text.into_bytes()),
        note,
    }
}
