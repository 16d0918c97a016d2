//! What was killed, to be yanked: a ring of the last texts.

/// Texts that the ring holds; the oldest is forgotten.
const MOST_KILLS: usize = 60;

/// Which end of the last kill a further one joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Front,
    Back,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Kills {
    ring: Vec<String>,
    /// How many kills back the last yank was.
    turned: usize,
}

impl Kills {
    pub(super) fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.ring.push(text.to_owned());
        if self.ring.len() > MOST_KILLS {
            self.ring.remove(0);
        }
    }

    /// Makes one kill of the last and this one.
    pub(super) fn join(&mut self, text: &str, end: End) {
        match (self.ring.last_mut(), end) {
            (Some(last), End::Back) => last.push_str(text),
            (Some(last), End::Front) => last.insert_str(0, text),
            (None, _) => self.push(text),
        }
    }

    /// The last kill.
    pub(super) fn yank(&mut self) -> Option<&str> {
        self.turned = 0;
        self.ring.last().map(String::as_str)
    }

    /// The kill before the one that was yanked last.
    pub(super) fn turn(&mut self) -> Option<&str> {
        self.turned = (self.turned + 1) % self.ring.len().max(1);
        self.ring.iter().rev().nth(self.turned).map(String::as_str)
    }
}
