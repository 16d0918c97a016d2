//! The planner against the plain scan, over random histories as a driver could write them.

use super::{Step, delivery, next_step};
use crate::{
    index::{Index, fold_log},
    scan::plain_step,
};
use gimlet_protocol::{
    Answered, Asked, Asker, Block, Call, CallId, Called, Cleared, Entry, EntryId, Fact, Fault,
    Finish, Incoming, NoteKind, Noted, OpKey, Origin, Question, QueueLane, Queued, Refused, Reply,
    ReplyId, ReplyScope, RequestCost, Returned, ReturnedHow, Rewound, Risk, Role, Ruling, Said,
    Spent, Timestamp, Usage, Verdict,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A log with its fold, and the dice that decide what happens next.
struct World {
    entries: Vec<Entry>,
    index: Index,
    live: BTreeSet<CallId>,
    dice: Vec<u8>,
    keys: u32,
}

impl World {
    fn new(dice: Vec<u8>) -> Self {
        Self {
            entries: vec![],
            index: Index::default(),
            live: BTreeSet::new(),
            dice,
            keys: 0,
        }
    }

    fn roll(&mut self) -> u8 {
        self.dice.pop().unwrap_or(0)
    }

    fn key(&mut self) -> OpKey {
        self.keys += 1;
        OpKey(format!("k{}", self.keys))
    }

    fn write(&mut self, fact: Fact) {
        let id = EntryId(self.entries.len() as u64);
        let entry = Entry {
            id,
            parent: self.index.last(),
            at: Timestamp(0),
            fact,
        };
        self.index.apply(&entry);
        self.entries.push(entry);
    }

    fn incoming(&mut self) -> Incoming {
        let key = self.key();
        let content = vec![Block::text(format!("prompt {key}"))];
        Incoming {
            key,
            origin: Origin::Person,
            content,
        }
    }

    /// Something from outside, at any moment.
    fn outside(&mut self) {
        let resting = self.live.is_empty() && next_step(&self.index, &self.live) == Step::Rest;
        match self.roll() % 8 {
            0 if resting => {
                let incoming = self.incoming();
                self.write(Fact::Prompted(incoming));
            }
            0 | 1 => {
                let incoming = self.incoming();
                let lane = if self.roll().is_multiple_of(2) {
                    QueueLane::Steer
                } else {
                    QueueLane::FollowUp
                };
                self.write(Fact::Queued(Queued { incoming, lane }));
            }
            2 if !resting => {
                let key = self.key();
                self.write(Fact::Interrupted(key));
            }
            3 => {
                if let Some(queued) = self.index.queue().first().cloned() {
                    self.write(Fact::Withdrawn(queued.incoming.key));
                }
            }
            // The process dies and starts again.
            4 => {
                self.live.clear();
                let owes = next_step(&self.index, &self.live) != Step::Rest;
                if owes && self.roll().is_multiple_of(2) {
                    let key = self.key();
                    self.write(Fact::Resumed(key));
                }
            }
            5 if resting && self.index.can_resume() => {
                let key = self.key();
                self.write(Fact::Resumed(key));
            }
            6 => self.write(Fact::Noted(Noted {
                kind: NoteKind::Reminder,
                text: "a reminder".to_owned(),
            })),
            _ => {}
        }
    }

    fn reply(&mut self) {
        let reply = ReplyId(format!("r{}", self.entries.len()));
        let dice = self.roll();
        if dice.is_multiple_of(3) {
            self.write(Fact::Said(Said {
                reply: reply.clone(),
                text: "so".into(),
                opaque: None,
            }));
        }
        let finish = match dice % 11 {
            7 => Finish::Paused,
            8 => Finish::Failed {
                class: "busy".to_owned(),
                text: "529".to_owned(),
            },
            9 => Finish::Interrupted,
            _ => Finish::Complete,
        };
        if finish == Finish::Complete {
            for number in 0..dice % 4 {
                let id = CallId(format!("c{}_{number}", self.entries.len()));
                let call = Call {
                    id,
                    tool: "T".to_owned(),
                    input: serde_json::json!({}),
                    broken: None,
                    opaque: None,
                };
                self.write(Fact::Called(Called {
                    reply: reply.clone(),
                    call,
                    door: None,
                }));
            }
        }
        self.write(spent(finish));
        if dice == 255 {
            self.write(Fact::Faulted(Fault::Tool {
                text: "over".to_owned(),
            }));
        }
    }

    /// What the driver does with a step, or a part of it when it is interrupted.
    fn act(&mut self, step: Step) {
        match step {
            Step::Sample => self.reply(),
            Step::Judge(call) => {
                let ruling = Ruling {
                    verdict: Verdict::Allow,
                    because: vec![],
                    confinement: None,
                };
                let fact = match self.roll() % 4 {
                    0 => Fact::Refused(Refused {
                        call: call.id,
                        text: "no".into(),
                        ruling: None,
                    }),
                    1 => Fact::Asked(Asked {
                        call: call.id,
                        question: Question::new("t", Risk::Low, vec![], vec![]),
                    }),
                    _ => Fact::Cleared(Cleared {
                        call: call.id,
                        ruling,
                    }),
                };
                self.write(fact);
            }
            Step::Wait(call) => {
                let allow = self.roll().is_multiple_of(2);
                let reply = if allow {
                    let input = Some(serde_json::json!({"changed": true}));
                    Reply::Allow {
                        scope: ReplyScope::Once,
                        offer: 0,
                        input,
                    }
                } else {
                    Reply::Deny { reason: None }
                };
                self.write(Fact::Answered(Answered {
                    call: call.clone(),
                    reply,
                }));
                if !allow {
                    self.write(Fact::Refused(Refused {
                        call,
                        text: "no".into(),
                        ruling: None,
                    }));
                }
            }
            Step::Run(calls) => {
                for call in &calls {
                    self.write(Fact::Began(call.id.clone()));
                    self.live.insert(call.id.clone());
                }
                for call in calls {
                    if self.roll().is_multiple_of(5) {
                        self.outside();
                    }
                    if self.live.remove(&call.id) && !self.roll().is_multiple_of(7) {
                        self.write(returned(call.id, ReturnedHow::Done));
                    }
                }
                self.live.clear();
            }
            Step::Bury(call, how) => self.write(returned(call, how)),
            Step::Deliver(key) => {
                let fact = delivery(&self.index, &key).expect("a queued prompt");
                self.write(fact);
            }
            Step::Rest => {}
        }
    }

    fn check(&self) {
        let folded = next_step(&self.index, &self.live);
        assert_eq!(folded, plain_step(&self.entries, &self.live));
        check_conversation(&self.index);
    }
}

fn returned(call: CallId, how: ReturnedHow) -> Fact {
    Fact::Returned(Box::new(Returned {
        call,
        how,
        content: vec![Block::text("result")],
        data: None,
        marks: vec![],
        took_ms: 0,
    }))
}

fn spent(finish: Finish) -> Fact {
    Fact::Spent(Box::new(Spent {
        asker: Asker::Main,
        provider: "p".to_owned(),
        model: "m".to_owned(),
        request_id: None,
        finish,
        usage: Usage {
            input_tokens: 3,
            ..Usage::default()
        },
        cost: RequestCost { micro_usd: Some(2) },
        sent_bytes: 0,
        kept_bytes: 0,
        broke_because: None,
        first_ms: None,
        total_ms: 0,
    }))
}

/// Roles alternate, and every call has exactly one result, in the next message, in order.
fn check_conversation(index: &Index) {
    let messages = index.messages();
    for pair in messages.windows(2) {
        assert_ne!(pair[0].role, pair[1].role);
    }
    let open: Vec<&CallId> = index.calls().iter().map(|open| &open.call.id).collect();
    for (at, message) in messages
        .iter()
        .enumerate()
        .filter(|(_, m)| m.role == Role::Assistant)
    {
        let calls: Vec<&CallId> = message
            .blocks
            .iter()
            .filter_map(|block| {
                if let Block::Call(call) = block {
                    Some(&call.id)
                } else {
                    None
                }
            })
            .collect();
        let results: Vec<&CallId> = messages
            .get(at + 1)
            .map(|next| next.blocks.iter())
            .into_iter()
            .flatten()
            .filter_map(|block| {
                if let Block::Result { call, .. } = block {
                    Some(call)
                } else {
                    None
                }
            })
            .collect();
        if at + 1 == messages.len() && !calls.is_empty() {
            assert!(calls.ends_with(&open), "{calls:?} {open:?}");
        } else {
            assert_eq!(calls, results);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_folded_index_and_the_plain_scan_agree_on_every_history(
        dice in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        let mut world = World::new(dice);
        for _ in 0..120 {
            world.check();
            if world.roll().is_multiple_of(3) {
                world.outside();
                world.check();
            }
            let step = next_step(&world.index, &world.live);
            world.act(step);
        }
        let entries = world.entries.clone();
        let folded = fold_log(|| Ok(Box::new(entries.clone().into_iter().map(Ok)))).unwrap();
        prop_assert_eq!(folded.index, world.index);
    }

    #[test]
    fn a_rewind_is_the_fold_of_what_stays_and_keeps_the_bill(
        dice in prop::collection::vec(any::<u8>(), 100..300),
        cut in 1_u64..40,
    ) {
        let mut world = World::new(dice);
        for _ in 0..60 {
            if world.roll().is_multiple_of(3) {
                world.outside();
            }
            let step = next_step(&world.index, &world.live);
            world.act(step);
        }
        prop_assume!(world.entries.len() as u64 > cut + 1);
        let last = world.entries.len() as u64;
        let rewound = Fact::Rewound(Rewound { key: "rw".into(), from: EntryId(last - 1) });
        let mut entries = world.entries.clone();
        entries.push(Entry { id: EntryId(last), parent: Some(EntryId(cut)), at: Timestamp(0), fact: rewound });
        let folded = fold_log(|| Ok(Box::new(entries.clone().into_iter().map(Ok)))).unwrap();
        let kept = world.entries[..=usize::try_from(cut).unwrap()].to_vec();
        let plain = fold_log(|| Ok(Box::new(kept.clone().into_iter().map(Ok)))).unwrap();
        prop_assert_eq!(folded.index.messages(), plain.index.messages());
        prop_assert_eq!(folded.index.totals(), world.index.totals());
        prop_assert_eq!(folded.index.last(), Some(EntryId(last)));
    }
}
