//! The credentials file: readable by its owner alone, replaced as a whole.

use super::CredentialFault;
use crate::layout::make_folder;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// What the file holds. No `Debug`: it would show secrets.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Secrets by name.
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, String>,
    /// Names of the secrets that are in the keyring.
    #[serde(default)]
    pub(super) keyring: BTreeSet<String>,
}

/// Reads the file; nothing is kept where there is none.
pub(super) fn read(path: &Path) -> Result<Kept, CredentialFault> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
        Err(error) => return Err(disk(path, &error)),
    };
    // The open file is asked, not the path, so that nothing can change between.
    let mode = file
        .metadata()
        .map_err(|error| disk(path, &error))?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o077 != 0 {
        return Err(CredentialFault::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(|error| disk(path, &error))?;
    serde_json::from_str(&text).map_err(|error| CredentialFault::Malformed {
        path: path.to_owned(),
        // The parser's own words could quote a secret.
        why: format!(
            "not a credentials file (line {}, column {})",
            error.line(),
            error.column()
        ),
    })
}

/// Changes the file under a lock, so that two processes do not undo each other's change.
pub(super) fn change(path: &Path, edit: impl FnOnce(&mut Kept)) -> Result<(), CredentialFault> {
    let broken = |error: io::Error| disk(path, &error);
    if let Some(folder) = path.parent() {
        make_folder(folder).map_err(broken)?;
    }
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path.with_extension("lock"))
        .map_err(broken)?;
    lock.lock().map_err(broken)?;
    let mut kept = read(path)?;
    edit(&mut kept);
    // A link, as some people's configuration folders have it, stays a link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = serde_json::to_vec_pretty(&kept).map_err(|error| disk(path, &error.into()))?;
    replace(&target, &text).map_err(broken)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh: PathBuf = path.with_extension(format!("{}.new", std::process::id()));
    // A file that a process of the same id left behind when it died.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(bytes)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        crate::log::sync_folder(path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&fresh)))
}

fn disk(path: &Path, error: &io::Error) -> CredentialFault {
    CredentialFault::Disk {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
