//! Reads settings files. The only place of this crate that touches files.

use crate::{
    fault::SettingsFault,
    parse::{self, TextOrigin},
    source::Layer,
    tree::Tree,
};
use gimlet_trust::{Withheld, Workspace};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A settings file is never longer; a longer one is a mistake or an attack.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Reads a file that may be missing.
pub(crate) fn file_if_there(path: &Path, layer: Layer) -> Result<Option<Tree>, SettingsFault> {
    match bytes_of(path) {
        Ok(bytes) => tree_of(&bytes, path, layer).map(Some),
        Err(reason)
            if matches!(
                reason.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(reason) => Err(SettingsFault::Unreadable {
            path: path.to_owned(),
            reason,
        }),
    }
}

/// Reads a file of a repository through its gate. The inner error is where a link leads that
/// leaves the repository.
pub(crate) fn repository_file(
    path: &Path,
    layer: Layer,
    workspace: &Workspace,
) -> Result<Result<Option<Tree>, PathBuf>, SettingsFault> {
    let read = if workspace.is_trusted() {
        match workspace.read(path, MAX_FILE_BYTES) {
            Ok(obeyed) => Ok(obeyed.into_bytes()),
            Err(Withheld::Untrusted) => workspace.read_restrictions(path, MAX_FILE_BYTES),
            Err(withheld) => Err(withheld),
        }
    } else {
        workspace.read_restrictions(path, MAX_FILE_BYTES)
    };
    let unreadable = |reason| SettingsFault::Unreadable {
        path: path.to_owned(),
        reason,
    };
    match read {
        Ok(bytes) => tree_of(&bytes, path, layer).map(|tree| Ok(Some(tree))),
        Err(Withheld::Missing | Withheld::Untrusted) => Ok(Ok(None)),
        Err(Withheld::Outside { real }) => Ok(Err(real)),
        Err(Withheld::NotAFile) => Err(unreadable(not_regular())),
        Err(Withheld::TooLong { .. }) => Err(unreadable(too_long())),
        Err(Withheld::Unreadable(reason)) => Err(unreadable(reason)),
    }
}

/// Reads a file that the person named.
pub(crate) fn file(path: &Path, layer: Layer) -> Result<Tree, SettingsFault> {
    let bytes = bytes_of(path).map_err(|reason| SettingsFault::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    tree_of(&bytes, path, layer)
}

/// The `.json` files of a folder in the order of their names. A missing folder has none.
pub(crate) fn json_files(folder: &Path) -> Result<Vec<PathBuf>, SettingsFault> {
    let unreadable = |reason| SettingsFault::Unreadable {
        path: folder.to_owned(),
        reason,
    };
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(reason) => return Err(unreadable(reason)),
    };
    let mut files = Vec::new();
    for item in listing {
        let path = item.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// True when both paths lead to the same file.
pub(crate) fn is_same_file(left: &Path, right: &Path) -> bool {
    left == right || matches!((left.canonicalize(), right.canonicalize()), (Ok(l), Ok(r)) if l == r)
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    // A pipe or a device would block or never end.
    let kind = fs::metadata(path)?;
    if !kind.is_file() {
        return Err(not_regular());
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_long());
    }
    Ok(bytes)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "this is not a regular file")
}

fn too_long() -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("a settings file has at most {MAX_FILE_BYTES} bytes"),
    )
}

fn tree_of(bytes: &[u8], path: &Path, layer: Layer) -> Result<Tree, SettingsFault> {
    let from = TextOrigin::File(Arc::new(path.to_owned()));
    match std::str::from_utf8(bytes) {
        Ok(text) => parse::parse(text, layer, &from),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let before = std::str::from_utf8(before).unwrap_or_default();
            Err(parse::not_utf8(before, layer, &from))
        }
    }
}
