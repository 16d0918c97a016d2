//! From a reply of the script to what the stream yields.

use super::script::{FailureClass, Script, ScriptItem, ScriptOrder, ScriptReply};
use gimlet_ports::{Failure, ModelEnd, ModelItem, ModelRequest, ReplyBlock, StartedBlock};
use gimlet_protocol::{Block, Call, CallId, Message, Role};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Duration};

/// What a player does next.
#[derive(Debug)]
pub(super) enum Act {
    Say(ModelItem),
    Rest(Duration),
    /// Does nothing until the request is stopped.
    Hang,
}

/// The acts of the reply to the request number `place`, from 0.
pub(super) fn acts(script: &Script, place: usize, request: &ModelRequest) -> VecDeque<Act> {
    let spoken = request
        .messages
        .iter()
        .filter(|m| m.role == Role::Assistant)
        .count();
    let number = match script.order {
        ScriptOrder::Sequence => place,
        ScriptOrder::History => spoken,
    };
    let mut stage = Stage {
        acts: VecDeque::new(),
        index: 0,
        // Unique over processes, retries and compaction as far as a script needs it.
        call_prefix: format!("call_{spoken}_{place}"),
    };
    let Some(reply) = script.replies.get(number) else {
        let count = script.replies.len();
        let text = format!(
            "the script has {count} replies and none for request {}",
            number + 1
        );
        stage.fail(text);
        return stage.acts;
    };
    if let Some(missing) = missing(reply, request) {
        let request = number + 1;
        stage.fail(format!(
            "the script expects `{missing}` in what came with request {request}"
        ));
        return stage.acts;
    }
    let request_id = Some(format!("scripted_{}", place + 1));
    stage.say(ModelItem::Started {
        model: script.name.clone(),
        request_id,
    });
    for item in &reply.items {
        if stage.play(item) == Played::End {
            return stage.acts;
        }
    }
    stage.end(ModelEnd::Complete);
    stage.acts
}

/// The first expected text that did not come.
fn missing<'a>(reply: &'a ScriptReply, request: &ModelRequest) -> Option<&'a str> {
    let latest = request
        .messages
        .rsplit(|m| m.role == Role::Assistant)
        .next()
        .unwrap_or_default();
    let said = |text: &str| latest.iter().any(|message| says(message, text));
    reply
        .expect
        .iter()
        .map(String::as_str)
        .find(|text| !said(text))
}

fn says(message: &Message, wanted: &str) -> bool {
    fn block_says(block: &Block, wanted: &str) -> bool {
        match block {
            Block::Text { text, .. } => text.contains(wanted),
            Block::Result { content, .. } => content.iter().any(|part| block_says(part, wanted)),
            Block::Document { title, .. } => title.as_ref().is_some_and(|t| t.contains(wanted)),
            Block::Thought { .. } | Block::Call(_) | Block::Image { .. } | Block::Kept { .. } => {
                false
            }
        }
    }
    message.blocks.iter().any(|block| block_says(block, wanted))
}

/// How a text is streamed.
#[derive(Clone, Copy)]
struct Pacing {
    piece_chars: Option<usize>,
    delay_ms: Option<u64>,
}

#[derive(PartialEq, Eq)]
enum Played {
    On,
    End,
}

struct Stage {
    acts: VecDeque<Act>,
    index: u32,
    call_prefix: String,
}

impl Stage {
    fn play(&mut self, item: &ScriptItem) -> Played {
        match item {
            ScriptItem::Text {
                text,
                piece_chars,
                delay_ms,
            } => {
                let index = self.begin(StartedBlock::Text);
                self.pieces(
                    text,
                    Pacing {
                        piece_chars: *piece_chars,
                        delay_ms: *delay_ms,
                    },
                    |text| ModelItem::TextDelta { index, text },
                );
                self.finish(ReplyBlock::Text {
                    text: text.clone(),
                    opaque: None,
                });
            }
            ScriptItem::Thought {
                text,
                piece_chars,
                delay_ms,
            } => {
                let index = self.begin(StartedBlock::Thought);
                self.pieces(
                    text,
                    Pacing {
                        piece_chars: *piece_chars,
                        delay_ms: *delay_ms,
                    },
                    |text| ModelItem::ThoughtDelta { index, text },
                );
                self.finish(ReplyBlock::Thought {
                    text: text.clone(),
                    opaque: None,
                });
            }
            ScriptItem::Call { tool, input, id } => {
                self.call(tool, id.as_deref(), &input.to_string(), Ok(input.clone()));
            }
            ScriptItem::BrokenCall { tool, raw, id } => {
                let why = match serde_json::from_str::<Value>(raw) {
                    Ok(_) => "the script calls it broken".to_owned(),
                    Err(error) => format!("the input is no valid JSON: {error}"),
                };
                self.call(tool, id.as_deref(), raw, Err(why));
            }
            ScriptItem::Usage(usage) => self.say(ModelItem::Usage((*usage).into())),
            ScriptItem::Heartbeat => self.say(ModelItem::Heartbeat),
            ScriptItem::Delay { ms } => self.acts.push_back(Act::Rest(Duration::from_millis(*ms))),
            ScriptItem::Wait => {
                self.acts.push_back(Act::Hang);
                return Played::End;
            }
            ScriptItem::Pause => return self.end(ModelEnd::Paused),
            ScriptItem::Length => return self.end(ModelEnd::Length),
            ScriptItem::Decline { text } => {
                return self.end(ModelEnd::Declined { text: text.clone() });
            }
            ScriptItem::Fail {
                class,
                text,
                status,
                retry_after_ms,
            } => {
                return self.end(ModelEnd::Failed {
                    class: failure(*class, *retry_after_ms),
                    text: text.clone(),
                    status: *status,
                    request_id: None,
                });
            }
        }
        Played::On
    }

    fn call(&mut self, tool: &str, id: Option<&str>, json: &str, input: Result<Value, String>) {
        let fresh = || format!("{}_{}", self.call_prefix, self.index);
        let id = CallId(id.map_or_else(fresh, str::to_owned));
        let index = self.begin(StartedBlock::Call {
            id: id.clone(),
            tool: tool.to_owned(),
        });
        self.say(ModelItem::InputDelta {
            index,
            json: json.to_owned(),
        });
        let (input, broken) = match input {
            Ok(input) => (input, None),
            Err(why) => (json!({"INVALID_JSON": json}), Some(why)),
        };
        let tool = tool.to_owned();
        self.finish(ReplyBlock::Call(Call {
            id,
            tool,
            input,
            broken,
            opaque: None,
        }));
    }

    fn pieces(&mut self, text: &str, pacing: Pacing, delta: impl Fn(String) -> ModelItem) {
        let length = pacing.piece_chars.unwrap_or(usize::MAX).max(1);
        let mut letters = text.chars();
        loop {
            let piece: String = letters.by_ref().take(length).collect();
            if piece.is_empty() {
                return;
            }
            if let Some(ms) = pacing.delay_ms {
                self.acts.push_back(Act::Rest(Duration::from_millis(ms)));
            }
            self.say(delta(piece));
        }
    }

    fn begin(&mut self, block: StartedBlock) -> u32 {
        self.say(ModelItem::BlockStarted {
            index: self.index,
            block,
        });
        self.index
    }

    fn finish(&mut self, block: ReplyBlock) {
        self.say(ModelItem::Block {
            index: self.index,
            block,
        });
        self.index += 1;
    }

    fn fail(&mut self, text: String) {
        self.end(ModelEnd::Failed {
            class: Failure::Rejected,
            text,
            status: None,
            request_id: None,
        });
    }

    fn end(&mut self, end: ModelEnd) -> Played {
        self.say(ModelItem::End(end));
        Played::End
    }

    fn say(&mut self, item: ModelItem) {
        self.acts.push_back(Act::Say(item));
    }
}

fn failure(class: FailureClass, retry_after_ms: Option<u64>) -> Failure {
    match class {
        FailureClass::Busy => Failure::Busy {
            retry_after: retry_after_ms.map(Duration::from_millis),
        },
        FailureClass::Cut => Failure::Cut,
        FailureClass::Garbage => Failure::Garbage,
        FailureClass::TooLong => Failure::TooLong,
        FailureClass::Credentials => Failure::Credentials,
        FailureClass::NoModel => Failure::NoModel,
        FailureClass::Rejected => Failure::Rejected,
    }
}
