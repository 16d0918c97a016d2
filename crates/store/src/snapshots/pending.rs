//! Windows on the disk: what was there before a call, until its change set stands in the log.

use super::{Workspace, saved::write_whole};
use gimlet_protocol::{FileState, SessionId, SnapshotOf};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A window as it lies on the disk.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) session: SessionId,
    pub(crate) id: String,
    pub(crate) of: SnapshotOf,
    /// Paths that the call names, as they were.
    pub(crate) named: Vec<NamedBefore>,
    /// The look before it.
    pub(crate) look: Option<LookBefore>,
    pub(crate) beside: Vec<String>,
}

/// A path that a call names, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NamedBefore {
    #[serde(with = "gimlet_protocol::path_text")]
    pub(crate) path: PathBuf,
    pub(crate) state: Option<FileState>,
}

/// Which saved look counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LookBefore {
    pub(crate) file: String,
    pub(crate) length: u64,
}

/// The end of the names of windows that were closed; what stands before it names the set.
const DONE: &str = ".done";
const OPEN: &str = ".json";

impl Workspace {
    pub(crate) fn pending_folder(&self) -> PathBuf {
        self.folder.join("pending")
    }

    pub(crate) fn pending_path(&self, session: &SessionId, id: &str) -> PathBuf {
        let hash = blake3::hash(id.as_bytes()).to_hex();
        let short: String = hash.chars().take(16).collect();
        self.pending_folder()
            .join(format!("{}.{short}{OPEN}", session.as_str()))
    }

    pub(crate) fn write_pending(&self, path: &Path, pending: &Pending) -> io::Result<()> {
        let text = serde_json::to_vec(pending).map_err(io::Error::other)?;
        write_whole(path, &self.objects.unfinished(), &text)
    }

    /// The window is closed, and its set is in the store: told as soon as the log has it.
    pub(crate) fn mark_done(&self, session: &SessionId, path: &Path, set: &str) -> io::Result<()> {
        let done = format!("{}.{set}{DONE}", session.as_str());
        fs::rename(path, self.pending_folder().join(done))
    }

    /// The windows that are open, of all sessions.
    pub(crate) fn pending_files(&self) -> Vec<(PathBuf, Pending)> {
        let listed = fs::read_dir(self.pending_folder()).into_iter().flatten();
        let paths = listed.filter_map(|item| Some(item.ok()?.path()));
        paths
            .filter(|path| ends_with(path, OPEN))
            .filter_map(|path| {
                let pending = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
                Some((path, pending))
            })
            .collect()
    }

    /// The sets of a session whose windows are closed and that may not be in its log yet.
    pub(crate) fn done_files(&self, session: &SessionId) -> Vec<(PathBuf, String)> {
        let start = format!("{}.", session.as_str());
        let listed = fs::read_dir(self.pending_folder()).into_iter().flatten();
        let paths = listed.filter_map(|item| Some(item.ok()?.path()));
        let mut done: Vec<(PathBuf, String)> = paths
            .filter_map(|path| {
                let name = path.file_name()?.to_str()?;
                let set = name.strip_prefix(&start)?.strip_suffix(DONE)?.to_owned();
                Some((path, set))
            })
            .collect();
        done.sort_by(|one, other| one.1.cmp(&other.1));
        done
    }

    /// What was told of a session's windows stands in its log.
    pub fn settled(&self, session: &SessionId) {
        for (path, _) in self.done_files(session) {
            drop(fs::remove_file(path));
        }
    }
}

fn ends_with(path: &Path, end: &str) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.ends_with(end))
}
