//! Text with line numbers, by windows.

use super::{ReadData, ReadInput, Subject, TextFile, seen};
use crate::{
    freshness::tell,
    limits::{LINE_CHARS, READ_BYTES, READ_LINES},
    memory::{self, Memory, Window},
    paths,
};
use gimlet_ports::{LineWindow, Scene, TextWindow, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Block, Stamp};
use std::{fmt::Write as _, path::Path};

/// Bytes at the start of a file in which a NUL means that it is no text.
const BINARY_PROBE_BYTES: usize = 8_192;

/// Shows lines of a file that is too large to be read whole.
pub(super) async fn read_window(
    memory: &Memory,
    path: &Path,
    input: &ReadInput,
    cx: &ToolCx,
) -> Result<ToolReturn<ReadData>, ToolFault> {
    let window = cx
        .host
        .read_lines(path, wanted(input), &cx.stop)
        .await
        .map_err(|fault| tell(&fault, &cx.scene))?;
    show(memory, path, &window, input, &cx.scene)
}

/// Shows a text file that was read whole.
pub(super) fn show_whole(
    memory: &Memory,
    subject: Subject<'_>,
    input: &ReadInput,
    scene: &Scene,
) -> Result<ToolReturn<ReadData>, ToolFault> {
    let window = window_of(&subject.bytes, wanted(input), subject.stamp);
    if !window.binary {
        memory.keep(subject.path, &window.stamp, &subject.bytes);
    }
    show(memory, subject.path, &window, input, scene)
}

fn wanted(input: &ReadInput) -> LineWindow {
    LineWindow {
        first: input.offset.unwrap_or(1),
        count: input.limit.unwrap_or(READ_LINES).min(READ_LINES),
        limit_bytes: READ_BYTES,
        line_chars: LINE_CHARS,
    }
}

/// The same as `Host::read_lines`, for bytes that are at hand already.
fn window_of(bytes: &[u8], wanted: LineWindow, stamp: Stamp) -> TextWindow {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut window = TextWindow {
        lines: Vec::new(),
        first: wanted.first,
        total_lines: None,
        cut_by_bytes: false,
        cut_lines: 0,
        binary: body.iter().take(BINARY_PROBE_BYTES).any(|byte| *byte == 0),
        lossy: std::str::from_utf8(body).is_err(),
        stamp,
    };
    let mut total = 0;
    let mut held = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        total += 1;
        let count = u64::try_from(window.lines.len()).unwrap_or(u64::MAX);
        if total < wanted.first || count >= wanted.count || window.cut_by_bytes {
            continue;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = String::from_utf8_lossy(line);
        let line = match text.char_indices().nth(wanted.line_chars) {
            None => text.into_owned(),
            Some((at, _)) => {
                window.cut_lines += 1;
                let missing = text.chars().count() - wanted.line_chars;
                format!(
                    "{} [… {missing} more characters]",
                    text.get(..at).unwrap_or_default()
                )
            }
        };
        held += line.len() + 1;
        if held > wanted.limit_bytes && !window.lines.is_empty() {
            window.cut_by_bytes = true;
        } else {
            window.lines.push(line);
        }
    }
    window.total_lines = Some(total);
    window
}

fn show(
    memory: &Memory,
    path: &Path,
    window: &TextWindow,
    input: &ReadInput,
    scene: &Scene,
) -> Result<ToolReturn<ReadData>, ToolFault> {
    let name = paths::short(scene, path);
    if window.binary {
        return Err(ToolFault::Tell(format!(
            "{name} is a binary file ({} bytes); look at it with a command such as file or xxd",
            window.stamp.size
        )));
    }
    let shown = u64::try_from(window.lines.len()).unwrap_or(u64::MAX);
    let last = window.first + shown.saturating_sub(1);
    if let Some(limit) = input.limit
        && let Some(fault) = over_the_cap(limit, shown, window)
    {
        return Err(ToolFault::Tell(fault));
    }
    let whole = window.first == 1 && window.total_lines == Some(shown) && window.cut_lines == 0;
    let stamp = stamp_now(scene, path, &window.stamp, whole);
    let text = if shown == 0 {
        nothing(window, &name)
    } else {
        numbered(window, input, last)
    };
    if shown > 0 {
        memory.saw(
            path,
            &stamp,
            Window {
                first: window.first,
                last,
            },
        );
    }
    let data = ReadData::Text(TextFile {
        file_path: path.display().to_string(),
        content: window.lines.join("\n"),
        num_lines: shown,
        start_line: window.first,
        total_lines: window.total_lines.unwrap_or(0),
        truncated_by_token_cap: window.cut_by_bytes,
    });
    let content = vec![Block::text(text)];
    // Past the end nothing was seen, but of an empty file there is nothing more to see.
    let marks = if shown > 0 || whole {
        vec![seen(path, stamp)]
    } else {
        Vec::new()
    };
    Ok(ToolReturn {
        content,
        data,
        marks,
        failed: false,
    })
}

/// What was asked for by name must be shown in full or refused.
fn over_the_cap(limit: u64, shown: u64, window: &TextWindow) -> Option<String> {
    if window.cut_by_bytes {
        return Some(format!(
            "these lines hold more than {READ_BYTES} bytes; {shown} lines fit: ask with \
             offset={} limit={shown}",
            window.first
        ));
    }
    let more = window
        .total_lines
        .is_none_or(|total| total > window.first - 1 + shown);
    (limit > READ_LINES && shown >= READ_LINES && more)
        .then(|| format!("limit is at most {READ_LINES} lines"))
}

/// A part of a file that was seen whole in this very state leaves it seen whole.
fn stamp_now(scene: &Scene, path: &Path, stamp: &Stamp, whole: bool) -> Stamp {
    let known = scene
        .desk
        .seen
        .get(path)
        .is_some_and(|seen| seen.whole && memory::same(seen, stamp));
    Stamp {
        whole: whole || known,
        ..stamp.clone()
    }
}

fn nothing(window: &TextWindow, name: &str) -> String {
    match window.total_lines {
        Some(0) => format!("[{name} is empty]"),
        Some(total) => {
            format!(
                "[offset {} is past the end: {name} has {total} lines]",
                window.first
            )
        }
        None => format!("[no lines from {} on]", window.first),
    }
}

fn numbered(window: &TextWindow, input: &ReadInput, last: u64) -> String {
    let mut text = String::with_capacity(window.lines.iter().map(|line| line.len() + 8).sum());
    for (number, line) in (window.first..).zip(&window.lines) {
        // Writing to a string cannot fail.
        let Ok(()) = writeln!(text, "{number:>6}\t{line}") else {
            break;
        };
    }
    let more = window.total_lines.is_none_or(|total| total > last);
    if more && input.limit.is_none() {
        let of = match window.total_lines {
            Some(total) => format!(" of {total}"),
            None => String::new(),
        };
        let why = if window.cut_by_bytes { "size" } else { "line" };
        text.extend([format!(
            "[PARTIAL view: lines {}-{last}{of}, cut by the {why} limit; read on with offset={}]\n",
            window.first,
            last + 1
        )]);
    } else if more && let Some(total) = window.total_lines {
        text.extend([format!("[lines {}-{last} of {total}]\n", window.first)]);
    }
    if window.lossy {
        text.push_str("[not valid UTF-8: bytes that could not be read are shown as \u{fffd}]\n");
    }
    text
}
