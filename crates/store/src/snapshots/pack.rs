//! Packs: many objects in one file, with a sorted table at the end.
//!
//! `objects…  table: (hash 32, offset 8, length 8)…  count 8  magic 8`, numbers little-endian.
//! The table's place follows from the count. A file without the magic at its end is no pack.

use super::objects::{Hash, hex};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

const MAGIC: &[u8; 8] = b"GMLTPK01";
const ROW: usize = 48;
/// Rows that a table may claim to have.
const MOST_ROWS: u64 = 20_000_000;

/// A pack with its table in memory.
#[derive(Debug)]
pub(crate) struct Pack {
    file: File,
    /// Sorted by hash.
    table: Vec<u8>,
}

impl Pack {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "it is no pack");
        let mut end = [0; 16];
        file.seek(SeekFrom::Start(length.checked_sub(16).ok_or_else(bad)?))?;
        file.read_exact(&mut end)?;
        let (count, magic) = end.split_at(8);
        let count = u64::from_le_bytes(count.try_into().map_err(|_| bad())?);
        if magic != MAGIC || count > MOST_ROWS {
            return Err(bad());
        }
        let bytes = count * ROW as u64;
        let start = length.checked_sub(16 + bytes).ok_or_else(bad)?;
        let mut table = vec![0; usize::try_from(bytes).map_err(|_| bad())?];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut table)?;
        Ok(Self { file, table })
    }

    /// The objects with their place and length.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Hash, u64, u64)> + '_ {
        self.table.as_chunks::<ROW>().0.iter().map(row)
    }

    fn place(&self, hash: &Hash) -> Option<(u64, u64)> {
        let rows = self.table.as_chunks::<ROW>().0;
        let found = rows.binary_search_by(|row| row.get(..32).cmp(&Some(hash.as_slice())));
        let (_, offset, length) = row(rows.get(found.ok()?)?);
        Some((offset, length))
    }

    pub(crate) fn has(&self, hash: &Hash) -> bool {
        self.place(hash).is_some()
    }

    /// What is stored under the hash, if it is here.
    pub(crate) fn read(&self, hash: &Hash) -> Option<io::Result<Vec<u8>>> {
        let (offset, length) = self.place(hash)?;
        Some(self.read_at(offset, length))
    }

    pub(crate) fn read_at(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let whole = self.file.metadata()?.len();
        if length > whole {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its table is damaged",
            ));
        }
        let mut stored = vec![0; usize::try_from(length).unwrap_or_default()];
        self.file.read_exact_at(&mut stored, offset)?;
        Ok(stored)
    }
}

fn row(row: &[u8; ROW]) -> (Hash, u64, u64) {
    let mut hash = [0; 32];
    let (name, numbers) = row.split_at(32);
    hash.copy_from_slice(name);
    let (offset, length) = numbers.split_at(8);
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    (hash, number(offset), number(length))
}

/// A pack that is being written.
pub(crate) struct PackWriter {
    file: BufWriter<File>,
    path: PathBuf,
    offset: u64,
    rows: Vec<(Hash, u64, u64)>,
}

impl PackWriter {
    pub(crate) fn new(file: File, path: PathBuf) -> Self {
        Self {
            file: BufWriter::with_capacity(1 << 18, file),
            path,
            offset: 0,
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, hash: &Hash, stored: &[u8]) -> io::Result<()> {
        self.file.write_all(stored)?;
        self.rows.push((*hash, self.offset, stored.len() as u64));
        self.offset += stored.len() as u64;
        Ok(())
    }

    /// Writes the table and gives the pack its name.
    pub(crate) fn finish(mut self, folder: &Path) -> io::Result<()> {
        self.rows.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for (hash, offset, length) in &self.rows {
            self.file.write_all(hash)?;
            self.file.write_all(&offset.to_le_bytes())?;
            self.file.write_all(&length.to_le_bytes())?;
            hasher.update(hash);
        }
        self.file
            .write_all(&(self.rows.len() as u64).to_le_bytes())?;
        self.file.write_all(MAGIC)?;
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_data()?;
        fs::rename(&self.path, folder.join(hex(hasher.finalize().as_bytes())))
    }
}
