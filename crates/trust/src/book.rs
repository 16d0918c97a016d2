//! The book of what a person trusts: a file of theirs, outside of every repository.

use crate::{guard::others_may_write, identity::Identity};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The only format so far.
const FORMAT: u32 = 1;
/// The file is never longer.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A folder that a person trusts, and what was in it then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The top of what it covers, without links on the way.
    pub root: PathBuf,
    /// What was there.
    pub identity: Identity,
    /// When, in a form for people.
    pub at: String,
    /// The fingerprints of what the repository could do then.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// Why the book cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BookFault {
    /// It cannot be read or written.
    #[error("{path}: {error}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is not what was written.
    #[error("{path} is damaged, so no folder is trusted: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Somebody else could have written it.
    #[error("{0}, so no folder is trusted")]
    Unsafe(crate::guard::Unsafe),
}

#[derive(Serialize, Deserialize)]
struct Text {
    format: u32,
    folders: Vec<Grant>,
}

/// The book, as it was when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    path: PathBuf,
    grants: Vec<Grant>,
}

impl Book {
    /// A book without a grant, for when it cannot be read.
    pub fn empty(folder: &Path) -> Self {
        Self {
            path: folder.join("trust.json"),
            grants: Vec::new(),
        }
    }

    /// Opens the book in a folder; a missing one has no grants.
    ///
    /// # Errors
    /// When it cannot be believed. Nothing is trusted then.
    pub fn open(folder: &Path) -> Result<Self, BookFault> {
        let mut book = Self::empty(folder);
        for path in [folder, &book.path] {
            if let Some(danger) = others_may_write(path) {
                return Err(BookFault::Unsafe(danger));
            }
        }
        book.grants = read(&book.path)?;
        Ok(book)
    }

    /// Where it is kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All grants, by folder.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// The grant of exactly this folder.
    pub fn grant_of(&self, root: &Path) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.root == root)
    }

    /// Writes a grant down, in place of an older one of the same folder.
    ///
    /// # Errors
    /// When the book cannot be believed or written.
    pub fn add(&mut self, grant: Grant) -> Result<(), BookFault> {
        self.change(|grants| {
            grants.retain(|known| known.root != grant.root);
            grants.push(grant);
            grants.sort_by(|one, other| one.root.cmp(&other.root));
        })
    }

    /// Takes the grant of a folder away. False where there was none.
    ///
    /// # Errors
    /// When the book cannot be believed or written.
    pub fn remove(&mut self, root: &Path) -> Result<bool, BookFault> {
        let mut found = false;
        self.change(|grants| {
            let before = grants.len();
            grants.retain(|known| known.root != root);
            found = grants.len() < before;
        })?;
        Ok(found)
    }

    /// Has the grant of a folder cover these fingerprints as well, and those no longer. False
    /// where nothing became another, also because there is no such grant.
    ///
    /// # Errors
    /// When the book cannot be believed or written.
    pub fn amend(
        &mut self,
        root: &Path,
        add: &[String],
        remove: &[String],
    ) -> Result<bool, BookFault> {
        if self.grant_of(root).is_none() {
            return Ok(false);
        }
        let mut changed = false;
        self.change(|grants| {
            let Some(grant) = grants.iter_mut().find(|grant| grant.root == root) else {
                return;
            };
            let before = grant.capabilities.clone();
            grant.capabilities.retain(|print| !remove.contains(print));
            for print in add {
                if !grant.capabilities.contains(print) {
                    grant.capabilities.push(print.clone());
                }
            }
            changed = grant.capabilities != before;
        })?;
        Ok(changed)
    }

    /// Reads it again under a lock, so that two processes do not lose each other's grants.
    fn change(&mut self, change: impl FnOnce(&mut Vec<Grant>)) -> Result<(), BookFault> {
        let broken = |error| BookFault::Broken {
            path: self.path.clone(),
            error,
        };
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(broken)?;
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(folder, private).map_err(broken)?;
        }
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("trust.lock"))
            .map_err(broken)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| broken(error.into()))?;
        let mut grants = Self::open(folder)?.grants;
        change(&mut grants);
        self.write(folder, &grants).map_err(broken)?;
        self.grants = grants;
        Ok(())
    }

    /// Whole or not at all, and for nobody else to read.
    fn write(&self, folder: &Path, grants: &[Grant]) -> io::Result<()> {
        let text = Text {
            format: FORMAT,
            folders: grants.to_vec(),
        };
        let mut bytes = serde_json::to_vec_pretty(&text)?;
        bytes.push(b'\n');
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|fault| fault.error)?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<Grant>, BookFault> {
    let broken = |error| BookFault::Broken {
        path: path.to_owned(),
        error,
    };
    let damaged = |why: String| BookFault::Damaged {
        path: path.to_owned(),
        why,
    };
    let info = match fs::symlink_metadata(path) {
        Ok(info) => info,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(broken(error)),
    };
    if !info.is_file() {
        return Err(damaged("it is not a regular file".to_owned()));
    }
    if info.len() > MOST_BYTES {
        return Err(damaged(format!("it has {} bytes", info.len())));
    }
    let bytes = fs::read(path).map_err(broken)?;
    let text: Text = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if text.format != FORMAT {
        let why = format!("its format is {}, and {FORMAT} is known here", text.format);
        return Err(damaged(why));
    }
    Ok(text.folders)
}
