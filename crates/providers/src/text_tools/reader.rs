//! Finds calls in the text of a reply.

use super::protocol::{CLOSE, OPEN};
use crate::call_ids::Asked;
use gimlet_ports::{ModelEnd, ModelItem, ReplyBlock, StartedBlock};
use gimlet_protocol::{Call, CallId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Reads one reply.
pub(super) struct Reader {
    asked: Asked,
    /// The names of the tools on offer.
    tools: Vec<String>,
    /// The places of blocks that go through as they are, theirs and ours.
    places: Vec<(u32, u32)>,
    next_index: u32,
    /// The text that is being written.
    open: Option<(u32, String)>,
    /// Blanks before the first word of a text.
    blank: String,
    /// Text that may be the beginning of a mark, or the call inside one.
    held: String,
    in_call: bool,
    /// A line begins here, which is the only place for a mark.
    at_line: bool,
    calls: Vec<CallId>,
}

/// What stands between the marks, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    arguments: Map<String, Value>,
}

impl Reader {
    pub(super) fn new(asked: Asked, tools: Vec<String>) -> Self {
        Self {
            asked,
            tools,
            places: Vec::new(),
            next_index: 0,
            open: None,
            blank: String::new(),
            held: String::new(),
            in_call: false,
            at_line: true,
            calls: Vec::new(),
        }
    }

    /// What an item of the model becomes.
    pub(super) fn take(&mut self, item: ModelItem) -> Vec<ModelItem> {
        let mut out = Vec::new();
        match item {
            ModelItem::TextDelta { text, .. } => {
                self.held.push_str(&text);
                self.scan(&mut out);
            }
            ModelItem::BlockStarted {
                block: StartedBlock::Text,
                ..
            } => self.at_line = true,
            ModelItem::Block {
                block: ReplyBlock::Text { .. },
                ..
            } => {
                // Whether an open call was cut or never closed is told by the end.
                if !self.in_call {
                    self.end_text(&mut out);
                }
            }
            ModelItem::BlockStarted { index, block } => {
                let ours = self.place();
                self.places.push((index, ours));
                out.push(ModelItem::BlockStarted { index: ours, block });
            }
            ModelItem::ThoughtDelta { index, text } => {
                let index = self.ours(index);
                out.push(ModelItem::ThoughtDelta { index, text });
            }
            ModelItem::InputDelta { index, json } => {
                let index = self.ours(index);
                out.push(ModelItem::InputDelta { index, json });
            }
            ModelItem::Block { index, block } => {
                let index = self.ours(index);
                out.push(ModelItem::Block { index, block });
            }
            ModelItem::End(end) => {
                // A call that was cut is missing, as a cut block is on every wire.
                let cut = end != ModelEnd::Complete;
                if cut && self.in_call {
                    self.held.clear();
                    self.in_call = false;
                }
                self.end_text(&mut out);
                out.push(ModelItem::End(end));
            }
            ModelItem::Sent(_)
            | ModelItem::Started { .. }
            | ModelItem::Usage(_)
            | ModelItem::Heartbeat => out.push(item),
        }
        out
    }

    fn place(&mut self) -> u32 {
        let place = self.next_index;
        self.next_index += 1;
        place
    }

    fn ours(&self, theirs: u32) -> u32 {
        let found = self.places.iter().rev().find(|(index, _)| *index == theirs);
        found.map_or(theirs, |(_, ours)| *ours)
    }

    fn scan(&mut self, out: &mut Vec<ModelItem>) {
        loop {
            if self.in_call {
                let Some((body, rest)) = self.held.split_once(CLOSE) else {
                    return;
                };
                let (body, rest) = (body.to_owned(), rest.to_owned());
                self.held = rest;
                self.in_call = false;
                self.call(&body, out);
                continue;
            }
            // Line by line: a mark stands at the beginning of one.
            if self.at_line {
                let line = self.held.trim_start_matches([' ', '\t']);
                if let Some(rest) = line.strip_prefix(OPEN) {
                    self.held = rest.to_owned();
                    self.close_text(out);
                    self.in_call = true;
                    continue;
                }
                if OPEN.starts_with(line) {
                    return;
                }
            }
            let Some(end) = self.held.find('\n') else {
                let text = std::mem::take(&mut self.held);
                if !text.is_empty() {
                    self.at_line = false;
                    self.say(&text, out);
                }
                return;
            };
            let rest = self.held.split_off(end + 1);
            let line = std::mem::replace(&mut self.held, rest);
            self.at_line = true;
            self.say(&line, out);
        }
    }

    fn end_text(&mut self, out: &mut Vec<ModelItem>) {
        if self.in_call {
            self.in_call = false;
            let body = std::mem::take(&mut self.held);
            self.broken(&body, &format!("the call lacks its {CLOSE}"), out);
        } else {
            let rest = std::mem::take(&mut self.held);
            self.say(&rest, out);
        }
        self.close_text(out);
        self.at_line = true;
    }

    fn say(&mut self, text: &str, out: &mut Vec<ModelItem>) {
        if text.is_empty() {
            return;
        }
        if self.open.is_none() {
            self.blank.push_str(text);
            if self.blank.trim().is_empty() {
                return;
            }
            let index = self.place();
            let block = StartedBlock::Text;
            out.push(ModelItem::BlockStarted { index, block });
            self.open = Some((index, String::new()));
            let text = std::mem::take(&mut self.blank);
            return self.say(&text, out);
        }
        if let Some((index, said)) = &mut self.open {
            said.push_str(text);
            let (index, text) = (*index, text.to_owned());
            out.push(ModelItem::TextDelta { index, text });
        }
    }

    fn close_text(&mut self, out: &mut Vec<ModelItem>) {
        self.blank.clear();
        if let Some((index, text)) = self.open.take() {
            let block = ReplyBlock::Text { text, opaque: None };
            out.push(ModelItem::Block { index, block });
        }
    }

    fn call(&mut self, body: &str, out: &mut Vec<ModelItem>) {
        match serde_json::from_str::<Written>(body.trim()) {
            Ok(Written { name, .. }) if !self.tools.contains(&name) => {
                let why = format!("there is no tool `{name}`");
                self.broken(body, &why, out);
            }
            Ok(Written { name, arguments }) => {
                self.hand_out(&name, Value::Object(arguments), None, out);
            }
            Err(error) => {
                let why = format!(
                    "between {OPEN} and {CLOSE} stands something other than one JSON object with exactly `name` and `arguments`: {error}"
                );
                self.broken(body, &why, out);
            }
        }
    }

    /// A call that is none: the model is told why, in its result.
    fn broken(&mut self, body: &str, why: &str, out: &mut Vec<ModelItem>) {
        let name = serde_json::from_str::<Value>(body.trim()).ok();
        let name = name.and_then(|value| value["name"].as_str().map(str::to_owned));
        let input = json!({"INVALID_JSON": body.trim()});
        let name = name.unwrap_or_else(|| "unreadable".to_owned());
        self.hand_out(&name, input, Some(why.to_owned()), out);
    }

    fn hand_out(
        &mut self,
        tool: &str,
        input: Value,
        broken: Option<String>,
        out: &mut Vec<ModelItem>,
    ) {
        self.close_text(out);
        let index = self.place();
        let is_taken = |id: &str| self.calls.iter().any(|call| call.as_str() == id);
        let id = self.asked.new_id("text", index, "", is_taken);
        self.calls.push(id.clone());
        let tool = tool.to_owned();
        out.push(ModelItem::BlockStarted {
            index,
            block: StartedBlock::Call {
                id: id.clone(),
                tool: tool.clone(),
            },
        });
        let json = input.to_string();
        out.push(ModelItem::InputDelta { index, json });
        out.push(ModelItem::Block {
            index,
            block: ReplyBlock::Call(Call {
                id,
                tool,
                input,
                broken,
                opaque: None,
            }),
        });
        self.at_line = false;
    }
}
