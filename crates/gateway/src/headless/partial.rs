//! Replies as they grow: the events of the Messages API, made from signals and facts.
//!
//! Signals may be lost, facts may not. What was shown of a block is therefore always a
//! beginning of it, and what is missing is shown when the whole block arrives as a fact.

use crate::headless::{account::Piece, blocks, faults};
use gimlet_protocol::{CallId, Finish, ReplyId, Signal, Spent, Usage};
use serde::Serialize;
use serde_json::{Value, json};

/// One event as it goes out: ready-made, or text that is not copied for it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Shape<'a> {
    Whole(Value),
    Delta {
        r#type: &'static str,
        index: u32,
        delta: Delta<'a>,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) enum Delta<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
}

/// Takes events in their order.
pub(crate) trait Sink {
    fn event(&mut self, shape: Shape<'_>);
}

/// The reply that grows.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    reply: Option<Growing>,
}

#[derive(Debug)]
struct Growing {
    id: ReplyId,
    message_id: String,
    model: String,
    usage: Usage,
    begun: bool,
    /// Something was lost, or a block's kind is unknown: the rest waits for the facts.
    held: bool,
    blocks: Vec<Shown>,
    /// The next block that a fact may complete.
    cursor: usize,
}

/// What was shown of a block.
#[derive(Debug)]
struct Shown {
    index: u32,
    kind: Kind,
    started: bool,
    stopped: bool,
    sent: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Text, or a block of the provider: the first words tell.
    Open,
    Text,
    Thought,
    Call(CallId, String),
}

impl Partial {
    /// Takes a signal in. `message_id` names the message that a new reply becomes.
    pub(crate) fn signal(
        &mut self,
        signal: &Signal,
        message_id: impl Fn(&ReplyId) -> String,
        sink: &mut impl Sink,
    ) {
        match signal {
            Signal::ReplyStarted { reply, model } => {
                let message_id = message_id(reply);
                self.reply = Some(Growing::new(reply.clone(), message_id, model.clone()));
            }
            Signal::Usage { reply, usage } => {
                if let Some(growing) = self.growing(reply) {
                    growing.usage = *usage;
                }
            }
            Signal::BlockStarted {
                reply,
                index,
                call,
                thought,
            } => {
                let Some(growing) = self.growing(reply) else {
                    return;
                };
                let kind = match (call, thought) {
                    (Some((id, tool)), _) => Kind::Call(id.clone(), tool.clone()),
                    (None, true) => Kind::Thought,
                    (None, false) => Kind::Open,
                };
                growing.block_started(*index, kind, sink);
            }
            Signal::TextDelta {
                reply,
                index,
                text: more,
            }
            | Signal::ThoughtDelta {
                reply,
                index,
                text: more,
            }
            | Signal::InputDelta {
                reply,
                index,
                json: more,
            } => {
                if let Some(growing) = self.growing(reply) {
                    growing.delta(*index, more, sink);
                }
            }
            Signal::Lagged { .. } => {
                if let Some(growing) = &mut self.reply {
                    growing.held = true;
                }
            }
            Signal::ToolProgress { .. }
            | Signal::Waiting { .. }
            | Signal::Retrying { .. }
            | Signal::State { .. }
            | Signal::LogFault { .. } => {}
        }
    }

    fn growing(&mut self, reply: &ReplyId) -> Option<&mut Growing> {
        self.reply.as_mut().filter(|growing| growing.id == *reply)
    }

    /// Begins to complete a reply whose facts have arrived.
    pub(crate) fn open_reply(&mut self, reply: &ReplyId, message_id: String, spent: &Spent) {
        let fresh = || Growing::new(reply.clone(), message_id, spent.model.clone());
        match &self.reply {
            Some(growing) if growing.id == *reply => {}
            _ => self.reply = Some(fresh()),
        }
    }

    /// Shows what is missing of a whole block, and its end.
    pub(crate) fn block(&mut self, piece: &Piece, sink: &mut impl Sink) {
        if let Some(growing) = &mut self.reply {
            growing.begin(sink);
            growing.complete(piece, sink);
        }
    }

    /// Shows how the reply ended.
    pub(crate) fn end(&mut self, spent: &Spent, stop_reason: Option<&str>, sink: &mut impl Sink) {
        let Some(mut growing) = self.reply.take() else {
            return;
        };
        match &spent.finish {
            // What was cut is not closed: a client takes the lines of the blocks instead.
            Finish::Interrupted => {}
            Finish::Failed { class, text } => {
                if growing.begun {
                    let name = faults::stream_error_name(class);
                    let error = json!({"type": name, "message": text});
                    sink.event(Shape::Whole(json!({"type": "error", "error": error})));
                }
            }
            Finish::Complete | Finish::Paused | Finish::Length | Finish::Refused { .. } => {
                growing.begin(sink);
                growing.stop_all(sink);
                sink.event(Shape::Whole(json!({
                    "type": "message_delta",
                    "delta": {"stop_reason": stop_reason, "stop_sequence": null},
                    "usage": blocks::usage(&spent.usage),
                })));
                sink.event(Shape::Whole(json!({"type": "message_stop"})));
            }
        }
    }
}

impl Growing {
    fn new(id: ReplyId, message_id: String, model: String) -> Self {
        Self {
            id,
            message_id,
            model,
            usage: Usage::default(),
            begun: false,
            held: false,
            blocks: Vec::new(),
            cursor: 0,
        }
    }

    fn begin(&mut self, sink: &mut impl Sink) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let message = json!({
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": blocks::usage(&self.usage),
        });
        sink.event(Shape::Whole(
            json!({"type": "message_start", "message": message}),
        ));
    }

    fn block_started(&mut self, index: u32, kind: Kind, sink: &mut impl Sink) {
        self.begin(sink);
        if self.blocks.last().is_some_and(|last| !last.started) {
            self.held = true;
        }
        let mut block = Shown {
            index,
            kind,
            started: false,
            stopped: false,
            sent: String::new(),
        };
        if !self.held {
            if let Some(last) = self.blocks.last_mut() {
                last.stop(sink);
            }
            if block.kind != Kind::Open {
                block.start(sink);
            }
        }
        self.blocks.push(block);
    }

    fn delta(&mut self, index: u32, more: &str, sink: &mut impl Sink) {
        if self.held {
            return;
        }
        let Some(block) = self.blocks.last_mut().filter(|block| block.index == index) else {
            // The block's beginning was lost.
            self.held = true;
            return;
        };
        block.show(more, sink);
    }

    fn complete(&mut self, piece: &Piece, sink: &mut impl Sink) {
        let fits = |kind: &Kind| match piece {
            Piece::Said(_) => matches!(kind, Kind::Open | Kind::Text),
            Piece::Kept(_) => *kind == Kind::Open,
            Piece::Thought(_) => *kind == Kind::Thought,
            Piece::Called(called) => matches!(kind, Kind::Call(id, _) if *id == called.call.id),
        };
        let ahead = self.blocks.get(self.cursor..).unwrap_or_default();
        let at = match ahead.iter().position(|block| fits(&block.kind)) {
            Some(steps) => self.cursor + steps,
            None => self.insert(piece),
        };
        for block in self.blocks.iter_mut().take(at) {
            block.stop(sink);
        }
        self.cursor = at + 1;
        if let Some(block) = self.blocks.get_mut(at) {
            block.finish(piece, sink);
        }
    }

    /// A block of which no signal told.
    fn insert(&mut self, piece: &Piece) -> usize {
        let index = self.blocks.last().map_or(0, |last| last.index + 1);
        let kind = match piece {
            Piece::Thought(_) => Kind::Thought,
            Piece::Called(called) => Kind::Call(called.call.id.clone(), called.call.tool.clone()),
            Piece::Said(_) | Piece::Kept(_) => Kind::Open,
        };
        self.blocks.push(Shown {
            index,
            kind,
            started: false,
            stopped: false,
            sent: String::new(),
        });
        self.blocks.len() - 1
    }

    fn stop_all(&mut self, sink: &mut impl Sink) {
        for block in &mut self.blocks {
            block.stop(sink);
        }
    }
}

impl Shown {
    fn start(&mut self, sink: &mut impl Sink) {
        let empty = match &self.kind {
            Kind::Open | Kind::Text => json!({"type": "text", "text": ""}),
            Kind::Thought => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Kind::Call(id, tool) => {
                json!({"type": "tool_use", "id": id, "name": tool, "input": {}})
            }
        };
        self.start_as(&empty, sink);
    }

    fn start_as(&mut self, block: &Value, sink: &mut impl Sink) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        sink.event(Shape::Whole(json!({
            "type": "content_block_start",
            "index": self.index,
            "content_block": block,
        })));
    }

    fn show(&mut self, more: &str, sink: &mut impl Sink) {
        if self.stopped || more.is_empty() {
            return;
        }
        if self.kind == Kind::Open {
            self.kind = Kind::Text;
        }
        self.start(sink);
        let delta = match self.kind {
            Kind::Open | Kind::Text => Delta::Text { text: more },
            Kind::Thought => Delta::Thinking { thinking: more },
            Kind::Call(..) => Delta::InputJson { partial_json: more },
        };
        sink.event(Shape::Delta {
            r#type: "content_block_delta",
            index: self.index,
            delta,
        });
        self.sent.push_str(more);
    }

    /// Shows what is missing, and the end.
    fn finish(&mut self, piece: &Piece, sink: &mut impl Sink) {
        match piece {
            Piece::Said(said) => {
                self.kind = Kind::Text;
                self.start(sink);
                self.show_rest(&said.text, sink);
            }
            Piece::Thought(thought) => {
                let own = blocks::own_form(thought.opaque.as_ref());
                let redacted = own.as_ref().filter(|own| own["type"] != "thinking");
                if let Some(redacted) = redacted {
                    self.start_as(redacted, sink);
                }
                self.start(sink);
                self.show_rest(&thought.text, sink);
                let signature = own.as_ref().and_then(|own| own["signature"].as_str());
                if let (Some(signature), false) = (signature, self.stopped) {
                    let delta = Delta::Signature { signature };
                    let r#type = "content_block_delta";
                    sink.event(Shape::Delta {
                        r#type,
                        index: self.index,
                        delta,
                    });
                }
            }
            Piece::Called(called) => {
                self.start(sink);
                // What was shown whole may be spelled another way; then nothing is missing.
                if !(self.sent.is_empty() && called.call.input == json!({})) {
                    self.show_rest(&called.call.input.to_string(), sink);
                }
            }
            Piece::Kept(kept) => {
                if let Some(own) = blocks::own_form(Some(&kept.opaque)) {
                    self.start_as(&own, sink);
                }
            }
        }
        self.stop(sink);
    }

    fn show_rest(&mut self, whole: &str, sink: &mut impl Sink) {
        if let Some(rest) = whole.strip_prefix(self.sent.as_str()) {
            let rest = rest.to_owned();
            self.show(&rest, sink);
        }
    }

    fn stop(&mut self, sink: &mut impl Sink) {
        if self.started && !std::mem::replace(&mut self.stopped, true) {
            let stop = json!({"type": "content_block_stop", "index": self.index});
            sink.event(Shape::Whole(stop));
        }
    }
}
