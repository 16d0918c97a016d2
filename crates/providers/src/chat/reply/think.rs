//! Reasoning that a server leaves in the text, between tags at its very beginning.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A piece of what the model said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    Thought(String),
}

/// Splits a text as it comes. Holds back only what may be part of a tag.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    place: Place,
    held: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Nothing but blanks came.
    #[default]
    Start,
    Inside,
    /// No tag counts any more.
    After,
}

impl Splitter {
    /// Takes the next piece of text.
    pub(super) fn push(&mut self, text: &str) -> Vec<Said> {
        if self.place == Place::After {
            return vec![Said::Text(text.to_owned())];
        }
        self.held.push_str(text);
        let mut said = Vec::new();
        if self.place == Place::Start {
            let start = self.held.trim_start();
            if let Some(rest) = start.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.place = Place::Inside;
            } else if !OPEN.starts_with(start) {
                self.place = Place::After;
            }
        }
        if self.place == Place::Inside {
            if let Some((thought, rest)) = self.held.split_once(CLOSE) {
                said.push(Said::Thought(thought.to_owned()));
                self.held = rest.to_owned();
                self.place = Place::After;
            } else {
                let sure = self.held.len() - held_tail(&self.held);
                let tail = self.held.split_off(sure);
                said.push(Said::Thought(std::mem::replace(&mut self.held, tail)));
            }
        }
        if self.place == Place::After {
            said.push(Said::Text(std::mem::take(&mut self.held)));
        }
        said.retain(|said| match said {
            Said::Text(text) | Said::Thought(text) => !text.is_empty(),
        });
        said
    }

    /// What was held back, when nothing more comes. A later text is text.
    pub(super) fn rest(&mut self) -> Vec<Said> {
        let held = std::mem::take(&mut self.held);
        let place = std::mem::replace(&mut self.place, Place::After);
        match place {
            _ if held.is_empty() => Vec::new(),
            Place::Inside => vec![Said::Thought(held)],
            Place::Start | Place::After => vec![Said::Text(held)],
        }
    }

    pub(super) fn is_holding(&self) -> bool {
        !self.held.trim().is_empty()
    }
}

/// Bytes at the end that may be the beginning of the closing tag.
fn held_tail(text: &str) -> usize {
    let tails = (1..CLOSE.len()).rev();
    let starts = tails.filter_map(|length| CLOSE.get(..length));
    starts
        .into_iter()
        .find(|start| text.ends_with(start))
        .map_or(0, str::len)
}
