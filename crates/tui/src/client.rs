//! The client as a state machine: input, events and time go in, frames and effects come out. It
//! touches nothing; whoever runs it does what it asks for.

mod bindings;
mod commands;
mod completing;
mod frames;
mod keys;
mod live;
mod menus;
mod searching;
mod status;
mod timeline;

pub use commands::Command;
pub use timeline::Point;

use crate::{
    complete::files::Files,
    dialog::{Answered, Dialog},
    draw::Detail,
    editor::{Draft, Editor},
    history::{Entry, History},
    input::{Focus, Input, Mouse},
    keymap::{Chords, Keymap},
    pager::{Paged, Pager},
    place::Report,
    state::{State, Tone},
    strings,
    terminal::Strategy,
    theme::{Palette, Theme},
};
use gimlet_ports::{ModelRow, OpenSpec, SessionHead, SessionRow};
use gimlet_protocol::{
    Block, EntryId, Event, Fact, FileDiff, Mode, Op, OpKey, Refusal, RestorePreview, RewindScope,
    SessionId, Timeline, Timestamp, UndoWhat,
};
use menus::Menu;
use std::collections::VecDeque;

/// Effects that may wait; more means that nobody does them.
const MOST_EFFECTS: usize = 1024;
/// How long a hint below the input is shown, in milliseconds.
const HINT_MS: u64 = 4000;
/// Turns that are repeated on the screen when a session is gone on with.
const REPEATED_TURNS: usize = 20;
/// The time between two pictures of what moves, in milliseconds.
const TICK_MS: u64 = 250;

/// How the transcript is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In the terminal's own scrollback.
    Inline,
    /// On a screen of its own.
    Full,
}

/// What the client wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// An operation of a session.
    Submit(SessionId, OpKey, Op),
    /// Another session is to be opened in place of this one.
    Open(OpenSpec),
    /// A worker's session is to be followed.
    Follow(SessionId),
    /// The list of sessions is wanted.
    ListSessions,
    /// The list of models is wanted.
    ListModels,
    /// The files that can be named are wanted.
    ListFiles,
    /// The turns with what each changed are wanted.
    Timeline(SessionId),
    /// What going to a place on the timeline would do is wanted.
    Preview(SessionId, Point),
    /// What turns or calls changed is wanted.
    Difference(SessionId, UndoWhat),
    /// A report is wanted.
    Report(Report),
    /// A command of the person's own.
    Shell(String),
    /// A note for the project's memory.
    Remember(String),
    /// A text is to be opened in the person's editor.
    Edit(Purpose, String),
    /// A text is to be written to a file.
    Save(String, String),
    /// A prompt goes to the history.
    Sent(Entry),
    /// The file of keys is to be written.
    SaveKeys(String),
    /// Something is to be remembered for later runs.
    Note(&'static str, String),
    /// A text goes to the clipboard.
    Copy(String),
    /// The person is to be told, though the window is not in front.
    Notify(String),
    /// The process is to be suspended.
    Suspend,
    /// The layout changed.
    Layout(Layout),
    /// The screen is to be written anew.
    Redraw,
    /// The client ends.
    Leave,
}

/// What an edited text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The prompt.
    Prompt,
    /// The plan that is asked about.
    Plan,
    /// The file of keys.
    Keys,
    /// To look at; what comes back is not used.
    Look,
}

/// The answer to an effect.
#[derive(Clone, Debug)]
pub enum Done {
    /// An operation was taken or refused.
    Submitted(Op, Option<Refusal>),
    /// A session was opened.
    Opened(Box<SessionHead>),
    /// A session was not opened: why, and what to do.
    NotOpened(String, Option<String>),
    /// The sessions there are.
    Sessions(Vec<SessionRow>),
    /// The models there are.
    Models(Vec<ModelRow>),
    /// The files that can be named.
    Files(Vec<String>),
    /// The turns with what each changed.
    Timeline(Timeline),
    /// What going to a place would do, or why it cannot be said.
    Preview(Point, Result<RestorePreview, Refusal>),
    /// What turns or calls changed.
    Difference(Vec<FileDiff>),
    /// A report.
    Report(Report, Vec<String>),
    /// The person's command ended.
    Shell(String, String, Option<i32>),
    /// The person's editor gave a text back.
    Edited(Purpose, String),
    /// Something is to be told.
    Told(Tone, String),
    /// Which branch is checked out.
    Branch(Option<String>),
}

/// How the client begins.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Setup {
    /// The version of the program.
    pub version: String,
    /// What the terminal does.
    pub strategy: Strategy,
    /// The colours.
    pub palette: Palette,
    /// How the transcript is shown.
    pub layout: Layout,
    /// No motion beside what happens.
    pub reduced_motion: bool,
    /// Plain text for a screen reader: no frames, nothing said twice.
    pub screen_reader: bool,
    /// Vim's keys.
    pub vim: bool,
    /// A prompt to begin with.
    pub prompt: Option<String>,
    /// Prompts of earlier runs.
    pub history: History,
    /// The person's file of keys; empty where there is none.
    pub keys: String,
    /// Whether the person is told when the window is not in front.
    pub notify: bool,
    /// Columns and rows.
    pub size: (usize, usize),
    /// The time.
    pub now: Timestamp,
}

/// The client.
#[derive(Debug)]
pub struct Client {
    setup: Setup,
    state: State,
    theme: Theme,
    now: Timestamp,
    editor: Editor,
    history: History,
    keymap: Keymap,
    chords: Chords,
    /// A prompt that was put aside.
    stash: Option<Draft>,
    dialog: Option<Dialog>,
    /// Keys go to the dialog.
    dialog_focused: bool,
    menu: Option<Menu>,
    page: Option<Pager>,
    files: Option<Files>,
    hint: Option<(String, Timestamp)>,
    branch: Option<String>,
    window_tokens: Option<u64>,
    models: Vec<ModelRow>,
    focused: bool,
    /// The time of the last Ctrl-C or Escape, for those that count twice.
    last_break: Option<Timestamp>,
    last_escape: Option<Timestamp>,
    /// Rows that the transcript is scrolled up in the full layout.
    scrolled: usize,
    detail: Detail,
    last_key: Timestamp,
    effects: VecDeque<Effect>,
    keys_given: u64,
    /// The last entry that is replayed before the session is shown as it is.
    replay_until: Option<EntryId>,
    resting_state: Option<gimlet_protocol::SessionState>,
    opened: bool,
    /// What could not be opened, and what to do.
    trouble: Option<(String, Option<String>)>,
    waiting_prompt: Option<String>,
}

impl Client {
    /// A client before its session is there.
    pub fn new(setup: Setup) -> Self {
        let theme = Theme::new(setup.palette);
        let mut editor = Editor::default();
        editor.set_vim(setup.vim);
        let mut client = Self {
            state: State::default(),
            theme,
            now: setup.now,
            editor,
            history: setup.history.clone(),
            keymap: Keymap::default(),
            chords: Chords::default(),
            stash: None,
            dialog: None,
            dialog_focused: false,
            menu: None,
            page: None,
            files: None,
            hint: None,
            branch: None,
            window_tokens: None,
            models: Vec::new(),
            focused: true,
            last_break: None,
            last_escape: None,
            scrolled: 0,
            detail: Detail::Folded,
            last_key: Timestamp(0),
            effects: VecDeque::new(),
            keys_given: 0,
            replay_until: None,
            resting_state: None,
            opened: false,
            trouble: None,
            waiting_prompt: setup.prompt.clone(),
            setup,
        };
        client.want(Effect::ListModels);
        let keys = client.setup.keys.clone();
        client.take_keys(&keys);
        client
    }

    /// What the client knows of its session.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How the transcript is shown.
    pub fn layout(&self) -> Layout {
        self.setup.layout
    }

    /// True where the whole screen is drawn: in the full layout, and for a page in any.
    pub fn is_full(&self) -> bool {
        self.setup.layout == Layout::Full || self.page.is_some()
    }

    /// What is to be done, the oldest first.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        self.effects.drain(..).collect()
    }

    fn want(&mut self, effect: Effect) {
        if self.effects.len() < MOST_EFFECTS {
            self.effects.push_back(effect);
        }
    }

    fn op(&mut self, op: Op) {
        if let Some(session) = self.state.session.clone() {
            let key = self.key_for(&session);
            self.want(Effect::Submit(session, key, op));
        }
    }

    /// A key that no other operation has: the time is part of it, because a session lives longer
    /// than a client.
    fn key_for(&mut self, session: &SessionId) -> OpKey {
        self.keys_given += 1;
        OpKey(format!(
            "{session}:tui:{}:{}",
            self.setup.now.0, self.keys_given
        ))
    }

    fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.state
            .transcript
            .note(None, self.now, tone, text.into());
    }

    fn hint(&mut self, text: impl Into<String>) {
        self.hint = Some((text.into(), Timestamp(self.now.0 + HINT_MS)));
    }

    /// The time went on.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = now;
        if self.hint.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.hint = None;
        }
        self.search_on();
    }

    /// When the client wants to be woken although nothing happens; `None` for never.
    pub fn next_tick(&self) -> Option<u64> {
        let hint = self
            .hint
            .as_ref()
            .map(|(_, until)| until.0.saturating_sub(self.now.0).max(1));
        let step = if self.setup.reduced_motion || self.setup.screen_reader {
            1000
        } else {
            TICK_MS
        };
        let motion = self.state.moves().then_some(step);
        let search = self.is_searching().then_some(1);
        hint.into_iter().chain(motion).chain(search).min()
    }

    /// The terminal has another size.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        self.setup.size = (columns.max(1), rows.max(1));
    }

    /// Something of the session, or of one of its workers, happened.
    pub fn event(&mut self, session: &SessionId, event: Event) {
        if self.state.session.as_ref() != Some(session) {
            self.state.fold_worker(session, &event);
            self.look_for_questions();
            return;
        }
        let hired = match &event {
            Event::Fact(entry) => {
                if let Fact::Hired(hired) = &entry.fact {
                    Some(hired.worker.clone())
                } else {
                    None
                }
            }
            Event::Signal(_) => None,
        };
        let was_busy = self.state.is_busy();
        self.state.fold(event, self.now);
        if let Some(worker) = hired {
            self.want(Effect::Follow(worker));
        }
        if self.replay_until.is_some() && self.state.last >= self.replay_until {
            self.replayed();
        }
        if self.replay_until.is_some() {
            return;
        }
        self.look_for_questions();
        if was_busy && !self.state.is_busy() {
            if !self.focused && self.setup.notify {
                self.want(Effect::Notify(strings::DONE_NOTICE.to_owned()));
            }
            self.want(Effect::Report(Report::Changes));
        }
    }

    /// What happened before is known; from here on it is the present.
    fn replayed(&mut self) {
        self.replay_until = None;
        match self.resting_state.take() {
            Some(gimlet_protocol::SessionState::Resting) | None => {
                self.state.activity.doing = crate::state::Doing::Resting;
            }
            Some(state) => self.state.activity.doing = state.into(),
        }
        if self.state.transcript.skip_to_last(REPEATED_TURNS) > 0 {
            self.state.transcript.note(
                None,
                self.now,
                Tone::Quiet,
                strings::SKIPPED_CELLS.to_owned(),
            );
        }
        self.look_for_questions();
        if let Some(prompt) = self.waiting_prompt.take() {
            self.send(prompt);
        }
    }

    fn look_for_questions(&mut self) {
        let first = self.state.asked.front();
        let shown = self.dialog.as_ref().map(Dialog::asking);
        let is_same = match (first, shown) {
            (Some(first), Some(shown)) => {
                first.call == shown.call && first.session == shown.session
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if is_same {
            return;
        }
        self.dialog = first.cloned().map(|asking| Dialog::new(asking, self.now));
        self.dialog_focused = self.dialog.is_some() && self.editor.is_empty();
        if self.dialog.is_some() && !self.focused && self.setup.notify {
            self.want(Effect::Notify(strings::QUESTION_NOTICE.to_owned()));
        }
    }

    /// Something that was wanted is done.
    pub fn done(&mut self, done: Done) {
        match done {
            Done::Submitted(op, Some(refusal)) => self.refused(op, &refusal),
            Done::Submitted(
                Op::Rewind {
                    to,
                    scope: RewindScope::Conversation | RewindScope::Both,
                    ..
                },
                None,
            ) => self.went_back(to),
            Done::Submitted(_, None) => {}
            Done::Timeline(timeline) => self.show_timeline(&timeline),
            Done::Preview(point, preview) => self.show_preview(&point, preview),
            Done::Difference(files) => self.show_difference(&files),
            Done::Opened(head) => self.session_opened(&head),
            Done::NotOpened(text, hint) => {
                self.opened = false;
                let hint_text = hint
                    .clone()
                    .map_or_else(String::new, |hint| format!("\n{hint}"));
                self.say(Tone::Bad, format!("{text}.{hint_text}"));
                self.trouble = Some((text, hint));
            }
            Done::Sessions(rows) => self.show_sessions(rows),
            Done::Models(rows) => {
                self.models = rows;
                self.know_window();
                self.fill_models();
            }
            Done::Files(files) => self.files_came(&files),
            Done::Report(report, lines) => self.show_report(report, &lines),
            Done::Shell(command, output, code) => self.shell_ended(&command, &output, code),
            Done::Edited(purpose, text) => self.edited(purpose, &text),
            Done::Told(tone, text) => self.say(tone, text),
            Done::Branch(branch) => self.branch = branch,
        }
    }

    fn session_opened(&mut self, head: &SessionHead) {
        let is_new = self.opened;
        self.state = State::new(head);
        self.dialog = None;
        self.menu = None;
        self.trouble = None;
        self.opened = true;
        self.scrolled = 0;
        self.know_window();
        self.replay_until = head.last;
        self.resting_state = Some(head.state);
        if is_new {
            self.want(Effect::Redraw);
        }
        let folder = head.cwd.display().to_string();
        let [name, place] = strings::banner(&self.setup.version, &head.model, &folder);
        self.state
            .transcript
            .note(None, self.now, Tone::Plain, format!("{name}\n{place}"));
        if head.unfinished {
            self.say(Tone::Warning, strings::UNFINISHED);
        }
    }

    fn know_window(&mut self) {
        let model = &self.state.model;
        let row = self.models.iter().find(|row| row.name == *model);
        self.window_tokens = row.and_then(|row| row.window_tokens);
    }

    fn refused(&mut self, op: Op, refusal: &Refusal) {
        let why = strings::refusal(refusal);
        // What was typed is not lost with it.
        if let Op::Prompt { content } | Op::Steer { content } = op {
            let text = crate::state::text_of(&content);
            if self.editor.is_empty() {
                self.editor.insert(&text);
            }
        }
        self.state.activity.interrupting = false;
        self.say(Tone::Warning, why);
    }

    fn edited(&mut self, purpose: Purpose, text: &str) {
        match purpose {
            Purpose::Prompt => {
                self.editor.clear();
                self.editor.insert(text.trim_end());
            }
            Purpose::Plan => {
                if let Some(dialog) = &mut self.dialog {
                    let answered = dialog.edited(text);
                    self.answered(answered);
                }
            }
            Purpose::Keys => self.keys_edited(text),
            Purpose::Look => {}
        }
    }

    fn shell_ended(&mut self, command: &str, output: &str, code: Option<i32>) {
        self.state.transcript.shell_ended(output, code);
        let text = strings::shell_told(command, output, code);
        let content = vec![Block::text(text)];
        let op = if self.state.is_busy() {
            Op::Steer { content }
        } else {
            Op::Prompt { content }
        };
        self.op(op);
    }

    fn answered(&mut self, answered: Answered) {
        match answered {
            Answered::Open => {}
            Answered::Reply(reply) => {
                if let Some(dialog) = self.dialog.take() {
                    let asking = dialog.asking();
                    let (session, call) = (asking.session.clone(), asking.call.clone());
                    let key = self.key_for(&session);
                    self.state
                        .asked
                        .retain(|asking| asking.call != call || asking.session != session);
                    self.want(Effect::Submit(session, key, Op::Answer { call, reply }));
                    self.look_for_questions();
                }
            }
            Answered::Interrupt => self.interrupt(),
            Answered::Edit(text) => self.want(Effect::Edit(Purpose::Plan, text)),
        }
    }

    fn interrupt(&mut self) {
        self.state.activity.interrupting = true;
        self.op(Op::Interrupt);
    }

    /// Sends a prompt: at once where the session rests, into the turn where one runs.
    fn send(&mut self, text: String) {
        if text.trim().is_empty() {
            return;
        }
        let content = vec![Block::text(text)];
        let op = if self.state.is_busy() {
            Op::Steer { content }
        } else {
            Op::Prompt { content }
        };
        self.op(op);
    }

    /// The terminal sent something.
    pub fn input(&mut self, input: Input) {
        match input {
            Input::Key(key) => {
                self.key(key);
                self.last_key = self.now;
            }
            Input::Paste(text) => self.paste(&text),
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Focus(Focus::Gained) => self.focused = true,
            Input::Focus(Focus::Lost) => self.focused = false,
            Input::Answer(_) => {}
        }
    }

    fn paste(&mut self, text: &str) {
        if self.page.is_some() {
            return;
        }
        match &mut self.dialog {
            Some(dialog) if self.dialog_focused && dialog.is_typing() => dialog.paste(text),
            _ => {
                let pasted = self.editor.paste(text);
                self.dialog_focused = false;
                if pasted.has_marks {
                    self.hint(strings::PASTE_MARKS);
                }
            }
        }
    }

    fn mouse(&mut self, mouse: Mouse) {
        let rows = match mouse {
            Mouse::WheelUp => -3,
            Mouse::WheelDown => 3,
            // A click that brings the window in front answers nothing.
            Mouse::Press { .. } | Mouse::Other => return,
        };
        match &mut self.page {
            Some(page) => page.scroll(rows),
            None => self.scrolled = self.scrolled.saturating_add_signed(-rows),
        }
    }

    fn page_key(&mut self, key: crossterm::event::KeyEvent) {
        let Some(page) = &mut self.page else { return };
        match page.key(key) {
            Paged::Open => {}
            Paged::Closed => self.page = None,
            Paged::Edit => {
                let text = page.text();
                self.want(Effect::Edit(Purpose::Look, text));
            }
        }
    }

    /// The title of the window.
    pub fn title(&self) -> String {
        let name = self.state.title.clone().unwrap_or_else(|| {
            let folder = self.state.cwd.file_name();
            folder.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        });
        let mark = if !self.state.asked.is_empty() {
            "? "
        } else if self.state.is_busy() {
            "● "
        } else {
            ""
        };
        let name: String = name
            .chars()
            .filter(|letter| !letter.is_control())
            .take(60)
            .collect();
        if name.is_empty() {
            "gimlet".to_owned()
        } else {
            format!("{mark}{name} · gimlet")
        }
    }

    /// Whether something is under way, for the progress beside the title.
    pub fn is_busy(&self) -> bool {
        self.state.is_busy()
    }

    /// The strategy of the terminal.
    pub fn strategy(&self) -> &Strategy {
        &self.setup.strategy
    }

    /// The terminal told its background.
    pub fn background(&mut self, red: u8, green: u8, blue: u8) {
        let bright = u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114;
        let palette = match (self.setup.palette, bright > 128_000) {
            (Palette::Dark | Palette::Light, true) => Palette::Light,
            (Palette::Dark | Palette::Light, false) => Palette::Dark,
            (Palette::DarkCalm | Palette::LightCalm, true) => Palette::LightCalm,
            (Palette::DarkCalm | Palette::LightCalm, false) => Palette::DarkCalm,
            (palette @ (Palette::Sixteen | Palette::Plain), _) => palette,
        };
        self.set_palette(palette);
    }

    fn set_palette(&mut self, palette: Palette) {
        self.setup.palette = palette;
        self.theme = Theme::new(palette);
    }

    fn mode_next(&mut self) {
        let next = match self.state.mode {
            Mode::Default => Mode::AcceptEdits,
            Mode::AcceptEdits => Mode::Plan,
            Mode::Plan | Mode::Auto | Mode::DontAsk | Mode::BypassPermissions => Mode::Default,
        };
        self.op(Op::Configure {
            change: gimlet_protocol::Change::Mode { mode: next },
        });
    }
}

#[cfg(test)]
mod tests;
