//! Whether somebody else could have written a file.

use rustix::process::geteuid;
use std::{
    fmt, fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// Others in the group, and everyone else, may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A file or folder that somebody else may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub why: &'static str,
}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.why)
    }
}

/// Who may write a file or folder beside the person and the machine's administrator, if
/// anybody. What is not there can be written by nobody.
pub fn others_may_write(path: &Path) -> Option<Unsafe> {
    let info = fs::metadata(path).ok()?;
    let why = if info.uid() != 0 && info.uid() != geteuid().as_raw() {
        "belongs to somebody else"
    } else if info.mode() & WRITABLE_BY_OTHERS != 0 {
        "can be written by others"
    } else {
        return None;
    };
    Some(Unsafe {
        path: path.to_owned(),
        why,
    })
}
