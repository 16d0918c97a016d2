//! A call of the last reply, from the model's words to its result.

use super::reminder;
use gimlet_protocol::{Block, Call, Confinement, Offer, ReturnedHow, Reviewed};

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The model asked for it.
    Made,
    /// A person is asked.
    Asked,
    /// It may run.
    Cleared,
    /// It was handed to its tool.
    Began,
    /// It lost its turn and still needs a result.
    Lost(ReturnedHow),
    /// It has its result.
    Done,
}

/// A call of the last reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OpenCall {
    pub(crate) call: Call,
    pub(crate) phase: Phase,
    /// The input as the person changed it.
    pub(super) changed: Option<serde_json::Value>,
    /// It puts a question to the person, so that a changed input is the answer.
    pub(super) is_question: bool,
    /// What a reviewer said of it.
    pub(crate) reviewed: Option<Reviewed>,
    /// What the person was offered, kept until answered.
    pub(crate) offered: Vec<Offer>,
    /// What its commands are held to, as its ruling says.
    pub(crate) confinement: Option<Confinement>,
    /// The result, kept until every call of the reply has one.
    pub(super) result: Option<(Vec<Block>, bool)>,
}

impl OpenCall {
    pub(super) fn new(call: Call) -> Self {
        Self {
            call,
            phase: Phase::Made,
            changed: None,
            is_question: false,
            reviewed: None,
            offered: Vec::new(),
            confinement: None,
            result: None,
        }
    }

    /// The call as it is to be run.
    pub(crate) fn effective(&self) -> Call {
        let mut call = self.call.clone();
        if let Some(input) = &self.changed {
            call.input = input.clone();
        }
        call
    }

    /// What the model is told of a change to what it asked for: its own words stay as they were.
    pub(super) fn news_of_change(&self) -> Option<Block> {
        let changed = self.changed.as_ref()?;
        if self.is_question || *changed == self.call.input {
            return None;
        }
        let input = changed.to_string();
        let cut = match input.char_indices().nth(MOST_CHANGE_CHARS) {
            Some((at, _)) => format!("{} [cut here]", input.get(..at).unwrap_or_default()),
            None => input,
        };
        Some(reminder(&format!(
            "The person changed the input of this call before allowing it, to: {cut}"
        )))
    }
}

/// Characters of a changed input that the model is told.
const MOST_CHANGE_CHARS: usize = 4_000;
