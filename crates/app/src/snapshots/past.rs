//! The past of a session that no process has open: looked at, and gone back in.

use super::{SessionSnapshots, Workspaces};
use crate::launch::Launch;
use gimlet_engine::told_of_restored;
use gimlet_ports::{LogFault, OpenFault, Restore, SessionLog as _};
use gimlet_protocol::{
    Entry, EntryId, Fact, FileDiff, LeftOut, OnConflict, OpKey, Refusal, RestorePreview,
    RestoreWish, RewindScope, Rewound, SessionId, Snapshot, Timeline, UndoWhat,
};
use gimlet_store::{
    SessionFile, Store,
    snapshots::{BUILD_FILES, BUILT_FOLDERS, BULK_FOLDERS, CleanReport, REPOSITORY_FOLDERS, Usage},
};
use serde::Serialize;
use std::{path::PathBuf, sync::Arc};

/// A stored session and what it changed.
pub struct Past {
    store: Store,
    snapshots: SessionSnapshots,
}

/// Why going back was not possible.
#[derive(Debug)]
pub enum PastFault {
    /// Files or the session's state stand in the way; nothing was changed.
    Refused(Refusal),
    /// The session's log cannot be read or written.
    Log(LogFault),
}

impl From<Refusal> for PastFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LogFault> for PastFault {
    fn from(fault: LogFault) -> Self {
        Self::Log(fault)
    }
}

impl Past {
    /// The past of a session. What a process that died left of it is put into its log first,
    /// unless another process has it open.
    ///
    /// # Errors
    /// When the settings are wrong or there is no such session.
    pub fn of(launch: &Launch, store: &Store, session: &SessionId) -> Result<Self, OpenFault> {
        let (settings, dirs) = launch.load_settings()?;
        let settings = Arc::new(settings);
        let view = store.view(session).map_err(|fault| OpenFault::User {
            text: fault.to_string(),
            hint: Some("`gimlet sessions list` shows them".to_owned()),
        })?;
        let root = view
            .header()
            .map_or_else(|_| launch.cwd.clone(), |header| header.cwd.clone());
        let added: Vec<PathBuf> = settings
            .permissions
            .additional_directories
            .iter()
            .map(|added| added.path.clone())
            .collect();
        let workspaces = Workspaces::new(settings, &dirs, &launch.env);
        let past = Self {
            store: store.clone(),
            snapshots: SessionSnapshots {
                workspace: workspaces.of(&root, &added),
                session: session.clone(),
                store: store.clone(),
                own: dirs.data,
            },
        };
        if past.snapshots.workspace.has_leftovers(session) {
            // In use: whoever has it open takes them, or has taken them.
            drop(past.opened());
        }
        Ok(past)
    }

    /// The session.
    pub fn session(&self) -> &SessionId {
        &self.snapshots.session
    }

    fn log(&self) -> Result<Vec<Entry>, PastFault> {
        let view = self.store.view(self.session())?;
        Ok(view.read(None)?.filter_map(Result::ok).collect())
    }

    /// Opens the log for writing, with what an earlier process left.
    fn opened(&self) -> Result<SessionFile, PastFault> {
        let (mut log, _) = self.store.open(self.session())?;
        let left = self.snapshots.leftovers_now();
        if !left.is_empty() {
            let facts = left.into_iter().map(|it| Fact::Snapshot(Box::new(it)));
            let last = log.last();
            log.append(last, facts.collect())?;
            log.sync()?;
        }
        self.snapshots.workspace.settled(self.session());
        Ok(log)
    }

    /// The turns with what each changed.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn timeline(&self) -> Result<Timeline, PastFault> {
        Ok(self.snapshots.timeline_now(&self.log()?))
    }

    /// What a restore would do.
    ///
    /// # Errors
    /// When there is nothing to take back.
    pub fn preview(&self, wish: &RestoreWish) -> Result<RestorePreview, PastFault> {
        Ok(self.snapshots.preview_now(&self.log()?, wish)?)
    }

    /// What turns or calls changed.
    ///
    /// # Errors
    /// When there is no such turn or call.
    pub fn diff(&self, what: &UndoWhat) -> Result<Vec<FileDiff>, PastFault> {
        Ok(self.snapshots.diff_now(&self.log()?, what)?)
    }

    /// Takes changes back, or brings them back.
    ///
    /// # Errors
    /// When files stand in the way or the session is in use; nothing was changed then.
    pub fn restore(&self, wish: RestoreWish, conflicts: OnConflict) -> Result<Snapshot, PastFault> {
        let mut log = self.opened()?;
        self.restore_in(&mut log, wish, conflicts, Tell::Model)
    }

    fn restore_in(
        &self,
        log: &mut SessionFile,
        wish: RestoreWish,
        conflicts: OnConflict,
        tell: Tell,
    ) -> Result<Snapshot, PastFault> {
        let entries: Vec<Entry> = log.read(None)?.filter_map(Result::ok).collect();
        let restore = Restore {
            key: OpKey(format!("restore:{}", Store::fresh_id())),
            wish,
            conflicts,
        };
        let snapshot = self.snapshots.restore_now(&entries, &restore)?;
        let mut facts = vec![Fact::Snapshot(Box::new(snapshot.clone()))];
        if tell == Tell::Model && snapshot.total > 0 {
            facts.push(Fact::Noted(told_of_restored(&snapshot)));
        }
        let last = log.last();
        log.append(last, facts)?;
        log.sync()?;
        self.snapshots.workspace.settled(self.session());
        Ok(snapshot)
    }

    /// Goes back to an entry. Returns what was done to files, where they go back, too.
    ///
    /// # Errors
    /// As [`Self::restore`].
    pub fn rewind(
        &self,
        to: EntryId,
        scope: RewindScope,
        conflicts: OnConflict,
    ) -> Result<Option<Snapshot>, PastFault> {
        let mut log = self.opened()?;
        let what = UndoWhat::Since { entry: to };
        let wish = RestoreWish::Undo { what };
        let restored = match scope {
            RewindScope::Conversation => None,
            RewindScope::Files => Some(self.restore_in(&mut log, wish, conflicts, Tell::Model)?),
            RewindScope::Both => Some(self.restore_in(&mut log, wish, conflicts, Tell::Nobody)?),
        };
        if scope != RewindScope::Files
            && let Some(from) = log.last()
        {
            let key = OpKey(format!("rewind:{}", Store::fresh_id()));
            log.append(Some(to), vec![Fact::Rewound(Rewound { key, from })])?;
            log.sync()?;
        }
        Ok(restored)
    }
}

/// Whether the model is told that files went back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tell {
    Model,
    /// It does not remember that they ever changed.
    Nobody,
}

/// What snapshots take and cover.
#[derive(Debug, Serialize)]
pub struct SnapshotReport {
    /// False where the settings say that none are taken.
    pub enabled: bool,
    /// Days that change sets are kept.
    pub keep_days: u64,
    /// Megabytes that one project may take.
    pub keep_megabytes: u64,
    /// Files up to this size are kept.
    pub file_megabytes: u64,
    /// Folders that are never covered, by name.
    pub never: Vec<&'static str>,
    /// Folders that are not covered where git tracks nothing in them, by name.
    pub bulk: Vec<&'static str>,
    /// Those that are not covered beside one of `build_files`.
    pub built: Vec<&'static str>,
    /// Files that tell of a build.
    pub build_files: Vec<&'static str>,
    /// Why commands in this folder are not covered, where they are not.
    pub too_wide: Option<String>,
    /// What is not covered in this folder.
    pub not_covered: Vec<LeftOut>,
    /// Each project's.
    pub projects: Vec<Usage>,
}

/// Tells what snapshots take and cover, with a look at this folder.
///
/// # Errors
/// When the settings are wrong.
pub fn snapshot_report(launch: &Launch) -> Result<SnapshotReport, OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    let settings = Arc::new(settings);
    let workspaces = Workspaces::new(Arc::clone(&settings), &dirs, &launch.env);
    let workspace = workspaces.of(&launch.cwd, &[]);
    Ok(SnapshotReport {
        enabled: settings.file_checkpointing,
        keep_days: settings.snapshot_keep_days,
        keep_megabytes: settings.snapshot_megabytes,
        file_megabytes: settings.snapshot_file_megabytes,
        never: REPOSITORY_FOLDERS.to_vec(),
        bulk: BULK_FOLDERS.to_vec(),
        built: BUILT_FOLDERS.to_vec(),
        build_files: BUILD_FILES.to_vec(),
        too_wide: workspaces.too_wide(&launch.cwd),
        // Looking keeps contents, which is not wanted where they are never taken.
        not_covered: if settings.file_checkpointing && workspace.folder().is_dir() {
            workspace.not_covered()
        } else {
            Vec::new()
        },
        projects: workspaces.usages(),
    })
}

/// Makes room by the settings; of everything where `all` is said. The number tells how many
/// projects were in use.
///
/// # Errors
/// When the settings are wrong or a folder cannot be written.
pub fn clean_snapshots(launch: &Launch, how: CleanHow) -> Result<(CleanReport, u64), OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    let workspaces = Workspaces::new(Arc::new(settings), &dirs, &launch.env);
    let mut keep = workspaces.keep();
    if how == CleanHow::Everything {
        keep.age = std::time::Duration::ZERO;
    }
    workspaces
        .clean(keep)
        .map_err(|error| OpenFault::Environment {
            text: format!("snapshots could not be removed: {error}"),
            hint: None,
        })
}

/// What a clean-up takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanHow {
    /// What is older or larger than the settings allow.
    BySettings,
    /// Every change set.
    Everything,
}
