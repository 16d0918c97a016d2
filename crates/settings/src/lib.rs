//! Settings in layers, the feature registry and the registry of environment variables.
//!
//! [`Settings::load`] merges built-in values, the person's files, the repository's files,
//! the environment, flags and the organisation's files; every effective value knows where
//! it came from. A repository is untrusted: what its files say is filtered before it counts.
//!
//! This crate reads settings files and nothing else. It takes the environment as a value
//! and must never know a provider, a session or a runtime.

mod check;
mod dirs;
mod edit;
mod effective;
mod env;
pub mod env_vars;
mod fault;
mod features;
mod keys;
mod load;
mod merge;
mod notice;
mod parse;
mod read;
mod reference;
mod repository;
mod sandbox;
mod source;
mod tree;
mod variables;

pub use dirs::Dirs;
pub use edit::{with_items, with_value};
pub use effective::{
    AddedDirectory, InstructionFiles, OwnModel, Permissions, Provider, RuleExample, RuleText,
    Settings, UndercoverSettings, WebSettings,
};
pub use env::Env;
pub use env_vars::EnvVar;
pub use fault::{DirsFault, SettingsFault};
pub use features::{Feature, FeatureCard, Features, Stage};
pub use load::{FileSources, FlagValue, LoadSpec};
pub use notice::{Notice, NoticeKind};
pub use reference::{environment_reference, settings_reference, settings_schema};
pub use repository::looks_secret;
pub use sandbox::SandboxSettings;
pub use source::{Layer, Origin, Source};
