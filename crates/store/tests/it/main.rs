//! The store as its callers see it: real files, real processes, real full disks.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, and tell a second process by variables what to do"
)]

mod credentials;
mod damage;
mod fixture;
mod index;
mod library;
mod log;
mod processes;
mod round_trip;
mod sample;
mod snapshots;

use gimlet_ports::{LogFault, SessionLog};
use gimlet_protocol::{Entry, EntryId, Fact, SessionId};
use gimlet_store::{LogView, SessionFile, Store};
use std::path::Path;
use tempfile::TempDir;

struct Home {
    dir: TempDir,
    store: Store,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("data"));
        std::fs::create_dir(dir.path().join("work")).unwrap();
        Self { dir, store }
    }

    fn work(&self) -> std::path::PathBuf {
        self.dir.path().join("work")
    }

    /// A session with these batches, closed again.
    fn session(&self, batches: Vec<Vec<Fact>>) -> SessionId {
        let id = Store::fresh_id();
        let mut log = self.store.create(&id, &self.work()).unwrap();
        append_all(&mut log, batches);
        id
    }
}

fn append_all(log: &mut SessionFile, batches: Vec<Vec<Fact>>) -> Vec<Entry> {
    let mut all = Vec::new();
    for facts in batches {
        all.extend(log.append(log.last(), facts).unwrap());
    }
    all
}

fn entries(path: &Path) -> Vec<Entry> {
    LogView::open(path)
        .unwrap()
        .read(None)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn items(path: &Path) -> Vec<Result<Entry, LogFault>> {
    LogView::open(path).unwrap().read(None).unwrap().collect()
}

fn ids(entries: &[Entry]) -> Vec<u64> {
    entries
        .iter()
        .map(
            |Entry {
                 id: EntryId(id), ..
             }| *id,
        )
        .collect()
}
