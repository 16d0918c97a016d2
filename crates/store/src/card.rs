//! What a listing shows of a session, taken from its log alone.

use crate::log::{Faults as _, LogView, RawEntry};
use gimlet_ports::LogFault;
use gimlet_protocol::{Block, Change, Fact, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

/// A session at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCard {
    /// The session.
    pub id: SessionId,
    /// Its log.
    pub path: PathBuf,
    /// Where it works.
    #[serde(with = "gimlet_protocol::path_text")]
    pub cwd: PathBuf,
    /// Its name, where it was given one.
    pub title: Option<String>,
    /// The start of its first prompt.
    pub first_prompt: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last written.
    pub updated: Timestamp,
    /// The id of its last entry and one more: how many entries were written.
    pub entries: u64,
    /// Bytes of the log.
    pub size: u64,
    /// What is wrong with the log, if it cannot be opened.
    pub damage: Option<String>,
}

/// What a file looks like from outside; a card made for another stamp is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    pub(crate) inode: u64,
}

impl FileStamp {
    pub(crate) fn of(path: &Path) -> Result<Self, LogFault> {
        let there = fs::metadata(path).map_err(|error| LogFault::broken_at(path, &error))?;
        let modified_ns = there
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(there.mtime_nsec());
        Ok(Self {
            size: there.len(),
            modified_ns,
            inode: there.ino(),
        })
    }
}

/// How many characters of a prompt a card shows.
pub(crate) const PROMPT_CHARS: usize = 120;
const BLOCK_BYTES: usize = 256 * 1024;
const TITLED: &[u8] = br#""fact":{"type":"configured","#;
const PROMPTED: &[u8] = br#""fact":{"type":"prompted","#;

/// Makes a card by looking through a log for the few lines that matter, without parsing the
/// others.
///
/// # Errors
/// When the file cannot be read.
pub fn scan_card(path: &Path) -> Result<SessionCard, LogFault> {
    let id = crate::layout::session_of(path).ok_or_else(|| LogFault::Missing {
        what: format!("`{}`", path.display()),
    })?;
    let stamp = FileStamp::of(path)?;
    let modified = Timestamp(u64::try_from(stamp.modified_ns / 1_000_000).unwrap_or(0));
    let mut card = SessionCard {
        id,
        path: path.to_owned(),
        cwd: PathBuf::new(),
        title: None,
        first_prompt: None,
        created: modified,
        updated: modified,
        entries: 0,
        size: stamp.size,
        damage: None,
    };
    let view = match LogView::open(path) {
        Ok(view) => view,
        Err(fault @ LogFault::Newer { .. }) => {
            card.damage = Some(fault.to_string());
            return Ok(card);
        }
        Err(fault) => return Err(fault),
    };
    match view.header() {
        Ok(header) => {
            card.cwd = header.cwd;
            card.created = header.created;
            card.updated = header.created;
        }
        Err(fault) => card.damage = Some(fault.to_string()),
    }
    let tail = view.tail()?;
    card.entries = tail.next_id;
    if let Some(at) = tail.last_at {
        card.updated = Timestamp(at);
    }
    Finder {
        view: &view,
        end: tail.end,
        card: &mut card,
    }
    .run()?;
    Ok(card)
}

struct Finder<'a> {
    view: &'a LogView,
    end: u64,
    card: &'a mut SessionCard,
}

impl Finder<'_> {
    fn run(&mut self) -> Result<(), LogFault> {
        let broken = |view: &LogView, error| LogFault::broken_at(view.path(), &error);
        // Blocks overlap by a needle's length, so that none is missed on a border.
        let overlap = TITLED.len().max(PROMPTED.len());
        let titled = memchr::memmem::Finder::new(TITLED);
        let prompted = memchr::memmem::Finder::new(PROMPTED);
        let mut block = vec![0; BLOCK_BYTES];
        let mut at = 0;
        while at < self.end {
            let read = self
                .view
                .file()
                .read_at(&mut block, at)
                .map_err(|e| broken(self.view, e))?;
            let until = usize::try_from(self.end - at).map_or(read, |left| left.min(read));
            let seen = block.get(..until).unwrap_or_default();
            if self.card.first_prompt.is_none()
                && let Some(place) = prompted.find(seen)
            {
                self.look(at + place as u64)
                    .map_err(|e| broken(self.view, e))?;
            }
            for place in titled.find_iter(seen) {
                self.look(at + place as u64)
                    .map_err(|e| broken(self.view, e))?;
            }
            if until < block.len() {
                break;
            }
            at += (until - overlap) as u64;
        }
        Ok(())
    }

    /// Reads the line around a place and takes from it what the card shows.
    fn look(&mut self, place: u64) -> std::io::Result<()> {
        let file = self.view.file();
        // Ids, parent and time stand before the fact: 200 bytes are more than they take.
        let from = place.saturating_sub(200);
        let before = crate::log::slice(file, from, place)?;
        let start = memchr::memrchr(b'\n', &before).map_or(from, |found| from + found as u64 + 1);
        let stop = crate::log::next_line(file, place, self.end)?;
        let line = crate::log::slice(file, start, stop)?;
        let Some(fact) = RawEntry::parse(&line)
            .and_then(|raw| serde_json::from_str::<Fact>(raw.fact.get()).ok())
        else {
            return Ok(());
        };
        if let Fact::Configured(Change::Title { title }) = &fact {
            self.card.title = Some(title.clone());
        }
        if let Fact::Prompted(incoming) = &fact
            && self.card.first_prompt.is_none()
        {
            self.card.first_prompt = Some(shortened(&text_of(&incoming.content), PROMPT_CHARS));
        }
        Ok(())
    }
}

/// The texts of blocks, joined.
pub(crate) fn text_of(blocks: &[Block]) -> String {
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text { text, .. } => Some(text.as_str()),
            Block::Thought { .. }
            | Block::Call(_)
            | Block::Result { .. }
            | Block::Image { .. }
            | Block::Document { .. }
            | Block::Kept { .. } => None,
        })
        .collect();
    texts.join("\n")
}

/// One line of at most `limit` characters.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > limit * 4 {
            break;
        }
    }
    match line.char_indices().nth(limit) {
        Some((end, _)) => {
            line.truncate(end);
            line.push('…');
            line
        }
        None => line,
    }
}
