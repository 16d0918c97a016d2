//! The one door to files, processes and the clock.

use crate::{Later, Stop};
use gimlet_protocol::{Confinement, Stamp, Timestamp};
use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The outside world as one session is allowed to see it. Every path is absolute.
///
/// Implementations must not follow a symbolic link out of what they are confined to, must
/// not block the calling thread for long, and must answer or fail within a deadline.
pub trait Host: Send + Sync {
    /// Tells what is at the path, links followed.
    fn stat<'a>(&'a self, path: &'a Path) -> Later<'a, Result<FileInfo, HostFault>>;

    /// Reads a whole file of at most `limit_bytes`.
    fn read<'a>(
        &'a self,
        path: &'a Path,
        limit_bytes: u64,
    ) -> Later<'a, Result<(Vec<u8>, Stamp), HostFault>>;

    /// Reads some lines of a text file in bounded memory, however large the file is.
    fn read_lines<'a>(
        &'a self,
        path: &'a Path,
        window: LineWindow,
        stop: &'a Stop,
    ) -> Later<'a, Result<TextWindow, HostFault>>;

    /// Replaces or creates a file atomically: a reader sees the old bytes or the new, never
    /// a part. Mode and owner of a replaced file are kept; a link is followed, not replaced.
    fn write<'a>(
        &'a self,
        path: &'a Path,
        bytes: &'a [u8],
        how: WriteHow,
    ) -> Later<'a, Result<Stamp, HostFault>>;

    /// Adds bytes to the end of a file, which is made with mode 0600 where it is missing. For
    /// output that grows: neither atomic nor flushed to the disk. This default reads the file
    /// and writes it anew; a host with real files overrides it, so that it costs and holds no
    /// more than the bytes that are added.
    fn append<'a>(&'a self, path: &'a Path, bytes: &'a [u8]) -> Later<'a, Result<(), HostFault>> {
        Box::pin(async move {
            let mut whole = match self.read(path, u64::MAX).await {
                Ok((old, _)) => old,
                Err(HostFault::NotFound { .. }) => Vec::new(),
                Err(fault) => return Err(fault),
            };
            whole.extend_from_slice(bytes);
            let how = WriteHow {
                make_folders: true,
                ..WriteHow::default()
            };
            self.write(path, &whole, how).await.map(drop)
        })
    }

    /// Removes a file, not a folder; of a link the link. Refuses with `Changed` unless the
    /// content has this BLAKE3 hash. A host that cannot do it says so.
    fn remove<'a>(
        &'a self,
        path: &'a Path,
        expect_hash: &'a str,
    ) -> Later<'a, Result<(), HostFault>> {
        let _ = expect_hash;
        Box::pin(async move {
            Err(HostFault::Denied {
                path: path.to_owned(),
                why: "files cannot be removed here".to_owned(),
            })
        })
    }

    /// Lists a folder, sorted by name, at most `limit` items; the flag tells of a cut.
    fn list<'a>(
        &'a self,
        path: &'a Path,
        limit: usize,
    ) -> Later<'a, Result<(Vec<DirItem>, bool), HostFault>>;

    /// Finds files by name.
    fn glob<'a>(
        &'a self,
        query: GlobQuery,
        stop: &'a Stop,
    ) -> Later<'a, Result<GlobFound, HostFault>>;

    /// Finds lines by pattern.
    fn grep<'a>(
        &'a self,
        query: GrepQuery,
        stop: &'a Stop,
    ) -> Later<'a, Result<GrepFound, HostFault>>;

    /// Starts a process in a group of its own.
    fn spawn(&self, launch: Launch) -> Result<Box<dyn Child>, HostFault>;

    /// The same world, whose processes are held to this; `None` where the host cannot hold them.
    fn within(&self, confinement: &Confinement) -> Option<Arc<dyn Host>> {
        let _ = confinement;
        None
    }

    /// Tells whether a process group still has a member, for tasks of an earlier run.
    fn group_lives(&self, group: i32) -> bool;

    /// The time of day.
    fn now(&self) -> Timestamp;
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since the epoch.
    pub modified_ns: i128,
    /// The path with every link resolved.
    pub real: PathBuf,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An ordinary file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link (only in listings; `stat` follows it).
    Link,
    /// A device, socket or pipe. Never read.
    Special,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirItem {
    /// The name as the file system has it.
    pub name: OsString,
    /// What it is, links not followed.
    pub kind: FileKind,
    /// Size in bytes; 0 for folders.
    pub size: u64,
}

/// Which lines of a text to read, and how much at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineWindow {
    /// The first line, from 1.
    pub first: u64,
    /// How many lines at most.
    pub count: u64,
    /// How many bytes of text at most.
    pub limit_bytes: usize,
    /// Longer lines are cut to this many characters, with a note of how many are missing.
    pub line_chars: usize,
}

/// Some lines of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextWindow {
    /// The lines without their ends. Bytes that are not UTF-8 are shown as U+FFFD.
    pub lines: Vec<String>,
    /// The number of the first line, from 1.
    pub first: u64,
    /// How many lines the file has; `None` where counting would have read too much.
    pub total_lines: Option<u64>,
    /// True when `limit_bytes` ended the window before `count` did.
    pub cut_by_bytes: bool,
    /// How many lines were cut in length.
    pub cut_lines: u64,
    /// True when the file holds a NUL byte near its start: it is no text.
    pub binary: bool,
    /// True when some bytes were not UTF-8.
    pub lossy: bool,
    /// The file's state. `hash` is empty unless the whole file was read.
    pub stamp: Stamp,
}

/// How a file is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteHow {
    /// Makes missing folders on the way.
    pub make_folders: bool,
    /// Refuses with `Changed` unless the file's content still has this BLAKE3 hash.
    pub expect_hash: Option<String>,
    /// Refuses with `Exists` when there is a file already.
    pub must_be_new: bool,
}

/// A search for files by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobQuery {
    /// Where to look. Absolute.
    pub root: PathBuf,
    /// gitignore-style glob relative to the root, such as `**/*.rs` or `src/*.{ts,tsx}`.
    pub pattern: String,
    /// How many paths at most, newest first.
    pub limit: usize,
    /// Looks into files that ignore files exclude, too.
    pub include_ignored: bool,
}

/// Files found by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobFound {
    /// Absolute paths, newest first.
    pub paths: Vec<PathBuf>,
    /// How many matched in all.
    pub total: u64,
    /// Folders that could not be read, at most ten.
    pub unreadable: Vec<String>,
}

/// What a search for lines returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrepMode {
    /// The matching lines with their context.
    Content,
    /// The paths of files with a match.
    Files,
    /// The number of matching lines per file.
    Count,
}

/// A search for lines, with ripgrep's meaning of each flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrepQuery {
    /// File or folder. Absolute.
    pub root: PathBuf,
    /// A regular expression in the syntax of the `regex` crate.
    pub pattern: String,
    /// Only files whose path matches one of these (`--glob`, `!` excludes).
    pub globs: Vec<String>,
    /// Only files of this type (`--type`).
    pub file_type: Option<String>,
    /// What to return.
    pub mode: GrepMode,
    /// Lines before a match.
    pub before: usize,
    /// Lines after a match.
    pub after: usize,
    /// `--ignore-case`.
    pub ignore_case: bool,
    /// `--multiline --multiline-dotall`.
    pub multiline: bool,
    /// `--only-matching`.
    pub only_matching: bool,
    /// Skips this many lines (content) or files.
    pub offset: usize,
    /// Returns at most this many lines (content) or files.
    pub limit: usize,
    /// Longer lines are cut to this many characters.
    pub line_chars: usize,
}

/// One line or file that a search returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrepHit {
    /// Absolute.
    pub path: PathBuf,
    /// The line's number, from 1; 0 for files and counts.
    pub line: u64,
    /// The line (content), or empty.
    pub text: String,
    /// False for a line of context; `true` for files and counts.
    pub matched: bool,
    /// Matching lines of the file (count mode), else 0.
    pub count: u64,
    /// True when lines are missing between this one and the one before it.
    pub gap: bool,
}

/// What a search returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrepFound {
    /// In order of path, then line.
    pub hits: Vec<GrepHit>,
    /// True when there was more than `limit`.
    pub more: bool,
    /// How many files had a match, as far as was searched.
    pub files: u64,
    /// How many lines matched, as far as was searched.
    pub matches: u64,
    /// Files or folders that could not be read, at most ten.
    pub unreadable: Vec<String>,
}

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A command line for `bash` (or `sh` where there is none).
    Shell(String),
    /// A program with its arguments, no shell between.
    Argv(Vec<OsString>),
}

/// What a process reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StdinFrom {
    /// Nothing.
    Null,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
}

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtySize {
    /// Lines.
    pub rows: u16,
    /// Characters a line.
    pub columns: u16,
}

/// Where a process's output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputTo {
    /// To `Child::next`, piece by piece; a slow reader slows the process.
    Events,
    /// To this file, both streams in order; created with mode 0600.
    File(PathBuf),
    /// Through a pseudo-terminal to `Child::next`.
    Pty(PtySize),
}

/// A process to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// What to start.
    pub program: Program,
    /// Where it starts. Absolute.
    pub cwd: PathBuf,
    /// Set in its environment, beside what the host passes on.
    pub env: Vec<(String, String)>,
    /// What it reads.
    pub stdin: StdinFrom,
    /// Where its output goes.
    pub output: OutputTo,
    /// Where the shell's last working directory is written, for `Program::Shell`.
    pub final_cwd: Option<PathBuf>,
}

/// Which of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichStream {
    /// Standard output, or a terminal.
    Out,
    /// Standard error.
    Err,
}

/// What a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChildEvent {
    /// It wrote something: at most 64 KiB a piece.
    Output(WhichStream, Vec<u8>),
    /// Its main process ended; the last event.
    Ended(Exit),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// True when other processes of its group were still running and were ended.
    pub left_children: bool,
}

/// A running process. Dropping it ends its whole group at once.
pub trait Child: Send {
    /// The process group.
    fn group(&self) -> i32;

    /// Waits for the next event. May be dropped and called again without loss.
    /// After `Ended` it returns the same `Ended` again.
    fn next(&mut self) -> Later<'_, ChildEvent>;

    /// Asks the group to end (SIGTERM), and ends it (SIGKILL) after `grace`.
    fn end(&mut self, grace: Duration) -> Later<'_, Exit>;

    /// Tells whether it has ended, without waiting.
    fn ended(&mut self) -> Option<Exit>;

    /// What a confinement refused it since this was asked last, each in words.
    fn refused(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Lets it go on when this program has ended, however that ends.
    fn let_outlive(&mut self) {}

    /// Lets it go on without an owner: dropping it would end it.
    fn release(self: Box<Self>);
}

/// Why the host did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostFault {
    /// Nothing is there.
    NotFound {
        /// What was looked for.
        path: PathBuf,
    },
    /// The operating system or the confinement says no.
    Denied {
        /// What was asked for.
        path: PathBuf,
        /// A fragment that says who said no.
        why: String,
    },
    /// It is another kind of thing than was asked for.
    WrongKind {
        /// What was asked for.
        path: PathBuf,
        /// What is there.
        kind: FileKind,
    },
    /// Larger than the limit.
    TooLarge {
        /// What was asked for.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A new file was wanted and there is one.
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The file is not as it was expected to be.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The disk or quota is full.
    NoSpace {
        /// What was written.
        path: PathBuf,
    },
    /// A pattern does not parse.
    BadPattern {
        /// What is wrong with it.
        why: String,
    },
    /// The stop token fired.
    Stopped,
    /// Anything else, in the operating system's words.
    Broken {
        /// A fragment that fits after "failed to …".
        what: String,
    },
}

impl fmt::Display for HostFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => write!(f, "{} does not exist", path.display()),
            Self::Denied { path, why } => write!(f, "{}: {why}", path.display()),
            Self::WrongKind { path, kind } => {
                let kind = match kind {
                    FileKind::File => "a file",
                    FileKind::Folder => "a folder",
                    FileKind::Link => "a symbolic link",
                    FileKind::Special => "a device, socket or pipe",
                };
                write!(f, "{} is {kind}", path.display())
            }
            Self::TooLarge { path, size, limit } => {
                write!(
                    f,
                    "{} has {size} bytes; the limit is {limit}",
                    path.display()
                )
            }
            Self::Exists { path } => write!(f, "{} exists already", path.display()),
            Self::Changed { path } => {
                write!(f, "{} has changed since it was read", path.display())
            }
            Self::NoSpace { path } => write!(f, "no space left to write {}", path.display()),
            Self::BadPattern { why } => write!(f, "bad pattern: {why}"),
            Self::Stopped => f.write_str("stopped"),
            Self::Broken { what } => f.write_str(what),
        }
    }
}

impl std::error::Error for HostFault {}
