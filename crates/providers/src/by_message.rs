//! What was made of a message, made once and kept as long as the message lives.

use gimlet_protocol::Message;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Values by the address of the shared message. The weak pointer keeps the address from being
/// used again, so an entry can never be taken for another message's.
#[derive(Debug)]
pub(crate) struct ByMessage<T>(Mutex<ByAddress<T>>);

type ByAddress<T> = HashMap<usize, (Weak<Message>, Arc<T>)>;

impl<T> Default for ByMessage<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> ByMessage<T> {
    /// The value of each message, in order. Forgets messages that are gone.
    pub(crate) fn of(
        &self,
        messages: &[Arc<Message>],
        make: impl Fn(&Message) -> T,
    ) -> Vec<Arc<T>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > messages.len() * 2 + 64 {
            known.retain(|_, (message, _)| message.strong_count() > 0);
        }
        let made = messages.iter().map(|message| {
            let address = Arc::as_ptr(message).addr();
            let (_, value) = known
                .entry(address)
                .or_insert_with(|| (Arc::downgrade(message), Arc::new(make(message))));
            Arc::clone(value)
        });
        made.collect()
    }
}
