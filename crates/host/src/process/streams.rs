//! The streams that a process writes, read only when someone asks.

use gimlet_ports::WhichStream;
use rustix::io::Errno;
use std::{
    io,
    os::fd::OwnedFd,
    task::{Context, Poll, ready},
};
use tokio::net::unix::pipe::Receiver;

/// Bytes of one piece, at most.
const PIECE_BYTES: usize = 64 * 1024;

/// What was written, and where.
pub(super) type Piece = (WhichStream, Vec<u8>);

/// The open streams of a process.
#[derive(Default)]
pub(super) struct Streams {
    open: Vec<Stream>,
    buffer: Vec<u8>,
    /// Where to look first, so that neither stream starves the other.
    turn: usize,
}

struct Stream {
    which: WhichStream,
    source: Receiver,
}

/// What a look at a stream brought.
enum Got {
    Bytes(usize),
    NothingNow,
    End,
}

impl Streams {
    /// Adds a stream. Needs a runtime.
    pub(super) fn add(&mut self, which: WhichStream, source: OwnedFd) -> io::Result<()> {
        rustix::io::ioctl_fionbio(&source, true)?;
        // Also for a terminal: all that is used of it is the waiting.
        let source = Receiver::from_owned_fd_unchecked(source)?;
        self.open.push(Stream { which, source });
        self.buffer.resize(PIECE_BYTES, 0);
        Ok(())
    }

    /// True when nobody can write any more, or everything was closed here.
    pub(super) fn at_end(&self) -> bool {
        self.open.is_empty()
    }

    /// Stops reading.
    pub(super) fn close(&mut self) {
        self.open.clear();
    }

    /// Waits for the next piece; forever where all streams ended. May be dropped and called
    /// again without loss.
    pub(super) async fn next(&mut self) -> Piece {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// What is there now. Asks the system itself: what the runtime knows may be older.
    pub(super) fn take_ready(&mut self) -> Option<Piece> {
        let mut at = 0;
        while let Some(stream) = self.open.get(at) {
            match look(&stream.source, &mut self.buffer) {
                Got::Bytes(count) => return Some(piece(stream.which, &self.buffer, count)),
                Got::NothingNow => at += 1,
                Got::End => drop(self.open.remove(at)),
            }
        }
        None
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        self.turn = self.turn.wrapping_add(1);
        let mut left = self.open.len();
        while left > 0 {
            left -= 1;
            let at = (self.turn + left) % self.open.len();
            let Some(stream) = self.open.get(at) else {
                break;
            };
            match poll_stream(stream, &mut self.buffer, cx) {
                Poll::Ready(Some(count)) => {
                    return Poll::Ready(piece(stream.which, &self.buffer, count));
                }
                Poll::Ready(None) => {
                    drop(self.open.remove(at));
                    left = self.open.len();
                }
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }
}

/// `None` at the end of the stream.
fn poll_stream(stream: &Stream, buffer: &mut [u8], cx: &mut Context<'_>) -> Poll<Option<usize>> {
    loop {
        if ready!(stream.source.poll_read_ready(cx)).is_err() {
            return Poll::Ready(None);
        }
        let read = stream.source.try_io(|| match look(&stream.source, buffer) {
            Got::Bytes(count) => Ok(Some(count)),
            Got::End => Ok(None),
            Got::NothingNow => Err(io::ErrorKind::WouldBlock.into()),
        });
        if let Ok(read) = read {
            return Poll::Ready(read);
        }
    }
}

fn look(source: &Receiver, buffer: &mut [u8]) -> Got {
    loop {
        match rustix::io::read(source, &mut *buffer) {
            Ok(0) => return Got::End,
            Ok(count) => return Got::Bytes(count),
            Err(Errno::AGAIN) => return Got::NothingNow,
            Err(Errno::INTR) => {}
            // A terminal that everybody left says EIO.
            Err(_) => return Got::End,
        }
    }
}

fn piece(which: WhichStream, buffer: &[u8], count: usize) -> Piece {
    (which, buffer.get(..count).unwrap_or_default().to_vec())
}
