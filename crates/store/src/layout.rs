//! Where things lie below the data folder.

use gimlet_ports::LogFault;
use gimlet_protocol::SessionId;
use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _},
    path::{Path, PathBuf},
};

/// How many characters of a path's end a project's folder shows.
const SHOWN_CHARS: usize = 48;
/// How many digits of the hash it shows; two folders in 2^40 would be alike.
const HASH_DIGITS: usize = 20;

/// The name of the folder with a project's sessions: the end of the path, readable, and a
/// hash of all of it.
pub fn project_key(cwd: &Path) -> String {
    let whole = cwd.as_os_str().as_bytes();
    let hash = blake3::hash(whole).to_hex();
    let hash: String = hash.chars().take(HASH_DIGITS).collect();
    let mut shown = String::new();
    for char in String::from_utf8_lossy(whole).chars() {
        if char.is_ascii_alphanumeric() || matches!(char, '.' | '_') {
            shown.push(char);
        } else if !shown.ends_with('-') {
            shown.push('-');
        }
    }
    let skip = shown.chars().count().saturating_sub(SHOWN_CHARS);
    let shown: String = shown.chars().skip(skip).collect();
    let shown = shown.trim_matches(['-', '.']);
    if shown.is_empty() {
        format!("root-{hash}")
    } else {
        format!("{shown}-{hash}")
    }
}

/// The folder with every link resolved, or as it is where it is gone.
pub(crate) fn canonical(cwd: &Path) -> PathBuf {
    fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned())
}

/// A session id ends up in file names, so it must not lead anywhere else.
pub(crate) fn check_id(id: &SessionId) -> Result<(), LogFault> {
    let text = id.as_str();
    let fits = !text.is_empty()
        && text.len() <= 64
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits {
        Ok(())
    } else {
        Err(LogFault::Missing {
            what: format!("`{text}`"),
        })
    }
}

/// Makes a folder that only its owner can look into.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The names in a folder; none where there is no folder.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = listing
        .map(|item| item.map(|item| item.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The session of a log's path: `<id>.jsonl`.
pub(crate) fn session_of(path: &Path) -> Option<SessionId> {
    if path.extension()? != "jsonl" {
        return None;
    }
    path.file_stem()?.to_str().map(SessionId::from)
}
