//! Cells of the transcript as lines.

mod calls;

pub(crate) use calls::{call_title, changes};

use crate::{
    state::{Cell, Kind, Tone},
    strings,
    text::{self, cut, wrap},
    theme::{Role, Theme},
};
use gimlet_protocol::Timestamp;
use ratatui::text::{Line, Span};
use std::path::Path;

/// Prose that is wider than this is hard to read.
const WIDEST_PROSE: usize = 100;
/// Lines of a prompt that are shown unless everything is.
const PROMPT_LINES: usize = 20;

/// How much of a cell is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What matters.
    Folded,
    /// Everything.
    All,
}

/// What drawing depends on beside the cell.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// How wide lines may be.
    pub columns: usize,
    /// How they look.
    pub theme: &'a Theme,
    /// The client's time, for what is still running.
    pub now: Timestamp,
    /// How much is shown.
    pub detail: Detail,
    /// The folder that paths are shown from.
    pub cwd: &'a Path,
}

impl Look<'_> {
    pub(crate) fn span(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.theme.style(role))
    }

    pub(crate) fn line(&self, role: Role, text: impl Into<String>) -> Line<'static> {
        Line::from(self.span(role, text))
    }
}

/// How wide prose is on a screen of that width.
pub(crate) fn prose_columns(columns: usize) -> usize {
    columns.min(WIDEST_PROSE)
}

/// Whether an empty line stands between two cells.
pub(crate) fn gap(before: Option<&Cell>, cell: Option<&Cell>) -> bool {
    let (Some(before), Some(cell)) = (before, cell) else {
        return false;
    };
    !matches!(
        (&before.kind, &cell.kind),
        (Kind::Calls(_), Kind::Calls(_) | Kind::Thought { .. })
            | (Kind::Thought { .. }, Kind::Calls(_) | Kind::Thought { .. })
    )
}

/// Prose with nothing around it, so that it can be copied.
pub(crate) fn prose(lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    lines
}

/// The lines of a cell.
pub(crate) fn cell(cell: &Cell, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut lines = match &cell.kind {
        Kind::Person { text, attached, .. } => person(text, *attached, look),
        Kind::Said(prose) => prose.all(prose_columns(look.columns), look.theme),
        Kind::Thought { text, took_ms } => thought(text, *took_ms, cell.at, look),
        Kind::Calls(calls) => calls::calls(calls, look),
        Kind::Note { tone, text } => note(*tone, text, look),
        Kind::Shell {
            command,
            output,
            code,
            done,
        } => calls::shell(command, output, (*code, *done), look),
    };
    if cell.struck {
        let style = look.theme.style(Role::Struck);
        for line in &mut lines {
            for span in &mut line.spans {
                span.style = span.style.patch(style);
            }
        }
    }
    lines
}

fn person(text: &str, attached: usize, look: &Look<'_>) -> Vec<Line<'static>> {
    let style = look.theme.style(Role::Person);
    let columns = look.columns.saturating_sub(2).max(1);
    let mut rows = Vec::new();
    for line in text.lines() {
        let line = line.replace('\t', "    ");
        rows.extend(wrap(&Line::styled(line, style), columns, &Line::default()));
    }
    if look.detail == Detail::Folded && rows.len() > PROMPT_LINES {
        let more = rows.len() - PROMPT_LINES;
        rows.truncate(PROMPT_LINES);
        rows.push(look.line(Role::Dim, strings::more_lines(more)));
    }
    if attached > 0 {
        rows.push(look.line(Role::Dim, strings::attached(attached)));
    }
    let mut lines = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        let mark = if number == 0 {
            look.span(Role::Accent, "› ")
        } else {
            Span::raw("  ")
        };
        let mut spans = vec![mark];
        spans.extend(row.spans.into_iter().map(|span| {
            let style = row.style.patch(span.style);
            Span::styled(span.content, style)
        }));
        lines.push(Line::from(spans));
    }
    lines
}

fn thought(
    text: &str,
    took_ms: Option<u64>,
    since: Timestamp,
    look: &Look<'_>,
) -> Vec<Line<'static>> {
    let head = match took_ms {
        Some(took) => strings::thought(took),
        None => format!(
            "{} {}",
            strings::THINKING,
            strings::seconds(look.now.0.saturating_sub(since.0))
        ),
    };
    let mut lines = vec![Line::from(vec![
        look.span(Role::Dim, "∴ "),
        look.span(Role::Thought, head),
    ])];
    if look.detail == Detail::All {
        for line in text.lines() {
            let line = Line::styled(line.to_owned(), look.theme.style(Role::Thought));
            let columns = prose_columns(look.columns).saturating_sub(2).max(1);
            for row in wrap(&line, columns, &Line::default()) {
                lines.push(indented("  ", row));
            }
        }
    }
    lines
}

fn note(tone: Tone, text: &str, look: &Look<'_>) -> Vec<Line<'static>> {
    let (mark, role) = match tone {
        Tone::Quiet => ("· ", Role::Dim),
        Tone::Plain => ("· ", Role::Text),
        Tone::Warning => ("! ", Role::Warning),
        Tone::Bad => ("✗ ", Role::Bad),
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = Line::styled(line.to_owned(), look.theme.style(role));
        let columns = prose_columns(look.columns).saturating_sub(2).max(1);
        for row in wrap(&line, columns, &Line::default()) {
            let mark = if lines.is_empty() { mark } else { "  " };
            lines.push(indented_by(look.span(role, mark), row));
        }
    }
    lines
}

/// A line behind some columns.
pub(crate) fn indented(by: &'static str, line: Line<'static>) -> Line<'static> {
    indented_by(Span::raw(by), line)
}

/// A line behind a mark.
pub(crate) fn indented_by(mark: Span<'static>, line: Line<'static>) -> Line<'static> {
    let style = line.style;
    let mut spans = vec![mark];
    spans.extend(
        line.spans
            .into_iter()
            .map(|span| Span::styled(span.content, style.patch(span.style))),
    );
    Line::from(spans)
}

/// A left and a right part with blanks between; the left one is cut where both do not fit.
pub(crate) fn spread(left: Line<'static>, right: Line<'static>, columns: usize) -> Line<'static> {
    let right_width = text::line_width(&right);
    if right_width + 8 > columns {
        return text::cut_line(left, columns);
    }
    let left = text::cut_line(left, columns - right_width - 1);
    let blanks = columns - right_width - text::line_width(&left);
    let mut spans = left.spans;
    spans.push(Span::raw(" ".repeat(blanks)));
    spans.extend(right.spans);
    Line::from(spans)
}

/// A path as short as it can be told from `cwd`.
pub(crate) fn short_path(path: &str, cwd: &Path) -> String {
    match Path::new(path).strip_prefix(cwd) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.display().to_string(),
        Err(_) => path.to_owned(),
    }
}

/// One line of a text of several, cut to a width.
pub(crate) fn first_line(text: &str, columns: usize) -> String {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default();
    let first = if lines.next().is_some() {
        format!("{first} …")
    } else {
        first.to_owned()
    };
    cut(&first.replace('\t', " "), columns)
}
