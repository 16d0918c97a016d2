//! A home, a repository and an organisation's folder for one test.

use gimlet_settings::{Dirs, Env, FlagValue, LoadSpec, Settings, SettingsFault};
use gimlet_trust::{Book, Capability, Grant, Identity, Place, Workspace};
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

pub(crate) const USER: &str = "home/.config/gimlet/settings.json";
pub(crate) const USER_CLAUDE: &str = "home/.claude/settings.json";
pub(crate) const PROJECT: &str = "repo/.gimlet/settings.json";
pub(crate) const PROJECT_CLAUDE: &str = "repo/.claude/settings.json";
pub(crate) const LOCAL: &str = "repo/.gimlet/settings.local.json";
pub(crate) const MANAGED: &str = "etc/managed-settings.json";

pub(crate) struct World {
    folder: TempDir,
    variables: Vec<(String, String)>,
    flags: Vec<FlagValue>,
    flag_settings: Option<String>,
    sources: Option<&'static str>,
    root: &'static str,
    trust: Trust,
}

/// What the person said of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Nothing,
    /// They trust it, as it was without settings.
    Bare,
    /// They trust it with all that it has now.
    All,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("repo")).unwrap();
        Self {
            folder,
            variables: Vec::new(),
            flags: Vec::new(),
            flag_settings: None,
            sources: None,
            root: "repo",
            trust: Trust::All,
        }
    }

    pub(crate) fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn flag(mut self, flag: &'static str, key: &'static str, value: Value) -> Self {
        self.flags.push(FlagValue { flag, key, value });
        self
    }

    pub(crate) fn flag_settings(mut self, given: &str) -> Self {
        self.flag_settings = Some(given.to_owned());
        self
    }

    pub(crate) fn sources(mut self, sources: &'static str) -> Self {
        self.sources = Some(sources);
        self
    }

    pub(crate) fn in_home(mut self) -> Self {
        self.root = "home";
        self
    }

    pub(crate) fn spec(&self) -> LoadSpec {
        let home = ("HOME".to_owned(), self.path("home").display().to_string());
        let env = Env::of(self.variables.iter().cloned().chain([home]));
        let dirs = Dirs::find(&env).unwrap();
        let mut spec = LoadSpec::new(self.path(self.root), env, dirs);
        spec.managed_dir = self.path("etc");
        let home = spec.dirs.home.clone();
        let place = Place::find(&spec.root, home.as_deref()).unwrap();
        let mut book = Book::open(&self.path("own")).unwrap();
        if self.trust != Trust::Nothing {
            let grant = Grant {
                identity: Identity::of(&place).unwrap(),
                root: place.root,
                at: "today".to_owned(),
                capabilities: match self.trust {
                    Trust::All => spec
                        .capabilities()
                        .iter()
                        .map(Capability::fingerprint)
                        .collect(),
                    Trust::Nothing | Trust::Bare => Vec::new(),
                },
            };
            book.add(grant).unwrap();
        }
        spec.workspace = Workspace::look(&spec.root, home.as_deref(), &book);
        spec.flags.clone_from(&self.flags);
        spec.flag_settings.clone_from(&self.flag_settings);
        if let Some(sources) = self.sources {
            spec.sources = gimlet_settings::FileSources::named(sources).unwrap();
        }
        spec
    }

    pub(crate) fn load(&self) -> Settings {
        let (settings, faults) = Settings::survey(&self.spec());
        assert!(faults.is_empty(), "{faults:?}");
        settings
    }

    /// The texts of all faults, with the temporary folder left out.
    pub(crate) fn faults(&self) -> Vec<String> {
        let (_, faults) = Settings::survey(&self.spec());
        faults
            .iter()
            .map(|fault| self.plain(&fault.to_string()))
            .collect()
    }

    pub(crate) fn first_fault(&self) -> SettingsFault {
        Settings::load(&self.spec()).unwrap_err()
    }

    pub(crate) fn notices(&self) -> Vec<String> {
        self.load()
            .notices
            .iter()
            .map(|notice| self.plain(&notice.to_string()))
            .collect()
    }

    pub(crate) fn source(&self, key: &str) -> Option<String> {
        self.load()
            .source_of(key)
            .map(|source| self.plain(&source.to_string()))
    }

    pub(crate) fn plain(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}
