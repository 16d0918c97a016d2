//! What the client needs of the machine it stands on, beside sessions and the terminal.

use crate::history::Entry;
use gimlet_ports::Later;
use gimlet_protocol::Timestamp;

/// The machine of the person: its clock, its programs, and what the client remembers.
pub trait Place: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Opens a text in the person's editor and waits; the terminal is the editor's meanwhile.
    ///
    /// # Errors
    /// A sentence that says what and why.
    fn edit(&self, text: &str) -> Result<String, String>;

    /// Shows a text in the person's pager and waits; the terminal is the pager's meanwhile.
    ///
    /// # Errors
    /// A sentence that says what and why.
    fn page(&self, text: &str) -> Result<(), String>;

    /// Runs a command of the person's own, as a shell would, and gives its output back.
    fn shell(&self, command: String) -> Later<'_, ShellEnd>;

    /// The files that may be named, from the session's folder, at most `most`.
    fn files(&self, most: usize) -> Later<'_, Vec<String>>;

    /// Adds a note to the project's memory.
    fn remember(&self, note: String) -> Later<'_, Result<String, String>>;

    /// What was noted under a name by an earlier run.
    fn recall(&self, name: &str) -> Option<String>;

    /// Notes something for later runs.
    fn note(&self, name: &str, value: &str);

    /// Adds a prompt to those of before.
    fn sent(&self, entry: &Entry);

    /// Writes the person's file of keys, and returns its path.
    ///
    /// # Errors
    /// A sentence that says what and why.
    fn save_keys(&self, text: &str) -> Result<String, String>;

    /// Writes a file for the person, such as an export.
    ///
    /// # Errors
    /// A sentence that says what and why.
    fn save(&self, name: &str, text: &str) -> Result<String, String>;

    /// A report of the machine and the settings, for a page of its own.
    fn report(&self, report: Report) -> Later<'_, Vec<String>>;

    /// The name of the branch that is checked out.
    fn branch(&self) -> Option<String>;
}

/// A report for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// What works on this machine.
    Doctor,
    /// The settings in force, with their sources.
    Settings,
    /// The permission rules.
    Permissions,
    /// What changed since the last commit.
    Changes,
}

/// How a command of the person's own ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellEnd {
    /// What it printed.
    pub output: String,
    /// Its exit code.
    pub code: Option<i32>,
}
