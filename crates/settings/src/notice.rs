//! What was accepted, but not as the person may have meant it.

use crate::source::Source;
use std::fmt;

/// Why a value does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// No such key is known.
    Unknown,
    /// A repository may not say this.
    NotFromRepository,
    /// The repository is trusted, but not agreed to in this.
    NotAgreed,
    /// The repository is not trusted.
    NotTrusted,
    /// The key is known, and Gimlet does not act on it.
    NotUsed,
    /// The feature is gone; the switch does nothing.
    RemovedFeature,
}

/// A value that does not count, and why. Displays as `place: sentence fragment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Why.
    pub kind: NoticeKind,
    /// Where the key stands.
    pub source: Source,
    /// The dotted key.
    pub key: String,
    /// A fragment that names the key.
    pub text: String,
}

impl Notice {
    /// True when it is worth a line without being asked for. The rest is for `gimlet doctor`.
    pub fn is_warning(&self) -> bool {
        match self.kind {
            NoticeKind::Unknown
            | NoticeKind::NotFromRepository
            | NoticeKind::NotAgreed
            | NoticeKind::RemovedFeature => true,
            // That the folder is not trusted is told once, not for every key.
            NoticeKind::NotTrusted | NoticeKind::NotUsed => false,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.text)
    }
}
