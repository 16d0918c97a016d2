//! One path at a time, without ever following a link on the way.

use super::{
    Workspace, hash_text,
    tree::{Content, Item, Stat, Why},
    walk::{read_file, stat_of},
};
use gimlet_protocol::FileState;
use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, readlinkat, statat},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::{OsStrExt as _, OsStringExt as _},
    },
    path::{Component, Path, PathBuf},
};

/// The folder of a path and its last name.
pub(super) struct Parent<'a> {
    pub(super) fd: OwnedFd,
    pub(super) name: &'a OsStr,
}

pub(super) fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// Opens the folder of an absolute path, component by component.
///
/// # Errors
/// When a component is missing, is no folder, or is a link.
pub(super) fn parent(path: &Path) -> rustix::io::Result<Parent<'_>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Errno::INVAL);
    };
    Ok(Parent {
        fd: folder_fd(folder)?,
        name,
    })
}

pub(super) fn folder_fd(folder: &Path) -> rustix::io::Result<OwnedFd> {
    let mut fd = openat(CWD, "/", folder_flags(), Mode::empty())?;
    for component in folder.components() {
        match component {
            Component::RootDir => {}
            Component::Normal(name) => fd = openat(&fd, name, folder_flags(), Mode::empty())?,
            Component::Prefix(_) | Component::CurDir | Component::ParentDir => {
                return Err(Errno::INVAL);
            }
        }
    }
    Ok(fd)
}

/// What the operating system tells of a path; `None` where nothing is.
pub(super) fn stat_at(path: &Path) -> Option<Stat> {
    let parent = parent(path).ok()?;
    let stat = statat(&parent.fd, parent.name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(stat_of(&stat))
}

/// The same path with the links in its folders resolved, so that no later change of a link
/// leads elsewhere.
pub(super) fn settled_path(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    let mut missing = vec![name.to_owned()];
    let mut folder = path.parent()?;
    loop {
        if let Ok(real) = folder.canonicalize() {
            let rest: PathBuf = missing.iter().rev().collect();
            return Some(real.join(rest));
        }
        missing.push(folder.file_name()?.to_owned());
        folder = folder.parent()?;
    }
}

impl Workspace {
    /// What is at a path now, its content kept.
    pub(super) fn look_at(&self, path: &Path) -> Option<Item> {
        let parent = parent(path).ok()?;
        let stat = statat(&parent.fd, parent.name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let stat = stat_of(&stat);
        let name = parent.name.as_bytes();
        let content = match FileType::from_raw_mode(stat.mode) {
            FileType::Directory => Content::Folder,
            FileType::Symlink => {
                let to = readlinkat(&parent.fd, parent.name, Vec::new()).ok()?;
                Content::Link(to.to_bytes().into())
            }
            FileType::RegularFile if stat.size > self.options.limits.file_bytes => {
                Content::NotKept(Why::TooLarge)
            }
            FileType::RegularFile => {
                let most = self.options.limits.file_bytes;
                match read_file(parent.fd.as_fd(), name, &stat, most) {
                    Ok((content, _)) => {
                        let hash = *blake3::hash(&content).as_bytes();
                        match self.objects.put(&hash, &content) {
                            Ok(()) => Content::Kept(hash),
                            Err(_) => Content::NotKept(Why::NoRoom),
                        }
                    }
                    Err(why) => Content::NotKept(why),
                }
            }
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Content::Special,
        };
        Some(Item {
            name: name.into(),
            stat,
            content,
            racy: true,
        })
    }
}

/// An item as facts tell it. What git holds has to be taken over before.
pub(super) fn state_of(item: &Item) -> FileState {
    let mode = item.stat.permissions();
    let file = |hash| FileState::File {
        mode,
        size: item.stat.size,
        hash,
    };
    match &item.content {
        Content::Kept(hash) => file(Some(hash_text(hash))),
        Content::Git(..) | Content::NotKept(_) => file(None),
        Content::Link(to) => FileState::Link {
            to: PathBuf::from(OsString::from_vec(to.to_vec())),
        },
        Content::Folder | Content::Unseen(_) => FileState::Folder { mode },
        Content::Special => FileState::Special,
    }
}
