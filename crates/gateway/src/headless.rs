//! The headless run: one process, one session, prompts in and messages out.
//!
//! One task does everything and waits for whichever comes first: a signal of the process,
//! room in standard output, a line of the client, an event of the session. A slow reader
//! therefore slows this task down, and the session's stream drops signals meanwhile; the
//! session itself never waits.

mod account;
mod blocks;
mod control;
mod faults;
mod messages;
mod options;
mod partial;
mod permission;
mod pipe;
mod printer;
mod progress;
mod stdin;
mod turns;
mod workers;

pub use options::{
    BypassSwitch, HeadlessOptions, InitFacts, Input, Io, ModelFacts, Outcome, Output, Partials,
    PermissionPrompts, ProcessSignal, Replays, StateEvents, Verbosity,
};

use account::{Account, Standing};
use futures::{FutureExt as _, StreamExt as _};
use gimlet_hygiene::screen::{Channel, clean};
use gimlet_ports::{EventStream, OpenFault, OpenSpec, SessionHead, Sessions};
use gimlet_protocol::{Accepted, CallId, EntryId, Event, Op, OpKey, Refusal, SessionId};
use messages::{Messages, startup_result};
use options::Shown;
use pipe::Pipe;
use printer::Printer;
use serde_json::Value;
use std::{collections::HashMap, io::ErrorKind, sync::Arc, time::Duration};
use stdin::{FromClient, LineFault, Lines};
use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;
use workers::Workers;

/// Bytes of unwritten output above which no event is taken.
const EVENTS_PAUSE_BYTES: usize = 256 * 1024;
/// Bytes of unwritten output above which no line of the client is taken.
const LINES_PAUSE_BYTES: usize = 4 * 1024 * 1024;
/// How long an interrupted turn may take to hand over the last piece of its reply.
const SETTLING: Duration = Duration::from_millis(500);
/// How long the session may take to end.
const CLOSING: Duration = Duration::from_secs(5);
/// How long output may take after a signal has ended the run.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often a full inbox is tried again, and how long between two attempts.
const BUSY_ATTEMPTS: u32 = 200;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Runs until the input is done, a signal ends it, or nobody reads any longer.
///
/// The session is closed in order in every case, and what is told is written before this
/// returns, except after a signal when the reader does not read. An error of the run stands
/// on standard error as one sentence, and with a JSON output in a `result` as well.
pub async fn run(sessions: Arc<dyn Sessions>, options: HeadlessOptions, io: Io) -> Outcome {
    let out = Pipe::new(io.stdout);
    let shown = Shown::when(io.stdout_is_terminal);
    let outputs = Outputs {
        out: Printer::new(out, options.output, options.verbosity, shown),
        err: Pipe::new(io.stderr),
        progress: io.stderr_is_terminal && options.output == Output::Text,
        signals: io.signals,
        deaf: false,
    };
    if let Some(why) = nonsense(&options) {
        return outputs
            .fail_to_start(&options, why, None, Outcome::Usage)
            .await;
    }
    let head = match sessions.open(options.open.clone()).await {
        Ok(head) => head,
        Err(fault) => {
            let (outcome, text, hint) = match fault {
                OpenFault::User { text, hint } => (Outcome::Usage, text, hint),
                OpenFault::Config { text, hint } => (Outcome::Config, text, hint),
                OpenFault::Environment { text, hint } => (Outcome::Environment, text, hint),
            };
            return outputs
                .fail_to_start(&options, &text, hint.as_deref(), outcome)
                .await;
        }
    };
    // Earlier facts are read where a turn of theirs goes on, or where a client may send a
    // prompt that the log already knows.
    let reads_history = matches!(options.input, Input::Unfinished | Input::StreamJson);
    let history_until = head.last.filter(|_| reads_history);
    let after = if history_until.is_some() {
        None
    } else {
        head.last
    };
    let events = match sessions.follow(head.id.clone(), after).await {
        Ok(events) => events,
        Err(refusal) => {
            let why = refusal.sentence();
            return outputs
                .fail_to_start(&options, &why, None, refusal_outcome(&refusal))
                .await;
        }
    };
    let lines = Lines::new(io.stdin);
    let door = Door {
        sessions,
        session: head.id.clone(),
    };
    let wires = Wires {
        door,
        events,
        lines,
        outputs,
    };
    Run::new(wires, &head, options, history_until)
        .finish()
        .await
}

/// What cannot be meant.
fn nonsense(options: &HeadlessOptions) -> Option<&'static str> {
    if options.input == Input::StreamJson && options.output != Output::StreamJson {
        return Some("the input format stream-json needs the output format stream-json");
    }
    let asks = options.permission_prompts == PermissionPrompts::Stdio;
    if asks && options.input != Input::StreamJson {
        return Some("permission prompts over stdio need the input format stream-json");
    }
    None
}

/// The streams out of the process, and the signals that may cut them short.
struct Outputs {
    out: Printer,
    err: Pipe,
    /// True when a person is shown progress.
    progress: bool,
    signals: mpsc::Receiver<ProcessSignal>,
    /// True when no signal will come any more.
    deaf: bool,
}

impl Outputs {
    /// One sentence for the person.
    fn complain(&mut self, text: &str) {
        self.err
            .push(&format!("error: {}\n", clean(Channel::Message, text)));
    }

    /// What the person can do about it.
    fn advise(&mut self, hint: &str) {
        self.err
            .push(&format!("hint: {}\n", clean(Channel::Message, hint)));
    }

    async fn fail_to_start(
        mut self,
        options: &HeadlessOptions,
        text: &str,
        hint: Option<&str>,
        outcome: Outcome,
    ) -> Outcome {
        self.complain(text);
        if let Some(hint) = hint {
            self.advise(hint);
        }
        if options.output != Output::Text {
            let session = match &options.open {
                OpenSpec::New { id } | OpenSpec::Fork { id, .. } => id.clone(),
                OpenSpec::Earlier { .. } | OpenSpec::Newest => None,
            };
            let session = session.unwrap_or_else(|| SessionId::new(""));
            let verdict = messages::Verdict::trouble(text);
            self.out
                .result(&startup_result(session.as_str(), text), &verdict);
        }
        self.flush(None).await.unwrap_or(outcome)
    }

    /// Writes what waits. A signal cuts it short and is returned as the outcome.
    async fn flush(&mut self, limit: Option<Duration>) -> Option<Outcome> {
        self.out.finish();
        let deadline = limit.map(|limit| Instant::now() + limit);
        while self.out.pipe.has_work() || self.err.has_work() {
            tokio::select! {
                biased;
                signal = self.signals.recv(), if !self.deaf => match signal {
                    Some(ProcessSignal::Interrupt) => return Some(Outcome::Interrupted),
                    Some(ProcessSignal::Terminate) => return Some(Outcome::Terminated),
                    None => self.deaf = true,
                },
                () = self.out.pipe.advance(), if self.out.pipe.has_work() => {}
                () = self.err.advance(), if self.err.has_work() => {}
                () = until(deadline) => return None,
            }
        }
        None
    }
}

/// The one way to the session.
struct Door {
    sessions: Arc<dyn Sessions>,
    session: SessionId,
}

impl Door {
    /// Hands over an operation under a key of its own.
    async fn submit(&self, op: Op) -> Result<Accepted, Refusal> {
        self.submit_as(fresh_key(), op).await
    }

    /// Hands over an operation; a full inbox is tried again for a while.
    async fn submit_as(&self, key: OpKey, op: Op) -> Result<Accepted, Refusal> {
        self.submit_with(self.session.clone(), key, op).await
    }

    /// Hands over an operation to the session or one of its workers'.
    async fn submit_to(&self, session: SessionId, op: Op) -> Result<Accepted, Refusal> {
        self.submit_with(session, fresh_key(), op).await
    }

    async fn submit_with(
        &self,
        session: SessionId,
        key: OpKey,
        op: Op,
    ) -> Result<Accepted, Refusal> {
        let mut attempts = 0;
        loop {
            let submitted = self
                .sessions
                .submit(session.clone(), key.clone(), op.clone());
            match submitted.await {
                Err(Refusal::Busy) if attempts < BUSY_ATTEMPTS => {
                    attempts += 1;
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }
}

/// What the client said about a prompt.
#[derive(Clone, Debug, Default)]
struct Prompt {
    origin: Option<Value>,
    own_id: Option<String>,
}

/// What a run is connected to.
struct Wires {
    door: Door,
    events: EventStream,
    lines: Lines,
    outputs: Outputs,
}

/// Whether the client may still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Open,
    Ended,
    /// A line made no sense.
    Broken,
}

/// A run under way.
struct Run {
    door: Door,
    events: EventStream,
    /// True when the session's stream has ended.
    silent: bool,
    lines: Lines,
    reading: Reading,
    outputs: Outputs,
    options: HeadlessOptions,
    account: Account,
    messages: Messages,
    /// The model at the start, to which a client may go back.
    first_model: String,
    /// Facts up to here are of earlier runs.
    history_until: Option<EntryId>,
    /// Prompts that were handed over and have no result yet.
    prompts: HashMap<OpKey, Prompt>,
    /// Questions that the client has not answered yet, by request.
    asked: HashMap<String, Asking>,
    /// The session's workers.
    workers: Workers,
    /// SIGINTs in the running turn.
    interrupts: u32,
    /// When an interrupted turn counts as over.
    settles_at: Option<Instant>,
    /// How the last turn ended.
    last: Outcome,
    /// Why the run ends before its input does.
    ended: Option<Outcome>,
    closing: bool,
}

/// A call that a client is asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asking {
    /// The session, or one of its workers'.
    session: SessionId,
    call: CallId,
}

enum Woke {
    Worker(SessionId, Event),
    Signal(Option<ProcessSignal>),
    Written,
    Line(Option<Result<FromClient, LineFault>>),
    Event(Option<Event>),
    Settled,
}

impl Run {
    fn new(
        wires: Wires,
        head: &SessionHead,
        options: HeadlessOptions,
        history_until: Option<EntryId>,
    ) -> Self {
        let Wires {
            door,
            events,
            lines,
            outputs,
        } = wires;
        let streams = options.input == Input::StreamJson;
        let structured = options.structured_tool.clone();
        Self {
            door,
            events,
            silent: false,
            lines,
            reading: if streams {
                Reading::Open
            } else {
                Reading::Ended
            },
            outputs,
            account: Account::new(head.model.clone(), head.mode, structured),
            messages: Messages::new(head, &options),
            first_model: head.model.clone(),
            history_until,
            options,
            prompts: HashMap::new(),
            asked: HashMap::new(),
            workers: Workers::default(),
            interrupts: 0,
            settles_at: None,
            last: Outcome::Success,
            ended: None,
            closing: false,
        }
    }

    async fn finish(mut self) -> Outcome {
        if self.history_until.is_none() {
            self.begin().await;
        }
        while !self.is_done() {
            let woke = self.wait().await;
            self.react(woke).await;
        }
        self.close().await;
        let cut_short = matches!(self.ended, Some(Outcome::Interrupted | Outcome::Terminated));
        let limit = cut_short.then_some(LAST_WORDS);
        let outcome = self.outcome();
        match self.outputs.flush(limit).await {
            Some(by_signal) => by_signal,
            None => match self.unwritten() {
                Some(broken) => {
                    // Standard error may still take why.
                    self.outputs.flush(Some(LAST_WORDS)).await.unwrap_or(broken)
                }
                None => outcome,
            },
        }
    }

    /// Hands over what the run was started with.
    async fn begin(&mut self) {
        let op = match &self.options.input {
            Input::Prompt(content) => Op::Prompt {
                content: content.clone(),
            },
            Input::Unfinished => Op::Resume,
            Input::StreamJson => return,
        };
        let key = fresh_key();
        self.prompts.insert(key.clone(), Prompt::default());
        if let Err(refusal) = self.door.submit_as(key.clone(), op).await {
            self.prompts.remove(&key);
            self.fail(&refusal.sentence(), refusal_outcome(&refusal));
        }
    }

    fn is_done(&self) -> bool {
        let waits = self.reading == Reading::Open
            || self.history_until.is_some()
            || !self.prompts.is_empty()
            || self.workers.are_busy()
            || self.account.owes_news();
        self.ended.is_some() || !(waits || self.account.turn.is_some())
    }

    async fn wait(&mut self) -> Woke {
        let waiting = self.outputs.out.pipe.waiting_bytes();
        let takes_lines = self.reading == Reading::Open
            && self.history_until.is_none()
            && waiting < LINES_PAUSE_BYTES;
        let (out, err) = (&mut self.outputs.out.pipe, &mut self.outputs.err);
        tokio::select! {
            signal = self.outputs.signals.recv(), if !self.outputs.deaf => Woke::Signal(signal),
            () = out.advance(), if out.has_work() => Woke::Written,
            () = err.advance(), if err.has_work() => Woke::Written,
            line = self.lines.next(), if takes_lines => Woke::Line(line),
            event = self.events.next(), if waiting < EVENTS_PAUSE_BYTES => Woke::Event(event),
            event = self.workers.events.next(),
                if waiting < EVENTS_PAUSE_BYTES && !self.workers.events.is_empty() =>
            {
                match event {
                    Some((session, event)) => Woke::Worker(session, event),
                    None => Woke::Written,
                }
            }
            () = until(self.settles_at) => Woke::Settled,
        }
    }

    async fn react(&mut self, woke: Woke) {
        match woke {
            Woke::Signal(None) => self.outputs.deaf = true,
            Woke::Signal(Some(ProcessSignal::Terminate)) => self.ended = Some(Outcome::Terminated),
            Woke::Signal(Some(ProcessSignal::Interrupt)) => self.interrupted().await,
            Woke::Written => self.notice_closed(),
            Woke::Line(Some(Ok(line))) => self.client_says(line).await,
            Woke::Line(Some(Err(fault))) => self.malformed(&fault).await,
            Woke::Line(None) => self.input_ended().await,
            Woke::Event(Some(event)) => self.event(event).await,
            Woke::Worker(session, event) => self.worker_event(&session, event).await,
            Woke::Event(None) => {
                self.silent = true;
                self.fail("the session ended unexpectedly", Outcome::TurnFailed);
            }
            Woke::Settled => {
                self.settles_at = None;
                if self.account.standing() == Standing::Settling {
                    self.account.rested();
                }
            }
        }
        self.conclude_if_over();
    }

    /// Takes in what the session has told already, so that a client's wish meets the present.
    async fn catch_up(&mut self) {
        // Unconstrained: a task that has worked long must not take an event for missing.
        while let Some(Some(event)) = tokio::task::unconstrained(self.events.next()).now_or_never()
        {
            self.event(event).await;
            self.conclude_if_over();
        }
    }

    async fn interrupted(&mut self) {
        let works = self.account.turn.is_some() || !self.prompts.is_empty();
        self.interrupts += 1;
        if !works || self.interrupts > 1 {
            self.ended = Some(Outcome::Interrupted);
        } else if let Err(refusal) = self.door.submit(Op::Interrupt).await {
            self.fail(&refusal.sentence(), refusal_outcome(&refusal));
        }
    }

    /// A reader that has gone ends the run quietly; any other trouble is told.
    fn notice_closed(&mut self) {
        if self.outputs.out.pipe.closed().is_some() && self.ended.is_none() {
            self.ended = Some(self.unwritten().unwrap_or(self.last));
        }
    }

    /// What is to be said when output could not be written.
    fn unwritten(&mut self) -> Option<Outcome> {
        let (kind, why) = self.outputs.out.pipe.closed()?;
        if kind == ErrorKind::BrokenPipe {
            return None;
        }
        let text = format!("standard output cannot be written: {why}");
        self.outputs.complain(&text);
        Some(Outcome::Environment)
    }

    /// Closes the session and tells what comes of it.
    async fn close(&mut self) {
        self.closing = true;
        let deadline = Instant::now() + CLOSING;
        let closed = tokio::time::timeout_at(deadline, self.door.submit(Op::Close)).await;
        if !matches!(closed, Ok(Ok(_))) {
            self.silent = true;
        }
        while !self.silent {
            match tokio::time::timeout_at(deadline, self.events.next()).await {
                Ok(Some(event)) => {
                    self.event(event).await;
                    self.conclude_if_over();
                }
                Ok(None) | Err(_) => self.silent = true,
            }
        }
        if self.account.turn.is_some() {
            let cut = self.account.standing() == Standing::Settling;
            self.conclude(if cut {
                None
            } else {
                Some("the run ended before the turn did")
            });
        }
    }

    fn outcome(&self) -> Outcome {
        match self.ended {
            Some(ended) => ended,
            None if self.reading == Reading::Broken => Outcome::Usage,
            None => self.last,
        }
    }

    /// Ends the run with trouble that is told on every channel that the client may read.
    fn fail(&mut self, text: &str, outcome: Outcome) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(outcome);
        let told = self.options.output == Output::Text && self.account.turn.is_some();
        if !told {
            self.outputs.complain(text);
        }
        if self.account.turn.is_some() {
            self.conclude(Some(text));
        } else if self.options.output != Output::Text {
            let result = startup_result(self.door.session.as_str(), text);
            self.outputs
                .out
                .result(&result, &messages::Verdict::trouble(text));
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn fresh_key() -> OpKey {
    OpKey(Uuid::now_v7().to_string())
}

fn refusal_outcome(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::NoSession { .. } | Refusal::Busy => Outcome::TurnFailed,
        Refusal::NotNow { .. } | Refusal::Conflicts { .. } => Outcome::Usage,
        Refusal::Log { .. } => Outcome::Environment,
    }
}
