//! Followers of a session: facts are never lost, signals may be.

use gimlet_ports::{EntryIter, EventStream, LogFault};
use gimlet_protocol::{Entry, EntryId, Event, Signal};
use tokio::sync::{mpsc, oneshot};

/// Events that a follower may have waiting. When a fact finds the queue full, the follower
/// is let go and catches up from the log; a signal that finds it full is dropped.
const WAITING_EVENTS: usize = 512;

/// The live followers.
#[derive(Default)]
pub(crate) struct Hub {
    followers: Vec<Follower>,
}

struct Follower {
    events: mpsc::Sender<Event>,
    skipped: u64,
}

/// What a new follower is given: the past, and the place where the present arrives.
pub(crate) struct Subscription {
    past: Option<EntryIter>,
    upto: Option<EntryId>,
    live: mpsc::Receiver<Event>,
}

impl Hub {
    /// Takes a follower in, at this very entry.
    pub(crate) fn join(
        &mut self,
        past: Option<EntryIter>,
        upto: Option<EntryId>,
        present: Vec<Signal>,
    ) -> Subscription {
        let (events, live) = mpsc::channel(WAITING_EVENTS);
        for signal in present {
            // The queue is new and has room.
            drop(events.try_send(Event::Signal(signal)));
        }
        self.followers.push(Follower { events, skipped: 0 });
        Subscription { past, upto, live }
    }

    /// Hands a fact to everyone.
    pub(crate) fn fact(&mut self, entry: &Entry) {
        self.followers.retain_mut(|follower| {
            follower.tell_skipped();
            follower.events.try_send(Event::Fact(entry.clone())).is_ok()
        });
    }

    /// Hands a signal to those who have room.
    pub(crate) fn signal(&mut self, signal: &Signal) {
        self.followers.retain_mut(|follower| {
            follower.tell_skipped();
            match follower.events.try_send(Event::Signal(signal.clone())) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    follower.skipped += 1;
                    true
                }
                Err(mpsc::error::TrySendError::Closed(_)) => false,
            }
        });
    }

    /// Hands a signal that must not be lost to everyone: a follower without room is let go, and
    /// told the present state when it joins again.
    pub(crate) fn signal_surely(&mut self, signal: &Signal) {
        self.followers.retain_mut(|follower| {
            follower
                .events
                .try_send(Event::Signal(signal.clone()))
                .is_ok()
        });
    }

    /// True when someone would see a signal.
    pub(crate) fn is_watched(&self) -> bool {
        !self.followers.is_empty()
    }
}

impl Follower {
    fn tell_skipped(&mut self) {
        if self.skipped > 0 {
            let lagged = Event::Signal(Signal::Lagged {
                skipped: self.skipped,
            });
            if self.events.try_send(lagged).is_ok() {
                self.skipped = 0;
            }
        }
    }
}

/// Asks the session for a subscription after an entry.
pub(crate) type Rejoin =
    Box<dyn Fn(Option<EntryId>) -> oneshot::Receiver<Result<Subscription, LogFault>> + Send + Sync>;

/// Turns a subscription into a stream without a gap: a follower that was let go for its
/// slowness joins again after the last fact that it has seen.
pub(crate) fn event_stream(
    first: Subscription,
    after: Option<EntryId>,
    rejoin: Rejoin,
) -> EventStream {
    let state = Following {
        now: first,
        seen: after,
        rejoin,
    };
    Box::pin(futures::stream::unfold(state, |mut state| async move {
        let event = state.next().await?;
        Some((event, state))
    }))
}

struct Following {
    now: Subscription,
    seen: Option<EntryId>,
    rejoin: Rejoin,
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.next_past() {
                return Some(event);
            }
            match self.now.live.recv().await {
                Some(Event::Fact(entry)) => {
                    if self.seen.is_some_and(|seen| entry.id <= seen) {
                        continue;
                    }
                    self.seen = Some(entry.id);
                    return Some(Event::Fact(entry));
                }
                Some(signal @ Event::Signal(_)) => return Some(signal),
                // Let go for slowness, or the session is gone; only the session can tell.
                None => self.now = (self.rejoin)(self.seen).await.ok()?.ok()?,
            }
        }
    }

    fn next_past(&mut self) -> Option<Event> {
        loop {
            let past = self.now.past.as_mut()?;
            match past.next() {
                Some(Ok(entry)) if self.now.upto.is_none_or(|upto| entry.id > upto) => {
                    self.now.past = None;
                }
                Some(Ok(entry)) if self.seen.is_some_and(|seen| entry.id <= seen) => {}
                Some(Ok(entry)) => {
                    self.seen = Some(entry.id);
                    return Some(Event::Fact(entry));
                }
                // A damaged line was told when the session was opened.
                Some(Err(_)) => {}
                None => self.now.past = None,
            }
        }
    }
}
