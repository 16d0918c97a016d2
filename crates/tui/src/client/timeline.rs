//! The past: turns and calls with what each changed on the disk, and going back to before one.

use super::{Client, Effect, commands::report_line, menus::Menu};
use crate::{
    draw::{Look, short_path},
    pager::Pager,
    picker::{Choice, Picked, Picker},
    place::Report,
    state::Kind,
    strings,
    text::{cut, cut_line},
    theme::Role,
};
use crossterm::event::KeyEvent;
use gimlet_hygiene::screen::{Channel, clean, one_line};
use gimlet_protocol::{
    CallId, EntryId, FileChange, FileDiff, OnConflict, Op, Refusal, Remedy, RestorePreview,
    RestoreWish, RewindScope, SnapshotOf, Timeline, TimelineChange, TimelineTurn, UndoWhat,
};
use ratatui::text::Line;

/// A place on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before a turn of the conversation: the entry that stays last.
    Before(EntryId),
    /// A turn that a rewind left: the entry of its prompt.
    Left(EntryId),
    /// A call, or a task in the background.
    Call(CallId),
    /// What the last undo took.
    Redo,
    /// The conversation that the last rewind left: its last entry.
    Return(EntryId),
}

impl Point {
    /// What going there does to files.
    pub(crate) fn wish(&self) -> Option<RestoreWish> {
        let what = self.what();
        match self {
            Self::Redo => Some(RestoreWish::Redo),
            Self::Before(_) | Self::Left(_) | Self::Call(_) | Self::Return(_) => {
                what.map(|what| RestoreWish::Undo { what })
            }
        }
    }

    fn what(&self) -> Option<UndoWhat> {
        match self {
            Self::Before(entry) => Some(UndoWhat::Since { entry: *entry }),
            Self::Left(entry) => Some(UndoWhat::Turn { entry: *entry }),
            Self::Call(call) => Some(UndoWhat::Call { call: call.clone() }),
            Self::Redo | Self::Return(_) => None,
        }
    }
}

/// What can be done at a place.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    Do(Op),
    Show(UndoWhat),
}

/// A place with what going there would do.
#[derive(Debug)]
pub(super) struct Restore {
    preview: Result<RestorePreview, String>,
    picker: Picker<Act>,
    choices: usize,
}

impl Restore {
    fn new(point: &Point, preview: Result<RestorePreview, String>) -> Self {
        let choices = acts(point, preview.as_ref().ok());
        let count = choices.len();
        let choices = choices.into_iter().map(|(act, name)| Choice {
            value: act,
            name: name.to_owned(),
            about: String::new(),
            current: false,
        });
        let title = match point {
            Point::Before(_) => strings::GO_BEFORE,
            Point::Left(_) | Point::Call(_) => strings::TAKE_BACK,
            Point::Redo => strings::BRING_BACK,
            Point::Return(_) => strings::RETURN,
        };
        Self {
            preview,
            picker: Picker::new(title, strings::RESTORE_KEYS, choices.collect()),
            choices: count,
        }
    }

    /// What would change and what stands in the way, then what can be done.
    pub(super) fn lines(&self, look: &Look<'_>, most: usize) -> Vec<Line<'static>> {
        let told = match &self.preview {
            Ok(preview) => preview_lines(preview, look),
            Err(why) => vec![look.line(Role::Dim, why.clone())],
        };
        let room = most
            .saturating_sub(self.choices + 2)
            .max(most.saturating_sub(4).min(3))
            .max(1);
        let more = told.len().saturating_sub(room);
        let mut lines: Vec<Line<'static>> = told
            .into_iter()
            .take(if more > 0 {
                room.saturating_sub(1).max(1)
            } else {
                room
            })
            .collect();
        if more > 0 && room > 1 {
            lines.push(look.line(Role::Dim, strings::more_paths(more + 1)));
        }
        for line in &mut lines {
            *line = cut_line(std::mem::take(line), look.columns);
        }
        lines.extend(
            self.picker
                .lines(look, most.saturating_sub(lines.len()).max(2)),
        );
        lines
    }
}

/// What can be done at a place, the most probable first.
fn acts(point: &Point, preview: Option<&RestorePreview>) -> Vec<(Act, &'static str)> {
    let files =
        preview.filter(|preview| !preview.steps.is_empty() || !preview.conflicts.is_empty());
    let how: Vec<OnConflict> = match files {
        None => Vec::new(),
        Some(preview) if preview.conflicts.is_empty() => vec![OnConflict::Refuse],
        Some(preview) => {
            let can_overwrite = preview
                .conflicts
                .iter()
                .any(|conflict| conflict.remedy == Remedy::Overwrite);
            let mut how = vec![OnConflict::Skip];
            how.extend(can_overwrite.then_some(OnConflict::Overwrite));
            how
        }
    };
    let mut acts = Vec::new();
    match point {
        Point::Before(to) => {
            for scope in [RewindScope::Both, RewindScope::Files] {
                for conflicts in &how {
                    let op = Op::Rewind {
                        to: *to,
                        scope,
                        conflicts: *conflicts,
                    };
                    acts.push((Act::Do(op), strings::rewind(scope, *conflicts)));
                }
            }
            acts.push((
                Act::Do(conversation(*to)),
                strings::rewind(RewindScope::Conversation, OnConflict::Refuse),
            ));
        }
        Point::Return(from) => acts.push((Act::Do(conversation(*from)), strings::RETURN_YES)),
        Point::Left(_) | Point::Call(_) | Point::Redo => {
            for conflicts in how {
                let op = match point.what() {
                    Some(what) => Op::Undo { what, conflicts },
                    None => Op::Redo { conflicts },
                };
                acts.push((Act::Do(op), strings::rewind(RewindScope::Files, conflicts)));
            }
        }
    }
    if let (Some(what), true) = (point.what(), files.is_some()) {
        acts.push((Act::Show(what), strings::SHOW_DIFFERENCE));
    }
    acts
}

fn conversation(to: EntryId) -> Op {
    Op::Rewind {
        to,
        scope: RewindScope::Conversation,
        conflicts: OnConflict::Refuse,
    }
}

fn preview_lines(preview: &RestorePreview, look: &Look<'_>) -> Vec<Line<'static>> {
    let path = |path: &std::path::Path| {
        let short = short_path(&path.display().to_string(), look.cwd);
        clean(Channel::Name, &short).into_owned()
    };
    let mut lines = vec![look.line(
        Role::Text,
        strings::would_change(preview.steps.len(), preview.conflicts.len()),
    )];
    for conflict in &preview.conflicts {
        let text = format!(
            "  ! {}: {}",
            path(&conflict.path),
            one_line(&conflict.why, 200)
        );
        lines.push(look.line(Role::Warning, text));
    }
    for step in &preview.steps {
        let (sign, role) = sign(step);
        lines.push(look.line(role, format!("  {sign} {}", path(&step.path))));
    }
    if !preview.beside.is_empty() {
        lines.push(look.line(Role::Dim, strings::beside(&preview.beside.join(", "))));
    }
    for left in &preview.left_out {
        let text = strings::not_covered(&path(&left.path), &one_line(&left.why, 200));
        lines.push(look.line(Role::Dim, text));
    }
    lines
}

fn sign(change: &FileChange) -> (&'static str, Role) {
    match (&change.before, &change.after) {
        (None, _) => ("+", Role::Added),
        (Some(_), None) => ("-", Role::Removed),
        (Some(_), Some(_)) => ("~", Role::Text),
    }
}

/// Rows of the timeline, the newest turn first, each with its calls.
fn rows(timeline: &Timeline, rewound_from: Option<EntryId>) -> Vec<Choice<Point>> {
    let row = |value: Point, name: String, about: String| Choice {
        value,
        name,
        about,
        current: false,
    };
    let mut rows = Vec::new();
    if timeline.can_redo {
        rows.push(row(
            Point::Redo,
            strings::BRING_BACK.to_owned(),
            strings::BRING_BACK_ABOUT.to_owned(),
        ));
    }
    if let Some(from) = rewound_from {
        rows.push(row(
            Point::Return(from),
            strings::RETURN.to_owned(),
            strings::RETURN_ABOUT.to_owned(),
        ));
    }
    for turn in timeline.turns.iter().rev() {
        let changes: Vec<_> = turn.changes.iter().filter_map(of_call).collect();
        let point = match (turn.on_branch, turn.before) {
            (true, Some(before)) => Point::Before(before),
            (true, None) => continue,
            (false, _) if changes.is_empty() => continue,
            (false, _) => Point::Left(turn.entry),
        };
        let prompt = crate::draw::first_line(&one_line(&turn.prompt, 200), 56);
        rows.push(row(point, prompt, turn_about(turn)));
        for (call, change) in changes {
            let tool = one_line(change.tool.as_deref().unwrap_or("task"), 40);
            let first = change.paths.first().map_or("", String::as_str);
            let name = first.rsplit('/').next().unwrap_or(first);
            let name = format!("  {tool} {}", one_line(name, 60));
            rows.push(row(Point::Call(call), name, change_about(change)));
        }
    }
    rows
}

/// The call of a change set; `None` for those of an undo.
fn of_call(change: &TimelineChange) -> Option<(CallId, &TimelineChange)> {
    match &change.of {
        SnapshotOf::Call { call } => Some((call.clone(), change)),
        SnapshotOf::Background { tasks } => Some((CallId::from(tasks.first()?.as_str()), change)),
        SnapshotOf::Undo { .. } | SnapshotOf::Redo { .. } => None,
    }
}

fn turn_about(turn: &TimelineTurn) -> String {
    let changes = turn.changes.iter().filter_map(of_call);
    let standing: Vec<_> = changes.filter(|(_, change)| !change.undone).collect();
    let sum = |of: fn(&TimelineChange) -> u64| standing.iter().map(|(_, change)| of(change)).sum();
    let text = strings::changed(
        sum(|change| change.created),
        sum(|change| change.changed),
        sum(|change| change.deleted),
    );
    if turn.on_branch {
        text
    } else {
        format!("{text} · {}", strings::LEFT_BY_REWIND)
    }
}

fn change_about(change: &TimelineChange) -> String {
    let text = strings::changed(change.created, change.changed, change.deleted);
    if change.undone {
        format!("{text} · {}", strings::UNDONE)
    } else {
        text
    }
}

impl Client {
    /// Asks for the timeline; it opens when it came.
    pub(super) fn ask_timeline(&mut self) {
        match self.state.session.clone() {
            Some(session) => self.want(Effect::Timeline(session)),
            None => self.hint(strings::NOTHING_TO_REWIND),
        }
    }

    pub(super) fn show_timeline(&mut self, timeline: &Timeline) {
        let rows = rows(timeline, self.state.rewound_from);
        if rows.is_empty() {
            self.hint(strings::NOTHING_TO_REWIND);
            return;
        }
        let picker = Picker::new(strings::TIMELINE, strings::TIMELINE_KEYS, rows);
        self.menu_open(Menu::Timeline(picker));
    }

    /// Asks what going to a place would do; nothing is done before that was seen.
    pub(super) fn ask_preview(&mut self, point: Point) {
        if point.wish().is_none() {
            let preview = Err(strings::RETURN_TOLD.to_owned());
            return self.menu_open(Menu::Restore(Restore::new(&point, preview)));
        }
        if let Some(session) = self.state.session.clone() {
            self.want(Effect::Preview(session, point));
        }
    }

    pub(super) fn show_preview(&mut self, point: &Point, preview: Result<RestorePreview, Refusal>) {
        let preview = preview.map_err(|refusal| strings::files_stay(&refusal));
        let restore = Restore::new(point, preview);
        if restore.choices == 0 {
            let why = restore.preview.err();
            self.hint(why.unwrap_or_else(|| strings::NO_FILE_CHANGES.to_owned()));
            return;
        }
        self.menu_open(Menu::Restore(restore));
    }

    /// True where the preview stays open.
    pub(super) fn restore_key(&mut self, restore: &mut Restore, key: KeyEvent) -> bool {
        match restore.picker.key(key) {
            Picked::Chosen(Act::Do(op)) => {
                self.op(op);
                false
            }
            Picked::Chosen(Act::Show(what)) => {
                if let Some(session) = self.state.session.clone() {
                    self.want(Effect::Difference(session, what));
                }
                true
            }
            Picked::Closed => {
                // One step back: the list.
                self.ask_timeline();
                false
            }
            Picked::Open | Picked::Moved(_) | Picked::Other(..) => true,
        }
    }

    pub(super) fn show_difference(&mut self, files: &[FileDiff]) {
        let look = self.look();
        let mut lines = Vec::new();
        for file in files {
            let path = short_path(&file.change.path.display().to_string(), look.cwd);
            let (sign, _) = sign(&file.change);
            let head = format!("{sign} {}", clean(Channel::Name, &path));
            lines.push(look.line(Role::Heading, cut(&head, look.columns)));
            match &file.text {
                Some(text) => lines.extend(
                    text.lines()
                        .flat_map(|line| report_line(Report::Changes, line, &look)),
                ),
                None => lines.push(look.line(Role::Dim, strings::NO_TEXT)),
            }
            lines.push(Line::default());
        }
        self.page = Some(Pager::new(strings::WHAT_CHANGED, lines));
    }

    /// The conversation went back to before a prompt: the prompt comes back into the input.
    pub(super) fn went_back(&mut self, to: EntryId) {
        let prompts = self.state.transcript.cells().iter().rev();
        let text = prompts.into_iter().find_map(|cell| match &cell.kind {
            Kind::Person { text, parent, .. } if *parent == Some(to) => Some(text.clone()),
            Kind::Person { .. }
            | Kind::Said(_)
            | Kind::Thought { .. }
            | Kind::Calls(_)
            | Kind::Note { .. }
            | Kind::Shell { .. } => None,
        });
        if text.is_some() && self.editor.is_empty() {
            self.put(text);
        }
    }
}
