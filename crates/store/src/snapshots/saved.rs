//! Looks on the disk: a whole one, and what changed in those after it.
//!
//! A process writes one whole look of its own and appends to it; a window names the length that
//! counts for it. What is not whole, or not what its hash says, ends what is read.

use super::{
    objects::{create, make_folder},
    tree::{Content, Folder, Item, Stat, Tree, Why},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read as _, Write as _},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

const MAGIC: &[u8; 8] = b"GMLTLK01";

/// The file of looks that this process appends to.
#[derive(Debug)]
pub(crate) struct SavedLooks {
    pub(crate) path: PathBuf,
    file: File,
    pub(crate) length: u64,
}

impl SavedLooks {
    /// Writes a whole look to a new file. Others may read it; the lock says that it is in use.
    pub(crate) fn create(path: &Path, tree: &Tree) -> io::Result<Self> {
        path.parent().map_or(Ok(()), make_folder)?;
        let file = create(path)?;
        file.lock_shared()?;
        let mut saved = Self {
            path: path.to_owned(),
            file,
            length: 0,
        };
        saved.write(MAGIC)?;
        saved.append_all(tree, None)?;
        Ok(saved)
    }

    /// Appends what differs from the look that was appended last.
    pub(crate) fn append(&mut self, before: &Tree, tree: &Tree) -> io::Result<()> {
        self.append_all(tree, Some(before))
    }

    fn append_all(&mut self, tree: &Tree, before: Option<&Tree>) -> io::Result<()> {
        let mut body = Vec::new();
        put_number(&mut body, tree.repositories.len() as u64);
        for repository in &tree.repositories {
            put_bytes(&mut body, repository.as_os_str().as_bytes());
        }
        let mut changed = false;
        #[expect(
            clippy::iter_over_hash_type,
            reason = "the order on the disk means nothing"
        )]
        for (path, folder) in &tree.folders {
            let known = before.and_then(|before| before.folders.get(path));
            if known.is_some_and(|known| Arc::ptr_eq(known, folder)) {
                continue;
            }
            changed = true;
            put_bytes(&mut body, path);
            put_folder(&mut body, folder);
        }
        // Folders that are gone have a length that no list has.
        if let Some(before) = before {
            #[expect(
                clippy::iter_over_hash_type,
                reason = "the order on the disk means nothing"
            )]
            for path in before.folders.keys() {
                if !tree.folders.contains_key(path) {
                    changed = true;
                    put_bytes(&mut body, path);
                    put_number(&mut body, GONE);
                }
            }
        }
        if before.is_some() && !changed {
            return Ok(());
        }
        let mut record = Vec::with_capacity(40);
        put_number(&mut record, body.len() as u64);
        record.extend_from_slice(blake3::hash(&body).as_bytes());
        self.write(&record)?;
        self.write(&body)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Reads the look that the first `length` bytes of a file amount to; all where `None`.
pub(crate) fn read_look(path: &Path, length: Option<u64>) -> io::Result<Tree> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(length.unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)?;
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "it is no saved look");
    let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(bad)?;
    let mut tree = Tree::default();
    let mut records = 0;
    while let Some(()) = record(&mut rest, &mut tree) {
        records += 1;
    }
    // A window's look must be all there; of the newest, what is whole counts.
    if records == 0 || (length.is_some() && !rest.is_empty()) {
        return Err(bad());
    }
    Ok(tree)
}

fn record(rest: &mut &[u8], tree: &mut Tree) -> Option<()> {
    let mut at = *rest;
    let length = usize::try_from(number(&mut at)?).ok()?;
    let (hash, after) = at.split_first_chunk::<32>()?;
    let mut body = after.get(..length)?;
    let left = after.get(length..)?;
    if blake3::hash(body).as_bytes() != hash {
        return None;
    }
    let repositories = number(&mut body)?;
    tree.repositories.clear();
    for _ in 0..repositories {
        let path = std::ffi::OsString::from_vec(bytes(&mut body)?.to_vec());
        tree.repositories.push(PathBuf::from(path));
    }
    while !body.is_empty() {
        let path: Box<[u8]> = bytes(&mut body)?.into();
        let count = number(&mut body)?;
        if count == GONE {
            tree.folders.remove(&path);
            continue;
        }
        let mut folder = Folder::with_capacity(usize::try_from(count.min(1 << 20)).ok()?);
        for _ in 0..count {
            folder.push(item(&mut body)?);
        }
        tree.folders.insert(path, Arc::new(folder));
    }
    *rest = left;
    Some(())
}

const GONE: u64 = u64::MAX;

fn put_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_folder(out: &mut Vec<u8>, folder: &Folder) {
    put_number(out, folder.len() as u64);
    for item in folder {
        put_bytes(out, &item.name);
        let Stat {
            dev,
            ino,
            size,
            mtime_ns,
            ctime_ns,
            mode,
        } = item.stat;
        for number in [
            dev,
            ino,
            size,
            mtime_ns.cast_unsigned(),
            ctime_ns.cast_unsigned(),
        ] {
            put_number(out, number);
        }
        out.extend_from_slice(&mode.to_le_bytes());
        out.push(u8::from(item.racy));
        match &item.content {
            Content::Kept(hash) => {
                out.push(0);
                out.extend_from_slice(hash);
            }
            Content::Git(oid, number) => {
                out.push(1);
                out.extend_from_slice(oid);
                out.extend_from_slice(&number.to_le_bytes());
            }
            Content::NotKept(why) => out.extend([2, *why as u8]),
            Content::Link(to) => {
                out.push(3);
                put_bytes(out, to);
            }
            Content::Folder => out.push(4),
            Content::Unseen(why) => out.extend([5, *why as u8]),
            Content::Special => out.push(6),
        }
    }
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*chunk(rest)?))
}

fn chunk<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (chunk, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(chunk)
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let found = rest.get(..length)?;
    *rest = rest.get(length..)?;
    Some(found)
}

fn item(rest: &mut &[u8]) -> Option<Item> {
    let name = bytes(rest)?.into();
    let stat = Stat {
        dev: number(rest)?,
        ino: number(rest)?,
        size: number(rest)?,
        mtime_ns: number(rest)?.cast_signed(),
        ctime_ns: number(rest)?.cast_signed(),
        mode: u32::from_le_bytes(*chunk(rest)?),
    };
    let [racy, kind] = *chunk(rest)?;
    let why = |rest: &mut &[u8]| {
        let [number] = *chunk(rest)?;
        Why::ALL.get(usize::from(number)).copied()
    };
    let content = match kind {
        0 => Content::Kept(*chunk(rest)?),
        1 => {
            let oid = *chunk(rest)?;
            Content::Git(oid, u16::from_le_bytes(*chunk(rest)?))
        }
        2 => Content::NotKept(why(rest)?),
        3 => Content::Link(bytes(rest)?.into()),
        4 => Content::Folder,
        5 => Content::Unseen(why(rest)?),
        6 => Content::Special,
        _ => return None,
    };
    Some(Item {
        name,
        stat,
        content,
        racy: racy != 0,
    })
}

/// The saved looks of a project, newest first.
pub(crate) fn saved_looks(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut looks: Vec<_> = listed
        .filter_map(|item| Some((item.metadata().ok()?.modified().ok()?, item.path())))
        .collect();
    looks.sort_by(|one, other| other.cmp(one));
    looks.into_iter().map(|(_, path)| path).collect()
}

/// True when no process appends to it any more.
pub(crate) fn is_idle(path: &Path) -> bool {
    OpenOptions::new()
        .read(true)
        .open(path)
        .is_ok_and(|file| file.try_lock().is_ok())
}

/// Writes a small file so that it is there whole or not at all.
pub(crate) fn write_whole(path: &Path, unfinished: &Path, bytes: &[u8]) -> io::Result<()> {
    let write = || {
        let mut file = BufWriter::new(create(unfinished)?);
        file.write_all(bytes)?;
        file.flush()?;
        fs::rename(unfinished, path)
    };
    write().or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        for folder in [unfinished.parent(), path.parent()].into_iter().flatten() {
            make_folder(folder)?;
        }
        write()
    })
}
