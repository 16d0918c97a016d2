//! What the commands of a call are held to by the operating system, as a ruling grants it.

use crate::path_text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::{Path, PathBuf};

/// What the commands of a call are held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Confinement {
    /// Nothing: they may do what the person may.
    Open {
        /// A fragment that fits after "because".
        why: String,
    },
    /// These bounds.
    Held(Box<Bounds>),
    /// They must not run at all, because less can be held than is asked for.
    Refused {
        /// A sentence for people and the model.
        why: String,
    },
}

/// What a confined command may touch. Everything may be read but what is hidden; nothing may be
/// written but what is named. Every path is absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    /// Files and folders that may be written, with all below them.
    pub write: Paths,
    /// What stays read-only inside them, also where it is not there yet.
    #[serde(skip_serializing_if = "Paths::is_empty")]
    pub protect: Paths,
    /// What cannot even be read: keys and the like.
    #[serde(skip_serializing_if = "Paths::is_empty")]
    pub hide: Paths,
    /// What can be read although it lies in what is hidden.
    #[serde(skip_serializing_if = "Paths::is_empty")]
    pub show: Paths,
    /// The folder that `/tmp` is; a fresh one in memory where there is none.
    #[serde(skip_serializing_if = "Option::is_none", with = "some_path")]
    pub temporary: Option<PathBuf>,
    /// What there is of the network.
    pub network: Network,
    /// How much it may use.
    #[serde(skip_serializing_if = "Limits::are_usual")]
    pub limits: Limits,
    /// By what it is held. With less nothing runs.
    pub strength: Strength,
}

/// What a confined command sees of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Only itself: a loopback of its own.
    #[default]
    Own,
    /// Itself, and Gimlet's proxy, which lets through what is granted.
    Proxy,
    /// As outside.
    Open,
}

/// What a system can hold a command to. Ordered: more is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Nothing.
    #[default]
    None,
    /// Landlock and the filter of system calls: no writing elsewhere, no network. Nothing is
    /// hidden or protected, and other processes can be seen.
    Rules,
    /// Namespaces of its own, too.
    Namespaces,
}

impl Strength {
    /// A sentence for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::None => "commands cannot be confined",
            Self::Rules => {
                "writing and the network are confined; nothing is hidden, and nothing is protected \
                 inside what may be written"
            }
            Self::Namespaces => "files, processes and the network are confined",
        }
    }

    /// The strength of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "rules" => Some(Self::Rules),
            "namespaces" => Some(Self::Namespaces),
            _ => None,
        }
    }
}

/// One attempt of a confined command to reach a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// A name, or a number.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why it was not reached; `None` where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Bytes that the command sent.
    pub sent_bytes: u64,
    /// Bytes that it got.
    pub received_bytes: u64,
}

/// How much a confined command may use, as the operating system counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Processes and threads, all together.
    pub processes: u64,
    /// Bytes of memory of one process, and three quarters of the machine's at most.
    pub memory_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of each private folder in memory.
    pub temporary_bytes: u64,
}

impl Limits {
    /// Whether nobody changed them.
    pub fn are_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes: 4_096,
            memory_bytes: 64 << 30,
            file_bytes: 64 << 30,
            temporary_bytes: 2 << 30,
        }
    }
}

/// A list of paths, in JSON as [`path_text`] writes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Paths(Vec<OnePath>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct OnePath(#[serde(with = "path_text")] PathBuf);

impl Paths {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = &Path> + Clone {
        self.0.iter().map(|path| path.0.as_path())
    }

    /// Adds one, unless it is there.
    pub fn add(&mut self, path: PathBuf) {
        if !self.iter().any(|known| known == path) {
            self.0.push(OnePath(path));
        }
    }

    /// Keeps those that fit.
    pub fn retain(&mut self, keep: impl Fn(&Path) -> bool) {
        self.0.retain(|path| keep(&path.0));
    }
}

impl FromIterator<PathBuf> for Paths {
    fn from_iter<I: IntoIterator<Item = PathBuf>>(paths: I) -> Self {
        let mut list = Self::default();
        list.extend(paths);
        list
    }
}

impl Extend<PathBuf> for Paths {
    fn extend<I: IntoIterator<Item = PathBuf>>(&mut self, paths: I) {
        for path in paths {
            self.add(path);
        }
    }
}

/// A path that may be missing.
mod some_path {
    use super::{Deserialize, Deserializer, OnePath, PathBuf, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands the field over like this")]
    pub(super) fn serialize<S: Serializer>(
        path: &Option<PathBuf>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        path.clone().map(OnePath).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<OnePath>::deserialize(deserializer)?.map(|path| path.0))
    }
}
