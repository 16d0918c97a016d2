//! Runs a client on a real terminal: one task that waits for whichever comes first, a key, a
//! signal of the process, something of the session, the end of what was asked for, or the time.

mod effects;

use crate::{
    client::{Client, Done, Effect, Layout, Setup},
    input::{Answer, Input, Reader, Supported},
    place::Place,
    terminal::{self, Full, Inline, Sync, Tty, TtyFault},
};
use effects::Jobs;
use futures::{
    FutureExt as _, StreamExt as _,
    stream::{BoxStream, FuturesUnordered, SelectAll},
};
use gimlet_ports::{OpenSpec, Sessions};
use gimlet_protocol::{Event, SessionId, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::Instant,
};

/// The shortest time between two frames while a reply streams; a key is shown at once.
const FRAME: Duration = Duration::from_millis(16);
/// How long a lone Escape waits for the rest of a sequence.
const SEQUENCE: Duration = Duration::from_millis(30);
/// Events that are taken in before keys are looked at again.
const EVENTS_AT_ONCE: usize = 512;
/// How long the session may take to end.
const CLOSING: Duration = Duration::from_secs(5);

/// How the client ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The person left. The session that can be gone on with, where one was open.
    Left(Option<SessionId>),
    /// A signal ended the process.
    Terminated(Option<SessionId>),
}

/// Runs until the person leaves, the terminal is gone or a signal comes. The terminal is as it
/// was before in every case.
///
/// # Errors
/// When there is no terminal.
pub async fn run(
    sessions: Arc<dyn Sessions>,
    place: Arc<dyn Place>,
    open: OpenSpec,
    setup: Setup,
) -> Result<End, TtyFault> {
    let mut tty = Tty::open()?;
    terminal::restore_on_panic();
    tty.enter(&setup.strategy)?;
    let mut running = Running::new(tty, sessions, place, setup)?;
    // The first frame needs nothing but the terminal.
    running.draw()?;
    running.ask_terminal()?;
    running.jobs.open(open);
    let end = running.until_end().await;
    running.close().await;
    end
}

struct Signals {
    resized: Signal,
    continued: Signal,
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

pub(crate) struct Running {
    tty: Tty,
    client: Client,
    place: Arc<dyn Place>,
    sessions: Arc<dyn Sessions>,
    reader: Reader,
    inline: Inline,
    full: Option<Full>,
    sync: Sync,
    feeds: SelectAll<BoxStream<'static, (SessionId, Event)>>,
    pub(crate) jobs: Jobs,
    signals: Signals,
    drawn: Instant,
    dirty: bool,
    title: String,
    progress: bool,
    over: Option<End>,
}

impl Running {
    fn new(
        tty: Tty,
        sessions: Arc<dyn Sessions>,
        place: Arc<dyn Place>,
        mut setup: Setup,
    ) -> Result<Self, TtyFault> {
        let (columns, rows) = Tty::size();
        setup.size = (columns, rows);
        let signals = Signals {
            resized: signal(SignalKind::window_change())?,
            continued: signal(SignalKind::from_raw(SIGCONT))?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        };
        let client = Client::new(setup);
        let mut running = Self {
            tty,
            client,
            jobs: Jobs::new(Arc::clone(&sessions), Arc::clone(&place)),
            place,
            sessions,
            reader: Reader::default(),
            inline: Inline::new(columns),
            full: None,
            sync: Sync::Plain,
            feeds: SelectAll::new(),
            signals,
            drawn: Instant::now(),
            dirty: true,
            title: String::new(),
            progress: false,
            over: None,
        };
        running.client.resize(columns, rows);
        Ok(running)
    }

    async fn until_end(&mut self) -> Result<End, TtyFault> {
        loop {
            self.do_effects()?;
            if let Some(end) = self.over.take() {
                return Ok(end);
            }
            let deadline = self.deadline();
            tokio::select! {
                biased;
                piece = self.tty.read() => match piece {
                    Some(piece) => self.typed(&piece)?,
                    None => return Ok(End::Terminated(self.client.state().session.clone())),
                },
                _ = self.signals.terminate.recv() => {
                    return Ok(End::Terminated(self.client.state().session.clone()));
                }
                _ = self.signals.hangup.recv() => {
                    return Ok(End::Terminated(self.client.state().session.clone()));
                }
                _ = self.signals.interrupt.recv() => {
                    self.typed(b"\x03")?;
                }
                _ = self.signals.resized.recv() => self.resized(),
                _ = self.signals.continued.recv() => self.continued()?,
                done = self.jobs.next() => self.done(done),
                Some((session, event)) = self.feeds.next() => self.happened(&session, event),
                () = sleep_until(deadline), if deadline.is_some() => self.woken()?,
            }
        }
    }

    /// When to wake up although nothing happens.
    fn deadline(&self) -> Option<Instant> {
        let sequence = self.reader.is_waiting().then(|| Instant::now() + SEQUENCE);
        let frame = self.dirty.then(|| self.drawn + FRAME);
        let tick = self
            .client
            .next_tick()
            .map(|ms| self.drawn + Duration::from_millis(ms));
        sequence.into_iter().chain(frame).chain(tick).min()
    }

    fn now(&self) -> Timestamp {
        self.place.now()
    }

    fn typed(&mut self, piece: &[u8]) -> Result<(), TtyFault> {
        self.client.tick(self.now());
        let mut inputs = self.reader.push(piece);
        // What has been typed meanwhile belongs to the same frame.
        while let Some(piece) = self.tty.read_now() {
            inputs.extend(self.reader.push(&piece));
        }
        self.take(inputs)
    }

    fn take(&mut self, inputs: Vec<Input>) -> Result<(), TtyFault> {
        for input in inputs {
            match input {
                Input::Answer(Answer::Synchronised(Supported::Yes)) => self.sync = Sync::Marked,
                Input::Answer(Answer::Background(red, green, blue)) => {
                    self.client.background(red, green, blue);
                }
                Input::Answer(_) => {}
                other @ (Input::Key(_) | Input::Paste(_) | Input::Mouse(_) | Input::Focus(_)) => {
                    self.client.input(other);
                    self.do_effects()?;
                }
            }
        }
        self.draw()
    }

    fn happened(&mut self, session: &SessionId, event: Event) {
        self.client.tick(self.now());
        self.client.event(session, event);
        for _ in 0..EVENTS_AT_ONCE {
            let Some(Some((session, event))) = self.feeds.next().now_or_never() else {
                break;
            };
            self.client.event(&session, event);
        }
        self.dirty = true;
    }

    fn done(&mut self, done: Done) {
        self.client.tick(self.now());
        self.client.done(done);
        self.dirty = true;
    }

    fn woken(&mut self) -> Result<(), TtyFault> {
        self.client.tick(self.now());
        if self.reader.is_waiting() {
            let inputs = self.reader.settle();
            return self.take(inputs);
        }
        self.draw()
    }

    fn resized(&mut self) {
        let (columns, rows) = Tty::size();
        self.client.resize(columns, rows);
        if let Some(full) = &mut self.full {
            full.resize(columns, rows);
        }
        self.dirty = true;
    }

    /// The process was stopped and goes on: the terminal may be anyhow.
    fn continued(&mut self) -> Result<(), TtyFault> {
        let strategy = self.client.strategy().clone();
        self.tty.enter(&strategy)?;
        self.inline = Inline::new(Tty::size().0);
        self.full = None;
        self.resized();
        Ok(())
    }

    pub(crate) fn draw(&mut self) -> Result<(), TtyFault> {
        let mut out = Vec::new();
        let strategy = self.client.strategy().clone();
        let (columns, rows) = Tty::size();
        match (self.client.is_full(), self.full.is_some()) {
            (true, false) => {
                out.extend_from_slice(terminal::ENTER_FULL);
                terminal::also_on_leaving(terminal::LEAVE_FULL);
                self.full = Some(Full::new(columns, rows));
            }
            (false, true) => {
                out.extend_from_slice(terminal::LEAVE_FULL);
                terminal::also_on_leaving(b"");
                self.full = None;
            }
            (true, true) | (false, false) => {}
        }
        if self.full.is_none() && self.inline.columns() != columns {
            self.inline.resize(columns, &strategy, &mut out);
        }
        let frame = self.client.frame();
        match &mut self.full {
            Some(full) => full.draw(&frame, &strategy, self.sync, &mut out),
            None => self.inline.draw(&frame, &strategy, self.sync, &mut out),
        }
        self.tell_title(&mut out);
        if !out.is_empty() {
            Tty::write(&out)?;
        }
        self.dirty = false;
        self.drawn = Instant::now();
        Ok(())
    }

    /// The title and the progress, where they changed.
    fn tell_title(&mut self, out: &mut Vec<u8>) {
        let strategy = self.client.strategy();
        if strategy.title {
            let title = self.client.title();
            if title != self.title {
                out.extend_from_slice(format!("\x1b]2;{title}\x07").as_bytes());
                self.title = title;
            }
        }
        if strategy.progress && self.client.is_busy() != self.progress {
            self.progress = self.client.is_busy();
            let state = if self.progress { 3 } else { 0 };
            out.extend_from_slice(format!("\x1b]9;4;{state};\x07").as_bytes());
        }
    }

    /// Asks the terminal what it can; the answers come among the keys.
    fn ask_terminal(&self) -> Result<(), TtyFault> {
        if self.client.strategy().answers {
            Tty::write(b"\x1b[?2026$p\x1b]11;?\x1b\\\x1b[c")?;
        }
        Ok(())
    }

    fn do_effects(&mut self) -> Result<(), TtyFault> {
        for effect in self.client.take_effects() {
            match effect {
                Effect::Leave => self.over = Some(End::Left(self.client.state().session.clone())),
                Effect::Suspend => self.suspend()?,
                Effect::Redraw => self.redraw()?,
                Effect::Layout(Layout::Inline | Layout::Full) => self.dirty = true,
                Effect::Edit(purpose, text) => {
                    let edited = self.hand_over(|place| place.edit(&text))?;
                    let done = match edited {
                        Ok(text) => Done::Edited(purpose, text),
                        Err(why) => Done::Told(crate::state::Tone::Warning, why),
                    };
                    self.done(done);
                }
                Effect::Copy(text) => {
                    Tty::write(&terminal::copied(&text))?;
                }
                Effect::Notify(text) => {
                    let bytes = terminal::notified(&text, self.client.strategy().notify);
                    Tty::write(&bytes)?;
                }
                Effect::Submit(..)
                | Effect::Open(_)
                | Effect::Follow(_)
                | Effect::ListSessions
                | Effect::ListModels
                | Effect::ListFiles
                | Effect::Timeline(_)
                | Effect::Preview(..)
                | Effect::Difference(..)
                | Effect::Report(_)
                | Effect::Shell(_)
                | Effect::Remember(_)
                | Effect::Save(..)
                | Effect::Sent(_)
                | Effect::SaveKeys(_)
                | Effect::Note(..) => self.jobs.begin(effect),
            }
        }
        for (session, stream) in self.jobs.take_feeds() {
            let id = session.clone();
            self.feeds
                .push(stream.map(move |event| (id.clone(), event)).boxed());
        }
        Ok(())
    }

    /// Another program has the terminal until it ends.
    fn hand_over<T>(&mut self, with: impl FnOnce(&dyn Place) -> T) -> Result<T, TtyFault> {
        let mut out = Vec::new();
        if self.full.take().is_none() {
            self.inline.clear(&mut out);
        }
        Tty::write(&out)?;
        self.tty.leave();
        let came = with(self.place.as_ref());
        let strategy = self.client.strategy().clone();
        self.tty.enter(&strategy)?;
        self.resized();
        Ok(came)
    }

    fn suspend(&mut self) -> Result<(), TtyFault> {
        let mut out = Vec::new();
        if self.full.take().is_none() {
            self.inline.leave(&mut out);
        }
        Tty::write(&out)?;
        self.tty.leave();
        // Everyone of this job stops; the call returns when it goes on.
        let stopped = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        let strategy = self.client.strategy().clone();
        self.tty.enter(&strategy)?;
        self.resized();
        if stopped.is_err() {
            self.dirty = true;
        }
        Ok(())
    }

    /// Clears what is seen and draws it anew. The scrollback stays.
    fn redraw(&mut self) -> Result<(), TtyFault> {
        let (columns, rows) = Tty::size();
        if let Some(full) = &mut self.full {
            full.resize(columns, rows);
        } else {
            let mut out = Vec::new();
            self.inline.clear(&mut out);
            Tty::write(&out)?;
        }
        self.dirty = true;
        Ok(())
    }

    async fn close(&mut self) {
        let mut out = Vec::new();
        if self.full.take().is_none() {
            let frame = terminal::Frame {
                live: Vec::new(),
                cursor: None,
                ..self.client.frame()
            };
            let strategy = self.client.strategy().clone();
            self.inline.draw(&frame, &strategy, self.sync, &mut out);
            self.inline.clear(&mut out);
        }
        if self.client.strategy().title {
            out.extend_from_slice(b"\x1b]2;\x07");
        }
        if self.progress {
            out.extend_from_slice(b"\x1b]9;4;0;\x07");
        }
        // A terminal that is gone is told nothing.
        drop(Tty::write(&out));
        self.tty.leave();
        // What hangs is left to the end of the process; the log is whole at any time.
        drop(tokio::time::timeout(CLOSING, self.sessions.close_all()).await);
    }
}

/// The signal that a stopped process is woken with.
const SIGCONT: i32 = rustix::process::Signal::CONT.as_raw();

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Futures of what was asked for.
pub(crate) type Pending = FuturesUnordered<futures::future::BoxFuture<'static, effects::Came>>;
