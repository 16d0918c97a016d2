//! The reply: parts of the wire become neutral items and whole blocks.

use super::{convert::keep, trouble};
use crate::{
    call_ids::Asked,
    exchange::{Hear, Heard, no_events},
    raw_object::RawObject,
    trouble::{Trouble, garbage, quote},
};
use gimlet_ports::{ModelEnd, ModelItem, ReplyBlock, StartedBlock};
use gimlet_protocol::{Call, CallId, Usage};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::VecDeque;

/// Reads one reply.
pub(super) struct Reply {
    asked: Asked,
    /// The model that is asked.
    from: String,
    request_id: Option<String>,
    /// The provider's id of the reply, once it came.
    id: Option<String>,
    /// The text or reasoning that is being written.
    open: Option<Open>,
    calls: Vec<CallId>,
    next_index: u32,
    usage: Usage,
    finish: Option<String>,
    blocked: Option<String>,
}

struct Open {
    index: u32,
    thought: bool,
    text: String,
    /// Up to here the text has no signature of its own.
    unsigned: usize,
    /// Parts that carry a signature, with what stood before them.
    parts: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(default, borrow)]
    candidates: Vec<Candidate<'a>>,
    #[serde(default)]
    usage_metadata: Option<Counts>,
    #[serde(default)]
    model_version: Option<String>,
    #[serde(default)]
    response_id: Option<String>,
    #[serde(default)]
    prompt_feedback: Option<Feedback>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(default, borrow)]
    content: Option<Content<'a>>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(default, borrow)]
    parts: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    #[serde(default)]
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    #[serde(default)]
    thought_signature: Option<String>,
    #[serde(default)]
    function_call: Option<RawObject>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(rename = "promptTokenCount", default)]
    prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount", default)]
    tool_use: Option<u64>,
    #[serde(rename = "cachedContentTokenCount", default)]
    cached: Option<u64>,
    #[serde(rename = "candidatesTokenCount", default)]
    candidates: Option<u64>,
    #[serde(rename = "thoughtsTokenCount", default)]
    thoughts: Option<u64>,
}

impl Counts {
    fn usage(&self) -> Usage {
        let cached = self.cached.unwrap_or(0);
        let prompt = self.prompt.unwrap_or(0);
        let thinking = self.thoughts.unwrap_or(0);
        Usage {
            input_tokens: prompt.saturating_sub(cached) + self.tool_use.unwrap_or(0),
            output_tokens: self.candidates.unwrap_or(0) + thinking,
            cache_read_tokens: cached,
            cache_write_tokens: 0,
            thinking_tokens: thinking,
        }
    }
}

impl Hear for Reply {
    fn set_request_id(&mut self, id: Option<String>) {
        self.request_id = id;
    }

    fn hear(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<Heard, Trouble> {
        let data = data.trim_ascii();
        if !data.is_empty() && data != b"[DONE]" {
            self.chunk(data, items)?;
        }
        if self.blocked.is_some() {
            return Ok(Heard::Over(self.end(items)?));
        }
        Ok(Heard::More)
    }

    fn ended(&mut self, items: &mut VecDeque<ModelItem>) -> Option<ModelEnd> {
        self.finish.as_ref()?;
        Some(self.end(items).unwrap_or_else(Trouble::into_end))
    }

    fn is_closing(&self) -> bool {
        self.finish.is_some()
    }

    /// A gateway may answer in one piece, as a list of chunks.
    fn unstreamed(
        &mut self,
        kind: &str,
        body: &[u8],
        items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        if !kind.contains("json") {
            return Err(no_events(kind, body));
        }
        let chunks: Vec<&RawValue> = serde_json::from_slice(body)
            .or_else(|_| serde_json::from_slice(body).map(|one| vec![one]))
            .map_err(|_| no_events(kind, body))?;
        for chunk in chunks {
            self.chunk(chunk.get().as_bytes(), items)?;
        }
        if self.finish.is_none() && self.blocked.is_none() {
            return Err(no_events(kind, body));
        }
        self.end(items)
    }
}

impl Reply {
    /// A reply of which nothing was heard yet.
    pub(super) fn new(asked: Asked, from: String) -> Self {
        Self {
            asked,
            from,
            request_id: None,
            id: None,
            open: None,
            calls: Vec::new(),
            next_index: 0,
            usage: Usage::default(),
            finish: None,
            blocked: None,
        }
    }

    fn chunk(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let start = || quote(&String::from_utf8_lossy(data));
        if !data.starts_with(b"{") {
            return Err(garbage(format!("an event is no JSON object: {}", start())));
        }
        let chunk: Chunk<'_> = serde_json::from_slice(data).map_err(|error| {
            garbage(format!("an event is no valid JSON ({error}): {}", start()))
        })?;
        if chunk.error.is_some() {
            return Err(trouble::of_event(data));
        }
        if self.id.is_none() {
            let id = chunk.response_id.unwrap_or_default();
            let named = (!id.is_empty()).then(|| id.clone());
            items.push_back(ModelItem::Started {
                model: chunk.model_version.unwrap_or_default(),
                request_id: named.or_else(|| self.request_id.clone()),
            });
            self.id = Some(id);
        }
        if let Some(candidate) = chunk.candidates.into_iter().next() {
            let parts = candidate.content.map_or_else(Vec::new, |c| c.parts);
            for raw in parts {
                self.part(raw, items)?;
            }
            let reason = candidate.finish_reason;
            if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
                self.finish = Some(reason);
            }
        }
        if let Some(reason) = chunk.prompt_feedback.and_then(|f| f.block_reason) {
            self.blocked = Some(reason);
        }
        if let Some(counts) = chunk.usage_metadata {
            let usage = counts.usage();
            if usage != self.usage {
                self.usage = usage;
                items.push_back(ModelItem::Usage(usage));
            }
        }
        Ok(())
    }

    fn part(&mut self, raw: &RawValue, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let part: Part = serde_json::from_str(raw.get())
            .map_err(|error| garbage(format!("a part is not as expected: {error}")))?;
        if let Some(call) = part.function_call {
            self.close(items);
            self.call(raw, &call, items);
            return Ok(());
        }
        let signed = part.thought_signature.is_some();
        let Some(text) = part.text else {
            self.close(items);
            self.kept(raw, items);
            return Ok(());
        };
        if text.is_empty() && !signed {
            return Ok(());
        }
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.thought != part.thought)
        {
            self.close(items);
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let index = self.next_index;
                self.next_index += 1;
                let block = if part.thought {
                    StartedBlock::Thought
                } else {
                    StartedBlock::Text
                };
                items.push_back(ModelItem::BlockStarted { index, block });
                none.insert(Open {
                    index,
                    thought: part.thought,
                    text: String::new(),
                    unsigned: 0,
                    parts: Vec::new(),
                })
            }
        };
        if signed {
            open.sign(raw);
        }
        open.text.push_str(&text);
        if signed {
            open.unsigned = open.text.len();
        }
        let index = open.index;
        if !text.is_empty() {
            items.push_back(if open.thought {
                ModelItem::ThoughtDelta { index, text }
            } else {
                ModelItem::TextDelta { index, text }
            });
        }
        Ok(())
    }

    fn call(&mut self, raw: &RawValue, call: &RawObject, items: &mut VecDeque<ModelItem>) {
        let index = self.next_index;
        self.next_index += 1;
        let told = call.string("id").unwrap_or_default();
        let reply = self.id.as_deref().unwrap_or_default();
        let is_taken = |id: &str| self.calls.iter().any(|call| call.as_str() == id);
        let id = self.asked.new_id(reply, index, &told, is_taken);
        self.calls.push(id.clone());
        let tool = call.string("name").unwrap_or_default();
        let json = call.get("args").map_or("{}", RawValue::get).to_owned();
        items.push_back(ModelItem::BlockStarted {
            index,
            block: StartedBlock::Call {
                id: id.clone(),
                tool: tool.clone(),
            },
        });
        let (input, broken) = crate::wire_text::read_input(&json);
        items.push_back(ModelItem::InputDelta { index, json });
        items.push_back(ModelItem::Block {
            index,
            block: ReplyBlock::Call(Call {
                id,
                tool,
                input,
                opaque: if broken.is_none() {
                    keep(&self.from, vec![raw.to_owned()])
                } else {
                    None
                },
                broken,
            }),
        });
    }

    /// Code that the provider ran, a picture that the model drew.
    fn kept(&mut self, raw: &RawValue, items: &mut VecDeque<ModelItem>) {
        if let Some(opaque) = keep(&self.from, vec![raw.to_owned()]) {
            let index = self.next_index;
            self.next_index += 1;
            let block = StartedBlock::Kept;
            items.push_back(ModelItem::BlockStarted { index, block });
            let block = ReplyBlock::Kept(opaque);
            items.push_back(ModelItem::Block { index, block });
        }
    }

    fn close(&mut self, items: &mut VecDeque<ModelItem>) {
        if let Some(open) = self.open.take() {
            let index = open.index;
            let block = open.finish(&self.from);
            items.push_back(ModelItem::Block { index, block });
        }
    }

    fn end(&mut self, items: &mut VecDeque<ModelItem>) -> Result<ModelEnd, Trouble> {
        self.close(items);
        if let Some(reason) = self.blocked.take() {
            let text = format!("the provider's filter stopped the request (`{reason}`)");
            return Ok(ModelEnd::Declined { text });
        }
        let reason = self.finish.take().unwrap_or_default();
        trouble::finish(&reason)
    }
}

impl Open {
    /// Keeps a signed part as it came, behind the text before it.
    fn sign(&mut self, raw: &RawValue) {
        self.keep_unsigned();
        self.parts.push(raw.to_owned());
    }

    fn keep_unsigned(&mut self) {
        let before = self.text.get(self.unsigned..).unwrap_or_default();
        if !before.is_empty()
            && let Ok(part) = to_raw_value(&serde_json::json!({ "text": before }))
        {
            self.parts.push(part);
        }
    }

    fn finish(mut self, from: &str) -> ReplyBlock {
        let opaque = if self.parts.is_empty() {
            None
        } else {
            self.keep_unsigned();
            keep(from, std::mem::take(&mut self.parts))
        };
        let text = self.text;
        if self.thought {
            ReplyBlock::Thought { text, opaque }
        } else {
            ReplyBlock::Text { text, opaque }
        }
    }
}
