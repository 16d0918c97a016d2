//! What a git repository already holds, so that it need not be copied.
//!
//! The index is read as a file; git itself is only run to tell settings and to hand out blobs,
//! with nothing of the repository's that runs anything. Nothing is ever written.

mod attributes;
mod index;

pub(super) use attributes::Attributes;
use index::GitIndex;

use super::tree::Oid;
use gimlet_trust::{Git, GitEnv};
use sha1::{Digest as _, Sha1};
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

/// Bytes of one blob that are taken from git.
const MOST_BLOB_BYTES: u64 = 1 << 30;

/// How long git may take.
const MOST_TIME: Duration = Duration::from_mins(1);

/// A repository whose work tree, or a part of it, is looked at.
#[derive(Debug)]
pub(super) struct Repository {
    /// The top of the work tree.
    pub(super) top: PathBuf,
    /// The git folder of this work tree.
    pub(super) git_dir: PathBuf,
    environment: GitEnv,
    index: OnceLock<Option<GitIndex>>,
    settings: OnceLock<Settings>,
}

/// What of a repository's settings decides whether a file is what its blob is.
#[derive(Debug, Default)]
struct Settings {
    /// False where git cannot be asked or has object ids of another kind: then it is left alone.
    usable: bool,
    /// False where line ends are converted everywhere.
    plain: bool,
    /// Attributes for the whole repository.
    attributes: Attributes,
}

impl Repository {
    /// The repository whose work tree has its top at `top`, if there is one.
    pub(super) fn at(top: &Path, environment: &GitEnv) -> Option<Self> {
        let place = top.join(".git");
        let data = fs::symlink_metadata(&place).ok()?;
        let git_dir = if data.is_file() {
            let text = fs::read(&place).ok()?;
            let target = text.strip_prefix(b"gitdir: ")?.trim_ascii_end();
            top.join(OsStr::from_bytes(target))
        } else {
            place
        };
        git_dir.is_dir().then(|| Self {
            top: top.to_owned(),
            git_dir,
            environment: environment.clone(),
            index: OnceLock::new(),
            settings: OnceLock::new(),
        })
    }

    /// The repository that a folder belongs to.
    pub(super) fn around(folder: &Path, environment: &GitEnv) -> Option<Self> {
        folder
            .ancestors()
            .find_map(|top| Self::at(top, environment))
    }

    /// The index, where it can be read and its object ids are known.
    pub(super) fn index(&self) -> Option<&GitIndex> {
        let read = || GitIndex::read(&self.git_dir.join("index"));
        let index = self.index.get_or_init(read).as_ref()?;
        self.settings().usable.then_some(index)
    }

    /// False where a file of that path may differ from its blob: it has to be read.
    pub(super) fn is_plain(&self, path: &[u8], nearer: &[&Attributes]) -> bool {
        let settings = self.settings();
        settings.plain
            && !settings.attributes.may_convert(path)
            && !nearer.iter().any(|attributes| attributes.may_convert(path))
    }

    fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| self.read_settings())
    }

    fn read_settings(&self) -> Settings {
        let told = Git::new(self.environment.clone())
            .at(&self.top)
            .and_then(|git| git.ask(&["config", "--list", "--null", "--includes"]));
        let Some(told) = told.ok().filter(|told| told.success) else {
            return Settings::default();
        };
        let mut settings = Settings {
            usable: true,
            plain: true,
            attributes: Attributes::default(),
        };
        let common = common_dir(&self.git_dir);
        let home = self.environment.home.clone();
        let config_home = self.environment.config_home.clone();
        let config_home = config_home.or_else(|| Some(home.as_ref()?.join(".config")));
        let mut places = vec![
            common.join("info/attributes"),
            PathBuf::from("/etc/gitattributes"),
        ];
        places.extend(config_home.map(|folder| folder.join("git/attributes")));
        for line in told.stdout.split(|byte| *byte == 0) {
            let mut parts = line.splitn(2, |byte| *byte == b'\n');
            let key = parts.next().unwrap_or_default();
            let value = parts.next().unwrap_or(b"true");
            match key {
                b"core.autocrlf" => {
                    settings.plain = matches!(value, b"false" | b"no" | b"off" | b"0" | b"");
                }
                b"core.attributesfile" => {
                    let path = Path::new(OsStr::from_bytes(value));
                    places.push(match (path.strip_prefix("~"), &home) {
                        (Ok(rest), Some(home)) => home.join(rest),
                        (Ok(_) | Err(_), _) => path.to_owned(),
                    });
                }
                b"extensions.objectformat" => settings.usable = value == b"sha1",
                _ => {}
            }
        }
        for place in places {
            if let Ok(text) = fs::read(&place) {
                settings.attributes.read(&text);
            }
        }
        settings
    }
}

/// The blobs of those ids that git has; each is what its id says.
pub(super) fn blobs(
    top: &Path,
    environment: &GitEnv,
    ids: &[Oid],
    mut take: impl FnMut(Oid, Vec<u8>),
) {
    let Ok(git) = Git::new(environment.clone()).at(top) else {
        return;
    };
    let mut git = git.command(&["cat-file", "--batch"]);
    git.env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1");
    talk(git, |mut asks, answers| {
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for id in ids {
                    if asks.write_all(format!("{}\n", hex(id)).as_bytes()).is_err() {
                        return;
                    }
                }
            });
            read_blobs(ids, BufReader::with_capacity(1 << 16, answers), &mut take);
        });
    });
}

fn read_blobs(
    ids: &[Oid],
    mut answers: BufReader<ChildStdout>,
    take: &mut dyn FnMut(Oid, Vec<u8>),
) {
    let mut line = String::new();
    for id in ids {
        line.clear();
        if answers.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split_ascii_whitespace();
        let (_, Some(kind)) = (words.next(), words.next()) else {
            return;
        };
        let Some(length) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
            // `missing`: nothing follows.
            continue;
        };
        if length > MOST_BLOB_BYTES {
            return;
        }
        let mut content = Vec::new();
        let read = (&mut answers).take(length).read_to_end(&mut content);
        let mut end = [0];
        if read.is_err() || answers.read_exact(&mut end).is_err() {
            return;
        }
        // Answers come in the order of the questions.
        if kind == "blob" && oid_of(&content) == *id {
            take(*id, content);
        }
    }
}

/// Runs git and talks to it, for at most as long as it may take. Returns its exit code.
fn talk(mut git: Command, say: impl FnOnce(ChildStdin, ChildStdout)) -> Option<i32> {
    let started = git
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.ok()?;
    let (asks, answers) = (child.stdin.take()?, child.stdout.take()?);
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let late = is_done.recv_timeout(MOST_TIME);
            if late == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                && let Some(pid) = pid
            {
                let killed = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                // It may have ended in this very instant.
                killed.unwrap_or_default();
            }
        });
        say(asks, answers);
        let code = child.wait().ok().and_then(|status| status.code());
        drop(done);
        code
    })
}

/// The id that git gives a content.
pub(super) fn oid_of(content: &[u8]) -> Oid {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", content.len()).as_bytes());
    hasher.update(content);
    hasher.finalize().into()
}

fn hex(id: &Oid) -> String {
    use std::fmt::Write as _;
    id.iter().fold(String::with_capacity(40), |mut hex, byte| {
        // Writing to a string cannot fail.
        write!(hex, "{byte:02x}").unwrap_or_default();
        hex
    })
}

fn common_dir(git_dir: &Path) -> PathBuf {
    match fs::read(git_dir.join("commondir")) {
        Ok(text) => git_dir.join(OsStr::from_bytes(text.trim_ascii_end())),
        Err(_) => git_dir.to_owned(),
    }
}

#[cfg(test)]
mod tests;
