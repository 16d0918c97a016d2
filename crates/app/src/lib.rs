//! The composition root: settings, adapters, hosts and judges become sessions.
//!
//! Everything that the command line and the front ends need is built here and nowhere else;
//! this crate must never know how anything is drawn.

mod auth;
mod background;
mod bill;
pub mod cases;
mod demo;
mod doctor;
mod explain;
mod files;
mod gate;
pub mod grants;
mod launch;
mod ledger;
mod local;
mod memory;
mod memory_log;
mod models;
mod outbound;
mod sandbox;
mod sessions;
mod snapshots;
mod surroundings;
mod tape;
mod tools;
mod trust;
pub mod undercover;
mod upkeep;
mod web;
mod workers;
mod worktrees;

pub use auth::{
    AuthFault, KeyPlace, PROVIDERS, ProviderKeys, login, logout, status as auth_status,
};
pub use background::{Stopped, TaskRow, TaskState, stop_task, task_rows};
pub use bill::{
    BillBy, BillLine, BilledRequest, CacheAlarm, bill, bill_total, billed, cache_alarms,
};
pub use demo::{Demo, DemoFault};
pub use doctor::{Check, Finding, examine};
pub use explain::{Explained, explain};
pub use files::project_files;
pub use gimlet_providers::PUBLIC_CATALOGUE;
pub use launch::{Answers, Launch, Persistence, TrustFlag, git};
pub use ledger::{AskerSum, ContextReport, CostReport, CostRow, context_report, cost_report};
pub use memory::{
    LeftOut, MemoryRow, MemoryScope, MemoryState, MemorySurvey, NoteTo, NoteWritten, add_note,
    memory_survey,
};
pub use models::{
    FIRST_MODEL, KeySource,
    cards::{ModelRow, catalogue_day, model_rows, update_models},
    known_card,
};
pub use sandbox::{bounds_by_hand, strength as sandbox_strength};
pub use sessions::Hub;
pub use snapshots::{CleanHow, Past, PastFault, SnapshotReport, clean_snapshots, snapshot_report};
pub use tape::{
    Deck, Difference, DifferenceKind, FolderCopy, Player, Recorder, ReplayReport, Tape, TapeFault,
    replay,
};
pub use tools::{ToolRow, tool_rows};
pub use trust::{
    TrustReport, TrustState, grant as grant_trust, report as trust_report, revoke as revoke_trust,
    trusted_folders,
};
pub use web::web_without_search;
pub use worktrees::{WorktreeFault, WorktreeRow, WorktreeState, Worktrees};

pub use gimlet_trust::Capability;

/// The permission engine, for commands that explain it.
pub use gimlet_policy as policy;
/// Sessions as they are stored, for commands that look at them without opening them.
pub use gimlet_store as store;
