//! The beat of open windows: tells afterwards until when the process lived.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, SystemTime},
};

/// How often a window's file is touched while it is open.
const BEAT: Duration = Duration::from_millis(100);
/// What changes later than this after the last beat was not seen by the process any more.
pub(crate) const SLACK: Duration = Duration::from_millis(150);

#[derive(Debug, Default)]
struct Windows {
    paths: Vec<PathBuf>,
    is_running: bool,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    windows: Mutex<Windows>,
    wake: Condvar,
}

/// Touches the files of open windows, from a thread that ends with it.
#[derive(Debug, Default)]
pub(crate) struct Beat(Arc<Shared>);

impl Beat {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.0
            .windows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, path: &Path) {
        let mut windows = self.windows();
        windows.paths.push(path.to_owned());
        if !windows.is_running {
            let shared = Arc::clone(&self.0);
            let thread = thread::Builder::new().name("snapshot-beat".to_owned());
            windows.is_running = thread.spawn(move || run(&shared)).is_ok();
        } else if windows.paths.len() == 1 {
            self.0.wake.notify_all();
        }
    }

    pub(crate) fn remove(&self, path: &Path) {
        self.windows().paths.retain(|known| known != path);
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.windows().is_over = true;
        self.0.wake.notify_all();
    }
}

fn run(shared: &Shared) {
    let mut windows = shared
        .windows
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    while !windows.is_over {
        if windows.paths.is_empty() {
            windows = shared
                .wake
                .wait(windows)
                .unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        let waited = shared.wake.wait_timeout(windows, BEAT);
        windows = waited.unwrap_or_else(PoisonError::into_inner).0;
        let now = SystemTime::now();
        for path in &windows.paths {
            // A window that closes just now has no file any more.
            drop(
                File::options()
                    .append(true)
                    .open(path)
                    .and_then(|file| file.set_modified(now)),
            );
        }
    }
}
