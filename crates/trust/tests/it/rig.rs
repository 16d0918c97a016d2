//! A scratch folder with a home, and real repositories in it.

use gimlet_trust::{Git, GitEnv};
use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

pub(crate) struct Rig {
    _folder: TempDir,
    root: PathBuf,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("home")).unwrap();
        Self {
            _folder: folder,
            root,
        }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A program that leaves a mark when it is run, and passes its input on.
    pub(crate) fn trap(&self, name: &str) -> PathBuf {
        self.program(name, "cat")
    }

    /// A program that leaves a mark and ends, for who would talk with it for ever.
    pub(crate) fn short_trap(&self, name: &str) -> PathBuf {
        self.program(name, "exit 1")
    }

    fn program(&self, name: &str, then: &str) -> PathBuf {
        let canary = self.canary();
        let text = format!("#!/bin/sh\ntouch {}\n{then}\n", canary.display());
        let path = self.file(name, &text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub(crate) fn canary(&self) -> PathBuf {
        self.at("canary")
    }

    /// True when a trap was run since the last look.
    pub(crate) fn sprung(&self) -> bool {
        fs::remove_file(self.canary()).is_ok()
    }

    /// Git as anybody runs it, with nothing taken away.
    pub(crate) fn plain_git(&self, folder: &Path, arguments: &[&str]) -> Output {
        Command::new("git")
            .args(["-c", "user.name=P", "-c", "user.email=p@localhost"])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", self.at("home"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The same, where it must go well.
    pub(crate) fn made(&self, folder: &Path, arguments: &[&str]) {
        let output = self.plain_git(folder, arguments);
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
    }

    /// A repository with a commit and a change.
    pub(crate) fn repository(&self, name: &str) -> PathBuf {
        let folder = self.folder(name);
        self.made(&folder, &["init", "--quiet", "--initial-branch=main"]);
        self.file(&format!("{name}/a.txt"), "one\n");
        self.made(&folder, &["add", "--all"]);
        self.made(&folder, &["commit", "--quiet", "--message=Start"]);
        self.file(&format!("{name}/a.txt"), "one\ntwo\n");
        folder
    }

    pub(crate) fn git(&self) -> Git {
        Git::new(GitEnv {
            path: Some(OsString::from(PATH)),
            home: Some(self.at("home")),
            config_home: None,
        })
    }
}
