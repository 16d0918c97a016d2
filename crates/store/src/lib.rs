//! What Gimlet keeps: session logs, an index over them, and credentials.
//!
//! A session's log is append-only JSONL and the only truth (`docs/protocol.md` describes the
//! format). The `SQLite` index is a cache that can be deleted at any time. This crate knows
//! nothing of the engine, of providers or of any runtime; everything here is synchronous.

mod active;
mod card;
mod credentials;
mod export;
mod fork;
mod index;
mod layout;
mod log;
mod repair;
pub mod snapshots;
mod store;

pub use active::{ActivePath, active_path};
pub use card::{SessionCard, scan_card};
pub use credentials::{CredentialFault, Credentials, Keyring, Place, Secret, Stored};
pub use export::{ExportFault, export_json, export_markdown};
pub use fork::ForkAt;
pub use index::{Hit, Index, IndexFault, IndexNotice, Progress};
pub use layout::project_key;
pub use log::{FORMAT, Header, LogView, Notice, SessionFile};
pub use repair::RepairReport;
pub use store::{FindFault, Listing, Scope, Store};
