//! A log that lives as long as the process, for `--no-session-persistence`.

use gimlet_ports::{EntryIter, LogFault, SessionLog};
use gimlet_protocol::{Entry, EntryId, Fact, Timestamp};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Keeps every entry in memory.
#[derive(Default)]
pub(crate) struct MemoryLog {
    entries: Vec<Arc<Entry>>,
}

impl SessionLog for MemoryLog {
    fn append(
        &mut self,
        parent: Option<EntryId>,
        facts: Vec<Fact>,
    ) -> Result<Vec<Entry>, LogFault> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let at = Timestamp(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        let mut parent = parent;
        let mut added = Vec::with_capacity(facts.len());
        for fact in facts {
            let id = EntryId(self.entries.len() as u64);
            let entry = Entry {
                id,
                parent,
                at,
                fact,
            };
            parent = Some(id);
            self.entries.push(Arc::new(entry.clone()));
            added.push(entry);
        }
        Ok(added)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        Ok(())
    }

    fn read(&self, after: Option<EntryId>) -> Result<EntryIter, LogFault> {
        let entries = self.entries.clone();
        let later = move |entry: &Arc<Entry>| after.is_none_or(|after| entry.id > after);
        Ok(Box::new(
            entries
                .into_iter()
                .filter(later)
                .map(|entry| Ok((*entry).clone())),
        ))
    }
}
