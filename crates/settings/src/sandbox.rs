//! What the settings say of the confinement of commands.

use crate::{
    effective::{absolute, texts},
    load::LoadSpec,
    tree::Tree,
};
use gimlet_protocol::Strength;
use std::path::PathBuf;

/// What commands are held to.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Turned off.
    pub disabled: bool,
    /// Less than everything is refused.
    pub fail_if_unavailable: bool,
    /// The most that is used, where someone set it.
    pub strength: Option<Strength>,
    /// Confined commands need no question.
    pub auto_allow: bool,
    /// The model may not ask to leave the confinement.
    pub always_confined: bool,
    /// Patterns of commands that run unconfined.
    pub excluded_commands: Vec<String>,
    /// Secret variables that commands get all the same.
    pub pass_env: Vec<String>,
    /// May be written. Absolute, as all the following.
    pub allow_write: Vec<PathBuf>,
    /// May not be written.
    pub deny_write: Vec<PathBuf>,
    /// Cannot be read.
    pub deny_read: Vec<PathBuf>,
    /// Can be read although something around it is hidden.
    pub allow_read: Vec<PathBuf>,
    /// Hosts that are reached.
    pub allowed_domains: Vec<String>,
    /// Hosts that are not.
    pub denied_domains: Vec<String>,
    /// Other hosts are denied, not asked about.
    pub strict_allowlist: bool,
    /// The network is as it is.
    pub open_network: bool,
    /// At most so many processes.
    pub processes: Option<u64>,
    /// At most so much memory a process.
    pub memory_bytes: Option<u64>,
    /// At most so much a file.
    pub file_bytes: Option<u64>,
}

impl SandboxSettings {
    pub(crate) fn of(merged: &Tree, spec: &LoadSpec) -> Self {
        let flag = |key: &str| merged.at(&format!("sandbox.{key}")).and_then(Tree::flag);
        let list = |key: &str| texts(merged.at(&format!("sandbox.{key}")));
        let paths = |key: &str| -> Vec<PathBuf> {
            let texts = list(&format!("filesystem.{key}"));
            texts.iter().map(|path| absolute(path, spec)).collect()
        };
        let number = |key: &str| {
            let tree = merged.at(&format!("sandbox.limits.{key}"))?;
            tree.number()?.as_u64()
        };
        let megabytes = |key: &str| number(key).map(|count| count << 20);
        let strength = merged.at("sandbox.strength").and_then(Tree::text);
        Self {
            disabled: flag("enabled") == Some(false),
            fail_if_unavailable: flag("failIfUnavailable") == Some(true),
            strength: strength.and_then(Strength::named),
            auto_allow: flag("autoAllowBashIfSandboxed") == Some(true),
            always_confined: flag("allowUnsandboxedCommands") == Some(false),
            excluded_commands: list("excludedCommands"),
            pass_env: list("passEnv"),
            allow_write: paths("allowWrite"),
            deny_write: paths("denyWrite"),
            deny_read: paths("denyRead"),
            allow_read: paths("allowRead"),
            allowed_domains: list("network.allowedDomains"),
            denied_domains: list("network.deniedDomains"),
            strict_allowlist: flag("network.strictAllowlist") == Some(true),
            open_network: flag("network.open") == Some(true),
            processes: number("processes"),
            memory_bytes: megabytes("memoryMegabytes"),
            file_bytes: megabytes("fileMegabytes"),
        }
    }
}
