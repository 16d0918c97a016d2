//! A look at a workspace: what is at each path, and the difference of two looks.

use super::objects::Hash;
use std::{
    collections::HashMap,
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What the operating system tells of a path, links not followed: as long as it stays the same,
/// so does the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) size: u64,
    pub(crate) mtime_ns: i64,
    pub(crate) ctime_ns: i64,
    pub(crate) mode: u32,
}

impl Stat {
    /// Permission bits.
    pub(crate) fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }
}

/// The object id of git, SHA-1.
pub(crate) type Oid = [u8; 20];

/// What is known of what a path holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file whose content is in the store.
    Kept(Hash),
    /// A file whose content git has, byte for byte. The number is that of the repository.
    Git(Oid, u16),
    /// A file whose content is not kept.
    NotKept(Why),
    /// A link, with where it points.
    Link(Box<[u8]>),
    /// A folder that was looked into.
    Folder,
    /// A folder that was not.
    Unseen(Why),
    /// A device, socket or pipe.
    Special,
}

/// Why something is not covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Why {
    TooLarge = 0,
    Unreadable = 1,
    Full = 2,
    Bulk = 3,
    Repository = 4,
    OtherDisk = 5,
    TooMany = 6,
    TooLong = 7,
    OwnData = 8,
    NoRoom = 9,
}

impl Why {
    pub(crate) const ALL: [Self; 10] = [
        Self::TooLarge,
        Self::Unreadable,
        Self::Full,
        Self::Bulk,
        Self::Repository,
        Self::OtherDisk,
        Self::TooMany,
        Self::TooLong,
        Self::OwnData,
        Self::NoRoom,
    ];

    /// A fragment that fits after "because".
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "it is larger than snapshots keep",
            Self::Unreadable => "it could not be read",
            Self::Full => "one look keeps no more than its limit of bytes",
            Self::Bulk => "it is a folder of dependencies, caches or build output",
            Self::Repository => "it is a version control system's own data",
            Self::OtherDisk => "another file system is mounted there",
            Self::TooMany => "there are more files than one look covers",
            Self::TooLong => "looking took longer than its limit",
            Self::OwnData => "it is Gimlet's own data",
            Self::NoRoom => "it could not be written to the snapshot store",
        }
    }
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: Box<[u8]>,
    pub(crate) stat: Stat,
    pub(crate) content: Content,
    /// True when it changed so shortly before the look that a further change might not show in
    /// its times: it is read again.
    pub(crate) racy: bool,
}

/// A folder, sorted by name.
pub(crate) type Folder = Vec<Item>;

/// A look at everything below some folders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// By absolute path.
    pub(crate) folders: HashMap<Box<[u8]>, Arc<Folder>>,
    /// The tops of the work trees that `Content::Git` counts.
    pub(crate) repositories: Vec<PathBuf>,
}

/// One difference of two looks.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) path: PathBuf,
    pub(crate) before: Option<Item>,
    pub(crate) after: Option<Item>,
}

/// What differs, and what may differ without being known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Differences {
    /// Sorted by path.
    pub(crate) changes: Vec<Difference>,
    /// Folders that are not covered and changed.
    pub(crate) unseen: Vec<(PathBuf, Why)>,
}

impl Tree {
    /// What the look found at a path.
    pub(crate) fn item(&self, path: &Path) -> Option<&Item> {
        let folder = path.parent()?.as_os_str().as_bytes();
        find(self.folders.get(folder)?, path.file_name()?.as_bytes())
    }

    /// True when a folder that has no list in this look is simply not there, false when the
    /// look did not get to it.
    fn is_gone(&self, folder: &[u8]) -> bool {
        let mut path = Path::new(OsStr::from_bytes(folder));
        loop {
            match self.item(path).map(|item| &item.content) {
                Some(Content::Unseen(_)) => return false,
                Some(_) => return true,
                None => {}
            }
            match path.parent() {
                Some(parent) if self.folders.contains_key(parent.as_os_str().as_bytes()) => {
                    return true;
                }
                Some(parent) => path = parent,
                None => return true,
            }
        }
    }

    /// What became of everything from this look to a later one.
    pub(crate) fn until(&self, later: &Self) -> Differences {
        let mut found = Differences::default();
        let none = Folder::new();
        #[expect(clippy::iter_over_hash_type, reason = "what is found is sorted")]
        for (path, before) in &self.folders {
            match later.folders.get(path) {
                Some(after) if Arc::ptr_eq(before, after) => {}
                Some(after) => compare(path, before, after, &mut found),
                None if later.is_gone(path) => compare(path, before, &none, &mut found),
                None => {}
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "what is found is sorted")]
        for (path, after) in &later.folders {
            if !self.folders.contains_key(path) && self.is_gone(path) {
                compare(path, &none, after, &mut found);
            }
        }
        found
            .changes
            .sort_by(|one, other| one.path.cmp(&other.path));
        found.unseen.sort();
        found
    }
}

impl PartialOrd for Why {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Why {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

pub(crate) fn find<'a>(folder: &'a Folder, name: &[u8]) -> Option<&'a Item> {
    let place = folder
        .binary_search_by(|item| (*item.name).cmp(name))
        .ok()?;
    folder.get(place)
}

fn compare(folder: &[u8], before: &Folder, after: &Folder, found: &mut Differences) {
    let base = Path::new(OsStr::from_bytes(folder));
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => one.name.cmp(&other.name),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let Some(name) = before.or(after).map(|item| &item.name) else {
            return;
        };
        let path = base.join(OsStr::from_bytes(name));
        if let (Some(before), Some(after)) = (before, after) {
            let why = match (&before.content, &after.content) {
                (Content::Unseen(why), _) | (_, Content::Unseen(why)) => Some(*why),
                _ => None,
            };
            if let Some(why) = why
                && before.stat != after.stat
            {
                found.unseen.push((path.clone(), why));
            }
            if is_same(before, after) {
                continue;
            }
        }
        found.changes.push(Difference {
            path,
            before: before.cloned(),
            after: after.cloned(),
        });
    }
}

fn is_same(before: &Item, after: &Item) -> bool {
    let modes = before.stat.permissions() == after.stat.permissions();
    match (&before.content, &after.content) {
        (Content::Folder | Content::Unseen(_), Content::Folder | Content::Unseen(_)) => modes,
        (Content::NotKept(_), Content::NotKept(_)) => {
            let (one, other) = (&before.stat, &after.stat);
            modes && (one.size, one.mtime_ns, one.ino) == (other.size, other.mtime_ns, other.ino)
        }
        (Content::Special, Content::Special) => {
            modes && before.stat.mode == after.stat.mode && before.stat.ino == after.stat.ino
        }
        (Content::Link(one), Content::Link(other)) => one == other,
        (one, other) => modes && one == other,
    }
}
