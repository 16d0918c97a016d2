//! The terminal of the process: raw while Gimlet is in front, as it was in every other case.

use super::strategy::{Keyboard, Strategy};
use rustix::{
    event::{PollFd, PollFlags, poll},
    fd::AsFd as _,
    io::Errno,
    termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr},
};
use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
};
use tokio::sync::mpsc;

/// Pieces of input that may wait; a full queue makes the terminal wait.
const WAITING_PIECES: usize = 64;
/// Bytes of one piece.
const PIECE_BYTES: usize = 16 * 1024;

/// Why the terminal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TtyFault {
    /// Standard input or output is no terminal.
    #[error("standard input and output are not a terminal")]
    NoTerminal,
    /// It is gone, or refuses.
    #[error("the terminal does not answer: {0}")]
    Broken(#[from] io::Error),
}

/// What must be undone when the process ends in any way.
struct Entered {
    before: Termios,
    leave: Vec<u8>,
}

static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

/// The terminal.
pub struct Tty {
    reader: Arc<Gate>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
    input: mpsc::Receiver<Vec<u8>>,
}

/// Holds the reading thread back while another program has the terminal.
#[derive(Default)]
struct Gate {
    state: Mutex<Reading>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    On,
    Wanted,
    Held,
    Over,
}

impl Tty {
    /// Begins to read. The terminal is not changed yet.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn open() -> Result<Self, TtyFault> {
        if tcgetattr(io::stdin()).is_err() || tcgetwinsize(io::stdout()).is_err() {
            return Err(TtyFault::NoTerminal);
        }
        let (wake, woken) = UnixStream::pair()?;
        let reader = Arc::new(Gate::default());
        let (sender, input) = mpsc::channel(WAITING_PIECES);
        let gate = Arc::clone(&reader);
        let thread = std::thread::Builder::new()
            .name("terminal".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || read(&gate, &woken, &sender))?;
        Ok(Self {
            reader,
            wake,
            thread: Some(thread),
            input,
        })
    }

    /// Columns and rows.
    pub fn size() -> (usize, usize) {
        let size = tcgetwinsize(io::stdout()).ok();
        match size.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row))) {
            Some((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
            _ => (80, 24),
        }
    }

    /// Makes the terminal raw and asks it to tell of pastes, focus and modified keys.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn enter(&mut self, strategy: &Strategy) -> Result<(), TtyFault> {
        let before = tcgetattr(io::stdin()).map_err(io::Error::from)?;
        let mut raw = before.clone();
        raw.make_raw();
        let (enter, leave) = sequences(strategy);
        let mut entered = ENTERED.lock().unwrap_or_else(PoisonError::into_inner);
        *entered = Some(Entered { before, leave });
        drop(entered);
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(io::Error::from)?;
        Self::write(&enter)?;
        self.set(Reading::On);
        Ok(())
    }

    /// Puts the terminal back as it was, and lets others read from it.
    pub fn leave(&mut self) {
        self.set(Reading::Wanted);
        // The thread wakes up, sees what is wanted, and tells when it no longer reads.
        let woken = (&self.wake).write_all(b"!").is_ok();
        if woken {
            let mut state = self
                .reader
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            while *state == Reading::Wanted {
                state = self
                    .reader
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        restore();
    }

    /// The next piece of input; `None` when the terminal is gone.
    pub async fn read(&mut self) -> Option<Vec<u8>> {
        self.input.recv().await
    }

    /// A piece that is here already.
    pub fn read_now(&mut self) -> Option<Vec<u8>> {
        self.input.try_recv().ok()
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(bytes: &[u8]) -> Result<(), TtyFault> {
        let mut out = io::stdout().lock();
        let mut left = bytes;
        while !left.is_empty() {
            match out.write(left) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(count) => left = left.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let stdout = io::stdout();
                    let mut waiting = [PollFd::new(&stdout, PollFlags::OUT)];
                    match poll(&mut waiting, None) {
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(error) => return Err(io::Error::from(error).into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        out.flush()?;
        Ok(())
    }

    fn set(&self, reading: Reading) {
        let mut state = self
            .reader
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *state != Reading::Over {
            *state = reading;
        }
        drop(state);
        self.reader.changed.notify_all();
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.set(Reading::Over);
        if (&self.wake).write_all(b"!").is_ok()
            && let Some(thread) = self.thread.take()
        {
            // Room for a piece that it may be handing over.
            self.input.close();
            drop(thread.join());
        }
        restore();
    }
}

/// Puts the terminal back as it was; does nothing when that is done already.
pub(crate) fn restore() {
    let entered = ENTERED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(entered) = entered {
        // A terminal that is gone needs nothing.
        drop(Tty::write(&entered.leave));
        tcsetattr(io::stdin(), OptionalActions::Now, &entered.before).unwrap_or_default();
    }
}

/// A panic must not leave the terminal raw, nor be read on a screen that goes away.
pub(crate) fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}

/// Notes what must be undone beside the usual, such as leaving the other screen.
pub(crate) fn also_on_leaving(bytes: &[u8]) {
    let mut entered = ENTERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entered) = entered.as_mut() {
        let mut leave = bytes.to_vec();
        let usual = entered
            .leave
            .split_off(entered.leave.len() - usual_length(&entered.leave));
        leave.extend_from_slice(&usual);
        entered.leave = leave;
    }
}

/// What is undone on leaving begins with this.
const USUAL_BEGIN: &[u8] = b"\x1b[?2026l\x1b[?7h";

fn usual_length(leave: &[u8]) -> usize {
    let at = leave
        .windows(USUAL_BEGIN.len())
        .position(|window| window == USUAL_BEGIN);
    leave.len() - at.unwrap_or(0)
}

fn sequences(strategy: &Strategy) -> (Vec<u8>, Vec<u8>) {
    let mut enter = b"\x1b[?2004h".to_vec();
    let mut leave = USUAL_BEGIN.to_vec();
    leave.extend_from_slice(b"\x1b[?2004l\x1b[?25h\x1b[m");
    if strategy.focus {
        enter.extend_from_slice(b"\x1b[?1004h");
        leave.extend_from_slice(b"\x1b[?1004l");
    }
    match strategy.keyboard {
        Keyboard::Kitty => {
            enter.extend_from_slice(b"\x1b[>1u");
            leave.extend_from_slice(b"\x1b[<u");
        }
        Keyboard::Modified => {
            enter.extend_from_slice(b"\x1b[>4;2m");
            leave.extend_from_slice(b"\x1b[>4;0m");
        }
        Keyboard::Plain => {}
    }
    (enter, leave)
}

/// The reading thread: hands on what comes until it is over or nobody takes it.
fn read(gate: &Gate, woken: &UnixStream, sender: &mpsc::Sender<Vec<u8>>) {
    let stdin = io::stdin();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let mut state = gate.state.lock().unwrap_or_else(PoisonError::into_inner);
        while matches!(*state, Reading::Wanted | Reading::Held) {
            *state = Reading::Held;
            gate.changed.notify_all();
            state = gate
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if *state == Reading::Over {
            return;
        }
        drop(state);
        let mut waiting = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::from_borrowed_fd(woken.as_fd(), PollFlags::IN),
        ];
        match poll(&mut waiting, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => return,
        }
        let [typed, wake] = waiting.map(|fd| fd.revents());
        if !wake.is_empty() {
            let mut signal = [0; 16];
            let mut woken = woken;
            if woken.read(&mut signal).is_err() {
                return;
            }
            continue;
        }
        if typed.is_empty() {
            continue;
        }
        match rustix::io::read(&stdin, &mut piece) {
            Ok(0) => return,
            Ok(count) => {
                let bytes = piece.get(..count).unwrap_or_default().to_vec();
                if sender.blocking_send(bytes).is_err() {
                    return;
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}
