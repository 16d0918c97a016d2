//! The tree as the rules see it: texts by path, and packages with what they depend on.

use crate::rust::{self, PathUse};
use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A file with its text.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// From the root, with `/` between.
    pub(crate) path: String,
    /// Empty where the file is no text.
    pub(crate) text: String,
    /// Several rules look at the same paths.
    used_paths: OnceLock<Vec<PathUse>>,
}

/// A package of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Names of what it depends on at run time.
    pub(crate) normal: Vec<String>,
    /// Names of everything it depends on.
    pub(crate) all: Vec<String>,
}

/// The whole tree.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
    /// In the order of paths.
    pub(crate) files: Vec<SourceFile>,
    pub(crate) packages: Vec<Package>,
}

/// Folders of the root that are looked into.
const FOLDERS: [&str; 3] = ["crates", "docs", "scenarios"];

impl Repository {
    /// Reads the workspace that this program was built from.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest
            .ancestors()
            .nth(2)
            .context("xtask lies in crates/xtask")?;
        let mut files = Vec::new();
        for folder in FOLDERS.map(|folder| root.join(folder)) {
            if folder.is_dir() {
                read_folder(root, &folder, &mut files)?;
            }
        }
        for name in ["Cargo.toml", "README.md", "ARCHITECTURE.md", "AGENTS.md"] {
            if root.join(name).is_file() {
                files.push(read_file(root, &root.join(name))?);
            }
        }
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self {
            root: root.to_owned(),
            files,
            packages: packages(root)?,
        })
    }

    /// The text of a file, where it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    /// Every Rust file.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.ends_in("rs"))
    }
}

impl SourceFile {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            used_paths: OnceLock::new(),
        }
    }

    /// Every path that the shipped part of a Rust file uses.
    pub(crate) fn used_paths(&self) -> &[PathUse] {
        self.used_paths.get_or_init(|| rust::paths(&self.text))
    }

    /// The folder of its crate, such as `engine`.
    pub(crate) fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// True for tests and benchmarks, which may do what shipped code may not.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "benches" | "tests.rs" | "examples"))
    }

    /// True when the file's name ends with a dot and `ending`.
    pub(crate) fn ends_in(&self, ending: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|extension| extension == ending)
    }

    /// The file's name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> anyhow::Result<()> {
    for item in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let item = item?;
        let kind = item.file_type()?;
        if kind.is_dir() {
            if item.file_name() != "target" {
                read_folder(root, &item.path(), files)?;
            }
        } else if kind.is_file() {
            files.push(read_file(root, &item.path())?);
        }
    }
    Ok(())
}

fn read_file(root: &Path, path: &Path) -> anyhow::Result<SourceFile> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    let path = path.strip_prefix(root)?.components();
    let parts: Vec<_> = path
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Ok(SourceFile::new(parts.join("/"), text))
}

fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    let packages = metadata.packages.into_iter().map(|package| {
        let names = |wanted: fn(DependencyKind) -> bool| {
            let chosen = package
                .dependencies
                .iter()
                .filter(|dependency| wanted(dependency.kind));
            chosen.map(|dependency| dependency.name.clone()).collect()
        };
        Package {
            name: package.name.to_string(),
            normal: names(|kind| kind == DependencyKind::Normal),
            all: names(|_| true),
        }
    });
    Ok(packages.collect())
}
