//! What each key does.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the keys are another crate's, and new ones mean nothing here"
)]

use super::{Client, Command, Effect, Layout, Purpose, bindings::Bound};
use crate::{dialog::Dialog, draw::Detail, editor::Outcome, keymap::Action, pager::Pager, strings};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_protocol::{Block, Op, QueueLane};

/// Two of these within this time count as a double press, in milliseconds.
const DOUBLE_MS: u64 = 800;
/// Ctrl-C leaves when it comes again within this time, in milliseconds.
const LEAVE_MS: u64 = 2000;

impl Client {
    pub(super) fn key(&mut self, pressed: KeyEvent) {
        let Some(Bound { key, action }) = self.bound(pressed) else {
            return;
        };
        if self.page.is_some() {
            return self.page_key(key);
        }
        if self.menu.is_some() && self.menu_key(key) {
            return;
        }
        if self.dialog.is_some() && self.dialog_key(key) {
            return;
        }
        if !action.is_some_and(|action| self.act(action, key)) {
            self.chat_key(key);
        }
    }

    /// Does what a key is bound to. False where the key stays the editor's.
    fn act(&mut self, action: Action, key: KeyEvent) -> bool {
        match action {
            Action::Interrupt => self.break_key(),
            Action::Exit if self.editor.is_empty() => self.want(Effect::Leave),
            Action::Suspend => self.want(Effect::Suspend),
            Action::Redraw | Action::ClearInput | Action::ClearScreen => self.want(Effect::Redraw),
            Action::ToggleTranscript => {
                let lines = self.whole_transcript();
                self.page = Some(Pager::at_end(strings::TRANSCRIPT, lines));
            }
            Action::ExternalEditor => {
                let text = self.editor.draft().written_out();
                self.want(Effect::Edit(Purpose::Prompt, text));
            }
            Action::SearchHistory => self.show_history(),
            Action::HistoryPrevious => self.recall_earlier(),
            Action::HistoryNext => self.recall_later(),
            Action::ToggleTodos => self.run(Command::Todos, ""),
            Action::PickModel => self.run(Command::Model, ""),
            Action::CycleMode => self.mode_next(),
            Action::Cancel => self.escape(key),
            // Enter is the editor's: behind a backslash it is a new line.
            Action::Submit if key.code != KeyCode::Enter => self.submit(QueueLane::Steer),
            Action::QueueSubmit if self.editor.is_empty() => {}
            // Alt+Enter queues only while there is something to wait for.
            Action::QueueSubmit if key.code == KeyCode::Enter && !self.state.is_busy() => {
                return false;
            }
            Action::QueueSubmit => self.submit(QueueLane::FollowUp),
            Action::SendNow => {
                if self.state.is_busy() {
                    self.interrupt();
                }
                self.submit(QueueLane::FollowUp);
            }
            Action::Newline => self.editor.insert("\n"),
            Action::Undo => self.editor.undo(),
            Action::OpenPaste => {
                if !self.editor.open_chip() {
                    self.hint(strings::NO_PASTE);
                }
            }
            Action::Stash => self.stash_key(),
            Action::ScrollPageUp => self.scrolled += self.setup.size.1 / 2,
            Action::ScrollPageDown => {
                self.scrolled = self.scrolled.saturating_sub(self.setup.size.1 / 2);
            }
            Action::ScrollLineUp => self.scrolled += 1,
            Action::ScrollLineDown => self.scrolled = self.scrolled.saturating_sub(1),
            Action::ScrollBottom => self.scrolled = 0,
            _ => return false,
        }
        true
    }

    /// Puts the prompt aside, or takes it back where the input is empty.
    fn stash_key(&mut self) {
        if !self.editor.is_empty() {
            self.stash = Some(self.editor.take());
            self.hint(strings::STASHED);
        } else if let Some(draft) = self.stash.take() {
            self.editor.set(&draft);
        } else {
            self.hint(strings::NOTHING_STASHED);
        }
    }

    /// True where the question took the key.
    fn dialog_key(&mut self, key: KeyEvent) -> bool {
        let now = self.now;
        let Some(dialog) = &mut self.dialog else {
            return false;
        };
        if !self.dialog_focused {
            let is_switch = key.code == KeyCode::Tab || key.code == KeyCode::BackTab;
            if is_switch && dialog.is_armed(now) {
                self.dialog_focused = true;
                return true;
            }
            return false;
        }
        if !dialog.is_armed(now) && !dialog.is_typing() {
            // Typed for what stood there before: it answers nothing. Letters go on as text.
            dialog.typed_early(now);
            let is_text = matches!(key.code, KeyCode::Char(_))
                && !key
                    .modifiers
                    .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
            if is_text {
                self.dialog_focused = false;
                return false;
            }
            return true;
        }
        if key.code == KeyCode::BackTab {
            self.dialog_focused = false;
            return true;
        }
        let answered = dialog.key(key);
        self.answered(answered);
        true
    }

    fn chat_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('e')
                if control && self.setup.layout == Layout::Full && self.editor.is_empty() =>
            {
                self.detail = match self.detail {
                    Detail::Folded => Detail::All,
                    Detail::All => Detail::Folded,
                };
                return;
            }
            KeyCode::Char('?') if self.editor.is_empty() && !control => {
                return self.run(Command::Keys, "");
            }
            KeyCode::Up if self.editor.is_empty() && !self.state.queue.is_empty() => {
                return self.take_back();
            }
            _ => {}
        }
        match self.editor.key(key) {
            Outcome::Ignored | Outcome::Moved => {}
            Outcome::Changed => {
                self.history.leave();
                self.complete();
            }
            Outcome::Submitted => self.submit(QueueLane::Steer),
            Outcome::Earlier => self.recall_earlier(),
            Outcome::Later => self.recall_later(),
            Outcome::Search => self.show_history(),
        }
    }

    /// Ctrl-C: ends what runs, then clears the input, then leaves.
    fn break_key(&mut self) {
        let again = self
            .last_break
            .is_some_and(|last| self.now.0 - last.0 < LEAVE_MS);
        if again {
            return self.want(Effect::Leave);
        }
        self.last_break = Some(self.now);
        if !self.editor.is_empty() {
            let text = self.editor.take().written_out();
            self.history.add(&text, self.now.0, None);
            self.hint(strings::CLEARED);
            return;
        }
        if self.state.is_busy() {
            self.interrupt();
        }
        self.hint(strings::LEAVE_AGAIN);
    }

    fn escape(&mut self, key: KeyEvent) {
        // Vim's own Escape comes first.
        if self.editor.vim_mode().is_some() && self.editor.key(key) != Outcome::Ignored {
            return;
        }
        if self.state.is_busy() {
            return self.interrupt();
        }
        let again = self
            .last_escape
            .is_some_and(|last| self.now.0 - last.0 < DOUBLE_MS);
        if !again {
            self.last_escape = Some(self.now);
            if self.scrolled > 0 {
                self.scrolled = 0;
            }
            return;
        }
        self.last_escape = None;
        if self.editor.is_empty() {
            self.run(Command::Rewind, "");
        } else {
            let text = self.editor.take().written_out();
            self.history.add(&text, self.now.0, None);
            self.hint(strings::CLEARED);
        }
    }

    /// Sends what was typed. Commands are run, not sent.
    pub(super) fn submit(&mut self, lane: QueueLane) {
        let text = self.editor.draft().written_out();
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return;
        }
        if let Some(rest) = trimmed.strip_prefix('/')
            && !rest.starts_with('/')
            && !rest
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .contains('/')
        {
            return self.submit_command(rest);
        }
        self.remember_prompt(&text);
        self.editor.clear();
        self.menu = None;
        if let Some(command) = trimmed.strip_prefix('!') {
            let command = command.trim().to_owned();
            if !command.is_empty() {
                self.state.transcript.shell(self.now, command.clone());
                self.want(Effect::Shell(command));
            }
            return;
        }
        if let Some(note) = trimmed.strip_prefix('#') {
            let note = note.trim().to_owned();
            if !note.is_empty() {
                self.want(Effect::Remember(note));
            }
            return;
        }
        if self.state.session.is_none() {
            // A session that could not be opened is tried again with the first prompt.
            self.waiting_prompt = Some(text);
            if self.trouble.is_some() {
                self.trouble = None;
                self.want(Effect::Open(gimlet_ports::OpenSpec::New { id: None }));
            }
            return;
        }
        self.scrolled = 0;
        let content = vec![Block::text(text)];
        let op = if !self.state.is_busy() || lane == QueueLane::FollowUp {
            Op::Prompt { content }
        } else {
            Op::Steer { content }
        };
        self.op(op);
    }

    fn submit_command(&mut self, line: &str) {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match Command::named(name) {
            Some(command) => {
                self.remember_prompt(&format!("/{line}"));
                self.editor.clear();
                self.menu = None;
                self.run(command, rest.trim());
            }
            // A near match is never run: the text stays to be mended.
            None => self.hint(strings::no_command(name, Command::nearest(name))),
        }
    }

    /// The prompt that was queued last comes back into the editor.
    fn take_back(&mut self) {
        let Some(waiting) = self.state.queue.last().cloned() else {
            return;
        };
        self.editor.insert(&waiting.text());
        self.op(Op::EditQueued {
            queued: waiting.key,
            content: Vec::new(),
            lane: waiting.lane,
        });
    }

    pub(super) fn put(&mut self, text: Option<String>) {
        self.editor.clear();
        self.editor.insert(&text.unwrap_or_default());
    }

    /// True where a question has the keys.
    pub(super) fn dialog_has_keys(&self) -> bool {
        self.dialog_focused
            && self
                .dialog
                .as_ref()
                .is_some_and(|_: &Dialog| self.menu.is_none())
    }
}
