//! Turns what the operating system says into the fault that a caller can act on.

use gimlet_ports::{FileKind, HostFault};
use std::{
    fmt,
    io::{self, ErrorKind},
    path::Path,
};

/// The fault for an error that an operation on a path met. `doing` is a verb for the rest.
pub(crate) fn path_fault(doing: &str, path: &Path, error: &io::Error) -> HostFault {
    let path = path.to_owned();
    let kind = error.kind();
    if matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory) {
        HostFault::NotFound { path }
    } else if kind == ErrorKind::PermissionDenied {
        HostFault::Denied {
            path,
            why: "permission denied".to_owned(),
        }
    } else if kind == ErrorKind::ReadOnlyFilesystem {
        HostFault::Denied {
            path,
            why: "the file system is read-only".to_owned(),
        }
    } else if matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    ) {
        HostFault::NoSpace { path }
    } else if kind == ErrorKind::AlreadyExists {
        HostFault::Exists { path }
    } else if kind == ErrorKind::IsADirectory {
        HostFault::WrongKind {
            path,
            kind: FileKind::Folder,
        }
    } else {
        broken(&format!("{doing} {}", path.display()), error)
    }
}

/// The fault for anything else. `doing` fits after "failed to".
pub(crate) fn broken(doing: &str, error: &dyn fmt::Display) -> HostFault {
    HostFault::Broken {
        what: format!("{doing}: {error}"),
    }
}
