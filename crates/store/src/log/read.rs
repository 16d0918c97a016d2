//! Reading a log: in order, in bounded memory, on more than one core.

use super::{
    line::{Header, leading_id, parse_entry},
    lock::Faults as _,
    tail::{Tail, tail},
};
use gimlet_ports::{EntryIter, LogFault};
use gimlet_protocol::{Entry, EntryId};
use std::{
    fs::File,
    io,
    num::NonZero,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

/// How much one worker parses at a time.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;
/// More than this is parsed by workers beside the reader.
const ALONE_BYTES: u64 = 1024 * 1024;
/// More cores than this do not help: the consumer is the limit.
const MAX_WORKERS: usize = 4;

/// A log, to be read. Needs no lock, changes nothing, and may look at a log that another
/// process writes: it shows whole batches only.
#[derive(Clone, Debug)]
pub struct LogView {
    path: PathBuf,
    file: Arc<File>,
}

impl LogView {
    /// Opens a log for reading.
    ///
    /// # Errors
    /// When it is not there, cannot be opened, or is of a newer format.
    pub fn open(path: &Path) -> Result<Self, LogFault> {
        let file = File::open(path).map_err(|error| LogFault::broken_at(path, &error))?;
        let view = Self {
            path: path.to_owned(),
            file: Arc::new(file),
        };
        match view.header() {
            Err(fault @ (LogFault::Newer { .. } | LogFault::Broken { .. })) => Err(fault),
            Ok(_) | Err(_) => Ok(view),
        }
    }

    /// The log's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first line.
    ///
    /// # Errors
    /// When it is damaged or of a newer format.
    pub fn header(&self) -> Result<Header, LogFault> {
        header(&self.file, &self.path)
    }

    /// The entries after `after`, or all, in the order of writing. A damaged line is an
    /// `Err` item with its place; the items after it go on. An entry whose line is damaged
    /// is missing, so that others may name a parent that was not yielded.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, after: Option<EntryId>) -> Result<EntryIter, LogFault> {
        let tail = self.tail()?;
        read(&self.file, &self.path, &tail, after)
    }

    pub(crate) fn tail(&self) -> Result<Tail, LogFault> {
        tail(&self.file).map_err(|error| LogFault::broken_at(&self.path, &error))
    }

    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }
}

pub(crate) fn header(file: &File, path: &Path) -> Result<Header, LogFault> {
    let broken = |error: io::Error| LogFault::broken_at(path, &error);
    let mut line = Vec::new();
    let mut block = [0; 1024];
    loop {
        let read = file
            .read_at(&mut block, line.len() as u64)
            .map_err(broken)?;
        let seen = block.get(..read).unwrap_or_default();
        if let Some(place) = memchr::memchr(b'\n', seen) {
            line.extend_from_slice(seen.get(..place).unwrap_or_default());
            return Header::parse(&line, path);
        }
        line.extend_from_slice(seen);
        if read == 0 || line.len() > 1024 * 1024 {
            let why = "not the first line of a log: it has no end".to_owned();
            return Err(LogFault::Corrupt {
                path: path.to_owned(),
                line: 1,
                why,
            });
        }
    }
}

pub(crate) fn read(
    file: &Arc<File>,
    path: &Path,
    tail: &Tail,
    after: Option<EntryId>,
) -> Result<EntryIter, LogFault> {
    let broken = |error: io::Error| LogFault::broken_at(path, &error);
    let begin = match after {
        None => tail.header_end,
        Some(after) => place_after(file, tail, after).map_err(broken)?,
    };
    let source = Source {
        file: Arc::clone(file),
        begin,
        end: tail.end,
    };
    let length = source.end.saturating_sub(source.begin);
    let chunks = if length <= ALONE_BYTES {
        let items = source.parse(begin, tail.end).map_err(broken)?;
        Chunks::Alone(Some(items))
    } else {
        Chunks::workers(&source, length).map_err(broken)?
    };
    let head = if after.is_none() {
        header(file, path).err()
    } else {
        None
    };
    let items = Items {
        file: Arc::clone(file),
        path: path.to_owned(),
        chunks,
        now: Vec::new().into_iter(),
    };
    Ok(Box::new(head.map(Err).into_iter().chain(items)))
}

/// Where the first line with an id above `after` begins. Ids grow along the file, so this is
/// a search by halves; where a line cannot be read, lines are looked at one by one.
pub(crate) fn place_after(file: &File, tail: &Tail, after: EntryId) -> io::Result<u64> {
    // Every line that begins before `low` has an id of at most `after`; every line that
    // begins at or behind `bound` has a greater one, or there is none.
    let (mut low, mut bound) = (tail.header_end, tail.end);
    while bound - low > 4096 {
        let middle = low + (bound - low) / 2;
        let start = next_line(file, middle, bound)?;
        if start >= bound {
            bound = middle;
            continue;
        }
        match id_at(file, start, tail.end)? {
            Some(id) if id <= after => low = start,
            Some(_) => bound = start,
            None => break,
        }
    }
    while low < tail.end {
        let readable = id_at(file, low, tail.end)?;
        if readable.is_some_and(|id| id > after) {
            break;
        }
        low = next_line(file, low + 1, tail.end)?;
    }
    Ok(low)
}

/// The start of the first line that begins at `from` or behind it, at most `limit`.
pub(crate) fn next_line(file: &File, from: u64, limit: u64) -> io::Result<u64> {
    let mut at = from.saturating_sub(1);
    let mut block = vec![0; 16 * 1024];
    while at < limit {
        let read = file.read_at(&mut block, at)?;
        if read == 0 {
            break;
        }
        if let Some(place) = memchr::memchr(b'\n', block.get(..read).unwrap_or_default()) {
            return Ok((at + place as u64 + 1).min(limit));
        }
        at += read as u64;
    }
    Ok(limit)
}

fn id_at(file: &File, start: u64, end: u64) -> io::Result<Option<EntryId>> {
    let mut head = [0; 32];
    let read = file.read_at(&mut head, start)?;
    if let Some(id) = leading_id(head.get(..read).unwrap_or_default()) {
        return Ok(Some(id));
    }
    let stop = next_line(file, start + 1, end)?;
    let line = slice(file, start, stop)?;
    Ok(super::line::RawEntry::parse(&line).map(|raw| raw.id))
}

pub(crate) fn slice(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

type Item = Result<Entry, Damage>;

/// A line that cannot be read. Its number is counted only when someone asks.
enum Damage {
    Line { start: u64, why: String },
    Disk(io::Error),
}

#[derive(Clone)]
struct Source {
    file: Arc<File>,
    begin: u64,
    end: u64,
}

impl Source {
    /// Parses the lines that begin in `from..to`.
    fn parse(&self, from: u64, to: u64) -> io::Result<Vec<Item>> {
        let start = if from == self.begin {
            from
        } else {
            next_line(&self.file, from, to)?
        };
        if start >= to {
            return Ok(Vec::new());
        }
        let stop = next_line(&self.file, to, self.end)?;
        let bytes = slice(&self.file, start, stop)?;
        let mut items = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |place| place + 1);
            let line = rest.get(..length).unwrap_or_default();
            items.push(parse_entry(line).map_err(|why| Damage::Line {
                start: start + at as u64,
                why,
            }));
            at += length;
        }
        Ok(items)
    }
}

enum Chunks {
    Alone(Option<Vec<Item>>),
    Workers {
        from: Vec<Receiver<Vec<Item>>>,
        turn: usize,
        left: u64,
    },
}

impl Chunks {
    /// Starts threads that parse every n-th chunk. Each is at most two chunks ahead of the
    /// consumer, and ends when the consumer goes.
    fn workers(source: &Source, length: u64) -> io::Result<Self> {
        let count = length.div_ceil(CHUNK_BYTES);
        let workers = thread::available_parallelism()
            .map_or(1, NonZero::get)
            .clamp(1, MAX_WORKERS);
        let mut from = Vec::new();
        for worker in 0..workers as u64 {
            let (to, receiver) = sync_channel(1);
            let source = source.clone();
            let step = workers as u64;
            thread::Builder::new()
                .name("log-reader".to_owned())
                .spawn(move || work(&source, worker, step, &to))?;
            from.push(receiver);
        }
        Ok(Self::Workers {
            from,
            turn: 0,
            left: count,
        })
    }

    fn next(&mut self) -> Option<Vec<Item>> {
        match self {
            Self::Alone(items) => items.take(),
            Self::Workers { from, turn, left } => {
                *left = left.checked_sub(1)?;
                let receiver = from.get(*turn)?;
                *turn = (*turn + 1) % from.len();
                Some(receiver.recv().unwrap_or_else(|_| {
                    *left = 0;
                    vec![Err(Damage::Disk(io::Error::other(
                        "a reader of the log ended early",
                    )))]
                }))
            }
        }
    }
}

fn work(source: &Source, first: u64, step: u64, to: &SyncSender<Vec<Item>>) {
    let mut chunk = first;
    loop {
        let from = source.begin + chunk * CHUNK_BYTES;
        if from >= source.end {
            return;
        }
        let until = (from + CHUNK_BYTES).min(source.end);
        let items = source
            .parse(from, until)
            .unwrap_or_else(|error| vec![Err(Damage::Disk(error))]);
        if to.send(items).is_err() {
            return;
        }
        chunk += step;
    }
}

struct Items {
    file: Arc<File>,
    path: PathBuf,
    chunks: Chunks,
    now: std::vec::IntoIter<Item>,
}

impl Iterator for Items {
    type Item = Result<Entry, LogFault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.now.next() {
                return Some(item.map_err(|damage| self.fault(damage)));
            }
            self.now = self.chunks.next()?.into_iter();
        }
    }
}

impl Items {
    fn fault(&self, damage: Damage) -> LogFault {
        let path = self.path.clone();
        match damage {
            Damage::Line { start, why } => match line_number(&self.file, start) {
                Ok(line) => LogFault::Corrupt { path, line, why },
                Err(error) => LogFault::broken_at(&path, &error),
            },
            Damage::Disk(error) => LogFault::broken_at(&path, &error),
        }
    }
}

/// The number of the line that begins at `start`, from 1.
fn line_number(file: &File, start: u64) -> io::Result<u64> {
    let mut block = vec![0; 256 * 1024];
    let (mut at, mut line) = (0, 1);
    while at < start {
        let read = file.read_at(&mut block, at)?;
        if read == 0 {
            break;
        }
        let until = usize::try_from(start - at).map_or(read, |left| left.min(read));
        let seen = block.get(..until).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', seen).count() as u64;
        at += read as u64;
    }
    Ok(line)
}
