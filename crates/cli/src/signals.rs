//! Signals of the process, as the headless run takes them.

use gimlet_gateway::ProcessSignal;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
};

/// Signals that may wait; a person presses Ctrl-C more often than it is read.
const WAITING_SIGNALS: usize = 8;

/// Listens until it is dropped.
pub(crate) struct Listener(JoinHandle<()>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Turns SIGINT, SIGTERM and SIGHUP into messages.
pub(crate) fn listen() -> std::io::Result<(Listener, mpsc::Receiver<ProcessSignal>)> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (sender, receiver) = mpsc::channel(WAITING_SIGNALS);
    let task = tokio::spawn(async move {
        loop {
            let came = tokio::select! {
                Some(()) = interrupt.recv() => ProcessSignal::Interrupt,
                Some(()) = terminate.recv() => ProcessSignal::Terminate,
                Some(()) = hangup.recv() => ProcessSignal::Terminate,
                else => return,
            };
            // A full queue holds the same signal already.
            if matches!(
                sender.try_send(came),
                Err(mpsc::error::TrySendError::Closed(_))
            ) {
                return;
            }
        }
    });
    Ok((Listener(task), receiver))
}
