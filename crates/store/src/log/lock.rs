//! The lock that lets one process at a time write a log.

use gimlet_ports::LogFault;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Held while a log may be written. The operating system frees it when the process dies;
/// the file is removed when it is dropped in order.
#[derive(Debug)]
pub(crate) struct WriterLock {
    path: PathBuf,
    _file: File,
}

impl WriterLock {
    /// Takes the lock of a log, or tells who has it.
    pub(crate) fn take(log: &Path) -> Result<Self, LogFault> {
        let path = log.with_extension("lock");
        let broken = |error: std::io::Error| LogFault::broken_at(&path, &error);
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(broken)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let pid = file
                        .read_to_string(&mut text)
                        .ok()
                        .and_then(|_| text.trim().parse().ok());
                    return Err(LogFault::Locked {
                        path: log.to_owned(),
                        pid,
                    });
                }
                Err(TryLockError::Error(error)) => return Err(broken(error)),
            }
            // The holder before may have removed the file between our open and our lock.
            let ours = file.metadata().map_err(broken)?;
            let there = fs::metadata(&path).ok();
            if there.is_some_and(|there| there.ino() == ours.ino() && there.dev() == ours.dev()) {
                // Only a hint for people: a full disk must not keep a session from opening.
                let named = file
                    .set_len(0)
                    .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
                drop(named);
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // Removed while still locked, so nobody else can have locked this very file.
        drop(fs::remove_file(&self.path));
    }
}

/// Makes faults of operating-system errors.
pub(crate) trait Faults {
    fn broken_at(path: &Path, error: &std::io::Error) -> Self;
}

impl Faults for LogFault {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only a few kinds have a recovery"
    )]
    fn broken_at(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, NotFound, QuotaExceeded, StorageFull};
        let path = path.to_owned();
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full { path },
            NotFound => Self::Missing {
                what: format!("`{}`", path.display()),
            },
            _ => Self::Broken {
                path,
                why: error.to_string(),
            },
        }
    }
}
