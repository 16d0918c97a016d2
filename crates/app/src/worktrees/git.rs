//! Runs git so that nothing that a repository configures runs with it.

use super::WorktreeFault;
use std::{
    io::{Read, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long one run of git may take.
const DEADLINE: Duration = Duration::from_mins(5);

/// Set by whoever started Gimlet, such as a hook of git: they would lead git elsewhere.
const LED_ASTRAY: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_EXTERNAL_DIFF",
    "GIT_ATTR_SOURCE",
];

/// What no repository may decide.
const HARDENED: [&str; 9] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.attributesFile=/dev/null",
    "protocol.allow=never",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// Which repository git works on.
#[derive(Clone, Debug)]
pub(super) enum Git {
    /// The one that a folder lies in, only to be read.
    Found(PathBuf),
    /// One of Gimlet's own.
    Own {
        /// The git directory.
        folder: PathBuf,
        /// The files that it is about.
        files: PathBuf,
        /// Its list of files.
        index: PathBuf,
    },
}

impl Git {
    /// Runs git and returns what it wrote.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, WorktreeFault> {
        self.feed(arguments, Vec::new())
    }

    /// The same, with something to read.
    pub(super) fn feed(
        &self,
        arguments: &[&str],
        input: Vec<u8>,
    ) -> Result<Vec<u8>, WorktreeFault> {
        let ended = self.finished(arguments, input)?;
        if ended.code == Some(0) {
            return Ok(ended.out);
        }
        let err = String::from_utf8_lossy(&ended.err);
        let why = err.lines().rev().find(|line| !line.trim().is_empty());
        Err(fault(arguments, why.unwrap_or("it failed without a word")))
    }

    /// One line that git wrote.
    pub(super) fn line(&self, arguments: &[&str]) -> Result<String, WorktreeFault> {
        let out = self.run(arguments)?;
        Ok(String::from_utf8_lossy(&out)
            .trim_end_matches('\n')
            .to_owned())
    }

    /// Runs git to its end, whatever that is.
    pub(super) fn finished(
        &self,
        arguments: &[&str],
        input: Vec<u8>,
    ) -> Result<Ended, WorktreeFault> {
        let mut command = Command::new("git");
        command.args(["--no-optional-locks", "--no-pager", "--literal-pathspecs"]);
        for setting in HARDENED {
            command.args(["-c", setting]);
        }
        for variable in LED_ASTRAY {
            command.env_remove(variable);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        match self {
            Self::Found(folder) => {
                command.current_dir(folder);
            }
            Self::Own {
                folder,
                files,
                index,
            } => {
                command
                    .current_dir(files)
                    .arg("--git-dir")
                    .arg(folder)
                    .arg("--work-tree")
                    .arg(files)
                    .env("GIT_INDEX_FILE", index);
            }
        }
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        finish(command, input).map_err(|why| match why {
            Unfinished::NotThere => WorktreeFault::NoGit,
            Unfinished::Failed(why) => fault(arguments, &why),
        })
    }
}

/// A run of git.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    err: Vec<u8>,
}

enum Unfinished {
    NotThere,
    Failed(String),
}

fn finish(mut command: Command, input: Vec<u8>) -> Result<Ended, Unfinished> {
    let failed = |error: std::io::Error| Unfinished::Failed(error.to_string());
    let mut child = command.spawn().map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Unfinished::NotThere
        } else {
            failed(error)
        }
    })?;
    let (told, ends) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        thread::spawn(move || {
            // A git that reads no further has said why.
            drop(stdin.write_all(&input));
        });
    }
    let listen = |stream: Option<Box<dyn Read + Send>>, which: usize| {
        let told = told.clone();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stream.map_or(Ok(0), |mut stream| stream.read_to_end(&mut bytes));
            drop(told.send((which, read.map(|_| bytes))));
        });
    };
    listen(child.stdout.take().map(|out| Box::new(out) as _), 0);
    listen(child.stderr.take().map(|err| Box::new(err) as _), 1);
    let mut heard = [Vec::new(), Vec::new()];
    for _ in 0..2 {
        let Ok((which, bytes)) = ends.recv_timeout(DEADLINE) else {
            // It may have ended in this very moment; then there is nothing to kill.
            drop(child.kill());
            drop(child.wait());
            let secs = DEADLINE.as_secs();
            return Err(Unfinished::Failed(format!("it took longer than {secs} s")));
        };
        if let Some(place) = heard.get_mut(which) {
            *place = bytes.map_err(failed)?;
        }
    }
    let status = child.wait().map_err(failed)?;
    let [out, err] = heard;
    let code = status.code();
    Ok(Ended { code, out, err })
}

fn fault(arguments: &[&str], why: &str) -> WorktreeFault {
    WorktreeFault::Git {
        what: arguments.first().copied().unwrap_or_default().to_owned(),
        why: why.to_owned(),
    }
}

/// The paths of a list that git wrote with `-z`.
pub(super) fn paths(listed: &[u8]) -> impl Iterator<Item = &Path> {
    use std::os::unix::ffi::OsStrExt as _;
    listed
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| Path::new(std::ffi::OsStr::from_bytes(path)))
}

/// Paths as git reads them with `-z`.
pub(super) fn listed<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut out = Vec::new();
    for path in paths {
        out.extend_from_slice(path.as_os_str().as_bytes());
        out.push(0);
    }
    out
}
