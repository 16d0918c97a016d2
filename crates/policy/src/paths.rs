//! Where a path really leads: links followed hop by hop, `..` taken as the kernel takes it.

mod pattern;
mod protected;

pub(crate) use pattern::{Bases, PathPattern, Reach, glob_covers};
pub(crate) use protected::{critical, protects};

use std::{
    collections::VecDeque,
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

/// What the crate asks about the file system. It looks at nothing itself.
pub trait Ground: Send + Sync {
    /// Where a link points, or `None` when the path is no link or does not exist.
    fn link(&self, path: &Path) -> Option<PathBuf>;

    /// True when names differ only in case on this file system.
    fn ignores_case(&self) -> bool;
}

/// A file system without links, for places where there is none to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLinks;

impl Ground for NoLinks {
    fn link(&self, _: &Path) -> Option<PathBuf> {
        None
    }

    fn ignores_case(&self) -> bool {
        false
    }
}

/// Links that are followed before a path counts as one that leads nowhere.
const MOST_LINKS: usize = 40;
/// Parts of a path that are looked at.
const MOST_PARTS: usize = 512;

/// Every spelling of one path, from how it was written to where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// As written, made absolute, without `.` and `..`.
    pub written: PathBuf,
    /// Where the links on the way lead, in order.
    pub hops: Vec<PathBuf>,
    /// Where it ends.
    pub end: PathBuf,
    /// True when the links go round in circles or the path is absurdly long.
    pub lost: bool,
}

impl Resolved {
    /// Every spelling once.
    pub fn spellings(&self) -> impl Iterator<Item = &Path> {
        let hops = self
            .hops
            .iter()
            .filter(|hop| **hop != self.written && **hop != self.end);
        let end = (self.end != self.written).then_some(&self.end);
        std::iter::once(&self.written)
            .chain(hops)
            .chain(end)
            .map(PathBuf::as_path)
    }
}

/// Follows an absolute path.
pub fn resolve(path: &Path, ground: &dyn Ground) -> Resolved {
    let mut todo: VecDeque<OsString> = path.components().filter_map(part).collect();
    let mut here = PathBuf::from("/");
    let mut resolved = Resolved {
        written: lexical(path),
        hops: Vec::new(),
        end: PathBuf::new(),
        lost: false,
    };
    let mut parts = 0;
    while let Some(name) = todo.pop_front() {
        parts += 1;
        if parts > MOST_PARTS || resolved.hops.len() > MOST_LINKS {
            resolved.lost = true;
            break;
        }
        if name == ".." {
            here.pop();
            continue;
        }
        here.push(&name);
        let Some(target) = ground.link(&here) else {
            continue;
        };
        here.pop();
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        for name in target.components().filter_map(part).rev() {
            todo.push_front(name);
        }
        resolved.hops.push(lexical(
            &todo.iter().fold(here.clone(), |path, name| path.join(name)),
        ));
    }
    resolved.end = todo.iter().fold(here, |path, name| path.join(name));
    resolved
}

fn part(component: Component<'_>) -> Option<OsString> {
    match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    }
}

/// The path without `.` and `..`, by its words alone.
pub fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(component),
        }
    }
    out
}

/// A text in which names are equal that differ only in case.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// True when `path` is `folder` or lies below it, part by part.
pub(crate) fn within(path: &Path, folder: &Path, ignore_case: bool) -> bool {
    if path.starts_with(folder) {
        return true;
    }
    if !ignore_case {
        return false;
    }
    let folded = |path: &Path| path.to_str().map(|text| PathBuf::from(fold(text)));
    match (folded(path), folded(folder)) {
        (Some(path), Some(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// Where a session may work.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The folder it works in. Absolute.
    pub root: PathBuf,
    /// Where commands start. Absolute.
    pub cwd: PathBuf,
    /// Folders beside `root` that the person added. Absolute.
    pub added: Vec<PathBuf>,
    /// The person's home.
    pub home: Option<PathBuf>,
    /// The session's own folder; reading in it is free.
    pub scratch: Option<PathBuf>,
    /// Folders that hold Gimlet's own files: nothing writes there.
    pub own: Vec<PathBuf>,
    /// True where nobody has trusted the repository yet: even looking at it by git is asked
    /// about, since git runs what the repository names.
    pub untrusted: bool,
}

/// A site with its folders resolved once.
pub(crate) struct Grounds<'a> {
    pub(crate) site: &'a Site,
    pub(crate) ground: &'a dyn Ground,
    /// The workspace's folders, in each spelling.
    folders: Vec<PathBuf>,
    pub(crate) ignore_case: bool,
    /// What the anchors of rules stand for.
    pub(crate) bases: Bases,
}

impl<'a> Grounds<'a> {
    pub(crate) fn new(site: &'a Site, ground: &'a dyn Ground) -> Self {
        let mut folders = Vec::new();
        let mut aliases = Vec::new();
        for folder in [&site.root, &site.cwd]
            .into_iter()
            .chain(&site.added)
            .chain(&site.home)
        {
            let real = resolve(folder, ground).end;
            if real != *folder {
                aliases.push((folder.clone(), real));
            }
        }
        for folder in std::iter::once(&site.root).chain(&site.added) {
            folders.push(lexical(folder));
            folders.extend(
                aliases
                    .iter()
                    .filter(|(spelled, _)| spelled == folder)
                    .map(|(_, real)| real.clone()),
            );
        }
        let bases = Bases {
            cwd: site.cwd.clone(),
            home: site.home.clone(),
            aliases,
        };
        Self {
            site,
            ground,
            folders,
            ignore_case: ground.ignores_case(),
            bases,
        }
    }

    /// True when every spelling lies in the workspace.
    pub(crate) fn inside(&self, resolved: &Resolved) -> bool {
        !resolved.lost && resolved.spellings().all(|path| self.covers(path))
    }

    fn covers(&self, path: &Path) -> bool {
        self.folders
            .iter()
            .any(|folder| within(path, folder, self.ignore_case))
    }

    /// The workspace's folders, in each spelling.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }

    /// True when the path lies in the session's own folder.
    pub(crate) fn in_scratch(&self, resolved: &Resolved) -> bool {
        let Some(scratch) = &self.site.scratch else {
            return false;
        };
        let real = resolve(scratch, self.ground);
        !resolved.lost
            && resolved
                .spellings()
                .all(|path| real.spellings().any(|folder| path.starts_with(folder)))
    }

    /// The folder of Gimlet's own that the path leads into.
    pub(crate) fn own(&self, resolved: &Resolved) -> Option<&Path> {
        let own = self.site.own.iter().find(|own| {
            let real = resolve(own, self.ground);
            resolved.spellings().any(|path| {
                real.spellings()
                    .any(|folder| within(path, folder, self.ignore_case))
            })
        });
        own.map(PathBuf::as_path)
    }
}
