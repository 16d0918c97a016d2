//! What is wrong with settings, told so that a person can mend it.

use crate::source::Source;
use gimlet_trust::Unsafe;
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why settings could not be taken as they are. The text never holds a value, since a value
/// may be a secret.
#[derive(Debug, Error)]
pub enum SettingsFault {
    /// A file is there and cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        reason: io::Error,
    },
    /// A file or flag is not JSON.
    #[error("{}: not valid JSON{}: {what}", source_place.exact(), near(key.as_ref()))]
    Malformed {
        /// Where reading stopped.
        source_place: Source,
        /// The last key before that place, where there is one.
        key: Option<String>,
        /// What is wrong there, a fragment.
        what: String,
    },
    /// A key has a value that it cannot have.
    #[error("{}: `{key}` must be {expected}, but it is {found}", source_place.exact())]
    WrongValue {
        /// Where the value stands.
        source_place: Source,
        /// The dotted key.
        key: String,
        /// What would be right, such as "a whole number of at least 1".
        expected: String,
        /// What is there, such as "a text".
        found: String,
    },
    /// A file in the repository holds what looks like a secret.
    #[error(
        "{}: `{key}` looks like a secret, and a file in the repository must not hold one",
        source_place.exact()
    )]
    SecretInRepository {
        /// Where the key stands.
        source_place: Source,
        /// The dotted key.
        key: String,
    },
    /// Somebody else may write the organisation's settings.
    #[error("the organisation's settings cannot be believed: {0}")]
    UnsafeManaged(Unsafe),
    /// `--setting-sources` names a source that does not exist.
    #[error("`{name}` is no settings source")]
    UnknownSource {
        /// What was given.
        name: String,
    },
}

fn near(key: Option<&String>) -> String {
    key.map(|key| format!(" near `{key}`")).unwrap_or_default()
}

impl SettingsFault {
    /// What the person can do about it, one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { path, .. } if !path.exists() => {
                "check the path; `--settings` takes a file or JSON".to_owned()
            }
            Self::Unreadable { path, .. } => {
                format!("make {} readable for you, or move it away", path.display())
            }
            Self::Malformed { .. } => {
                "mend the JSON there; comments and a comma after the last item are allowed"
                    .to_owned()
            }
            Self::WrongValue { key, .. } => {
                format!("change or remove `{key}`; docs/settings.md lists every key")
            }
            Self::SecretInRepository { key, .. } => format!(
                "remove `{key}` from the file, change the secret if the file was ever shared, \
                 and store it with `gimlet auth login` or in your own environment"
            ),
            Self::UnsafeManaged(danger) => format!(
                "make {} the administrator's, and let nobody else write it",
                danger.path.display()
            ),
            Self::UnknownSource { .. } => {
                "give a list made of `user`, `project` and `local`".to_owned()
            }
        }
    }

    /// The place that is to blame, where it is one within a layer.
    pub fn source_place(&self) -> Option<&Source> {
        match self {
            Self::Malformed { source_place, .. }
            | Self::WrongValue { source_place, .. }
            | Self::SecretInRepository { source_place, .. } => Some(source_place),
            Self::Unreadable { .. } | Self::UnsafeManaged(_) | Self::UnknownSource { .. } => None,
        }
    }

    /// The dotted key that is to blame, where it is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Malformed { key, .. } => key.as_deref(),
            Self::WrongValue { key, .. } | Self::SecretInRepository { key, .. } => Some(key),
            Self::Unreadable { .. } | Self::UnsafeManaged(_) | Self::UnknownSource { .. } => None,
        }
    }
}

/// Why the folders for Gimlet's own files are not known.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DirsFault {
    /// Neither a home folder nor a variable says where.
    #[error("no home folder is known: HOME is not set to an absolute path")]
    NoHome,
    /// A variable of Gimlet's own holds a relative path.
    #[error("{variable} must be an absolute path, but it is relative")]
    Relative {
        /// The variable.
        variable: &'static str,
    },
}

impl DirsFault {
    /// What the person can do about it, one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::NoHome => {
                "set HOME, or set GIMLET_HOME to a folder for Gimlet's own files".to_owned()
            }
            Self::Relative { variable } => {
                format!("give the whole path in {variable}, or unset it")
            }
        }
    }
}
