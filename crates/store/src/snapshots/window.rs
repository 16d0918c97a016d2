//! Windows: a look before a call, a look after it, and what lies between.

use super::{
    SetFile, State, Workspace,
    beat::SLACK,
    disk::{settled_path, stat_at, state_of},
    pending::{LookBefore, NamedBefore, Pending},
    saved::read_look,
    tree::{Content, Difference, Differences, Item, Tree, Why},
    walk::now_ns,
};
use gimlet_protocol::{
    Author, FileChange, FileState, LeftOut, SessionId, Snapshot, SnapshotOf, Taken, TaskId,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    time::{Duration, SystemTime},
};

/// Changes that stand in a fact itself.
const MOST_TOLD: usize = 200;
/// Things that are not covered that stand in a fact.
const MOST_LEFT_OUT: usize = 20;

/// How long closing waits for an opening that was announced.
const MOST_WAIT: Duration = Duration::from_mins(2);

/// The window of one call, or of one undo, of one session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowId {
    /// The session.
    pub session: SessionId,
    /// The call, or what stands for it.
    pub id: String,
}

/// What a call may write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Paths that it names. Absolute.
    pub paths: Vec<PathBuf>,
    /// True for commands: anything in the workspace.
    pub everything: bool,
}

/// What a window is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Whose changes it is to hold.
    pub of: SnapshotOf,
    /// What may be written.
    pub reach: Reach,
    /// Background tasks that run.
    pub tasks: Vec<TaskId>,
}

/// A window that is open.
#[derive(Debug)]
pub(crate) struct Open {
    of: SnapshotOf,
    named: Vec<NamedBefore>,
    tree: Option<Arc<Tree>>,
    /// What others, whose windows closed since, changed meanwhile.
    others: HashMap<PathBuf, Option<Item>>,
    beside: BTreeSet<String>,
    pending: PathBuf,
    _in_use: Option<File>,
}

impl Workspace {
    /// Says that a window is about to be opened, so that closing it waits for that.
    pub fn announce(&self, id: &WindowId) {
        self.state().opening.insert(id.clone());
    }

    /// True for a window that was announced and whose change set was not received yet.
    pub fn knows(&self, id: &WindowId) -> bool {
        let state = self.state();
        state.opening.contains(id)
            || state.windows.contains_key(id)
            || state.closed.contains_key(id)
    }

    /// True where an earlier process of a session left something to be told.
    pub fn has_leftovers(&self, session: &SessionId) -> bool {
        !self.done_files(session).is_empty()
            || self
                .pending_files()
                .iter()
                .any(|(_, pending)| pending.session == *session)
    }

    /// Looks before a call. Returns what was changed since the newest look while tasks ran.
    pub fn open(&self, id: &WindowId, opening: &Opening) -> Option<Snapshot> {
        let mut state = self.state();
        let meanwhile = self.opened(&mut state, id, opening);
        state.opening.remove(id);
        drop(state);
        self.opened.notify_all();
        meanwhile
    }

    fn opened(&self, state: &mut State, id: &WindowId, opening: &Opening) -> Option<Snapshot> {
        let Opening { of, reach, tasks } = opening;
        let in_use = self.in_use().ok();
        let everything = reach.everything && !self.options.roots.is_empty();
        let mut meanwhile = None;
        let mut tree = None;
        if everything {
            let looked = self.meanwhile_in(state, &id.session, tasks);
            // Where that has just looked there is no need to look again.
            meanwhile = looked.snapshot;
            tree = Some(looked.fresh.unwrap_or_else(|| self.look_now(state)));
        }
        let named = self.named_before(&reach.paths);
        let look = state
            .looks
            .as_ref()
            .filter(|_| tree.is_some())
            .map(|looks| {
                let name = looks.path.file_name().and_then(|name| name.to_str());
                LookBefore {
                    file: name.unwrap_or_default().to_owned(),
                    length: looks.length,
                }
            });
        let mut beside: BTreeSet<String> = tasks.iter().map(ToString::to_string).collect();
        for (other, open) in &mut state.windows {
            open.beside.insert(id.id.clone());
            beside.insert(other.id.clone());
        }
        let pending = Pending {
            session: id.session.clone(),
            id: id.id.clone(),
            of: of.clone(),
            named,
            look,
            beside: beside.iter().cloned().collect(),
        };
        let path = self.pending_path(&id.session, &id.id);
        // Where it cannot be written the change set is still taken, unless the process dies.
        if self.write_pending(&path, &pending).is_ok() {
            self.beat.add(&path);
        }
        let open = Open {
            of: of.clone(),
            named: pending.named,
            tree,
            others: HashMap::new(),
            beside,
            pending: path,
            _in_use: in_use,
        };
        state.windows.insert(id.clone(), open);
        meanwhile
    }

    /// The named paths as they are, with the folders on the way that are missing.
    fn named_before(&self, paths: &[PathBuf]) -> Vec<NamedBefore> {
        let mut named: BTreeMap<PathBuf, Option<FileState>> = BTreeMap::new();
        for path in paths {
            let Some(path) = settled_path(path) else {
                continue;
            };
            let mut all = vec![path.clone()];
            // Writing follows a link: what it leads to changes, too.
            if let Ok(real) = path.canonicalize() {
                all.push(real);
            }
            let missing = path
                .ancestors()
                .skip(1)
                .take_while(|folder| stat_at(folder).is_none());
            all.extend(
                missing
                    .filter(|folder| folder.file_name().is_some())
                    .map(Path::to_owned),
            );
            for path in all {
                let state = self.look_at(&path).as_ref().map(state_of);
                named.insert(path, state);
            }
        }
        let all = named.into_iter();
        all.map(|(path, state)| NamedBefore { path, state })
            .collect()
    }

    /// Looks after a call and tells what it changed.
    pub fn close(&self, id: &WindowId) -> Option<Snapshot> {
        let mut state = self.state();
        while state.opening.contains(id) {
            let waited = self.opened.wait_timeout(state, MOST_WAIT);
            let (again, time) = waited.unwrap_or_else(PoisonError::into_inner);
            state = again;
            if time.timed_out() {
                state.opening.remove(id);
            }
        }
        let Some(open) = state.windows.remove(id) else {
            return state.closed.remove(id).flatten();
        };
        self.beat.remove(&open.pending);
        let snapshot = self.closed(&mut state, id, open);
        state.closed.insert(id.clone(), snapshot.clone());
        snapshot
    }

    /// The result of `close` was received.
    pub fn received(&self, id: &WindowId) {
        self.state().closed.remove(id);
    }

    fn closed(&self, state: &mut State, id: &WindowId, open: Open) -> Option<Snapshot> {
        let Open {
            of,
            named,
            tree,
            others,
            mut beside,
            pending,
            _in_use,
        } = open;
        let mut found = Differences::default();
        let mut whole = None;
        if let Some(before) = tree {
            let now = self.look_now(state);
            found = before.until(&now);
            without_others(&mut found, &others);
            let known = |pending: &Pending| {
                let known = WindowId {
                    session: pending.session.clone(),
                    id: pending.id.clone(),
                };
                known == *id || state.windows.contains_key(&known)
            };
            let strangers = self.pending_files().into_iter().map(|(_, pending)| pending);
            beside.extend(strangers.filter(|it| !known(it)).map(|it| it.id));
            whole = Some(now);
        }
        let mut changes = self.changes(&mut found, whole.as_deref(), &named);
        // What this call did is not anybody else's.
        let done: Vec<(PathBuf, Option<Item>)> = if whole.is_some() {
            let all = found.changes.iter();
            all.map(|change| (change.path.clone(), change.after.clone()))
                .collect()
        } else {
            let paths = changes.iter().map(|change| change.path.clone());
            paths
                .map(|path| (path.clone(), self.look_at(&path)))
                .collect()
        };
        for (path, item) in done {
            for other in state.windows.values_mut() {
                other.others.insert(path.clone(), item.clone());
            }
            if whole.is_none() {
                state.since.insert(path, item);
            }
        }
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        let snapshot = self.snapshot(Material {
            of,
            changes,
            unseen: &found.unseen,
            beside,
            taken: Taken::InTime,
        });
        self.told(id, &pending, snapshot)
    }

    /// The change set in the store; its fact, where there is anything to tell.
    fn told(&self, id: &WindowId, pending: &Path, snapshot: Snapshot) -> Option<Snapshot> {
        if snapshot.total == 0 && snapshot.left_out.is_empty() {
            drop(fs::remove_file(pending));
            return None;
        }
        let file = SetFile {
            session: id.session.clone(),
            snapshot,
        };
        // Without the file in the store the fact still holds the changes that it has room for.
        let written = self.write_set(&file);
        if written.is_ok() {
            drop(self.mark_done(&id.session, pending, &file.snapshot.set));
        }
        Some(shortened(file.snapshot))
    }

    fn changes(
        &self,
        found: &mut Differences,
        whole: Option<&Tree>,
        named: &[NamedBefore],
    ) -> Vec<FileChange> {
        if let Some(whole) = whole {
            self.take_from_git(found, whole);
        }
        let mut changes: Vec<FileChange> = found.changes.iter().map(change_of).collect();
        let seen: BTreeSet<PathBuf> = changes.iter().map(|change| change.path.clone()).collect();
        for NamedBefore { path, state } in named {
            if seen.contains(path) || whole.is_some_and(|whole| whole.item(path).is_some()) {
                continue;
            }
            let after = self.look_at(path).as_ref().map(state_of);
            if after != *state {
                changes.push(FileChange {
                    path: path.clone(),
                    before: state.clone(),
                    after,
                    author: Author::Certain,
                });
            }
        }
        changes
    }

    /// What was changed since the newest look while `tasks` ran: theirs, or someone else's.
    pub fn meanwhile(&self, session: &SessionId, tasks: &[TaskId]) -> Option<Snapshot> {
        let mut state = self.state();
        self.meanwhile_in(&mut state, session, tasks).snapshot
    }

    fn meanwhile_in(&self, state: &mut State, session: &SessionId, tasks: &[TaskId]) -> Meanwhile {
        // While a window is open, what changes is in its set.
        if tasks.is_empty() || !state.windows.is_empty() || self.options.roots.is_empty() {
            return Meanwhile::default();
        }
        let _in_use = self.in_use().ok();
        self.notice_clean_up(state);
        let Some(before) = state.tree.clone() else {
            return Meanwhile::default();
        };
        let since = std::mem::take(&mut state.since);
        let now = self.look_now(state);
        let mut found = before.until(&now);
        without_others(&mut found, &since);
        let mut changes = self.changes(&mut found, Some(&now), &[]);
        for change in &mut changes {
            change.author = Author::Doubtful;
        }
        let of = SnapshotOf::Background {
            tasks: tasks.to_vec(),
        };
        let snapshot = self.snapshot(Material {
            of,
            changes,
            unseen: &[],
            beside: BTreeSet::new(),
            taken: Taken::InTime,
        });
        let id = WindowId {
            session: session.clone(),
            id: snapshot.set.clone(),
        };
        let pending = self.pending_path(&id.session, &id.id);
        let written = self.write_pending(
            &pending,
            &Pending {
                session: id.session.clone(),
                id: id.id.clone(),
                of: snapshot.of.clone(),
                named: Vec::new(),
                look: None,
                beside: Vec::new(),
            },
        );
        // Without it the set is told all the same, unless the process dies before it is.
        drop(written);
        Meanwhile {
            fresh: Some(now),
            snapshot: self.told(&id, &pending, snapshot),
        }
    }

    /// Closes the windows of a session that an earlier process left open, and tells again of
    /// sets that may not have reached its log. `is_known` tells whether the log has a set.
    pub fn leftovers(&self, session: &SessionId, is_known: &dyn Fn(&str) -> bool) -> Vec<Snapshot> {
        let mut told = Vec::new();
        for (path, set) in self.done_files(session) {
            match self.set(&set) {
                Some(snapshot) if !is_known(&set) => told.push(shortened(snapshot)),
                Some(_) | None => drop(fs::remove_file(path)),
            }
        }
        let mut state = self.state();
        for (path, pending) in self.pending_files() {
            let id = WindowId {
                session: pending.session.clone(),
                id: pending.id.clone(),
            };
            let is_ours = pending.session == *session && !state.windows.contains_key(&id);
            if is_ours && let Some(snapshot) = self.left_open(&mut state, &path, pending, &id) {
                told.push(snapshot);
            }
        }
        told
    }

    fn left_open(
        &self,
        state: &mut State,
        path: &Path,
        pending: Pending,
        id: &WindowId,
    ) -> Option<Snapshot> {
        let _in_use = self.in_use().ok();
        let beat = fs::metadata(path).and_then(|data| data.modified());
        let died = beat.map_or_else(|_| SystemTime::now(), |beat| beat + SLACK);
        let died = died.duration_since(SystemTime::UNIX_EPOCH);
        let died_ns = died.map_or(0, |died| i64::try_from(died.as_nanos()).unwrap_or(i64::MAX));
        let mut found = Differences::default();
        let mut whole = None;
        let looks = self.folder.join("looks");
        let before = pending
            .look
            .as_ref()
            .map(|look| read_look(&looks.join(&look.file), Some(look.length)));
        let mut lost = Vec::new();
        match before {
            Some(Ok(before)) => {
                // Contents that only the dead process's look knew are found by its own guide.
                state.tree.get_or_insert_with(|| Arc::new(before.clone()));
                let now = self.look_now(state);
                found = before.until(&now);
                whole = Some(now);
            }
            Some(Err(_)) => lost.extend(self.options.roots.clone()),
            None => {}
        }
        let mut changes = self.changes(&mut found, whole.as_deref(), &pending.named);
        for change in &mut changes {
            if touched_ns(&change.path) > died_ns {
                change.author = Author::Doubtful;
            }
        }
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        let beside = pending.beside.into_iter().collect();
        let mut snapshot = self.snapshot(Material {
            of: pending.of,
            changes,
            unseen: &found.unseen,
            beside,
            taken: Taken::Late,
        });
        snapshot
            .left_out
            .extend(lost.into_iter().map(|path| LeftOut {
                path,
                why: "what was there before the call is no longer known".to_owned(),
            }));
        self.told(id, path, snapshot)
    }

    fn snapshot(&self, material: Material<'_>) -> Snapshot {
        let Material {
            of,
            changes,
            unseen,
            beside,
            taken,
        } = material;
        let not_kept = changes.iter().filter(|change| {
            let lost = |state: &Option<FileState>| {
                matches!(
                    state,
                    Some(FileState::File { hash: None, .. } | FileState::Special)
                )
            };
            lost(&change.before) || lost(&change.after)
        });
        let mut left_out: Vec<LeftOut> = not_kept
            .map(|change| LeftOut {
                path: change.path.clone(),
                why: self.why_not_kept(change),
            })
            .collect();
        left_out.extend(unseen.iter().map(|(path, why)| LeftOut {
            path: path.clone(),
            why: why.text().to_owned(),
        }));
        left_out.truncate(MOST_LEFT_OUT);
        let at = now_ns();
        let seed = format!(
            "{at}{}{}",
            std::process::id(),
            self.objects.unfinished().display()
        );
        let hash = blake3::hash(seed.as_bytes()).to_hex();
        let short: String = hash.chars().take(10).collect();
        Snapshot {
            of,
            total: changes.len() as u64,
            changes,
            set: format!("{:015}-{short}", at / 1_000_000),
            beside: beside.into_iter().collect(),
            left_out,
            taken,
        }
    }

    fn why_not_kept(&self, change: &FileChange) -> String {
        let states = [&change.before, &change.after].into_iter().flatten();
        for state in states {
            match state {
                FileState::Special => {
                    return "it is a device, socket or pipe".to_owned();
                }
                FileState::File {
                    size, hash: None, ..
                } if *size > self.options.limits.file_bytes => {
                    return Why::TooLarge.text().to_owned();
                }
                FileState::File { .. } | FileState::Link { .. } | FileState::Folder { .. } => {}
            }
        }
        "its content could not be kept".to_owned()
    }
}

/// What was changed between windows, and the look that showed it.
#[derive(Default)]
struct Meanwhile {
    fresh: Option<Arc<Tree>>,
    snapshot: Option<Snapshot>,
}

/// What a snapshot is made of.
struct Material<'a> {
    of: SnapshotOf,
    changes: Vec<FileChange>,
    unseen: &'a [(PathBuf, Why)],
    beside: BTreeSet<String>,
    taken: Taken,
}

/// The fact of a set: the first changes where there are very many.
fn shortened(mut snapshot: Snapshot) -> Snapshot {
    snapshot.changes.truncate(MOST_TOLD);
    snapshot
}

fn change_of(difference: &Difference) -> FileChange {
    FileChange {
        path: difference.path.clone(),
        before: difference.before.as_ref().map(state_of),
        after: difference.after.as_ref().map(state_of),
        author: Author::Certain,
    }
}

/// Takes out what others changed: where they were the last to, all of it.
fn without_others(found: &mut Differences, others: &HashMap<PathBuf, Option<Item>>) {
    if others.is_empty() {
        return;
    }
    found.changes.retain_mut(|change| {
        let Some(item) = others.get(&change.path) else {
            return true;
        };
        change.before.clone_from(item);
        let same = match (&change.before, &change.after) {
            (None, None) => true,
            (Some(before), Some(after)) => is_alike(before, after),
            (Some(_), None) | (None, Some(_)) => false,
        };
        !same
    });
}

fn is_alike(before: &Item, after: &Item) -> bool {
    let same = before.content == after.content
        || matches!(
            (&before.content, &after.content),
            (Content::Kept(_), Content::Git(..))
        ) && before.stat.size == after.stat.size
            && before.stat.mtime_ns == after.stat.mtime_ns;
    let is_link = matches!(before.content, Content::Link(_));
    same && (is_link || before.stat.permissions() == after.stat.permissions())
}

/// When a path was last touched; of one that is gone, the folder that it was in.
fn touched_ns(path: &Path) -> i64 {
    let mut existing = path.ancestors().filter_map(stat_at);
    existing.next().map_or(0, |stat| stat.ctime_ns)
}
