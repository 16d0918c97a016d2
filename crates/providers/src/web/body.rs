//! Reads a body within limits of size, packed and unpacked.

use flate2::write::{MultiGzDecoder, ZlibDecoder};
use std::io::{self, Write};

/// How a body is packed.
pub(super) enum Unpack {
    Plain(Capped),
    Gzip(MultiGzDecoder<Capped>),
    Deflate(ZlibDecoder<Capped>),
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Unpacked, it is larger than the limit.
    TooLarge,
    /// It is not packed as its header says.
    Damaged,
}

impl Unpack {
    /// For a body with this `content-encoding`; `None` where that is not known.
    pub(super) fn of(encoding: Option<&str>, limit: usize) -> Option<Self> {
        let sink = Capped {
            bytes: Vec::new(),
            limit,
            is_over: false,
        };
        let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
        match encoding.as_str() {
            "" | "identity" => Some(Self::Plain(sink)),
            "gzip" | "x-gzip" => Some(Self::Gzip(MultiGzDecoder::new(sink))),
            "deflate" => Some(Self::Deflate(ZlibDecoder::new(sink))),
            _ => None,
        }
    }

    /// Takes a piece in. What it unpacks to is never held beyond the limit.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        let pushed = match self {
            Self::Plain(sink) => sink.write_all(piece),
            Self::Gzip(decoder) => decoder.write_all(piece),
            Self::Deflate(decoder) => decoder.write_all(piece),
        };
        pushed.map_err(|_| self.fault())
    }

    /// The whole body.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Unfit> {
        let ended = match &mut self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Deflate(decoder) => decoder.try_finish(),
        };
        ended.map_err(|_| self.fault())?;
        Ok(std::mem::take(match &mut self {
            Self::Plain(sink) => &mut sink.bytes,
            Self::Gzip(decoder) => &mut decoder.get_mut().bytes,
            Self::Deflate(decoder) => &mut decoder.get_mut().bytes,
        }))
    }

    fn fault(&self) -> Unfit {
        let is_over = match self {
            Self::Plain(sink) => sink.is_over,
            Self::Gzip(decoder) => decoder.get_ref().is_over,
            Self::Deflate(decoder) => decoder.get_ref().is_over,
        };
        if is_over {
            Unfit::TooLarge
        } else {
            Unfit::Damaged
        }
    }
}

/// Bytes up to a limit.
pub(super) struct Capped {
    bytes: Vec<u8>,
    limit: usize,
    is_over: bool,
}

impl Write for Capped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > self.limit {
            self.is_over = true;
            return Err(io::Error::other("over the limit"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
