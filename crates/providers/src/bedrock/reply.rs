//! The reply: messages of the wire become neutral items and whole blocks.

use super::convert::keep;
use crate::{
    aws::{self, message::Message},
    exchange::{Hear, Heard, no_events},
    trouble::{Trouble, garbage},
    wire_text::read_input,
};
use gimlet_ports::{ModelEnd, ModelItem, ReplyBlock, StartedBlock};
use gimlet_protocol::{Call, CallId, Usage};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// Reads one reply.
pub(super) struct Reply {
    /// The provider and the model.
    from: String,
    model: String,
    request_id: Option<String>,
    /// Blocks in the order of their places. A whole one waits for those before it.
    open: VecDeque<Open>,
    next_index: u32,
    stop: Option<String>,
}

#[derive(Debug)]
struct Open {
    wire_index: u64,
    index: u32,
    kind: Kind,
    /// Text, reasoning or the input's JSON.
    text: String,
    signature: String,
    redacted: String,
    whole: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thought,
    Call { id: CallId, tool: String },
    Kept(Map<String, Value>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    content_block_index: u64,
    #[serde(default)]
    start: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delta {
    content_block_index: u64,
    delta: DeltaWords,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeltaWords {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    tool_use: Option<ToolDelta>,
    #[serde(default)]
    reasoning_content: Option<ReasoningDelta>,
}

#[derive(Deserialize)]
struct ToolDelta {
    #[serde(default)]
    input: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasoningDelta {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    content_block_index: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stopped {
    stop_reason: String,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(rename = "inputTokens", default)]
    input: u64,
    #[serde(rename = "outputTokens", default)]
    output: u64,
    #[serde(rename = "cacheReadInputTokens", default)]
    cache_read: u64,
    #[serde(rename = "cacheWriteInputTokens", default)]
    cache_write: u64,
}

impl Hear for Reply {
    fn set_request_id(&mut self, id: Option<String>) {
        self.request_id = id;
    }

    fn hear(&mut self, _data: &[u8], _items: &mut VecDeque<ModelItem>) -> Result<Heard, Trouble> {
        Err(garbage("the provider answered with server-sent events"))
    }

    fn hear_message(
        &mut self,
        message: &Message<'_>,
        items: &mut VecDeque<ModelItem>,
    ) -> Result<Heard, Trouble> {
        let Message {
            kind,
            name,
            text,
            payload,
        } = message;
        if *kind != "event" {
            return Err(aws::trouble::of_exception(name, text, payload));
        }
        match *name {
            "messageStart" => items.push_back(ModelItem::Started {
                model: self.model.clone(),
                request_id: self.request_id.clone(),
            }),
            "contentBlockStart" => {
                let start: Start = read(name, payload)?;
                let kind = Kind::of(start.start);
                self.begin(start.content_block_index, kind, items);
            }
            "contentBlockDelta" => self.delta(read(name, payload)?, items),
            "contentBlockStop" => {
                let place: Place = read(name, payload)?;
                let open = self.open.iter_mut();
                for open in open.filter(|open| open.wire_index == place.content_block_index) {
                    open.whole = true;
                }
                self.hand_out(items);
            }
            "messageStop" => {
                let stopped: Stopped = read(name, payload)?;
                self.stop = Some(stopped.stop_reason);
            }
            "metadata" => {
                let metadata: Metadata = read(name, payload)?;
                if let Some(counts) = metadata.usage {
                    items.push_back(ModelItem::Usage(Usage {
                        input_tokens: counts.input,
                        output_tokens: counts.output,
                        cache_read_tokens: counts.cache_read,
                        cache_write_tokens: counts.cache_write,
                        thinking_tokens: 0,
                    }));
                }
                if self.stop.is_some() {
                    return self.end(items).map(Heard::Over);
                }
            }
            // The provider adds kinds of events; what is not known is not needed.
            _ => {}
        }
        Ok(Heard::More)
    }

    fn ended(&mut self, items: &mut VecDeque<ModelItem>) -> Option<ModelEnd> {
        self.stop.as_ref()?;
        Some(self.end(items).unwrap_or_else(Trouble::into_end))
    }

    fn is_closing(&self) -> bool {
        self.stop.is_some()
    }

    fn unstreamed(
        &mut self,
        kind: &str,
        body: &[u8],
        _items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        Err(no_events(kind, body))
    }
}

fn read<T: DeserializeOwned>(name: &str, payload: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(payload)
        .map_err(|error| garbage(format!("`{name}` is not as expected: {error}")))
}

impl Kind {
    fn of(start: Map<String, Value>) -> Self {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        match start.get("toolUse") {
            Some(call) => Self::Call {
                id: CallId(text(call, "toolUseId")),
                tool: text(call, "name"),
            },
            None if start.is_empty() => Self::Text,
            None => Self::Kept(start),
        }
    }

    fn started(&self) -> StartedBlock {
        match self {
            Self::Text => StartedBlock::Text,
            Self::Thought => StartedBlock::Thought,
            Self::Call { id, tool } => StartedBlock::Call {
                id: id.clone(),
                tool: tool.clone(),
            },
            Self::Kept(_) => StartedBlock::Kept,
        }
    }
}

impl Reply {
    /// A reply of which nothing was heard yet.
    pub(super) fn new(from: String, model: String) -> Self {
        Self {
            from,
            model,
            request_id: None,
            open: VecDeque::new(),
            next_index: 0,
            stop: None,
        }
    }

    fn begin(&mut self, wire_index: u64, kind: Kind, items: &mut VecDeque<ModelItem>) {
        let index = self.next_index;
        self.next_index += 1;
        let block = kind.started();
        items.push_back(ModelItem::BlockStarted { index, block });
        self.open.push_back(Open {
            wire_index,
            index,
            kind,
            text: String::new(),
            signature: String::new(),
            redacted: String::new(),
            whole: false,
        });
    }

    /// Texts and reasoning begin with their first words.
    fn delta(&mut self, delta: Delta, items: &mut VecDeque<ModelItem>) {
        let place = delta.content_block_index;
        let DeltaWords {
            text,
            tool_use,
            reasoning_content,
        } = delta.delta;
        let is_open = |open: &Open| open.wire_index == place && !open.whole;
        if !self.open.iter().any(is_open) {
            let kind = if reasoning_content.is_some() {
                Kind::Thought
            } else {
                Kind::Text
            };
            self.begin(place, kind, items);
        }
        let Some(open) = self.open.iter_mut().find(|open| is_open(open)) else {
            return;
        };
        let index = open.index;
        if let Some(text) = text {
            open.text.push_str(&text);
            items.push_back(ModelItem::TextDelta { index, text });
        }
        if let Some(ToolDelta { input: json }) = tool_use {
            open.text.push_str(&json);
            items.push_back(ModelItem::InputDelta { index, json });
        }
        if let Some(reasoning) = reasoning_content {
            if let Some(text) = reasoning.text {
                open.text.push_str(&text);
                items.push_back(ModelItem::ThoughtDelta { index, text });
            }
            open.signature
                .push_str(&reasoning.signature.unwrap_or_default());
            open.redacted
                .push_str(&reasoning.redacted_content.unwrap_or_default());
        }
    }

    /// Hands out whole blocks, in the order of their places.
    fn hand_out(&mut self, items: &mut VecDeque<ModelItem>) {
        while self.open.front().is_some_and(|open| open.whole) {
            if let Some(open) = self.open.pop_front() {
                let index = open.index;
                let block = open.finish(&self.from);
                items.push_back(ModelItem::Block { index, block });
            }
        }
    }

    fn end(&mut self, items: &mut VecDeque<ModelItem>) -> Result<ModelEnd, Trouble> {
        let reason = self.stop.take().unwrap_or_default();
        let end = match reason.as_str() {
            "max_tokens" | "model_context_window_exceeded" => ModelEnd::Length,
            "guardrail_intervened" | "content_filtered" | "refusal" => ModelEnd::Declined {
                text: format!("the provider's filter stopped the reply (`{reason}`)"),
            },
            "malformed_model_output" | "malformed_tool_use" => {
                return Err(garbage(format!(
                    "the provider broke off and says why in a word: `{reason}`"
                )));
            }
            _ => ModelEnd::Complete,
        };
        for open in &mut self.open {
            open.whole |= end != ModelEnd::Length || open.kind == Kind::Text;
        }
        self.open.retain(|open| open.whole);
        self.hand_out(items);
        Ok(end)
    }
}

impl Open {
    fn finish(self, from: &str) -> ReplyBlock {
        let Self {
            kind,
            text,
            signature,
            redacted,
            ..
        } = self;
        match kind {
            Kind::Text => ReplyBlock::Text { text, opaque: None },
            Kind::Thought => {
                let block = if redacted.is_empty() {
                    let mut words = json!({ "text": text });
                    if !signature.is_empty() {
                        words["signature"] = json!(signature);
                    }
                    json!({"reasoningContent": {"reasoningText": words}})
                } else {
                    json!({"reasoningContent": {"redactedContent": redacted}})
                };
                // Without its signature the provider does not take it back.
                let signed = !signature.is_empty() || !redacted.is_empty();
                let opaque = signed.then(|| keep(from, &block)).flatten();
                ReplyBlock::Thought { text, opaque }
            }
            Kind::Call { id, tool } => {
                let (input, broken) = read_input(&text);
                ReplyBlock::Call(Call {
                    id,
                    tool,
                    input,
                    broken,
                    opaque: None,
                })
            }
            Kind::Kept(start) => match keep(from, &Value::Object(start)) {
                Some(opaque) => ReplyBlock::Kept(opaque),
                None => ReplyBlock::Text { text, opaque: None },
            },
        }
    }
}
