//! Pages of the last minutes, in bounded memory.

use gimlet_ports::WebPage;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long a page is kept.
const KEPT: Duration = Duration::from_mins(15);
/// Bytes of all pages together.
const BYTES: usize = 32 << 20;
/// What a page weighs beside its body, about; bounds the number of empty ones.
const ENTRY_BYTES: usize = 4 << 10;

/// Pages by the address that was asked for, the oldest first.
#[derive(Default)]
pub(super) struct Cache(VecDeque<Kept>);

struct Kept {
    asked: String,
    page: Arc<WebPage>,
    at: Instant,
}

impl Cache {
    pub(super) fn get(&mut self, asked: &str, now: Instant) -> Option<Arc<WebPage>> {
        self.0.retain(|kept| now.duration_since(kept.at) < KEPT);
        let kept = self.0.iter().find(|kept| kept.asked == asked)?;
        Some(Arc::clone(&kept.page))
    }

    pub(super) fn put(&mut self, asked: String, page: Arc<WebPage>, now: Instant) {
        self.0.retain(|kept| kept.asked != asked);
        self.0.push_back(Kept {
            asked,
            page,
            at: now,
        });
        while self.bytes() > BYTES {
            self.0.pop_front();
        }
    }

    fn bytes(&self) -> usize {
        let sizes = self.0.iter().map(|kept| kept.page.body.len() + ENTRY_BYTES);
        sizes.sum()
    }
}

#[cfg(test)]
mod tests;
