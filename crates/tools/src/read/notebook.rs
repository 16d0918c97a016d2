//! Jupyter notebooks: cells with their outputs.

use super::{NotebookFile, ReadData, Subject, seen};
use crate::limits::{NOTEBOOK_IMAGES, NOTEBOOK_OUTPUT_CHARS, READ_BYTES};
use gimlet_ports::{ToolFault, ToolReturn};
use gimlet_protocol::{Block, Stamp};
use serde_json::{Value, json};

pub(super) fn show(subject: Subject<'_>) -> Result<ToolReturn<ReadData>, ToolFault> {
    let Subject {
        path,
        name,
        bytes,
        stamp,
    } = subject;
    let notebook: Value = serde_json::from_slice(&bytes)
        .map_err(|error| ToolFault::Tell(format!("{name} is no valid notebook: {error}")))?;
    let Some(cells) = notebook.get("cells").and_then(Value::as_array) else {
        return Err(ToolFault::Tell(format!(
            "{name} is no valid notebook: it has no cells"
        )));
    };
    let language = notebook
        .pointer("/metadata/language_info/name")
        .or_else(|| notebook.pointer("/metadata/kernelspec/language"))
        .and_then(Value::as_str)
        .unwrap_or("python");
    let mut text = format!("[notebook {name}: {} cells, {language}]\n", cells.len());
    let mut images = Vec::new();
    let mut shown = Vec::new();
    let mut left_out = 0;
    for (index, cell) in cells.iter().enumerate() {
        let cell = Cell::read(index, cell, &mut images);
        let part = cell.text();
        if text.len() + part.len() > READ_BYTES {
            left_out = cells.len() - index;
            break;
        }
        text.push_str(&part);
        shown.push(cell.data(language));
    }
    if left_out > 0 {
        text.extend([format!(
            "[{left_out} more cells are left out by the size limit; read them with jq in Bash]\n"
        )]);
    }
    if images.len() > NOTEBOOK_IMAGES {
        let extra = images.len() - NOTEBOOK_IMAGES;
        text.extend([format!("[{extra} more images are left out]\n")]);
        images.truncate(NOTEBOOK_IMAGES);
    }
    let file_path = path.display().to_string();
    let mut content = vec![Block::text(text)];
    content.extend(images);
    let whole = left_out == 0;
    Ok(ToolReturn {
        content,
        data: ReadData::Notebook(NotebookFile {
            file_path,
            cells: shown,
        }),
        marks: vec![seen(path, Stamp { whole, ..stamp })],
        failed: false,
    })
}

/// A cell as it is shown.
struct Cell {
    id: String,
    kind: String,
    source: String,
    count: Option<u64>,
    outputs: Vec<String>,
}

impl Cell {
    fn read(index: usize, cell: &Value, images: &mut Vec<Block>) -> Self {
        let text = |key: &str| cell.get(key).and_then(Value::as_str).map(str::to_owned);
        let outputs = cell.get("outputs").and_then(Value::as_array);
        Self {
            id: text("id").unwrap_or_else(|| format!("cell-{index}")),
            kind: text("cell_type").unwrap_or_else(|| "code".to_owned()),
            source: joined(cell.get("source")),
            count: cell.get("execution_count").and_then(Value::as_u64),
            outputs: outputs
                .into_iter()
                .flatten()
                .map(|output| read_output(output, images))
                .filter(|output| !output.is_empty())
                .collect(),
        }
    }

    fn text(&self) -> String {
        let Self {
            id,
            kind,
            source,
            outputs,
            ..
        } = self;
        let mut text = format!("<cell id=\"{id}\" type=\"{kind}\">\n{source}\n</cell>\n");
        for output in outputs {
            text.extend([format!(
                "<output>\n{}\n</output>\n",
                output.trim_end_matches('\n')
            )]);
        }
        text
    }

    fn data(&self, language: &str) -> Value {
        json!({
            "cell_id": self.id,
            "cellType": self.kind,
            "source": self.source,
            "language": if self.kind == "code" { Some(language) } else { None },
            "execution_count": self.count,
            "outputs": self.outputs,
        })
    }
}

/// The text of an output; its images go to `images`.
fn read_output(output: &Value, images: &mut Vec<Block>) -> String {
    let mut text = match output.get("output_type").and_then(Value::as_str) {
        Some("stream") => joined(output.get("text")),
        Some("error") => {
            let trace = output.get("traceback").and_then(Value::as_array);
            let lines = trace.into_iter().flatten().filter_map(Value::as_str);
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => {
            for media_type in ["image/png", "image/jpeg"] {
                let data = joined(
                    output
                        .pointer("/data")
                        .and_then(|data| data.get(media_type)),
                );
                if !data.is_empty() {
                    let data = data.split_whitespace().collect();
                    images.push(Block::Image {
                        media_type: media_type.to_owned(),
                        data,
                    });
                }
            }
            joined(
                output
                    .pointer("/data")
                    .and_then(|data| data.get("text/plain")),
            )
        }
    };
    if let Some((at, _)) = text.char_indices().nth(NOTEBOOK_OUTPUT_CHARS) {
        let missing = text.chars().count() - NOTEBOOK_OUTPUT_CHARS;
        text.truncate(at);
        text.extend([format!("[… {missing} more characters]")]);
    }
    text
}

/// Notebooks write texts as one string or as a list of lines.
fn joined(text: Option<&Value>) -> String {
    match text {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        Some(_) | None => String::new(),
    }
}
