//! The scratch folder of a case: the repository, a home, a marker, and somebody who listens.

use super::{
    Case, State,
    runs::{self, Seen},
    text, texts,
};
use crate::launch::Launch;
use gimlet_settings::Env;
use gimlet_trust::{Git, GitEnv, GitRepository};
use serde_json::{Map, Value};
use std::{
    fs, io,
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How a repository comes to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Unpacked, with its `.git` as it is.
    Archive,
    /// Cloned: what git does not carry is not there.
    Clone,
    /// Unpacked into another repository, which is trusted.
    Nested,
}

impl Delivery {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Archive => "unpacked",
            Self::Clone => "cloned",
            Self::Nested => "inside of a trusted repository",
        }
    }
}

/// The programs that set-up lines may run.
const PROGRAMS: [&str; 12] = [
    "chmod", "cp", "echo", "git", "ln", "mkdir", "mkfifo", "mv", "printf", "rm", "sh", "touch",
];

/// Everything of one case.
pub(super) struct Stage {
    _scratch: tempfile::TempDir,
    pub(super) base: PathBuf,
    pub(super) ws: PathBuf,
    pub(super) program: PathBuf,
    pub(super) sink: Sink,
    /// A step of the set-up that happens while a session runs.
    pub(super) later: Vec<String>,
}

/// Counts who connects.
pub(super) struct Sink {
    pub(super) url: String,
    count: Arc<AtomicUsize>,
}

impl Sink {
    fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::downgrade(&count);
        // Ends with the first connection after nobody looks any more, or with the process.
        thread::spawn(move || {
            for connection in listener.incoming() {
                let Some(count) = counted.upgrade() else {
                    return;
                };
                count.fetch_add(1, Ordering::SeqCst);
                drop(connection);
            }
        });
        Ok(Self { url, count })
    }

    pub(super) fn connections(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Stage {
    pub(super) fn build(case: &Case<'_>, way: Delivery, program: &Path) -> Result<Self, String> {
        Self::try_build(case, way, program).map_err(|error| format!("the set-up: {error}"))
    }

    fn try_build(case: &Case<'_>, way: Delivery, program: &Path) -> io::Result<Self> {
        let scratch = tempfile::tempdir()?;
        let base = scratch.path().canonicalize()?;
        let nested = way == Delivery::Nested || case.state == State::ParentTrusted;
        let ws = base.join(if nested { "outer/ws" } else { "ws" });
        for folder in ["home", "out", "out2"] {
            fs::create_dir_all(base.join(folder))?;
        }
        fs::create_dir_all(&ws)?;
        let mut stage = Self {
            _scratch: scratch,
            base,
            ws,
            program: program.to_owned(),
            sink: Sink::listen()?,
            later: Vec::new(),
        };
        // A trusted repository that the person has elsewhere, for those who point to it.
        let trusted = stage.at("home/trusted-repo");
        fs::create_dir_all(&trusted)?;
        Self::commit_all(&trusted)?;
        stage.grant(&trusted)?;
        if nested {
            let outer = stage.at("outer");
            Self::commit_all(&outer)?;
            if case.state == State::Untrusted {
                stage.grant(&outer)?;
            }
        }
        stage.furnish(case, way)?;
        if case.state == State::ParentTrusted {
            stage.grant(&stage.at("outer"))?;
            // Where a folder of it is opened, it is itself the parent.
            if case.trigger.starts_with("open:") {
                stage.grant(&stage.ws.clone())?;
            }
        }
        Ok(stage)
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    pub(super) fn canary(&self) -> PathBuf {
        self.at("canary")
    }

    /// The text with its placeholders filled.
    pub(super) fn fill(&self, text: &str) -> String {
        let at = |name: &str| self.at(name).display().to_string();
        let values = [
            ("{{WS}}", self.ws.display().to_string()),
            ("{{HOME}}", at("home")),
            ("{{OUT}}", at("out")),
            ("{{EXTRA}}", at("out2")),
            ("{{TMP}}", at("out")),
            ("{{AGENT_DIR}}", ".gimlet".to_owned()),
            ("{{AGENT_HOME}}", at("own/config")),
            ("{{AGENT_BIN}}", "gimlet".to_owned()),
            ("{{CANARY}}", self.canary().display().to_string()),
            ("{{SINK}}", self.sink.url.clone()),
        ];
        values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }

    /// The environment of the person.
    pub(super) fn env(&self) -> Vec<(String, String)> {
        let at = |name: &str| self.at(name).display().to_string();
        vec![
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), at("home")),
            ("GIMLET_HOME".to_owned(), at("own")),
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            (
                "DBUS_SESSION_BUS_ADDRESS".to_owned(),
                "unix:path=/nonexistent".to_owned(),
            ),
        ]
    }

    /// A launch of this process as the person's, for looking at what counts.
    pub(super) fn launch(&self, cwd: &Path) -> Launch {
        Launch {
            cwd: cwd.to_owned(),
            env: Env::of(self.env()),
            ..Launch::default()
        }
    }

    fn git(folder: &Path) -> io::Result<GitRepository> {
        let git = Git::new(GitEnv {
            path: Some("/usr/local/bin:/usr/bin:/bin".into()),
            ..GitEnv::default()
        });
        let git = git
            .apart()
            .with("user.name", "P")
            .with("user.email", "p@localhost");
        git.at(folder).map_err(io::Error::other)
    }

    fn commit_all(folder: &Path) -> io::Result<()> {
        let git = Self::git(folder)?;
        let run = |arguments: &[&str]| git.run(arguments).map(drop).map_err(io::Error::other);
        run(&["init", "--quiet", "--initial-branch=main"])?;
        run(&["add", "--all", "--force"])?;
        run(&["commit", "--quiet", "--allow-empty", "--message=Start"])
    }

    pub(super) fn grant(&self, folder: &Path) -> io::Result<()> {
        let launch = self.launch(folder);
        let failed = |fault| io::Error::other(format!("{fault:?}"));
        let report = crate::trust::report(&launch).map_err(failed)?;
        crate::trust::grant(&launch, &report).map_err(failed)
    }

    fn furnish(&mut self, case: &Case<'_>, way: Delivery) -> io::Result<()> {
        let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
        let none = Map::new();
        let object = |name: &str| {
            let value = case.value.get(name).and_then(Value::as_object);
            value.unwrap_or(&none).iter()
        };
        for (name, content) in object("files") {
            let content = content.as_str().unwrap_or_default();
            self.write(&self.ws.join(self.fill(name)), content)?;
        }
        for (name, to) in object("symlinks") {
            let path = self.ws.join(self.fill(name));
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            symlink(self.fill(to.as_str().unwrap_or_default()), path)?;
        }
        let steps = texts(case.value, "setup_commands").map_err(wrong)?;
        let is_said = |step: &str| step.starts_with("trust ");
        let by_steps = steps.iter().any(|step| is_said(step));
        // A clone of its own is no part of what is delivered.
        let (apart, steps): (Vec<String>, Vec<String>) = steps
            .into_iter()
            .partition(|step| step.contains("separate clone"));
        for step in steps.iter().take_while(|step| !is_said(step)) {
            self.step(step)?;
        }
        // A pointer in the place of `.git` is the repository.
        if !self.ws.join(".git").exists() {
            Self::commit_all(&self.ws.clone())?;
        }
        if way == Delivery::Clone {
            self.clone_over()?;
        } else {
            for (name, content) in object("git_files") {
                let content = content.as_str().unwrap_or_default();
                self.write(&self.ws.join(".git").join(self.fill(name)), content)?;
            }
            if let Some(config) = case.value.get("git_config").and_then(Value::as_str) {
                let path = self.ws.join(".git/config");
                let before = fs::read_to_string(&path)?;
                fs::write(path, format!("{before}{}", self.fill(config)))?;
            }
        }
        for step in &apart {
            self.step(step)?;
        }
        if case.state == State::Trusted && !by_steps {
            self.grant(&self.ws.clone())?;
        }
        for step in steps.iter().skip_while(|step| !is_said(step)) {
            self.step(step)?;
        }
        Ok(())
    }

    /// What a clone brings: what is committed, and neither configuration nor hooks.
    fn clone_over(&self) -> io::Result<()> {
        let origin = self.at("origin");
        fs::rename(&self.ws, &origin)?;
        fs::create_dir(&self.ws)?;
        let git = Self::git(&self.ws)?;
        let run = |arguments: &[&str]| git.run(arguments).map(drop).map_err(io::Error::other);
        run(&["init", "--quiet", "--initial-branch=main"])?;
        for part in ["objects", "refs"] {
            copy_folder(
                &origin.join(".git").join(part),
                &self.ws.join(".git").join(part),
            )?;
        }
        run(&["reset", "--quiet", "--hard", "HEAD"])
    }

    fn write(&self, path: &Path, content: &str) -> io::Result<()> {
        let content = self.fill(content);
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        fs::write(path, &content)?;
        if content.starts_with("#!") {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    /// One step of the set-up: a command, or one of the sentences that cases are written in.
    fn step(&mut self, step: &str) -> io::Result<()> {
        let filled = self.fill(step);
        let unknown = || io::Error::other(format!("the step `{step}` is not understood"));
        let hooks = r#"{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "touch {{CANARY}}"}]}]}}"#;
        let first = filled.split_whitespace().next().unwrap_or_default();
        if let Some(path) = filled.strip_prefix("trust ") {
            return self.grant(Path::new(path.trim()));
        }
        if step.starts_with("model ") || step.starts_with("sandboxed command") {
            self.later.push(filled);
            return Ok(());
        }
        if filled.starts_with("replace ") && filled.contains("symlink to another repository") {
            let other = self.at("other");
            self.write(&other.join(".gimlet/settings.json"), hooks)?;
            Self::commit_all(&other)?;
            fs::rename(&self.ws, self.at("before"))?;
            return symlink(other, &self.ws);
        }
        if filled.contains("separate clone") {
            let name = filled
                .split_whitespace()
                .find_map(|word| word.strip_suffix('/'));
            let folder = self.ws.join(name.ok_or_else(unknown)?);
            fs::create_dir_all(&folder)?;
            return Self::commit_all(&folder);
        }
        if let Some((_, rest)) = filled.split_once(" brings ") {
            let name = rest.split_whitespace().next().ok_or_else(unknown)?;
            return self.write(&self.ws.join(name), hooks);
        }
        if let Some(rest) = filled.strip_prefix("set ") {
            let (pairs, file) = rest.rsplit_once(" in ").ok_or_else(unknown)?;
            let file = self
                .ws
                .join(file.trim().trim_end_matches("/config"))
                .join("config");
            for pair in pairs.split(", ") {
                let (key, value) = pair.split_once('=').ok_or_else(unknown)?;
                let value = value.trim().trim_matches('\'');
                let output = Self::git(&self.base)?
                    .ask(&[
                        "config",
                        "--file",
                        &file.display().to_string(),
                        key.trim(),
                        value,
                    ])
                    .map_err(io::Error::other)?;
                if !output.success {
                    return Err(unknown());
                }
            }
            // A folder that is empty would not be committed.
            return keep_empty(file.parent().unwrap_or(&file));
        }
        if !PROGRAMS.contains(&first) {
            return Err(unknown());
        }
        let ended = runs::shell(&filled, &self.ws, &self.env())?;
        if ended { Ok(()) } else { Err(unknown()) }
    }

    /// Runs the case, and looks.
    pub(super) fn play(&mut self, case: &Case<'_>) -> Result<Seen, String> {
        let start = case.trigger.split('+').next().unwrap_or_default();
        let cwd = match start.strip_prefix("open:") {
            Some(name) => self.ws.join(name),
            None => self.ws.clone(),
        };
        text(case.value, "id")?;
        runs::play(self, case, &cwd).map_err(|error| format!("the run: {error}"))
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy_folder(&item.path(), &target)?;
        } else {
            fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}

fn keep_empty(folder: &Path) -> io::Result<()> {
    let mut is_empty = true;
    for item in fs::read_dir(folder)? {
        let item = item?;
        is_empty = false;
        if item.file_type()?.is_dir() {
            keep_empty(&item.path())?;
        }
    }
    if is_empty {
        fs::write(folder.join(".keep"), "")?;
    }
    Ok(())
}
