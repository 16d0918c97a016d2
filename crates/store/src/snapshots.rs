//! Snapshots: what calls change in a workspace, kept so that it can be taken back.
//!
//! Below the data folder, never in the person's repository: `snapshots/<project key>/` with
//! `objects/` (contents by hash), `looks/` (what was where), `pending/` (windows that are open
//! or not yet told), and `sets/` (a file for each change set). What is here survives `kill -9`;
//! after a loss of power the last objects may be missing, which is noticed when they are read.

mod beat;
mod clean;
mod disk;
mod git;
mod objects;
mod pack;
mod pending;
mod policy;
mod restore;
mod saved;
mod tree;
mod walk;
mod window;

pub use clean::{CleanReport, Keep, Usage};
pub use policy::{BUILD_FILES, BUILT_FOLDERS, BULK_FOLDERS, REPOSITORY_FOLDERS};
pub use restore::{Planned, Wanted};
pub use walk::Limits;
pub use window::{Opening, Reach, WindowId};

use crate::layout::{canonical, project_key};
use beat::Beat;
use gimlet_protocol::{LeftOut, Snapshot};
use gimlet_trust::GitEnv;
use objects::{Objects, hex, unhex};
use saved::{SavedLooks, is_idle, read_look, saved_looks, write_whole};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File, OpenOptions},
    io,
    os::unix::{ffi::OsStrExt as _, fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};
use tree::{Content, Differences, Tree};
use walk::{Look, look, now_ns};
use window::Open;

/// How a workspace is covered.
#[derive(Clone, Debug, Default)]
pub struct WorkspaceOptions {
    /// The folders that commands may write in; the first is the session's own. None where only
    /// files that calls name are covered.
    pub roots: Vec<PathBuf>,
    /// How much one look may take.
    pub limits: Limits,
    /// What git is run with.
    pub git: GitEnv,
    /// Gimlet's own folders, which are not looked at.
    pub own: Vec<PathBuf>,
}

/// The snapshots of one project. For all sessions of a process that work in it.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    options: WorkspaceOptions,
    objects: Objects,
    state: Mutex<State>,
    opened: Condvar,
    beat: Beat,
}

#[derive(Debug, Default)]
struct State {
    /// The newest look.
    tree: Option<Arc<Tree>>,
    /// Where it is saved.
    looks: Option<SavedLooks>,
    /// What calls changed since the newest look.
    since: HashMap<PathBuf, Option<tree::Item>>,
    opening: BTreeSet<WindowId>,
    windows: BTreeMap<WindowId, Open>,
    /// Change sets that nobody has fetched yet.
    closed: BTreeMap<WindowId, Option<Snapshot>>,
    /// The number of the last clean-up that was seen.
    generation: Option<Vec<u8>>,
    /// Saved looks so far, for their names.
    looks_made: u64,
}

/// A change set as it lies in the store.
#[derive(Debug, Serialize, Deserialize)]
struct SetFile {
    session: gimlet_protocol::SessionId,
    snapshot: Snapshot,
}

/// How large a saved look may grow before it is written anew: by how much, and how often.
const MOST_GROWTH_BYTES: u64 = 32 << 20;

impl Workspace {
    /// The snapshots of the project in `root`. Touches nothing.
    pub fn new(data: &Path, root: &Path, mut options: WorkspaceOptions) -> Self {
        let folder = snapshots_folder(data).join(project_key(&canonical(root)));
        for root in &mut options.roots {
            *root = canonical(root);
        }
        for own in &mut options.own {
            *own = canonical(own);
        }
        let roots = options.roots.clone();
        // One that lies in another is looked at with it.
        let outer = |root: &PathBuf| {
            roots
                .iter()
                .any(|other| other != root && root.starts_with(other))
        };
        options.roots.retain(|root| !outer(root));
        options.roots.dedup();
        Self {
            objects: Objects::new(folder.join("objects")),
            folder,
            options,
            state: Mutex::default(),
            opened: Condvar::new(),
            beat: Beat::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folders that are looked at for commands.
    pub fn roots(&self) -> &[PathBuf] {
        &self.options.roots
    }

    /// Where all of it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks at everything, from the newest look on. Returns how many paths there are.
    pub fn look(&self) -> u64 {
        let mut state = self.state();
        let tree = self.look_now(&mut state);
        tree.folders
            .values()
            .map(|folder| folder.len() as u64)
            .sum()
    }

    /// What is not covered in the workspace as it was last looked at.
    pub fn not_covered(&self) -> Vec<LeftOut> {
        let mut state = self.state();
        let tree = self.look_now(&mut state);
        let mut left_out = Vec::new();
        #[expect(clippy::iter_over_hash_type, reason = "sorted below")]
        for (folder, items) in &tree.folders {
            for item in items.iter() {
                let (Content::NotKept(why) | Content::Unseen(why)) = &item.content else {
                    continue;
                };
                let path = walk::joined(folder, &item.name);
                left_out.push(LeftOut {
                    path: PathBuf::from(std::ffi::OsStr::from_bytes(&path)),
                    why: why.text().to_owned(),
                });
            }
        }
        left_out.sort_by(|one, other| one.path.cmp(&other.path));
        left_out
    }

    /// A new look. The one before it is the guide; from now on the new one is.
    fn look_now(&self, state: &mut State) -> Arc<Tree> {
        self.notice_clean_up(state);
        let before = match &state.tree {
            Some(tree) => Arc::clone(tree),
            None => self.newest_saved(),
        };
        let sink = self.objects.sink();
        let tree = look(&Look {
            roots: &self.options.roots,
            before: &before,
            sink: &sink,
            limits: self.options.limits,
            git: &self.options.git,
            own: &self.options.own,
        });
        let tree = Arc::new(tree);
        if sink.finish().is_err() {
            // Contents that were counted on are not there: look from the start next time.
            state.tree = None;
            state.looks = None;
            return tree;
        }
        let since = state.tree.replace(Arc::clone(&tree));
        state.since.clear();
        if self.save(state, since.as_deref(), &tree).is_err() {
            state.looks = None;
        }
        tree
    }

    /// After a clean-up, contents that only this process knew of may be gone.
    fn notice_clean_up(&self, state: &mut State) {
        let generation = fs::read(self.folder.join("generation")).ok();
        if state.generation != generation {
            state.generation = generation;
            state.tree = None;
            state.looks = None;
            self.objects.forget_packs();
        }
    }

    fn newest_saved(&self) -> Arc<Tree> {
        let mut looks = saved_looks(&self.folder.join("looks")).into_iter();
        let tree = looks.find_map(|path| read_look(&path, None).ok());
        Arc::new(tree.unwrap_or_default())
    }

    fn save(&self, state: &mut State, before: Option<&Tree>, tree: &Tree) -> io::Result<()> {
        let grown = state
            .looks
            .as_ref()
            .is_some_and(|looks| state.windows.is_empty() && looks.length > MOST_GROWTH_BYTES);
        if let (Some(looks), Some(before), false) = (&mut state.looks, before, grown) {
            return looks.append(before, tree);
        }
        let folder = self.folder.join("looks");
        state.looks_made += 1;
        let name = format!("{}-{}-{}", now_ns(), std::process::id(), state.looks_made);
        state.looks = Some(SavedLooks::create(&folder.join(name), tree)?);
        self.remove_old_looks(state);
        Ok(())
    }

    /// Removes saved looks that nothing needs: no process appends to them, no window counts
    /// from them.
    fn remove_old_looks(&self, state: &State) {
        let own = state.looks.as_ref().map(|looks| looks.path.clone());
        let needed: BTreeSet<String> = self
            .pending_files()
            .into_iter()
            .filter_map(|(_, pending)| Some(pending.look?.file))
            .collect();
        for path in saved_looks(&self.folder.join("looks")) {
            let name = path.file_name().and_then(|name| name.to_str());
            let is_needed = name.is_none_or(|name| needed.contains(name));
            if Some(&path) != own.as_ref() && !is_needed && is_idle(&path) {
                drop(fs::remove_file(&path));
            }
        }
    }

    /// Held while contents are being counted on: a clean-up waits.
    fn in_use(&self) -> io::Result<File> {
        let path = self.folder.join("use.lock");
        let open = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
        };
        let file = open().or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            objects::make_folder(&self.folder)?;
            // So that people can tell which project a folder belongs to.
            if let Some(root) = self.options.roots.first() {
                fs::write(self.folder.join("project"), root.as_os_str().as_bytes())?;
            }
            open()
        })?;
        file.lock_shared()?;
        Ok(file)
    }

    /// The whole of a change set, also where its fact holds only the beginning.
    pub fn set(&self, name: &str) -> Option<Snapshot> {
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name || name.is_empty() {
            return None;
        }
        let text = fs::read(self.folder.join("sets").join(format!("{name}.json"))).ok()?;
        let file: SetFile = serde_json::from_slice(&text).ok()?;
        Some(file.snapshot)
    }

    fn write_set(&self, file: &SetFile) -> io::Result<()> {
        let name = format!("{}.json", file.snapshot.set);
        let text = serde_json::to_vec(file).map_err(io::Error::other)?;
        let path = self.folder.join("sets").join(name);
        write_whole(&path, &self.objects.unfinished(), &text)
    }

    /// The content that a change set names by its hash.
    ///
    /// # Errors
    /// A fragment that says why it cannot be had.
    pub fn content(&self, hash: &str) -> Result<Vec<u8>, String> {
        let hash = unhex(hash).ok_or_else(|| "its hash is no hash".to_owned())?;
        self.objects.get(&hash).map_err(|fault| fault.to_string())
    }

    /// Contents that git holds, taken over: what git holds may go.
    fn take_from_git(&self, found: &mut Differences, tree: &Tree) {
        let mut wanted: BTreeMap<u16, BTreeSet<tree::Oid>> = BTreeMap::new();
        let sides = |change: &tree::Difference| [change.before.clone(), change.after.clone()];
        for item in found.changes.iter().flat_map(sides).flatten() {
            if let Content::Git(oid, number) = item.content {
                wanted.entry(number).or_default().insert(oid);
            }
        }
        let mut have: HashMap<tree::Oid, (objects::Hash, u64)> = HashMap::new();
        let sink = self.objects.sink();
        for (number, oids) in wanted {
            let Some(top) = tree.repositories.get(usize::from(number)) else {
                continue;
            };
            let oids: Vec<tree::Oid> = oids.into_iter().collect();
            git::blobs(top, &self.options.git, &oids, |oid, content| {
                let hash = *blake3::hash(&content).as_bytes();
                if sink.put(&hash, &content).is_ok() {
                    have.insert(oid, (hash, content.len() as u64));
                }
            });
        }
        if sink.finish().is_err() {
            have.clear();
        }
        for change in &mut found.changes {
            for item in [&mut change.before, &mut change.after]
                .into_iter()
                .flatten()
            {
                if let Content::Git(oid, _) = item.content {
                    let kept = have.get(&oid).filter(|(_, size)| *size == item.stat.size);
                    item.content = match kept {
                        Some((hash, _)) => Content::Kept(*hash),
                        None => Content::NotKept(tree::Why::Unreadable),
                    };
                }
            }
        }
    }
}

/// Where the snapshots of all projects lie.
pub fn snapshots_folder(data: &Path) -> PathBuf {
    data.join("snapshots")
}

fn hash_text(hash: &objects::Hash) -> String {
    hex(hash)
}
