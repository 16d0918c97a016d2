//! Memory files: instructions of the organisation, the person and the project that the model
//! gets with every session (`docs/memory.md`).

mod folders;
mod front_matter;
mod globs;
mod lazy;
mod load;
mod note;
mod text;

pub(crate) use lazy::LazyMemory;
pub use note::{NoteTo, NoteWritten, add_note};

use crate::launch::Launch;
use gimlet_engine::{MEMORY_CHARS, MEMORY_FILE_CHARS, MemoryFile};
use gimlet_ports::OpenFault;
use gimlet_settings::{Dirs, FileSources, InstructionFiles, Settings, env_vars};
use gimlet_trust::Workspace;
use globs::PathPatterns;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Larger files are left out.
const LARGEST_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Where memory files are looked for, and what counts.
#[derive(Clone, Debug)]
pub(crate) struct MemorySearch {
    /// The folder that the session works in.
    pub(crate) root: PathBuf,
    /// Folders that the person added to it.
    pub(crate) added: Vec<PathBuf>,
    /// True when the files of those count too.
    pub(crate) added_count: bool,
    /// The person's home.
    pub(crate) home: Option<PathBuf>,
    /// Gimlet's configuration folder.
    pub(crate) config: PathBuf,
    /// The folder of `CLAUDE.md` and `rules` of the person.
    pub(crate) claude: Option<PathBuf>,
    /// The organisation's files.
    pub(crate) managed: Vec<PathBuf>,
    /// Which names count.
    pub(crate) which: InstructionFiles,
    /// Patterns of absolute paths that the settings leave out.
    pub(crate) excludes: Vec<String>,
    /// Whose files count.
    pub(crate) sources: FileSources,
    /// What of the repository's files counts.
    pub(crate) trust: Workspace,
}

impl MemorySearch {
    /// The search of a session in `root`.
    pub(crate) fn new(root: &Path, launch: &Launch, settings: &Settings, dirs: &Dirs) -> Self {
        let claude = settings.env.path(&env_vars::CLAUDE_CONFIG_DIR);
        let claude = claude.or_else(|| dirs.home.as_ref().map(|home| home.join(".claude")));
        let sources = launch.setting_sources.as_deref().map(FileSources::named);
        let added = settings.permissions.additional_directories.iter();
        Self {
            root: root.to_owned(),
            added: added.map(|added| added.path.clone()).collect(),
            added_count: settings
                .env
                .is_on(&env_vars::CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD),
            home: dirs.home.clone(),
            config: dirs.config.clone(),
            claude,
            managed: ["/etc/claude-code/CLAUDE.md", "/etc/gimlet/GIMLET.md"]
                .map(PathBuf::from)
                .into(),
            which: settings.instruction_files,
            excludes: settings.claude_md_excludes.clone(),
            // An unknown name was refused when the settings were loaded.
            sources: sources.and_then(Result::ok).unwrap_or_default(),
            trust: launch.workspace(dirs).with_added(
                settings
                    .permissions
                    .additional_directories
                    .iter()
                    .map(|added| added.path.clone()),
            ),
        }
    }

    /// The repository's top folder, or the session's own where there is none. A home folder
    /// that is kept in git does not make a project of all that lies in it.
    pub(crate) fn workspace(&self) -> &Path {
        let is_home = |folder: &Path| self.home.as_deref() == Some(folder);
        let mut folders = self.root.ancestors().take_while(|folder| !is_home(folder));
        folders
            .find(|folder| folder.join(".git").exists())
            .unwrap_or(&self.root)
    }

    /// Finds and reads what a session in this place begins with.
    pub(crate) fn survey(&self) -> MemorySurvey {
        load::survey(self)
    }
}

/// Whose a memory file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryScope {
    /// The organisation's: it cannot be excluded.
    Managed,
    /// The person's, in every project.
    User,
    /// The project's.
    Project,
    /// The person's in this project.
    Local,
}

impl MemoryScope {
    /// Its name as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
        }
    }
}

/// A memory file that was found, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryRow {
    /// Where it stands.
    pub path: PathBuf,
    /// Whose it is.
    pub scope: MemoryScope,
    /// The file that imports it, where one does.
    pub imported_by: Option<PathBuf>,
    /// What became of it.
    pub state: MemoryState,
}

/// What became of a memory file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryState {
    /// The model has it from the start.
    Loaded {
        /// Its size without comments and front matter.
        chars: usize,
        /// Tokens of what the model gets, about.
        tokens: usize,
        /// How many characters the model gets, where that is fewer.
        cut_to: Option<usize>,
    },
    /// The model gets it with the first file that fits a pattern.
    Waits {
        /// The patterns.
        patterns: Vec<String>,
        /// Those among them that are no patterns.
        bad: Vec<String>,
    },
    /// The model does not get it.
    LeftOut(LeftOut),
}

/// Why a memory file is not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The settings exclude it.
    Excluded {
        /// The pattern that fits.
        pattern: String,
    },
    /// `instructionFiles` does not count such files.
    NotWanted {
        /// The setting's value.
        setting: &'static str,
    },
    /// `--setting-sources` does not name its kind.
    NotASource,
    /// Its repository is not trusted.
    NotTrusted,
    /// It gives way to a `CLAUDE.md`.
    Claimed {
        /// That file.
        by: PathBuf,
    },
    /// It is larger than a memory file may be.
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// It lies outside the workspace, and a project's file leads to it.
    Outside {
        /// Where it lies.
        real: PathBuf,
    },
    /// Files that import each other.
    Circle,
    /// The import is too many steps away.
    TooDeep,
    /// It is loaded already.
    Twice {
        /// Under this path.
        of: PathBuf,
    },
    /// An import names what does not exist.
    Missing,
    /// It is no ordinary file, or not a text.
    NotText,
    /// It says nothing.
    Empty,
    /// It could not be read.
    Unreadable {
        /// Why.
        why: String,
    },
}

impl LeftOut {
    /// True when a person should hear of it without asking.
    fn is_worth_telling(&self) -> bool {
        match self {
            Self::TooLarge { .. }
            | Self::Outside { .. }
            | Self::Circle
            | Self::TooDeep
            | Self::NotText
            | Self::Unreadable { .. } => true,
            Self::Excluded { .. }
            | Self::NotWanted { .. }
            | Self::NotASource
            | Self::NotTrusted
            | Self::Claimed { .. }
            | Self::Twice { .. }
            | Self::Missing
            | Self::Empty => false,
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded { pattern } => write!(f, "claudeMdExcludes has `{pattern}`"),
            Self::NotWanted { setting } => write!(f, "instructionFiles is `{setting}`"),
            Self::NotTrusted => {
                f.write_str("its repository is not trusted; `gimlet trust` tells of it")
            }
            Self::NotASource => f.write_str("--setting-sources leaves it out"),
            Self::Claimed { by } => write!(f, "it gives way to {}", by.display()),
            Self::TooLarge { bytes } => {
                write!(f, "it has {bytes} bytes; the limit is {LARGEST_FILE_BYTES}")
            }
            Self::Outside { real } => write!(
                f,
                "it lies outside the workspace, at {}; --add-dir or permissions.additionalDirectories can add that folder",
                real.display()
            ),
            Self::Circle => f.write_str("the files import each other in a circle"),
            Self::TooDeep => {
                write!(
                    f,
                    "it is more than {} imports away from a memory file",
                    load::MOST_HOPS
                )
            }
            Self::Twice { of } => write!(f, "it is loaded already, as {}", of.display()),
            Self::Missing => f.write_str("there is no such file"),
            Self::NotText => f.write_str("it is not a text file"),
            Self::Empty => f.write_str("it says nothing"),
            Self::Unreadable { why } => write!(f, "it cannot be read: {why}"),
        }
    }
}

/// A rule that waits for a file.
#[derive(Clone, Debug)]
struct WaitingRule {
    path: PathBuf,
    scope: MemoryScope,
    patterns: PathPatterns,
}

/// What was found, in the order in which the model gets it.
#[derive(Clone, Debug, Default)]
pub struct MemorySurvey {
    /// Every file with what became of it.
    pub rows: Vec<MemoryRow>,
    /// Entries of `claudeMdExcludes` that are no patterns.
    pub bad_excludes: Vec<String>,
    /// What the model has from the start.
    pub(crate) files: Vec<MemoryFile>,
    /// Files that are part of the start, by where they really lie, with the path they have.
    loaded: Vec<(PathBuf, PathBuf)>,
    waiting: Vec<WaitingRule>,
    /// True when `AGENTS.md` files count beside or in place of `CLAUDE.md`.
    agents_count: bool,
}

impl MemorySurvey {
    /// What a person should be told when a session begins.
    pub fn notices(&self) -> Vec<String> {
        let mut out = Vec::new();
        for row in &self.rows {
            let path = row.path.display();
            match &row.state {
                MemoryState::Loaded {
                    chars,
                    cut_to: Some(kept),
                    ..
                } => out.push(format!(
                    "{path} is long: the model gets {kept} of its {chars} characters"
                )),
                MemoryState::Waits { bad, .. } => out.extend(bad.iter().map(|bad| {
                    format!("{path}: `{bad}` in `paths` is no pattern and fits nothing")
                })),
                MemoryState::LeftOut(why) if why.is_worth_telling() => {
                    out.push(format!("{path} was not loaded: {why}"));
                }
                MemoryState::Loaded { .. } | MemoryState::LeftOut(_) => {}
            }
        }
        let bad = self.bad_excludes.iter();
        out.extend(
            bad.map(|bad| format!("`{bad}` in claudeMdExcludes is no pattern and fits nothing")),
        );
        out
    }

    /// Works out how much of each file the model gets under the caps of the prompt.
    fn cut(&mut self) {
        let mut left = MEMORY_CHARS;
        for row in &mut self.rows {
            if let MemoryState::Loaded {
                chars,
                tokens,
                cut_to,
            } = &mut row.state
            {
                let taken = (*chars).min(left).min(MEMORY_FILE_CHARS);
                left -= taken;
                if taken < *chars {
                    *tokens = *tokens * taken / *chars;
                    *cut_to = Some(taken);
                }
            }
        }
    }
}

/// What a session that began now would load.
///
/// # Errors
/// When the settings are wrong.
pub fn memory_survey(launch: &Launch) -> Result<MemorySurvey, OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    Ok(MemorySearch::new(&launch.cwd, launch, &settings, &dirs).survey())
}

#[cfg(test)]
mod tests;
