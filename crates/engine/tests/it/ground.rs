//! The ground that a scene is played on: a folder to work in and a home, always at the same
//! place for one scene, so that two runs can be compared word by word.

use gimlet_settings::{Dirs, Env};
use gimlet_store::Store;
use gimlet_testkit::scenario::{Redaction, SESSION, Scene, Speaker, put};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

pub(crate) struct Ground {
    _holder: Option<TempDir>,
    place: PathBuf,
}

impl Ground {
    pub(crate) fn new() -> Self {
        // Sessions are flushed to the disk at every rest; where there is a disk that is memory,
        // the many runs of a scene need not wait for it.
        let memory = Path::new("/dev/shm");
        let holder = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        let holder = holder.unwrap();
        let place = holder.path().canonicalize().unwrap();
        Self {
            _holder: Some(holder),
            place,
        }
    }

    /// The ground of another process.
    pub(crate) fn of(place: &Path) -> Self {
        Self {
            _holder: None,
            place: place.to_owned(),
        }
    }

    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// Reads a scene that is to be played here.
    pub(crate) fn scene(&self, name: &str) -> Scene {
        let path = scenarios().join(format!("{name}.scene"));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let told = format!("scenarios/{name}.scene");
        Scene::parse(&told, &text, &self.root().display().to_string())
            .unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Makes everything as it is before the scene.
    pub(crate) fn prepare(&self, scene: &Scene) {
        for folder in [self.root(), self.home()] {
            if folder.exists() {
                fs::remove_dir_all(&folder).unwrap();
            }
            fs::create_dir_all(&folder).unwrap();
        }
        for (name, bytes) in &scene.setup.files {
            put(&self.root().join(name), bytes).unwrap();
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.place.join("work")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.place.join("home")
    }

    /// Where the script of a speaker lies.
    pub(crate) fn script(&self, speaker: Speaker) -> PathBuf {
        self.home().join(format!("{}.json", speaker.name()))
    }

    /// The fallback model's full name.
    pub(crate) fn fallback(&self) -> String {
        format!("scripted/{}", self.script(Speaker::Fallback).display())
    }

    pub(crate) fn env(&self) -> Env {
        self.env_with([])
    }

    pub(crate) fn env_with<const N: usize>(&self, more: [(&str, OsString); N]) -> Env {
        let own = [
            ("GIMLET_HOME", self.home().join("gimlet").into_os_string()),
            (
                "GIMLET_SCRIPT",
                self.script(Speaker::First).into_os_string(),
            ),
            ("HOME", self.home().into_os_string()),
            ("PATH", OsString::from("/usr/bin:/bin")),
        ];
        Env::of(own.into_iter().chain(more))
    }

    pub(crate) fn dirs(&self) -> Dirs {
        Dirs::find(&self.env()).unwrap()
    }

    /// What differs from run to run; the longer texts first.
    pub(crate) fn redaction(&self) -> Redaction {
        let shown = |path: &Path, name: &str| (path.display().to_string(), name.to_owned());
        let project = Store::new(&self.dirs().data).project_folder(&self.root());
        let project = project
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        vec![
            shown(&self.root(), "$ROOT"),
            shown(&self.home(), "$HOME"),
            shown(&self.place, "$PLACE"),
            (project, "$PROJECT".to_owned()),
            (SESSION.to_owned(), "$SESSION".to_owned()),
        ]
    }

    /// Every file of the folder that the session works in.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(&folder).unwrap() {
                let path = item.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap().file_type();
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    let bytes = fs::read(&path).unwrap();
                    files.insert(path, bytes);
                }
            }
        }
        files
    }
}

/// The folder of the scenes.
pub(crate) fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}
