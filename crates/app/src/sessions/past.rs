//! What sessions changed on the disk: their snapshots, and looking back at them.

use super::{Hub, Persistence};
use crate::snapshots::{SessionSnapshots, Taker};
use gimlet_protocol::{Entry, Refusal, SessionId};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

impl Hub {
    /// The snapshots of a session, where it has any.
    pub(super) fn snapshots(
        &self,
        session: &SessionId,
        root: &Path,
        added: &[PathBuf],
    ) -> Option<Arc<SessionSnapshots>> {
        // A session that is not kept leaves nothing behind, and so nothing to go back to.
        if !self.settings.file_checkpointing || self.launch.persistence == Persistence::None {
            return None;
        }
        if let Some(why) = self.workspaces.too_wide(root) {
            self.note_once(why);
        }
        Some(Arc::new(SessionSnapshots {
            workspace: self.workspaces.of(root, added),
            session: session.clone(),
            store: self.store.clone(),
            own: self.dirs.data.clone(),
        }))
    }

    /// Makes room for snapshots once a day, while the session begins.
    pub(super) fn clean_snapshots_aside(&self) {
        let workspaces = Arc::clone(&self.workspaces);
        // It ends by itself, and nobody waits for it.
        drop(tokio::task::spawn_blocking(move || {
            workspaces.clean_when_due();
        }));
    }

    /// The snapshots and the log of a session.
    pub(super) fn past_of(&self, session: &SessionId) -> Result<(Taker, Vec<Entry>), Refusal> {
        let gone = |_| Refusal::NoSession {
            session: session.clone(),
        };
        let view = self.store.view(session).map_err(gone)?;
        let root = view
            .header()
            .map_or_else(|_| self.launch.cwd.clone(), |header| header.cwd.clone());
        let snapshots = self
            .snapshots(session, &root, &self.added())
            .ok_or_else(|| Refusal::NotNow {
                why: "no snapshots are taken in this session".to_owned(),
            })?;
        let entries = view.read(None).map_err(|fault| Refusal::Log {
            why: fault.to_string(),
        })?;
        Ok((Taker(snapshots), entries.filter_map(Result::ok).collect()))
    }

    /// Removes what commands of a session without a log wrote beside it.
    pub(super) fn leave_no_trace(&self, session: &SessionId) {
        let scratch = self.scratch_of(session);
        if let Err(error) = std::fs::remove_dir_all(&scratch)
            && error.kind() != ErrorKind::NotFound
        {
            self.note(format!("{} was not removed: {error}", scratch.display()));
        }
        // The folders above go too, unless something else is in them.
        for folder in scratch
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(&self.dirs.cache))
        {
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}
