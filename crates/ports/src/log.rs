//! The append-only log of a session.

use gimlet_protocol::{Entry, EntryId, Fact};
use std::path::PathBuf;

/// Entries in the order of writing.
pub type EntryIter = Box<dyn Iterator<Item = Result<Entry, LogFault>> + Send>;

/// The append-only log of one session. One process writes it at a time.
pub trait SessionLog: Send {
    /// Appends facts as one batch: after a crash either all of them are there or none.
    /// Each follows the one before it; the first follows `parent`. When this returns the
    /// batch survives the death of the process; `sync` makes it survive the machine's.
    ///
    /// # Errors
    /// When nothing was appended.
    fn append(&mut self, parent: Option<EntryId>, facts: Vec<Fact>)
    -> Result<Vec<Entry>, LogFault>;

    /// Waits until everything appended so far is on the disk.
    ///
    /// # Errors
    /// When the disk says no.
    fn sync(&mut self) -> Result<(), LogFault>;

    /// Reads the entries after `after`, or all.
    ///
    /// # Errors
    /// When the log cannot be opened. A line that cannot be read is an `Err` item, and the
    /// items after it go on.
    fn read(&self, after: Option<EntryId>) -> Result<EntryIter, LogFault>;
}

/// Why a log could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFault {
    /// The disk or quota is full. Nothing was appended.
    Full {
        /// The log's file.
        path: PathBuf,
    },
    /// Another process writes this session.
    Locked {
        /// The log's file.
        path: PathBuf,
        /// The other process, where it is known.
        pid: Option<u32>,
    },
    /// A line is damaged.
    Corrupt {
        /// The log's file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A newer version wrote it.
    Newer {
        /// The log's file.
        path: PathBuf,
        /// The format's number in the file.
        found: u64,
        /// The newest number that this program reads.
        known: u64,
    },
    /// There is no such session.
    Missing {
        /// What was looked for, as it follows "there is no session": `` `NAME` `` or `of FOLDER`.
        what: String,
    },
    /// Anything else, in the operating system's words.
    Broken {
        /// The log's file.
        path: PathBuf,
        /// What happened.
        why: String,
    },
}

impl std::fmt::Display for LogFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Full { path } => {
                write!(
                    f,
                    "no space left to write {}; nothing that was shown is lost",
                    path.display()
                )
            }
            Self::Locked {
                path,
                pid: Some(pid),
            } => {
                write!(f, "{} is in use by process {pid}", path.display())
            }
            Self::Locked { path, pid: None } => write!(f, "{} is in use", path.display()),
            Self::Corrupt { path, line, why } => {
                write!(f, "{} line {line}: {why}", path.display())
            }
            Self::Newer { path, found, known } => write!(
                f,
                "{} has format {found}, written by a newer version; this one reads up to {known}",
                path.display()
            ),
            Self::Missing { what } => write!(f, "there is no session {what}"),
            Self::Broken { path, why } => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for LogFault {}
