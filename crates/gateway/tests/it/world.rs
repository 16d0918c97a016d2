//! A session of the real engine in memory, and a headless run at the end of its wires.

mod run;
mod tools;

pub(crate) use run::{Finished, Running, from_stdin, one_prompt, prompted, steady};

use gimlet_engine::{EngineOptions, Parts, SessionHandle, Whom, fold_log, start};
use gimlet_ports::{
    Asking, Broken, Case, EntryIter, EventStream, Failure, Judge, Later, LogFault, Model,
    ModelCard, ModelEnd, ModelItem, ModelRequest, ModelStream, Models, OpenFault, OpenSpec,
    Particulars, Price, ReplyBlock, SessionHead, SessionLog, Sessions, StartedBlock, Stop,
};
use gimlet_protocol::{
    Accepted, Block, Call, Entry, EntryId, Event, Fact, Grant, Mode, Offer, Op, OpKey, Opaque,
    Opened, Reason, Refusal, SessionId, SessionState, Signal, Timestamp, Usage, Verbatim, Verdict,
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

pub(crate) const SESSION: &str = "0190a0a0-1111-7222-8333-444455556666";

/// What a reply does next.
#[derive(Clone, Debug)]
pub(crate) enum Play {
    Item(ModelItem),
    /// Nothing more comes.
    Hang,
}

/// What a session is made of.
pub(crate) struct World {
    pub(crate) replies: Vec<Vec<Play>>,
    pub(crate) options: EngineOptions,
    /// Entries that fit on the disk.
    pub(crate) room: usize,
    pub(crate) past: Vec<Fact>,
    /// Ends the event stream after this many events, as a lost connection would.
    pub(crate) cut_stream_after: usize,
    /// Signals that the session's stream loses.
    pub(crate) loses: fn(&Signal) -> bool,
}

impl World {
    pub(crate) fn new(replies: Vec<Vec<Play>>) -> Self {
        let mut options = EngineOptions::new("/work".into(), "/scratch".into());
        options.whom = Whom::Person;
        Self {
            replies,
            options,
            room: usize::MAX,
            past: Vec::new(),
            cut_stream_after: usize::MAX,
            loses: |_| false,
        }
    }

    /// Starts the session; facts of an earlier run are in its log already.
    pub(crate) fn sessions(self) -> Arc<OneSession> {
        let mut toolbox = gimlet_ports::Toolbox::default();
        for tool in tools::all() {
            toolbox.add(tool).unwrap();
        }
        let entries = Arc::new(Mutex::new(Vec::new()));
        let mut log = MemoryLog {
            entries: Arc::clone(&entries),
            room: usize::MAX,
        };
        let opened = Opened {
            session: SessionId::from(SESSION),
            cwd: "/work".into(),
            model: "anthropic/claude-test".to_owned(),
            mode: Mode::Default,
            system: vec!["You test.".to_owned()],
            preamble: Vec::new(),
            tools: toolbox.iter().map(|tool| tool.spec()).collect(),
            forked_from: None,
            version: "0.1.0".to_owned(),
        };
        log.append(None, vec![Fact::Opened(Box::new(opened))])
            .unwrap();
        let is_earlier = !self.past.is_empty();
        if is_earlier {
            log.append(Some(EntryId(0)), self.past).unwrap();
        }
        log.room = self.room;
        let index = fold_log(|| log.read(None)).unwrap().index;
        let head = SessionHead {
            id: SessionId::from(SESSION),
            cwd: "/work".into(),
            model: index.model().to_owned(),
            mode: index.mode(),
            tools: toolbox.iter().map(|tool| tool.name().to_owned()).collect(),
            title: None,
            at: Timestamp(0),
            last: index.last(),
            state: SessionState::Resting,
            unfinished: is_earlier,
        };
        let parts = Parts {
            keeper: None,
            log: Box::new(log),
            models: Arc::new(Stage(Arc::new(Actor::new(self.replies)))),
            tools: toolbox,
            judges: vec![Arc::new(ByName)],
            confining: None,
            contacts: None,
            reminders: Vec::new(),
            snapshots: None,
            host: Arc::new(tools::Nowhere),
            options: self.options,
        };
        Arc::new(OneSession {
            handle: start(head.id.clone(), parts, index),
            head,
            entries,
            cut_stream_after: self.cut_stream_after,
            loses: self.loses,
        })
    }
}

/// The sessions of a process that has one.
pub(crate) struct OneSession {
    handle: SessionHandle,
    head: SessionHead,
    entries: Arc<Mutex<Vec<Entry>>>,
    cut_stream_after: usize,
    loses: fn(&Signal) -> bool,
}

impl OneSession {
    pub(crate) fn tags(&self) -> Vec<&'static str> {
        self.entries
            .lock()
            .unwrap()
            .iter()
            .map(|entry| entry.fact.tag())
            .collect()
    }
}

impl Sessions for OneSession {
    fn open(&self, spec: OpenSpec) -> Later<'_, Result<SessionHead, OpenFault>> {
        Box::pin(async move {
            match spec {
                OpenSpec::New { .. } | OpenSpec::Newest => Ok(self.head.clone()),
                OpenSpec::Earlier { name } => Err(OpenFault::User {
                    text: format!("there is no session `{name}`"),
                    hint: Some("`gimlet sessions list` shows them".to_owned()),
                }),
                OpenSpec::Fork { .. } => Err(OpenFault::Environment {
                    text: "/s/a.jsonl is in use by process 7".to_owned(),
                    hint: None,
                }),
            }
        })
    }

    fn submit(
        &self,
        _session: SessionId,
        key: OpKey,
        op: Op,
    ) -> Later<'_, Result<Accepted, Refusal>> {
        Box::pin(self.handle.submit(key, op))
    }

    fn follow(
        &self,
        _session: SessionId,
        after: Option<EntryId>,
    ) -> Later<'_, Result<EventStream, Refusal>> {
        use futures::StreamExt as _;
        Box::pin(async move {
            let loses = self.loses;
            let events = self.handle.follow(after).await?.filter(move |event| {
                let lost = matches!(event, Event::Signal(signal) if loses(signal));
                futures::future::ready(!lost)
            });
            Ok(events.take(self.cut_stream_after).boxed())
        })
    }

    fn close_all(&self) -> Later<'_, ()> {
        Box::pin(async {
            self.handle
                .submit(OpKey::from("all"), Op::Close)
                .await
                .unwrap();
        })
    }
}

/// A log on a disk of a certain size.
struct MemoryLog {
    entries: Arc<Mutex<Vec<Entry>>>,
    room: usize,
}

impl SessionLog for MemoryLog {
    fn append(
        &mut self,
        parent: Option<EntryId>,
        facts: Vec<Fact>,
    ) -> Result<Vec<Entry>, LogFault> {
        let mut entries = self.entries.lock().unwrap();
        if entries.len() + facts.len() > self.room {
            return Err(LogFault::Full {
                path: "/s/a.jsonl".into(),
            });
        }
        let mut parent = parent;
        let from = entries.len();
        for fact in facts {
            let id = EntryId(entries.len() as u64);
            entries.push(Entry {
                id,
                parent,
                at: Timestamp(id.0 * 10),
                fact,
            });
            parent = Some(id);
        }
        Ok(entries[from..].to_vec())
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        Ok(())
    }

    fn read(&self, after: Option<EntryId>) -> Result<EntryIter, LogFault> {
        let entries = self.entries.lock().unwrap().clone();
        let wanted = move |entry: &Entry| after.is_none_or(|after| entry.id > after);
        Ok(Box::new(entries.into_iter().filter(wanted).map(Ok)))
    }
}

/// Has nothing to say about `Ask`, so that it is asked about until it is granted; insists on
/// a question about `Guarded`; forbids `Forbidden`; allows the rest.
struct ByName;

impl Judge for ByName {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let (verdict, text) = match case.tool {
            "Ask"
                if case
                    .scene
                    .grants
                    .iter()
                    .any(|grant| grant.rule == "Ask(ls)") =>
            {
                (Verdict::Allow, "the tool is granted")
            }
            "Ask" => return Ok(None),
            "Guarded" => (Verdict::Ask, "the tool is guarded"),
            "Forbidden" => (Verdict::Deny, "the tool is forbidden"),
            _ => (Verdict::Allow, "the tool is harmless"),
        };
        let reason = Reason {
            judge: "rules".to_owned(),
            text: text.to_owned(),
            source: None,
        };
        Ok(Some((verdict, reason)))
    }

    fn particulars(&self, _: &Asking<'_>) -> Particulars {
        let grant = Grant {
            title: "run exactly `ls`".to_owned(),
            rule: "Ask(ls)".to_owned(),
        };
        Particulars {
            parts: Vec::new(),
            offers: vec![Offer {
                grants: vec![grant],
            }],
        }
    }
}

/// Knows one model under every name but `missing`.
struct Stage(Arc<Actor>);

impl Models for Stage {
    fn model(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        if name == "missing" {
            return Err("there is no model `missing`".to_owned());
        }
        Ok(Arc::clone(&self.0) as Arc<dyn Model>)
    }
}

/// Plays replies in their order.
struct Actor {
    card: ModelCard,
    replies: Mutex<VecDeque<Vec<Play>>>,
}

impl Actor {
    fn new(replies: Vec<Vec<Play>>) -> Self {
        let card = ModelCard {
            more: gimlet_ports::ModelMore::default(),
            provider: "anthropic".to_owned(),
            name: "claude-test".to_owned(),
            context_tokens: 200_000,
            max_output_tokens: 4096,
            price: Some(Price {
                input: 3.0,
                output: 15.0,
                cache_read: 0.3,
                cache_write: 3.75,
            }),
            assumed: false,
            images: true,
            documents: true,
            thinking: true,
        };
        Self {
            card,
            replies: Mutex::new(replies.into()),
        }
    }
}

impl Model for Actor {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, _request: ModelRequest, _stop: Stop) -> ModelStream {
        use futures::StreamExt as _;
        let plays = self.replies.lock().unwrap().pop_front();
        let plays = plays.unwrap_or_else(|| failed(Failure::Rejected, "no more replies", None));
        futures::stream::iter(plays)
            .then(|play| async move {
                match play {
                    Play::Item(item) => item,
                    Play::Hang => std::future::pending().await,
                }
            })
            .boxed()
    }
}

/// Builds a reply.
pub(crate) struct Reply {
    plays: Vec<Play>,
    index: u32,
}

impl Reply {
    pub(crate) fn new() -> Self {
        let mut reply = Self {
            plays: Vec::new(),
            index: 0,
        };
        reply.item(ModelItem::Started {
            model: "claude-test-1".to_owned(),
            request_id: Some("req_1".to_owned()),
        });
        reply.item(ModelItem::Usage(Usage {
            input_tokens: 100,
            ..Usage::default()
        }));
        reply
    }

    fn item(&mut self, item: ModelItem) {
        self.plays.push(Play::Item(item));
    }

    fn block(mut self, started: StartedBlock, deltas: Vec<ModelItem>, block: ReplyBlock) -> Self {
        let index = self.index;
        self.item(ModelItem::BlockStarted {
            index,
            block: started,
        });
        for delta in deltas {
            self.item(delta);
        }
        self.item(ModelItem::Block { index, block });
        self.index += 1;
        self
    }

    /// Text in two pieces.
    pub(crate) fn text(self, text: &str) -> Self {
        let index = self.index;
        let half = text
            .char_indices()
            .nth(text.chars().count() / 2)
            .map_or(0, |(at, _)| at);
        let (first, rest) = text.split_at(half);
        let delta = |text: &str| ModelItem::TextDelta {
            index,
            text: text.to_owned(),
        };
        let whole = ReplyBlock::Text {
            text: text.to_owned(),
            opaque: None,
        };
        self.block(StartedBlock::Text, vec![delta(first), delta(rest)], whole)
    }

    pub(crate) fn thought(self, text: &str, signature: &str) -> Self {
        let index = self.index;
        let own = json!({"type": "thinking", "thinking": text, "signature": signature});
        let opaque = Opaque {
            dialect: "anthropic".to_owned(),
            data: Verbatim::parse(own.to_string()).unwrap(),
        };
        let delta = ModelItem::ThoughtDelta {
            index,
            text: text.to_owned(),
        };
        let whole = ReplyBlock::Thought {
            text: text.to_owned(),
            opaque: Some(opaque),
        };
        self.block(StartedBlock::Thought, vec![delta], whole)
    }

    /// A block of the provider that has no neutral form.
    pub(crate) fn kept(self, own: &Value) -> Self {
        let opaque = Opaque {
            dialect: "anthropic".to_owned(),
            data: Verbatim::parse(own.to_string()).unwrap(),
        };
        self.block(StartedBlock::Kept, Vec::new(), ReplyBlock::Kept(opaque))
    }

    pub(crate) fn call(self, id: &str, tool: &str, input: Value) -> Self {
        let index = self.index;
        let json = input.to_string();
        let started = StartedBlock::Call {
            id: id.into(),
            tool: tool.to_owned(),
        };
        let delta = ModelItem::InputDelta { index, json };
        let call = Call {
            id: id.into(),
            tool: tool.to_owned(),
            input,
            broken: None,
            opaque: None,
        };
        self.block(started, vec![delta], ReplyBlock::Call(call))
    }

    /// The reply stops in the middle of a text.
    pub(crate) fn hangs_in(mut self, text: &str) -> Vec<Play> {
        let index = self.index;
        self.item(ModelItem::BlockStarted {
            index,
            block: StartedBlock::Text,
        });
        self.item(ModelItem::TextDelta {
            index,
            text: text.to_owned(),
        });
        self.plays.push(Play::Hang);
        self.plays
    }

    pub(crate) fn ends(mut self, end: ModelEnd) -> Vec<Play> {
        self.item(ModelItem::Usage(Usage {
            input_tokens: 100,
            output_tokens: 20,
            cache_read_tokens: 7,
            cache_write_tokens: 5,
            thinking_tokens: 0,
        }));
        self.item(ModelItem::End(end));
        self.plays
    }

    pub(crate) fn complete(self) -> Vec<Play> {
        self.ends(ModelEnd::Complete)
    }
}

/// A request that fails at once.
pub(crate) fn failed(class: Failure, text: &str, status: Option<u16>) -> Vec<Play> {
    vec![Play::Item(ModelItem::End(ModelEnd::Failed {
        class,
        text: text.to_owned(),
        status,
        request_id: None,
    }))]
}

pub(crate) fn prompt(text: &str) -> Vec<Block> {
    vec![Block::text(text)]
}
