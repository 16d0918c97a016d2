//! Watching a worker: what it spends goes to the session above at once, and what it says last
//! is its report, to the call that waits or as a message.

use super::Kind;
use crate::worktrees::Held;
use futures::StreamExt as _;
use gimlet_engine::{SessionHandle, WorkerFact};
use gimlet_ports::{EventStream, Progress, WorkerReport, told_of_changes};
use gimlet_protocol::{
    Asker, Block, Changes, Entry, EntryId, Event, Fact, Fault, Hired, Op, OpKey, ReplyId, Reported,
    ReturnedHow, SessionId, SessionState, Signal, Usage,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// How long an ended worker may take to come to rest.
const SETTLING: Duration = Duration::from_secs(2);
/// Characters of a report that the session above is told.
const REPORT_CHARS: usize = 30_000;

/// A worker of this process.
pub(crate) struct Attended {
    pub(crate) hired: Hired,
    pub(crate) kind: Kind,
    /// The session that started it.
    pub(crate) parent: SessionId,
    pub(crate) handle: SessionHandle,
    attention: Arc<Mutex<Attention>>,
    watcher: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

/// Who hears the report, and whether there will be one.
#[derive(Default)]
struct Attention {
    running: bool,
    hears: Hears,
    progress: Option<Progress>,
}

#[derive(Default)]
enum Hears {
    /// The session above is sent a message.
    #[default]
    Session,
    /// A call waits.
    Call(oneshot::Sender<WorkerReport>),
}

/// What a watcher needs to know.
pub(crate) struct Watched {
    pub(crate) hired: Hired,
    pub(crate) kind: Kind,
    pub(crate) model: String,
    pub(crate) parent: SessionId,
    pub(crate) above: SessionHandle,
    pub(crate) handle: SessionHandle,
    pub(crate) deadline: Duration,
    /// Where it works apart.
    pub(crate) worktree: Option<Arc<Held>>,
}

impl Attended {
    /// Begins to watch.
    pub(crate) fn new(watched: Watched, events: EventStream) -> Self {
        let attention = Arc::new(Mutex::new(Attention::default()));
        let (hired, kind) = (watched.hired.clone(), watched.kind.clone());
        let (parent, handle) = (watched.parent.clone(), watched.handle.clone());
        let watcher = tokio::spawn(Watcher::new(watched, Arc::clone(&attention)).run(events));
        Self {
            hired,
            kind,
            parent,
            handle,
            attention,
            watcher: Mutex::new(Some(watcher)),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        lock(&self.attention).running
    }

    /// Counts as running from here on, and reports to a call.
    pub(crate) fn reports_to_call(&self, progress: Progress) -> oneshot::Receiver<WorkerReport> {
        let (report, reported) = oneshot::channel();
        let mut attention = lock(&self.attention);
        attention.running = true;
        attention.hears = Hears::Call(report);
        attention.progress = Some(progress);
        reported
    }

    /// Counts as running from here on, and reports by a message.
    pub(crate) fn reports_by_message(&self) {
        let mut attention = lock(&self.attention);
        attention.running = true;
        attention.hears = Hears::Session;
        attention.progress = None;
    }

    /// Waits until everything that it did is told, once its session was closed.
    pub(crate) async fn told(&self) {
        let watcher = self
            .watcher
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(watcher) = watcher {
            // A watcher that hangs must not hold the end.
            drop(tokio::time::timeout(SETTLING, watcher).await);
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        let watcher = self
            .watcher
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(watcher) = watcher.take() {
            watcher.abort();
        }
    }
}

fn lock(attention: &Mutex<Attention>) -> MutexGuard<'_, Attention> {
    attention.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Watcher {
    watched: Watched,
    attention: Arc<Mutex<Attention>>,
    turn: Turn,
    turns: u64,
    /// The last entry of the worker's log that was seen.
    last: Option<EntryId>,
}

/// What one turn amounts to.
struct Turn {
    began: Option<Instant>,
    /// When the wait for an answer began.
    asking: Option<Instant>,
    /// Time that it waited for answers.
    waited: Duration,
    reply: Option<ReplyId>,
    text: String,
    calls: u64,
    usage: Usage,
    micro_usd: u64,
    fault: Option<Fault>,
    how: ReturnedHow,
    /// When a worker that was told to stop counts as ended.
    settles_at: Option<Instant>,
}

impl Turn {
    fn new() -> Self {
        Self {
            began: None,
            asking: None,
            waited: Duration::ZERO,
            reply: None,
            text: String::new(),
            calls: 0,
            usage: Usage::default(),
            micro_usd: 0,
            fault: None,
            how: ReturnedHow::Done,
            settles_at: None,
        }
    }
}

impl Watcher {
    fn new(watched: Watched, attention: Arc<Mutex<Attention>>) -> Self {
        Self {
            watched,
            attention,
            turn: Turn::new(),
            turns: 0,
            last: None,
        }
    }

    async fn run(mut self, mut events: EventStream) {
        loop {
            let due = self.due();
            // Taken out for the wait, so that its end is noticed.
            let mut call = self.take_call();
            let woke = tokio::select! {
                event = events.next() => Woke::Event(event.map(Box::new)),
                () = closed(&mut call) => Woke::CallGone,
                () = until(due) => Woke::Due,
            };
            match woke {
                Woke::CallGone => {
                    // The call was stopped: nobody waits for the report any more.
                    if self.turn.began.is_some() || lock(&self.attention).running {
                        self.stop(ReturnedHow::Interrupted).await;
                    }
                }
                Woke::Event(Some(event)) => {
                    self.put_back(call);
                    self.event(*event).await;
                }
                Woke::Event(None) => {
                    self.put_back(call);
                    if lock(&self.attention).running {
                        self.turn.how = ReturnedHow::Interrupted;
                        self.report().await;
                    }
                    return;
                }
                Woke::Due => {
                    self.put_back(call);
                    if self.turn.settles_at.is_some() {
                        self.report().await;
                    } else {
                        self.stop(ReturnedHow::TimedOut).await;
                    }
                }
            }
        }
    }

    fn take_call(&self) -> Option<oneshot::Sender<WorkerReport>> {
        let mut attention = lock(&self.attention);
        match std::mem::take(&mut attention.hears) {
            Hears::Call(call) => Some(call),
            Hears::Session => None,
        }
    }

    fn put_back(&self, call: Option<oneshot::Sender<WorkerReport>>) {
        let mut attention = lock(&self.attention);
        // Meanwhile another call may have come to wait.
        if let (Some(call), Hears::Session) = (call, &attention.hears) {
            attention.hears = Hears::Call(call);
        }
    }

    /// When the turn must have ended.
    fn due(&self) -> Option<Instant> {
        if self.turn.asking.is_some() {
            return self.turn.settles_at;
        }
        let due = self.turn.began? + self.watched.deadline + self.turn.waited;
        Some(self.turn.settles_at.unwrap_or(due))
    }

    async fn stop(&mut self, how: ReturnedHow) {
        self.turn.how = how;
        self.turn.settles_at = Some(Instant::now() + SETTLING);
        let key = OpKey(format!("{}:stop:{}", self.watched.hired.worker, self.turns));
        // A session that is gone has stopped.
        drop(self.watched.handle.submit(key, Op::Interrupt).await);
    }

    async fn event(&mut self, event: Event) {
        match event {
            Event::Fact(entry) => self.fact(entry).await,
            Event::Signal(Signal::State { state }) => self.state(state).await,
            Event::Signal(_) => {}
        }
    }

    async fn state(&mut self, state: SessionState) {
        if let Some(asking) = self.turn.asking.take() {
            self.turn.waited += asking.elapsed();
        }
        match state {
            SessionState::Asking => self.turn.asking = Some(Instant::now()),
            SessionState::Resting if self.turn.began.is_some() => self.report().await,
            SessionState::Running | SessionState::Resting => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a report is made of a few kinds of facts among all"
    )]
    async fn fact(&mut self, entry: Entry) {
        self.last = Some(entry.id);
        match entry.fact {
            Fact::Prompted(_) | Fact::Resumed(_) => {
                self.turn.began.get_or_insert_with(Instant::now);
                lock(&self.attention).running = true;
            }
            Fact::Said(said) => {
                if self.turn.reply.as_ref() != Some(&said.reply) {
                    self.turn.text.clear();
                    self.turn.reply = Some(said.reply);
                }
                self.turn.text.push_str(&said.text);
            }
            Fact::Called(called) => {
                self.turn.calls += 1;
                let progress = lock(&self.attention).progress.clone();
                if let Some(progress) = progress {
                    progress(format!("{}: {}", self.watched.kind.name, called.call.tool));
                }
            }
            Fact::Spent(mut spent) => {
                // A worker's own workers are told of under their own names.
                if !matches!(spent.asker, Asker::Worker { .. }) {
                    self.turn.usage.add(&spent.usage);
                    self.turn.micro_usd += spent.cost.micro_usd.unwrap_or(0);
                    let name = self.watched.hired.worker.0.clone();
                    spent.asker = Asker::Worker { name };
                }
                self.note(WorkerFact::Spent(*spent)).await;
            }
            Fact::Faulted(fault) => {
                self.turn.fault = Some(fault);
                if self.turn.how == ReturnedHow::Done {
                    self.turn.how = ReturnedHow::Failed;
                }
            }
            Fact::Interrupted(_) if self.turn.how == ReturnedHow::Done => {
                self.turn.how = ReturnedHow::Interrupted;
            }
            _ => {}
        }
    }

    async fn note(&self, fact: WorkerFact) {
        // Where the session above is gone, the worker's own log has it all.
        drop(self.watched.above.note(vec![fact]).await);
    }

    async fn report(&mut self) {
        self.turns += 1;
        let turn = std::mem::replace(&mut self.turn, Turn::new());
        let took = turn.began.map_or(Duration::ZERO, |began| began.elapsed());
        let (changes, unread) = self.changes().await;
        let report = WorkerReport {
            worker: self.watched.hired.worker.clone(),
            kind: self.watched.kind.name.clone(),
            model: self.watched.model.clone(),
            how: turn.how,
            text: self.words(&turn) + &unread,
            calls: turn.calls,
            usage: turn.usage,
            micro_usd: turn.micro_usd,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            worktree: self.watched.hired.worktree.clone(),
            changes,
        };
        let fact = WorkerFact::Reported(Reported {
            worker: report.worker.clone(),
            how: report.how,
            calls: report.calls,
            usage: report.usage,
            micro_usd: report.micro_usd,
            took_ms: report.took_ms,
            upto: self.last,
            changes: report.changes.clone(),
        });
        let hears = {
            let mut attention = lock(&self.attention);
            attention.running = false;
            attention.progress = None;
            std::mem::take(&mut attention.hears)
        };
        let stopped = turn.settles_at.is_some() && turn.how == ReturnedHow::Interrupted;
        match hears {
            Hears::Call(call) => {
                self.note(fact).await;
                // A call that is gone was told that it was stopped.
                drop(call.send(report));
            }
            Hears::Session if stopped => self.note(fact).await,
            Hears::Session => {
                // The message first: who waits for workers sees no gap before it.
                self.tell(&report).await;
                self.note(fact).await;
            }
        }
    }

    /// What it changed in its worktree, and what is to be said where that is not known.
    async fn changes(&self) -> (Option<Changes>, String) {
        let Some(held) = self.watched.worktree.clone() else {
            return (None, String::new());
        };
        let files = held.record().files;
        let read = tokio::task::spawn_blocking(move || held.changes()).await;
        let why = match read {
            Ok(Ok(changes)) => {
                let name = self.watched.hired.name.clone();
                let named = changes.map(|changes| Changes { name, ..changes });
                return (named, String::new());
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(error) => error.to_string(),
        };
        let unread = format!(
            "\n[What it changed in its worktree {} could not be read: {why}]",
            files.display()
        );
        (None, unread)
    }

    async fn tell(&self, report: &WorkerReport) {
        let hired = &self.watched.hired;
        let changes = report.changes.as_ref();
        let changes = changes.map(|changes| told_of_changes(&hired.worker, changes));
        let text = format!(
            "<task-notification>\nThe worker {} ({}: {}) has ended.\n{}\n{}</task-notification>",
            hired.worker,
            hired.kind,
            hired.task,
            report.text,
            changes.unwrap_or_default()
        );
        let key = OpKey(format!(
            "{}:report:{}",
            hired.worker,
            uuid::Uuid::now_v7().hyphenated()
        ));
        // A session that is gone needs no message.
        drop(self.watched.above.tell(key, vec![Block::text(text)]).await);
    }

    /// The report as the session above reads it.
    fn words(&self, turn: &Turn) -> String {
        let said = turn.text.trim();
        let ended = match (turn.how, &turn.fault) {
            (ReturnedHow::Done, _) if said.is_empty() => {
                return "The worker ended without a word.".to_owned();
            }
            (ReturnedHow::Done, _) => return cut(said),
            (ReturnedHow::TimedOut, _) => format!(
                "The worker was ended after its deadline of {} s.",
                self.watched.deadline.as_secs()
            ),
            (_, Some(Fault::Model { text, .. })) => format!("The worker failed: {text}."),
            (_, Some(Fault::Limit { text, .. } | Fault::Tool { text })) => {
                format!("The worker stopped: {text}.")
            }
            (ReturnedHow::Interrupted, None) => "The worker was interrupted.".to_owned(),
            (ReturnedHow::Failed | ReturnedHow::Lost, None) => "The worker failed.".to_owned(),
        };
        if said.is_empty() {
            format!("{ended} It had not said anything.")
        } else {
            cut(&format!("{ended} What it said last:\n{said}"))
        }
    }
}

enum Woke {
    Event(Option<Box<Event>>),
    CallGone,
    Due,
}

async fn closed(call: &mut Option<oneshot::Sender<WorkerReport>>) {
    match call {
        Some(call) => call.closed().await,
        None => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(REPORT_CHARS) {
        Some((end, _)) => format!(
            "{}\n[cut here: {} more characters]",
            text.get(..end).unwrap_or(text),
            text.chars().count() - REPORT_CHARS
        ),
        None => text.to_owned(),
    }
}
