//! A session's real log with a tape beside it: what was appended, and the place at which the
//! process is to die.

use gimlet_ports::{EntryIter, LogFault, SessionLog};
use gimlet_protocol::{Entry, EntryId, Fact};
use std::{
    panic::resume_unwind,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The session's task ends on the spot, and with it everything that it holds.
    Unwind,
    /// The process is killed by SIGKILL.
    Kill,
}

#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    entries: Vec<Entry>,
    appends: usize,
    dies: Option<(usize, Death)>,
    crashed: bool,
    /// Items of the model's streams until the process is killed.
    items_left: Option<usize>,
}

impl Tape {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Dies right after this many appends, counted from the first after the opening.
    pub(crate) fn dies_after(&self, appends: usize, death: Death) {
        self.get().dies = Some((appends, death));
    }

    /// Is killed before the model says its item number `place`, counted from 1.
    pub(crate) fn dies_before_item(&self, place: usize) {
        self.get().items_left = Some(place);
    }

    /// The model is about to say another item.
    pub(crate) fn item(&self) {
        let mut tape = self.get();
        let Some(left) = &mut tape.items_left else {
            return;
        };
        *left -= 1;
        if *left == 0 {
            kill_me();
        }
    }

    pub(crate) fn appends(&self) -> usize {
        self.get().appends
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.get().entries.clone()
    }

    /// The log was opened with these entries in it.
    pub(crate) fn rewind(&self, entries: Vec<Entry>) {
        self.get().entries = entries;
    }

    pub(crate) fn take_crash(&self) -> bool {
        std::mem::take(&mut self.get().crashed)
    }

    fn get(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, entries: &[Entry]) -> Option<Death> {
        let mut tape = self.get();
        tape.entries.extend_from_slice(entries);
        tape.appends += 1;
        let (place, death) = tape.dies?;
        if place != tape.appends {
            return None;
        }
        tape.dies = None;
        tape.crashed = true;
        Some(death)
    }
}

/// The log, watched.
pub(crate) struct Taped {
    pub(crate) log: Box<dyn SessionLog>,
    pub(crate) tape: Tape,
}

impl SessionLog for Taped {
    fn append(
        &mut self,
        parent: Option<EntryId>,
        facts: Vec<Fact>,
    ) -> Result<Vec<Entry>, LogFault> {
        let entries = self.log.append(parent, facts)?;
        match self.tape.note(&entries) {
            None => Ok(entries),
            // Not a panic: nothing is printed, and no hook runs.
            Some(Death::Unwind) => resume_unwind(Box::new("the scene's crash")),
            Some(Death::Kill) => kill_me(),
        }
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        self.log.sync()
    }

    fn read(&self, after: Option<EntryId>) -> Result<EntryIter, LogFault> {
        self.log.read(after)
    }
}

/// Ends this process as nobody can prepare for.
pub(crate) fn kill_me() -> ! {
    let me = std::process::id().to_string();
    let status = Command::new("kill").args(["-9", &me]).status();
    panic!("a process that killed itself goes on: {status:?}")
}
