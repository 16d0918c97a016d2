//! One request to the model: from sending it to the facts of its reply.

use crate::{
    budget::{self, Allowance},
    compact::Trigger,
    driver::{Driver, StopOnDrop},
    inbox::{After, Command, Working},
    options::Compaction,
    retry::{Recovery, recovery},
};
use futures::StreamExt as _;
use gimlet_ports::{
    Failure, LogFault, Model, ModelCard, ModelEnd, ModelItem, ModelRequest, ReplyBlock,
    StartedBlock, Stop, ToolChoice, WireBytes,
};
use gimlet_protocol::{
    Asker, CallId, Called, Change, DOOR, Fact, Fault, Finish, Kept, Message, NoteKind, Noted,
    ReplyId, RequestCost, Said, SessionState, Signal, Spent, Usage, through_door,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// What the last request carried, to tell how much of it the next one keeps.
pub(crate) struct Sent {
    model: String,
    messages: Vec<Arc<Message>>,
    bytes: u64,
}

/// How long a request waits before it asks again for money that others may need.
const PURSE_PAUSE: Duration = Duration::from_millis(20);
/// Replies in a row that the output limit may cut before the turn ends.
const MOST_CUTS: u32 = 3;

impl Driver {
    /// Asks the model, again where that helps, and records what came of it.
    pub(crate) async fn sample(&mut self) -> Result<(), LogFault> {
        self.enter(SessionState::Running);
        self.record_due()?;
        let mut compacted = false;
        loop {
            let model = match self.parts.models.model(self.index.model()) {
                Ok(model) => model,
                Err(text) => {
                    let class = Failure::NoModel.name().to_owned();
                    return self.record(vec![Fact::Faulted(Fault::Model {
                        class,
                        text,
                        status: None,
                    })]);
                }
            };
            let options = &self.parts.options;
            let wanted = options
                .max_output_tokens
                .unwrap_or(model.card().max_output_tokens);
            let (allowed, mut hold) = match budget::allowance(
                &self.index,
                &options.limits,
                &options.purse,
                model.card(),
                wanted,
            ) {
                Allowance::Granted { tokens, hold } => (tokens, hold),
                Allowance::Wait => {
                    if self.pause(PURSE_PAUSE).await == After::Halt {
                        return Ok(());
                    }
                    continue;
                }
                Allowance::Over(fault) => return self.record(vec![Fact::Faulted(fault)]),
            };
            // After the limits: a summary costs too.
            if !compacted && self.is_nearly_full(model.card()) {
                compacted = true;
                self.compact(&*model, Trigger::Auto).await?;
                if !self.index.owes_reply() {
                    return Ok(());
                }
                continue;
            }
            let asked = self.ask(&*model, allowed).await?;
            let Some(failed) = asked else {
                return Ok(());
            };
            // The failures stand in the log, so that a crash makes them no fewer. The last one is
            // written together with what follows from it.
            let attempt = self.index.turn().failed_in_a_row + 1;
            let mut facts = vec![failed.spent.clone()];
            if failed.class == Failure::TooLong
                && !std::mem::replace(&mut compacted, true)
                && self.parts.options.compaction != Compaction::Never
            {
                self.record(std::mem::take(&mut facts))?;
                drop(hold.take());
                if self.compact(&*model, Trigger::Auto).await? {
                    if !self.index.owes_reply() {
                        return Ok(());
                    }
                    continue;
                }
            }
            match recovery(failed.class, attempt, &self.parts.options.retry) {
                Recovery::Again { pause, max } => {
                    self.record(facts)?;
                    drop(hold.take());
                    self.show(&Signal::Retrying {
                        attempt,
                        max,
                        wait_ms: milliseconds(pause),
                        class: failed.class.name().to_owned(),
                        text: failed.text.clone(),
                        status: failed.status,
                    });
                    if self.pause(pause).await == After::Halt {
                        return Ok(());
                    }
                }
                Recovery::Elsewhere if self.next_model().is_some() => {
                    let next = self.next_model().unwrap_or_default();
                    let why = Some(format!("{}: {}", failed.class.name(), failed.text));
                    facts.push(Fact::Configured(Change::Model { model: next, why }));
                    self.record(facts)?;
                }
                Recovery::Elsewhere | Recovery::Stop => {
                    facts.push(Fact::Faulted(failed.fault()));
                    return self.record(facts);
                }
            }
        }
    }

    /// Notes what the model should be told with this request.
    fn record_due(&mut self) -> Result<(), LogFault> {
        let due = self.parts.reminders.iter().flat_map(|source| source.due());
        let mode = self.index.news_of_mode().map(str::to_owned);
        let kind = NoteKind::Reminder;
        let facts: Vec<Fact> = mode
            .into_iter()
            .chain(due)
            .map(|text| Fact::Noted(Noted { kind, text }))
            .collect();
        if facts.is_empty() {
            Ok(())
        } else {
            self.record(facts)
        }
    }

    /// The fallback after the model in use.
    fn next_model(&self) -> Option<String> {
        let fallback = &self.parts.options.fallback;
        let here = fallback.iter().position(|name| name == self.index.model());
        fallback.get(here.map_or(0, |at| at + 1)).cloned()
    }

    async fn pause(&mut self, pause: Duration) -> After {
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                biased;
                command = self.inbox.recv() => {
                    let Some(command) = command else { return After::Halt };
                    if self.take_while_working(command, Working::Yes) == After::Halt {
                        return After::Halt;
                    }
                }
                () = tokio::time::sleep_until(until) => return After::GoOn,
            }
        }
    }

    /// Makes one request. Returns the failure where it failed, with its line of the ledger, which
    /// is still to be written.
    async fn ask(&mut self, model: &dyn Model, allowed: u64) -> Result<Option<Failed>, LogFault> {
        let ledger = self.open_ledger(model.card());
        let reply = ReplyInProgress::new(ledger.reply.clone(), Audience::Followers);
        let request = self.request(allowed);
        let (reply, ledger, end) = self.pump(model, request, reply, ledger).await;
        if let Some(end) = end {
            return self.end_reply(reply, ledger, end);
        }
        // Nothing is left where the interrupt took it along.
        let left = std::mem::take(&mut self.cut);
        if !left.is_empty() {
            self.record(left)?;
        }
        Ok(None)
    }

    /// Reads a reply to its end. `None` in place of the end: the person halted it.
    pub(crate) async fn pump(
        &mut self,
        model: &dyn Model,
        request: ModelRequest,
        mut reply: ReplyInProgress,
        mut ledger: Ledger,
    ) -> (ReplyInProgress, Ledger, Option<ModelEnd>) {
        let stop = StopOnDrop(Stop::new());
        let mut stream = model.stream(request, stop.0.clone());
        let deadlines = self.parts.options.deadlines;
        let mut last_byte = ledger.sent_at;
        let mut shown = ledger.sent_at;
        let end = loop {
            let wait = if reply.began {
                deadlines.between_bytes
            } else {
                deadlines.first_byte
            };
            let deadline = (last_byte + wait).min(ledger.sent_at + deadlines.whole_reply);
            let beat = shown.max(last_byte) + deadlines.heartbeat;
            tokio::select! {
                biased;
                command = self.inbox.recv() => {
                    let halts = command.as_ref().is_none_or(Command::halts);
                    if halts && reply.audience == Audience::Followers {
                        self.cut = reply.cut_short(&ledger);
                    }
                    let after = match command {
                        Some(command) => self.take_while_working(command, Working::Yes),
                        None => After::Halt,
                    };
                    if after == After::Halt {
                        break None;
                    }
                    self.cut.clear();
                }
                item = stream.next() => {
                    last_byte = Instant::now();
                    match item {
                        Some(ModelItem::End(end)) => break Some(end),
                        Some(item) => self.take_item(&mut reply, &mut ledger, item),
                        None => {
                            let text = "the stream ended without an end";
                            break Some(failed_end(Failure::Cut, text));
                        }
                    }
                }
                () = tokio::time::sleep_until(deadline.min(beat)) => {
                    let now = Instant::now();
                    if now >= deadline {
                        break Some(timed_out(reply.began, now - last_byte));
                    }
                    shown = now;
                    self.show(&Signal::Waiting {
                        what: "model".to_owned(),
                        silent_ms: milliseconds(now - last_byte),
                        deadline_ms: milliseconds(deadline - last_byte),
                    });
                }
            }
        };
        ledger.usage = reply.usage;
        (reply, ledger, end)
    }

    pub(crate) fn request(&self, allowed: u64) -> ModelRequest {
        let opened = self.index.opened();
        ModelRequest {
            system: opened
                .map(|opened| opened.system.clone().into())
                .unwrap_or_default(),
            tools: opened
                .map(|opened| opened.tools.clone().into())
                .unwrap_or_default(),
            messages: self.index.messages().to_vec(),
            max_output_tokens: Some(allowed),
            thinking: self.parts.options.thinking,
            tool_choice: ToolChoice::Auto,
            session: self.scene().session,
            answer: None,
        }
    }

    fn take_item(&mut self, reply: &mut ReplyInProgress, ledger: &mut Ledger, item: ModelItem) {
        if let ModelItem::Sent(bytes) = item {
            ledger.count(bytes);
            return;
        }
        reply.began = true;
        let id = reply.id.clone();
        let signal = match item {
            ModelItem::Started { model, request_id } => {
                ledger.model.clone_from(&model);
                ledger.request_id = request_id;
                Signal::ReplyStarted { reply: id, model }
            }
            ModelItem::BlockStarted { index, block } => {
                ledger.note_first();
                let call = match &block {
                    StartedBlock::Call { id, tool } => Some((id.clone(), tool.clone())),
                    StartedBlock::Text | StartedBlock::Thought | StartedBlock::Kept => None,
                };
                let thought = block == StartedBlock::Thought;
                Signal::BlockStarted {
                    reply: id,
                    index,
                    call,
                    thought,
                }
            }
            ModelItem::TextDelta { index, text } => {
                reply.partial.entry(index).or_default().push_str(&text);
                Signal::TextDelta {
                    reply: id,
                    index,
                    text,
                }
            }
            ModelItem::ThoughtDelta { index, text } => Signal::ThoughtDelta {
                reply: id,
                index,
                text,
            },
            ModelItem::InputDelta { index, json } => Signal::InputDelta {
                reply: id,
                index,
                json,
            },
            ModelItem::Block { index, block } => {
                ledger.note_first();
                reply.partial.remove(&index);
                self.keep_block(reply, block);
                return;
            }
            ModelItem::Usage(usage) => {
                reply.usage = usage;
                Signal::Usage { reply: id, usage }
            }
            ModelItem::Sent(_) | ModelItem::Heartbeat | ModelItem::End(_) => return,
        };
        if reply.audience == Audience::Followers && self.hub.is_watched() {
            self.show(&signal);
        }
    }

    fn keep_block(&self, reply: &mut ReplyInProgress, block: ReplyBlock) {
        let id = reply.id.clone();
        reply.facts.push(match block {
            ReplyBlock::Text { text, opaque } => Fact::Said(Said {
                reply: id,
                text,
                opaque,
            }),
            ReplyBlock::Thought { text, opaque } => Fact::Thought(Said {
                reply: id,
                text,
                opaque,
            }),
            ReplyBlock::Kept(opaque) => Fact::Kept(Kept { reply: id, opaque }),
            ReplyBlock::Call(mut call) => {
                // A provider that repeats an id must not make two calls look like one.
                let taken = |id: &CallId, reply: &ReplyInProgress| {
                    self.index.knows_call(id) || reply.calls.contains(id)
                };
                let mut copy = 2;
                let original = call.id.clone();
                while taken(&call.id, reply) {
                    call.id = CallId(format!("{original}_{copy}"));
                    call.opaque = None;
                    copy += 1;
                }
                reply.calls.push(call.id.clone());
                let reply = id;
                match through_door(&call) {
                    Some(behind) if self.parts.tools.get(DOOR).is_some() => Fact::Called(Called {
                        reply,
                        call: behind,
                        door: Some(call.tool),
                    }),
                    Some(_) | None => Fact::Called(Called {
                        reply,
                        call,
                        door: None,
                    }),
                }
            }
        });
    }

    fn end_reply(
        &mut self,
        mut reply: ReplyInProgress,
        ledger: Ledger,
        end: ModelEnd,
    ) -> Result<Option<Failed>, LogFault> {
        let mut facts = std::mem::take(&mut reply.facts);
        let mut after = None;
        let finish = match end {
            ModelEnd::Complete => Finish::Complete,
            ModelEnd::Paused => Finish::Paused,
            ModelEnd::Length => {
                // What the limit cut is kept as text, so that the model can go on from it.
                for text in std::mem::take(&mut reply.partial).into_values() {
                    facts.push(Fact::Said(Said {
                        reply: reply.id.clone(),
                        text,
                        opaque: None,
                    }));
                }
                if reply.calls.is_empty() {
                    after = Some(self.after_cut(facts.is_empty()));
                }
                Finish::Length
            }
            ModelEnd::Declined { text } => {
                let class = "declined".to_owned();
                let told = format!("the model declined: {text}");
                after = Some(Fact::Faulted(Fault::Model {
                    class,
                    text: told,
                    status: None,
                }));
                facts.retain(|fact| matches!(fact, Fact::Said(_)));
                Finish::Refused { text }
            }
            ModelEnd::Failed {
                class,
                text,
                status,
                request_id,
            } => {
                let mut ledger = ledger;
                ledger.request_id = ledger.request_id.or(request_id);
                let finish = Finish::Failed {
                    class: class.name().to_owned(),
                    text: text.clone(),
                };
                return Ok(Some(Failed {
                    spent: close_ledger(ledger, finish),
                    class,
                    text,
                    status,
                }));
            }
        };
        facts.push(close_ledger(ledger, finish));
        facts.extend(after);
        self.record(facts)?;
        Ok(None)
    }

    /// What follows a reply that the output limit cut before any call.
    fn after_cut(&self, empty: bool) -> Fact {
        if empty || self.index.turn().cut_in_a_row + 1 >= MOST_CUTS {
            let text = "the output limit cut the reply again and again".to_owned();
            return Fact::Faulted(Fault::Model {
                class: "length".to_owned(),
                text,
                status: None,
            });
        }
        let text =
            "Your reply was cut at the output limit. Go on from where it ended, in smaller pieces.";
        Fact::Noted(Noted {
            kind: NoteKind::Nudge,
            text: text.to_owned(),
        })
    }

    pub(crate) fn open_ledger(&mut self, card: &ModelCard) -> Ledger {
        let messages = self.index.messages().to_vec();
        let bytes = self.index.message_bytes();
        let model = self.index.model().to_owned();
        let (kept_bytes, broke_because) = match &self.sent {
            None => (0, None),
            Some(sent) if sent.model != model => (0, Some("another model".to_owned())),
            Some(sent) => kept(sent, &messages),
        };
        self.sent = Some(Sent {
            model,
            messages,
            bytes,
        });
        Ledger {
            sent_bytes: bytes,
            kept_bytes,
            broke_because,
            ..self.open_side_ledger(card)
        }
    }

    /// The ledger of a request that is no part of the conversation.
    pub(crate) fn open_side_ledger(&self, card: &ModelCard) -> Ledger {
        Ledger {
            asker: Asker::Main,
            reply: ReplyId(format!(
                "r{}",
                self.index.last().map_or(0, |last| last.0 + 1)
            )),
            model: card.name.clone(),
            card: card.clone(),
            request_id: None,
            usage: Usage::default(),
            sent_bytes: 0,
            kept_bytes: 0,
            broke_because: None,
            sent_at: Instant::now(),
            first_ms: None,
        }
    }
}

/// The line of the ledger that closes a request.
pub(crate) fn close_ledger(ledger: Ledger, finish: Finish) -> Fact {
    let price = ledger.card.price_of(&ledger.usage);
    let micro_usd = price.map(|price| price.micro_usd(&ledger.usage));
    Fact::Spent(Box::new(Spent {
        asker: ledger.asker,
        provider: ledger.card.provider,
        model: ledger.model,
        request_id: ledger.request_id,
        finish,
        usage: ledger.usage,
        cost: RequestCost { micro_usd },
        sent_bytes: ledger.sent_bytes,
        kept_bytes: ledger.kept_bytes,
        broke_because: ledger.broke_because,
        first_ms: ledger.first_ms,
        total_ms: milliseconds(ledger.sent_at.elapsed()),
    }))
}

/// A request that failed.
pub(crate) struct Failed {
    /// Its line of the ledger.
    spent: Fact,
    class: Failure,
    text: String,
    status: Option<u16>,
}

impl Failed {
    fn fault(self) -> Fault {
        Fault::Model {
            class: self.class.name().to_owned(),
            text: self.text,
            status: self.status,
        }
    }
}

/// A line of the ledger that is being written.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) asker: Asker,
    pub(crate) reply: ReplyId,
    card: ModelCard,
    /// The model that answers, as the provider names it.
    model: String,
    request_id: Option<String>,
    usage: Usage,
    sent_bytes: u64,
    kept_bytes: u64,
    broke_because: Option<String>,
    sent_at: Instant,
    first_ms: Option<u64>,
}

impl Ledger {
    /// Takes the bytes as the wire has them in place of those of the neutral form.
    fn count(&mut self, bytes: WireBytes) {
        self.sent_bytes = bytes.sent;
        self.kept_bytes = bytes.kept;
        if bytes.kept < bytes.before && self.broke_because.is_none() {
            self.broke_because = Some("what was sent before was written otherwise".to_owned());
        }
    }

    fn note_first(&mut self) {
        if self.first_ms.is_none() {
            self.first_ms = Some(milliseconds(self.sent_at.elapsed()));
        }
    }
}

/// Who sees a reply as it grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everyone who follows the session.
    Followers,
    /// Nobody: the driver asked for itself.
    Driver,
}

/// The blocks of a reply so far.
pub(crate) struct ReplyInProgress {
    id: ReplyId,
    audience: Audience,
    began: bool,
    pub(crate) facts: Vec<Fact>,
    calls: Vec<CallId>,
    /// Text of blocks that are not complete, by place.
    partial: BTreeMap<u32, String>,
    usage: Usage,
}

impl ReplyInProgress {
    /// Everything that the model said, blocks that were cut off left out.
    pub(crate) fn said(&self) -> String {
        let texts = self.facts.iter().filter_map(|fact| {
            if let Fact::Said(said) = fact {
                Some(said.text.as_str())
            } else {
                None
            }
        });
        texts.collect()
    }

    /// What is kept when the person ends the turn now: what was said, and what it cost. Thoughts
    /// without their signature and calls without their end cannot be replayed.
    fn cut_short(&self, ledger: &Ledger) -> Vec<Fact> {
        let is_said = |fact: &&Fact| matches!(fact, Fact::Said(_));
        let whole = self.facts.iter().filter(is_said).cloned();
        let partial = self.partial.values().filter(|text| !text.is_empty());
        let partial = partial.map(|text| {
            Fact::Said(Said {
                reply: self.id.clone(),
                text: text.clone(),
                opaque: None,
            })
        });
        let ledger = Ledger {
            usage: self.usage,
            ..ledger.clone()
        };
        let spent = close_ledger(ledger, Finish::Interrupted);
        whole.chain(partial).chain([spent]).collect()
    }

    pub(crate) fn new(id: ReplyId, audience: Audience) -> Self {
        Self {
            id,
            audience,
            began: false,
            facts: Vec::new(),
            calls: Vec::new(),
            partial: BTreeMap::new(),
            usage: Usage::default(),
        }
    }
}

/// How many bytes of the last request come again in front, and why not all of them.
fn kept(sent: &Sent, messages: &[Arc<Message>]) -> (u64, Option<String>) {
    let whole = sent
        .messages
        .iter()
        .zip(messages)
        .take_while(|(old, new)| Arc::ptr_eq(old, new) || new.blocks.starts_with(&old.blocks));
    if whole.count() == sent.messages.len() {
        (sent.bytes, None)
    } else {
        (
            0,
            Some("the conversation was rewound or compacted".to_owned()),
        )
    }
}

fn timed_out(began: bool, silent: Duration) -> ModelEnd {
    let what = if began {
        "sent nothing more"
    } else {
        "did not answer"
    };
    let text = format!("the provider {what} for {} s", silent.as_secs());
    failed_end(Failure::Cut, &text)
}

fn failed_end(class: Failure, text: &str) -> ModelEnd {
    ModelEnd::Failed {
        class,
        text: text.to_owned(),
        status: None,
        request_id: None,
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
