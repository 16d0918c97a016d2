//! Finds the layers, checks each against the table of keys, and merges them.

use crate::{
    check::{self, Checked},
    dirs::Dirs,
    effective::Settings,
    env::Env,
    env_vars,
    fault::SettingsFault,
    merge::merge,
    notice::{Notice, NoticeKind},
    parse::{self, TextOrigin},
    read, repository,
    source::{Layer, Origin, Source},
    tree::Tree,
    variables,
};
use gimlet_trust::{Capability, Workspace, others_may_write};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What is loaded.
#[derive(Clone, Debug)]
pub struct LoadSpec {
    /// The folder that the session works in. Absolute.
    pub root: PathBuf,
    /// The environment.
    pub env: Env,
    /// Gimlet's own folders.
    pub dirs: Dirs,
    /// What of the repository's files counts.
    pub workspace: Workspace,
    /// Where the organisation's files lie.
    pub managed_dir: PathBuf,
    /// Which file layers count; the organisation's always do.
    pub sources: FileSources,
    /// The value of `--settings`: a file, or a JSON object.
    pub flag_settings: Option<String>,
    /// Flags that stand for one key each. Stronger than `--settings`; of two for the same
    /// key the later counts.
    pub flags: Vec<FlagValue>,
}

impl LoadSpec {
    /// Everything at its customary place, no flags, and a repository that is not trusted.
    pub fn new(root: impl Into<PathBuf>, env: Env, dirs: Dirs) -> Self {
        let root = root.into();
        Self {
            workspace: Workspace::closed(&root, dirs.home.as_deref()),
            root,
            env,
            dirs,
            managed_dir: PathBuf::from("/etc/gimlet"),
            sources: FileSources::default(),
            flag_settings: None,
            flags: Vec::new(),
        }
    }
}

/// A flag that stands for a key.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagValue {
    /// As the person types it, such as `--model`.
    pub flag: &'static str,
    /// The dotted key, such as `permissions.defaultMode`.
    pub key: &'static str,
    /// Its value, as it would stand in a file.
    pub value: Value,
}

/// Which file layers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSources {
    /// The person's files.
    pub user: bool,
    /// The repository's shared files.
    pub project: bool,
    /// The repository's files for this machine.
    pub local: bool,
}

impl Default for FileSources {
    fn default() -> Self {
        Self {
            user: true,
            project: true,
            local: true,
        }
    }
}

impl FileSources {
    /// Parses the value of `--setting-sources`: names with commas between; an empty text
    /// names none.
    ///
    /// # Errors
    /// When a name is unknown.
    pub fn named(text: &str) -> Result<Self, SettingsFault> {
        let mut sources = Self {
            user: false,
            project: false,
            local: false,
        };
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            match name {
                "user" => sources.user = true,
                "project" => sources.project = true,
                "local" => sources.local = true,
                _ => {
                    return Err(SettingsFault::UnknownSource {
                        name: name.to_owned(),
                    });
                }
            }
        }
        Ok(sources)
    }
}

impl Settings {
    /// Loads all layers.
    ///
    /// # Errors
    /// The first fault, in the order of layers. A file that cannot be understood may have
    /// forbidden something, so nothing should run without it.
    pub fn load(spec: &LoadSpec) -> Result<Self, SettingsFault> {
        let (settings, faults) = Self::survey(spec);
        faults.into_iter().next().map_or(Ok(settings), Err)
    }

    /// Loads what can be loaded and tells every fault: for showing, not for running, since
    /// what is left out may have forbidden something.
    pub fn survey(spec: &LoadSpec) -> (Self, Vec<SettingsFault>) {
        let mut loading = Loading {
            merged: Tree::empty_object(Source::built_in()),
            notices: Vec::new(),
            faults: Vec::new(),
        };
        let user = loading.read_all(&spec.user_files(), Layer::User);
        let project = loading.read_repository(spec, Layer::Project);
        let local = loading.read_repository(spec, Layer::Local);
        let flags = loading.flags(spec);
        let managed_files = loading.managed_files(&spec.managed_dir);
        let managed = loading.read_all(&managed_files, Layer::Managed);

        let with_env: Vec<&Tree> = user.iter().chain(&flags).chain(&managed).collect();
        let overlaid = variables::overlay(&spec.env, &with_env);
        let environment = variables::layer(&overlaid);

        let strengthening = user.into_iter().chain(project).chain(local);
        for tree in strengthening
            .chain([environment])
            .chain(flags)
            .chain(managed)
        {
            loading.add(tree, &spec.workspace);
        }
        let Loading {
            merged,
            notices,
            faults,
        } = loading;
        (Self::of(merged, overlaid.env, notices, spec), faults)
    }
}

impl LoadSpec {
    /// What the repository's files would run, widen or redirect, and where. A file that is not
    /// understood says nothing here; loading tells of it.
    pub fn capabilities(&self) -> Vec<Capability> {
        let layers = [Layer::Project, Layer::Local].into_iter();
        let files = layers.flat_map(|layer| {
            let paths = self.repository_files(layer).into_iter();
            paths.map(move |path| (path, layer))
        });
        let trees = files.filter_map(|(path, layer)| {
            let read = read::repository_file(&path, layer, &self.workspace);
            read.ok()?.ok()?
        });
        trees
            .flat_map(|tree| repository::capabilities(&tree))
            .collect()
    }

    /// The person's files, the weaker first.
    fn user_files(&self) -> Vec<PathBuf> {
        if !self.sources.user {
            return Vec::new();
        }
        self.all_user_files()
    }

    fn all_user_files(&self) -> Vec<PathBuf> {
        let other = self
            .env
            .path(&env_vars::CLAUDE_CONFIG_DIR)
            .or_else(|| self.dirs.home.as_ref().map(|home| home.join(".claude")));
        other
            .into_iter()
            .chain([self.dirs.config.clone()])
            .map(|folder| folder.join("settings.json"))
            .collect()
    }

    /// Files in the repository, the weaker first. Where the session works in the home
    /// folder, the person's own files are not taken for the repository's.
    fn repository_files(&self, layer: Layer) -> Vec<PathBuf> {
        let (counts, name) = match layer {
            Layer::Project => (self.sources.project, "settings.json"),
            Layer::Local => (self.sources.local, "settings.local.json"),
            Layer::BuiltIn | Layer::User | Layer::Environment | Layer::Flag | Layer::Managed => {
                return Vec::new();
            }
        };
        if !counts {
            return Vec::new();
        }
        let users = self.all_user_files();
        [".claude", ".gimlet"]
            .into_iter()
            .map(|folder| self.root.join(folder).join(name))
            .filter(|path| !users.iter().any(|user| read::is_same_file(user, path)))
            .collect()
    }
}

struct Loading {
    merged: Tree,
    notices: Vec<Notice>,
    faults: Vec<SettingsFault>,
}

impl Loading {
    fn read_all(&mut self, paths: &[PathBuf], layer: Layer) -> Vec<Tree> {
        let mut trees = Vec::new();
        for path in paths {
            match read::file_if_there(path, layer) {
                Ok(tree) => trees.extend(tree),
                Err(fault) => self.faults.push(fault),
            }
        }
        trees
    }

    /// The organisation's files. What somebody else may write is not the organisation's: it
    /// may neither permit anything nor be left out, since it may have forbidden something.
    fn managed_files(&mut self, folder: &Path) -> Vec<PathBuf> {
        let more_in = folder.join("managed-settings.d");
        let mut files = vec![folder.join("managed-settings.json")];
        match read::json_files(&more_in) {
            Ok(more) => files.extend(more),
            Err(fault) => self.faults.push(fault),
        }
        let written = [folder, more_in.as_path()].into_iter();
        let written = written.chain(files.iter().map(PathBuf::as_path));
        let dangers: Vec<_> = written.filter_map(others_may_write).collect();
        if !dangers.is_empty() {
            let faults = dangers.into_iter().map(SettingsFault::UnsafeManaged);
            self.faults.extend(faults);
            return Vec::new();
        }
        files
    }

    /// `--settings` first, then flags of one key each.
    fn flags(&mut self, spec: &LoadSpec) -> Vec<Tree> {
        let mut trees = Vec::new();
        if let Some(given) = &spec.flag_settings {
            let tree = if given.trim_start().starts_with('{') {
                parse::parse(given, Layer::Flag, &TextOrigin::Flag("--settings"))
            } else {
                read::file(&spec.root.join(given), Layer::Flag)
            };
            match tree {
                Ok(tree) => trees.push(tree),
                Err(fault) => self.faults.push(fault),
            }
        }
        for flag in &spec.flags {
            let source = Source::flag(flag.flag);
            let mut tree = Tree::empty_object(source.clone());
            let path: Vec<&str> = flag.key.split('.').collect();
            tree.put(&path, Tree::from_value(&flag.value, &source));
            trees.push(tree);
        }
        trees
    }

    /// The repository's files. Before it is trusted they are read for what they forbid.
    fn read_repository(&mut self, spec: &LoadSpec, layer: Layer) -> Vec<Tree> {
        let mut trees = Vec::new();
        for path in spec.repository_files(layer) {
            match read::repository_file(&path, layer, &spec.workspace) {
                Ok(Ok(tree)) => trees.extend(tree),
                Ok(Err(real)) => {
                    let source = Source {
                        layer,
                        origin: Origin::File {
                            path: Arc::new(path),
                            line: 1,
                            column: 1,
                        },
                    };
                    let text = format!(
                        "the file does not count, because it lies outside of the repository, at {}",
                        real.display()
                    );
                    self.notices.push(Notice {
                        kind: NoticeKind::NotFromRepository,
                        source,
                        key: String::new(),
                        text,
                    });
                }
                Err(fault) => self.faults.push(fault),
            }
        }
        trees
    }

    fn add(&mut self, tree: Tree, workspace: &Workspace) {
        let Checked {
            tree,
            notices,
            faults,
        } = check::check(tree, &self.merged, workspace);
        self.notices.extend(notices);
        self.faults.extend(faults);
        let weak = std::mem::replace(&mut self.merged, Tree::empty_object(Source::built_in()));
        self.merged = merge(weak, tree);
    }
}
