//! Removing one file.

use crate::{
    fault::path_fault,
    files::open::{kind_of, read},
};
use gimlet_ports::HostFault;
use std::{fs, path::Path};

/// Removes a file, or a link, whose content is what it was expected to be.
pub(crate) fn remove(path: &Path, expect_hash: &str) -> Result<(), HostFault> {
    let fault = |error: std::io::Error| path_fault("remove", path, &error);
    let kind = fs::symlink_metadata(path).map_err(fault)?.file_type();
    if kind.is_dir() {
        return Err(HostFault::WrongKind {
            path: path.to_owned(),
            kind: kind_of(kind),
        });
    }
    let (_, stamp) = read(path, u64::MAX)?;
    if stamp.hash != expect_hash {
        return Err(HostFault::Changed {
            path: path.to_owned(),
        });
    }
    fs::remove_file(path).map_err(fault)
}
