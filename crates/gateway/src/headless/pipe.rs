//! Output that waits for its reader without holding up anything else.

use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// A stream out of the process with what still has to be written to it.
///
/// The owner stops producing while [`Pipe::waiting_bytes`] is high: a slow reader slows the
/// owner down and nobody else.
pub(crate) struct Pipe {
    to: Box<dyn AsyncWrite + Send + Unpin>,
    waiting: Vec<u8>,
    /// How much of `waiting` is written.
    written: usize,
    unflushed: bool,
    closed: Option<io::ErrorKind>,
    why: String,
}

impl Pipe {
    pub(crate) fn new(to: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        Self {
            to,
            waiting: Vec::new(),
            written: 0,
            unflushed: false,
            closed: None,
            why: String::new(),
        }
    }

    /// Adds text. What is added after the reader has gone is dropped.
    pub(crate) fn push(&mut self, text: &str) {
        if self.closed.is_none() {
            self.waiting.extend_from_slice(text.as_bytes());
        }
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting.len() - self.written
    }

    pub(crate) fn has_work(&self) -> bool {
        self.closed.is_none() && (self.waiting_bytes() > 0 || self.unflushed)
    }

    /// Why nothing more can be written, and in which words.
    pub(crate) fn closed(&self) -> Option<(io::ErrorKind, &str)> {
        self.closed.map(|kind| (kind, self.why.as_str()))
    }

    /// Writes some, or flushes where all is written. Dropping the future loses nothing.
    pub(crate) async fn advance(&mut self) {
        let outcome = match self.waiting.get(self.written..) {
            Some(rest) if !rest.is_empty() => match self.to.write(rest).await {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.unflushed = true;
                    self.forget_written();
                    Ok(())
                }
                Err(error) => Err(error),
            },
            _ => {
                let flushed = self.to.flush().await;
                self.unflushed = false;
                flushed
            }
        };
        if let Err(error) = outcome
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.why = error.to_string();
            self.closed = Some(error.kind());
            self.waiting = Vec::new();
            self.written = 0;
        }
    }

    fn forget_written(&mut self) {
        if self.written == self.waiting.len() {
            self.waiting.clear();
            self.written = 0;
            if self.waiting.capacity() > KEPT_BYTES {
                self.waiting = Vec::new();
            }
        } else if self.written > KEPT_BYTES {
            self.waiting.drain(..self.written);
            self.written = 0;
        }
    }
}

/// Room that is kept between writes.
const KEPT_BYTES: usize = 256 * 1024;
