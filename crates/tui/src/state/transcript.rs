//! What was said and done, in order, and how much of it stands in the scrollback already.

use super::{
    cells::{CallCell, Cell, Kind, Stage, Tone},
    prose::Prose,
};
use crate::draw::{self, Look};
use gimlet_protocol::{CallId, EntryId, ReplyId, Timestamp};
use ratatui::text::Line;
use serde_json::Value;
use std::collections::BTreeMap;

/// The transcript of a session.
#[derive(Debug, Default)]
pub struct Transcript {
    cells: Vec<Cell>,
    /// Cells that were handed over whole.
    settled: usize,
    /// True when a part of the next cell was handed over.
    begun: bool,
    /// Where open calls stand.
    open_calls: BTreeMap<CallId, usize>,
    /// Where the blocks of the reply that streams stand.
    streams: BTreeMap<u32, usize>,
    reply: Option<ReplyId>,
    /// Signals were lost: what streams is not shown until it is a fact.
    gapped: bool,
}

impl Transcript {
    /// All cells.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Lines that are finished and were not handed over yet.
    pub fn settle(&mut self, look: &Look<'_>, rests: bool) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let count = self.cells.len();
        while self.settled < count {
            let at = self.settled;
            let is_last = at + 1 == count;
            let gap = draw::gap(
                at.checked_sub(1).and_then(|before| self.cells.get(before)),
                self.cells.get(at),
            );
            let Some(cell) = self.cells.get_mut(at) else {
                break;
            };
            if let Kind::Said(prose) = &mut cell.kind {
                let more =
                    draw::prose(prose.take_settled(draw::prose_columns(look.columns), look.theme));
                if !more.is_empty() {
                    if gap && !self.begun {
                        lines.push(Line::default());
                    }
                    self.begun = true;
                    lines.extend(more);
                }
                if !prose.is_taken() {
                    break;
                }
            } else if is_finished(cell, is_last, rests) {
                let drawn = draw::cell(cell, look);
                if gap && !drawn.is_empty() {
                    lines.push(Line::default());
                }
                lines.extend(drawn);
            } else {
                break;
            }
            self.settled += 1;
            self.begun = false;
        }
        lines
    }

    /// Lines that may still change.
    pub fn open(&self, look: &Look<'_>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for at in self.settled..self.cells.len() {
            let Some(cell) = self.cells.get(at) else {
                break;
            };
            let before = at.checked_sub(1).and_then(|before| self.cells.get(before));
            let is_first = at == self.settled;
            let drawn = match &cell.kind {
                Kind::Said(prose) if is_first => {
                    draw::prose(prose.open(draw::prose_columns(look.columns), look.theme))
                }
                Kind::Said(_)
                | Kind::Person { .. }
                | Kind::Thought { .. }
                | Kind::Calls(_)
                | Kind::Note { .. }
                | Kind::Shell { .. } => draw::cell(cell, look),
            };
            if drawn.is_empty() {
                continue;
            }
            if draw::gap(before, Some(cell)) && !(is_first && self.begun) {
                lines.push(Line::default());
            }
            lines.extend(drawn);
        }
        lines
    }

    /// The lines of one cell with the empty line before it, where there is one.
    pub fn lines_of(&self, at: usize, look: &Look<'_>) -> Vec<Line<'static>> {
        let Some(cell) = self.cells.get(at) else {
            return Vec::new();
        };
        let before = at.checked_sub(1).and_then(|before| self.cells.get(before));
        let mut lines = draw::cell(cell, look);
        if draw::gap(before, Some(cell)) && !lines.is_empty() {
            lines.insert(0, Line::default());
        }
        lines
    }

    /// Leaves what stands before the last `turns` prompts out of the scrollback, and tells how
    /// many cells these are.
    pub fn skip_to_last(&mut self, turns: usize) -> usize {
        let prompts = self.cells.iter().enumerate().rev();
        let mut prompts = prompts.filter(|(_, cell)| matches!(cell.kind, Kind::Person { .. }));
        if let Some((at, _)) = prompts.nth(turns.saturating_sub(1))
            && at > self.settled
        {
            self.settled = at;
            self.begun = false;
        }
        self.settled
    }

    /// Everything is handed over anew.
    pub fn start_over(&mut self) {
        self.settled = 0;
        self.begun = false;
        for cell in &mut self.cells {
            if let Kind::Said(prose) = &mut cell.kind {
                prose.start_over();
            }
        }
    }

    pub(crate) fn push(&mut self, entry: Option<EntryId>, at: Timestamp, kind: Kind) {
        self.cells.push(Cell {
            entry,
            at,
            struck: false,
            kind,
        });
    }

    /// Adds a note.
    pub fn note(&mut self, entry: Option<EntryId>, at: Timestamp, tone: Tone, text: String) {
        self.push(entry, at, Kind::Note { tone, text });
    }

    /// The call of that id that has not ended.
    pub(super) fn open_call(&mut self, id: &CallId) -> Option<&mut CallCell> {
        let at = *self.open_calls.get(id)?;
        match &mut self.cells.get_mut(at)?.kind {
            Kind::Calls(calls) => calls.iter_mut().find(|call| call.id == *id),
            Kind::Person { .. }
            | Kind::Said(_)
            | Kind::Thought { .. }
            | Kind::Note { .. }
            | Kind::Shell { .. } => None,
        }
    }

    pub(super) fn has_open_calls(&self) -> bool {
        !self.open_calls.is_empty()
    }

    /// A call is shown, beside its like where it only looks.
    pub(super) fn call(&mut self, entry: Option<EntryId>, at: Timestamp, call: CallCell) {
        if let Some(known) = self.open_call(&call.id) {
            known.tool = call.tool;
            known.input = call.input;
            known.stage = call.stage;
            return;
        }
        let id = call.id.clone();
        let last = self
            .cells
            .len()
            .checked_sub(1)
            .filter(|last| *last >= self.settled);
        if let Some(last) = last
            && let Some(Cell {
                kind: Kind::Calls(calls),
                ..
            }) = self.cells.get_mut(last)
            && call.only_looks()
            && calls.iter().all(CallCell::only_looks)
        {
            calls.push(call);
            self.open_calls.insert(id, last);
            return;
        }
        self.open_calls.insert(id, self.cells.len());
        self.push(entry, at, Kind::Calls(vec![call]));
    }

    pub(super) fn call_ended(&mut self, id: &CallId) {
        self.open_calls.remove(id);
    }

    /// A reply begins; what streamed of another and became no fact is cut short.
    pub(super) fn reply_began(&mut self, reply: &ReplyId) {
        if self.reply.as_ref() != Some(reply) {
            self.drop_streams();
            self.reply = Some(reply.clone());
            self.gapped = false;
        }
    }

    /// What streamed and became no fact goes where it can still go, and is closed elsewhere.
    pub(super) fn drop_streams(&mut self) {
        let mut places: Vec<usize> = std::mem::take(&mut self.streams).into_values().collect();
        places.sort_unstable();
        for at in places.into_iter().rev() {
            let is_last = at + 1 == self.cells.len();
            let is_untouched = at > self.settled || (at == self.settled && !self.begun);
            let has_facts = self.cells.get(at).is_some_and(|cell| match &cell.kind {
                Kind::Calls(calls) => calls.iter().any(|call| call.stage != Stage::Written),
                Kind::Person { .. }
                | Kind::Said(_)
                | Kind::Thought { .. }
                | Kind::Note { .. }
                | Kind::Shell { .. } => cell.entry.is_some(),
            });
            if is_last && is_untouched && !has_facts {
                self.cells.pop();
                self.open_calls.retain(|_, place| *place != at);
                continue;
            }
            match self.cells.get_mut(at).map(|cell| &mut cell.kind) {
                Some(Kind::Said(prose)) => prose.finish(),
                Some(Kind::Thought { took_ms, .. }) if took_ms.is_none() => *took_ms = Some(0),
                Some(Kind::Calls(calls)) => {
                    calls.retain(|call| call.stage != Stage::Written);
                    let open = &mut self.open_calls;
                    open.retain(|id, place| {
                        *place != at || calls.iter().any(|call| call.id == *id)
                    });
                }
                Some(
                    Kind::Thought { .. }
                    | Kind::Person { .. }
                    | Kind::Note { .. }
                    | Kind::Shell { .. },
                )
                | None => {}
            }
        }
        self.reply = None;
    }

    pub(super) fn signals_lost(&mut self) {
        self.gapped = true;
    }

    /// A block of the reply that streams begins.
    pub(super) fn block(&mut self, reply: &ReplyId, index: u32, at: Timestamp, begins: Block) {
        self.reply_began(reply);
        if self.gapped || self.streams.contains_key(&index) {
            return;
        }
        match begins {
            Block::Text => {
                self.streams.insert(index, self.cells.len());
                self.push(None, at, Kind::Said(Prose::default()));
            }
            Block::Thought => {
                self.streams.insert(index, self.cells.len());
                self.push(
                    None,
                    at,
                    Kind::Thought {
                        text: String::new(),
                        took_ms: None,
                    },
                );
            }
            Block::Call(id, tool) => {
                let call = CallCell::new(id.clone(), tool, Value::Null, Stage::Written);
                self.call(None, at, call);
                if let Some(place) = self.open_calls.get(&id) {
                    self.streams.insert(index, *place);
                }
            }
        }
    }

    pub(super) fn text_delta(&mut self, index: u32, piece: &str) {
        if self.gapped {
            return;
        }
        let place = self.streams.get(&index).copied();
        match place
            .and_then(|at| self.cells.get_mut(at))
            .map(|cell| &mut cell.kind)
        {
            Some(Kind::Said(prose)) => prose.push(piece),
            Some(Kind::Thought { text, .. }) => text.push_str(piece),
            Some(Kind::Calls(_) | Kind::Person { .. } | Kind::Note { .. } | Kind::Shell { .. })
            | None => {}
        }
    }

    /// A text became a fact.
    pub(super) fn said(&mut self, entry: EntryId, at: Timestamp, reply: &ReplyId, text: &str) {
        if self.reply.as_ref() == Some(reply) {
            let first = self.streams.iter().find(|(_, place)| {
                let cell = self.cells.get(**place);
                cell.is_some_and(|cell| matches!(&cell.kind, Kind::Said(prose) if !prose.is_done()))
            });
            if let Some((index, place)) = first.map(|(index, place)| (*index, *place)) {
                self.streams.remove(&index);
                if let Some(cell) = self.cells.get_mut(place) {
                    cell.entry = Some(entry);
                    if let Kind::Said(prose) = &mut cell.kind {
                        prose.settle_on(text);
                    }
                }
                return;
            }
        }
        self.push(Some(entry), at, Kind::Said(Prose::whole(text)));
    }

    /// A thought became a fact.
    pub(super) fn thought(&mut self, entry: EntryId, at: Timestamp, reply: &ReplyId, text: &str) {
        if self.reply.as_ref() == Some(reply) {
            let first = self.streams.iter().find(|(_, place)| {
                let cell = self.cells.get(**place);
                // It may be over already, because something else began.
                let waits =
                    |cell: &Cell| cell.entry.is_none() && matches!(cell.kind, Kind::Thought { .. });
                cell.is_some_and(waits)
            });
            if let Some((index, place)) = first.map(|(index, place)| (*index, *place)) {
                self.streams.remove(&index);
                if let Some(cell) = self.cells.get_mut(place) {
                    cell.entry = Some(entry);
                    let since = cell.at;
                    text.clone_into(match &mut cell.kind {
                        Kind::Thought { text, took_ms } => {
                            took_ms.get_or_insert(at.0.saturating_sub(since.0));
                            text
                        }
                        Kind::Said(_)
                        | Kind::Person { .. }
                        | Kind::Calls(_)
                        | Kind::Note { .. }
                        | Kind::Shell { .. } => return,
                    });
                }
                return;
            }
        }
        let text = text.to_owned();
        self.push(
            Some(entry),
            at,
            Kind::Thought {
                text,
                took_ms: Some(0),
            },
        );
    }

    /// The thought that streams is over when something else begins.
    pub(super) fn thinking_ended(&mut self, now: Timestamp) {
        for place in self.streams.values() {
            if let Some(cell) = self.cells.get_mut(*place)
                && let Kind::Thought {
                    took_ms: took @ None,
                    ..
                } = &mut cell.kind
            {
                *took = Some(now.0.saturating_sub(cell.at.0));
            }
        }
    }

    /// What is not in these ranges of entries is no longer part of the conversation, and what is
    /// in them is again.
    pub(super) fn strike_all_but(&mut self, ranges: &[(EntryId, EntryId)]) {
        for cell in &mut self.cells {
            if let Some(entry) = cell.entry {
                let is_in = |(first, last): &(EntryId, EntryId)| *first <= entry && entry <= *last;
                cell.struck = !ranges.iter().any(is_in);
            }
        }
    }

    /// The call that runs; where several do, the newest that can have reached a host.
    pub(super) fn running_call(&mut self) -> Option<&mut CallCell> {
        let open = self.open_calls.values().copied();
        let mut places: Vec<usize> = open.collect();
        places.sort_unstable();
        let cells = &self.cells;
        let runs = |call: &CallCell| call.stage == Stage::Running && !call.only_looks();
        let at = places.into_iter().rev().find(|at| {
            matches!(cells.get(*at).map(|cell| &cell.kind), Some(Kind::Calls(calls)) if calls.iter().any(runs))
        })?;
        match &mut self.cells.get_mut(at)?.kind {
            Kind::Calls(calls) => calls.iter_mut().rev().find(|call| runs(call)),
            Kind::Person { .. }
            | Kind::Said(_)
            | Kind::Thought { .. }
            | Kind::Note { .. }
            | Kind::Shell { .. } => None,
        }
    }

    /// A command of the person's own.
    pub fn shell(&mut self, at: Timestamp, command: String) {
        let kind = Kind::Shell {
            command,
            output: String::new(),
            code: None,
            done: false,
        };
        self.push(None, at, kind);
    }

    /// The person's own command has ended.
    pub fn shell_ended(&mut self, printed: &str, exit: Option<i32>) {
        let open = self
            .cells
            .iter_mut()
            .rev()
            .find_map(|cell| match &mut cell.kind {
                Kind::Shell {
                    output, code, done, ..
                } if !*done => Some((output, code, done)),
                Kind::Shell { .. }
                | Kind::Said(_)
                | Kind::Thought { .. }
                | Kind::Person { .. }
                | Kind::Calls(_)
                | Kind::Note { .. } => None,
            });
        if let Some((output, code, done)) = open {
            printed.clone_into(output);
            *code = exit;
            *done = true;
        }
    }
}

/// What a block of a reply is.
pub(super) enum Block {
    Text,
    Thought,
    Call(CallId, String),
}

fn is_finished(cell: &Cell, is_last: bool, rests: bool) -> bool {
    match &cell.kind {
        Kind::Person { .. } | Kind::Note { .. } => true,
        Kind::Said(prose) => prose.is_done(),
        Kind::Thought { took_ms, .. } => took_ms.is_some(),
        Kind::Shell { done, .. } => *done,
        Kind::Calls(calls) => {
            let may_grow = is_last && !rests && calls.iter().all(CallCell::only_looks);
            calls.iter().all(CallCell::is_done) && !may_grow
        }
    }
}
