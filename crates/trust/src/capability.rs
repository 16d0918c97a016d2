//! What a repository's files would have Gimlet do or permit, one by one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapabilityKind {
    /// Run a command when something happens.
    Hook,
    /// Run a command for a key, a header, a status line, a suggestion.
    Helper,
    /// Start or reach a server of tools.
    Server,
    /// Run a program beside a session: a language server, a formatter, a plugin.
    Program,
    /// Put a command's output into a prompt.
    InlineCommand,
    /// Let something through without asking.
    Rule,
    /// Choose how much is asked.
    Mode,
    /// Reach a folder outside.
    Folder,
    /// Set a variable.
    Variable,
    /// Have git run a program.
    Git,
    /// Change anything else that is the person's to say.
    Setting,
}

impl CapabilityKind {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Helper => "helper command",
            Self::Server => "server",
            Self::Program => "program",
            Self::InlineCommand => "command in a prompt",
            Self::Rule => "allow rule",
            Self::Mode => "permission mode",
            Self::Folder => "folder outside",
            Self::Variable => "variable",
            Self::Git => "git",
            Self::Setting => "setting",
        }
    }
}

/// One thing that a repository's files would do or permit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capability {
    /// What it would do.
    pub kind: CapabilityKind,
    /// In full, as the file has it: a command line, a rule, a name with its value.
    pub what: String,
    /// Where it stands, from the repository's top on, with a line where there is one.
    pub place: String,
}

impl Capability {
    /// By this it is known again, wherever it stands.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.kind.name().as_bytes());
        hasher.update(b"\0");
        hasher.update(self.what.as_bytes());
        let hex = hasher.finalize().to_hex();
        hex.chars().take(32).collect()
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.kind.name(), self.what, self.place)
    }
}
