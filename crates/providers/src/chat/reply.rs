//! The reply: chunks of the wire become neutral items and whole blocks.

mod blocks;
mod call;
mod chunk;
mod think;

use super::{trouble, vendor::ReasoningBack};
use crate::{
    call_ids::Asked,
    exchange::{Hear, Heard, no_events},
    trouble::{Trouble, garbage},
};
use blocks::Blocks;
use chunk::{Choice, Chunk, Delta, WireCall};
use gimlet_ports::{Failure, ModelEnd, ModelItem};
use gimlet_protocol::{CallId, Usage};
use std::collections::VecDeque;
use think::{Said, Splitter};

/// Reads one reply.
#[derive(Debug)]
pub(super) struct Reply {
    asked: Asked,
    request_id: Option<String>,
    /// The provider's id of the reply, once it came.
    id: Option<String>,
    blocks: Blocks,
    /// Splits reasoning in tags from the text.
    splitter: Splitter,
    refusal: String,
    usage: Option<Usage>,
    finish: Option<String>,
}

impl Hear for Reply {
    fn set_request_id(&mut self, id: Option<String>) {
        self.request_id = id;
    }

    fn hear(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<Heard, Trouble> {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            if self.has_said_nothing() {
                return Err(garbage("the provider ended the reply before it began"));
            }
            return self.end(items).map(Heard::Over);
        }
        if !data.is_empty() {
            self.chunk(data, items)?;
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

    /// Some servers answer in one piece whatever they are asked.
    fn unstreamed(
        &mut self,
        kind: &str,
        body: &[u8],
        items: &mut VecDeque<ModelItem>,
    ) -> Result<ModelEnd, Trouble> {
        if !kind.contains("json") {
            return Err(no_events(kind, body));
        }
        self.chunk(body.trim_ascii(), items)?;
        if self.has_said_nothing() {
            return Err(no_events(kind, body));
        }
        self.end(items)
    }
}

impl Reply {
    /// A reply of which nothing was heard yet.
    pub(super) fn new(asked: Asked, from: String, reasoning_back: ReasoningBack) -> Self {
        Self {
            asked,
            request_id: None,
            id: None,
            blocks: Blocks::new(from, reasoning_back),
            splitter: Splitter::default(),
            refusal: String::new(),
            usage: None,
            finish: None,
        }
    }

    fn has_said_nothing(&self) -> bool {
        self.finish.is_none() && self.blocks.begun() == 0 && !self.splitter.is_holding()
    }

    fn chunk(&mut self, data: &[u8], items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let chunk = Chunk::read(data)?;
        if chunk.is_error() {
            return Err(trouble::of_event(data));
        }
        if self.id.is_none() {
            let id = chunk.id.as_deref().unwrap_or_default().to_owned();
            let named = (!id.is_empty()).then(|| id.clone());
            items.push_back(ModelItem::Started {
                model: chunk.model.as_deref().unwrap_or_default().to_owned(),
                request_id: self.request_id.clone().or(named),
            });
            self.id = Some(id);
        }
        if let Some(choice) = chunk.choice() {
            self.choice(choice, items)?;
        }
        if let Some(usage) = chunk.usage()
            && self.usage != Some(usage)
        {
            self.usage = Some(usage);
            items.push_back(ModelItem::Usage(usage));
        }
        Ok(())
    }

    fn choice(
        &mut self,
        choice: &Choice<'_>,
        items: &mut VecDeque<ModelItem>,
    ) -> Result<(), Trouble> {
        if let Some(delta) = choice.delta.as_ref().or(choice.message.as_ref()) {
            self.delta(delta, items)?;
        }
        let reason = choice.finish_reason.as_deref();
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    fn delta(&mut self, delta: &Delta<'_>, items: &mut VecDeque<ModelItem>) -> Result<(), Trouble> {
        let details = delta.details();
        let reasoned = delta.reasoning(&details);
        if let Some((member, text)) = &reasoned {
            self.blocks.think(text, *member, items);
        }
        self.blocks.keep_details(details);
        for said in delta.content()? {
            match said {
                Said::Text(text) => {
                    let split = self.splitter.push(&text);
                    self.say(split, items);
                }
                thought @ Said::Thought(_) => self.say(vec![thought], items),
            }
        }
        let refusal = delta.refusal.as_deref().unwrap_or_default();
        self.refusal.push_str(refusal);
        for wire in delta.calls()? {
            self.call(&wire, items);
        }
        Ok(())
    }

    fn say(&mut self, said: Vec<Said>, items: &mut VecDeque<ModelItem>) {
        for said in said {
            match said {
                Said::Text(text) => self.blocks.say(&text, items),
                Said::Thought(text) => self.blocks.think(&text, None, items),
            }
        }
    }

    fn call(&mut self, wire: &WireCall, items: &mut VecDeque<ModelItem>) {
        if let Some(call) = self.blocks.call_of(wire) {
            call.add(wire, items);
            return;
        }
        let held = self.splitter.rest();
        self.say(held, items);
        let id = self.new_id(wire.id.as_deref().unwrap_or_default());
        self.blocks.begin_call(id, wire, items);
    }

    fn new_id(&self, told: &str) -> CallId {
        let reply = self.id.as_deref().unwrap_or_default();
        let is_taken = |id: &str| self.blocks.has_call(id);
        self.asked
            .new_id(reply, self.blocks.begun(), told, is_taken)
    }

    fn end(&mut self, items: &mut VecDeque<ModelItem>) -> Result<ModelEnd, Trouble> {
        let reason = self.finish.take().unwrap_or_default();
        let finish = trouble::finish(&reason);
        if let trouble::Finish::Failed(class) = finish {
            let text = format!("the provider broke off and says why in a word: `{reason}`");
            return Err(Trouble::new(class, text));
        }
        let held = self.splitter.rest();
        self.say(held, items);
        if finish == trouble::Finish::Length {
            self.blocks.drop_unwritten_call();
        }
        self.blocks.finish(items);
        Ok(match finish {
            _ if !self.refusal.is_empty() => ModelEnd::Declined {
                text: std::mem::take(&mut self.refusal),
            },
            trouble::Finish::Filtered => ModelEnd::Declined {
                text: format!("the provider's filter stopped the reply (`{reason}`)"),
            },
            trouble::Finish::Length => ModelEnd::Length,
            trouble::Finish::Complete => ModelEnd::Complete,
            trouble::Finish::Failed(_) => ModelEnd::Failed {
                class: Failure::Garbage,
                text: reason,
                status: None,
                request_id: None,
            },
        })
    }
}
