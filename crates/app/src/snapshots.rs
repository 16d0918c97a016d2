//! The snapshots of sessions: windows around calls, and what a session's past amounts to.

mod past;
mod wanted;

pub use past::{CleanHow, Past, PastFault, SnapshotReport, clean_snapshots, snapshot_report};

use crate::launch::git_env;
use gimlet_policy::only_looks;
use gimlet_ports::{Later, Restore, Snapshots, Window};
use gimlet_protocol::{
    Access, CallId, Entry, Fact, FileDiff, OnConflict, Refusal, Remedy, RestorePreview,
    RestoreWish, SessionId, Snapshot, SnapshotOf, TaskId, Timeline, UndoWhat,
};
use gimlet_settings::{Dirs, Env, Settings};
use gimlet_store::{
    Store,
    snapshots::{
        CleanReport, Keep, Limits, Opening, Reach, Usage, WindowId, Workspace, WorkspaceOptions,
        snapshots_folder,
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, SystemTime},
};
use wanted::{History, wanted};

/// How often snapshots are tidied without being asked.
const CLEAN_EVERY: Duration = Duration::from_hours(24);

/// A session's folder, and those that were added.
type Place = (PathBuf, Vec<PathBuf>);

/// The workspaces of this process, each shared by all sessions that work in it.
pub(crate) struct Workspaces {
    settings: Arc<Settings>,
    dirs: Dirs,
    env: Env,
    open: Mutex<HashMap<Place, Weak<Workspace>>>,
}

impl Workspaces {
    pub(crate) fn new(settings: Arc<Settings>, dirs: &Dirs, env: &Env) -> Self {
        Self {
            settings,
            dirs: dirs.clone(),
            env: env.clone(),
            open: Mutex::default(),
        }
    }

    /// The workspace of a session in `root`, to which the person added folders.
    pub(crate) fn of(&self, root: &Path, added: &[PathBuf]) -> Arc<Workspace> {
        let key = (root.to_owned(), added.to_vec());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        let folders = std::iter::once(root).chain(added.iter().map(PathBuf::as_path));
        let roots = folders.filter(|folder| self.too_wide(folder).is_none());
        let options = WorkspaceOptions {
            roots: roots.map(Path::to_owned).collect(),
            limits: Limits {
                file_bytes: self.settings.snapshot_file_megabytes << 20,
                ..Limits::default()
            },
            git: git_env(&self.env),
            own: vec![self.dirs.data.clone(), self.dirs.cache.clone()],
        };
        let workspace = Arc::new(Workspace::new(&self.dirs.data, root, options));
        open.insert(key, Arc::downgrade(&workspace));
        workspace
    }

    /// Why commands in a folder have no snapshots; only files that calls name do.
    pub(crate) fn too_wide(&self, folder: &Path) -> Option<String> {
        let folder = folder.canonicalize().ok()?;
        let home = self.dirs.home.as_ref()?.canonicalize().ok()?;
        home.starts_with(&folder).then(|| {
            format!(
                "{} is your home folder or above it, so what commands change there cannot be \
                 undone; files that calls name can",
                folder.display()
            )
        })
    }

    /// How much is kept.
    pub(crate) fn keep(&self) -> Keep {
        Keep {
            age: Duration::from_hours(24 * self.settings.snapshot_keep_days),
            bytes: self.settings.snapshot_megabytes << 20,
        }
    }

    /// The snapshots of every project.
    pub(crate) fn all(&self) -> Vec<Workspace> {
        let listed = fs::read_dir(snapshots_folder(&self.dirs.data));
        let folders = listed
            .into_iter()
            .flatten()
            .flatten()
            .map(|item| item.path());
        let mut folders: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
            .iter()
            .map(|folder| Workspace::of_folder(folder))
            .collect()
    }

    /// Makes room where that was not done for a day.
    pub(crate) fn clean_when_due(&self) {
        let mark = snapshots_folder(&self.dirs.data).join("cleaned");
        let Ok(data) = fs::metadata(snapshots_folder(&self.dirs.data)) else {
            return;
        };
        let last = fs::metadata(&mark).and_then(|mark| mark.modified());
        let last = last.or_else(|_| data.created());
        let age = last
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age < CLEAN_EVERY) {
            return;
        }
        // Where the mark cannot be written the next session tries again.
        drop(fs::write(&mark, ""));
        for workspace in self.all() {
            // What cannot be tidied now is tidied another day; `gimlet snapshots gc` tells why.
            drop(workspace.clean(self.keep()));
        }
    }

    /// What snapshots take, and the limits.
    pub(crate) fn usages(&self) -> Vec<Usage> {
        self.all().iter().map(Workspace::usage).collect()
    }

    /// Makes room now.
    ///
    /// # Errors
    /// When a folder cannot be written.
    pub(crate) fn clean(&self, keep: Keep) -> io::Result<(CleanReport, u64)> {
        let mut sum = CleanReport::default();
        let mut in_use = 0;
        for workspace in self.all() {
            match workspace.clean(keep)? {
                Some(report) => {
                    sum.sets += report.sets;
                    sum.contents += report.contents;
                    sum.bytes += report.bytes;
                }
                None => in_use += 1,
            }
        }
        Ok((sum, in_use))
    }
}

/// The snapshots of one session.
pub(crate) struct SessionSnapshots {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) session: SessionId,
    pub(crate) store: Store,
    /// Gimlet's own folder: what is written there is not the person's.
    pub(crate) own: PathBuf,
}

impl SessionSnapshots {
    fn id(&self, call: &CallId) -> WindowId {
        WindowId {
            session: self.session.clone(),
            id: call.as_str().to_owned(),
        }
    }

    fn reach(&self, accesses: &[Access]) -> Option<Reach> {
        let mut reach = Reach::default();
        for access in accesses {
            match access {
                Access::Write { path } if !path.starts_with(&self.own) => {
                    reach.paths.push(path.clone());
                }
                Access::Run { command, cwd } => reach.everything |= !only_looks(command, cwd),
                Access::Write { .. }
                | Access::Read { .. }
                | Access::Reach { .. }
                | Access::Publish { .. }
                | Access::Spawn { .. }
                | Access::Escalate { .. }
                | Access::Person { .. } => {}
            }
        }
        (reach.everything || !reach.paths.is_empty()).then_some(reach)
    }

    fn history(&self, log: &[Entry]) -> History {
        History::of(&self.session, log, &self.store, &self.workspace)
    }

    pub(crate) fn preview_now(
        &self,
        log: &[Entry],
        wish: &RestoreWish,
    ) -> Result<RestorePreview, Refusal> {
        let history = self.history(log);
        let chosen = wanted(&history, wish)?;
        let planned = self.workspace.plan(&chosen.wanted);
        Ok(RestorePreview {
            conflicts: chosen.explained(planned.conflicts),
            steps: planned.steps,
            snapshots: chosen.refs,
            left_out: chosen.left_out,
            beside: chosen.beside.into_iter().collect(),
        })
    }

    pub(crate) fn restore_now(
        &self,
        log: &[Entry],
        restore: &Restore,
    ) -> Result<Snapshot, Refusal> {
        let history = self.history(log);
        let chosen = wanted(&history, &restore.wish)?;
        let planned = self.workspace.plan(&chosen.wanted);
        let conflicts = chosen.explained(planned.conflicts);
        let stands: Vec<_> = conflicts
            .iter()
            .filter(|conflict| match restore.conflicts {
                OnConflict::Refuse => true,
                OnConflict::Overwrite => conflict.remedy == Remedy::None,
                OnConflict::Skip => false,
            })
            .cloned()
            .collect();
        if !stands.is_empty() {
            return Err(Refusal::Conflicts { conflicts: stands });
        }
        let mut steps = planned.steps;
        if restore.conflicts == OnConflict::Skip {
            let skipped: BTreeSet<&PathBuf> = conflicts.iter().map(|it| &it.path).collect();
            steps.retain(|step| !skipped.contains(&step.path));
        }
        let of = match chosen.undo {
            Some(undo) => SnapshotOf::Redo {
                key: restore.key.clone(),
                undo,
            },
            None => SnapshotOf::Undo {
                key: restore.key.clone(),
                undone: chosen.refs,
            },
        };
        let id = WindowId {
            session: self.session.clone(),
            id: format!("restore:{}", restore.key),
        };
        let done = self.workspace.carry_out(&id, of.clone(), &steps);
        let done = done.map_err(|why| Refusal::NotNow { why })?;
        Ok(done.unwrap_or_else(|| Snapshot {
            of,
            changes: Vec::new(),
            total: 0,
            set: String::new(),
            beside: Vec::new(),
            left_out: Vec::new(),
            taken: gimlet_protocol::Taken::InTime,
        }))
    }

    pub(crate) fn timeline_now(&self, log: &[Entry]) -> Timeline {
        self.history(log).timeline(log)
    }

    pub(crate) fn diff_now(
        &self,
        log: &[Entry],
        what: &UndoWhat,
    ) -> Result<Vec<FileDiff>, Refusal> {
        let changes = self.history(log).changes_of(what)?;
        Ok(changes
            .into_iter()
            .map(|change| FileDiff {
                text: wanted::text_of(&self.workspace, &change),
                change,
            })
            .collect())
    }

    pub(crate) fn leftovers_now(&self) -> Vec<Snapshot> {
        let known: Option<BTreeSet<String>> = None;
        let sets = || -> BTreeSet<String> {
            let view = self.store.view(&self.session).ok();
            let entries = view.and_then(|view| view.read(None).ok());
            let facts = entries
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.fact);
            facts
                .filter_map(|fact| {
                    if let Fact::Snapshot(snapshot) = fact {
                        Some(snapshot.set)
                    } else {
                        None
                    }
                })
                .collect()
        };
        let known = std::cell::RefCell::new(known);
        self.workspace.leftovers(&self.session, &|set| {
            let mut known = known.borrow_mut();
            known.get_or_insert_with(sets).contains(set)
        })
    }
}

/// Runs work on files where it holds nobody up.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn broken() -> Refusal {
    Refusal::NotNow {
        why: "the snapshots could not be read".to_owned(),
    }
}

/// The snapshots of a session, behind the trait.
pub(crate) struct Taker(pub(crate) Arc<SessionSnapshots>);

impl Snapshots for Taker {
    fn open(&self, window: Window) -> Later<'_, Option<Snapshot>> {
        let Some(reach) = self.0.reach(&window.accesses) else {
            return Box::pin(async { None });
        };
        let id = self.0.id(&window.call);
        self.0.workspace.announce(&id);
        let opening = Opening {
            of: SnapshotOf::Call { call: window.call },
            reach,
            tasks: window.tasks,
        };
        let workspace = Arc::clone(&self.0.workspace);
        Box::pin(async move { aside(move || workspace.open(&id, &opening)).await.flatten() })
    }

    fn close<'a>(&'a self, call: &'a CallId) -> Later<'a, Option<Snapshot>> {
        let id = self.0.id(call);
        if !self.0.workspace.knows(&id) {
            return Box::pin(async { None });
        }
        let workspace = Arc::clone(&self.0.workspace);
        Box::pin(async move {
            let closing = (Arc::clone(&workspace), id.clone());
            let snapshot = aside(move || closing.0.close(&closing.1)).await.flatten();
            workspace.received(&id);
            snapshot
        })
    }

    fn meanwhile(&self, tasks: Vec<TaskId>) -> Later<'_, Option<Snapshot>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            aside(move || this.workspace.meanwhile(&this.session, &tasks))
                .await
                .flatten()
        })
    }

    fn leftovers(&self) -> Later<'_, Vec<Snapshot>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            aside(move || this.leftovers_now())
                .await
                .unwrap_or_default()
        })
    }

    fn settled(&self) -> Later<'_, ()> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            aside(move || this.workspace.settled(&this.session))
                .await
                .unwrap_or_default();
        })
    }

    fn restore(&self, log: Vec<Entry>, restore: Restore) -> Later<'_, Result<Snapshot, Refusal>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let done = aside(move || this.restore_now(&log, &restore)).await;
            done.unwrap_or_else(|| Err(broken()))
        })
    }

    fn preview(
        &self,
        log: Vec<Entry>,
        wish: RestoreWish,
    ) -> Later<'_, Result<RestorePreview, Refusal>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let done = aside(move || this.preview_now(&log, &wish)).await;
            done.unwrap_or_else(|| Err(broken()))
        })
    }

    fn timeline(&self, log: Vec<Entry>) -> Later<'_, Timeline> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            aside(move || this.timeline_now(&log))
                .await
                .unwrap_or_default()
        })
    }

    fn diff(&self, log: Vec<Entry>, what: UndoWhat) -> Later<'_, Result<Vec<FileDiff>, Refusal>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let done = aside(move || this.diff_now(&log, &what)).await;
            done.unwrap_or_else(|| Err(broken()))
        })
    }
}
