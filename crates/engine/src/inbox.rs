//! Operations of clients: what each does while the session rests and while it works.

use crate::{
    compact::Trigger,
    driver::{Driver, Glance, WorkerFact},
    hub::Subscription,
    index::{Phase, fold_log},
    sample::milliseconds,
    step::{Step, next_step},
    windows::changes_files,
};
use gimlet_ports::LogFault;
use gimlet_protocol::{
    Accepted, Answered, Block, CallId, Change, EntryId, Fact, GrantId, Granted, Incoming, NoteKind,
    Noted, Offer, Op, OpKey, Origin, QueueLane, Queued, Refusal, Refused, Reply, ReplyScope,
    Rewound, Signal, Timestamp,
};
use std::collections::BTreeSet;
use tokio::sync::oneshot;

/// What arrives at a session.
pub(crate) enum Command {
    Submit {
        key: OpKey,
        op: Op,
        answer: oneshot::Sender<Result<Accepted, Refusal>>,
    },
    Follow {
        after: Option<EntryId>,
        joins: Joins,
        answer: oneshot::Sender<Result<Subscription, LogFault>>,
    },
    Look {
        answer: oneshot::Sender<Glance>,
    },
    Tell {
        key: OpKey,
        content: Vec<Block>,
        answer: oneshot::Sender<Result<Accepted, Refusal>>,
    },
    Note {
        facts: Vec<WorkerFact>,
        answer: oneshot::Sender<Result<(), Refusal>>,
    },
}

impl Command {
    /// True when it would end work that is under way.
    pub(crate) fn halts(&self) -> bool {
        match self {
            Self::Submit { op, .. } => matches!(op, Op::Interrupt | Op::Close),
            Self::Follow { .. } | Self::Look { .. } | Self::Tell { .. } | Self::Note { .. } => {
                false
            }
        }
    }
}

/// Whether a follower is new, or was let go and comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joins {
    New,
    Again,
}

/// What a command means for the work that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It goes on.
    GoOn,
    /// It stops now; `Interrupted` stands in the log already.
    Halt,
}

impl Driver {
    /// Takes a command while nothing is under way.
    pub(crate) fn take(&mut self, command: Command) {
        // The planner looks at the log again, so nothing has to be halted.
        let _: After = self.take_while_working(command, Working::No);
    }

    /// Takes a command and tells what it means for the work under way.
    pub(crate) fn take_while_working(&mut self, command: Command, working: Working) -> After {
        match command {
            Command::Submit { key, op, answer } if changes_files(&op) && !self.is_taken(&key) => {
                if let Err((refusal, answer)) = self.ask_to_restore(key, op, working, answer) {
                    answer.send(Err(refusal)).or_unheard();
                }
                After::GoOn
            }
            Command::Submit { key, op, answer } => {
                let halts = working == Working::Yes && matches!(op, Op::Interrupt | Op::Close);
                let outcome = self.operate(key, op, working);
                let after = if halts && outcome.is_ok() {
                    After::Halt
                } else {
                    After::GoOn
                };
                // A client that no longer waits for the answer has still asked.
                answer.send(outcome).or_unheard();
                after
            }
            Command::Follow {
                after,
                joins,
                answer,
            } => {
                let last = self.index.last();
                let past = if after == last {
                    Ok(None)
                } else {
                    self.parts.log.read(after).map(Some)
                };
                let subscription = past.map(|past| {
                    let present = self.present(joins);
                    self.hub.join(past, last, present)
                });
                answer.send(subscription).or_unheard();
                After::GoOn
            }
            Command::Look { answer } => {
                answer.send(self.glance()).or_unheard();
                After::GoOn
            }
            Command::Tell {
                key,
                content,
                answer,
            } => {
                answer.send(self.told(key, content, working)).or_unheard();
                After::GoOn
            }
            Command::Note { facts, answer } => {
                let facts = facts.into_iter().map(Fact::from).collect();
                let written = self.record(facts).map_err(|fault| log_refusal(&fault));
                answer.send(written).or_unheard();
                After::GoOn
            }
        }
    }

    /// What a follower that was let go may have missed.
    fn present(&self, joins: Joins) -> Vec<Signal> {
        if joins == Joins::New {
            return Vec::new();
        }
        let lagged = Signal::Lagged { skipped: 0 };
        let fault = self.broken.as_ref().map(|fault| Signal::LogFault {
            text: fault.to_string(),
        });
        [lagged]
            .into_iter()
            .chain(fault)
            .chain([Signal::State { state: self.state }])
            .collect()
    }

    fn is_taken(&self, key: &OpKey) -> bool {
        self.index.knows(key) || self.taken.contains(key)
    }

    fn operate(&mut self, key: OpKey, op: Op, working: Working) -> Result<Accepted, Refusal> {
        let accepted = Accepted {
            key: key.clone(),
            after: self.index.last(),
        };
        // The log knows the keys of prompts; those of other operations are known while the
        // session is open.
        let in_log = self.index.knows(&key) && !matches!(op, Op::EditQueued { .. });
        if in_log || self.taken.contains(&key) {
            return Ok(accepted);
        }
        self.operate_once(key.clone(), op, working)?;
        self.taken.insert(key);
        Ok(accepted)
    }

    /// Takes a message that no person sent. A turn that a crash cut short stays held; the
    /// message then waits for what comes of it.
    fn told(
        &mut self,
        key: OpKey,
        content: Vec<Block>,
        working: Working,
    ) -> Result<Accepted, Refusal> {
        let accepted = Accepted {
            key: key.clone(),
            after: self.index.last(),
        };
        if self.index.knows(&key) {
            return Ok(accepted);
        }
        let incoming = Incoming {
            key,
            origin: Origin::Task,
            content,
        };
        let rests = next_step(&self.index, &self.live) == Step::Rest;
        let fact = if working == Working::No && !self.held && rests {
            Fact::Prompted(incoming)
        } else {
            let lane = QueueLane::Steer;
            Fact::Queued(Queued { incoming, lane })
        };
        self.record(vec![fact])
            .map_err(|fault| log_refusal(&fault))?;
        Ok(accepted)
    }

    fn operate_once(&mut self, key: OpKey, op: Op, working: Working) -> Result<(), Refusal> {
        // Another operation is another chance for the log.
        self.broken = None;
        let facts = match op {
            Op::Prompt { content } => self.prompt(&key, content, QueueLane::FollowUp, working),
            Op::Steer { content } => self.prompt(&key, content, QueueLane::Steer, working),
            Op::EditQueued {
                queued,
                content,
                lane,
            } => self.edit_queued(&queued, content, lane)?,
            Op::Answer { call, reply } => self.answer(&call, reply)?,
            Op::Interrupt => self.interrupt(key, working),
            Op::Configure { change } => self.configure(change)?,
            Op::Compact { instructions } => {
                self.ask_to_compact(instructions, working)?;
                return Ok(());
            }
            Op::Rewind { to, .. } => return self.rewind(&key, to, working),
            // These are carried out when the loop comes round.
            Op::Undo { .. } | Op::Redo { .. } => return Err(not_now("that was asked for already")),
            Op::Revoke { grant } => self.revoke(grant)?,
            Op::Resume => self.resume(key)?,
            Op::Close => {
                self.closing = Some(key.clone());
                self.interrupt(key, working)
            }
        };
        self.record(facts).map_err(|fault| {
            let why = fault.to_string();
            self.broken = Some(fault);
            Refusal::Log { why }
        })
    }

    fn prompt(
        &mut self,
        key: &OpKey,
        content: Vec<Block>,
        lane: QueueLane,
        working: Working,
    ) -> Vec<Fact> {
        let incoming = Incoming {
            key: key.clone(),
            origin: Origin::Person,
            content,
        };
        if std::mem::take(&mut self.held) {
            // What the crash left open is not run behind the back of a new prompt.
            let interrupted = Fact::Interrupted(OpKey(format!("{key}:held")));
            return vec![
                interrupted,
                Fact::Queued(Queued {
                    incoming,
                    lane: QueueLane::FollowUp,
                }),
            ];
        }
        let resting = working == Working::No && next_step(&self.index, &self.live) == Step::Rest;
        if resting {
            vec![Fact::Prompted(incoming)]
        } else {
            vec![Fact::Queued(Queued { incoming, lane })]
        }
    }

    fn edit_queued(
        &self,
        queued: &OpKey,
        content: Vec<Block>,
        lane: QueueLane,
    ) -> Result<Vec<Fact>, Refusal> {
        let waiting = self
            .index
            .queue()
            .iter()
            .find(|item| item.incoming.key == *queued);
        let Some(waiting) = waiting else {
            return Err(not_now("that prompt was delivered already"));
        };
        if content.is_empty() {
            return Ok(vec![Fact::Withdrawn(queued.clone())]);
        }
        let incoming = Incoming {
            content,
            ..waiting.incoming.clone()
        };
        Ok(vec![Fact::Queued(Queued { incoming, lane })])
    }

    fn answer(&mut self, call: &CallId, reply: Reply) -> Result<Vec<Fact>, Refusal> {
        if self
            .asking_host
            .as_ref()
            .is_some_and(|(asking, _)| asking == call)
        {
            return self.answer_about_host(call, reply);
        }
        let asked =
            |open: &&crate::index::OpenCall| open.call.id == *call && open.phase == Phase::Asked;
        let Some(open) = self.index.calls().iter().find(asked) else {
            return Err(not_now("nothing is asked about that call"));
        };
        let granted = self.granted(call, &open.offered, &reply)?;
        self.held = false;
        let refused = match &reply {
            Reply::Allow { .. } => None,
            Reply::Deny { reason } => Some(Refused {
                call: call.clone(),
                text: match reason {
                    Some(reason) => format!("The person did not allow this call: {reason}"),
                    None => "The person did not allow this call. Do not try it again another way; ask what they want instead.".to_owned(),
                },
                ruling: None,
            }),
        };
        let answered = Fact::Answered(Answered {
            call: call.clone(),
            reply,
        });
        Ok(std::iter::once(answered)
            .chain(granted)
            .chain(refused.map(Fact::Refused))
            .collect())
    }

    /// What an answer grants beyond the call: the offer that it takes, and nothing else.
    pub(crate) fn granted(
        &self,
        call: &CallId,
        offered: &[Offer],
        reply: &Reply,
    ) -> Result<Vec<Fact>, Refusal> {
        let (mut scope, offer) = match reply {
            Reply::Deny { .. }
            | Reply::Allow {
                scope: ReplyScope::Once,
                ..
            } => return Ok(Vec::new()),
            Reply::Allow { scope, offer, .. } => (*scope, *offer),
        };
        let Some(offer) = offered.get(offer) else {
            return Err(not_now("nothing like that was offered; allow it once"));
        };
        let mut facts = Vec::new();
        let mut saved_in = None;
        if scope == ReplyScope::Always {
            match self.keep(offer) {
                Ok(place) => saved_in = Some(place),
                Err(why) => {
                    scope = ReplyScope::Session;
                    let text = format!("it holds for this session only: {why}");
                    let kind = NoteKind::Notice;
                    facts.push(Fact::Noted(Noted { kind, text }));
                }
            }
        }
        let until = (scope == ReplyScope::Session).then(|| {
            let lasts = milliseconds(self.parts.options.grants_last);
            Timestamp(self.parts.host.now().0.saturating_add(lasts))
        });
        for (at, grant) in offer.grants.iter().enumerate() {
            facts.push(Fact::Granted(Box::new(Granted {
                id: self.index.next_grant(at),
                call: call.clone(),
                grant: grant.clone(),
                scope,
                until,
                saved_in: saved_in.clone(),
            })));
        }
        Ok(facts)
    }

    /// Saves an offer for always; returns where.
    fn keep(&self, offer: &Offer) -> Result<String, String> {
        let keeper = self.parts.keeper.as_ref();
        let place = keeper.and_then(|keeper| keeper.place());
        let (Some(keeper), Some(place)) = (keeper, place) else {
            return Err("the folder is not trusted, so its settings would not count".to_owned());
        };
        let rules: Vec<String> = offer
            .grants
            .iter()
            .map(|grant| grant.rule.clone())
            .collect();
        keeper.keep(&rules).map(|()| place)
    }

    fn revoke(&self, grant: GrantId) -> Result<Vec<Fact>, Refusal> {
        if self.index.grants().any(|held| held.id == grant) {
            return Ok(vec![Fact::Revoked(grant)]);
        }
        Err(not_now(&format!(
            "there is no grant {grant} in this session"
        )))
    }

    fn interrupt(&mut self, key: OpKey, working: Working) -> Vec<Fact> {
        let held = std::mem::take(&mut self.held);
        let owed = next_step(&self.index, &self.live) != Step::Rest;
        if working == Working::Yes || held || owed {
            let mut facts = vec![Fact::Interrupted(key)];
            facts.append(&mut self.cut);
            facts
        } else {
            Vec::new()
        }
    }

    fn configure(&self, change: Change) -> Result<Vec<Fact>, Refusal> {
        if let Change::Model { model, .. } = &change {
            self.parts
                .models
                .model(model)
                .map_err(|why| Refusal::NotNow { why })?;
        }
        Ok(vec![Fact::Configured(change)])
    }

    fn ask_to_compact(
        &mut self,
        instructions: Option<String>,
        working: Working,
    ) -> Result<(), Refusal> {
        if working == Working::Yes || next_step(&self.index, &self.live) != Step::Rest {
            return Err(not_now("a turn is running; compact when it rests"));
        }
        if self.index.messages().is_empty() {
            return Err(not_now("there is nothing to compact"));
        }
        self.compacting = Some(Trigger::Manual(instructions));
        Ok(())
    }

    fn resume(&mut self, key: OpKey) -> Result<Vec<Fact>, Refusal> {
        if std::mem::take(&mut self.held) || self.index.can_resume() {
            return Ok(vec![Fact::Resumed(key)]);
        }
        Err(not_now("there is no unfinished turn to go on with"))
    }

    pub(crate) fn rewind(
        &mut self,
        key: &OpKey,
        to: EntryId,
        working: Working,
    ) -> Result<(), Refusal> {
        let Some(from) = self.index.last() else {
            return Err(not_now("the session is empty"));
        };
        let busy = !self.held && next_step(&self.index, &self.live) != Step::Rest;
        if working == Working::Yes || busy {
            return Err(not_now("a turn is running; interrupt it first"));
        }
        if to >= from {
            return Err(not_now("that entry is not earlier than the last one"));
        }
        let log_refusal = |fault: LogFault| Refusal::Log {
            why: fault.to_string(),
        };
        let rewound = Fact::Rewound(Rewound {
            key: key.clone(),
            from,
        });
        let entries = self
            .parts
            .log
            .append(Some(to), vec![rewound])
            .map_err(log_refusal)?;
        let log = &self.parts.log;
        self.index = fold_log(|| log.read(None)).map_err(log_refusal)?.index;
        #[cfg(debug_assertions)]
        {
            self.witness = crate::scan::Witness::new(&*self.parts.log);
        }
        for entry in &entries {
            self.hub.fact(entry);
        }
        self.sent = None;
        // In the middle of a turn: what was open then is not run again.
        self.held = false;
        if next_step(&self.index, &BTreeSet::new()) != Step::Rest {
            let interrupted = Fact::Interrupted(OpKey(format!("{key}:rest")));
            self.record(vec![interrupted]).map_err(log_refusal)?;
        }
        Ok(())
    }
}

/// Whether a reply or a call is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Working {
    Yes,
    No,
}

pub(crate) fn log_refusal(fault: &LogFault) -> Refusal {
    Refusal::Log {
        why: fault.to_string(),
    }
}

pub(crate) fn not_now(why: &str) -> Refusal {
    Refusal::NotNow {
        why: why.to_owned(),
    }
}

/// Answers go to clients that may have left; then there is nobody to tell.
trait Unheard {
    fn or_unheard(self);
}

impl<T> Unheard for Result<(), T> {
    fn or_unheard(self) {}
}
