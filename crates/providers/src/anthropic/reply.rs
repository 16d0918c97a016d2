//! The reply: events of the wire become neutral items and whole blocks.

mod block;
mod event;

use super::trouble;
use crate::{
    aws::{self, message::Message},
    exchange::{Hear, Heard, no_events},
    raw_object::RawObject,
    trouble::{Trouble, garbage},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use block::{Kind, Open};
use event::{Begun, Closing, Counts, Delta, Event, inner};
use gimlet_ports::{ModelEnd, ModelItem, StartedBlock};
use gimlet_protocol::{CallId, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::VecDeque};

/// Reads one reply.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// From the reply's headers; the message's own id is taken where there is none.
    request_id: Option<String>,
    /// Blocks in the order of their places. A whole one waits for those before it.
    blocks: VecDeque<Open>,
    /// The place of the next block that begins.
    next_index: u32,
    usage: Usage,
    stop: Option<Stopped>,
}

#[derive(Debug)]
struct Stopped {
    reason: String,
    explanation: Option<String>,
}

impl Hear for Reply {
    fn set_request_id(&mut self, id: Option<String>) {
        self.request_id = id;
    }

    fn hear(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<Heard, Trouble> {
        let event = Event::read(data)?;
        match &*event.kind {
            "content_block_delta" => self.delta(&event, items)?,
            "content_block_start" => self.start(&event, items)?,
            "content_block_stop" => {
                self.open(&event)?.whole = true;
                self.hand_out(items);
            }
            "message_start" => self.begin(&event, items)?,
            "message_delta" => self.close(&event, items)?,
            "message_stop" => return Ok(Heard::Over(self.end(items))),
            "error" => return Err(trouble::of_event(data)),
            "ping" => items.push_back(ModelItem::Heartbeat),
            // The provider adds kinds of events; what is not known is not needed.
            _ => {}
        }
        Ok(Heard::More)
    }

    /// Bedrock wraps each event: base64 in JSON in Amazon's framing.
    fn hear_message(
        &mut self,
        message: &Message<'_>,
        items: &mut VecDeque<ModelItem>,
    ) -> Result<Heard, Trouble> {
        #[derive(Deserialize)]
        struct Wrapped<'a> {
            #[serde(borrow)]
            bytes: Cow<'a, str>,
        }
        let Message {
            kind,
            name,
            text,
            payload,
        } = message;
        if *kind != "event" {
            return Err(aws::trouble::of_exception(name, text, payload));
        }
        if *name != "chunk" {
            return Ok(Heard::More);
        }
        let wrapped: Wrapped<'_> = serde_json::from_slice(payload)
            .map_err(|error| garbage(format!("a chunk is not as expected: {error}")))?;
        let event = BASE64_STANDARD
            .decode(wrapped.bytes.as_bytes())
            .map_err(|error| garbage(format!("a chunk is no base64: {error}")))?;
        self.hear(&event, items)
    }

    fn ended(&mut self, _items: &mut VecDeque<ModelItem>) -> Option<ModelEnd> {
        None
    }

    fn unstreamed(
        &mut self,
        kind: &str,
        body: &[u8],
        items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        if kind.contains("json") && body.starts_with(br#"{"type":"error""#) {
            return Err(trouble::of_event(body));
        }
        // Some gateways answer in one piece whatever they are asked.
        let whole: Result<Whole<'_>, _> = serde_json::from_slice(body);
        match whole {
            Ok(whole) if kind.contains("json") => self.whole(&whole, body, items),
            Ok(_) | Err(_) => Err(no_events(kind, body)),
        }
    }
}

/// A message in one piece.
#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
    /// A message without one is not whole.
    stop_reason: String,
}

impl Reply {
    /// Takes a whole message as the events that it would have been.
    fn whole(
        &mut self,
        whole: &Whole<'_>,
        body: &[u8],
        items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        let message = String::from_utf8_lossy(body);
        let mut events = vec![format!(r#"{{"type":"message_start","message":{message}}}"#)];
        for (at, block) in whole.content.iter().enumerate() {
            events.push(format!(
                r#"{{"type":"content_block_start","index":{at},"content_block":{block}}}"#
            ));
            events.push(format!(r#"{{"type":"content_block_stop","index":{at}}}"#));
        }
        let reason = serde_json::json!(whole.stop_reason);
        events.push(format!(
            r#"{{"type":"message_delta","delta":{{"stop_reason":{reason}}}}}"#
        ));
        for event in events {
            self.hear(event.as_bytes(), items)?;
        }
        Ok(self.end(items))
    }

    fn begin(&mut self, event: &Event<'_>, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let begun: Begun = inner(event.message, "message_start", "message")?;
        let request_id = self.request_id.clone().or(begun.id);
        items.push_back(ModelItem::Started {
            model: begun.model.unwrap_or_default(),
            request_id,
        });
        if let Some(counts) = begun.usage {
            self.count(&counts, items);
        }
        Ok(())
    }

    fn close(&mut self, event: &Event<'_>, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        if let Some(usage) = event.usage {
            let counts: Counts = inner(Some(usage), "message_delta", "usage")?;
            self.count(&counts, items);
        }
        let closing: Closing = inner(event.delta, "message_delta", "delta")?;
        if let Some(reason) = closing.stop_reason {
            let explanation = closing.stop_details.and_then(|details| details.explanation);
            self.stop = Some(Stopped {
                reason,
                explanation,
            });
        }
        Ok(())
    }

    fn count(&mut self, counts: &Counts, items: &mut VecDeque<ModelItem>) {
        let thinking = counts
            .output_tokens_details
            .as_ref()
            .and_then(|d| d.thinking_tokens);
        let usage = &mut self.usage;
        for (count, told) in [
            (&mut usage.input_tokens, counts.input_tokens),
            (&mut usage.output_tokens, counts.output_tokens),
            (&mut usage.cache_read_tokens, counts.cache_read_input_tokens),
            (
                &mut usage.cache_write_tokens,
                counts.cache_creation_input_tokens,
            ),
            (&mut usage.thinking_tokens, thinking),
        ] {
            *count = told.unwrap_or(*count);
        }
        items.push_back(ModelItem::Usage(*usage));
    }

    fn start(&mut self, event: &Event<'_>, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let wire_index = event.block_index()?;
        let head: RawObject = inner(event.content_block, "content_block_start", "content_block")?;
        let index = self.next_index;
        self.next_index += 1;
        let (kind, block) = match head.string("type").as_deref() {
            Some("text") => (Kind::Text, StartedBlock::Text),
            Some("thinking") => (Kind::Thinking, StartedBlock::Thought),
            Some("redacted_thinking") => (Kind::Redacted, StartedBlock::Thought),
            Some("tool_use") => {
                let id = CallId(head.string("id").unwrap_or_default());
                let tool = head.string("name").unwrap_or_default();
                (Kind::Call, StartedBlock::Call { id, tool })
            }
            Some(_) => (Kind::Kept, StartedBlock::Kept),
            None => return Err(garbage("a block begins without a type")),
        };
        items.push_back(ModelItem::BlockStarted { index, block });
        let mut open = Open {
            wire_index,
            index,
            kind,
            head,
            text: String::new(),
            signature: String::new(),
            citations: Vec::new(),
            whole: false,
        };
        open.take_first_words(items);
        self.blocks.push_back(open);
        Ok(())
    }

    fn open(&mut self, event: &Event<'_>) -> Result<&mut Open, Trouble> {
        let wire_index = event.block_index()?;
        let open = self
            .blocks
            .iter_mut()
            .find(|open| open.wire_index == wire_index && !open.whole);
        open.ok_or_else(|| garbage(format!("`{}` for a block that is not open", event.kind)))
    }

    fn delta(&mut self, event: &Event<'_>, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let raw = event.delta;
        let open = self.open(event)?;
        let delta: Delta<'_> = match raw.map(|raw| serde_json::from_str(raw.get())) {
            Some(Ok(delta)) => delta,
            Some(Err(_)) if open.kind == Kind::Kept => return open.merge(raw),
            Some(Err(error)) => {
                return Err(garbage(format!("a delta is not as expected: {error}")));
            }
            None => return Err(garbage("`content_block_delta` without a delta")),
        };
        let index = open.index;
        match (&*delta.kind, open.kind) {
            ("text_delta", Kind::Text) => {
                let text = delta.text.unwrap_or_default();
                open.text.push_str(&text);
                items.push_back(ModelItem::TextDelta { index, text });
            }
            ("thinking_delta", Kind::Thinking) => {
                let text = delta.thinking.unwrap_or_default();
                open.text.push_str(&text);
                items.push_back(ModelItem::ThoughtDelta { index, text });
            }
            ("signature_delta", Kind::Thinking) => {
                open.signature
                    .push_str(&delta.signature.unwrap_or_default());
            }
            ("input_json_delta", Kind::Call) => {
                let json = delta.partial_json.unwrap_or_default();
                open.text.push_str(&json);
                items.push_back(ModelItem::InputDelta { index, json });
            }
            ("input_json_delta", Kind::Kept) => {
                open.text.push_str(&delta.partial_json.unwrap_or_default());
            }
            ("citations_delta", Kind::Text) => open.citations.extend(delta.citation),
            (_, Kind::Kept) => return open.merge(raw),
            // A new kind of delta beside the known ones adds nothing that can be shown.
            _ => {}
        }
        Ok(())
    }

    /// Hands out whole blocks, in the order of their places.
    fn hand_out(&mut self, items: &mut VecDeque<ModelItem>) {
        while self.blocks.front().is_some_and(|open| open.whole) {
            if let Some(open) = self.blocks.pop_front() {
                let index = open.index;
                items.push_back(ModelItem::Block {
                    index,
                    block: open.finish(),
                });
            }
        }
    }

    fn end(&mut self, items: &mut VecDeque<ModelItem>) -> ModelEnd {
        let stopped = self.stop.take();
        let reason = stopped
            .as_ref()
            .map_or("", |stopped| stopped.reason.as_str());
        let end = match reason {
            "pause_turn" => ModelEnd::Paused,
            "max_tokens" | "model_context_window_exceeded" => ModelEnd::Length,
            "refusal" => {
                let said = stopped.and_then(|stopped| stopped.explanation);
                let text = said.unwrap_or_else(|| "the model declined to answer".to_owned());
                ModelEnd::Declined { text }
            }
            _ => ModelEnd::Complete,
        };
        // What was cut is missing; what merely lacks its end mark is whole.
        if end != ModelEnd::Length {
            for open in &mut self.blocks {
                open.whole = true;
            }
        }
        self.hand_out(items);
        end
    }
}
