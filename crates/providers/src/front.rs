//! Counts what goes out: how long a body is, and how much of the body before it comes again in
//! front, which is what a provider's cache can serve.

use bytes::Bytes;
use gimlet_ports::WireBytes;
use gimlet_protocol::SessionId;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Sessions whose last body is remembered: the main one and a few workers of the same model.
const MOST_SESSIONS: usize = 4;

/// A body as it goes out.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Where the part begins that a cache can hold: tools, system prompt, conversation.
    pub(crate) front_at: usize,
}

/// The last body of each session.
pub(crate) struct Fronts {
    /// Bytes that move within a body and are no part of what is cached; may be empty.
    marker: &'static [u8],
    last: Mutex<VecDeque<(SessionId, Bytes)>>,
}

impl Fronts {
    pub(crate) fn new(marker: &'static [u8]) -> Self {
        Self {
            marker,
            last: Mutex::default(),
        }
    }

    /// Counts a body against the one before it and remembers it. The bytes are shared with
    /// the request, not copied.
    pub(crate) fn count(&self, session: &SessionId, body: Body) -> (Bytes, WireBytes) {
        let bytes = Bytes::from(body.bytes);
        let front = bytes.slice(body.front_at.min(bytes.len())..);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.iter().position(|(of, _)| of == session);
        let before = before.and_then(|place| last.remove(place));
        let (kept, could_keep) = before.map_or((0, 0), |(_, before)| {
            (
                common(&before, &front, self.marker),
                front_length(&before, self.marker),
            )
        });
        last.push_front((session.clone(), front));
        last.truncate(MOST_SESSIONS);
        let counted = WireBytes {
            sent: bytes.len() as u64,
            kept: kept.min(could_keep) as u64,
            before: could_keep as u64,
        };
        (bytes, counted)
    }
}

/// The pieces between markers, none of them empty.
fn pieces<'a>(bytes: &'a [u8], marker: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let at = (!marker.is_empty())
            .then(|| memchr::memmem::find(bytes, marker))
            .flatten();
        let Some(at) = at else { return Some(bytes) };
        let (piece, tail) = bytes.split_at(at);
        rest = tail.get(marker.len()..);
        Some(piece)
    })
    .filter(|piece| !piece.is_empty())
}

/// The length without markers and without the brackets that close the body: the next one goes
/// on in their place.
fn front_length(bytes: &[u8], marker: &'static [u8]) -> usize {
    let (mut length, mut closing) = (0, 0);
    for piece in pieces(bytes, marker) {
        let last = piece.iter().rposition(|byte| !matches!(byte, b']' | b'}'));
        closing = match last {
            Some(at) => piece.len() - at - 1,
            None => closing + piece.len(),
        };
        length += piece.len();
    }
    length - closing
}

/// How many bytes are the same in front, markers on either side skipped and not counted.
fn common(a: &[u8], b: &[u8], marker: &'static [u8]) -> usize {
    let (mut a_pieces, mut b_pieces) = (pieces(a, marker), pieces(b, marker));
    let (mut a, mut b): (&[u8], &[u8]) = (&[], &[]);
    let mut same = 0;
    loop {
        if a.is_empty() {
            let Some(piece) = a_pieces.next() else {
                return same;
            };
            a = piece;
        }
        if b.is_empty() {
            let Some(piece) = b_pieces.next() else {
                return same;
            };
            b = piece;
        }
        let (a_front, a_rest) = a.split_at(a.len().min(b.len()));
        let (b_front, b_rest) = b.split_at(a_front.len());
        if a_front != b_front {
            let run = a_front.iter().zip(b_front).take_while(|(a, b)| a == b);
            return same + run.count();
        }
        same += a_front.len();
        (a, b) = (a_rest, b_rest);
    }
}

#[cfg(test)]
mod tests;
