//! The reply: events of the wire become neutral items and whole blocks.

use super::{
    Freeform, Storing,
    item::{Kind, Open},
    kept::Chains,
};
use crate::{
    call_ids::Asked,
    chat::trouble,
    exchange::{Hear, Heard, no_events},
    raw_object::RawObject,
    trouble::{Trouble, garbage, quote},
};
use gimlet_ports::{ModelEnd, ModelItem};
use gimlet_protocol::{CallId, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::VecDeque, sync::Arc};

/// What of the request matters for its reply.
pub(super) struct Reading {
    pub(super) asked: Asked,
    /// The provider and the model.
    pub(super) from: String,
    pub(super) freeform: Vec<Freeform>,
    pub(super) storing: Storing,
    /// Where a stored reply is remembered, and the digest of what it answers.
    pub(super) chain: Option<(Arc<Chains>, u64)>,
}

/// Reads one reply.
pub(super) struct Reply {
    reading: Reading,
    request_id: Option<String>,
    /// The provider's id of the reply, once it came.
    id: Option<String>,
    /// Items in the order of their places. A whole one waits for those before it.
    open: VecDeque<Open>,
    /// The ids of this reply's calls.
    calls: Vec<CallId>,
    next_index: u32,
    refusal: String,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    output_index: Option<u64>,
    #[serde(default)]
    summary_index: Option<u64>,
    #[serde(default)]
    content_index: Option<u64>,
    #[serde(default, borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    item: Option<&'a RawValue>,
    #[serde(default, borrow)]
    response: Option<&'a RawValue>,
}

/// A reply as the first and the last event show it.
#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    input_tokens_details: Option<InputCounts>,
    #[serde(default)]
    output_tokens_details: Option<OutputCounts>,
}

#[derive(Deserialize)]
struct InputCounts {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct OutputCounts {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl Counts {
    fn usage(&self) -> Usage {
        let details = self.input_tokens_details.as_ref();
        let read = details.and_then(|d| d.cached_tokens).unwrap_or(0);
        let written = details.and_then(|d| d.cache_write_tokens).unwrap_or(0);
        let thinking = self.output_tokens_details.as_ref();
        Usage {
            input_tokens: self.input_tokens.saturating_sub(read + written),
            output_tokens: self.output_tokens,
            cache_read_tokens: read,
            cache_write_tokens: written,
            thinking_tokens: thinking.and_then(|d| d.reasoning_tokens).unwrap_or(0),
        }
    }
}

impl Hear for Reply {
    fn set_request_id(&mut self, id: Option<String>) {
        self.request_id = id;
    }

    fn hear(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<Heard, Trouble> {
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return Ok(Heard::More);
        }
        let start = || quote(&String::from_utf8_lossy(data));
        if !data.starts_with(b"{") {
            return Err(garbage(format!("an event is no JSON object: {}", start())));
        }
        let event: Event<'_> = serde_json::from_slice(data).map_err(|error| {
            if memchr::memmem::find(data, b"\"error\"").is_some() {
                trouble::of_event(data)
            } else {
                garbage(format!("an event is no valid JSON ({error}): {}", start()))
            }
        })?;
        match &*event.kind {
            "response.output_text.delta"
            | "response.function_call_arguments.delta"
            | "response.custom_tool_call_input.delta" => self.delta(&event, None, items)?,
            "response.reasoning_summary_text.delta" => {
                self.delta(&event, event.summary_index, items)?;
            }
            "response.reasoning_text.delta" => self.delta(&event, event.content_index, items)?,
            "response.output_item.added" => {
                let raw = item(&event)?;
                self.begin(event.output_index, &object(raw)?, items);
            }
            "response.output_item.done" => self.close(&event, items)?,
            "response.created" => {
                let whole = whole(&event)?;
                items.push_back(ModelItem::Started {
                    model: whole.model.unwrap_or_default(),
                    request_id: self.request_id.clone().or_else(|| whole.id.clone()),
                });
                self.id = whole.id;
            }
            "response.completed" | "response.incomplete" => {
                return self.end(&event, items).map(Heard::Over);
            }
            "response.failed" => {
                let whole = whole(&event)?;
                let said = whole.error.map_or("{}", RawValue::get);
                return Err(trouble::of_event(said.as_bytes()));
            }
            "response.cancelled" => return Err(garbage("the provider cancelled the reply")),
            "error" => return Err(trouble::of_event(data)),
            "keepalive" | "response.in_progress" | "response.queued" => {
                items.push_back(ModelItem::Heartbeat);
            }
            // The provider adds kinds of events; what is not known is not needed.
            _ => {}
        }
        Ok(Heard::More)
    }

    fn ended(&mut self, _items: &mut VecDeque<ModelItem>) -> Option<ModelEnd> {
        None
    }

    fn unstreamed(
        &mut self,
        kind: &str,
        body: &[u8],
        _items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        if kind.contains("json") && memchr::memmem::find(body, b"\"error\":{").is_some() {
            return Err(trouble::of_event(body));
        }
        Err(no_events(kind, body))
    }
}

impl Reply {
    /// A reply of which nothing was heard yet.
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            reading,
            request_id: None,
            id: None,
            open: VecDeque::new(),
            calls: Vec::new(),
            next_index: 0,
            refusal: String::new(),
        }
    }

    fn begin(
        &mut self,
        wire_index: Option<u64>,
        item: &RawObject,
        items: &mut VecDeque<ModelItem>,
    ) {
        let index = self.next_index;
        self.next_index += 1;
        let reply = self.id.as_deref().unwrap_or_default();
        let Self { reading, calls, .. } = self;
        let new_id = |told: &str| {
            let is_taken = |id: &str| calls.iter().any(|call| call.as_str() == id);
            reading.asked.new_id(reply, index, told, is_taken)
        };
        let kind = Kind::of(item, &reading.freeform, new_id);
        if let Kind::Call { id, .. } | Kind::Custom { id, .. } = &kind {
            calls.push(id.clone());
        }
        let wire_index = wire_index.unwrap_or(u64::from(index));
        self.open
            .push_back(Open::begin(wire_index, index, kind, items));
    }

    fn delta(
        &mut self,
        event: &Event<'_>,
        part: Option<u64>,
        items: &mut VecDeque<ModelItem>,
    ) -> Result<(), Trouble> {
        let text = event.delta.map(|raw| serde_json::from_str(raw.get()));
        let Some(Ok(text)) = text else {
            return Err(garbage(format!("`{}` without its text", event.kind)));
        };
        let wire_index = event.output_index;
        let open = self.open.iter_mut().rev().find(|open| {
            open.whole.is_none() && wire_index.is_none_or(|index| index == open.wire_index)
        });
        let Some(open) = open else {
            return Err(garbage(format!(
                "`{}` for an item that is not open",
                event.kind
            )));
        };
        if let Some(part) = part {
            open.in_part(part, items);
        }
        open.add(text, items);
        Ok(())
    }

    fn close(&mut self, event: &Event<'_>, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let raw = item(event)?;
        let object = object(raw)?;
        let is_it = |open: &Open| {
            open.whole.is_none() && event.output_index.is_none_or(|i| i == open.wire_index)
        };
        if !self.open.iter().any(is_it) {
            self.begin(event.output_index, &object, items);
        }
        let stored = match self.reading.storing {
            Storing::Replies => self.id.as_deref(),
            Storing::Nothing => None,
        };
        if let Some(open) = self.open.iter_mut().find(|open| is_it(open)) {
            let aside = open.close(raw, &object, (&self.reading.from, stored), items);
            self.refusal.push_str(&aside.refusal);
        }
        self.hand_out(items);
        Ok(())
    }

    /// Hands out whole blocks, in the order of their places.
    fn hand_out(&mut self, items: &mut VecDeque<ModelItem>) {
        while let Some(open) = self.open.front_mut() {
            let Some(block) = open.whole.take() else {
                return;
            };
            let index = open.index;
            items.push_back(ModelItem::Block { index, block });
            self.open.pop_front();
        }
    }

    fn end(
        &mut self,
        event: &Event<'_>,
        items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        let whole = whole(event)?;
        if let Some(counts) = &whole.usage {
            items.push_back(ModelItem::Usage(counts.usage()));
        }
        // What was cut is missing, but for its text.
        for open in &mut self.open {
            if open.whole.is_none() {
                open.whole = open.cut_text();
            }
        }
        self.open.retain(|open| open.whole.is_some());
        self.hand_out(items);
        let why = whole.incomplete_details.and_then(|d| d.reason);
        let why = why.filter(|_| event.kind == "response.incomplete");
        let end = match why.as_deref() {
            _ if !self.refusal.is_empty() => ModelEnd::Declined {
                text: std::mem::take(&mut self.refusal),
            },
            Some("content_filter") => ModelEnd::Declined {
                text: "the provider's filter stopped the reply (`content_filter`)".to_owned(),
            },
            Some(_) => ModelEnd::Length,
            None if event.kind == "response.incomplete" => ModelEnd::Length,
            None => ModelEnd::Complete,
        };
        if end == ModelEnd::Complete
            && let (Some((chains, digest)), Some(id)) = (&self.reading.chain, &self.id)
        {
            chains.remember(id.clone(), *digest);
        }
        Ok(end)
    }
}

fn item<'a>(event: &Event<'a>) -> Result<&'a RawValue, Trouble> {
    event
        .item
        .ok_or_else(|| garbage(format!("`{}` without `item`", event.kind)))
}

fn object(raw: &RawValue) -> Result<RawObject, Trouble> {
    serde_json::from_str(raw.get())
        .map_err(|error| garbage(format!("an item is not as expected: {error}")))
}

fn whole<'a>(event: &Event<'a>) -> Result<Whole<'a>, Trouble> {
    let raw = event
        .response
        .ok_or_else(|| garbage(format!("`{}` without `response`", event.kind)))?;
    serde_json::from_str(raw.get()).map_err(|error| {
        garbage(format!(
            "`response` of `{}` is not as expected: {error}",
            event.kind
        ))
    })
}
