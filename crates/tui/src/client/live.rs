//! The rows at the bottom: what happens, what waits, the input, the status.

use super::Client;
use crate::{
    draw::{Look, spread},
    editor::ViewStyle,
    state::Doing,
    strings,
    text::{cut, cut_line, line_width},
    theme::Role,
};
use gimlet_protocol::{QueueLane, TodoStatus};
use ratatui::text::{Line, Span};

/// Rows of the input that are shown at most.
const INPUT_ROWS: usize = 10;
/// Queued prompts that are shown.
const QUEUE_ROWS: usize = 3;
/// What turns while something is under way.
const TURNS: [&str; 4] = ["◐", "◓", "◑", "◒"];

impl Client {
    /// The rows below the transcript, at most `most`, and the place of the cursor in them.
    pub(super) fn bottom(&mut self, most: usize) -> (Vec<Line<'static>>, (usize, usize)) {
        let columns = self.setup.size.0;
        if columns < 8 || most < 4 {
            let line = Line::raw(cut(strings::SMALL, columns.max(1)));
            return (vec![line], (0, 0));
        }
        let mut lines = Vec::new();
        // The question comes first: it must be seen whole before anything else is.
        let mut cursor = None;
        if let Some(mut dialog) = self.dialog.take() {
            let around = if most < 16 { 3 } else { 6 };
            let room = most.saturating_sub(around).max(1);
            let focused = self.dialog_focused;
            if most >= 16 {
                lines.push(Line::default());
            }
            let (rows, place) = dialog.lines(&self.look(), room, focused);
            if focused {
                cursor = place.map(|(row, column)| (lines.len() + row, column));
            }
            lines.extend(rows);
            self.dialog = Some(dialog);
        }
        let has_question = self.dialog.is_some();
        let is_low = most < 10;
        if !has_question {
            lines.extend(self.activity_lines(is_low));
        }
        if !is_low {
            lines.extend(self.queue_lines());
        }
        if let Some(menu) = self.menu.as_ref().filter(|menu| menu.has_keys()) {
            let look = self.look();
            let room = most.saturating_sub(3).clamp(2, menu.most_rows());
            lines.push(rule(&look));
            lines.extend(menu.lines(&look, room));
            lines.push(self.status_line());
            return (fitting(lines, most), (0, 0));
        }
        let look = self.look();
        lines.push(if self.setup.screen_reader {
            Line::default()
        } else {
            rule(&look)
        });
        let above = lines.len();
        let input_rows = match (has_question, most) {
            (true, ..16) => 1,
            (true, _) => 3,
            (false, _) if is_low => 3,
            (false, _) => INPUT_ROWS,
        };
        let (input, place) = self.input_lines(input_rows);
        lines.extend(input);
        let is_dialog_typing = cursor.is_some();
        let at = cursor.unwrap_or((above + place.0, place.1));
        let look = self.look();
        match &self.menu {
            Some(menu) => lines.extend(menu.lines(&look, most.saturating_sub(lines.len()).max(1))),
            None => lines.push(self.status_line()),
        }
        let before = lines.len();
        let lines = fitting(lines, most);
        let gone = before - lines.len();
        let row = if is_dialog_typing {
            at.0
        } else {
            at.0.saturating_sub(gone)
        };
        (lines, (row, at.1))
    }

    fn input_lines(&mut self, most: usize) -> (Vec<Line<'static>>, (usize, usize)) {
        let style = ViewStyle {
            text: self.theme.style(Role::Text),
            chip: self.theme.style(Role::Accent),
            selected: self.theme.style(Role::Selection),
        };
        let columns = self.setup.size.0;
        let view = self.editor.view(columns.saturating_sub(2), most, &style);
        let look = self.look();
        let first = self.editor.text().chars().next();
        let mark = match first {
            Some('!') => look.span(Role::Warning, "! "),
            Some('#') => look.span(Role::Link, "# "),
            _ if self.dialog_has_keys() => look.span(Role::Dim, "› "),
            _ => look.span(Role::Accent, "› "),
        };
        if self.editor.is_empty() {
            let text = if self.state.is_busy() {
                strings::STEER_PLACEHOLDER
            } else {
                strings::PLACEHOLDER
            };
            let text = cut(text, columns.saturating_sub(3));
            let line = Line::from(vec![mark, look.span(Role::Dim, text)]);
            return (vec![line], (0, 2));
        }
        let rows = view.rows.into_iter().enumerate().map(|(number, row)| {
            let mark = if number == 0 {
                mark.clone()
            } else {
                Span::raw("  ")
            };
            crate::draw::indented_by(mark, row)
        });
        (rows.collect(), (view.cursor.0, view.cursor.1 + 2))
    }

    /// What happens at this moment, since when, and what to do about it.
    fn activity_lines(&self, is_low: bool) -> Vec<Line<'static>> {
        let look = self.look();
        let activity = &self.state.activity;
        if !self.state.is_busy() {
            let running = self
                .state
                .workers
                .values()
                .filter(|worker| !worker.rests)
                .count();
            return match running {
                0 => vec![Line::default()],
                running => vec![
                    Line::default(),
                    look.line(Role::Dim, strings::workers_run(running)),
                ],
            };
        }
        let since = |at: gimlet_protocol::Timestamp| self.now.0.saturating_sub(at.0);
        let mut lines = vec![Line::default()];
        if let Some(todo) = self.todo_now().filter(|_| !is_low) {
            lines.push(cut_line(look.line(Role::Dim, todo), look.columns));
        }
        let is_still = self.setup.reduced_motion || self.setup.screen_reader;
        let turn = usize::try_from(self.now.0 / super::TICK_MS % 4).unwrap_or(0);
        let mark = if is_still {
            "●"
        } else {
            TURNS.get(turn).copied().unwrap_or("●")
        };
        if activity.interrupting {
            let mark = look.span(Role::Warning, "■ ");
            lines.push(Line::from(vec![
                mark,
                look.span(Role::Text, strings::INTERRUPTING),
            ]));
            return lines;
        }
        if let Some(retry) = &activity.retry {
            let wait = retry.at.0.saturating_sub(self.now.0).div_ceil(1000);
            let text = strings::retrying(retry.attempt, retry.max, &retry.text, wait);
            lines.push(cut_line(
                Line::from(vec![
                    look.span(Role::Warning, "! "),
                    look.span(Role::Text, text),
                ]),
                look.columns,
            ));
            return lines;
        }
        let what = match activity.doing {
            Doing::Resting => "",
            Doing::Asking => strings::ASKING,
            Doing::Thinking => strings::THINKING,
            Doing::Writing => strings::WRITING,
            Doing::Working => strings::WORKING,
            Doing::Waiting => strings::WAITING,
            Doing::Compacting => strings::COMPACTING,
        };
        let mut parts = vec![strings::seconds(since(activity.since))];
        if activity.output_tokens > 0 {
            parts.push(strings::tokens_out(activity.output_tokens));
        }
        let silent = since(activity.last_byte);
        let is_model = matches!(
            activity.doing,
            Doing::Asking | Doing::Thinking | Doing::Writing
        );
        if is_model && silent >= 10_000 {
            parts.push(strings::silent(silent));
        }
        let left = Line::from(vec![
            look.span(Role::Accent, format!("{mark} ")),
            look.span(Role::Text, what),
            look.span(Role::Dim, format!(" · {}", parts.join(" · "))),
        ]);
        let right = look.line(Role::Dim, strings::ESC_INTERRUPTS);
        let room = line_width(&left) + line_width(&right) + 2 <= look.columns;
        lines.push(if room {
            spread(left, right, look.columns)
        } else {
            cut_line(left, look.columns)
        });
        lines
    }

    /// The piece of work that the model is at.
    fn todo_now(&self) -> Option<String> {
        let todos = &self.state.todos;
        let done = todos
            .iter()
            .filter(|todo| todo.status == TodoStatus::Completed)
            .count();
        let now = todos
            .iter()
            .find(|todo| todo.status == TodoStatus::InProgress)?;
        let text = gimlet_hygiene::screen::one_line(&now.active_form, 200);
        Some(format!("  {}/{} {text}", done + 1, todos.len()))
    }

    fn queue_lines(&self) -> Vec<Line<'static>> {
        let look = self.look();
        let queue = &self.state.queue;
        if queue.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![cut_line(
            look.line(Role::Dim, strings::QUEUE_HEAD),
            look.columns,
        )];
        for waiting in queue.iter().take(QUEUE_ROWS) {
            let mark = match waiting.lane {
                QueueLane::Steer => "  ↳ ",
                QueueLane::FollowUp => "  ⋯ ",
            };
            let text = crate::draw::first_line(&waiting.text(), look.columns.saturating_sub(4));
            lines.push(Line::from(vec![
                look.span(Role::Accent, mark),
                look.span(Role::Person, gimlet_hygiene::screen::one_line(&text, 400)),
            ]));
        }
        if queue.len() > QUEUE_ROWS {
            let more = queue.len() - QUEUE_ROWS;
            lines.push(look.line(Role::Dim, strings::more_queued(more)));
        }
        lines
            .into_iter()
            .map(|line| cut_line(line, look.columns))
            .collect()
    }
}

/// A line between what was said and what is typed.
pub(super) fn rule(look: &Look<'_>) -> Line<'static> {
    look.line(Role::Frame, "─".repeat(look.columns))
}

/// Where there is not enough room, the upper rows go.
fn fitting(mut lines: Vec<Line<'static>>, most: usize) -> Vec<Line<'static>> {
    if lines.len() > most {
        lines.drain(..lines.len() - most);
    }
    lines
}
