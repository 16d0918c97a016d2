//! Git on the repository of a person and on those of worktrees, through the one door to it.

use super::WorktreeFault;
use gimlet_trust::{Git as Door, GitFault, GitRepository};
use std::{
    io::{Read, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long one run of git may take: it may have to read every file of a large repository.
const DEADLINE: Duration = Duration::from_mins(5);

/// Git on one repository.
#[derive(Clone, Debug)]
pub(super) struct Git {
    door: GitRepository,
    own: Option<Own>,
}

/// A repository of Gimlet's own.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The git directory.
    pub(super) folder: PathBuf,
    /// The files that it is about.
    pub(super) files: PathBuf,
    /// Its list of files.
    pub(super) index: PathBuf,
}

impl Git {
    /// Git on the repository that a folder lies in, only to be read.
    pub(super) fn found(door: &Door, folder: &Path) -> Result<Self, WorktreeFault> {
        let door = door.at(folder).map_err(|fault| door_fault(&fault))?;
        Ok(Self { door, own: None })
    }

    /// Git on one of Gimlet's own repositories.
    pub(super) fn own(door: &Door, own: Own) -> Result<Self, WorktreeFault> {
        // Not the files: what configures git there is a worker's.
        let beside = own.folder.parent().unwrap_or(&own.folder);
        let door = door.at(beside).map_err(|fault| door_fault(&fault))?;
        let own = Some(own);
        Ok(Self { door, own })
    }

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
        let text = String::from_utf8_lossy(&out);
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// Runs git to its end, whatever that is.
    pub(super) fn finished(
        &self,
        arguments: &[&str],
        input: Vec<u8>,
    ) -> Result<Ended, WorktreeFault> {
        let mut command = self.door.command(arguments);
        if let Some(own) = &self.own {
            command
                .current_dir(&own.files)
                .env("GIT_DIR", &own.folder)
                .env("GIT_WORK_TREE", &own.files)
                .env("GIT_INDEX_FILE", &own.index);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        finish(command, input).map_err(|why| fault(arguments, &why))
    }
}

fn door_fault(fault: &GitFault) -> WorktreeFault {
    match fault {
        GitFault::Missing => WorktreeFault::NoGit,
        GitFault::Start { .. }
        | GitFault::TooSlow { .. }
        | GitFault::TooMuch { .. }
        | GitFault::Failed { .. } => WorktreeFault::Git {
            what: "config".to_owned(),
            why: fault.to_string(),
        },
    }
}

/// A run of git.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    err: Vec<u8>,
}

fn finish(mut command: Command, input: Vec<u8>) -> Result<Ended, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut child = command.spawn().map_err(failed)?;
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
            return Err(format!("it took longer than {secs} s"));
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
