//! What a session may look at beside its own work: the person's settings, and other sessions.

use gimlet_protocol::{SessionId, Timestamp};
use serde_json::Value;
use std::path::PathBuf;

/// The person's settings.
pub trait Preferences: Send + Sync {
    /// The file that a change is written to. Absolute.
    fn path(&self) -> PathBuf;

    /// The values that are set, each with its key and where it stands; of one key and what
    /// is below it, or of all.
    ///
    /// # Errors
    /// When there is no such key.
    fn show(&self, key: Option<&str>) -> Result<Vec<Preference>, String>;

    /// The file's text with another value for a key, comments kept. Writes nothing.
    ///
    /// # Errors
    /// When the text, the key or the value makes no sense.
    fn changed(&self, text: &str, key: &str, value: &Value) -> Result<String, String>;
}

/// A value that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The dotted key.
    pub key: String,
    /// As JSON.
    pub value: String,
    /// Where it stands.
    pub source: String,
}

/// The sessions that are kept.
pub trait Shelf: Send + Sync {
    /// The sessions of this folder or of all, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn sessions(&self, reach: Reach) -> Result<Vec<Shelved>, String>;
}

/// Which sessions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the session's folder.
    Folder,
    /// All.
    Everywhere,
}

/// A session that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// Its id.
    pub id: SessionId,
    /// Its name, or the start of its first prompt.
    pub about: String,
    /// Where it works.
    pub cwd: PathBuf,
    /// When it was last written.
    pub updated: Timestamp,
}
