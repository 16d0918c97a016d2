//! The demonstration: a small real repository with a real bug, and a script for the model.
//!
//! Only the model's words are scripted. The engine, the tools, the gate, the log, git, the
//! shell and the failing test are real.

use crate::launch::{Launch, TrustFlag};
use gimlet_settings::{Env, env_vars};
use gimlet_trust::{GitFault, GitRepository};
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const FILES: [(&str, &str); 3] = [
    ("stats.sh", include_str!("demo/stats.sh")),
    ("test.sh", include_str!("demo/test.sh")),
    ("AGENTS.md", include_str!("demo/AGENTS.md")),
];
const SCRIPT: &str = include_str!("demo/script.json");

/// What the person would have asked.
const PROMPT: &str =
    "The tests in this repository fail. Find the bug, fix it and prove that it is fixed.";

/// A demonstration that is ready to run.
#[derive(Debug)]
pub struct Demo {
    root: PathBuf,
}

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoFault {
    /// The folder cannot be made.
    #[error("the demonstration's folder cannot be made: {0}")]
    Folder(#[from] io::Error),
    /// git is missing.
    #[error("the demonstration needs git, and there is none in PATH; install it and try again")]
    NoGit,
    /// git refuses.
    #[error("git could not make the repository: {0}")]
    Git(GitFault),
}

impl From<GitFault> for DemoFault {
    fn from(fault: GitFault) -> Self {
        match fault {
            GitFault::Missing => Self::NoGit,
            GitFault::Start { .. }
            | GitFault::TooSlow { .. }
            | GitFault::TooMuch { .. }
            | GitFault::Failed { .. } => Self::Git(fault),
        }
    }
}

impl Demo {
    /// Makes the repository in a new temporary folder.
    ///
    /// # Errors
    /// When the folder or the repository cannot be made; nothing is left then.
    pub fn prepare(env: &Env) -> Result<Self, DemoFault> {
        let folder = tempfile::Builder::new().prefix("gimlet-demo-").tempdir()?;
        let repo = folder.path().join("repo");
        fs::create_dir(&repo)?;
        for (name, text) in FILES {
            fs::write(repo.join(name), text)?;
        }
        fs::write(folder.path().join("script.json"), SCRIPT)?;
        let git = git(&repo, env)?;
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "--all"],
            &["commit", "--quiet", "--message=Add statistics"],
        ] {
            git.run(arguments)?;
        }
        Ok(Self {
            root: folder.keep(),
        })
    }

    /// The repository.
    pub fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// Everything that the demonstration made: the repository, the script and the session.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// What is asked.
    pub fn prompt(&self) -> &'static str {
        PROMPT
    }

    /// How the session is started: in the repository, with a home of its own, the scripted
    /// model, and a gate that lets through editing and the one command that runs the tests.
    pub fn launch(&self, env: &Env) -> Launch {
        let own = [
            (
                env_vars::GIMLET_HOME.name,
                self.root.join("home").into_os_string(),
            ),
            (
                env_vars::GIMLET_SCRIPT.name,
                self.root.join("script.json").into_os_string(),
            ),
        ];
        let kept = env
            .iter()
            .filter(|(name, _)| !name.to_string_lossy().starts_with("GIMLET_"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let own = own
            .into_iter()
            .map(|(name, value)| (OsString::from(name), value));
        Launch {
            cwd: self.repo(),
            env: Env::of(kept.chain(own)),
            model: Some("scripted".to_owned()),
            allowed_tools: vec!["Edit Bash(sh test.sh)".to_owned()],
            setting_sources: Some(String::new()),
            // It was made here and now.
            trust: TrustFlag::ThisRun,
            ..Launch::default()
        }
    }

    /// Runs the tests outside of the session; true when they pass, and what they printed.
    ///
    /// # Errors
    /// When the shell cannot be started.
    pub fn test(&self) -> Result<(bool, String), DemoFault> {
        let output = Command::new("sh")
            .arg("test.sh")
            .current_dir(self.repo())
            .stdin(Stdio::null())
            .output()?;
        Ok((
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        ))
    }

    /// What changed in the repository, as git sees it.
    ///
    /// # Errors
    /// When git cannot be started.
    pub fn diff(&self, env: &Env) -> Result<String, DemoFault> {
        Ok(git(&self.repo(), env)?.run(&["diff", "--no-color"])?)
    }

    /// Removes the folder.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub fn remove(self) -> Result<(), DemoFault> {
        Ok(fs::remove_dir_all(&self.root)?)
    }
}

/// Git apart from anything that the person has configured.
fn git(repo: &Path, env: &Env) -> Result<GitRepository, DemoFault> {
    let git = crate::launch::git(env)
        .apart()
        .with("user.name", "Gimlet demo")
        .with("user.email", "demo@localhost");
    Ok(git.at(repo)?)
}
