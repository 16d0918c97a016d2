//! The gate: what of a repository's files may be obeyed.

use crate::{
    book::{Book, Grant},
    capability::Capability,
    guard::others_may_write,
    identity::Identity,
    place::{GitEntry, Place},
};
use rustix::fs::OFlags;
use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Links that are followed one after the other.
const MOST_LINKS: usize = 16;

/// A folder that a session works in, and what its repository may do.
#[derive(Clone, Debug)]
pub struct Workspace {
    place: Place,
    home: Option<PathBuf>,
    standing: Standing,
    grants: Vec<Grant>,
    added: Vec<PathBuf>,
}

/// Whether a repository is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The person said so before.
    Trusted {
        /// The fingerprints of what it could do then.
        known: BTreeSet<String>,
    },
    /// The person said so for this run.
    ForThisRun,
    /// Nobody said so.
    Untrusted(Untrusted),
}

/// Why a repository is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// Nobody was asked yet.
    NeverAsked,
    /// It was trusted, and something else stands there now.
    Replaced,
    /// It cannot be looked at.
    Unknown,
}

/// A file of a repository that may be obeyed. Only a [`Workspace`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obeyed {
    real: PathBuf,
    bytes: Vec<u8>,
}

impl Obeyed {
    /// Where it really lies.
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// What it says.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Why a file of a repository is not obeyed.
#[derive(Debug)]
pub enum Withheld {
    /// Nothing stands there.
    Missing,
    /// Its repository is not trusted.
    Untrusted,
    /// A link leads out of the repository.
    Outside {
        /// Where to.
        real: PathBuf,
    },
    /// It is a folder, a pipe, a device.
    NotAFile,
    /// It is longer than it may be.
    TooLong {
        /// Its size.
        bytes: u64,
    },
    /// The system does not let it be read.
    Unreadable(io::Error),
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Untrusted => f.write_str("its repository is not trusted"),
            Self::Outside { real } => {
                write!(
                    f,
                    "it lies outside of the repository, at {}",
                    real.display()
                )
            }
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::TooLong { bytes } => write!(f, "it has {bytes} bytes"),
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
        }
    }
}

impl Workspace {
    /// Looks up what a person said about the repository of a folder.
    pub fn look(folder: &Path, home: Option<&Path>, book: &Book) -> Self {
        let mut workspace = Self::closed(folder, home);
        workspace.grants = book.grants().to_vec();
        workspace.standing = workspace.standing_of(&workspace.place);
        workspace
    }

    /// Trusts the repository of a folder for this run, as the person asked.
    pub fn for_this_run(folder: &Path, home: Option<&Path>, book: &Book) -> Self {
        let mut workspace = Self::look(folder, home, book);
        workspace.standing = Standing::ForThisRun;
        workspace
    }

    /// Trusts nothing.
    pub fn closed(folder: &Path, home: Option<&Path>) -> Self {
        let home = home.and_then(|home| home.canonicalize().ok());
        let (place, standing) = match Place::find(folder, home.as_deref()) {
            Ok(place) => (place, Standing::Untrusted(Untrusted::NeverAsked)),
            Err(_) => (
                Place {
                    folder: folder.to_owned(),
                    root: folder.to_owned(),
                    git: GitEntry::None,
                },
                Standing::Untrusted(Untrusted::Unknown),
            ),
        };
        Self {
            place,
            home,
            standing,
            grants: Vec::new(),
            added: Vec::new(),
        }
    }

    /// The same with folders that the person added: files of a trusted repository may lead
    /// there. What stands in them counts for this run, or where they are trusted by themselves.
    #[must_use]
    pub fn with_added(mut self, added: impl IntoIterator<Item = PathBuf>) -> Self {
        let real = added
            .into_iter()
            .filter_map(|path| path.canonicalize().ok());
        self.added = real.collect();
        self
    }

    /// The folder and its repository.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the repository is trusted.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// True where the repository is trusted.
    pub fn is_trusted(&self) -> bool {
        match self.standing {
            Standing::Trusted { .. } | Standing::ForThisRun => true,
            Standing::Untrusted(_) => false,
        }
    }

    /// True for what the person has agreed to.
    pub fn permits(&self, capability: &Capability) -> bool {
        match &self.standing {
            Standing::Trusted { known } => known.contains(&capability.fingerprint()),
            Standing::ForThisRun => true,
            Standing::Untrusted(_) => false,
        }
    }

    /// What of these the person has not agreed to.
    pub fn unknown<'a>(&self, capabilities: &'a [Capability]) -> Vec<&'a Capability> {
        let new = |capability: &&Capability| !self.permits(capability);
        capabilities.iter().filter(new).collect()
    }

    /// True where files in a folder may be obeyed: those of the trusted repository itself, of
    /// another one that is trusted by itself, and of folders above that are part of none and
    /// that nobody else may write.
    pub fn covers(&self, folder: &Path) -> bool {
        if !self.is_trusted() {
            return false;
        }
        let Ok(place) = Place::find(folder, self.home.as_deref()) else {
            return false;
        };
        if place.root == self.place.root || self.is_added(&place.folder) {
            return true;
        }
        let is_above = self.place.root.starts_with(&place.folder);
        if place.git == GitEntry::None {
            // Part of no repository: below the trusted folder, above it, or beside.
            return place.folder.starts_with(&self.place.root)
                || (is_above && others_may_write(&place.folder).is_none())
                || self.is_granted(&place);
        }
        self.is_granted(&place)
    }

    /// True where a link from one folder may lead to another: inside of the repository that it
    /// stands in, or into one that is trusted. A folder above is no such place: what the person
    /// keeps there is not for a repository to name.
    fn may_lead_to(&self, named: &Path, to: &Path) -> bool {
        let home = self.home.as_deref();
        let (Ok(from), Ok(into)) = (Place::find(named, home), Place::find(to, home)) else {
            return false;
        };
        if self
            .added
            .iter()
            .any(|added| into.folder.starts_with(added))
        {
            return true;
        }
        let stays = into.folder.starts_with(&from.root) || into.root == self.place.root;
        (stays || self.is_granted(&into)) && self.covers(to)
    }

    /// True for an added folder in a run for which the person trusts.
    fn is_added(&self, folder: &Path) -> bool {
        let added = self.added.iter().any(|added| folder.starts_with(added));
        added && self.standing == Standing::ForThisRun
    }

    fn is_granted(&self, place: &Place) -> bool {
        if let GitEntry::Linked {
            worktree_of: Some(main),
            ..
        } = &place.git
            && *main == self.place.root
        {
            return true;
        }
        matches!(self.standing_of(place), Standing::Trusted { .. })
    }

    /// Reads a file of a repository that is to be obeyed. A link must not lead out of what is
    /// trusted.
    ///
    /// # Errors
    /// When there is none, or it must not be obeyed.
    pub fn read(&self, path: &Path, most_bytes: u64) -> Result<Obeyed, Withheld> {
        let real = path.canonicalize().map_err(no_file)?;
        let named = path.parent().unwrap_or(path);
        if !self.is_trusted() || !self.covers(named) {
            return Err(Withheld::Untrusted);
        }
        if !self.may_lead_to(named, real.parent().unwrap_or(&real)) {
            return Err(Withheld::Outside { real });
        }
        let bytes = read_regular(&real, most_bytes)?;
        Ok(Obeyed { real, bytes })
    }

    /// True where writing to a path writes inside of the repository, whatever links the
    /// repository brought along. The folder that is written to must exist.
    pub fn stays_inside(&self, path: &Path) -> bool {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return false;
            };
            // A folder that is not there yet is made below one that is.
            let there = folder
                .ancestors()
                .find(|above| above.symlink_metadata().is_ok());
            let Some(real) = there.and_then(|there| there.canonicalize().ok()) else {
                return false;
            };
            if !real.starts_with(&self.place.root) {
                return false;
            }
            match fs::read_link(&path) {
                Ok(to) => path = real.join(to),
                Err(_) if there == Some(folder) => return path_is_plain(&real.join(name)),
                Err(_) => return true,
            }
        }
        false
    }

    /// Reads a file of a repository whose restrictions hold even before it is trusted. Who calls
    /// this must take nothing but restrictions from it. A link must not lead out of the
    /// repository.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read_restrictions(&self, path: &Path, most_bytes: u64) -> Result<Vec<u8>, Withheld> {
        let real = path.canonicalize().map_err(no_file)?;
        if !real.starts_with(&self.place.root) {
            return Err(Withheld::Outside { real });
        }
        read_regular(&real, most_bytes)
    }

    /// The folder whose grant covers this one: itself, one above, or what it is a worktree of.
    pub fn granted_root(&self) -> Option<&Path> {
        Some(&self.grant_for(&self.place)?.root)
    }

    fn standing_of(&self, place: &Place) -> Standing {
        let Some(grant) = self.grant_for(place) else {
            return Standing::Untrusted(Untrusted::NeverAsked);
        };
        let now = Place::find(&grant.root, self.home.as_deref())
            .ok()
            .filter(|now| now.root == grant.root)
            .and_then(|now| Identity::of(&now).ok());
        match now {
            Some(now) if grant.identity.still_fits(&now) => Standing::Trusted {
                known: grant.capabilities.iter().cloned().collect(),
            },
            Some(_) | None => Standing::Untrusted(Untrusted::Replaced),
        }
    }

    fn grant_for(&self, place: &Place) -> Option<&Grant> {
        if let Some(grant) = self.grant_over(place) {
            return Some(grant);
        }
        // A worktree is one by what stands in the trusted repository's own folder.
        let GitEntry::Linked {
            worktree_of: Some(main),
            ..
        } = &place.git
        else {
            return None;
        };
        let main = Place::find(main, self.home.as_deref()).ok()?;
        (main.git == GitEntry::Folder)
            .then(|| self.grant_over(&main))
            .flatten()
    }

    /// The grant that covers a place: of its own root, or of a folder above with no repository
    /// between the two.
    fn grant_over(&self, place: &Place) -> Option<&Grant> {
        let granted = |root: &Path| self.grants.iter().find(|grant| grant.root == root);
        if let Some(grant) = granted(&place.root) {
            return Some(grant);
        }
        match place.git {
            // Whoever trusts their home does not trust all that lies in it.
            GitEntry::None => {
                let above = place.root.ancestors().skip(1);
                let home = self.home.as_deref();
                above
                    .take_while(|above| home != Some(*above) && above.parent().is_some())
                    .find_map(granted)
            }
            GitEntry::Folder | GitEntry::Bare | GitEntry::Linked { .. } | GitEntry::Foreign => None,
        }
    }
}

/// Neither a device nor a pipe, nor anything else that is no file.
fn path_is_plain(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or(true, |info| info.is_file())
}

fn no_file(error: io::Error) -> Withheld {
    let is_missing = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    if is_missing.contains(&error.kind()) {
        Withheld::Missing
    } else {
        Withheld::Unreadable(error)
    }
}

fn read_regular(path: &Path, most_bytes: u64) -> Result<Vec<u8>, Withheld> {
    // A pipe or a device would block or never end.
    let info = fs::metadata(path).map_err(Withheld::Unreadable)?;
    if !info.is_file() {
        return Err(Withheld::NotAFile);
    }
    if info.len() > most_bytes {
        return Err(Withheld::TooLong { bytes: info.len() });
    }
    // Between the look and the opening it may have become a link or a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let mut bytes = Vec::new();
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)
        .and_then(|file| file.take(most_bytes + 1).read_to_end(&mut bytes))
        .map_err(Withheld::Unreadable)?;
    if bytes.len() as u64 > most_bytes {
        return Err(Withheld::TooLong {
            bytes: bytes.len() as u64,
        });
    }
    Ok(bytes)
}
