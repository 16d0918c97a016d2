//! Questions of the model to the person: options, several at once, and words of one's own.

use super::Answered;
use crate::{
    draw::Look,
    editor::{Editor, Outcome, ViewStyle},
    strings,
    text::{cut_line, wrap},
    theme::Role,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_hygiene::screen::{Channel, clean};
use gimlet_protocol::{Reply, ReplyScope};
use ratatui::text::Line;
use serde_json::{Map, Value, json};

/// The questions of one call.
#[derive(Debug)]
pub(super) struct Survey {
    questions: Vec<Item>,
    now: usize,
    at: usize,
    own: Option<Box<Editor>>,
}

#[derive(Debug)]
struct Item {
    question: String,
    options: Vec<(String, String)>,
    several: bool,
    chosen: Vec<usize>,
    own: Option<String>,
}

impl Survey {
    pub(super) fn new(input: &Value) -> Option<Self> {
        let text = |value: &Value, name: &str| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let questions: Vec<Item> = input
            .get("questions")?
            .as_array()?
            .iter()
            .map(|question| Item {
                question: text(question, "question"),
                options: question
                    .get("options")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .map(|option| (text(option, "label"), text(option, "description")))
                    .collect(),
                several: question.get("multiSelect").and_then(Value::as_bool) == Some(true),
                chosen: Vec::new(),
                own: None,
            })
            .collect();
        (!questions.is_empty()).then_some(Self {
            questions,
            now: 0,
            at: 0,
            own: None,
        })
    }

    pub(super) fn is_typing(&self) -> bool {
        self.own.is_some()
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Some(editor) = &mut self.own {
            editor.paste(text);
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent, input: &Value) -> Answered {
        if let Some(editor) = &mut self.own {
            if key.code == KeyCode::Esc {
                self.own = None;
                return Answered::Open;
            }
            if editor.key(key) == Outcome::Submitted {
                let text = editor.take().written_out();
                self.own = None;
                if !text.trim().is_empty()
                    && let Some(item) = self.questions.get_mut(self.now)
                {
                    item.own = Some(text);
                    return self.next(input);
                }
            }
            return Answered::Open;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let count = self
            .questions
            .get(self.now)
            .map_or(0, |item| item.options.len())
            + 1;
        match key.code {
            KeyCode::Esc => return Answered::Interrupt,
            KeyCode::Char('c') if control => return Answered::Interrupt,
            KeyCode::Up => self.at = self.at.checked_sub(1).unwrap_or(count - 1),
            KeyCode::Down => self.at = (self.at + 1) % count,
            KeyCode::Left => {
                self.now = self.now.saturating_sub(1);
                self.at = 0;
            }
            KeyCode::Char(' ') => self.toggle(),
            KeyCode::Char(digit @ '1'..='9') if key.modifiers.is_empty() => {
                let number = usize::try_from(digit.to_digit(10).unwrap_or(1)).unwrap_or(1);
                if number <= count {
                    self.at = number - 1;
                    return self.choose(input);
                }
            }
            KeyCode::Enter => return self.choose(input),
            _ => {}
        }
        Answered::Open
    }

    fn toggle(&mut self) {
        let at = self.at;
        if let Some(item) = self.questions.get_mut(self.now).filter(|item| item.several)
            && at < item.options.len()
        {
            match item.chosen.iter().position(|chosen| *chosen == at) {
                Some(place) => drop(item.chosen.remove(place)),
                None => item.chosen.push(at),
            }
        }
    }

    fn choose(&mut self, input: &Value) -> Answered {
        let at = self.at;
        let Some(item) = self.questions.get_mut(self.now) else {
            return Answered::Open;
        };
        if at == item.options.len() {
            let mut editor = Editor::default();
            editor.insert(item.own.as_deref().unwrap_or_default());
            self.own = Some(Box::new(editor));
            return Answered::Open;
        }
        if item.several {
            // Enter on a list of several takes what is marked, or the row under the cursor.
            if item.chosen.is_empty() {
                item.chosen.push(at);
            }
        } else {
            item.chosen = vec![at];
        }
        self.next(input)
    }

    fn next(&mut self, input: &Value) -> Answered {
        self.at = 0;
        if self.now + 1 < self.questions.len() {
            self.now += 1;
            return Answered::Open;
        }
        let mut answers = Map::new();
        for item in &self.questions {
            let mut words: Vec<String> = item
                .chosen
                .iter()
                .filter_map(|at| item.options.get(*at).map(|(label, _)| label.clone()))
                .collect();
            words.extend(item.own.clone());
            let answer = match (item.several, words.as_slice()) {
                (false, [one]) => json!(one),
                _ => json!(words),
            };
            answers.insert(item.question.clone(), answer);
        }
        let mut input = input.clone();
        input["answers"] = Value::Object(answers);
        Answered::Reply(Reply::Allow {
            scope: ReplyScope::Once,
            offer: 0,
            input: Some(input),
        })
    }

    pub(super) fn lines(
        &mut self,
        look: &Look<'_>,
    ) -> (Vec<Line<'static>>, Option<(usize, usize)>) {
        let count = self.questions.len();
        let Some(item) = self.questions.get(self.now) else {
            return (Vec::new(), None);
        };
        let mut lines = Vec::new();
        let visible = |text: &str| clean(Channel::PermissionPrompt, text).replace('\n', " ");
        if count > 1 {
            let text = strings::question_of(self.now + 1, count);
            lines.push(look.line(Role::Dim, text));
        }
        let question = Line::styled(visible(&item.question), look.theme.style(Role::Strong));
        lines.extend(wrap(&question, look.columns, &Line::default()));
        let own = (
            strings::OWN_WORDS.to_owned(),
            item.own.clone().unwrap_or_default(),
        );
        for (number, (label, about)) in item.options.iter().chain([&own]).enumerate() {
            let is_here = number == self.at;
            let is_chosen = item.chosen.contains(&number);
            let sign = match (item.several && number < item.options.len(), is_chosen) {
                (true, true) => "[x] ",
                (true, false) => "[ ] ",
                (false, _) => "",
            };
            let about = if about.is_empty() {
                String::new()
            } else {
                format!("  {}", visible(about))
            };
            let row = vec![
                look.span(Role::Accent, if is_here { "› " } else { "  " }),
                look.span(Role::Dim, format!("{} ", number + 1)),
                look.span(Role::Accent, sign),
                look.span(
                    if is_here { Role::Chosen } else { Role::Text },
                    visible(label),
                ),
                look.span(Role::Dim, about),
            ];
            lines.push(cut_line(Line::from(row), look.columns));
        }
        let several = item.several;
        let mut cursor = None;
        if let Some(editor) = &mut self.own {
            let style = ViewStyle {
                text: look.theme.style(Role::Text),
                chip: look.theme.style(Role::Accent),
                selected: look.theme.style(Role::Selection),
            };
            let view = editor.view(look.columns, 4, &style);
            cursor = Some((lines.len() + view.cursor.0, view.cursor.1));
            lines.extend(view.rows);
        }
        let keys = if several {
            strings::SURVEY_SEVERAL_KEYS
        } else {
            strings::SURVEY_KEYS
        };
        lines.push(cut_line(look.line(Role::Dim, keys), look.columns));
        (lines, cursor)
    }
}
