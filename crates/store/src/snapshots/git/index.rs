//! git's index: which blob each tracked file was when git last looked.
//!
//! Formats 2, 3 and 4 as `gitformat-index` describes them. A split index, or anything that does
//! not read as described, is no index: the files are then copied.

use crate::snapshots::tree::{Oid, Stat};
use std::{collections::HashMap, fs, os::unix::fs::MetadataExt as _, path::Path};

const ASSUME_VALID: u16 = 0x8000;
const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;
const NAME_LENGTH: u16 = 0x0fff;
/// Extended flags: skip-worktree and intent-to-add.
const NOT_AS_IT_SEEMS: u16 = 0x6000;
const REGULAR: u32 = 0o100_000;

/// A tracked file.
#[derive(Clone, Copy, Debug)]
pub(in crate::snapshots) struct GitItem {
    pub(in crate::snapshots) oid: Oid,
    ctime: (u32, u32),
    mtime: (u32, u32),
    ino: u32,
    size: u32,
    /// Where its path stands.
    start: u32,
    end: u32,
}

/// The tracked files of a work tree.
#[derive(Debug)]
pub(in crate::snapshots) struct GitIndex {
    paths: Vec<u8>,
    /// In the order of their paths.
    items: Vec<GitItem>,
    by_folder: HashMap<Box<[u8]>, Vec<u32>>,
    written: (i64, i64),
}

impl GitIndex {
    pub(in crate::snapshots) fn read(path: &Path) -> Option<Self> {
        let data = fs::metadata(path).ok()?;
        let bytes = fs::read(path).ok()?;
        let mut index = Self::parse(&bytes)?;
        index.written = (data.mtime(), data.mtime_nsec());
        Some(index)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(b"DIRC")?;
        let version = number(&mut rest)?;
        let count = number(&mut rest)? as usize;
        if !(2..=4).contains(&version) || count > bytes.len() / 62 {
            return None;
        }
        let mut index = Self {
            paths: Vec::with_capacity(bytes.len().saturating_sub(count * 62)),
            items: Vec::with_capacity(count),
            by_folder: HashMap::new(),
            written: (0, 0),
        };
        let mut name: Vec<u8> = Vec::new();
        for _ in 0..count {
            index.entry(&mut rest, version, &mut name)?;
        }
        // What follows says whether the index is whole: a split one has a part elsewhere.
        while rest.len() > 20 {
            let (signature, after) = rest.split_first_chunk::<4>()?;
            let mut after = after;
            let length = number(&mut after)? as usize;
            if signature == b"link" {
                return None;
            }
            rest = after.get(length..)?;
        }
        Some(index)
    }

    fn entry(&mut self, rest: &mut &[u8], version: u32, name: &mut Vec<u8>) -> Option<()> {
        let before = rest.len();
        let mut next = || number(rest);
        let ctime = (next()?, next()?);
        let mtime = (next()?, next()?);
        let _dev = next()?;
        let ino = next()?;
        let mode = next()?;
        let (_uid, _gid) = (next()?, next()?);
        let size = next()?;
        let (oid, after) = rest.split_first_chunk::<20>()?;
        *rest = after;
        let flags = short(rest)?;
        let extended = if flags & EXTENDED != 0 {
            short(rest)?
        } else {
            0
        };
        if version == 4 {
            let strip = varint(rest)?;
            name.truncate(name.len().checked_sub(strip)?);
            let end = memchr::memchr(0, rest)?;
            name.extend_from_slice(rest.get(..end)?);
            *rest = rest.get(end + 1..)?;
        } else {
            let end = match flags & NAME_LENGTH {
                NAME_LENGTH => memchr::memchr(0, rest)?,
                length => length as usize,
            };
            name.clear();
            name.extend_from_slice(rest.get(..end)?);
            let used = before - rest.len() + end;
            // At least one NUL, up to a multiple of eight.
            let padding = 8 - used % 8;
            *rest = rest.get(end + padding..)?;
        }
        let odd = flags & (ASSUME_VALID | STAGE) != 0 || extended & NOT_AS_IT_SEEMS != 0;
        if odd || mode & 0o170_000 != REGULAR {
            return Some(());
        }
        let start = u32::try_from(self.paths.len()).ok()?;
        self.paths.extend_from_slice(name);
        let end = u32::try_from(self.paths.len()).ok()?;
        let place = u32::try_from(self.items.len()).ok()?;
        let folder = memchr::memrchr(b'/', name)
            .map_or(&[][..], |slash| name.get(..slash).unwrap_or_default());
        match self.by_folder.get_mut(folder) {
            Some(known) => known.push(place),
            None => {
                self.by_folder.insert(folder.into(), vec![place]);
            }
        }
        self.items.push(GitItem {
            oid: *oid,
            ctime,
            mtime,
            ino,
            size,
            start,
            end,
        });
        Some(())
    }

    fn path(&self, item: &GitItem) -> &[u8] {
        self.paths
            .get(item.start as usize..item.end as usize)
            .unwrap_or_default()
    }

    /// The tracked file of that name in a folder, given from the top of the work tree.
    pub(in crate::snapshots) fn item(&self, folder: &[u8], name: &[u8]) -> Option<&GitItem> {
        let here = self.by_folder.get(folder)?;
        let skip = if folder.is_empty() {
            0
        } else {
            folder.len() + 1
        };
        let name_of = |place: &u32| {
            let item = self.items.get(*place as usize)?;
            self.path(item).get(skip..)
        };
        let found = here.binary_search_by(|place| name_of(place).cmp(&Some(name)));
        self.items.get(*here.get(found.ok()?)? as usize)
    }

    /// True when a folder, given from the top, holds tracked files at any depth.
    pub(in crate::snapshots) fn tracks_below(&self, folder: &[u8]) -> bool {
        let mut start = folder.to_vec();
        start.push(b'/');
        let place = self
            .items
            .partition_point(|item| self.path(item) < start.as_slice());
        self.items
            .get(place)
            .is_some_and(|item| self.path(item).starts_with(&start))
    }

    /// True when the file has not been touched since git looked at it and knew its content.
    pub(in crate::snapshots) fn is_clean(&self, item: &GitItem, stat: &Stat) -> bool {
        let time =
            |(seconds, nanos): (u32, u32)| i64::from(seconds) * 1_000_000_000 + i64::from(nanos);
        let written = self.written.0 * 1_000_000_000 + self.written.1;
        #[expect(clippy::cast_possible_truncation, reason = "git keeps the lower half")]
        let (ino, size) = (stat.ino as u32, stat.size as u32);
        time(item.mtime) == stat.mtime_ns
            && time(item.ctime) == stat.ctime_ns
            && item.ino == ino
            && item.size == size
            // Git's own rule of racy entries: a change in the instant of writing the index
            // would not show.
            && stat.mtime_ns < written
            && stat.ctime_ns < written
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_be_bytes(*bytes))
}

fn short(rest: &mut &[u8]) -> Option<u16> {
    let (bytes, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(u16::from_be_bytes(*bytes))
}

/// The variable-length number of packs and of index format 4.
fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value: usize = 0;
    let mut first = true;
    loop {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        if !first {
            value = value.checked_add(1)?;
        }
        first = false;
        value = value
            .checked_mul(128)?
            .checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}
