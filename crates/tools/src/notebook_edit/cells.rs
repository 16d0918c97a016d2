//! The cells of a notebook as pieces of its text, so that what is not changed keeps its bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};
use std::ops::Range;

// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CellKind {
    Code,
    Markdown,
}

impl CellKind {
    fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Markdown => "markdown",
        }
    }
}

/// A notebook's text with its cells found in it.
pub(super) struct Notebook<'a> {
    text: &'a str,
    cells: Vec<(Range<usize>, Value)>,
    /// Where the brackets of the list are.
    list: Range<usize>,
    head: Value,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    cells: &'a RawValue,
}

impl<'a> Notebook<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        let invalid = |error: serde_json::Error| format!("no valid notebook: {error}");
        let outer: Outer<'a> = serde_json::from_str(text).map_err(invalid)?;
        let raw: Vec<&'a RawValue> = serde_json::from_str(outer.cells.get()).map_err(invalid)?;
        let place = |part: &str| {
            // Both are parts of the same text.
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            start..start + part.len()
        };
        let cells = raw
            .into_iter()
            .map(|cell| Ok((place(cell.get()), serde_json::from_str(cell.get())?)))
            .collect::<Result<_, _>>()
            .map_err(invalid)?;
        let mut head: Value = serde_json::from_str(text).map_err(invalid)?;
        if let Some(head) = head.as_object_mut() {
            head.shift_remove("cells");
        }
        Ok(Self {
            text,
            cells,
            list: place(outer.cells.get()),
            head,
        })
    }

    /// The language of the code cells.
    pub(super) fn language(&self) -> String {
        self.head
            .pointer("/metadata/language_info/name")
            .or_else(|| self.head.pointer("/metadata/kernelspec/language"))
            .and_then(Value::as_str)
            .unwrap_or("python")
            .to_owned()
    }

    /// The place of a cell by the id that Read shows: its own, or `cell-` with its place.
    pub(super) fn find(&self, id: &str) -> Result<usize, String> {
        let by_id = self
            .cells
            .iter()
            .position(|(_, cell)| cell.get("id").and_then(Value::as_str) == Some(id));
        let by_place = || id.strip_prefix("cell-").unwrap_or(id).parse().ok();
        by_id
            .or_else(by_place)
            .filter(|at| *at < self.cells.len())
            .ok_or_else(|| format!("there is no cell {id}; it has {} cells", self.cells.len()))
    }

    /// The source of a cell and the kind that it is to have.
    pub(super) fn cell(
        &self,
        at: usize,
        wanted: Option<CellKind>,
    ) -> Result<(String, CellKind), String> {
        let (_, cell) = self.cells.get(at).ok_or("there is no such cell")?;
        let source = match cell.get("source") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
            Some(_) | None => String::new(),
        };
        let is_code = cell.get("cell_type").and_then(Value::as_str) == Some("code");
        let kind = if is_code {
            CellKind::Code
        } else {
            CellKind::Markdown
        };
        Ok((source, wanted.unwrap_or(kind)))
    }

    /// The text with another source in a cell. Outputs of the old source go.
    pub(super) fn replaced(
        &self,
        at: usize,
        kind: CellKind,
        source: &str,
    ) -> Result<String, String> {
        let (place, cell) = self.cells.get(at).ok_or("there is no such cell")?;
        let mut cell = cell.as_object().cloned().unwrap_or_default();
        let as_text = cell.get("source").is_some_and(Value::is_string);
        let was_raw = cell.get("cell_type").is_some_and(|kind| kind == "raw");
        if !(was_raw && kind == CellKind::Markdown) {
            cell.insert("cell_type".to_owned(), json!(kind.name()));
        }
        let source = if as_text {
            json!(source)
        } else {
            lines(source)
        };
        cell.insert("source".to_owned(), source);
        if kind == CellKind::Code {
            cell.insert("execution_count".to_owned(), Value::Null);
            cell.insert("outputs".to_owned(), json!([]));
        } else {
            cell.shift_remove("execution_count");
            cell.shift_remove("outputs");
        }
        self.spliced(place.clone(), &self.written(&cell))
    }

    /// The text with one more cell, below `after` or at the top, and the cell's id.
    pub(super) fn inserted(
        &self,
        after: Option<usize>,
        kind: CellKind,
        source: &str,
    ) -> (Result<String, String>, String) {
        let mut cell = Map::new();
        cell.insert("cell_type".to_owned(), json!(kind.name()));
        let index = after.map_or(0, |at| at + 1);
        let id = if self.has_ids() {
            let id = self.free_id();
            cell.insert("id".to_owned(), json!(id));
            id
        } else {
            format!("cell-{index}")
        };
        if kind == CellKind::Code {
            cell.insert("execution_count".to_owned(), Value::Null);
        }
        cell.insert("metadata".to_owned(), json!({}));
        if kind == CellKind::Code {
            cell.insert("outputs".to_owned(), json!([]));
        }
        cell.insert("source".to_owned(), lines(source));
        let written = self.written(&cell);
        let gap = self.gap();
        let after = match (after.and_then(|at| self.cells.get(at)), self.cells.first()) {
            (Some((place, _)), _) => {
                self.spliced(place.end..place.end, &format!(",{gap}{written}"))
            }
            (None, Some((place, _))) => {
                self.spliced(place.start..place.start, &format!("{written},{gap}"))
            }
            (None, None) => {
                let outer = gap
                    .strip_suffix(self.indent())
                    .unwrap_or_default()
                    .to_owned();
                self.spliced(self.list.clone(), &format!("[{gap}{written}{outer}]"))
            }
        };
        (after, id)
    }

    /// The text without a cell.
    pub(super) fn deleted(&self, at: usize) -> Result<String, String> {
        let (place, _) = self.cells.get(at).ok_or("there is no such cell")?;
        let next = self.cells.get(at + 1);
        let before = at.checked_sub(1).and_then(|at| self.cells.get(at));
        let gone = match (before, next) {
            (_, Some((next, _))) => place.start..next.start,
            (Some((before, _)), None) => before.end..place.end,
            (None, None) => return self.spliced(self.list.clone(), "[]"),
        };
        self.spliced(gone, "")
    }

    fn spliced(&self, place: Range<usize>, text: &str) -> Result<String, String> {
        let mut out = self.text.to_owned();
        out.replace_range(place, text);
        match serde_json::from_str::<serde::de::IgnoredAny>(&out) {
            Ok(_) => Ok(out),
            Err(error) => Err(format!("the result would be no valid notebook: {error}")),
        }
    }

    /// Newer notebooks name their cells.
    fn has_ids(&self) -> bool {
        let number = |key: &str| self.head.get(key).and_then(Value::as_u64).unwrap_or(0);
        (number("nbformat"), number("nbformat_minor")) >= (4, 5)
    }

    fn free_id(&self) -> String {
        let mut number = self.cells.len();
        loop {
            let id = format!("new-{number}");
            if self.find(&id).is_err() {
                return id;
            }
            number += 1;
        }
    }

    /// What stands between two cells: a line end and their indentation, or nothing.
    fn gap(&self) -> String {
        let head = self.text.get(..self.list.start).unwrap_or_default();
        if !self.text.trim_end().contains('\n') {
            return String::new();
        }
        let line = head.rsplit('\n').next().unwrap_or_default();
        let margin: String = line.chars().take_while(|c| c.is_whitespace()).collect();
        format!("\n{margin}{}", self.indent())
    }

    /// One step of indentation, as the file has it; Jupyter's own is one space.
    fn indent(&self) -> &'a str {
        let second = self.text.lines().nth(1).unwrap_or(" ");
        let width = second.len() - second.trim_start().len();
        second.get(..width).unwrap_or(" ")
    }

    /// A cell in the form of the file.
    fn written(&self, cell: &Map<String, Value>) -> String {
        let gap = self.gap();
        if gap.is_empty() {
            return Value::Object(cell.clone()).to_string();
        }
        let mut out = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(self.indent().as_bytes());
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, format);
        // Plain data into a vector cannot fail.
        if cell.serialize(&mut serializer).is_err() {
            return Value::Object(cell.clone()).to_string();
        }
        String::from_utf8_lossy(&out).replace('\n', &gap)
    }
}

/// A source as a list of lines, each with its end.
fn lines(source: &str) -> Value {
    source.split_inclusive('\n').collect::<Vec<_>>().into()
}
