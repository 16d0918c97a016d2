//! An answer of the server: status, headers, body, how it is cut up and where it waits.

use super::Script;
use serde_json::json;
use tokio::sync::watch;

/// How a body is cut into pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// In one piece.
    #[default]
    Whole,
    /// Every byte on its own.
    Bytes,
    /// Cut inside every character of more than one byte.
    InsideCharacters,
    /// The first half; then the connection breaks.
    Cut,
    /// So many bytes; then the connection breaks.
    CutAt(usize),
    /// So many bytes; then the body ends in good order.
    EndAt(usize),
}

impl Delivery {
    /// The four ways in which every script should be served.
    pub const ALL: [Self; 4] = [Self::Whole, Self::Bytes, Self::InsideCharacters, Self::Cut];

    /// The pieces, and whether the body then ends in good order.
    pub(super) fn pieces(self, body: &[u8]) -> (Vec<&[u8]>, Ending) {
        let front = |at: usize| body.get(..at.min(body.len())).unwrap_or_default();
        match self {
            Self::Whole => (vec![body], Ending::Orderly),
            Self::Bytes => (body.chunks(1).collect(), Ending::Orderly),
            Self::InsideCharacters => (split_characters(body), Ending::Orderly),
            Self::Cut => (vec![front(body.len() / 2)], Ending::Broken),
            Self::CutAt(at) => (vec![front(at)], Ending::Broken),
            Self::EndAt(at) => (vec![front(at)], Ending::Orderly),
        }
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Orderly,
    Broken,
}

/// A new piece begins before every continuation byte of UTF-8.
fn split_characters(body: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let is_continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
        let next = rest
            .iter()
            .skip(1)
            .position(is_continuation)
            .map_or(rest.len(), |at| at + 1);
        let (piece, after) = rest.split_at(next);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Holds an answer until the test opens it. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    open: watch::Sender<bool>,
    reached: watch::Sender<bool>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            open: watch::Sender::new(false),
            reached: watch::Sender::new(false),
        }
    }
}

impl Gate {
    /// A closed gate. One that is never opened makes the server hang.
    pub fn closed() -> Self {
        Self::default()
    }

    /// Lets the answer go on.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Waits until an answer stands at the gate.
    pub async fn reached(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        drop(self.reached.subscribe().wait_for(|reached| *reached).await);
    }

    pub(super) async fn pass(&self) {
        self.reached.send_replace(true);
        drop(self.open.subscribe().wait_for(|open| *open).await);
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) delivery: Delivery,
    pub(super) before_headers: Option<Gate>,
    pub(super) in_body: Option<(usize, Gate)>,
}

impl Reply {
    /// A stream of events.
    pub fn events(script: &Script) -> Self {
        Self::raw(200, "text/event-stream; charset=utf-8", script.bytes())
            .header("request-id", "req_mock")
    }

    /// An error with the provider's body.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}});
        Self::raw(status, "application/json", body.to_string()).header("request-id", "req_mock")
    }

    /// Anything.
    pub fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            delivery: Delivery::Whole,
            before_headers: None,
            in_body: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Bytes of the body.
    pub fn length(&self) -> usize {
        self.body.len()
    }

    /// The same with one byte of the body changed.
    #[must_use]
    pub fn damaged(mut self, at: usize) -> Self {
        if let Some(byte) = self.body.get_mut(at) {
            *byte ^= 0x55;
        }
        self
    }

    /// Cuts the body up.
    #[must_use]
    pub fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Waits at the gate before anything is sent.
    #[must_use]
    pub fn held_before_headers(mut self, gate: &Gate) -> Self {
        self.before_headers = Some(gate.clone());
        self
    }

    /// Waits at the gate when at least so many bytes of the body were sent.
    #[must_use]
    pub fn held_after(mut self, bytes: usize, gate: &Gate) -> Self {
        self.in_body = Some((bytes, gate.clone()));
        self
    }
}
