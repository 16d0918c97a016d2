//! What was changed in the text, so that it can be undone and done again.

/// Bytes of old and new text that are remembered; the oldest changes are forgotten first.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// One replacement.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) at: usize,
    pub(super) removed: String,
    pub(super) inserted: String,
    /// Where the cursor was before and is after.
    pub(super) cursor: (usize, usize),
}

/// The changes that were made and those that were undone.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    done: Vec<Vec<Change>>,
    undone: Vec<Vec<Change>>,
    bytes: usize,
    /// Whether the next change belongs to the last step.
    is_open: bool,
}

impl Changes {
    /// Begins a new step: what comes now is undone apart from what was.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    pub(super) fn record(&mut self, change: Change) {
        self.undone.clear();
        self.bytes += change.removed.len() + change.inserted.len();
        match self.done.last_mut() {
            Some(step) if self.is_open => match step.last_mut() {
                // Typing makes one change of many.
                Some(last)
                    if change.removed.is_empty() && last.at + last.inserted.len() == change.at =>
                {
                    last.inserted.push_str(&change.inserted);
                    last.cursor.1 = change.cursor.1;
                }
                _ => step.push(change),
            },
            _ => self.done.push(vec![change]),
        }
        self.is_open = true;
        let mut forgotten = 0;
        while self.bytes > MOST_BYTES && forgotten + 1 < self.done.len() {
            if let Some(step) = self.done.get(forgotten) {
                let size = |change: &Change| change.removed.len() + change.inserted.len();
                self.bytes -= step.iter().map(size).sum::<usize>();
            }
            forgotten += 1;
        }
        self.done.drain(..forgotten);
    }

    /// The step to take back, its last change first.
    pub(super) fn undo(&mut self) -> Option<Vec<Change>> {
        self.is_open = false;
        let step = self.done.pop()?;
        self.undone.push(step.clone());
        Some(step.into_iter().rev().collect())
    }

    /// The step to make again.
    pub(super) fn redo(&mut self) -> Option<Vec<Change>> {
        self.is_open = false;
        let step = self.undone.pop()?;
        self.done.push(step.clone());
        Some(step)
    }
}
