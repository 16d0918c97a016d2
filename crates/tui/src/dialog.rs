//! A question of a call, and its answer.
//!
//! What someone decides by is shown whole and made visible, character by character. Nothing is
//! answered by a key that was typed before the question could be read.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the keys are another crate's, and new ones mean nothing here"
)]

mod body;
mod survey;

use crate::{
    draw::Look,
    editor::{Editor, Outcome, ViewStyle},
    state::Asking,
    strings,
    text::cut_line,
    theme::Role,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_protocol::{Reply, ReplyScope, Timestamp};
use ratatui::text::{Line, Span};
use serde_json::{Value, json};
use survey::Survey;

/// How long a question must have been seen before a key answers it, in milliseconds.
pub const ARMING_MS: u64 = 400;

/// What came of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// Nothing yet.
    Open,
    /// This is the answer.
    Reply(Reply),
    /// The turn is to end.
    Interrupt,
    /// The text is to be changed in the person's own editor.
    Edit(String),
}

/// A question on the screen.
#[derive(Debug)]
pub struct Dialog {
    asking: Asking,
    since: Timestamp,
    kind: Kind,
    at: usize,
    /// Which of the offers an answer for longer takes.
    offer: usize,
    explained: bool,
    scroll: usize,
    field: Option<(Field, Box<Editor>)>,
}

#[derive(Debug)]
enum Kind {
    Permission,
    Plan,
    Survey(Survey),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Reason,
    Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Once,
    Turn,
    Session,
    Always,
    Deny,
    DenyBecause,
    Change,
    Explain,
    ChangePlan,
    Comment,
}

impl Dialog {
    /// A question that is seen from now on.
    pub fn new(asking: Asking, now: Timestamp) -> Self {
        let kind = match asking.tool.as_str() {
            "ExitPlanMode" => Kind::Plan,
            "AskUserQuestion" => match Survey::new(&asking.input) {
                Some(survey) => Kind::Survey(survey),
                None => Kind::Permission,
            },
            _ => Kind::Permission,
        };
        Self {
            asking,
            since: now,
            kind,
            at: 0,
            offer: 0,
            explained: false,
            scroll: 0,
            field: None,
        }
    }

    /// What is asked.
    pub fn asking(&self) -> &Asking {
        &self.asking
    }

    /// True once a key may answer.
    pub fn is_armed(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.since.0) >= ARMING_MS
    }

    /// Keys that came too early make it wait again.
    pub fn typed_early(&mut self, now: Timestamp) {
        self.since = now;
    }

    /// True while a text is typed into it.
    pub fn is_typing(&self) -> bool {
        let in_survey = match &self.kind {
            Kind::Survey(survey) => survey.is_typing(),
            Kind::Permission | Kind::Plan => false,
        };
        self.field.is_some() || in_survey
    }

    fn acts(&self) -> Vec<(Act, String)> {
        match self.kind {
            Kind::Plan => vec![
                (Act::Once, strings::PLAN_ACCEPT.to_owned()),
                (Act::ChangePlan, strings::PLAN_CHANGE.to_owned()),
                (Act::Comment, strings::PLAN_COMMENT.to_owned()),
                (Act::Deny, strings::PLAN_DENY.to_owned()),
            ],
            Kind::Survey(_) => Vec::new(),
            Kind::Permission => {
                let mut acts = vec![(Act::Once, strings::ALLOW_ONCE.to_owned())];
                acts.extend(body::lasting(&self.asking, self.offer));
                acts.push((Act::Deny, strings::DENY.to_owned()));
                acts.push((Act::DenyBecause, strings::DENY_BECAUSE.to_owned()));
                if self.command().is_some() {
                    acts.push((Act::Change, strings::CHANGE_COMMAND.to_owned()));
                }
                let explain = if self.explained {
                    strings::EXPLAIN_LESS
                } else {
                    strings::EXPLAIN
                };
                acts.push((Act::Explain, explain.to_owned()));
                acts
            }
        }
    }

    fn command(&self) -> Option<&str> {
        let is_shell = ["Bash", "Monitor"].contains(&self.asking.tool.as_str());
        self.asking
            .input
            .get("command")
            .and_then(Value::as_str)
            .filter(|_| is_shell)
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Answered {
        if self.field.is_some() {
            return self.field_key(key);
        }
        if let Kind::Survey(survey) = &mut self.kind {
            return survey.key(key, &self.asking.input);
        }
        let acts = self.acts();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Answered::Interrupt,
            KeyCode::Char('c') if control => return Answered::Interrupt,
            KeyCode::Up => self.at = self.at.checked_sub(1).unwrap_or(acts.len() - 1),
            KeyCode::Down | KeyCode::Tab => self.at = (self.at + 1) % acts.len(),
            KeyCode::Right => self.another_offer(1),
            KeyCode::Left => self.another_offer(-1),
            KeyCode::PageDown => self.scroll += 5,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(5),
            KeyCode::Char('e') if control => self.explained = !self.explained,
            KeyCode::Enter => {
                if let Some((act, _)) = acts.get(self.at) {
                    return self.act(*act);
                }
            }
            KeyCode::Char(digit @ '1'..='9') if key.modifiers.is_empty() => {
                let number = usize::try_from(digit.to_digit(10).unwrap_or(1)).unwrap_or(1);
                if let Some((act, _)) = acts.get(number - 1) {
                    self.at = number - 1;
                    return self.act(*act);
                }
            }
            _ => {}
        }
        Answered::Open
    }

    /// A wider or narrower offer.
    fn another_offer(&mut self, by: isize) {
        let last = self.asking.question.offers.len().saturating_sub(1);
        self.offer = self.offer.saturating_add_signed(by).min(last);
    }

    /// A paste goes into the field that is open, and answers nothing.
    pub fn paste(&mut self, text: &str) {
        if let Some((_, editor)) = &mut self.field {
            editor.paste(text);
        } else if let Kind::Survey(survey) = &mut self.kind {
            survey.paste(text);
        }
    }

    fn act(&mut self, act: Act) -> Answered {
        let offer = self.offer;
        let allow = |scope| {
            let input = None;
            Answered::Reply(Reply::Allow {
                scope,
                offer,
                input,
            })
        };
        match act {
            Act::Once => allow(ReplyScope::Once),
            Act::Turn => allow(ReplyScope::Turn),
            Act::Session => allow(ReplyScope::Session),
            Act::Always => allow(ReplyScope::Always),
            Act::Deny => Answered::Reply(Reply::Deny { reason: None }),
            Act::DenyBecause | Act::Comment => self.open_field(Field::Reason, ""),
            Act::Change => {
                let command = self.command().unwrap_or_default().to_owned();
                self.open_field(Field::Command, &command)
            }
            Act::Explain => {
                self.explained = !self.explained;
                Answered::Open
            }
            Act::ChangePlan => {
                let plan = self.asking.input.get("plan").and_then(Value::as_str);
                Answered::Edit(plan.unwrap_or_default().to_owned())
            }
        }
    }

    fn open_field(&mut self, field: Field, text: &str) -> Answered {
        let mut editor = Editor::default();
        editor.insert(text);
        self.field = Some((field, Box::new(editor)));
        Answered::Open
    }

    fn field_key(&mut self, key: KeyEvent) -> Answered {
        let Some((field, editor)) = &mut self.field else {
            return Answered::Open;
        };
        if key.code == KeyCode::Esc {
            self.field = None;
            return Answered::Open;
        }
        if editor.key(key) != Outcome::Submitted {
            return Answered::Open;
        }
        let text = editor.take().written_out();
        let field = *field;
        self.field = None;
        match field {
            Field::Reason if text.trim().is_empty() => Answered::Open,
            Field::Reason => Answered::Reply(Reply::Deny { reason: Some(text) }),
            Field::Command => self.with_member("command", json!(text)),
        }
    }

    /// The person's editor gave this back.
    pub fn edited(&mut self, text: &str) -> Answered {
        let before = self.asking.input.get("plan").and_then(Value::as_str);
        if before == Some(text) || text.trim().is_empty() {
            return Answered::Open;
        }
        self.asking.input["planWasEdited"] = json!(true);
        self.with_member("plan", json!(text))
    }

    fn with_member(&mut self, name: &str, value: Value) -> Answered {
        let mut input = self.asking.input.clone();
        input[name] = value;
        Answered::Reply(Reply::Allow {
            scope: ReplyScope::Once,
            offer: 0,
            input: Some(input),
        })
    }

    /// Its rows, at most `most`, and the cursor where a text is typed.
    pub fn lines(
        &mut self,
        look: &Look<'_>,
        most: usize,
        focused: bool,
    ) -> (Vec<Line<'static>>, Option<(usize, usize)>) {
        let inner = Look {
            columns: look.columns.saturating_sub(2).max(1),
            ..*look
        };
        let mut cursor = None;
        let mut foot = Vec::new();
        if let Some((field, editor)) = &mut self.field {
            let title = match field {
                Field::Reason => strings::REASON_FIELD,
                Field::Command => strings::COMMAND_FIELD,
            };
            foot.push(inner.line(Role::Strong, title));
            let style = ViewStyle {
                text: look.theme.style(Role::Text),
                chip: look.theme.style(Role::Accent),
                selected: look.theme.style(Role::Selection),
            };
            let view = editor.view(inner.columns, 5, &style);
            cursor = Some((foot.len() + view.cursor.0, view.cursor.1));
            foot.extend(view.rows);
            foot.push(inner.line(Role::Dim, strings::FIELD_KEYS));
        } else if let Kind::Survey(survey) = &mut self.kind {
            let (lines, place) = survey.lines(&inner);
            foot = lines;
            cursor = place;
        } else {
            let acts = self.acts();
            // What is asked about comes first: in a low window the answers are a list of few rows.
            let room = (most / 2).max(3);
            let is_low = acts.len() + 1 > room;
            let shown = if is_low { room } else { acts.len() };
            let first = (self.at + 1)
                .saturating_sub(shown)
                .min(acts.len() - shown.min(acts.len()));
            for (number, (_, text)) in acts.iter().enumerate().skip(first).take(shown) {
                let is_here = number == self.at && focused;
                let role = if is_here { Role::Chosen } else { Role::Text };
                let mark = if is_here { "› " } else { "  " };
                foot.push(cut_line(
                    Line::from(vec![
                        inner.span(Role::Accent, mark),
                        inner.span(Role::Dim, format!("{} ", number + 1)),
                        inner.span(role, text.clone()),
                    ]),
                    inner.columns,
                ));
            }
            let keys = match (focused, self.is_armed(look.now)) {
                (_, false) => strings::DIALOG_SOON,
                (true, true) => strings::DIALOG_KEYS,
                (false, true) => strings::DIALOG_AWAY,
            };
            if !is_low || !focused {
                foot.push(cut_line(inner.line(Role::Dim, keys), inner.columns));
            }
        }
        let head = match &self.kind {
            Kind::Plan => body::plan(&self.asking, &inner),
            Kind::Survey(_) => vec![body::title(strings::ASKS_YOU, None, &inner)],
            Kind::Permission => body::permission(&self.asking, self.explained, &inner),
        };
        let room = most.saturating_sub(foot.len()).max(1);
        let (head, scroll) = window(head, room, self.scroll, &inner);
        self.scroll = scroll;
        let above = head.len();
        let bar = Span::styled("▌ ", look.theme.style(bar_role(self)));
        let lines = head
            .into_iter()
            .chain(foot)
            .map(|line| crate::draw::indented_by(bar.clone(), line))
            .collect();
        (lines, cursor.map(|(row, column)| (above + row, column + 2)))
    }
}

fn bar_role(dialog: &Dialog) -> Role {
    use gimlet_protocol::Risk;
    match (&dialog.kind, dialog.asking.question.risk) {
        (Kind::Permission, Risk::High) => Role::Bad,
        (Kind::Permission, Risk::Medium) => Role::Warning,
        (Kind::Permission, Risk::Low) | (Kind::Plan | Kind::Survey(_), _) => Role::Accent,
    }
}

/// The part of the lines that is seen; what is left out is told, so that nothing hides.
fn window(
    lines: Vec<Line<'static>>,
    room: usize,
    scroll: usize,
    look: &Look<'_>,
) -> (Vec<Line<'static>>, usize) {
    if lines.len() <= room {
        return (lines, 0);
    }
    let shown = room.saturating_sub(1).max(1);
    let scroll = scroll.min(lines.len() - shown);
    let hidden = lines.len() - shown;
    let mut seen: Vec<_> = lines.into_iter().skip(scroll).take(shown).collect();
    let text = strings::hidden_lines(hidden);
    seen.push(cut_line(look.line(Role::Warning, text), look.columns));
    (seen, scroll)
}

#[cfg(test)]
mod tests;
