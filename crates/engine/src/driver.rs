//! The driver: one task per session that does what the planner says.

use crate::{
    compact::Trigger,
    hub::{Hub, event_stream},
    inbox::{Command, Joins},
    index::Index,
    options::EngineOptions,
    step::{Step, delivery, next_step},
};
use gimlet_ports::{
    Confining, Contacts, EventStream, GrantKeeper, Host, HostQuestion, Judge, LogFault, Models,
    Reminders, Scene, SessionLog, Snapshots, Stop, Toolbox,
};
use gimlet_protocol::{
    Accepted, Asker, Block, CallId, EntryId, Fact, Hired, NoteKind, Noted, Op, OpKey, Refusal,
    Reported, Returned, ReturnedHow, SessionId, SessionState, Signal, Spent, TaskId,
};
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};

/// Commands that may wait for the session. A full inbox answers `Busy`.
const WAITING_COMMANDS: usize = 64;

/// What a session is made of.
pub struct Parts {
    /// The session's log, opened for writing.
    pub log: Box<dyn SessionLog>,
    /// Finds models by name.
    pub models: Arc<dyn Models>,
    /// Every tool that may be called.
    pub tools: Toolbox,
    /// Who votes.
    pub judges: Vec<Arc<dyn Judge>>,
    /// Who says what commands are held to; without one they are started as they are.
    pub confining: Option<Arc<dyn Confining>>,
    /// What they reached on the network, where someone takes note of it.
    pub contacts: Option<Arc<dyn Contacts>>,
    /// Who has words for the model once a call has returned.
    pub reminders: Vec<Arc<dyn Reminders>>,
    /// Takes what calls change on the disk, where that is wanted.
    pub snapshots: Option<Arc<dyn Snapshots>>,
    /// Where grants for always are saved.
    pub keeper: Option<Arc<dyn GrantKeeper>>,
    /// The world.
    pub host: Arc<dyn Host>,
    /// How it behaves.
    pub options: EngineOptions,
}

/// Starts the driver of a session whose log was folded into `index`.
///
/// A turn that a crash cut short is held until it is resumed or another prompt comes.
pub fn start(session: SessionId, parts: Parts, index: Index) -> SessionHandle {
    let (commands, inbox) = mpsc::channel(WAITING_COMMANDS);
    let owes = next_step(&index, &BTreeSet::new()) != Step::Rest;
    let mut driver = Driver {
        inbox,
        #[cfg(debug_assertions)]
        witness: crate::scan::Witness::new(&*parts.log),
        parts,
        index,
        hub: Hub::default(),
        live: BTreeSet::new(),
        asking_host: None,
        held: owes,
        is_own_turn: false,
        closing: None,
        broken: None,
        state: SessionState::Resting,
        sent: None,
        cut: Vec::new(),
        compacting: None,
        windows: BTreeSet::new(),
        tasks_before: BTreeSet::new(),
        restoring: None,
        taken: HashSet::new(),
    };
    driver.held = owes || (driver.offers_end() && driver.missing_end().is_some());
    let task = tokio::spawn(driver.run());
    SessionHandle {
        session,
        commands,
        task: Arc::new(AbortOnDrop(task)),
    }
}

/// A running session. Dropping the last handle ends its driver.
#[derive(Clone)]
pub struct SessionHandle {
    session: SessionId,
    commands: mpsc::Sender<Command>,
    #[expect(
        dead_code,
        reason = "held so that dropping the last handle ends the driver"
    )]
    task: Arc<AbortOnDrop>,
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl SessionHandle {
    /// Hands over an operation.
    ///
    /// # Errors
    /// When it does not fit, or the session has ended.
    pub async fn submit(&self, key: OpKey, op: Op) -> Result<Accepted, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.commands
            .try_send(Command::Submit { key, op, answer })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Refusal::Busy,
                mpsc::error::TrySendError::Closed(_) => self.gone(),
            })?;
        answered.await.map_err(|_| self.gone())?
    }

    /// Follows the session from the entry after `after`.
    ///
    /// # Errors
    /// When the session has ended or its log cannot be read.
    pub async fn follow(&self, after: Option<EntryId>) -> Result<EventStream, Refusal> {
        let first = join(&self.commands, after, Joins::New)
            .await
            .map_err(|_| self.gone())?;
        let first = first.map_err(|fault| Refusal::Log {
            why: fault.to_string(),
        })?;
        // Weak: a follower alone does not keep the session alive.
        let commands = self.commands.downgrade();
        let rejoin = Box::new(move |seen| match commands.upgrade() {
            Some(commands) => join(&commands, seen, Joins::Again),
            None => oneshot::channel().1,
        });
        Ok(event_stream(first, after, rejoin))
    }

    /// Hands over a message that no person sent: between the rounds of a running turn, or as
    /// the start of one.
    ///
    /// # Errors
    /// When the session has ended or its log cannot be written.
    pub async fn tell(&self, key: OpKey, content: Vec<Block>) -> Result<Accepted, Refusal> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Tell {
            key,
            content,
            answer,
        };
        self.commands.send(command).await.map_err(|_| self.gone())?;
        answered.await.map_err(|_| self.gone())?
    }

    /// Writes facts about the session's workers into its log.
    ///
    /// # Errors
    /// When the session has ended or its log cannot be written.
    pub async fn note(&self, facts: Vec<WorkerFact>) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        self.commands
            .send(Command::Note { facts, answer })
            .await
            .map_err(|_| self.gone())?;
        answered.await.map_err(|_| self.gone())?
    }

    /// What the session looks like now.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn look(&self) -> Result<Glance, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.commands
            .send(Command::Look { answer })
            .await
            .map_err(|_| self.gone())?;
        answered.await.map_err(|_| self.gone())
    }

    /// Waits until the driver has ended after `Op::Close`.
    pub async fn ended(&self) {
        self.commands.closed().await;
    }

    fn gone(&self) -> Refusal {
        Refusal::NoSession {
            session: self.session.clone(),
        }
    }
}

fn join(
    commands: &mpsc::Sender<Command>,
    after: Option<EntryId>,
    joins: Joins,
) -> oneshot::Receiver<Result<crate::hub::Subscription, LogFault>> {
    let (answer, answered) = oneshot::channel();
    // A full inbox drops `answer`, which the follower sees as the end: it can follow again.
    if commands
        .try_send(Command::Follow {
            after,
            joins,
            answer,
        })
        .is_err()
    {
        return oneshot::channel().1;
    }
    answered
}

/// What a session's log tells of its workers.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerFact {
    /// One was started.
    Hired(Hired),
    /// One made a request.
    Spent(Spent),
    /// One came to rest.
    Reported(Reported),
}

impl From<WorkerFact> for Fact {
    fn from(fact: WorkerFact) -> Self {
        match fact {
            WorkerFact::Hired(hired) => Self::Hired(Box::new(hired)),
            WorkerFact::Spent(spent) => Self::Spent(Box::new(spent)),
            WorkerFact::Reported(reported) => Self::Reported(Box::new(reported)),
        }
    }
}

/// A session at a glance.
#[derive(Clone, Debug)]
pub struct Glance {
    /// The fold of its log.
    pub index: Index,
    /// What it is doing.
    pub state: SessionState,
    /// True when its last turn was cut short and can go on.
    pub unfinished: bool,
}

pub(crate) struct Driver {
    pub(crate) inbox: mpsc::Receiver<Command>,
    #[cfg(debug_assertions)]
    pub(crate) witness: crate::scan::Witness,
    pub(crate) parts: Parts,
    pub(crate) index: Index,
    pub(crate) hub: Hub,
    pub(crate) live: BTreeSet<CallId>,
    /// The call that waits for a host while it runs, and what is asked about that.
    pub(crate) asking_host: Option<(CallId, HostQuestion)>,
    /// True while a turn that a crash cut short waits for someone to resume it.
    pub(crate) held: bool,
    /// True once a turn was begun or resumed in this run: an earlier one is nobody's wish now.
    is_own_turn: bool,
    pub(crate) closing: Option<OpKey>,
    /// Why the log could not be written; the session then rests until the next operation.
    pub(crate) broken: Option<LogFault>,
    pub(crate) state: SessionState,
    pub(crate) sent: Option<crate::sample::Sent>,
    /// What the reply under way leaves if the command at hand ends it: it is written in one with
    /// the interrupt, so that no crash comes between.
    pub(crate) cut: Vec<Fact>,
    /// A compaction that the person asked for, with their wish.
    pub(crate) compacting: Option<Trigger>,
    /// Calls whose windows are open.
    pub(crate) windows: BTreeSet<CallId>,
    /// Background tasks that ran when it was last looked.
    pub(crate) tasks_before: BTreeSet<TaskId>,
    /// An operation on files that is owed.
    pub(crate) restoring: Option<crate::windows::Restoring>,
    /// Keys of the operations that were taken since the session was opened.
    pub(crate) taken: HashSet<OpKey>,
}

impl Driver {
    async fn run(mut self) {
        if let Err(fault) = self.take_leftovers().await {
            self.broke(fault);
        }
        loop {
            while let Ok(command) = self.inbox.try_recv() {
                self.take(command);
            }
            let step = self.step();
            // What is queued stays in the log for the next run.
            if let (Some(key), Step::Rest | Step::Wait(_) | Step::Deliver(_)) =
                (self.closing.clone(), &step)
            {
                self.close(key);
                return;
            }
            let outcome = match step {
                Step::Sample => self.sample().await,
                Step::Judge(call) => self.judge(&call).await,
                Step::Run(calls) => self.run_calls(calls).await,
                Step::Bury(call, how) => self.bury(call, how),
                Step::Deliver(key) => self.deliver(&key),
                Step::Wait(_) => match self.idle(SessionState::Asking).await {
                    Some(()) => Ok(()),
                    None => return,
                },
                Step::Rest => match self.rest().await {
                    Some(outcome) => outcome,
                    None => return,
                },
            };
            if let Err(fault) = outcome {
                self.broke(fault);
            }
        }
    }

    fn step(&self) -> Step {
        if self.held || self.broken.is_some() {
            return Step::Rest;
        }
        let step = next_step(&self.index, &self.live);
        #[cfg(debug_assertions)]
        self.witness.check(&step, &self.live);
        step
    }

    /// Appends facts, then shows them.
    pub(crate) fn record(&mut self, facts: Vec<Fact>) -> Result<(), LogFault> {
        let entries = self.parts.log.append(self.index.last(), facts)?;
        for entry in &entries {
            #[cfg(debug_assertions)]
            self.witness.see(entry);
            self.index.apply(entry);
            self.is_own_turn |= matches!(
                entry.fact,
                Fact::Prompted(_) | Fact::Steered(_) | Fact::Resumed(_)
            );
            // What a worker spent was counted where it was spent.
            if let Fact::Spent(spent) = &entry.fact
                && !matches!(spent.asker, Asker::Worker { .. })
            {
                let purse = &self.parts.options.purse;
                purse.spend(spent.cost.micro_usd.unwrap_or(0));
            }
            self.hub.fact(entry);
        }
        Ok(())
    }

    pub(crate) fn show(&mut self, signal: &Signal) {
        self.hub.signal(signal);
    }

    pub(crate) fn enter(&mut self, state: SessionState) {
        if self.state != state {
            self.state = state;
            self.hub.signal_surely(&Signal::State { state });
        }
    }

    fn deliver(&mut self, key: &OpKey) -> Result<(), LogFault> {
        match delivery(&self.index, key) {
            Some(fact) => self.record(vec![fact]),
            None => Ok(()),
        }
    }

    fn bury(&mut self, call: CallId, how: ReturnedHow) -> Result<(), LogFault> {
        let text = match how {
            ReturnedHow::Interrupted => "The person interrupted the turn before this call ended.",
            ReturnedHow::Lost => {
                "Gimlet ended while this call was running. What it did is not known: look before you do it again."
            }
            ReturnedHow::TimedOut => "The call took too long and was ended.",
            ReturnedHow::Done | ReturnedHow::Failed => "The turn ended before this call could run.",
        };
        let mut text = text.to_owned();
        let mut workers = self.index.workers().iter();
        if let Some(hired) = workers.find(|hired| hired.call == call) {
            let worker = format!(
                " Its worker {} stopped with it and keeps what it knows: SendMessage to it goes on.",
                hired.worker
            );
            text.push_str(&worker);
        }
        let returned = Returned {
            call,
            how: if how == ReturnedHow::Done {
                ReturnedHow::Failed
            } else {
                how
            },
            content: vec![Block::text(text)],
            data: None,
            marks: Vec::new(),
            took_ms: 0,
        };
        self.record(vec![Fact::Returned(Box::new(returned))])
    }

    /// Nothing is owed: make it durable, then wait. Returns `None` when nobody is left.
    async fn rest(&mut self) -> Option<Result<(), LogFault>> {
        if let Some(trigger) = self.compacting.take() {
            return Some(self.compact_by_hand(trigger).await);
        }
        if let Some(restoring) = self.restoring.take() {
            return Some(self.restore(restoring).await);
        }
        if !self.held && self.broken.is_none() {
            if let Some(nudge) = self.missing_end().filter(|_| self.is_own_turn) {
                return Some(self.record(vec![nudge]));
            }
            if self.state != SessionState::Resting
                && let Err(fault) = self.settle_windows().await
            {
                return Some(Err(fault));
            }
            self.enter(SessionState::Resting);
            if let Err(fault) = self.parts.log.sync() {
                return Some(Err(fault));
            }
        }
        self.idle(SessionState::Resting).await.map(Ok)
    }

    async fn compact_by_hand(&mut self, trigger: Trigger) -> Result<(), LogFault> {
        match self.parts.models.model(self.index.model()) {
            Ok(model) => self.compact(&*model, trigger).await.map(drop),
            Err(text) => self.record(vec![Fact::Noted(Noted {
                kind: NoteKind::Notice,
                text,
            })]),
        }
    }

    async fn idle(&mut self, state: SessionState) -> Option<()> {
        if state == SessionState::Asking
            && let Err(fault) = self.parts.log.sync()
        {
            self.broke(fault);
        }
        self.enter(state);
        let command = self.inbox.recv().await?;
        self.take(command);
        Some(())
    }

    /// True when the session was begun with the tool that must end a turn.
    fn offers_end(&self) -> bool {
        let tool = self.parts.options.must_end_with.as_deref();
        let mut offered = self
            .index
            .opened()
            .into_iter()
            .flat_map(|opened| &opened.tools);
        tool.is_some_and(|tool| offered.any(|spec| spec.name == tool))
    }

    /// The nudge for a turn that rests without the tool that must end it.
    fn missing_end(&self) -> Option<Fact> {
        let tool = self.parts.options.must_end_with.as_ref()?;
        let turn = self.index.turn();
        let over = turn.requests == 0 || turn.interrupted || turn.fault.is_some();
        if over || turn.succeeded.contains(tool) {
            return None;
        }
        if turn.nudges >= MOST_NUDGES {
            let text = format!("the model did not call {tool} after {MOST_NUDGES} reminders");
            let kind = gimlet_protocol::LimitKind::StructuredOutput;
            return Some(Fact::Faulted(gimlet_protocol::Fault::Limit { kind, text }));
        }
        let text = format!("End the task with a call of {tool}; a plain answer is not read.");
        Some(Fact::Noted(Noted {
            kind: NoteKind::Nudge,
            text,
        }))
    }

    fn broke(&mut self, fault: LogFault) {
        self.hub.signal_surely(&Signal::LogFault {
            text: fault.to_string(),
        });
        self.broken = Some(fault);
        self.enter(SessionState::Resting);
    }

    fn close(&mut self, key: OpKey) {
        let closed = self.record(vec![Fact::Closed(key)]);
        if let Err(fault) = closed.and_then(|()| self.parts.log.sync()) {
            self.broke(fault);
        }
    }

    /// Where the session stands now.
    pub(crate) fn scene(&self) -> Scene {
        let options = &self.parts.options;
        let desk = self.index.desk();
        let session = self.index.opened().map(|opened| opened.session.clone());
        let root = desk.worktree.as_ref().unwrap_or(&options.root);
        Scene {
            session: session.unwrap_or_else(|| SessionId::new("")),
            root: root.clone(),
            cwd: desk.cwd.clone().unwrap_or_else(|| root.clone()),
            added: options.added.clone(),
            home: options.home.clone(),
            scratch: options.scratch.clone(),
            mode: self.index.mode(),
            output_chars: options.output_chars,
            desk: Arc::clone(desk),
            grants: Arc::new(self.index.grants_at(self.parts.host.now())),
        }
    }

    pub(crate) fn glance(&self) -> Glance {
        Glance {
            index: self.index.clone(),
            state: self.state,
            unfinished: self.held || self.index.can_resume(),
        }
    }
}

/// Reminders to end with structured output before the turn fails.
const MOST_NUDGES: u32 = 5;

/// A stop token that fires when its owner goes.
pub(crate) struct StopOnDrop(pub(crate) Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[cfg(test)]
mod tests;
