//! Two streams joined, with what went each way counted.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout},
};

/// Bytes of one piece.
const PIECE: usize = 64 * 1024;
/// How long nothing may go either way.
const IDLE: Duration = Duration::from_mins(10);
/// How long a side may take for one piece.
const WRITE_TIME: Duration = Duration::from_mins(2);

/// What went each way.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
    /// When anything went last.
    moved: Mutex<Instant>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            moved: Mutex::new(Instant::now()),
        }
    }

    pub(super) fn count(&self, which: &AtomicU64, bytes: usize) {
        which.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn is_idle(&self) -> bool {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.elapsed() >= IDLE
    }
}

/// Passes on until the source ends, then tells the other side so.
pub(super) async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    meter: &Meter,
    which: &AtomicU64,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = match timeout(IDLE, from.read(&mut piece)).await {
            Ok(count) => count?,
            Err(_) if meter.is_idle() => return Err(io::ErrorKind::TimedOut.into()),
            Err(_) => continue,
        };
        if count == 0 {
            return to.shutdown().await;
        }
        let bytes = piece.get(..count).unwrap_or_default();
        timeout(WRITE_TIME, to.write_all(bytes)).await??;
        meter.count(which, count);
    }
}
