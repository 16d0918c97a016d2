//! A session as one document: Markdown to read, JSON to process.

mod markdown;

pub use markdown::export_markdown;

use crate::{
    LogView,
    log::{RawEntry, next_line, parse_entry, slice},
};
use gimlet_ports::LogFault;
use std::io::{self, Write};

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The document cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
}

/// Writes `{"gimlet_log", "session", …, "entries": […], "damaged": […]}`. Facts stand in it as
/// they stand in the log, byte for byte.
///
/// # Errors
/// When the log cannot be read or the document cannot be written.
pub fn export_json(view: &LogView, to: &mut dyn Write) -> Result<(), ExportFault> {
    let broken = |error: io::Error| LogFault::Broken {
        path: view.path().to_owned(),
        why: error.to_string(),
    };
    let mut damaged = Vec::new();
    let text = match view.header() {
        Ok(header) => json(&header)?,
        Err(fault) => {
            damaged.push(fault.to_string());
            "{}".to_owned()
        }
    };
    let head = text.strip_suffix('}').unwrap_or(&text);
    let comma = if head == "{" { "" } else { "," };
    write!(to, "{head}{comma}\"entries\":[")?;
    let tail = view.tail()?;
    let (mut at, mut number, mut first) = (tail.header_end, 2_u64, true);
    while at < tail.end {
        let stop = next_line(view.file(), at + 1, tail.end).map_err(broken)?;
        let line = slice(view.file(), at, stop).map_err(broken)?;
        let whole = parse_entry(&line).map(|_| RawEntry::parse(&line));
        match whole {
            Ok(Some(mut raw)) => {
                raw.more = false;
                write!(to, "{}\n{}", if first { "" } else { "," }, json(&raw)?)?;
                first = false;
            }
            Ok(None) => {}
            Err(why) => {
                let path = view.path().to_owned();
                damaged.push(
                    LogFault::Corrupt {
                        path,
                        line: number,
                        why,
                    }
                    .to_string(),
                );
            }
        }
        at = stop;
        number += 1;
    }
    writeln!(to, "\n],\"damaged\":{}}}", json(&damaged)?)?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, ExportFault> {
    serde_json::to_string(value).map_err(|error| ExportFault::Write(error.into()))
}
