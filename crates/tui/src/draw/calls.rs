//! Calls: a line each with target, duration and outcome, and a few lines of what came of it.

use super::{Detail, Look, first_line, indented, short_path};
use crate::{
    diff::{Hunk, View, counts, draw},
    state::{CallCell, Stage},
    strings,
    text::{cut, cut_line, line_width},
    theme::Role,
};
use gimlet_hygiene::screen::{Channel, clean, one_line};
use gimlet_protocol::ReturnedHow;
use ratatui::text::Line;
use serde_json::Value;

/// Lines of a running command that are shown.
const RUNNING_LINES: usize = 4;
/// Lines of a result that are shown, of one that failed, and of a change.
const RESULT_LINES: usize = 3;
const FAILED_LINES: usize = 8;
const CHANGE_LINES: usize = 14;
/// Lines of anything, where everything is shown.
const ALL_LINES: usize = 2000;

/// Calls that are shown together.
pub(super) fn calls(calls: &[CallCell], look: &Look<'_>) -> Vec<Line<'static>> {
    match calls {
        [] => Vec::new(),
        [call] => one(call, look),
        several if look.detail == Detail::All => {
            several.iter().flat_map(|call| one(call, look)).collect()
        }
        several => looks(several, look),
    }
}

/// Several calls that only look.
fn looks(calls: &[CallCell], look: &Look<'_>) -> Vec<Line<'static>> {
    let files = calls.iter().filter(|call| call.tool == "Read").count();
    let running = calls.iter().filter(|call| !call.is_done()).count();
    let failed = calls.iter().filter(|call| has_failed(call)).count();
    let (mark, role) = if running > 0 {
        ("● ", Role::Accent)
    } else if failed > 0 {
        ("✗ ", Role::Bad)
    } else {
        ("✓ ", Role::Good)
    };
    let mut head = vec![
        look.span(role, mark),
        look.span(Role::Tool, strings::looked(files, calls.len() - files)),
    ];
    if failed > 0 {
        head.push(look.span(Role::Bad, format!(" · {failed} failed")));
    }
    let mut lines = vec![cut_line(Line::from(head), look.columns)];
    let targets: Vec<String> = calls
        .iter()
        .map(|call| target(&call.tool, &call.input, look))
        .collect();
    let columns = look.columns.saturating_sub(2).max(1);
    let list = Line::styled(targets.join(", "), look.theme.style(Role::Dim));
    let rows = crate::text::wrap(&list, columns, &Line::default());
    let more = rows.len() > 2;
    for row in rows.into_iter().take(2) {
        lines.push(indented("  ", row));
    }
    if more && let Some(last) = lines.pop() {
        let last = cut_line(last, look.columns.saturating_sub(2));
        let mut spans = last.spans;
        spans.push(look.span(Role::Dim, " …"));
        lines.push(Line::from(spans));
    }
    lines
}

fn has_failed(call: &CallCell) -> bool {
    matches!(call.stage, Stage::Ended(how) if how != ReturnedHow::Done)
}

fn one(call: &CallCell, look: &Look<'_>) -> Vec<Line<'static>> {
    let (mark, role) = match call.stage {
        Stage::Ended(ReturnedHow::Done) => ("✓ ", Role::Good),
        Stage::Ended(ReturnedHow::Interrupted) => ("■ ", Role::Warning),
        Stage::Ended(ReturnedHow::Failed | ReturnedHow::TimedOut | ReturnedHow::Lost)
        | Stage::Refused => ("✗ ", Role::Bad),
        Stage::Asked => ("? ", Role::Warning),
        Stage::Written | Stage::Called => ("○ ", Role::Dim),
        Stage::Running => ("● ", Role::Accent),
    };
    let outcome = outcome(call, look);
    let tail = if outcome.is_empty() {
        String::new()
    } else {
        format!("  {outcome}")
    };
    let mut head = vec![
        look.span(role, mark),
        look.span(Role::Tool, cut(&clean(Channel::Name, &call.tool), 40)),
    ];
    let target = target(&call.tool, &call.input, look);
    if !target.is_empty() {
        let used = line_width(&Line::from(head.clone())) + crate::text::width(&tail) + 2;
        let room = look.columns.saturating_sub(used).max(look.columns / 3);
        head.push(look.span(Role::Text, format!(" {}", cut(&target, room))));
    }
    let role = if has_failed(call) {
        Role::Bad
    } else {
        Role::Dim
    };
    head.push(look.span(role, tail));
    let mut lines = vec![cut_line(Line::from(head), look.columns)];
    lines.extend(below(call, look));
    for contact in &call.contacts {
        let text = cut(contact, look.columns.saturating_sub(4));
        lines.push(look.line(Role::Dim, format!("  · {text}")));
    }
    lines
}

/// What stands below a call.
fn below(call: &CallCell, look: &Look<'_>) -> Vec<Line<'static>> {
    if !call.is_done() {
        let progress: Vec<&str> = call
            .progress
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let shown = progress.iter().rev().take(RUNNING_LINES).rev();
        return shown
            .map(|line| output_line(line, Role::Dim, look))
            .collect();
    }
    let most = if look.detail == Detail::All {
        ALL_LINES
    } else {
        CHANGE_LINES
    };
    let (mut changes, more) = changes(call.data.as_ref(), &call.input, most, look);
    if !changes.is_empty() {
        if more > 0 {
            let text = cut(&strings::more_lines(more), look.columns.saturating_sub(4));
            changes.push(look.line(Role::Dim, format!("    {text}")));
        }
        return changes;
    }
    let is_quiet = call.only_looks()
        || ["TodoWrite", "WebFetch", "WebSearch", "ToolSearch"].contains(&call.tool.as_str());
    let failed = has_failed(call);
    if is_quiet && !failed && look.detail == Detail::Folded {
        return Vec::new();
    }
    let most = if failed { FAILED_LINES } else { RESULT_LINES };
    let role = if failed { Role::Text } else { Role::Dim };
    let lines = call
        .result
        .trim_end()
        .lines()
        .filter(|line| !line.trim().is_empty());
    let lines = lines.map(|line| output_line(line, role, look)).collect();
    folded(lines, most, call.left_out, look)
}

fn output_line(line: &str, role: Role, look: &Look<'_>) -> Line<'static> {
    let text = line.replace('\t', "    ");
    let text = cut(&text, look.columns.saturating_sub(4));
    Line::from(vec![look.span(Role::Frame, "  │ "), look.span(role, text)])
}

/// The end matters more than the start: that is where commands tell how they ended.
fn folded(
    mut lines: Vec<Line<'static>>,
    most: usize,
    left_out: usize,
    look: &Look<'_>,
) -> Vec<Line<'static>> {
    let most = if look.detail == Detail::All {
        ALL_LINES
    } else {
        most
    };
    let more = lines.len().saturating_sub(most) + left_out;
    // A fold that hides one line saves nothing.
    if more <= 1 && left_out == 0 {
        return lines;
    }
    lines.truncate(most);
    let text = cut(&strings::more_lines(more), look.columns.saturating_sub(4));
    lines.push(Line::from(vec![
        look.span(Role::Frame, "  │ "),
        look.span(Role::Dim, text),
    ]));
    lines
}

/// The lines of a change, from the structured output of a tool that edits, and how many more
/// there are.
pub(crate) fn changes(
    data: Option<&Value>,
    input: &Value,
    most_lines: usize,
    look: &Look<'_>,
) -> (Vec<Line<'static>>, usize) {
    let Some(data) = data else {
        return (Vec::new(), 0);
    };
    let files = data.get("files").and_then(Value::as_array);
    let files: Vec<&Value> = files.map_or_else(|| vec![data], |files| files.iter().collect());
    let mut lines = Vec::new();
    let mut left_out = 0;
    for file in files {
        let named = file.get("filePath").or_else(|| input.get("file_path"));
        let view = View {
            columns: look.columns.saturating_sub(2).max(1),
            theme: look.theme,
            path: named.and_then(Value::as_str).unwrap_or_default(),
            most_lines: most_lines.saturating_sub(lines.len()),
        };
        let drawn = draw(&hunks(file), &view);
        lines.extend(drawn.lines.into_iter().map(|line| indented("  ", line)));
        left_out += drawn.left_out;
    }
    (lines, left_out)
}

fn hunks(file: &Value) -> Vec<Hunk> {
    let hunks = file.get("structuredPatch").and_then(Value::as_array);
    let hunks = hunks.into_iter().flatten().map(|hunk| {
        let at = |name: &str| {
            let number = hunk.get(name).and_then(Value::as_u64).unwrap_or(1);
            usize::try_from(number).unwrap_or(usize::MAX)
        };
        let lines = hunk.get("lines").and_then(Value::as_array);
        let lines = lines.into_iter().flatten().filter_map(Value::as_str);
        Hunk::of_lines(at("oldStart"), at("newStart"), lines)
    });
    hunks.collect()
}

/// How a call ended, or how long it has been running.
fn outcome(call: &CallCell, look: &Look<'_>) -> String {
    let running = || {
        let since = call
            .began
            .map_or(0, |began| look.now.0.saturating_sub(began.0));
        if since < 1000 {
            String::new()
        } else {
            strings::seconds(since)
        }
    };
    match call.stage {
        Stage::Written => "is being written".to_owned(),
        Stage::Called => String::new(),
        Stage::Asked => "waits for your answer".to_owned(),
        Stage::Running => running(),
        Stage::Refused => "was refused".to_owned(),
        Stage::Ended(how) => {
            let mut parts = Vec::new();
            match how {
                ReturnedHow::Done => parts.extend(result(call)),
                ReturnedHow::Failed => parts.push(failure(call)),
                ReturnedHow::Interrupted => parts.push("interrupted".to_owned()),
                ReturnedHow::TimedOut => parts.push("took too long".to_owned()),
                ReturnedHow::Lost => parts.push("its fate is not known".to_owned()),
            }
            if call.took_ms >= 100 {
                parts.push(strings::duration(call.took_ms));
            }
            parts.join(" · ")
        }
    }
}

fn failure(call: &CallCell) -> String {
    let code = call
        .data
        .as_ref()
        .and_then(|data| data.get("exitCode"))
        .and_then(Value::as_i64);
    match code {
        Some(code) => format!("exit code {code}"),
        None => "failed".to_owned(),
    }
}

fn result(call: &CallCell) -> Option<String> {
    let data = call.data.as_ref();
    let number = |name: &str| data?.get(name)?.as_u64();
    Some(match call.tool.as_str() {
        "Read" => strings::lines(call.result.lines().count() + call.left_out),
        "Grep" => match number("numMatches").or_else(|| number("numLines")) {
            Some(matches) => format!("{matches} found"),
            None => format!("{} found", number("numFiles")?),
        },
        "Glob" => format!("{} found", number("numFiles")?),
        "Edit" | "Write" | "MultiEdit" | "ApplyPatch" | "NotebookEdit" => {
            let (added, removed) = counted(data?);
            if added + removed == 0 {
                return None;
            }
            format!("+{added} −{removed}")
        }
        "Bash" if call.result.trim().is_empty() => strings::NO_OUTPUT.to_owned(),
        _ => return None,
    })
}

fn counted(data: &Value) -> (usize, usize) {
    let files = data.get("files").and_then(Value::as_array);
    let files: Vec<&Value> = files.map_or_else(|| vec![data], |files| files.iter().collect());
    files
        .into_iter()
        .map(|file| counts(&hunks(file)))
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// A call in one line, without its state.
pub(crate) fn call_title(tool: &str, input: &Value) -> String {
    let target = raw_target(tool, input);
    let tool = one_line(tool, 40);
    if target.is_empty() {
        tool
    } else {
        format!("{tool} {}", one_line(&target, 160))
    }
}

fn target(tool: &str, input: &Value, look: &Look<'_>) -> String {
    let raw = raw_target(tool, input);
    let text = clean(Channel::Message, &raw);
    let short = short_path(&text, look.cwd);
    first_line(&short, look.columns)
}

/// What a call is about: the member of its input that says it.
fn raw_target(tool: &str, input: &Value) -> String {
    let member = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    match tool {
        "Grep" => {
            let pattern = member("pattern").unwrap_or_default();
            return match member("path") {
                Some(path) => format!("{pattern} in {path}"),
                None => pattern,
            };
        }
        "TodoWrite" => {
            let todos = input.get("todos").and_then(Value::as_array);
            return todos.map_or_else(String::new, |todos| {
                format!("{} item{}", todos.len(), strings::plural(todos.len()))
            });
        }
        _ => {}
    }
    let known = [
        "command",
        "file_path",
        "notebook_path",
        "path",
        "pattern",
        "query",
        "url",
        "description",
        "subject",
        "task_id",
        "name",
        "prompt",
    ];
    known.into_iter().find_map(member).unwrap_or_default()
}

/// A command of the person's own.
pub(super) fn shell(
    command: &str,
    output: &str,
    (code, done): (Option<i32>, bool),
    look: &Look<'_>,
) -> Vec<Line<'static>> {
    let failed = done && code != Some(0);
    let mut head = vec![
        look.span(Role::Accent, "! "),
        look.span(
            Role::Person,
            first_line(command, look.columns.saturating_sub(20)),
        ),
    ];
    match code {
        Some(0) => {}
        Some(code) => head.push(look.span(Role::Bad, format!("  exit code {code}"))),
        None if done => head.push(look.span(Role::Bad, "  ended by a signal")),
        None => {}
    }
    let mut lines = vec![cut_line(Line::from(head), look.columns)];
    let role = if failed { Role::Text } else { Role::Dim };
    let printed = output
        .trim_end()
        .lines()
        .map(|line| output_line(line, role, look))
        .collect();
    lines.extend(folded(printed, CHANGE_LINES, 0, look));
    lines
}
