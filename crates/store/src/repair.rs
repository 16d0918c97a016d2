//! Repairing a damaged log: a readable copy takes its place, the original stays beside it.

use crate::{
    Store,
    layout::canonical,
    log::{
        FORMAT, Faults as _, Header, LogView, RawEntry, WriterLock, free_name, parse_entry, slice,
        sync_folder,
    },
};
use gimlet_ports::LogFault;
use gimlet_protocol::{EntryId, Fact, SessionId, Timestamp};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// What a repair found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairReport {
    /// The log.
    pub path: PathBuf,
    /// Each damaged line, with its place and what is wrong with it. None: nothing was done.
    pub damaged: Vec<LogFault>,
    /// Entries that now follow another one, because the one that they followed is lost.
    pub relinked: Vec<EntryId>,
    /// How many entries were kept.
    pub kept_entries: u64,
    /// Where the damaged original is, where there was damage.
    pub original: Option<PathBuf>,
}

impl Store {
    /// Checks every line of a log and, where some are damaged, puts a copy without them in
    /// its place. The original is kept beside it, byte for byte. Undamaged lines are kept
    /// byte for byte too, with their ids, so that ids have gaps afterwards.
    ///
    /// # Errors
    /// When it is missing, of a newer format, in use, or the copy cannot be written; the
    /// log is as it was then.
    pub fn repair(&self, id: &SessionId) -> Result<RepairReport, LogFault> {
        let path = self.path(id)?;
        // A newer format is refused before anything is locked.
        drop(LogView::open(&path)?);
        let _lock = WriterLock::take(&path)?;
        let view = LogView::open(&path)?;
        let length = view.tail()?.file_len;
        let bytes =
            slice(view.file(), 0, length).map_err(|error| LogFault::broken_at(&path, &error))?;
        let mut mend = Mend::new(&path);
        mend.read(id, &bytes)?;
        let mut report = RepairReport {
            path: path.clone(),
            damaged: mend.damaged,
            relinked: mend.relinked,
            kept_entries: mend.kept_entries,
            original: None,
        };
        if !report.damaged.is_empty() {
            report.original = Some(swap(&path, &mend.out)?);
        }
        Ok(report)
    }
}

/// Keeps the original under another name and puts the copy in its place, in one step.
fn swap(path: &Path, bytes: &[u8]) -> Result<PathBuf, LogFault> {
    let fresh = free_name(path, "mended");
    let kept = free_name(path, "damaged");
    let work = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::hard_link(path, &kept)?;
        fs::rename(&fresh, path)?;
        sync_folder(path)
    };
    work().map_err(|error| {
        drop(fs::remove_file(&fresh));
        LogFault::broken_at(path, &error)
    })?;
    Ok(kept)
}

struct Mend {
    path: PathBuf,
    out: Vec<u8>,
    damaged: Vec<LogFault>,
    relinked: Vec<EntryId>,
    kept_entries: u64,
    kept_ids: Vec<EntryId>,
    /// Where in `out` the batch begins whose end was not seen yet.
    batch_start: usize,
    /// How many of `kept_ids` stand before it.
    whole_entries: usize,
    /// The last whole line was damaged.
    ends_in_damage: bool,
}

impl Mend {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            out: Vec::new(),
            damaged: Vec::new(),
            relinked: Vec::new(),
            kept_entries: 0,
            kept_ids: Vec::new(),
            batch_start: 0,
            whole_entries: 0,
            ends_in_damage: false,
        }
    }

    fn damage(&mut self, line: u64, why: String) {
        self.damaged.push(LogFault::Corrupt {
            path: self.path.clone(),
            line,
            why,
        });
    }

    fn read(&mut self, id: &SessionId, bytes: &[u8]) -> Result<(), LogFault> {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let header = match first.strip_suffix(b"\n") {
            Some(line) => Header::parse(line, &self.path),
            None => Err(LogFault::Corrupt {
                path: self.path.clone(),
                line: 1,
                why: "not the first line of a log: it has no end".to_owned(),
            }),
        };
        match header {
            Ok(_) => self.out.extend_from_slice(first),
            Err(fault @ LogFault::Corrupt { .. }) => {
                self.damaged.push(fault);
                let header = header_from(id, bytes);
                let line = header.to_line().map_err(|error| LogFault::Broken {
                    path: self.path.clone(),
                    why: error.to_string(),
                })?;
                self.out.extend_from_slice(&line);
                // The first line may be an entry: then only the header is lost.
                if parse_entry(first).is_ok() {
                    self.entry(1, first)?;
                }
            }
            Err(fault) => return Err(fault),
        }
        if self.kept_ids.is_empty() {
            self.batch_start = self.out.len();
        }
        for (line, number) in lines.zip(2..) {
            self.entry(number, line)?;
        }
        self.end_batch();
        Ok(())
    }

    fn entry(&mut self, number: u64, line: &[u8]) -> Result<(), LogFault> {
        if !line.ends_with(b"\n") {
            self.damage(number, "the line was never finished".to_owned());
            return Ok(());
        }
        if let Err(why) = parse_entry(line) {
            self.damage(number, why);
            self.ends_in_damage = true;
            return Ok(());
        }
        let Some(mut raw) = RawEntry::parse(line) else {
            return Ok(());
        };
        if self.kept_ids.last().is_some_and(|last| raw.id <= *last) {
            self.damage(number, format!("entry {} comes a second time", raw.id));
            return Ok(());
        }
        let lost = raw
            .parent
            .filter(|parent| self.kept_ids.binary_search(parent).is_err());
        if let Some(parent) = lost {
            let before = self.kept_ids.partition_point(|id| *id < parent);
            raw.parent = before
                .checked_sub(1)
                .and_then(|place| self.kept_ids.get(place))
                .copied();
            self.relinked.push(raw.id);
            if self.damaged.is_empty() {
                self.damage(
                    number,
                    format!("it follows entry {parent}, which is not there"),
                );
            }
            serde_json::to_writer(&mut self.out, &raw).map_err(|error| LogFault::Broken {
                path: self.path.clone(),
                why: error.to_string(),
            })?;
            self.out.push(b'\n');
        } else {
            self.out.extend_from_slice(line);
        }
        self.kept_ids.push(raw.id);
        self.kept_entries += 1;
        self.ends_in_damage = false;
        if !raw.more {
            self.batch_start = self.out.len();
            self.whole_entries = self.kept_ids.len();
        }
        Ok(())
    }

    /// An unfinished batch at the end was never acknowledged and goes; one whose last line
    /// is damaged was, and stays.
    fn end_batch(&mut self) {
        if self.batch_start == self.out.len() {
            return;
        }
        let ids = self.kept_ids.split_off(self.whole_entries);
        if !self.ends_in_damage {
            self.out.truncate(self.batch_start);
            self.kept_entries = self.whole_entries as u64;
            self.relinked.retain(|id| !ids.contains(id));
            let number = memchr::memchr_iter(b'\n', &self.out).count() as u64 + 1;
            self.damage(
                number,
                "the batch that begins here was never finished".to_owned(),
            );
            return;
        }
        let end = self.out.len().saturating_sub(1);
        let start = self
            .out
            .get(..end)
            .and_then(|before| memchr::memrchr(b'\n', before))
            .map_or(0, |place| place + 1);
        let line = self.out.split_off(start);
        let mended = RawEntry::parse(&line).and_then(|mut raw| {
            raw.more = false;
            serde_json::to_vec(&raw).ok()
        });
        match mended {
            Some(mended) => {
                self.out.extend_from_slice(&mended);
                self.out.push(b'\n');
            }
            None => self.out.extend_from_slice(&line),
        }
    }
}

/// A header from what the log's own entries say.
fn header_from(id: &SessionId, bytes: &[u8]) -> Header {
    let mut header = Header {
        gimlet_log: FORMAT,
        session: id.clone(),
        created: Timestamp(0),
        cwd: PathBuf::new(),
        forked_from: None,
    };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Ok(entry) = parse_entry(line) else {
            continue;
        };
        if header.created.0 == 0 {
            header.created = entry.at;
        }
        if let Fact::Opened(opened) = entry.fact {
            header.cwd = canonical(&opened.cwd);
            header.forked_from = opened.forked_from;
            break;
        }
    }
    header
}
