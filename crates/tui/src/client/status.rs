//! The status line: model, mode, window, cost, branch, what runs.

use super::Client;
use crate::{
    draw::spread,
    state::Held,
    strings,
    text::{cut_line, line_width},
    theme::Role,
};
use gimlet_protocol::Mode;
use ratatui::text::{Line, Span};

impl Client {
    /// What matters most comes first; what does not fit is left out whole.
    pub(super) fn status_line(&self) -> Line<'static> {
        let look = self.look();
        if let Some((hint, _)) = &self.hint {
            return cut_line(look.line(Role::Warning, hint.clone()), look.columns);
        }
        let mut parts: Vec<Span<'static>> = Vec::new();
        let state = &self.state;
        if state.model.is_empty() {
            parts.push(look.span(Role::Dim, strings::OPENING));
        } else {
            let name = state.model.rsplit('/').next().unwrap_or(&state.model);
            parts.push(look.span(Role::Text, name.to_owned()));
        }
        let mode_role = match state.mode {
            Mode::Default | Mode::Plan | Mode::Auto | Mode::DontAsk => Role::Dim,
            Mode::AcceptEdits => Role::Accent,
            Mode::BypassPermissions => Role::Bad,
        };
        parts.push(look.span(mode_role, strings::mode(state.mode)));
        match state.held {
            Some(Held::Confined) => parts.push(look.span(Role::Dim, strings::CONFINED)),
            Some(Held::Open) => parts.push(look.span(Role::Warning, strings::NOT_CONFINED)),
            None => {}
        }
        let used = state.ledger.context_tokens;
        if used > 0 {
            let (role, text) = match self.window_tokens.filter(|window| *window > 0) {
                Some(window) => {
                    let percent = used * 100 / window;
                    let role = if percent >= 80 {
                        Role::Warning
                    } else {
                        Role::Dim
                    };
                    (role, strings::window_used(percent, window))
                }
                None => (Role::Dim, strings::count(used)),
            };
            parts.push(look.span(role, text));
        }
        if state.ledger.micro_usd > 0 {
            let text = strings::status_cost(state.ledger.micro_usd, state.ledger.turn_micro_usd);
            parts.push(look.span(Role::Dim, text));
        }
        if let Some(percent) = state.ledger.cached_percent {
            parts.push(look.span(Role::Dim, strings::cached(percent)));
        }
        if let Some(branch) = &self.branch {
            let branch = gimlet_hygiene::screen::one_line(branch, 40);
            parts.push(look.span(Role::Dim, branch));
        }
        let tasks = state
            .tasks
            .values()
            .filter(|task| task.ended.is_none())
            .count();
        let workers = state
            .workers
            .values()
            .filter(|worker| !worker.rests)
            .count();
        if tasks + workers > 0 {
            parts.push(look.span(Role::Accent, strings::tasks_run(tasks + workers)));
        }
        if !state.queue.is_empty() {
            parts.push(look.span(Role::Accent, strings::queued(state.queue.len())));
        }
        let mut line = Line::default();
        for part in parts {
            let mut longer = line.clone();
            let begin = if longer.spans.is_empty() {
                "  "
            } else {
                " · "
            };
            longer.spans.push(look.span(Role::Frame, begin));
            longer.spans.push(part);
            if line_width(&longer) > look.columns {
                break;
            }
            line = longer;
        }
        match self.editor.vim_mode() {
            Some(mode) => {
                let text = strings::vim_mode(mode, self.editor.vim_pending());
                spread(line, look.line(Role::Accent, text), look.columns)
            }
            None => line,
        }
    }
}
