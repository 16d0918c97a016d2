//! Commands that begin with a slash.

use super::{Client, Effect, Layout, menus::Menu, timeline::Point};
use crate::{
    draw::{Look, spread},
    pager::Pager,
    place::Report,
    state::Kind,
    strings,
    theme::{Palette, Role},
};
use gimlet_ports::OpenSpec;
use gimlet_protocol::{Block, Change, Mode, Op, TodoStatus};
use ratatui::text::Line;

macro_rules! commands {
    ($($name:ident $word:literal [$($alias:literal),*] $about:literal,)+) => {
        /// A command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Command { $(#[doc = $about] $name,)+ }

        impl Command {
            /// Every command with its word and what it does.
            pub const ALL: &[(Self, &'static str, &'static [&'static str], &'static str)] =
                &[$((Self::$name, $word, &[$($alias),*], $about),)+];
        }
    };
}

commands! {
    Help "help" [] "What can be done here",
    Model "model" [] "Choose the model that answers",
    Mode "mode" [] "Choose how much may happen without a question",
    Permissions "permissions" ["allowed-tools"] "The rules of what may happen, and who set them",
    Grants "grants" [] "What you have allowed in this session",
    Diff "diff" [] "What changed since the last commit",
    Compact "compact" [] "Make the conversation smaller; words after it are kept in mind",
    Context "context" [] "What fills the model's window",
    Cost "cost" ["usage", "stats"] "What each request cost",
    Tasks "tasks" ["bashes"] "Background tasks and workers",
    Todos "todos" [] "The model's list of work",
    Queue "queue" [] "Prompts that wait: change, move or withdraw them",
    Sessions "sessions" ["resume"] "Earlier sessions of this folder",
    Fork "fork" ["branch"] "Go on in a copy of this session",
    Rename "rename" [] "Give this session a name",
    Rewind "rewind" ["undo", "checkpoint"] "Go back to before a turn or a call: files, conversation or both",
    Redo "redo" [] "Bring back the files that the last undo took",
    Export "export" [] "Write the conversation to a file",
    Copy "copy" [] "Copy the last answer",
    Init "init" [] "Let the model write AGENTS.md for this repository",
    Memory "memory" [] "Add a note to the project's memory",
    Doctor "doctor" [] "Check keys, git, shell, terminal and confinement",
    Config "config" ["settings"] "The settings in force, and where each comes from",
    Theme "theme" [] "Choose the colours",
    Keys "keys" ["keybindings"] "The keys and what they do; `/keys edit` changes them",
    Fullscreen "fullscreen" ["tui"] "Switch between the scrollback and a screen of its own",
    Vim "vim" [] "Turn vim's keys on or off",
    Clear "clear" ["new", "reset"] "Begin a new session; this one is kept",
    Quit "quit" ["exit"] "Leave; the session is kept",
}

impl Command {
    /// The command of that exact word.
    pub fn named(word: &str) -> Option<Self> {
        let found = Self::ALL
            .iter()
            .find(|(_, name, aliases, _)| *name == word || aliases.contains(&word));
        found.map(|(command, ..)| *command)
    }

    /// The command that was probably meant, for a hint.
    pub(super) fn nearest(word: &str) -> Option<&'static str> {
        let start: String = word.chars().take(2).collect();
        let found = Self::ALL
            .iter()
            .find(|(_, name, ..)| name.starts_with(&start));
        found
            .filter(|_| !start.is_empty())
            .map(|(_, name, ..)| *name)
    }
}

impl Client {
    /// Runs a command with what was typed after it.
    pub(super) fn run(&mut self, command: Command, rest: &str) {
        match command {
            Command::Help => {
                let lines = self.help();
                self.page = Some(Pager::new(strings::HELP, lines));
            }
            Command::Keys if rest == "edit" => self.edit_keys(),
            Command::Keys => {
                let lines = self.key_lines();
                self.page = Some(Pager::new(strings::KEYS, lines));
            }
            Command::Model if rest.is_empty() => {
                self.want(Effect::ListModels);
                self.show_models();
            }
            Command::Model => self.op(Op::Configure {
                change: Change::Model {
                    model: rest.to_owned(),
                    why: None,
                },
            }),
            Command::Mode => match Mode::named(rest) {
                Some(mode) => self.op(Op::Configure {
                    change: Change::Mode { mode },
                }),
                None => self.show_modes(),
            },
            Command::Permissions => self.want(Effect::Report(Report::Permissions)),
            Command::Grants => self.show_grants(),
            Command::Diff => {
                self.page = Some(Pager::new(strings::CHANGES, Vec::new()));
                self.want(Effect::Report(Report::Changes));
            }
            Command::Compact => {
                let instructions = (!rest.is_empty()).then(|| rest.to_owned());
                self.op(Op::Compact { instructions });
            }
            Command::Context => {
                let lines = self.context_lines();
                self.page = Some(Pager::new(strings::CONTEXT, lines));
            }
            Command::Cost => {
                let lines = self.cost_lines();
                self.page = Some(Pager::new(strings::COST, lines));
            }
            Command::Tasks => {
                let lines = self.task_lines();
                self.page = Some(Pager::new(strings::TASKS, lines));
            }
            Command::Todos => {
                let lines = self.todo_lines();
                self.page = Some(Pager::new(strings::TODOS, lines));
            }
            Command::Queue => self.show_queue(),
            Command::Sessions if rest.is_empty() => self.want(Effect::ListSessions),
            Command::Sessions => {
                self.want(Effect::Open(OpenSpec::Earlier {
                    name: rest.to_owned(),
                }));
            }
            Command::Fork => {
                let of = self.state.session.as_ref().map(ToString::to_string);
                self.want(Effect::Open(OpenSpec::Fork { of, id: None }));
            }
            Command::Rename if rest.is_empty() => self.hint(strings::RENAME_HOW),
            Command::Rename => self.op(Op::Configure {
                change: Change::Title {
                    title: rest.to_owned(),
                },
            }),
            Command::Rewind => self.ask_timeline(),
            Command::Redo => self.ask_preview(Point::Redo),
            Command::Export => {
                let name = if rest.is_empty() {
                    "gimlet-session.md"
                } else {
                    rest
                };
                let text = self.export();
                self.want(Effect::Save(name.to_owned(), text));
            }
            Command::Copy => match self.last_answer() {
                Some(text) => {
                    self.want(Effect::Copy(text));
                    self.hint(strings::COPIED);
                }
                None => self.hint(strings::NOTHING_TO_COPY),
            },
            Command::Init => self.op(Op::Prompt {
                content: vec![Block::text(strings::INIT_PROMPT)],
            }),
            Command::Memory if rest.is_empty() => self.hint(strings::MEMORY_HOW),
            Command::Memory => self.want(Effect::Remember(rest.to_owned())),
            Command::Doctor => {
                self.hint(strings::LOOKING);
                self.want(Effect::Report(Report::Doctor));
            }
            Command::Config => self.want(Effect::Report(Report::Settings)),
            Command::Theme => match Palette::named(rest) {
                Some(palette) => self.keep_palette(palette),
                None => self.show_themes(),
            },
            Command::Fullscreen => self.switch_layout(),
            Command::Vim => {
                self.setup.vim = !self.setup.vim;
                self.editor.set_vim(self.setup.vim);
                self.want(Effect::Note("vim", self.setup.vim.to_string()));
                self.hint(if self.setup.vim {
                    strings::VIM_ON
                } else {
                    strings::VIM_OFF
                });
            }
            Command::Clear => self.want(Effect::Open(OpenSpec::New { id: None })),
            Command::Quit => self.want(Effect::Leave),
        }
    }

    pub(super) fn keep_palette(&mut self, palette: Palette) {
        self.set_palette(palette);
        self.want(Effect::Note("theme", palette.name().to_owned()));
        self.want(Effect::Redraw);
    }

    fn switch_layout(&mut self) {
        let next = match self.setup.layout {
            Layout::Inline => Layout::Full,
            Layout::Full => Layout::Inline,
        };
        self.setup.layout = next;
        self.scrolled = 0;
        self.want(Effect::Layout(next));
        let name = match next {
            Layout::Inline => "inline",
            Layout::Full => "full",
        };
        self.want(Effect::Note("layout", name.to_owned()));
    }

    pub(super) fn show_report(&mut self, report: Report, lines: &[String]) {
        let look = self.look();
        let lines: Vec<Line<'static>> = lines
            .iter()
            .flat_map(|line| report_line(report, line, &look))
            .collect();
        let title = match report {
            Report::Doctor => strings::DOCTOR,
            Report::Settings => strings::CONFIG,
            Report::Permissions => strings::PERMISSIONS,
            Report::Changes => strings::CHANGES,
        };
        if report == Report::Changes {
            // Asked for after each turn as well; shown only where the page is open.
            if let Some(page) = &mut self.page {
                let empty = look_line(&self.theme, strings::NO_CHANGES);
                page.replace(if lines.is_empty() { vec![empty] } else { lines });
            }
            return;
        }
        self.hint = None;
        self.page = Some(Pager::new(title, lines));
    }

    fn help(&self) -> Vec<Line<'static>> {
        let look = self.look();
        let mut lines = Vec::new();
        for text in strings::HELP_TEXT {
            lines.extend(wrapped(text, Role::Text, &look));
        }
        lines.push(Line::default());
        for (_, name, aliases, about) in Command::ALL {
            let mut names = format!("/{name}");
            for alias in *aliases {
                names.push_str(" /");
                names.push_str(alias);
            }
            lines.push(Line::from(vec![
                look.span(Role::Accent, format!("  {names:<28}")),
                look.span(Role::Text, *about),
            ]));
        }
        lines
    }

    fn context_lines(&self) -> Vec<Line<'static>> {
        let look = self.look();
        let used = self.state.ledger.context_tokens;
        let mut lines = Vec::new();
        let Some(window) = self.window_tokens.filter(|window| *window > 0) else {
            lines.push(look.line(Role::Text, strings::context_without_window(used)));
            return lines;
        };
        let bar = bar(used, window, look.columns.min(60));
        lines.push(Line::from(vec![
            look.span(Role::Accent, bar),
            look.span(Role::Text, format!(" {}%", used * 100 / window)),
        ]));
        lines.push(look.line(Role::Dim, strings::context_of(used, window)));
        lines.push(Line::default());
        let mut parts: Vec<(&str, u64)> = Vec::new();
        let mut add = |name: &'static str, text: &str| {
            let tokens = u64::try_from(text.len() / 4).unwrap_or(0);
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += tokens,
                None => parts.push((name, tokens)),
            }
        };
        for cell in self
            .state
            .transcript
            .cells()
            .iter()
            .filter(|cell| !cell.struck)
        {
            match &cell.kind {
                Kind::Person { text, .. } => add(strings::PART_PROMPTS, text),
                Kind::Said(prose) => add(strings::PART_ANSWERS, prose.text()),
                Kind::Thought { text, .. } => add(strings::PART_THOUGHTS, text),
                Kind::Calls(calls) => {
                    for call in calls {
                        add(strings::PART_CALLS, &call.input.to_string());
                        add(strings::PART_RESULTS, &call.result);
                    }
                }
                Kind::Note { .. } | Kind::Shell { .. } => {}
            }
        }
        let known: u64 = parts.iter().map(|(_, tokens)| tokens).sum();
        parts.push((strings::PART_REST, used.saturating_sub(known)));
        let most = parts
            .iter()
            .map(|(_, tokens)| *tokens)
            .max()
            .unwrap_or(1)
            .max(1);
        for (name, tokens) in parts {
            lines.push(Line::from(vec![
                look.span(
                    Role::Text,
                    format!("{name:<24}{:>8}  ", strings::count(tokens)),
                ),
                look.span(
                    Role::Accent,
                    bar_of(tokens, most, look.columns.saturating_sub(36).min(40)),
                ),
            ]));
        }
        lines.push(Line::default());
        lines.extend(wrapped(strings::CONTEXT_NOTE, Role::Dim, &look));
        lines
    }

    fn cost_lines(&self) -> Vec<Line<'static>> {
        let look = self.look();
        let ledger = &self.state.ledger;
        let mut lines = vec![
            look.line(
                Role::Strong,
                strings::cost_sum(ledger.micro_usd, ledger.turn_micro_usd, ledger.unpriced),
            ),
            look.line(Role::Dim, strings::usage_sum(&ledger.usage)),
            Line::default(),
        ];
        let dearest = ledger
            .requests
            .iter()
            .filter_map(|request| request.micro_usd)
            .max();
        let dearest = dearest.unwrap_or(1).max(1);
        for (number, request) in ledger.requests.iter().enumerate().rev() {
            let cost = request
                .micro_usd
                .map_or_else(|| "no price".to_owned(), strings::dollars);
            let left = Line::from(vec![
                look.span(Role::Dim, format!("{:>4} ", number + 1)),
                look.span(Role::Text, format!("{:<12.12} {cost:>9}  ", request.asker)),
                look.span(
                    Role::Dim,
                    format!(
                        "{:>7} in {:>6} cached {:>6} out  ",
                        strings::count(
                            request.usage.input_tokens + request.usage.cache_write_tokens
                        ),
                        strings::count(request.usage.cache_read_tokens),
                        strings::count(request.usage.output_tokens),
                    ),
                ),
                look.span(
                    Role::Accent,
                    bar_of(request.micro_usd.unwrap_or(0), dearest, 12),
                ),
            ]);
            let right = look.line(Role::Dim, strings::duration(request.total_ms));
            lines.push(spread(left, right, look.columns));
            if let Some(why) = &request.broke_because {
                lines.push(look.line(
                    Role::Warning,
                    format!("       {}", strings::cache_broke(why)),
                ));
            }
        }
        lines
    }

    fn task_lines(&self) -> Vec<Line<'static>> {
        let look = self.look();
        let mut lines = Vec::new();
        for (id, task) in &self.state.tasks {
            let (mark, role, end) = match task.ended {
                None => ("● ", Role::Accent, strings::RUNS.to_owned()),
                Some(Some(0)) => ("✓ ", Role::Good, strings::ENDED.to_owned()),
                Some(code) => ("✗ ", Role::Bad, strings::ended_with(code)),
            };
            let left = Line::from(vec![
                look.span(role, mark),
                look.span(Role::Strong, format!("{id} ")),
                look.span(Role::Text, crate::draw::first_line(&task.command, 200)),
            ]);
            lines.push(spread(left, look.line(Role::Dim, end), look.columns));
            lines.push(look.line(Role::Dim, format!("  {}", task.output.display())));
        }
        for (id, worker) in &self.state.workers {
            let (mark, role) = if worker.rests {
                ("✓ ", Role::Good)
            } else {
                ("● ", Role::Accent)
            };
            let left = Line::from(vec![
                look.span(role, mark),
                look.span(Role::Strong, format!("{} ", worker.kind)),
                look.span(Role::Text, worker.task.clone()),
            ]);
            lines.push(spread(
                left,
                look.line(Role::Dim, strings::calls(worker.calls)),
                look.columns,
            ));
            let short = id.as_str().get(..13).unwrap_or(id.as_str());
            lines.push(look.line(Role::Dim, format!("  {short}  {}", worker.now)));
        }
        if lines.is_empty() {
            lines.push(look.line(Role::Dim, strings::NO_TASKS));
        }
        lines
    }

    fn todo_lines(&self) -> Vec<Line<'static>> {
        let look = self.look();
        if self.state.todos.is_empty() {
            return vec![look.line(Role::Dim, strings::NO_TODOS)];
        }
        let todos = self.state.todos.iter();
        todos
            .flat_map(|todo| {
                let (mark, role) = match todo.status {
                    TodoStatus::Pending => ("○ ", Role::Text),
                    TodoStatus::InProgress => ("● ", Role::Strong),
                    TodoStatus::Completed => ("✓ ", Role::Dim),
                };
                wrapped(&format!("{mark}{}", todo.content), role, &look)
            })
            .collect()
    }

    fn export(&self) -> String {
        let title = self
            .state
            .title
            .clone()
            .unwrap_or_else(|| strings::EXPORT_TITLE.to_owned());
        let mut text = format!("# {title}\n");
        for cell in self.state.transcript.cells() {
            match &cell.kind {
                Kind::Person { text: said, .. } => {
                    text.push_str("\n## ");
                    text.push_str(strings::BY_YOU);
                    text.extend(["\n\n", said, "\n"]);
                }
                Kind::Said(prose) => text.extend(["\n", prose.text(), "\n"]),
                Kind::Calls(calls) => {
                    for call in calls {
                        let title = crate::draw::call_title(&call.tool, &call.input);
                        text.extend(["\n- ", &title, "\n"]);
                    }
                }
                Kind::Note { text: note, .. } => text.extend(["\n> ", note, "\n"]),
                Kind::Shell {
                    command, output, ..
                } => {
                    text.extend(["\n```\n$ ", command, "\n", output, "\n```\n"]);
                }
                Kind::Thought { .. } => {}
            }
        }
        gimlet_hygiene::secrets::redact(&text).into_owned()
    }

    pub(super) fn last_answer(&self) -> Option<String> {
        self.state
            .transcript
            .cells()
            .iter()
            .rev()
            .find_map(|cell| match &cell.kind {
                Kind::Said(prose) => Some(prose.text().to_owned()),
                Kind::Person { .. }
                | Kind::Thought { .. }
                | Kind::Calls(_)
                | Kind::Note { .. }
                | Kind::Shell { .. } => None,
            })
    }

    pub(super) fn menu_open(&mut self, menu: Menu) {
        self.menu = Some(menu);
    }
}

fn look_line(theme: &crate::theme::Theme, text: &str) -> Line<'static> {
    Line::styled(text.to_owned(), theme.style(Role::Dim))
}

fn wrapped(text: &str, role: Role, look: &Look<'_>) -> Vec<Line<'static>> {
    let line = Line::styled(text.to_owned(), look.theme.style(role));
    crate::text::wrap(&line, look.columns, &Line::raw("  "))
        .into_iter()
        .map(|row| crate::draw::indented("", row))
        .collect()
}

/// A line of a report, shown as what it is.
pub(super) fn report_line(report: Report, line: &str, look: &Look<'_>) -> Vec<Line<'static>> {
    use gimlet_hygiene::screen::{Channel, clean};
    let text = clean(Channel::FileContent, line).replace('\t', "    ");
    let role = match (report, text.chars().next()) {
        (Report::Changes, Some('+')) => Role::Added,
        (Report::Changes, Some('-')) => Role::Removed,
        (Report::Changes, Some('@')) => Role::Hunk,
        (Report::Changes, Some('d')) if text.starts_with("diff ") => Role::Heading,
        (Report::Changes | Report::Doctor | Report::Settings | Report::Permissions, _) => {
            Role::Text
        }
    };
    wrapped(&text, role, look)
}

fn bar(part: u64, whole: u64, columns: usize) -> String {
    let filled = usize::try_from(part.min(whole)).unwrap_or(0) * columns
        / usize::try_from(whole.max(1)).unwrap_or(1);
    format!("{}{}", "█".repeat(filled), "░".repeat(columns - filled))
}

fn bar_of(part: u64, most: u64, columns: usize) -> String {
    let filled =
        usize::try_from(part).unwrap_or(0) * columns / usize::try_from(most.max(1)).unwrap_or(1);
    "█".repeat(filled.min(columns).max(usize::from(part > 0)))
}
