//! The driver against time and trouble: silent models, endless calls, crashing tools, slow
//! followers, a full window. Time is the runtime's own and passes as fast as it may.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each test looks for a few events"
)]

use super::{Parts, SessionHandle, start};
use crate::{
    index::Index,
    options::{Compaction, EngineOptions},
};
use futures::StreamExt as _;
use gimlet_host::{HostOptions, LocalHost};
use gimlet_ports::{
    AnyTool, EntryIter, EventStream, Later, LogFault, Model, ModelCard, ModelRequest, ModelStream,
    Models, Plan, Price, PriceTier, Scene, SessionLog, Stop, ToolCx, ToolFault, ToolReturn,
    Toolbox,
};
use gimlet_protocol::{
    Block, Entry, EntryId, Event, Exposure, Fact, Fault, Lane, Message, Mode, OnConflict, Op,
    OpKey, Opened, ReturnedHow, RewindScope, Risk, SessionId, SessionState, Signal, SummaryFate,
    Timestamp, ToolSpec,
};
use gimlet_providers::{FailureClass, Script, ScriptItem, ScriptUsage, Scripted};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

/// A log in memory that can be looked at while it is written.
#[derive(Clone, Default)]
struct SharedLog(Arc<Mutex<Vec<Entry>>>);

impl SessionLog for SharedLog {
    fn append(
        &mut self,
        parent: Option<EntryId>,
        facts: Vec<Fact>,
    ) -> Result<Vec<Entry>, LogFault> {
        let mut entries = self.0.lock().unwrap();
        let from = entries.len();
        let mut parent = parent;
        for fact in facts {
            let id = EntryId(entries.len() as u64);
            entries.push(Entry {
                id,
                parent,
                at: Timestamp(0),
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
        let entries = self.0.lock().unwrap().clone();
        Ok(Box::new(
            entries
                .into_iter()
                .filter(move |e| after.is_none_or(|a| e.id > a))
                .map(Ok),
        ))
    }
}

impl SharedLog {
    fn facts(&self) -> Vec<Fact> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(|entry| entry.fact.clone())
            .collect()
    }
}

/// Knows one model, whatever it is called.
struct OneModel(Arc<dyn Model>);

impl Models for OneModel {
    fn model(&self, _: &str) -> Result<Arc<dyn Model>, String> {
        Ok(Arc::clone(&self.0))
    }
}

/// A scripted model with a card of its own.
struct Carded(Scripted, ModelCard);

impl Model for Carded {
    fn card(&self) -> &ModelCard {
        &self.1
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        self.0.stream(request, stop)
    }
}

/// A tool that does what its input says: `{"do": "sleep" | "ignore" | "panic" | "say"}`.
struct Odd;

impl AnyTool for Odd {
    fn name(&self) -> &'static str {
        "Odd"
    }
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "Odd".to_owned(),
            description: "Does odd things.".to_owned(),
            input_schema: json!({"type": "object"}),
            risk: Risk::Low,
            lane: Lane::Shared,
        }
    }
    fn exposure(&self) -> Exposure {
        Exposure::Always
    }
    fn permission(&self) -> &'static str {
        "never asks"
    }
    fn risk(&self) -> Risk {
        Risk::Low
    }
    fn lane(&self) -> Lane {
        Lane::Shared
    }
    fn deadline(&self) -> Duration {
        Duration::from_secs(30)
    }
    fn plan(&self, _: &Value, _: &Scene) -> Result<Plan, ToolFault> {
        Ok(Plan {
            title: "odd".to_owned(),
            risk: Risk::Low,
            accesses: vec![],
        })
    }
    fn run(&self, input: Value, cx: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>> {
        Box::pin(async move {
            match input["do"].as_str().unwrap() {
                "panic" => panic!("odd"),
                "ignore" => std::future::pending().await,
                "sleep" => {
                    cx.stop.cancelled().await;
                    Ok(ToolReturn::text("so far", json!({})))
                }
                text => Ok(ToolReturn::text(text.repeat(20), json!({}))),
            }
        })
    }
}

struct World {
    log: SharedLog,
    session: SessionHandle,
    model: Scripted,
}

impl World {
    fn new(script: Script, adjust: impl FnOnce(&mut EngineOptions)) -> Self {
        Self::after(vec![], script, |_| {}, adjust)
    }

    /// A world whose session has these facts after its start, and a model with a card of its
    /// own.
    fn after(
        facts: Vec<Fact>,
        script: Script,
        adjust_card: impl FnOnce(&mut ModelCard),
        adjust: impl FnOnce(&mut EngineOptions),
    ) -> Self {
        let folder = PathBuf::from("/");
        let mut options = EngineOptions::new(folder.clone(), folder.clone());
        adjust(&mut options);
        let mut tools = Toolbox::default();
        tools.add(Arc::new(Odd)).unwrap();
        let mut log = SharedLog::default();
        let opened = Opened {
            session: SessionId::new("s"),
            cwd: folder,
            model: "scripted/script".to_owned(),
            mode: Mode::Default,
            system: vec!["Be brief.".to_owned()],
            preamble: vec![],
            tools: vec![Odd.spec()],
            forked_from: None,
            version: "0".to_owned(),
        };
        let mut index = Index::default();
        let opened = Fact::Opened(Box::new(opened));
        let facts = std::iter::once(opened).chain(facts).collect();
        for entry in log.append(None, facts).unwrap() {
            index.apply(&entry);
        }
        let model = Scripted::new(script);
        let mut card = model.card().clone();
        adjust_card(&mut card);
        let parts = Parts {
            keeper: None,
            log: Box::new(log.clone()),
            models: Arc::new(OneModel(Arc::new(Carded(model.clone(), card)))),
            tools,
            judges: vec![],
            confining: None,
            contacts: None,
            reminders: vec![],
            snapshots: None,
            host: Arc::new(LocalHost::new(HostOptions::default())),
            options,
        };
        Self {
            session: start(SessionId::new("s"), parts, index),
            log,
            model,
        }
    }

    async fn submit(&self, key: &str, op: Op) {
        self.session.submit(OpKey::from(key), op).await.unwrap();
    }

    async fn prompt(&self, key: &str, text: &str) {
        self.submit(
            key,
            Op::Prompt {
                content: vec![Block::text(text)],
            },
        )
        .await;
    }

    async fn follow(&self) -> EventStream {
        self.session.follow(None).await.unwrap()
    }

    /// Prompts and reads events until the session rests again.
    async fn turn(&self, key: &str, text: &str) -> Vec<Event> {
        let mut events = self.follow().await;
        self.prompt(key, text).await;
        until_rest(&mut events).await
    }
}

async fn until_rest(events: &mut EventStream) -> Vec<Event> {
    rest_after(events, SessionState::Resting).await
}

/// Reads events until the session rests; `now` is what it is doing.
async fn rest_after(events: &mut EventStream, now: SessionState) -> Vec<Event> {
    let mut seen = Vec::new();
    let mut ran = now == SessionState::Running;
    while let Some(event) = events.next().await {
        ran |= matches!(
            event,
            Event::Signal(Signal::State {
                state: SessionState::Running
            })
        );
        let rests = event
            == Event::Signal(Signal::State {
                state: SessionState::Resting,
            });
        seen.push(event);
        if ran && rests {
            break;
        }
    }
    seen
}

fn fault_of(facts: &[Fact]) -> Option<Fault> {
    facts.iter().rev().find_map(|fact| match fact {
        Fact::Faulted(fault) => Some(fault.clone()),
        _ => None,
    })
}

fn returned_of(facts: &[Fact]) -> Vec<(ReturnedHow, String)> {
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Returned(returned) => match returned.content.first() {
                Some(Block::Text { text, .. }) => Some((returned.how, text.clone())),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_shown_waiting_tried_again_and_given_up() {
    let silent = (0..5).fold(Script::new(), |script, _| {
        script.reply(|r| r.item(ScriptItem::Wait))
    });
    let world = World::new(silent, |_| {});
    let began = Instant::now();
    let events = world.turn("1", "hello").await;
    let beats = events
        .iter()
        .filter(
            |event| matches!(event, Event::Signal(Signal::Waiting { what, .. }) if what == "model"),
        )
        .count();
    // Five attempts of 120 s after the first byte, a heartbeat every 5 s of them.
    assert_eq!(beats, 5 * 23);
    assert!(
        (600..640).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        fault_of(&world.log.facts()),
        Some(Fault::Model {
            class: "cut".to_owned(),
            text: "the provider sent nothing more for 120 s".to_owned(),
            status: None
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_only_stays_alive_is_cut_off_after_the_whole_time() {
    let script = Script::new().reply(|reply| {
        (0..40).fold(reply, |reply, _| {
            reply
                .item(ScriptItem::Heartbeat)
                .item(ScriptItem::Delay { ms: 60_000 })
        })
    });
    let world = World::new(script, |options| options.retry.cut_attempts = 1);
    let began = Instant::now();
    world.turn("1", "hello").await;
    assert_eq!(began.elapsed().as_secs(), 1800);
    assert!(
        matches!(fault_of(&world.log.facts()), Some(Fault::Model { class, .. }) if class == "cut")
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_past_its_deadline_returns_what_it_holds_and_the_turn_goes_on() {
    let script = Script::new()
        .reply(|r| {
            r.call("Odd", json!({"do": "sleep"}))
                .call("Odd", json!({"do": "ignore"}))
        })
        .reply(|r| r.expect("so far").expect("deadline of 30 s").text("I see."));
    let world = World::new(script, |_| {});
    world.turn("1", "go").await;
    let facts = world.log.facts();
    assert_eq!(
        returned_of(&facts),
        [
            (ReturnedHow::TimedOut, "so far".to_owned()),
            (
                ReturnedHow::TimedOut,
                "The call was ended after its deadline of 30 s.".to_owned()
            ),
        ]
    );
    assert_eq!(fault_of(&facts), None);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_is_answered_within_100_ms_by_calls_that_do_not_listen_too() {
    let script = Script::new().reply(|r| {
        r.call("Odd", json!({"do": "sleep"}))
            .call("Odd", json!({"do": "ignore"}))
    });
    let world = World::new(script, |_| {});
    let mut events = world.follow().await;
    world.prompt("1", "go").await;
    while let Some(event) = events.next().await {
        if matches!(&event, Event::Fact(entry) if matches!(entry.fact, Fact::Began(_))) {
            break;
        }
    }
    let began = Instant::now();
    world.submit("2", Op::Interrupt).await;
    rest_after(&mut events, SessionState::Running).await;
    assert!(
        began.elapsed() <= Duration::from_millis(100),
        "{:?}",
        began.elapsed()
    );
    let how: Vec<ReturnedHow> = returned_of(&world.log.facts())
        .into_iter()
        .map(|(how, _)| how)
        .collect();
    assert_eq!(how, [ReturnedHow::Done, ReturnedHow::Interrupted]);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_crashes_takes_nothing_with_it() {
    let script = Script::new()
        .reply(|r| {
            r.call("Odd", json!({"do": "panic"}))
                .call("Odd", json!({"do": "a"}))
        })
        .reply(|r| r.expect("The tool crashed").text("I see."));
    let world = World::new(script, |_| {});
    world.turn("1", "go").await;
    let facts = world.log.facts();
    let mut how: Vec<ReturnedHow> = returned_of(&facts)
        .into_iter()
        .map(|(how, _)| how)
        .collect();
    how.sort_by_key(|how| *how == ReturnedHow::Failed);
    assert_eq!(how, [ReturnedHow::Done, ReturnedHow::Failed]);
    assert_eq!(fault_of(&facts), None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_follower_gets_every_fact_in_order_and_is_told_of_lost_signals() {
    let rounds = 400;
    let script = (0..rounds)
        .fold(Script::new(), |script, _| {
            script.reply(|r| {
                r.text_in_pieces("x".repeat(50), 1)
                    .call("Odd", json!({"do": "a"}))
            })
        })
        .reply(|r| r.text("Done."));
    let world = World::new(script, |_| {});
    let mut slow = world.follow().await;
    world.turn("1", "go").await;
    let facts = world.log.facts();
    let mut seen = Vec::new();
    let mut lagged = false;
    while seen.len() < facts.len() || !lagged {
        match slow.next().await.unwrap() {
            Event::Fact(entry) => seen.push(entry.id.0),
            Event::Signal(Signal::Lagged { .. }) => lagged = true,
            Event::Signal(_) => {}
        }
    }
    assert_eq!(seen, (0..facts.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_model_is_waited_for_as_long_as_it_asks() {
    let script = Script::new()
        .reply(|r| {
            r.item(ScriptItem::Fail {
                class: FailureClass::Busy,
                text: "overloaded".to_owned(),
                status: Some(529),
                retry_after_ms: Some(7_000),
            })
        })
        .reply(|r| r.text("Hello."));
    let world = World::new(script, |_| {});
    let began = Instant::now();
    let events = world.turn("1", "hello").await;
    assert_eq!(began.elapsed().as_secs(), 7);
    assert!(events.contains(&Event::Signal(Signal::Retrying {
        attempt: 1,
        max: 8,
        wait_ms: 7_000,
        class: "busy".to_owned(),
        text: "overloaded".to_owned(),
        status: Some(529),
    })));
    assert_eq!(fault_of(&world.log.facts()), None);
}

/// A script whose every reply is garbage.
fn garbage(times: usize) -> Script {
    (0..times).fold(Script::new(), |script, _| {
        script.reply(|r| {
            r.item(ScriptItem::Fail {
                class: FailureClass::Garbage,
                text: "no event".to_owned(),
                status: None,
                retry_after_ms: None,
            })
        })
    })
}

fn requests_of(facts: &[Fact]) -> usize {
    let spent = |fact: &&Fact| matches!(fact, Fact::Spent(_));
    facts.iter().filter(spent).count()
}

#[tokio::test(start_paused = true)]
async fn attempts_before_a_crash_count_and_those_before_a_fault_do_not() {
    let first = World::new(garbage(2), |_| {});
    first.turn("1", "hello").await;
    let whole = first.log.facts();
    assert_eq!(requests_of(&whole), 2);
    let failed = whole.iter().position(|fact| matches!(fact, Fact::Spent(_)));
    let resumed = async |facts: &[Fact]| {
        let world = World::after(facts.to_vec(), garbage(3), |_| {}, |_| {});
        let mut events = world.follow().await;
        world.submit("again", Op::Resume).await;
        until_rest(&mut events).await;
        world.log.facts()
    };
    // Killed after the first failure: the second is the last.
    let crashed = resumed(&whole[1..=failed.unwrap()]).await;
    assert_eq!(requests_of(&crashed), 2);
    assert!(fault_of(&crashed).is_some());
    // Ended by a fault, and the person wants it tried anew.
    assert_eq!(requests_of(&resumed(&whole[1..]).await), 4);
}

#[tokio::test(start_paused = true)]
async fn a_long_input_costs_what_long_inputs_cost() {
    let price = |input| Price {
        input,
        output: 2.0,
        cache_read: 0.0,
        cache_write: 0.0,
    };
    let usage = |input_tokens| {
        ScriptItem::Usage(ScriptUsage {
            input_tokens,
            output_tokens: 1,
            ..ScriptUsage::default()
        })
    };
    let script = Script::new()
        .reply(|r| r.text("Short.").item(usage(1_000)))
        .reply(|r| r.text("Long.").item(usage(1_001)));
    let priced = |card: &mut ModelCard| {
        card.price = Some(price(1.0));
        card.more.tiers = vec![PriceTier {
            above: 1_000,
            price: price(10.0),
        }];
    };
    let world = World::after(vec![], script, priced, |_| {});
    world.turn("1", "hello").await;
    world.turn("2", "hello").await;
    let costs = world.log.facts().into_iter().filter_map(|fact| match fact {
        Fact::Spent(spent) => spent.cost.micro_usd,
        _ => None,
    });
    assert_eq!(costs.collect::<Vec<_>>(), [1_002, 10_012]);
}

const SUMMARY: &str = "## Instructions and constraints\nnone\n## Decisions and why\nnone\n## What was done and found out\nThe answer is 42.\n## State of the work\nnone\n## Next steps\nnone\n";

fn joined(messages: &[Arc<Message>]) -> String {
    format!("{messages:?}")
}

/// Twelve prompts with long results.
async fn long_session() -> World {
    let mut script = Script::new();
    for number in 0..12 {
        script = script
            .reply(move |r| r.call("Odd", json!({"do": "long ".repeat(60), "n": number})))
            .reply(move |r| r.text(format!("Done with {number}.")));
    }
    let world = World::new(script, |options| options.compaction = Compaction::Never);
    for number in 0..12 {
        world
            .turn(
                &format!("p{number}"),
                &format!("Request {number}: keep the word plum{number}."),
            )
            .await;
    }
    world
}

#[tokio::test(start_paused = true)]
async fn a_compaction_keeps_requests_word_for_word_and_a_rewind_brings_the_rest_back() {
    let mut world = long_session().await;
    let before = world.session.look().await.unwrap().index;
    let script = Script::new().reply(|r| r.expect("## Next steps").text(SUMMARY));
    world.reopen(script).await;
    let mut events = world.follow().await;
    world.submit("c", Op::Compact { instructions: None }).await;
    until_rest(&mut events).await;
    let after = world.session.look().await.unwrap().index;
    assert!(after.next_tokens() < before.next_tokens() / 2);
    let text = joined(after.messages());
    for number in 0..12 {
        assert!(text.contains(&format!("Request {number}: keep the word plum{number}.")));
    }
    assert!(text.contains("The answer is 42."));
    world
        .submit(
            "r",
            Op::Rewind {
                to: before.last().unwrap(),
                scope: RewindScope::Conversation,
                conflicts: OnConflict::Refuse,
            },
        )
        .await;
    let back = world.session.look().await.unwrap().index;
    assert_eq!(back.messages(), before.messages());
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_is_empty_or_fails_leaves_the_deterministic_part_alone() {
    let failing = Script::new().reply(|r| r.fail(FailureClass::Rejected, "no"));
    let empty = Script::new().reply(|r| r.text(""));
    let flood = Script::new().reply(|r| r.text(format!("{SUMMARY}{}", "flood ".repeat(9_000))));
    for script in [failing, empty, flood] {
        let mut world = long_session().await;
        world.reopen(script).await;
        let mut events = world.follow().await;
        world.submit("c", Op::Compact { instructions: None }).await;
        until_rest(&mut events).await;
        let facts = world.log.facts();
        let Some(Fact::Compacted(compacted)) = facts.last() else {
            panic!("{:?}", facts.last())
        };
        assert!(matches!(compacted.summary, SummaryFate::Rejected { .. }));
        let text = joined(world.session.look().await.unwrap().index.messages());
        assert!(text.contains("Request 11: keep the word plum11."));
        assert!(!text.contains("flood"));
    }
}

impl World {
    /// Ends the driver and goes on with the same log and another script.
    async fn reopen(&mut self, script: Script) {
        let log = self.log.clone();
        let mut next = Self::new(script, |_| {});
        next.session.submit("bye".into(), Op::Close).await.unwrap();
        next.session.ended().await;
        let index = crate::index::fold_log(|| log.read(None)).unwrap().index;
        let mut tools = Toolbox::default();
        tools.add(Arc::new(Odd)).unwrap();
        let parts = Parts {
            keeper: None,
            log: Box::new(log.clone()),
            models: Arc::new(OneModel(Arc::new(next.model.clone()))),
            tools,
            judges: vec![],
            confining: None,
            contacts: None,
            reminders: vec![],
            snapshots: None,
            host: Arc::new(LocalHost::new(HostOptions::default())),
            options: EngineOptions::new("/".into(), "/".into()),
        };
        next.session = start(SessionId::new("s"), parts, index);
        next.log = log;
        *self = next;
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_window_is_compacted_before_the_request_and_the_turn_ends_as_asked() {
    let script = Script::new()
        .reply(|r| r.call("Odd", json!({"do": "word ".repeat(4_000)})))
        .reply(|r| r.expect("about to be replaced").text(SUMMARY))
        .reply(|r| r.expect("Request: count the plums.").text("Counted."));
    let world = World::new(script, |options| {
        options.compaction = Compaction::At(60_000);
    });
    world.turn("1", "Request: count the plums.").await;
    let facts = world.log.facts();
    assert_eq!(
        facts
            .iter()
            .filter(|fact| matches!(fact, Fact::Compacted(_)))
            .count(),
        1
    );
    assert!(matches!(facts.last(), Some(Fact::Spent(_))));
    assert_eq!(world.model.requests().len(), 3);
}
