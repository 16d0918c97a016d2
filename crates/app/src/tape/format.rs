//! What stands on a tape.

use super::places::Places;
use crate::Launch;
use gimlet_ports::{Failure, ModelEnd, ModelItem, ModelRequest, ReplyBlock, Thinking, ToolChoice};
use gimlet_protocol::{Call, Mode, Op, Opaque, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Head(Box<Head>),
    Performed(Performed),
    Exchange(Box<Exchange>),
}

/// How the session was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) gimlet_tape: u32,
    pub(super) version: String,
    pub(super) model: String,
    pub(super) mode: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allowed_tools: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) disallowed_tools: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) system_prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) append_system_prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_turns: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) json_schema: Option<Value>,
    /// Whether somebody answered questions.
    pub(super) answers: bool,
}

impl Head {
    pub(super) fn of(launch: &Launch, model: String, mode: Mode) -> Self {
        Self {
            gimlet_tape: super::FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model,
            mode: mode.name().to_owned(),
            allowed_tools: launch.allowed_tools.clone(),
            disallowed_tools: launch.disallowed_tools.clone(),
            tools: launch.tools.clone(),
            system_prompt: launch.system_prompt.clone(),
            append_system_prompt: launch.append_system_prompt.clone(),
            max_turns: launch.max_turns,
            json_schema: launch.json_schema.clone(),
            answers: launch.answers == crate::Answers::FromClient,
        }
    }
}

/// What the person did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Performed {
    /// How many exchanges had begun.
    pub(crate) after: u64,
    /// What it was.
    pub(crate) op: Op,
}

/// A request and what came back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Exchange {
    /// Which of the tape's conversations it belongs to: the session's own is 0, then workers in
    /// the order of their first requests.
    pub(super) conversation: u32,
    /// The model that was asked, as `provider/name`.
    pub(super) model: String,
    pub(super) request: Sent,
    pub(super) reply: Vec<Item>,
}

/// A request. What is as in the request before it of the same conversation is left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) system: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) options: Option<Value>,
    /// How many messages in front are those of the request before.
    pub(super) kept: usize,
    /// The messages behind them.
    pub(super) messages: Vec<Value>,
}

/// A whole request, as it is compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Whole {
    pub(super) system: Vec<Value>,
    pub(super) tools: Vec<Value>,
    pub(super) options: Value,
    pub(super) messages: Vec<Value>,
}

impl Whole {
    /// The request as JSON, before anything in it is made the same on all machines.
    pub(super) fn of(request: &ModelRequest) -> serde_json::Result<Self> {
        let messages = request.messages.iter();
        let tools = request.tools.iter();
        Ok(Self {
            system: request.system.iter().map(|part| json!(part)).collect(),
            tools: tools.map(serde_json::to_value).collect::<Result<_, _>>()?,
            options: json!({
                "max_output_tokens": request.max_output_tokens,
                "thinking": match request.thinking {
                    Thinking::Off => json!("off"),
                    Thinking::Adaptive => json!("adaptive"),
                    Thinking::Budget(tokens) => json!(tokens),
                },
                "tool_choice": match &request.tool_choice {
                    ToolChoice::Auto => json!("auto"),
                    ToolChoice::None => json!("none"),
                    ToolChoice::Only(tool) => json!({ "only": tool }),
                },
            }),
            messages: messages
                .map(|message| serde_json::to_value(&**message))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Makes it the same on all machines and days.
    pub(super) fn settle(&mut self, places: &Places) {
        let parts = [&mut self.system, &mut self.tools, &mut self.messages];
        parts
            .into_iter()
            .flatten()
            .for_each(|part| places.named(part));
        places.named(&mut self.options);
    }

    /// The request after `self` of the same conversation, in full.
    pub(super) fn followed_by(&self, sent: &Sent) -> Self {
        let mut messages: Vec<Value> = self.messages.iter().take(sent.kept).cloned().collect();
        messages.extend(sent.messages.iter().cloned());
        Self {
            system: sent.system.clone().unwrap_or_else(|| self.system.clone()),
            tools: sent.tools.clone().unwrap_or_else(|| self.tools.clone()),
            options: sent.options.clone().unwrap_or_else(|| self.options.clone()),
            messages,
        }
    }

    /// What `next` adds to `self`.
    pub(super) fn up_to(&self, next: &Self) -> Sent {
        let pairs = self.messages.iter().zip(&next.messages);
        let kept = pairs.take_while(|(one, other)| one == other).count();
        Sent {
            system: (self.system != next.system).then(|| next.system.clone()),
            tools: (self.tools != next.tools).then(|| next.tools.clone()),
            options: (self.options != next.options).then(|| next.options.clone()),
            kept,
            messages: next.messages.iter().skip(kept).cloned().collect(),
        }
    }
}

/// A part of a reply. Pieces are put together; how they came is not kept.
///
/// Not tagged from inside, because that would read a provider's own JSON into a buffer first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Item {
    Started {
        model: String,
    },
    Text {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Opaque>,
    },
    Thought {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Opaque>,
    },
    Call {
        call: Call,
    },
    Kept {
        opaque: Opaque,
    },
    Usage {
        usage: Usage,
    },
    Complete,
    Paused,
    Length,
    Declined {
        text: String,
    },
    Failed {
        class: String,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// Nobody listened any more.
    Stopped,
}

impl Item {
    /// What is kept of something that a model said, if anything.
    pub(super) fn of(item: &ModelItem) -> Option<Self> {
        Some(match item {
            ModelItem::Started { model, .. } => Self::Started {
                model: model.clone(),
            },
            ModelItem::Block { block, .. } => match block.clone() {
                ReplyBlock::Text { text, opaque } => Self::Text { text, opaque },
                ReplyBlock::Thought { text, opaque } => Self::Thought { text, opaque },
                ReplyBlock::Call(call) => Self::Call { call },
                ReplyBlock::Kept(opaque) => Self::Kept { opaque },
            },
            ModelItem::Usage(usage) => Self::Usage { usage: *usage },
            ModelItem::End(end) => Self::of_end(end),
            ModelItem::Sent(_)
            | ModelItem::BlockStarted { .. }
            | ModelItem::TextDelta { .. }
            | ModelItem::ThoughtDelta { .. }
            | ModelItem::InputDelta { .. }
            | ModelItem::Heartbeat => return None,
        })
    }

    fn of_end(end: &ModelEnd) -> Self {
        match end {
            ModelEnd::Complete => Self::Complete,
            ModelEnd::Paused => Self::Paused,
            ModelEnd::Length => Self::Length,
            ModelEnd::Declined { text } => Self::Declined { text: text.clone() },
            ModelEnd::Failed {
                class,
                text,
                status,
                ..
            } => Self::Failed {
                class: class.name().to_owned(),
                text: text.clone(),
                status: *status,
            },
        }
    }

    /// What a model says for it; `index` counts the blocks of the reply. Nothing for a reply
    /// that nobody heard to its end.
    pub(super) fn said(self, index: &mut u32) -> Option<ModelItem> {
        let mut block = |block| {
            let item = ModelItem::Block {
                index: *index,
                block,
            };
            *index += 1;
            item
        };
        Some(match self {
            Self::Started { model } => ModelItem::Started {
                model,
                request_id: None,
            },
            Self::Text { text, opaque } => block(ReplyBlock::Text { text, opaque }),
            Self::Thought { text, opaque } => block(ReplyBlock::Thought { text, opaque }),
            Self::Call { call } => block(ReplyBlock::Call(call)),
            Self::Kept { opaque } => block(ReplyBlock::Kept(opaque)),
            Self::Usage { usage } => ModelItem::Usage(usage),
            Self::Complete => ModelItem::End(ModelEnd::Complete),
            Self::Paused => ModelItem::End(ModelEnd::Paused),
            Self::Length => ModelItem::End(ModelEnd::Length),
            Self::Declined { text } => ModelItem::End(ModelEnd::Declined { text }),
            Self::Failed {
                class,
                text,
                status,
            } => ModelItem::End(ModelEnd::Failed {
                class: failure(&class),
                text,
                status,
                request_id: None,
            }),
            Self::Stopped => return None,
        })
    }
}

/// A class by its name; one that is not known stops the turn. Waits are not played.
fn failure(class: &str) -> Failure {
    [
        Failure::Busy {
            retry_after: Some(Duration::ZERO),
        },
        Failure::Cut,
        Failure::Garbage,
        Failure::TooLong,
        Failure::Credentials,
        Failure::NoModel,
    ]
    .into_iter()
    .find(|failure| failure.name() == class)
    .unwrap_or(Failure::Rejected)
}
