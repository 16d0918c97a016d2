//! The local host against real files, real shells and the real ripgrep.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "the lints know test functions, not the functions that these share"
)]

mod agreement;

mod files;
mod lines;
mod oddities;
mod os;
mod search;
mod tree;
mod write;

use gimlet_host::{HostOptions, LocalHost};
use tempfile::TempDir;

fn host() -> LocalHost {
    LocalHost::new(HostOptions::default())
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}
