//! The one door to git. Nothing that a repository's configuration or attributes name is run
//! with it: no hook, monitor, filter, driver, pager, editor, helper or transport.
//!
//! What each part stands against is in `docs/trust.md`, and each has a test with a real
//! repository that tries it.

mod environment;
mod running;

pub use environment::session_environment;

use running::{Ran, run_with_deadline};
use std::{
    env::split_paths,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// What one call of git may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// What one call may say; more is taken for a mistake or an attack.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Subcommands that show changes, and would run what the repository names for showing them.
const SHOWS_CHANGES: [&str; 9] = [
    "diff",
    "diff-files",
    "diff-index",
    "diff-tree",
    "format-patch",
    "log",
    "show",
    "stash",
    "whatchanged",
];

/// Set on the command line, which wins over every file of configuration.
const CONFIGURATION: [(&str, &str); 24] = [
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.editor", ":"),
    ("core.askPass", ""),
    ("core.sshCommand", "false"),
    ("core.gitProxy", "false"),
    ("core.alternateRefsCommand", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.quotePath", "false"),
    ("sequence.editor", ":"),
    ("credential.helper", ""),
    ("safe.bareRepository", "explicit"),
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    ("log.showSignature", "false"),
    ("gpg.program", "false"),
    ("commit.gpgSign", "false"),
    ("tag.gpgSign", "false"),
    ("submodule.recurse", "false"),
    ("maintenance.auto", "false"),
    ("gc.auto", "0"),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
];

/// What git is given of the person's environment. Nothing else reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitEnv {
    /// `PATH`, of which only absolute folders count.
    pub path: Option<OsString>,
    /// The home folder, for the person's own configuration.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, for the same.
    pub config_home: Option<PathBuf>,
}

/// Why git did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitFault {
    /// There is none, or only inside of the repository.
    #[error("git is not on PATH")]
    Missing,
    /// It could not be started.
    #[error("git {what} could not be started: {error}")]
    Start {
        /// The subcommand.
        what: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It took too long and was ended.
    #[error("git {what} took longer than {} seconds and was ended", DEADLINE.as_secs())]
    TooSlow {
        /// The subcommand.
        what: String,
    },
    /// It said too much and was ended.
    #[error("git {what} said more than {MOST_BYTES} bytes and was ended")]
    TooMuch {
        /// The subcommand.
        what: String,
    },
    /// It says no.
    #[error("git {what} failed: {why}")]
    Failed {
        /// The subcommand.
        what: String,
        /// The last line that it says.
        why: String,
    },
}

/// What git said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitOutput {
    /// True where it says that all went well.
    pub success: bool,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl GitOutput {
    /// Its standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Git, before it is known where it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    env: GitEnv,
    configuration: Vec<(String, String)>,
    personal: Personal,
}

/// Whether the person's own configuration counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Personal {
    Counts,
    Ignored,
}

impl Git {
    /// Git with what it needs of the environment.
    pub fn new(env: GitEnv) -> Self {
        Self {
            env,
            configuration: Vec::new(),
            personal: Personal::Counts,
        }
    }

    /// The same, without the person's configuration and the machine's.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.personal = Personal::Ignored;
        self
    }

    /// The same, with a key set for all calls.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.configuration.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Git in a folder. Asks git itself once, for the names of the drivers that the repository
    /// configures, so that they can be taken away.
    ///
    /// # Errors
    /// When git is missing, or does not understand the repository's configuration.
    pub fn at(&self, folder: &Path) -> Result<GitRepository, GitFault> {
        let folder = folder.canonicalize().map_err(|error| GitFault::Start {
            what: format!("in {}", folder.display()),
            error,
        })?;
        let program = self.program(&folder).ok_or(GitFault::Missing)?;
        let mut repository = GitRepository {
            git: self.clone(),
            program,
            folder,
            drivers: Vec::new(),
        };
        repository.drivers = repository.drivers_off()?;
        Ok(repository)
    }

    /// The first git on an absolute folder of `PATH` that is not part of what it is asked about.
    fn program(&self, folder: &Path) -> Option<PathBuf> {
        let path = self.env.path.as_deref()?;
        let top = folder
            .ancestors()
            .find(|above| above.join(".git").exists())
            .unwrap_or(folder);
        split_paths(path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("git"))
            .filter(|program| is_executable(program))
            .find(|program| {
                let real = program.canonicalize();
                !program.starts_with(top) && real.is_ok_and(|real| !real.starts_with(top))
            })
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|info| info.is_file() && info.permissions().mode() & 0o111 != 0)
}

/// Git in one folder.
#[derive(Clone, Debug)]
pub struct GitRepository {
    git: Git,
    program: PathBuf,
    folder: PathBuf,
    /// Configuration that takes the repository's own drivers away.
    drivers: Vec<String>,
}

impl GitRepository {
    /// The folder, without links on the way.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs git and returns what it said, whether it went well or not.
    ///
    /// # Errors
    /// When it cannot be started, takes too long or says too much.
    pub fn ask<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<GitOutput, GitFault> {
        let what = || name_of(arguments);
        let mut command = self.command(arguments);
        let ran = run_with_deadline(&mut command, DEADLINE, MOST_BYTES);
        match ran.map_err(|error| GitFault::Start {
            what: what(),
            error,
        })? {
            Ran::Ended(output) => Ok(output),
            Ran::TooSlow => Err(GitFault::TooSlow { what: what() }),
            Ran::TooMuch => Err(GitFault::TooMuch { what: what() }),
        }
    }

    /// Runs git and returns its standard output where it went well.
    ///
    /// # Errors
    /// As [`Self::ask`], and when git says no.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, GitFault> {
        let output = self.ask(arguments)?;
        if output.success {
            return Ok(output.text());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().rev().find(|line| !line.trim().is_empty());
        Err(GitFault::Failed {
            what: name_of(arguments),
            why: why.unwrap_or("it gives no reason").to_owned(),
        })
    }

    /// A command that is ready to be started, with nothing on standard input, for whoever
    /// follows it as it runs.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--no-optional-locks", "--no-pager"])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear();
        for (key, value) in CONFIGURATION {
            command.arg("-c").arg(format!("{key}={value}"));
        }
        for (key, value) in &self.git.configuration {
            command.arg("-c").arg(format!("{key}={value}"));
        }
        for driver in &self.drivers {
            command.arg("-c").arg(driver);
        }
        let mut rest = arguments.iter().map(AsRef::as_ref);
        if let Some(subcommand) = rest.next() {
            command.arg(subcommand);
            if subcommand
                .to_str()
                .is_some_and(|name| SHOWS_CHANGES.contains(&name))
            {
                // A stash takes these after its own subcommand.
                if subcommand == "stash" {
                    command.args(rest.next());
                }
                command.args(["--no-ext-diff", "--no-textconv"]);
            }
        }
        command.args(rest);
        command.envs(self.environment());
        command
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let env = &self.git.env;
        let mut out: Vec<(OsString, OsString)> = environment::QUIET
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        out.push(("PATH".into(), absolute_only(env.path.as_deref())));
        match self.git.personal {
            Personal::Ignored => {
                out.push(("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()));
                out.push(("GIT_CONFIG_NOSYSTEM".into(), "1".into()));
            }
            Personal::Counts => {
                if let Some(home) = &env.home {
                    out.push(("HOME".into(), home.into()));
                }
                if let Some(folder) = &env.config_home {
                    out.push(("XDG_CONFIG_HOME".into(), folder.into()));
                }
            }
        }
        out
    }

    /// What takes the drivers of the repository's own configuration away: filters, which run
    /// whenever git reads a changed file, and merge drivers. No option does that for all.
    fn drivers_off(&self) -> Result<Vec<String>, GitFault> {
        let listed = self.run(&["config", "--list", "--show-scope", "--name-only", "-z"])?;
        let mut out = Vec::new();
        let mut words = listed.split('\0');
        while let (Some(scope), Some(name)) = (words.next(), words.next()) {
            // What the person or the machine configured is theirs.
            if !matches!(scope, "local" | "worktree") {
                continue;
            }
            let Some((section, _)) = name.split_once('.') else {
                continue;
            };
            let Some((front, key)) = name.rsplit_once('.') else {
                continue;
            };
            match (section.to_ascii_lowercase().as_str(), key) {
                ("filter", _) => {
                    for part in ["clean=", "smudge=", "process=", "required=false"] {
                        out.push(format!("{front}.{part}"));
                    }
                }
                ("merge", "driver")
                | ("tar", "command")
                | ("trailer", "command" | "cmd")
                | ("gpg", "program" | "defaultkeycommand") => out.push(format!("{name}=false")),
                ("credential", "helper") => out.push(format!("{name}=")),
                _ => {}
            }
        }
        out.sort();
        out.dedup();
        Ok(out)
    }
}

/// `PATH` without folders that depend on where the process is.
fn absolute_only(path: Option<&OsStr>) -> OsString {
    let folders = split_paths(path.unwrap_or_default()).filter(|folder| folder.is_absolute());
    std::env::join_paths(folders).unwrap_or_default()
}

fn name_of<A: AsRef<OsStr>>(arguments: &[A]) -> String {
    let name = arguments.first().map(AsRef::as_ref).unwrap_or_default();
    name.to_string_lossy().into_owned()
}
