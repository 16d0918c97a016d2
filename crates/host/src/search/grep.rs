//! Finding lines by pattern, with ripgrep's meaning of each flag.

use crate::{
    fault::path_fault,
    files::{kind_of, open_file},
    search::{
        collect::Collector,
        sink::HitSink,
        walk::{self, FirstLook},
    },
};
use gimlet_ports::{FileKind, GrepFound, GrepMode, GrepQuery, HostFault, Stop};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, MmapChoice, Searcher, SearcherBuilder};
use ignore::{DirEntry, WalkBuilder, overrides::OverrideBuilder, types::TypesBuilder};
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// As much of one file is held at once, at most: a line, or all of it where a match may span
/// lines.
const HEAP_BYTES: usize = 256 * 1024 * 1024;

/// Finds lines by pattern.
pub(crate) fn grep(query: &GrepQuery, stop: &Stop) -> Result<GrepFound, HostFault> {
    let root = &query.root;
    let meta = fs::metadata(root).map_err(|e| path_fault("search", root, &e))?;
    let matcher = matcher(query)?;
    let collector = Collector::new(query.offset, query.limit);
    let search = Search {
        query,
        matcher: &matcher,
        stop,
        needed: collector.needed(),
    };
    match kind_of(meta.file_type()) {
        FileKind::File => search.file(collector),
        FileKind::Folder => search.tree(collector),
        kind @ (FileKind::Special | FileKind::Link) => Err(HostFault::WrongKind {
            path: root.clone(),
            kind,
        }),
    }
}

struct Search<'a> {
    query: &'a GrepQuery,
    matcher: &'a RegexMatcher,
    stop: &'a Stop,
    needed: usize,
}

impl Search<'_> {
    /// Searches the one file that was named; its name and content are taken as they are.
    fn file(&self, mut collector: Collector) -> Result<GrepFound, HostFault> {
        let mut searcher = searcher(self.query, BinaryDetection::convert(0));
        let path = &self.query.root;
        // Named alone, a file that cannot be read is the answer, not a remark.
        drop(open_file(path)?);
        self.search(&mut searcher, path, || &mut collector)?;
        Ok(collector.into_found())
    }

    fn tree(&self, mut collector: Collector) -> Result<GrepFound, HostFault> {
        let mut builder = self.walk()?;
        match walk::first_look(&builder, self.stop)? {
            FirstLook::Whole(mut files, unreadable) => {
                collector.unreadable = unreadable;
                files.sort_unstable_by(|a, b| a.path().cmp(b.path()));
                let mut searcher = searcher(self.query, BinaryDetection::quit(0));
                for entry in files {
                    if collector.is_past(entry.path()) {
                        break;
                    }
                    self.search(&mut searcher, entry.path(), || &mut collector)?;
                }
                Ok(collector.into_found())
            }
            FirstLook::Large => {
                let shared = Mutex::new(collector);
                walk::in_parallel(&mut builder, self.stop, || {
                    let mut searcher = searcher(self.query, BinaryDetection::quit(0));
                    let shared = &shared;
                    move |found: Result<DirEntry, String>| match found {
                        Ok(entry) if lock(shared).is_past(entry.path()) => {}
                        Ok(entry) => {
                            // Stopping is the only fault, and the walk sees it too.
                            drop(self.search(&mut searcher, entry.path(), || lock(shared)));
                        }
                        Err(what) => lock(shared).unreadable.add(what),
                    }
                })?;
                let collector = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
                Ok(collector.into_found())
            }
        }
    }

    /// Searches one file. The collector is asked for only when there is something to say.
    fn search<C>(
        &self,
        searcher: &mut Searcher,
        path: &Path,
        collector: impl FnOnce() -> C,
    ) -> Result<(), HostFault>
    where
        C: std::ops::DerefMut<Target = Collector>,
    {
        if self.stop.is_cancelled() {
            return Err(HostFault::Stopped);
        }
        let mut sink = HitSink::new(path, self.query, self.matcher, self.stop, self.needed);
        let searched = File::open(path).and_then(|file| {
            let reader = StopReader {
                file,
                stop: self.stop,
            };
            searcher.search_reader(self.matcher, reader, &mut sink)
        });
        if self.stop.is_cancelled() {
            return Err(HostFault::Stopped);
        }
        if let Err(error) = searched {
            collector()
                .unreadable
                .add(format!("{}: {error}", path.display()));
            return Ok(());
        }
        let found = sink.into_hits();
        if !found.hits.is_empty() {
            collector().add(path.to_owned(), found);
        }
        Ok(())
    }

    fn walk(&self) -> Result<WalkBuilder, HostFault> {
        let bad = |error: ignore::Error| HostFault::BadPattern {
            why: error.to_string(),
        };
        let mut builder = walk::builder(&self.query.root);
        if !self.query.globs.is_empty() {
            let mut globs = OverrideBuilder::new(&self.query.root);
            for glob in &self.query.globs {
                globs.add(glob).map_err(bad)?;
            }
            builder.overrides(globs.build().map_err(bad)?);
        }
        if let Some(name) = &self.query.file_type {
            let mut types = TypesBuilder::new();
            types.add_defaults().select(name);
            builder.types(types.build().map_err(bad)?);
        }
        Ok(builder)
    }
}

fn lock(shared: &Mutex<Collector>) -> MutexGuard<'_, Collector> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn matcher(query: &GrepQuery) -> Result<RegexMatcher, HostFault> {
    let mut builder = RegexMatcherBuilder::new();
    builder
        .multi_line(true)
        .case_insensitive(query.ignore_case)
        .ban_byte(Some(0));
    if query.multiline {
        builder.dot_matches_new_line(true);
    } else {
        builder
            .line_terminator(Some(b'\n'))
            .dot_matches_new_line(false);
    }
    builder
        .build(&query.pattern)
        .map_err(|error| HostFault::BadPattern {
            why: error.to_string(),
        })
}

fn searcher(query: &GrepQuery, binary: BinaryDetection) -> Searcher {
    let mut builder = SearcherBuilder::new();
    builder
        .multi_line(query.multiline)
        .memory_map(MmapChoice::never())
        .heap_limit(Some(HEAP_BYTES))
        .binary_detection(binary);
    match query.mode {
        GrepMode::Content => {
            builder
                .line_number(true)
                .before_context(query.before)
                .after_context(query.after);
        }
        GrepMode::Files | GrepMode::Count => {
            builder.line_number(false);
        }
    }
    builder.build()
}

/// Ends a search within one buffer's time.
struct StopReader<'a> {
    file: File,
    stop: &'a Stop,
}

impl Read for StopReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("stopped"));
        }
        self.file.read(buffer)
    }
}
