//! Walking a tree with ripgrep's rules: hidden and ignored files are passed over.
//!
//! A walk begins on one thread. Only a tree that turns out to be large is walked again from
//! the start on several, so that a small one never pays for threads.

use gimlet_ports::{HostFault, Stop};
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::{
    num::NonZero,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Up to here a tree is small.
const SMALL_TREE_FILES: usize = 400;
/// Up to here a walk on one thread is worth finishing.
const SMALL_TREE_TIME: Duration = Duration::from_millis(8);
/// More threads than this do not pay.
const MAX_THREADS: usize = 8;
/// How many unreadable folders are told of.
pub(super) const MAX_UNREADABLE: usize = 10;
/// ripgrep's own ignore file.
const RIPGREP_IGNORE: &str = ".rgignore";

/// Paths that could not be read, in the order of their names, at most ten.
#[derive(Debug, Default)]
pub(super) struct Unreadable(Vec<String>);

impl Unreadable {
    pub(super) fn add(&mut self, what: String) {
        if let Err(at) = self.0.binary_search(&what) {
            self.0.insert(at, what);
            self.0.truncate(MAX_UNREADABLE);
        }
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// A walk over a folder with ripgrep's defaults.
pub(super) fn builder(root: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder.add_custom_ignore_filename(RIPGREP_IGNORE);
    builder
}

/// What a first look at a tree brought.
pub(super) enum FirstLook {
    /// Everything that is there.
    Whole(Vec<DirEntry>, Unreadable),
    /// There is more.
    Large,
}

/// Walks as far as a small tree goes.
pub(super) fn first_look(builder: &WalkBuilder, stop: &Stop) -> Result<FirstLook, HostFault> {
    let began = Instant::now();
    let mut files = Vec::new();
    let mut unreadable = Unreadable::default();
    for found in builder.build() {
        if stop.is_cancelled() {
            return Err(HostFault::Stopped);
        }
        match found {
            Ok(entry) if is_file(&entry) => files.push(entry),
            Ok(_) => {}
            Err(error) => unreadable.add(told(&error)),
        }
        if files.len() > SMALL_TREE_FILES || began.elapsed() > SMALL_TREE_TIME {
            return Ok(FirstLook::Large);
        }
    }
    Ok(FirstLook::Whole(files, unreadable))
}

/// Walks on several threads; each makes a visitor of its own. The visitor is also told of
/// what could not be read.
pub(super) fn in_parallel<V>(
    builder: &mut WalkBuilder,
    stop: &Stop,
    make_visitor: impl Fn() -> V + Sync,
) -> Result<(), HostFault>
where
    V: FnMut(Result<DirEntry, String>) + Send,
{
    builder.threads(threads()).build_parallel().run(|| {
        let mut visit = make_visitor();
        Box::new(move |found| {
            if stop.is_cancelled() {
                return WalkState::Quit;
            }
            match found {
                Ok(entry) if is_file(&entry) => visit(Ok(entry)),
                Ok(_) => {}
                Err(error) => visit(Err(told(&error))),
            }
            WalkState::Continue
        })
    });
    if stop.is_cancelled() {
        Err(HostFault::Stopped)
    } else {
        Ok(())
    }
}

fn threads() -> usize {
    thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_THREADS)
}

/// Links, devices and pipes are passed over, as ripgrep does.
fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
}

/// The path and what the system says of it, once.
fn told(error: &ignore::Error) -> String {
    match (path_of(error), error.io_error()) {
        (Some(path), Some(cause)) => {
            // The outer errors repeat the path.
            let mut innermost: &dyn std::error::Error = cause;
            while let Some(inner) = innermost.source() {
                innermost = inner;
            }
            format!("{}: {innermost}", path.display())
        }
        (_, _) => error.to_string(),
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    if let ignore::Error::WithPath { path, .. } = error {
        Some(path)
    } else if let ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } =
        error
    {
        path_of(err)
    } else {
        None
    }
}
