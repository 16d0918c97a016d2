//! Where a value came from.

use std::{fmt, path::PathBuf, sync::Arc};

/// The layers, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What Gimlet assumes when nobody says anything.
    BuiltIn,
    /// The person's files.
    User,
    /// Files that come with the repository.
    Project,
    /// Files in the repository's folder that are meant to stay on this machine.
    Local,
    /// Environment variables.
    Environment,
    /// Flags of this run.
    Flag,
    /// The organisation's files.
    Managed,
}

impl Layer {
    /// Every layer, from the weakest to the strongest.
    pub const ALL: [Self; 7] = [
        Self::BuiltIn,
        Self::User,
        Self::Project,
        Self::Local,
        Self::Environment,
        Self::Flag,
        Self::Managed,
    ];

    /// The name that people see.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
            Self::Environment => "environment",
            Self::Flag => "flag",
            Self::Managed => "managed",
        }
    }

    /// True for layers whose files lie in the repository, which is not trusted.
    pub fn is_repository(self) -> bool {
        matches!(self, Self::Project | Self::Local)
    }
}

/// The spot within a layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Gimlet itself.
    BuiltIn,
    /// A place in a file.
    File {
        /// The file, as it was opened.
        path: Arc<PathBuf>,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// An environment variable of that name.
    Variable(String),
    /// A flag, such as `--model`.
    Flag(String),
}

/// Where a value came from. Displays as `path:line`, a variable, a flag or `built-in`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The layer.
    pub layer: Layer,
    /// The spot within it.
    pub origin: Origin,
}

impl Source {
    /// Gimlet's own assumption.
    pub fn built_in() -> Self {
        Self {
            layer: Layer::BuiltIn,
            origin: Origin::BuiltIn,
        }
    }

    pub(crate) fn variable(name: &str) -> Self {
        Self {
            layer: Layer::Environment,
            origin: Origin::Variable(name.to_owned()),
        }
    }

    pub(crate) fn flag(flag: &str) -> Self {
        Self {
            layer: Layer::Flag,
            origin: Origin::Flag(flag.to_owned()),
        }
    }

    /// The place with its column, for errors.
    pub(crate) fn exact(&self) -> String {
        match &self.origin {
            Origin::File { path, line, column } => {
                format!("{}:{line}:{column}", path.display())
            }
            Origin::BuiltIn | Origin::Variable(_) | Origin::Flag(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::BuiltIn => f.write_str("built-in"),
            Origin::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => write!(f, "${name}"),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}
