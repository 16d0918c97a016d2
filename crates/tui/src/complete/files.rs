//! Files and folders by fuzzy match, among hundreds of thousands.
//!
//! Paths are handed in as the walk finds them, which has left out what is ignored. They are kept
//! as folders and names, a third of their length. A search goes over them in steps of a bounded
//! cost, so that a key is never late: what was found so far can be shown after each step, and a
//! query that only grew goes over what matched before.

use super::Fuzzy;
use nucleo_matcher::Config;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// Paths that are kept; further ones are not offered, and [`Files::is_full`] says so.
pub const MOST_PATHS: usize = 1_000_000;
/// Paths that one step of a search compares: two to four milliseconds on a machine that is busy.
pub const STEP: usize = 8_000;

/// The paths that can be mentioned.
#[derive(Debug, Default)]
pub struct Files {
    /// Every folder with its slash at the end; the first is the top, which is empty.
    folders: Vec<Box<str>>,
    folder_numbers: HashMap<Box<str>, u32>,
    names: String,
    entries: Vec<Entry>,
    is_full: bool,
    search: Option<Search>,
}

/// A file, or with an empty name a folder.
#[derive(Clone, Copy, Debug)]
struct Entry {
    folder: u32,
    name_start: u32,
    name_length: u16,
    /// A bit for each letter and digit in the path.
    letters: u64,
}

/// A path that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The path; that of a folder ends with a slash.
    pub path: String,
    /// Where the letters that matched begin, in bytes.
    pub places: Vec<usize>,
}

/// Whether a search has seen every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There are paths that were not compared yet; what is found may get better.
    More,
    /// Every path was compared.
    Complete,
}

#[derive(Debug)]
struct Search {
    query: String,
    letters: u64,
    fuzzy: Fuzzy,
    /// The entries that matched so far, in their order.
    matched: Vec<u32>,
    /// The entries that matched a shorter query, and how many of these were looked at.
    among: Vec<u32>,
    seen: usize,
    /// The first entry that is not among them and was not looked at.
    next: usize,
    /// How many were passed over by their letters.
    skipped: usize,
    best: BinaryHeap<Reverse<Ranked>>,
}

/// The better of two is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    score: u16,
    shortness: Reverse<usize>,
    earlier: Reverse<u32>,
}

/// Hits that are kept of a search.
const MOST_HITS: usize = 100;

impl Files {
    /// Adds paths from the top of the project, with slashes between the parts. Folders need not
    /// be named: they are known from their files.
    pub fn add<'p>(&mut self, paths: impl IntoIterator<Item = &'p str>) {
        for path in paths {
            if self.entries.len() >= MOST_PATHS {
                self.is_full = true;
                return;
            }
            let path = path.strip_prefix("./").unwrap_or(path);
            let (folder, name) = path
                .rfind('/')
                .map_or(("", path), |at| path.split_at(at + 1));
            let number = self.folder(folder);
            if !name.is_empty() {
                self.entry(number, folder, name);
            }
        }
    }

    /// How many files and folders there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether paths were left out because there are too many.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The number of a folder, which is made an entry with all folders around it.
    fn folder(&mut self, folder: &str) -> u32 {
        if let Some(number) = self.folder_numbers.get(folder) {
            return *number;
        }
        let inner = folder.trim_end_matches('/');
        if !folder.is_empty() {
            let around = inner
                .rfind('/')
                .map_or("", |at| folder.get(..=at).unwrap_or(""));
            self.folder(around);
        }
        let number = u32::try_from(self.folders.len()).unwrap_or(u32::MAX);
        self.folders.push(folder.into());
        self.folder_numbers.insert(folder.into(), number);
        if !folder.is_empty() {
            self.entry(number, folder, "");
        }
        number
    }

    fn entry(&mut self, number: u32, folder: &str, name: &str) {
        let (Ok(name_start), Ok(name_length)) =
            (u32::try_from(self.names.len()), u16::try_from(name.len()))
        else {
            self.is_full = true;
            return;
        };
        self.names.push_str(name);
        self.entries.push(Entry {
            folder: number,
            name_start,
            name_length,
            letters: letters(folder) | letters(name),
        });
    }

    /// Writes the path of an entry over what is in the buffer.
    fn write_path(&self, entry: Entry, path: &mut String) {
        path.clear();
        let folder = self.folders.get(entry.folder as usize);
        path.push_str(folder.map_or("", |folder| folder));
        let start = entry.name_start as usize;
        let end = start + usize::from(entry.name_length);
        path.push_str(self.names.get(start..end).unwrap_or_default());
    }

    /// Begins the search for a query, and takes its first step. The same query again goes on
    /// where it was, with the paths that were added since.
    pub fn search(&mut self, query: &str) -> Progress {
        let old = self.search.take();
        self.search = Some(match old {
            Some(old) if old.query == query => old,
            Some(old) if is_narrower(&old.query, query) && old.is_complete(self.entries.len()) => {
                Search::new(query, old.matched, old.next)
            }
            _ => Search::new(query, Vec::new(), 0),
        });
        self.advance(STEP)
    }

    /// Compares up to so many further paths.
    pub fn advance(&mut self, most: usize) -> Progress {
        let Some(mut search) = self.search.take() else {
            return Progress::Complete;
        };
        let mut path = String::new();
        let mut compared = 0;
        while compared < most {
            let Some(number) = search.next(self.entries.len()) else {
                break;
            };
            let Some(entry) = self.entries.get(number as usize) else {
                break;
            };
            // To see that letters are missing costs next to nothing.
            if entry.letters & search.letters != search.letters {
                search.skipped += 1;
                compared += usize::from(search.skipped.is_multiple_of(16));
                continue;
            }
            compared += 1;
            self.write_path(*entry, &mut path);
            search.compare(number, &path);
        }
        let is_complete = search.is_complete(self.entries.len());
        self.search = Some(search);
        if is_complete {
            Progress::Complete
        } else {
            Progress::More
        }
    }

    /// The best paths of the search so far, the best first.
    pub fn hits(&mut self, most: usize) -> Vec<Hit> {
        let Some(mut search) = self.search.take() else {
            return Vec::new();
        };
        let mut ranked: Vec<Ranked> = search.best.iter().map(|Reverse(ranked)| *ranked).collect();
        ranked.sort_unstable_by_key(|ranked| Reverse(*ranked));
        let mut hits = Vec::new();
        for Ranked { earlier, .. } in ranked.into_iter().take(most) {
            let Some(entry) = self.entries.get(earlier.0 as usize) else {
                continue;
            };
            let mut path = String::new();
            self.write_path(*entry, &mut path);
            let places = search.fuzzy.places(&path);
            hits.push(Hit { path, places });
        }
        self.search = Some(search);
        hits
    }
}

impl Search {
    fn new(query: &str, among: Vec<u32>, next: usize) -> Self {
        Self {
            query: query.to_owned(),
            letters: letters(
                query
                    .split(|c: char| !c.is_ascii())
                    .collect::<String>()
                    .as_str(),
            ),
            fuzzy: Fuzzy::new(query, Config::DEFAULT.match_paths()),
            matched: Vec::new(),
            among,
            seen: 0,
            next,
            skipped: 0,
            best: BinaryHeap::new(),
        }
    }

    /// The number of the next entry to look at.
    fn next(&mut self, entries: usize) -> Option<u32> {
        if let Some(number) = self.among.get(self.seen) {
            self.seen += 1;
            return Some(*number);
        }
        let number = u32::try_from(self.next)
            .ok()
            .filter(|_| self.next < entries)?;
        self.next += 1;
        Some(number)
    }

    fn is_complete(&self, entries: usize) -> bool {
        self.seen >= self.among.len() && self.next >= entries
    }

    fn compare(&mut self, number: u32, path: &str) {
        let Some(score) = self.fuzzy.score(path) else {
            return;
        };
        self.matched.push(number);
        let ranked = Ranked {
            score: score.saturating_add(bonus(&self.query, path)),
            shortness: Reverse(path.len()),
            earlier: Reverse(number),
        };
        if self.best.len() < MOST_HITS {
            self.best.push(Reverse(ranked));
        } else if self
            .best
            .peek()
            .is_some_and(|Reverse(worst)| *worst < ranked)
        {
            self.best.pop();
            self.best.push(Reverse(ranked));
        }
    }
}

/// What is sought is most often the name, whole or its start.
fn bonus(query: &str, path: &str) -> u16 {
    let inner = path.strip_suffix('/').unwrap_or(path);
    let name = inner.rsplit('/').next().unwrap_or(inner);
    let starts = |text: &str| {
        let start = text.get(..query.len());
        !query.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(query))
    };
    match (starts(path), starts(name), name.len() == query.len()) {
        (_, true, true) => 60,
        (true, _, _) | (_, true, _) => 30,
        _ => 0,
    }
}

/// Whether whatever matches the second matched the first.
fn is_narrower(first: &str, second: &str) -> bool {
    let is_same_case = |text: &str| !text.contains(char::is_uppercase);
    second.starts_with(first) && is_same_case(first) && is_same_case(second)
}

/// A bit for each letter of the alphabet, each digit and a few signs. A path with letters of
/// another alphabet has every bit: one of them may stand for one of these.
fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |bits, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'A'..=b'Z' => byte - b'A',
            b'0'..=b'9' => 26 + byte - b'0',
            b'_' => 36,
            b'-' => 37,
            b'.' => 38,
            0x80.. => return u64::MAX,
            _ => return bits,
        };
        bits | 1 << bit
    })
}
