//! The files of a folder by name, as a person names them.

use gimlet_host::{HostOptions, LocalHost};
use gimlet_ports::{GlobQuery, Host as _, Stop};
use std::path::Path;

/// Paths from `folder`, as the ignore files let them through, the newest first.
pub async fn project_files(folder: &Path, most: usize) -> Vec<String> {
    let query = GlobQuery {
        root: folder.to_owned(),
        pattern: "**/*".to_owned(),
        limit: most,
        include_ignored: false,
    };
    let found = LocalHost::new(HostOptions::default())
        .glob(query, &Stop::new())
        .await;
    let paths = found.map(|found| found.paths).unwrap_or_default();
    let inside = paths
        .iter()
        .filter_map(|path| path.strip_prefix(folder).ok());
    inside.map(|path| path.display().to_string()).collect()
}
