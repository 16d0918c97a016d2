//! The machine that the client stands on: its clock, the person's programs, and the few files
//! in which the client remembers something.

use gimlet_app::{Finding, Launch, NoteTo, add_note, examine, project_files};
use gimlet_ports::Later;
use gimlet_protocol::Timestamp;
use gimlet_settings::{Dirs, Env, env_vars};
use gimlet_tui::{
    Place, Report, ShellEnd,
    history::{Entry, History},
};
use serde_json::{Map, Value, json};
use std::{
    fs,
    io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::runtime::Handle;

/// Prompts of earlier runs that are read.
const PROMPTS_BYTES: u64 = 256 * 1024;
/// What a command of the person's own may print before it is cut.
const SHELL_BYTES: usize = 256 * 1024;
/// How long such a command may take.
const SHELL_LIMIT: Duration = Duration::from_mins(10);

/// This machine.
pub(super) struct Machine {
    launch: Launch,
    dirs: Option<Dirs>,
    handle: Handle,
}

impl Machine {
    pub(super) fn new(launch: Launch, handle: Handle) -> Self {
        let dirs = Dirs::find(&launch.env).ok();
        Self {
            launch,
            dirs,
            handle,
        }
    }

    fn notes_file(&self) -> Option<PathBuf> {
        Some(self.dirs.as_ref()?.state.join("terminal.json"))
    }

    fn notes(&self) -> Map<String, Value> {
        let read = self
            .notes_file()
            .and_then(|file| fs::read_to_string(file).ok());
        let notes = read.and_then(|text| serde_json::from_str(&text).ok());
        match notes {
            Some(Value::Object(notes)) => notes,
            _ => Map::new(),
        }
    }

    fn prompts_file(&self) -> Option<PathBuf> {
        Some(self.dirs.as_ref()?.state.join("prompts.jsonl"))
    }

    fn keys_file(&self) -> Option<PathBuf> {
        Some(self.dirs.as_ref()?.config.join("keybindings.json"))
    }

    /// The person's file of keys; empty where there is none.
    pub(super) fn keys(&self) -> String {
        let file = self.keys_file();
        file.and_then(|file| fs::read_to_string(file).ok())
            .unwrap_or_default()
    }

    /// Prompts that were sent before, from this folder and others.
    pub(super) fn history(&self) -> History {
        let here = self.launch.cwd.display().to_string();
        History::new(&here, self.prompts())
    }

    fn prompts(&self) -> Vec<Entry> {
        let Some(mut file) = self
            .prompts_file()
            .and_then(|file| fs::File::open(file).ok())
        else {
            return Vec::new();
        };
        let length = file.metadata().map_or(0, |there| there.len());
        let mut bytes = Vec::new();
        let read = file
            .seek(SeekFrom::Start(length.saturating_sub(PROMPTS_BYTES)))
            .and_then(|_| file.read_to_end(&mut bytes));
        if read.is_err() {
            return Vec::new();
        }
        // The first line may be cut off; it is left out like any that cannot be read.
        Entry::read(&String::from_utf8_lossy(&bytes)).0
    }

    fn program(&self, variables: &[&gimlet_settings::EnvVar], otherwise: &str) -> String {
        let env: &Env = &self.launch.env;
        let named = variables.iter().find_map(|variable| env.text(variable));
        named
            .filter(|name| !name.trim().is_empty())
            .unwrap_or(otherwise)
            .to_owned()
    }

    /// Runs the person's own program on a file, as a shell would.
    fn run_on(&self, program: &str, file: &Path) -> Result<(), String> {
        let status = Command::new("/bin/sh")
            .args(["-c", &format!("{program} \"$1\""), "sh"])
            .arg(file)
            .current_dir(&self.launch.cwd)
            .status()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!(
                "{program} ended with {status}; the text is as it was"
            ))
        }
    }

    fn with_file<T>(
        &self,
        text: &str,
        then: impl FnOnce(&Path) -> Result<T, String>,
    ) -> Result<T, String> {
        let folder = self.dirs.as_ref().map(|dirs| dirs.cache.join("edit"));
        let folder = folder.ok_or("there is no folder for the text")?;
        let path = folder.join(format!("{}.md", std::process::id()));
        let write = || {
            fs::create_dir_all(&folder)?;
            let mut options = fs::OpenOptions::new();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            options.open(&path)?.write_all(text.as_bytes())
        };
        write().map_err(|error| format!("{}: {error}", path.display()))?;
        let came = then(&path);
        drop(fs::remove_file(&path));
        came
    }

    /// What git prints, lines; empty where it fails.
    async fn git(&self, arguments: &'static [&'static str]) -> Vec<String> {
        let (git, cwd) = (gimlet_app::git(&self.launch.env), self.launch.cwd.clone());
        let asked = self.handle.spawn_blocking(move || {
            let repository = git.at(&cwd).ok()?;
            Some(repository.ask(arguments).ok()?.text())
        });
        let text = asked.await.ok().flatten().unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn doctor(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for check in examine(&self.launch) {
            let mark = match check.finding {
                Finding::Good => "✓",
                Finding::Note => "·",
                Finding::Bad => "✗",
            };
            lines.push(format!("{mark} {}: {}", check.name, check.text));
            if let Some(hint) = check.hint.filter(|hint| !hint.is_empty()) {
                lines.push(format!("    → {hint}"));
            }
        }
        lines
    }

    fn settings(&self) -> Vec<String> {
        match self.launch.load_settings() {
            Ok((settings, _)) => {
                let rows = settings.rows().into_iter();
                rows.map(|(key, value, source)| format!("{key} = {value}  ({source})"))
                    .collect()
            }
            Err(fault) => vec![format!("{fault:?}")],
        }
    }

    fn permissions(&self) -> Vec<String> {
        let Ok((settings, _)) = self.launch.load_settings() else {
            return self.settings();
        };
        let mut lines = Vec::new();
        let permissions = &settings.permissions;
        for (name, rules) in [
            ("never", &permissions.deny),
            ("ask", &permissions.ask),
            ("allowed", &permissions.allow),
        ] {
            for rule in rules {
                lines.push(format!("{name:<8} {}  ({})", rule.text, rule.source));
            }
        }
        for (name, list) in [
            ("allowed", &self.launch.allowed_tools),
            ("never", &self.launch.disallowed_tools),
        ] {
            lines.extend(list.iter().map(|rule| format!("{name:<8} {rule}  (flag)")));
        }
        if lines.is_empty() {
            lines.push(
                "No rule is set; the mode decides. `gimlet policy explain` tells how.".to_owned(),
            );
        }
        lines
    }
}

impl Place for Machine {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn edit(&self, text: &str) -> Result<String, String> {
        let editor = self.program(&[&env_vars::VISUAL, &env_vars::EDITOR], "vi");
        self.with_file(text, |path| {
            self.run_on(&editor, path)?;
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        })
    }

    fn page(&self, text: &str) -> Result<(), String> {
        let pager = self.program(&[&env_vars::PAGER], "less");
        self.with_file(text, |path| self.run_on(&pager, path))
    }

    fn shell(&self, command: String) -> Later<'_, ShellEnd> {
        let shell = self.program(&[&env_vars::SHELL], "/bin/sh");
        let cwd = self.launch.cwd.clone();
        let job = self.handle.spawn(async move {
            let mut child = tokio::process::Command::new(shell);
            // What it prints for people and what goes wrong belong together.
            child
                .args(["-c", &format!("{{ {command}\n}} 2>&1")])
                .current_dir(cwd)
                .stdin(Stdio::null())
                .process_group(0)
                .kill_on_drop(true);
            match tokio::time::timeout(SHELL_LIMIT, child.output()).await {
                Ok(Ok(output)) => {
                    let mut bytes = output.stdout;
                    let cut = bytes.len() > SHELL_BYTES;
                    bytes.truncate(SHELL_BYTES);
                    let mut text = String::from_utf8_lossy(&bytes).into_owned();
                    if cut {
                        text.push_str("\n[the rest was cut off]");
                    }
                    let text = gimlet_hygiene::screen::clean(
                        gimlet_hygiene::screen::Channel::ModelText,
                        &text,
                    );
                    ShellEnd {
                        output: text.into_owned(),
                        code: output.status.code(),
                    }
                }
                Ok(Err(error)) => ShellEnd {
                    output: format!("the shell cannot be started: {error}"),
                    code: Some(127),
                },
                Err(_) => ShellEnd {
                    output: format!("it was ended after {} s", SHELL_LIMIT.as_secs()),
                    code: None,
                },
            }
        });
        Box::pin(async move {
            job.await.unwrap_or(ShellEnd {
                output: String::new(),
                code: None,
            })
        })
    }

    fn files(&self, most: usize) -> Later<'_, Vec<String>> {
        let cwd = self.launch.cwd.clone();
        let job = self
            .handle
            .spawn(async move { project_files(&cwd, most).await });
        Box::pin(async move { job.await.unwrap_or_default() })
    }

    fn remember(&self, note: String) -> Later<'_, Result<String, String>> {
        Box::pin(async move {
            add_note(&self.launch, NoteTo::Project, &note)
                .map(|written| written.path.display().to_string())
                .map_err(|fault| {
                    let (gimlet_ports::OpenFault::User { text, .. }
                    | gimlet_ports::OpenFault::Config { text, .. }
                    | gimlet_ports::OpenFault::Environment { text, .. }) = fault;
                    text
                })
        })
    }

    fn recall(&self, name: &str) -> Option<String> {
        self.notes().get(name)?.as_str().map(str::to_owned)
    }

    fn note(&self, name: &str, value: &str) {
        let Some(file) = self.notes_file() else {
            return;
        };
        let mut notes = self.notes();
        notes.insert(name.to_owned(), json!(value));
        let text = format!("{:#}\n", Value::Object(notes));
        // What cannot be remembered is asked again, and does no harm.
        let folder = file.parent().map(fs::create_dir_all);
        if folder.is_some_and(|made| made.is_ok()) {
            fs::write(file, text).unwrap_or_default();
        }
    }

    fn sent(&self, entry: &Entry) {
        let Some(file) = self.prompts_file() else {
            return;
        };
        let entry = Entry {
            text: gimlet_hygiene::secrets::redact(&entry.text).as_ref().into(),
            ..entry.clone()
        };
        let append = || {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = fs::OpenOptions::new();
            let options = options.append(true).create(true).mode(0o600);
            options
                .open(&file)?
                .write_all(format!("{}\n", entry.line()).as_bytes())
        };
        append().unwrap_or_default();
    }

    fn save_keys(&self, text: &str) -> Result<String, String> {
        let file = self.keys_file().ok_or("there is no folder for settings")?;
        let write = || {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&file, text)
        };
        write().map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file.display().to_string())
    }

    fn save(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.launch.cwd.join(name);
        let mut options = fs::OpenOptions::new();
        // What is there is not written over.
        let options = options.write(true).create_new(true);
        let written = options
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => Ok(path.display().to_string()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(format!(
                "{} exists already; name another file: /export notes.md",
                path.display()
            )),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    fn report(&self, report: Report) -> Later<'_, Vec<String>> {
        Box::pin(async move {
            match report {
                Report::Doctor => self.doctor(),
                Report::Settings => self.settings(),
                Report::Permissions => self.permissions(),
                Report::Changes => {
                    let mut lines = self.git(&["diff", "--no-color", "HEAD"]).await;
                    let new = self
                        .git(&["ls-files", "--others", "--exclude-standard"])
                        .await;
                    lines.extend(new.iter().map(|path| format!("+ new file: {path}")));
                    lines
                }
            }
        })
    }

    fn branch(&self) -> Option<String> {
        let mut folder = self.launch.cwd.as_path();
        let git = loop {
            let git = folder.join(".git");
            if git.exists() {
                break git;
            }
            folder = folder.parent()?;
        };
        let git = if git.is_file() {
            let text = fs::read_to_string(&git).ok()?;
            folder.join(text.strip_prefix("gitdir: ")?.trim())
        } else {
            git
        };
        let head = fs::read_to_string(git.join("HEAD")).ok()?;
        match head.trim().strip_prefix("ref: refs/heads/") {
            Some(branch) => Some(branch.to_owned()),
            None => head.get(..8).map(str::to_owned),
        }
    }
}
