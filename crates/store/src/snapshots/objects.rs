//! Contents of files, named by their BLAKE3 hash and packed with zstd.
//!
//! A few objects lie loose, a file each; what one look brings in bulk lies in a pack. An object
//! is written under another name and then given its own, so that what has a name is whole after
//! a crash; it is checked against its name whenever it is read. Two processes that write the
//! same object write the same bytes.

use super::pack::{Pack, PackWriter};
use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The BLAKE3 hash of a content.
pub(crate) type Hash = [u8; 32];

/// How hard zstd tries. Of the levels, the one that is nearly as fast as copying.
const ZSTD_LEVEL: i32 = 1;
/// Objects of one look that lie loose; further ones go to a pack.
const MOST_LOOSE: u64 = 200;
/// The first byte of what is stored.
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// The contents of one project.
#[derive(Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
    packs: Mutex<Option<Vec<Pack>>>,
    counter: AtomicU64,
}

/// Why a content cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ObjectFault {
    /// It was never kept, or was removed to make room.
    #[error("its content is no longer kept")]
    Missing,
    /// It is there, but not what it should be.
    #[error("its kept content is damaged")]
    Damaged,
    /// It cannot be read.
    #[error("its kept content cannot be read: {0}")]
    Unreadable(String),
}

impl Objects {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            packs: Mutex::new(None),
            counter: AtomicU64::new(0),
        }
    }

    fn loose(&self, hash: &Hash) -> PathBuf {
        let name = hex(hash);
        let (shard, rest) = name.split_at(2);
        self.folder.join(shard).join(rest)
    }

    pub(crate) fn packs_folder(&self) -> PathBuf {
        self.folder.join("packs")
    }

    /// A name that no other process uses, for what is not whole yet.
    pub(crate) fn unfinished(&self) -> PathBuf {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        self.folder
            .join("unfinished")
            .join(format!("{}-{number}", std::process::id()))
    }

    /// True when the content is here.
    pub(crate) fn has(&self, hash: &Hash) -> bool {
        self.loose(hash).symlink_metadata().is_ok()
            || self.packs().iter().flatten().any(|pack| pack.has(hash))
    }

    fn packs(&self) -> MutexGuard<'_, Option<Vec<Pack>>> {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        if packs.is_none() {
            *packs = Some(self.read_packs());
        }
        packs
    }

    fn read_packs(&self) -> Vec<Pack> {
        let names = fs::read_dir(self.packs_folder()).into_iter().flatten();
        let paths = names.filter_map(|name| Some(name.ok()?.path()));
        paths.filter_map(|path| Pack::open(&path).ok()).collect()
    }

    /// Looks again which packs there are.
    pub(crate) fn forget_packs(&self) {
        *self.packs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps a content as an object of its own.
    pub(crate) fn put(&self, hash: &Hash, content: &[u8]) -> io::Result<()> {
        if self.has(hash) {
            return Ok(());
        }
        self.put_loose(hash, &packed(content)?)
    }

    fn put_loose(&self, hash: &Hash, stored: &[u8]) -> io::Result<()> {
        let path = self.loose(hash);
        let unfinished = self.unfinished();
        let write = || {
            let mut file = create(&unfinished)?;
            file.write_all(stored)?;
            fs::rename(&unfinished, &path)
        };
        let written = write().or_else(|error| {
            if error.kind() != ErrorKind::NotFound {
                return Err(error);
            }
            for folder in [unfinished.parent(), path.parent()].into_iter().flatten() {
                make_folder(folder)?;
            }
            write()
        });
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// The content of that name.
    ///
    /// # Errors
    /// When it is not here or is not what its name says.
    pub(crate) fn get(&self, hash: &Hash) -> Result<Vec<u8>, ObjectFault> {
        let stored = match fs::read(self.loose(hash)) {
            Ok(stored) => stored,
            Err(error) if error.kind() == ErrorKind::NotFound => self.read_pack(hash)?,
            Err(error) => return Err(ObjectFault::Unreadable(error.to_string())),
        };
        let content = unpacked(&stored).ok_or(ObjectFault::Damaged)?;
        if *blake3::hash(&content).as_bytes() == *hash {
            Ok(content)
        } else {
            Err(ObjectFault::Damaged)
        }
    }

    fn read_pack(&self, hash: &Hash) -> Result<Vec<u8>, ObjectFault> {
        for again in [false, true] {
            if again {
                // Another process may have brought it since.
                self.forget_packs();
            }
            let packs = self.packs();
            let found = packs.iter().flatten().find_map(|pack| pack.read(hash));
            if let Some(found) = found {
                return found.map_err(|error| ObjectFault::Unreadable(error.to_string()));
            }
        }
        Err(ObjectFault::Missing)
    }

    /// For the many contents of one look.
    pub(crate) fn sink(&self) -> Sink<'_> {
        Sink {
            objects: self,
            count: AtomicU64::new(0),
            pack: Mutex::new(None),
            seen: Mutex::default(),
        }
    }

    /// Every loose object with its size.
    pub(crate) fn loose_objects(&self) -> Vec<(Hash, PathBuf, fs::Metadata)> {
        let mut found = Vec::new();
        for shard in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = shard.file_name();
            let Some(start) = name.to_str().filter(|name| name.len() == 2) else {
                continue;
            };
            for item in fs::read_dir(shard.path()).into_iter().flatten().flatten() {
                let rest = item.file_name();
                let hash = rest
                    .to_str()
                    .and_then(|rest| unhex(&format!("{start}{rest}")));
                if let (Some(hash), Ok(data)) = (hash, item.metadata()) {
                    found.push((hash, item.path(), data));
                }
            }
        }
        found
    }
}

/// Takes the contents of one look, from several threads.
pub(crate) struct Sink<'a> {
    objects: &'a Objects,
    count: AtomicU64,
    pack: Mutex<Option<PackWriter>>,
    seen: Mutex<HashSet<Hash>>,
}

impl Sink<'_> {
    /// Keeps a content.
    pub(crate) fn put(&self, hash: &Hash, content: &[u8]) -> io::Result<()> {
        if self.objects.has(hash) {
            return Ok(());
        }
        if !self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*hash)
        {
            return Ok(());
        }
        let stored = packed(content)?;
        if self.count.fetch_add(1, Ordering::Relaxed) < MOST_LOOSE {
            return self.objects.put_loose(hash, &stored);
        }
        let mut pack = self.pack.lock().unwrap_or_else(PoisonError::into_inner);
        if pack.is_none() {
            let unfinished = self.objects.unfinished();
            for folder in [unfinished.parent(), Some(&*self.objects.packs_folder())] {
                folder.map_or(Ok(()), make_folder)?;
            }
            *pack = Some(PackWriter::new(create(&unfinished)?, unfinished));
        }
        match &mut *pack {
            Some(pack) => pack.add(hash, &stored),
            None => Ok(()),
        }
    }

    /// Gives the pack its name: from now on it counts.
    pub(crate) fn finish(self) -> io::Result<()> {
        let pack = self
            .pack
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = pack {
            pack.finish(&self.objects.packs_folder())?;
            self.objects.forget_packs();
        }
        Ok(())
    }
}

/// A content as it is stored.
fn packed(content: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: std::cell::RefCell<Option<zstd::bulk::Compressor<'static>>> =
            const { std::cell::RefCell::new(None) };
    }
    let small = COMPRESSOR.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Some(zstd::bulk::Compressor::new(ZSTD_LEVEL)?);
        }
        match kept {
            Some(compressor) => compressor.compress(content),
            None => Err(io::Error::other("no compressor")),
        }
    })?;
    let (tag, body) = if small.len() + size_of::<u64>() < content.len() {
        (ZSTD, small.as_slice())
    } else {
        (PLAIN, content)
    };
    let mut stored = Vec::with_capacity(body.len() + 9);
    stored.push(tag);
    stored.extend_from_slice(&(content.len() as u64).to_le_bytes());
    stored.extend_from_slice(body);
    Ok(stored)
}

fn unpacked(stored: &[u8]) -> Option<Vec<u8>> {
    let (tag, rest) = stored.split_first()?;
    let (length, body) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    match *tag {
        PLAIN => (body.len() == length).then(|| body.to_vec()),
        ZSTD if length <= MOST_UNPACKED => zstd::bulk::decompress(body, length).ok(),
        _ => None,
    }
}

/// No content is larger: a damaged length must not take the machine's memory.
const MOST_UNPACKED: usize = 1 << 32;

pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(crate) fn hex(hash: &Hash) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

pub(crate) fn unhex(text: &str) -> Option<Hash> {
    blake3::Hash::from_hex(text).ok().map(Into::into)
}
