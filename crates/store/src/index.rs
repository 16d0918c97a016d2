//! The index: a cache over all logs for listing and full-text search. The logs are the
//! truth; this file can be deleted at any time.

mod fill;
mod search;

pub use search::Hit;

use crate::{
    Store,
    card::{FileStamp, SessionCard},
    log::free_name,
};
use gimlet_ports::LogFault;
use gimlet_protocol::SessionId;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};
use std::{
    collections::HashMap,
    ffi::OsStr,
    fmt, fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The layout of the tables; an index of another layout is made anew.
const LAYOUT: i64 = 1;
/// How long to wait for another process that writes the index.
const BUSY: Duration = Duration::from_secs(2);

const TABLES: &str = "
    CREATE TABLE session (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        path BLOB NOT NULL,
        size INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        done INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        card TEXT NOT NULL
    );
    CREATE TABLE place (
        rowid INTEGER PRIMARY KEY,
        session INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        kind TEXT NOT NULL
    );
    CREATE INDEX place_session ON place (session);
    CREATE VIRTUAL TABLE text USING fts5 (body, tokenize = 'trigram');
";

/// Something about the index that the person should be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexNotice {
    /// The file is no index; it is not used.
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file was no index; it was moved aside and made anew from the logs.
    Remade {
        /// Where the old file is now.
        kept: PathBuf,
        /// What was wrong with it.
        why: String,
    },
}

impl fmt::Display for IndexNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable { path, why } => {
                write!(f, "the index {} is not used: {why}", path.display())
            }
            Self::Remade { kept, why } => write!(
                f,
                "the index was made anew from the logs ({why}); the old file is {}",
                kept.display()
            ),
        }
    }
}

/// Why the index could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexFault {
    /// The file is damaged: move it aside and make it anew.
    #[error("the index is damaged: {why}")]
    Damaged {
        /// In the database's words.
        why: String,
    },
    /// Another process holds it for long: try again.
    #[error("the index is in use")]
    Busy,
    /// The disk or quota is full.
    #[error("no space left to write the index")]
    Full,
    /// A log or folder could not be read.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// Anything else, in the database's words.
    #[error("the index cannot be used: {why}")]
    Broken {
        /// What happened.
        why: String,
    },
}

impl From<rusqlite::Error> for IndexFault {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                why: error.to_string(),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Broken {
                why: error.to_string(),
            },
        }
    }
}

/// How far an update came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything is in.
    Done,
    /// The time was over; the next update goes on from here.
    Partly,
}

/// The open index.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
    data: PathBuf,
}

impl Index {
    /// The index's file.
    pub fn path(store: &Store) -> PathBuf {
        store.data().join("index.sqlite")
    }

    /// Opens the index if there is one; makes and changes nothing.
    ///
    /// # Errors
    /// When there is a file that is no index of this version.
    pub fn existing(store: &Store) -> Result<Option<Self>, IndexNotice> {
        let path = Self::path(store);
        if !path.exists() {
            return Ok(None);
        }
        Self::connect(store, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .and_then(|index| match index.layout()? {
                LAYOUT => Ok(Some(index)),
                _ => Ok(None),
            })
            .map_err(|fault| IndexNotice::Unusable {
                path,
                why: fault.to_string(),
            })
    }

    /// Opens the index, and makes it where there is none. A file that is no index is moved
    /// aside first, and the notice says so; the new one is empty until [`Index::catch_up`].
    ///
    /// # Errors
    /// When it is in use for long, or the folder cannot be written.
    pub fn open(store: &Store) -> Result<(Self, Option<IndexNotice>), IndexFault> {
        match Self::open_or_make(store) {
            Ok(index) => Ok((index, None)),
            Err(IndexFault::Damaged { why }) => {
                let kept = Self::move_aside(store)?;
                Ok((
                    Self::open_or_make(store)?,
                    Some(IndexNotice::Remade { kept, why }),
                ))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Makes the index anew from the logs, whatever was there before.
    ///
    /// # Errors
    /// When it is in use for long, or the folder cannot be read or written.
    pub fn rebuild(store: &Store) -> Result<(Self, Option<IndexNotice>), IndexFault> {
        let (mut index, notice) = Self::open(store)?;
        index.connection.execute_batch(
            "BEGIN IMMEDIATE; DELETE FROM text; DELETE FROM place; DELETE FROM session; COMMIT",
        )?;
        while index.catch_up(store, Duration::MAX)? == Progress::Partly {}
        Ok((index, notice))
    }

    /// Brings every session up to date that changed since the last time, and forgets those
    /// that are gone. Stops soon after `within`.
    ///
    /// # Errors
    /// When it is in use for long, damaged, or the disk is full.
    pub fn catch_up(&mut self, store: &Store, within: Duration) -> Result<Progress, IndexFault> {
        let until = Instant::now().checked_add(within);
        let mut known = self.stamps()?;
        for path in store.all_logs()? {
            // A log that cannot be looked at is told of by a listing.
            let Ok(stamp) = FileStamp::of(&path) else {
                continue;
            };
            if known.remove(&path) == Some(stamp) {
                continue;
            }
            if self.update_until(&path, until)? == Progress::Partly {
                return Ok(Progress::Partly);
            }
        }
        let mut gone: Vec<PathBuf> = known.into_keys().filter(|path| !path.exists()).collect();
        gone.sort();
        for path in gone {
            if let Some(id) = crate::layout::session_of(&path) {
                self.forget_at(&id, &path)?;
            }
        }
        Ok(Progress::Done)
    }

    /// Brings one session up to date. Stops soon after `within`.
    ///
    /// # Errors
    /// When it is in use for long, damaged, or the disk is full.
    pub fn update(&mut self, log: &Path, within: Duration) -> Result<Progress, IndexFault> {
        self.update_until(log, Instant::now().checked_add(within))
    }

    /// Takes a session out.
    ///
    /// # Errors
    /// When it is in use for long, damaged, or the disk is full.
    pub fn forget(&mut self, id: &SessionId) -> Result<(), IndexFault> {
        let change = self.connection.transaction()?;
        let key: Option<i64> = change
            .query_row(
                "SELECT key FROM session WHERE id = ?1",
                [id.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(key) = key {
            fill::clear(&change, key)?;
            change.execute("DELETE FROM session WHERE key = ?1", [key])?;
        }
        Ok(change.commit()?)
    }

    fn forget_at(&mut self, id: &SessionId, path: &Path) -> Result<(), IndexFault> {
        let there: Option<Vec<u8>> = self
            .connection
            .query_row(
                "SELECT path FROM session WHERE id = ?1",
                [id.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        // The same session may lie in another folder by now.
        match there {
            Some(bytes) if self.absolute(&bytes) == path => self.forget(id),
            Some(_) | None => Ok(()),
        }
    }

    /// Every card with the state of its log when it was made.
    pub(crate) fn cards(&self) -> Result<HashMap<PathBuf, (FileStamp, SessionCard)>, IndexFault> {
        let mut statement = self
            .connection
            .prepare("SELECT path, size, modified_ns, inode, card FROM session WHERE size >= 0")?;
        let rows = statement.query_map([], |row| {
            let path: Vec<u8> = row.get(0)?;
            Ok((path, stamp(row)?, row.get::<_, String>(4)?))
        })?;
        let mut cards = HashMap::new();
        for row in rows {
            let (path, stamp, card) = row?;
            let path = self.absolute(&path);
            if let Ok(mut card) = serde_json::from_str::<SessionCard>(&card) {
                card.path.clone_from(&path);
                cards.insert(path, (stamp, card));
            }
        }
        Ok(cards)
    }

    fn stamps(&self) -> Result<HashMap<PathBuf, FileStamp>, IndexFault> {
        let mut statement = self
            .connection
            .prepare("SELECT path, size, modified_ns, inode FROM session")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, stamp(row)?)))?;
        let mut stamps = HashMap::new();
        for row in rows {
            let (path, stamp) = row?;
            stamps.insert(self.absolute(&path), stamp);
        }
        Ok(stamps)
    }

    fn absolute(&self, relative: &[u8]) -> PathBuf {
        self.data.join(OsStr::from_bytes(relative))
    }

    fn relative<'a>(&self, path: &'a Path) -> &'a [u8] {
        path.strip_prefix(&self.data)
            .unwrap_or(path)
            .as_os_str()
            .as_bytes()
    }

    fn connect(store: &Store, flags: OpenFlags) -> Result<Self, IndexFault> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(Self::path(store), flags)?;
        connection.busy_timeout(BUSY)?;
        Ok(Self {
            connection,
            data: store.data().to_owned(),
        })
    }

    fn layout(&self) -> Result<i64, IndexFault> {
        Ok(self
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }

    fn open_or_make(store: &Store) -> Result<Self, IndexFault> {
        let folder = store.data();
        crate::layout::make_folder(folder).map_err(|error| IndexFault::Broken {
            why: format!("{}: {error}", folder.display()),
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let index = Self::connect(store, flags)?;
        match index.layout()? {
            LAYOUT => Ok(index),
            0 => index.make(),
            other => Err(IndexFault::Damaged {
                why: format!("its layout is {other}, not {LAYOUT}"),
            }),
        }
    }

    fn make(self) -> Result<Self, IndexFault> {
        // What is lost with the machine's power is made again from the logs.
        self.connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")?;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        // Another process may have been first.
        let made = match self.layout()? {
            LAYOUT => Ok(()),
            _ => self
                .connection
                .execute_batch(&format!("{TABLES} PRAGMA user_version = {LAYOUT};")),
        };
        match made {
            Ok(()) => self.connection.execute_batch("COMMIT")?,
            Err(error) => {
                self.connection.execute_batch("ROLLBACK")?;
                // Tables of somebody else: no index of ours.
                return Err(match IndexFault::from(error) {
                    IndexFault::Broken { why } => IndexFault::Damaged { why },
                    fault @ (IndexFault::Damaged { .. }
                    | IndexFault::Busy
                    | IndexFault::Full
                    | IndexFault::Log(_)) => fault,
                });
            }
        }
        Ok(self)
    }

    fn move_aside(store: &Store) -> Result<PathBuf, IndexFault> {
        let path = Self::path(store);
        let kept = free_name(&path, "bad");
        let broken = |error: std::io::Error| IndexFault::Broken {
            why: format!("{}: {error}", path.display()),
        };
        fs::rename(&path, &kept).map_err(broken)?;
        for end in ["-wal", "-shm"] {
            let mut beside = path.clone().into_os_string();
            beside.push(end);
            let mut to = kept.clone().into_os_string();
            to.push(end);
            match fs::rename(&beside, &to) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(broken(error)),
            }
        }
        Ok(kept)
    }
}

fn stamp(row: &rusqlite::Row<'_>) -> rusqlite::Result<FileStamp> {
    let size: i64 = row.get(1)?;
    let inode: i64 = row.get(3)?;
    Ok(FileStamp {
        size: size.cast_unsigned(),
        modified_ns: row.get(2)?,
        inode: inode.cast_unsigned(),
    })
}

impl Store {
    /// Searches prompts, replies, titles and paths of all sessions, newest session first.
    /// Brings the index up to date before, and makes it anew where it is damaged.
    ///
    /// # Errors
    /// When the index is in use for long, or the folder cannot be read or written.
    pub fn search(
        &self,
        query: &str,
        limit: usize,
    ) -> Result<(Vec<Hit>, Option<IndexNotice>), IndexFault> {
        let (mut index, notice) = Index::open(self)?;
        let first = index
            .catch_up(self, Duration::MAX)
            .and_then(|_| index.search(query, limit));
        match first {
            Err(IndexFault::Damaged { why }) => {
                drop(index);
                let kept = Index::move_aside(self)?;
                let (index, _) = Index::rebuild(self)?;
                let hits = index.search(query, limit)?;
                Ok((hits, Some(IndexNotice::Remade { kept, why })))
            }
            Ok(hits) => Ok((hits, notice)),
            Err(fault) => Err(fault),
        }
    }

    /// Brings one session up to date in the index, for the end of a turn. Stops soon after
    /// `within`; what is missing comes with the next update.
    ///
    /// # Errors
    /// When there is no such session, or the index cannot be used; the session itself is
    /// not touched by that.
    pub fn index_session(
        &self,
        id: &SessionId,
        within: Duration,
    ) -> Result<Option<IndexNotice>, IndexFault> {
        let path = self.path(id)?;
        let (mut index, notice) = Index::open(self)?;
        index.update(&path, within)?;
        Ok(notice)
    }
}

/// Adds or replaces a session's row and returns its key.
fn put_row(change: &rusqlite::Transaction<'_>, row: &Row<'_>) -> Result<i64, IndexFault> {
    let Row {
        id,
        path,
        stamp,
        done,
        updated,
        card,
    } = *row;
    let (size, modified_ns, inode) = match stamp {
        Some(stamp) => (
            stamp.size.cast_signed(),
            stamp.modified_ns,
            stamp.inode.cast_signed(),
        ),
        None => (-1, 0, -1),
    };
    Ok(change.query_row(
        "INSERT INTO session (id, path, size, modified_ns, inode, done, updated, card)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET path = excluded.path, size = excluded.size,
           modified_ns = excluded.modified_ns, inode = excluded.inode, done = excluded.done,
           updated = excluded.updated, card = excluded.card
         RETURNING key",
        params![
            id,
            path,
            size,
            modified_ns,
            inode,
            done.cast_signed(),
            updated.cast_signed(),
            card
        ],
        |row| row.get(0),
    )?)
}

struct Row<'a> {
    id: &'a str,
    path: &'a [u8],
    /// `None` while the session is only partly in: its card is not to be used.
    stamp: Option<FileStamp>,
    done: u64,
    updated: u64,
    card: &'a str,
}
