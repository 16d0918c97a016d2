//! The blocks of a reply, from their first words to their whole forms.

use super::{
    call::OpenCall,
    chunk::{WireCall, detail_type, merge_detail},
};
use crate::{
    chat::{
        kept::{KeptThought, keep},
        vendor::ReasoningBack,
    },
    raw_object::RawObject,
};
use gimlet_ports::{ModelItem, ReplyBlock, StartedBlock};
use gimlet_protocol::CallId;
use std::collections::VecDeque;

/// Blocks in the order of their places. A whole one waits for those before it.
#[derive(Debug)]
pub(super) struct Blocks {
    /// The provider and the model.
    from: String,
    reasoning_back: ReasoningBack,
    open: VecDeque<Open>,
    next_index: u32,
    /// Blanks before the first word of a text. Many models put blank lines before their
    /// calls, and no block is made of them alone.
    blank: String,
    /// Reasoning that only the provider reads, and that came outside of readable reasoning.
    late: Vec<RawObject>,
}

#[derive(Debug)]
struct Open {
    index: u32,
    kind: Kind,
    whole: bool,
}

#[derive(Debug)]
enum Kind {
    Text(String),
    Thought(Thought),
    Call(OpenCall),
}

#[derive(Debug, Default)]
struct Thought {
    text: String,
    /// The member in which it came.
    member: Option<&'static str>,
    details: Vec<RawObject>,
}

impl Blocks {
    pub(super) fn new(from: String, reasoning_back: ReasoningBack) -> Self {
        Self {
            from,
            reasoning_back,
            open: VecDeque::new(),
            next_index: 0,
            blank: String::new(),
            late: Vec::new(),
        }
    }

    /// How many blocks began.
    pub(super) fn begun(&self) -> u32 {
        self.next_index
    }

    /// Adds to the text, or begins one.
    pub(super) fn say(&mut self, text: &str, items: &mut VecDeque<ModelItem>) {
        if let Some((index, Kind::Text(said))) = self.last_open() {
            said.push_str(text);
            items.push_back(text_delta(index, text));
            return;
        }
        self.blank.push_str(text);
        if self.blank.trim().is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.blank);
        self.close(items);
        let index = self.begin(StartedBlock::Text, items);
        items.push_back(text_delta(index, &text));
        self.push(index, Kind::Text(text));
    }

    /// Adds to the reasoning, or begins one.
    pub(super) fn think(
        &mut self,
        text: &str,
        member: Option<&'static str>,
        items: &mut VecDeque<ModelItem>,
    ) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.last_open(), Some((_, Kind::Thought(_)))) {
            self.close(items);
            let index = self.begin(StartedBlock::Thought, items);
            let thought = Thought {
                member,
                ..Thought::default()
            };
            self.push(index, Kind::Thought(thought));
        }
        if let Some((index, Kind::Thought(thought))) = self.last_open() {
            thought.text.push_str(text);
            let text = text.to_owned();
            items.push_back(ModelItem::ThoughtDelta { index, text });
        }
    }

    /// Takes what belongs to the open reasoning, or to none.
    pub(super) fn keep_details(&mut self, details: Vec<RawObject>) {
        let into = match self.open.back_mut() {
            Some(Open {
                kind: Kind::Thought(thought),
                whole: false,
                ..
            }) => &mut thought.details,
            _ => &mut self.late,
        };
        for detail in details {
            let merges = into
                .last()
                .is_some_and(|last| detail_type(last) == detail_type(&detail));
            match into.last_mut().filter(|_| merges) {
                Some(last) => merge_detail(last, &detail),
                None => into.push(detail),
            }
        }
    }

    /// The call that a piece belongs to; `None` where it begins another.
    pub(super) fn call_of(&mut self, wire: &WireCall) -> Option<&mut OpenCall> {
        let mut calls = self
            .open
            .iter_mut()
            .rev()
            .filter_map(|open| match &mut open.kind {
                Kind::Call(call) => Some(call),
                Kind::Text(_) | Kind::Thought(_) => None,
            });
        calls
            .find(|call| call.may_go_on(wire))
            .filter(|call| !call.is_over_before(wire))
    }

    pub(super) fn has_call(&self, id: &str) -> bool {
        self.open
            .iter()
            .any(|open| matches!(&open.kind, Kind::Call(call) if call.id().as_str() == id))
    }

    pub(super) fn begin_call(
        &mut self,
        id: CallId,
        wire: &WireCall,
        items: &mut VecDeque<ModelItem>,
    ) {
        self.close(items);
        let index = self.next_index;
        self.next_index += 1;
        let mut call = OpenCall::begin(index, id, wire);
        call.add(wire, items);
        self.push(index, Kind::Call(call));
    }

    /// A reply that was cut may leave a call whose input never began.
    pub(super) fn drop_unwritten_call(&mut self) {
        let unwritten = |open: &Open| matches!(&open.kind, Kind::Call(call) if call.is_unwritten());
        if self.open.back().is_some_and(unwritten) {
            self.open.pop_back();
        }
    }

    /// Hands out everything.
    pub(super) fn finish(&mut self, items: &mut VecDeque<ModelItem>) {
        if !self.late.is_empty() && self.reasoning_back != ReasoningBack::Dropped {
            let index = self.begin(StartedBlock::Thought, items);
            let details = std::mem::take(&mut self.late);
            let thought = Thought {
                details,
                ..Thought::default()
            };
            self.push(index, Kind::Thought(thought));
        }
        for open in &mut self.open {
            open.whole = true;
        }
        self.hand_out(items);
    }

    /// Hands out whole blocks, in the order of their places.
    fn hand_out(&mut self, items: &mut VecDeque<ModelItem>) {
        while self.open.front().is_some_and(|open| open.whole) {
            if let Some(Open { index, kind, .. }) = self.open.pop_front() {
                let block = match kind {
                    Kind::Text(text) => ReplyBlock::Text { text, opaque: None },
                    Kind::Thought(thought) => thought.finish(&self.from, self.reasoning_back),
                    Kind::Call(call) => call.finish(&self.from, items),
                };
                items.push_back(ModelItem::Block { index, block });
            }
        }
    }

    fn last_open(&mut self) -> Option<(u32, &mut Kind)> {
        let open = self.open.back_mut().filter(|open| !open.whole)?;
        Some((open.index, &mut open.kind))
    }

    /// Ends the text or reasoning that is open. Calls stay open, since their pieces may be
    /// mixed.
    fn close(&mut self, items: &mut VecDeque<ModelItem>) {
        self.blank.clear();
        if let Some(open) = self.open.back_mut() {
            match open.kind {
                Kind::Text(_) | Kind::Thought(_) => open.whole = true,
                Kind::Call(_) => {}
            }
        }
        self.hand_out(items);
    }

    fn begin(&mut self, block: StartedBlock, items: &mut VecDeque<ModelItem>) -> u32 {
        let index = self.next_index;
        self.next_index += 1;
        items.push_back(ModelItem::BlockStarted { index, block });
        index
    }

    fn push(&mut self, index: u32, kind: Kind) {
        self.open.push_back(Open {
            index,
            kind,
            whole: false,
        });
    }
}

impl Thought {
    fn finish(self, from: &str, back: ReasoningBack) -> ReplyBlock {
        let kept = KeptThought {
            from: from.to_owned(),
            member: self.member.map(str::to_owned),
            details: self.details,
        };
        let tells = kept.member.is_some() || !kept.details.is_empty();
        let opaque = if tells && back != ReasoningBack::Dropped {
            keep(&kept)
        } else {
            None
        };
        ReplyBlock::Thought {
            text: self.text,
            opaque,
        }
    }
}

fn text_delta(index: u32, text: &str) -> ModelItem {
    let text = text.to_owned();
    ModelItem::TextDelta { index, text }
}
