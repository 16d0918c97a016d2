//! Lists that are open above the input, and completion while typing.

use super::{
    Client, Effect,
    completing::{Completed, Completion},
    searching,
    timeline::{Point, Restore},
};
use crate::{
    draw::Look,
    history::Search,
    picker::{Choice, Picked, Picker},
    state::Waiting,
    strings,
    theme::Palette,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_ports::{OpenSpec, SessionRow};
use gimlet_protocol::{Change, GrantId, Mode, Op, QueueLane, SessionId};
use ratatui::text::Line;

/// Files that are looked through.
const MOST_FILES: usize = 500_000;

/// A list that is open.
#[derive(Debug)]
pub(super) enum Menu {
    Models(Picker<String>),
    Modes(Picker<Mode>),
    Themes(Picker<Palette>, Palette),
    Sessions(Picker<SessionId>),
    Timeline(Picker<Point>),
    /// What going back would do.
    Restore(Restore),
    History(Search),
    Queue(Picker<Waiting>),
    Grants(Picker<GrantId>),
    /// What the word under the cursor may become; keys go on to the editor.
    Completion(Completion),
}

impl Menu {
    pub(super) fn lines(&self, look: &Look<'_>, most: usize) -> Vec<Line<'static>> {
        match self {
            Self::Models(picker) => picker.lines(look, most),
            Self::History(search) => searching::lines(search, look, most),
            Self::Modes(picker) => picker.lines(look, most),
            Self::Themes(picker, _) => picker.lines(look, most),
            Self::Sessions(picker) => picker.lines(look, most),
            Self::Timeline(picker) => picker.lines(look, most),
            Self::Restore(restore) => restore.lines(look, most),
            Self::Queue(picker) => picker.lines(look, most),
            Self::Grants(picker) => picker.lines(look, most),
            Self::Completion(completion) => completion.lines(look, most),
        }
    }

    /// Rows that it may take.
    pub(super) fn most_rows(&self) -> usize {
        if matches!(self, Self::Restore(_)) {
            24
        } else {
            11
        }
    }

    /// True where it takes the place of the input.
    pub(super) fn has_keys(&self) -> bool {
        !matches!(self, Self::Completion(_))
    }
}

impl Client {
    /// True where the list took the key.
    pub(super) fn menu_key(&mut self, key: KeyEvent) -> bool {
        let Some(mut menu) = self.menu.take() else {
            return false;
        };
        let stays = match &mut menu {
            Menu::Completion(completion) => {
                return match completion.key(key) {
                    Completed::Moved => {
                        self.menu = Some(menu);
                        true
                    }
                    Completed::Closed => true,
                    Completed::Chosen(range, text) => {
                        self.editor.replace(range, &text);
                        // Within a folder that was chosen there is more to choose.
                        self.complete();
                        true
                    }
                    Completed::NotMine => {
                        // Enter sends a command that is whole, and completes one that is not.
                        self.menu = None;
                        false
                    }
                };
            }
            Menu::Models(picker) => match picker.key(key) {
                Picked::Chosen(model) => {
                    self.op(Op::Configure {
                        change: Change::Model { model, why: None },
                    });
                    false
                }
                Picked::Closed => false,
                Picked::Open | Picked::Moved(_) | Picked::Other(..) => true,
            },
            Menu::Modes(picker) => match picker.key(key) {
                Picked::Chosen(mode) => {
                    self.op(Op::Configure {
                        change: Change::Mode { mode },
                    });
                    false
                }
                Picked::Closed => false,
                Picked::Open | Picked::Moved(_) | Picked::Other(..) => true,
            },
            Menu::Themes(picker, before) => match picker.key(key) {
                Picked::Chosen(palette) => {
                    self.keep_palette(palette);
                    false
                }
                Picked::Moved(palette) => {
                    self.set_palette(palette);
                    true
                }
                Picked::Closed => {
                    let before = *before;
                    self.set_palette(before);
                    false
                }
                Picked::Open | Picked::Other(..) => true,
            },
            Menu::Sessions(picker) => match picker.key(key) {
                Picked::Chosen(session) => {
                    self.want(Effect::Open(OpenSpec::Earlier {
                        name: session.to_string(),
                    }));
                    false
                }
                Picked::Other(key, Some(session)) if is_control(key, 'f') => {
                    let of = Some(session.to_string());
                    self.want(Effect::Open(OpenSpec::Fork { of, id: None }));
                    false
                }
                Picked::Closed => false,
                Picked::Open | Picked::Moved(_) | Picked::Other(..) => true,
            },
            Menu::Timeline(picker) => match picker.key(key) {
                Picked::Chosen(point) => {
                    self.ask_preview(point);
                    false
                }
                Picked::Closed => false,
                Picked::Open | Picked::Moved(_) | Picked::Other(..) => true,
            },
            Menu::Restore(restore) => self.restore_key(restore, key),
            Menu::Grants(picker) => match picker.key(key) {
                Picked::Chosen(grant) => {
                    self.op(Op::Revoke { grant });
                    false
                }
                Picked::Closed => false,
                Picked::Open | Picked::Moved(_) | Picked::Other(..) => true,
            },
            Menu::History(search) => self.search_key(search, key),
            Menu::Queue(picker) => match picker.key(key) {
                Picked::Chosen(waiting) => {
                    self.editor.insert(&waiting.text());
                    self.withdraw(&waiting);
                    false
                }
                Picked::Other(key, Some(waiting)) => !self.queue_key(key, &waiting),
                Picked::Closed => false,
                Picked::Open | Picked::Moved(_) | Picked::Other(_, None) => true,
            },
        };
        if stays && self.menu.is_none() {
            self.menu = Some(menu);
        }
        true
    }

    /// True where the list closes.
    fn queue_key(&mut self, key: KeyEvent, waiting: &Waiting) -> bool {
        if key.code == KeyCode::Delete {
            self.withdraw(waiting);
            return true;
        }
        if key.code == KeyCode::Tab {
            let lane = match waiting.lane {
                QueueLane::Steer => QueueLane::FollowUp,
                QueueLane::FollowUp => QueueLane::Steer,
            };
            self.op(Op::EditQueued {
                queued: waiting.key.clone(),
                content: waiting.content.clone(),
                lane,
            });
            return true;
        }
        let is_up = key.code == KeyCode::Left;
        if is_up || key.code == KeyCode::Right {
            self.move_queued(waiting, if is_up { -1 } else { 1 });
            return true;
        }
        false
    }

    /// A prompt changes places with its neighbour: each takes the other's content.
    fn move_queued(&mut self, waiting: &Waiting, by: isize) {
        let at = self
            .state
            .queue
            .iter()
            .position(|known| known.key == waiting.key);
        let other = at.and_then(|at| at.checked_add_signed(by));
        let Some(other) = other.and_then(|at| self.state.queue.get(at)).cloned() else {
            return;
        };
        for (place, with) in [(&other, waiting), (waiting, &other)] {
            self.op(Op::EditQueued {
                queued: place.key.clone(),
                content: with.content.clone(),
                lane: with.lane,
            });
        }
    }

    fn withdraw(&mut self, waiting: &Waiting) {
        self.op(Op::EditQueued {
            queued: waiting.key.clone(),
            content: Vec::new(),
            lane: waiting.lane,
        });
    }

    pub(super) fn show_queue(&mut self) {
        let choices = self.state.queue.iter().map(|waiting| Choice {
            value: waiting.clone(),
            name: crate::draw::first_line(&waiting.text(), 60),
            about: strings::lane(waiting.lane).to_owned(),
            current: false,
        });
        let choices: Vec<_> = choices.collect();
        if choices.is_empty() {
            self.hint(strings::QUEUE_EMPTY);
            return;
        }
        self.menu_open(Menu::Queue(Picker::new(
            strings::QUEUE,
            strings::QUEUE_KEYS,
            choices,
        )));
    }

    pub(super) fn show_grants(&mut self) {
        let grants = self.state.grants.iter();
        let choices: Vec<_> = grants
            .map(|granted| Choice {
                value: granted.id.clone(),
                name: granted.grant.rule.clone(),
                about: strings::granted(
                    &granted.grant.title,
                    granted.scope,
                    granted.saved_in.as_deref(),
                ),
                current: false,
            })
            .collect();
        if choices.is_empty() {
            self.hint(strings::NO_GRANTS);
            return;
        }
        self.menu_open(Menu::Grants(Picker::new(
            strings::GRANTS,
            strings::GRANT_KEYS,
            choices,
        )));
    }

    pub(super) fn show_models(&mut self) {
        let choices = self.models.iter().map(|row| Choice {
            value: row.name.clone(),
            name: row.name.clone(),
            about: row.about.clone(),
            current: row.name == self.state.model,
        });
        let choices = choices.collect();
        self.menu_open(Menu::Models(Picker::new(
            strings::MODELS,
            strings::PICK_KEYS,
            choices,
        )));
    }

    pub(super) fn fill_models(&mut self) {
        if matches!(self.menu, Some(Menu::Models(_))) {
            self.show_models();
        }
    }

    pub(super) fn show_modes(&mut self) {
        let choices = Mode::ALL.iter().map(|(mode, name)| Choice {
            value: *mode,
            name: (*name).to_owned(),
            about: strings::mode_about(*mode).to_owned(),
            current: *mode == self.state.mode,
        });
        let choices = choices.collect();
        self.menu_open(Menu::Modes(Picker::new(
            strings::MODES,
            strings::PICK_KEYS,
            choices,
        )));
    }

    pub(super) fn show_themes(&mut self) {
        let before = self.theme.palette();
        let choices = Palette::ALL.iter().map(|(palette, name)| Choice {
            value: *palette,
            name: (*name).to_owned(),
            about: strings::palette_about(*palette).to_owned(),
            current: *palette == before,
        });
        let choices = choices.collect();
        let picker = Picker::new(strings::THEMES, strings::PICK_KEYS, choices);
        self.menu_open(Menu::Themes(picker, before));
    }

    pub(super) fn show_sessions(&mut self, rows: Vec<SessionRow>) {
        let now = self.now.0;
        let others = rows
            .into_iter()
            .filter(|row| Some(&row.id) != self.state.session.as_ref());
        let choices: Vec<Choice<SessionId>> = others
            .map(|row| {
                let name = row
                    .title
                    .clone()
                    .unwrap_or_else(|| row.first_prompt.clone());
                let name = gimlet_hygiene::screen::one_line(&name, 48);
                let name = if name.is_empty() {
                    strings::UNNAMED.to_owned()
                } else {
                    name
                };
                let about = strings::session_about(now.saturating_sub(row.at.0), row.entries);
                Choice {
                    value: row.id,
                    name,
                    about,
                    current: false,
                }
            })
            .collect();
        if choices.is_empty() {
            self.hint(strings::NO_SESSIONS);
            return;
        }
        let picker = Picker::new(strings::SESSIONS, strings::SESSION_KEYS, choices);
        self.menu_open(Menu::Sessions(picker));
    }

    /// How many files are looked through at most.
    pub const fn most_files() -> usize {
        MOST_FILES
    }
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter) && key.modifiers.contains(KeyModifiers::CONTROL)
}
