//! The append-only log of one session.

mod line;
mod lock;
mod read;
mod tail;

pub use line::{FORMAT, Header};
pub(crate) use line::{InBatch, RawEntry, parse_entry, push_entry, why};
pub(crate) use lock::{Faults, WriterLock};
pub use read::LogView;
pub(crate) use read::{next_line, place_after, slice};
pub(crate) use tail::Tail;

use gimlet_ports::{EntryIter, LogFault, SessionLog};
use gimlet_protocol::{Entry, EntryId, Fact, SessionId, Timestamp};
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Something that the person should be told about a log that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The log ended in a batch that was never finished; it was cut off and kept aside.
    Torn {
        /// The log's file.
        path: PathBuf,
        /// How many bytes were cut off.
        bytes: u64,
        /// Where they are kept.
        kept: PathBuf,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { path, bytes, kept } => write!(
                f,
                "{} ended in {bytes} bytes of an unfinished write; they were moved to {}",
                path.display(),
                kept.display()
            ),
        }
    }
}

/// The log of one session, open for writing. It holds the session's lock until dropped.
///
/// A batch is one `write(2)` and is on its way to the disk when `append` returns: it
/// survives the death of the process. `sync` makes it survive the machine's.
#[derive(Debug)]
pub struct SessionFile {
    path: PathBuf,
    header: Header,
    file: Arc<File>,
    tail: Tail,
    /// Bytes of a failed write may stand behind `tail.end`.
    dirty: bool,
    folder_synced: bool,
    lock: WriterLock,
}

impl SessionFile {
    /// Makes a new log. The folder must exist.
    ///
    /// # Errors
    /// When there is one already, or it cannot be made; nothing is left behind then.
    pub fn create(path: &Path, header: Header) -> Result<Self, LogFault> {
        let broken = |error: io::Error| LogFault::broken_at(path, &error);
        let lock = WriterLock::take(path)?;
        let line = header.to_line().map_err(|error| LogFault::Broken {
            path: path.to_owned(),
            why: why(&error),
        })?;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(broken)?;
        if let Err(error) = (&file).write_all(&line) {
            drop(fs::remove_file(path));
            return Err(broken(error));
        }
        let end = line.len() as u64;
        let tail = Tail {
            header_end: end,
            end,
            file_len: end,
            last_id: None,
            last_at: None,
            next_id: 0,
        };
        let path = path.to_owned();
        let file = Arc::new(file);
        Ok(Self {
            path,
            header,
            file,
            tail,
            dirty: false,
            folder_synced: false,
            lock,
        })
    }

    /// Opens an existing log to go on with it. An unfinished batch at its end is cut off,
    /// kept in `<log>.torn-<n>` and told in the notices. Only the end of the log is looked
    /// at: damage further up is found by reading.
    ///
    /// # Errors
    /// When it is missing, locked, of a newer format, or its first line is damaged; nothing
    /// was changed then.
    pub fn open(path: &Path) -> Result<(Self, Vec<Notice>), LogFault> {
        let broken = |error: io::Error| LogFault::broken_at(path, &error);
        // The format is looked at first, so that a newer log is not even locked.
        read::header(&File::open(path).map_err(broken)?, path)?;
        let lock = WriterLock::take(path)?;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(path)
            .map_err(broken)?;
        let header = read::header(&file, path)?;
        let mut tail = tail::tail(&file).map_err(broken)?;
        let mut notices = Vec::new();
        if tail.file_len > tail.end {
            let bytes = tail.file_len - tail.end;
            let kept = keep_aside(&file, path, &tail)?;
            file.set_len(tail.end).map_err(broken)?;
            tail.file_len = tail.end;
            notices.push(Notice::Torn {
                path: path.to_owned(),
                bytes,
                kept,
            });
        }
        let path = path.to_owned();
        let file = Arc::new(file);
        let log = Self {
            path,
            header,
            file,
            tail,
            dirty: false,
            folder_synced: true,
            lock,
        };
        Ok((log, notices))
    }

    /// The log's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The log's first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The session.
    pub fn session(&self) -> &SessionId {
        &self.header.session
    }

    /// The last entry.
    pub fn last(&self) -> Option<EntryId> {
        self.tail.last_id.map(EntryId)
    }

    pub(crate) fn into_lock(self) -> WriterLock {
        self.lock
    }

    fn fault(&self, error: &io::Error) -> LogFault {
        LogFault::broken_at(&self.path, error)
    }

    /// Makes sure that the file ends where the last batch ended.
    fn settle(&mut self) -> Result<(), LogFault> {
        let there = self.file.metadata().map_err(|error| self.fault(&error))?;
        if there.nlink() == 0 {
            let why = "the log was removed while it is being written".to_owned();
            return Err(LogFault::Broken {
                path: self.path.clone(),
                why,
            });
        }
        if there.len() == self.tail.end {
            self.dirty = false;
            return Ok(());
        }
        if !self.dirty || there.len() < self.tail.end {
            let why = "the log was changed by another program".to_owned();
            return Err(LogFault::Broken {
                path: self.path.clone(),
                why,
            });
        }
        self.file
            .set_len(self.tail.end)
            .map_err(|error| self.fault(&error))?;
        self.dirty = false;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LogFault> {
        self.settle()?;
        // One call unless the system takes only a part: then the rest, or nothing at all.
        if let Err(error) = (&*self.file).write_all(bytes) {
            self.dirty = true;
            if self.file.set_len(self.tail.end).is_ok() {
                self.dirty = false;
            }
            return Err(self.fault(&error));
        }
        self.tail.end += bytes.len() as u64;
        self.tail.file_len = self.tail.end;
        Ok(())
    }
}

impl SessionLog for SessionFile {
    fn append(
        &mut self,
        parent: Option<EntryId>,
        facts: Vec<Fact>,
    ) -> Result<Vec<Entry>, LogFault> {
        let at = now().0.max(self.tail.last_at.unwrap_or(0));
        let count = facts.len();
        let mut parent = parent;
        let mut bytes = Vec::new();
        let mut entries = Vec::with_capacity(count);
        for (index, fact) in facts.into_iter().enumerate() {
            let id = EntryId(self.tail.next_id + index as u64);
            let entry = Entry {
                id,
                parent,
                at: Timestamp(at),
                fact,
            };
            parent = Some(id);
            let place = if index + 1 == count {
                InBatch::Last
            } else {
                InBatch::More
            };
            let start = bytes.len();
            let refused = |why: String| LogFault::Broken {
                path: self.path.clone(),
                why: format!("the fact cannot be written: {why}"),
            };
            let broken =
                push_entry(&mut bytes, &entry, place).map_err(|error| refused(why(&error)))?;
            // What is shown now must be what is read later.
            entries.push(if broken {
                parse_entry(bytes.get(start..).unwrap_or_default()).map_err(refused)?
            } else {
                entry
            });
        }
        if let Some(last) = entries.last() {
            self.write(&bytes)?;
            self.tail.last_id = Some(last.id.0);
            self.tail.last_at = Some(at);
            self.tail.next_id = last.id.0 + 1;
        }
        Ok(entries)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        self.file.sync_data().map_err(|error| self.fault(&error))?;
        if !self.folder_synced {
            sync_folder(&self.path).map_err(|error| self.fault(&error))?;
            self.folder_synced = true;
        }
        Ok(())
    }

    fn read(&self, after: Option<EntryId>) -> Result<EntryIter, LogFault> {
        read::read(&self.file, &self.path, &self.tail, after)
    }
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Makes a new or renamed file's name survive the machine's death.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The first of `<path>.<word>-1`, `-2` … that is free.
pub(crate) fn free_name(path: &Path, word: &str) -> PathBuf {
    let mut number = 1_u64;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{word}-{number}"));
        let candidate = PathBuf::from(name);
        if candidate.symlink_metadata().is_err() {
            return candidate;
        }
        number += 1;
    }
}

fn keep_aside(file: &File, path: &Path, tail: &Tail) -> Result<PathBuf, LogFault> {
    let kept = free_name(path, "torn");
    let write = || {
        let torn = slice(file, tail.end, tail.file_len)?;
        let mut aside = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&kept)?;
        aside.write_all(&torn)?;
        aside.sync_all()
    };
    write().map_err(|error| {
        drop(fs::remove_file(&kept));
        LogFault::broken_at(&kept, &error)
    })?;
    Ok(kept)
}
