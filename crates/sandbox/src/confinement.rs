//! What a command may do, as the one who starts it says it.

use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// What a confined command may touch. Everything may be read but what is hidden; nothing may be
/// written but what is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Folders and files that may be written, with all below them. Absolute.
    pub write: Vec<PathBuf>,
    /// What stays read-only inside them. What is not there yet cannot be held.
    pub protect: Vec<PathBuf>,
    /// What cannot even be read: keys and the like. Absolute.
    pub hide: Vec<PathBuf>,
    /// Whether the network is there.
    pub network: Network,
    /// How much it may use.
    pub limits: Limits,
    /// The least that must hold; with less nothing runs.
    pub at_least: Strength,
}

/// Whether a command reaches the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Only itself: a loopback of its own.
    #[default]
    Own,
    /// As outside.
    Open,
}

/// How much a confined command may use, all its processes together or each, as the operating
/// system counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Processes and threads of the person that may exist, in all.
    pub processes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of the private temporary folders, each.
    pub temporary_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes: 4_096,
            file_bytes: 64 << 30,
            temporary_bytes: 2 << 30,
        }
    }
}

/// What a system can hold a command to. Ordered: more is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Nothing.
    #[default]
    None,
    /// Landlock and the filter of system calls: no writing elsewhere, no network. Nothing is
    /// hidden, and other processes can be seen.
    Rules,
    /// Namespaces of its own, too.
    Namespaces,
}

impl Strength {
    /// A sentence for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::None => "commands cannot be confined",
            Self::Rules => "writing and the network are confined; nothing is hidden",
            Self::Namespaces => "files, processes and the network are confined",
        }
    }
}

impl Confinement {
    /// The usual one of a workspace: writing in it and in private temporary folders, with the
    /// places protected from which code would run later, and the person's keys hidden.
    pub fn of_workspace(root: &Path, home: Option<&Path>) -> Self {
        let protect = PROTECTED.iter().map(|name| root.join(name)).collect();
        let hide = home
            .map(|home| HIDDEN.iter().map(|name| home.join(name)).collect())
            .unwrap_or_default();
        Self {
            write: vec![root.to_owned()],
            protect,
            hide,
            ..Self::default()
        }
    }

    /// The arguments that follow [`crate::ARG0`] for a command.
    ///
    /// # Errors
    /// When a path is not UTF-8 and so cannot be told.
    pub fn arguments(&self, command: &[OsString]) -> Result<Vec<OsString>, String> {
        let told = serde_json::to_string(self)
            .map_err(|error| format!("the confinement cannot be written down: {error}"))?;
        let mut arguments = vec![OsString::from(told)];
        arguments.extend_from_slice(command);
        Ok(arguments)
    }
}

/// Places of a workspace that make code run later, or decide what may run.
const PROTECTED: [&str; 10] = [
    ".git/hooks",
    ".git/config",
    ".gimlet",
    ".claude",
    ".mcp.json",
    ".vscode",
    ".idea",
    ".envrc",
    ".husky",
    ".githooks",
];

/// Places of a home that hold keys.
const HIDDEN: [&str; 14] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".config/gcloud",
    ".config/gh",
    ".config/gimlet",
    ".local/share/gimlet",
    ".local/share/keyrings",
    ".netrc",
    ".git-credentials",
    ".npmrc",
];
