//! A person's machine for one test, and one run of the program on it.

use crate::wire::Wire;
use gimlet_trust::{Book, Capability, Grant, Identity, Place, survey};
use serde_json::Value;
use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// What one run, or one thing that is waited for, may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// The key that must never be seen again.
pub(crate) const KEY: &str = "sk-ant-api03-Zq7wXk9TnVb2PdYh5LmCr8";
/// Files above this are not searched for the key.
const SEARCHED_BYTES: u64 = 64 * 1024 * 1024;

/// A person's machine: a home and a folder to work in, a real git repository. When it is
/// dropped, no file of it may hold the key.
pub(crate) struct Rig {
    folder: TempDir,
    root: PathBuf,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("gimlet-it-")
            .tempdir()
            .unwrap();
        let root = folder.path().canonicalize().unwrap();
        let rig = Self { folder, root };
        for path in [rig.home(), rig.work()] {
            fs::create_dir(path).unwrap();
        }
        rig.file("greeting.txt", "hello\nworld\n");
        rig.git(&["init", "--quiet", "--initial-branch=main"]);
        rig.git(&["add", "--all"]);
        rig.git(&["commit", "--quiet", "--message=Start"]);
        rig.trust();
        rig
    }

    /// Writes down that the person trusts the repository, as it is now.
    pub(crate) fn trust(&self) {
        let place = Place::find(&self.work(), None).unwrap();
        let mut book = Book::open(&self.own().join("data")).unwrap();
        let grant = Grant {
            identity: Identity::of(&place).unwrap(),
            root: place.root.clone(),
            at: "2026-01-01 00:00 UTC".to_owned(),
            capabilities: survey(&place).iter().map(Capability::fingerprint).collect(),
        };
        book.add(grant).unwrap();
    }

    /// Takes that back: Gimlet's own folders are as before its first run.
    pub(crate) fn distrust(&self) {
        fs::remove_dir_all(self.own()).unwrap();
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The repository.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Gimlet's own files.
    pub(crate) fn own(&self) -> PathBuf {
        self.home().join("gimlet")
    }

    /// Writes a file of the repository.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes the person's settings.
    pub(crate) fn settings(&self, text: &str) {
        let folder = self.own().join("config");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("settings.json"), text).unwrap();
    }

    /// Reads a file of the repository.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.work().join(name)).unwrap()
    }

    /// Runs git in the repository and returns what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=Person",
                "-c",
                "user.email=person@localhost",
            ])
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("PATH", path_variable())
            .env("HOME", self.home())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The program with these arguments, in the repository, with nothing on standard input.
    pub(crate) fn gimlet<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned())
            .collect();
        Run {
            program: PathBuf::from(env!("CARGO_BIN_EXE_gimlet")),
            through: Vec::new(),
            arguments,
            cwd: self.work(),
            env: vec![
                ("PATH".into(), path_variable()),
                ("HOME".into(), self.home().into()),
                ("GIMLET_HOME".into(), self.own().into()),
                // No keyring of the real person is asked.
                (
                    "DBUS_SESSION_BUS_ADDRESS".into(),
                    "unix:path=/nonexistent".into(),
                ),
                ("TZ".into(), "UTC".into()),
            ],
            stdin: Input::Nothing,
            user: None,
            deadline: DEADLINE,
        }
    }

    /// The program with a key and the scripted provider.
    pub(crate) fn connected<A: AsRef<OsStr>>(
        &self,
        wire: &Wire,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        self.gimlet(arguments)
            .env("ANTHROPIC_API_KEY", KEY)
            .env("ANTHROPIC_BASE_URL", wire.url())
    }

    /// The logs of all sessions, by name.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        let mut logs: Vec<PathBuf> = files(&self.own().join("data/sessions"))
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        logs.sort();
        logs
    }

    /// The only session's log.
    pub(crate) fn log(&self) -> PathBuf {
        let logs = self.logs();
        let [log] = &logs[..] else {
            panic!("one log was expected: {logs:?}")
        };
        log.clone()
    }

    /// The facts of a log, as JSON.
    pub(crate) fn facts(log: &Path) -> Vec<Value> {
        let text = fs::read_to_string(log).unwrap();
        text.lines()
            .skip(1)
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Snapshots of what people see: what differs from run to run is replaced.
    pub(crate) fn snapshots(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
        let root = self.root.display().to_string();
        let slug = root.trim_start_matches('/').replace(['/', '.'], "-");
        for (pattern, shown) in [
            (uuid, "[ID]"),
            (
                r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( UTC|Z)?",
                "[TIME]",
            ),
            (r"127\.0\.0\.1:\d+", "[ADDRESS]"),
            (r"(in|after) \d+ ms", "$1 [N] ms"),
            (
                r"\d+ of \d+ bytes \(\d+ lines",
                "[N] of [N] bytes ([N] lines",
            ),
            (r"process \d+", "process [PID]"),
            (r"/tmp/gimlet-demo-\w+", "[DEMO]"),
            // What answers on the machine's ports is no matter of these tests.
            (
                r"hint: without a key: .*",
                "hint: without a key: [LOCAL SERVERS]",
            ),
            (r"work-[0-9a-f]{20}", "work-[HASH]"),
        ] {
            settings.add_filter(pattern, shown);
        }
        for (text, shown) in [(root, "[ROOT]"), (slug, "[ROOT]")] {
            let escaped: String = text
                .chars()
                .flat_map(|c| {
                    if c.is_alphanumeric() || c == '/' {
                        vec![c]
                    } else {
                        vec!['\\', c]
                    }
                })
                .collect();
            settings.add_filter(&escaped, shown);
        }
        settings.set_prepend_module_to_snapshot(true);
        settings
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        for path in files(self.folder.path()) {
            let is_store = path
                .file_name()
                .is_some_and(|name| name == "credentials.json");
            let fits = fs::symlink_metadata(&path)
                .is_ok_and(|there| there.is_file() && there.len() < SEARCHED_BYTES);
            if fits && !is_store {
                let bytes = fs::read(&path).unwrap_or_default();
                assert!(!holds_key(&bytes), "{} holds the key", path.display());
            }
        }
    }
}

/// Asserts what a person sees of some runs.
macro_rules! assert_shown {
    ($rig:expr, $text:expr) => {
        $rig.snapshots().bind(|| insta::assert_snapshot!($text))
    };
}
pub(crate) use assert_shown;

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(_) => found.push(entry.path()),
            Err(_) => {}
        }
    }
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' own programs are found as usual"
)]
pub(crate) fn path_variable() -> OsString {
    std::env::var_os("PATH").unwrap()
}

fn holds_key(bytes: &[u8]) -> bool {
    bytes
        .windows(KEY.len())
        .any(|window| window == KEY.as_bytes())
}

enum Input {
    Nothing,
    Bytes(Vec<u8>),
    Open,
}

/// One run of the program, to be started.
pub(crate) struct Run {
    program: PathBuf,
    through: Vec<OsString>,
    arguments: Vec<OsString>,
    cwd: PathBuf,
    env: Vec<(OsString, OsString)>,
    stdin: Input,
    user: Option<u32>,
    deadline: Duration,
}

impl Run {
    /// Gives it more time: it does many things one after the other.
    pub(crate) fn patiently(mut self) -> Self {
        self.deadline = DEADLINE * 8;
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.into(), value.as_ref().to_owned()));
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.env.retain(|(kept, _)| kept != name);
        self
    }

    pub(crate) fn cwd(mut self, path: impl Into<PathBuf>) -> Self {
        self.cwd = path.into();
        self
    }

    /// Pipes bytes in, then the end.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(bytes.into());
        self
    }

    /// Leaves standard input open; see [`Live::say`].
    pub(crate) fn open_stdin(mut self) -> Self {
        self.stdin = Input::Open;
        self
    }

    /// Runs it as a user without rights.
    pub(crate) fn run_as(mut self, user: u32, program: PathBuf) -> Self {
        self.user = Some(user);
        self.program = program;
        self
    }

    /// Runs it from a script of `sh`, in which `"$0" "$@"` is the program.
    pub(crate) fn through(mut self, script: &str) -> Self {
        self.through = ["sh", "-c", script]
            .into_iter()
            .map(OsString::from)
            .collect();
        self
    }

    /// Runs it to its end.
    pub(crate) fn finish(self) -> Finished {
        self.start().finish()
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = match self.through.split_first() {
            Some((shell, rest)) => {
                let mut command = Command::new(shell);
                command.args(rest).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command
            .args(&self.arguments)
            .current_dir(&self.cwd)
            .env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    pub(crate) fn start(mut self) -> Live {
        let mut command = self.command();
        // A group of its own, so that a hanging test can be ended as a whole.
        command.process_group(0);
        command.stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        command.stdin(match &self.stdin {
            Input::Nothing => Stdio::null(),
            Input::Bytes(_) | Input::Open => Stdio::piped(),
        });
        let mut child = command.spawn().unwrap();
        drop(command);
        let pid = child.id();
        let mut stdin = child.stdin.take();
        if let Input::Bytes(bytes) = std::mem::replace(&mut self.stdin, Input::Nothing) {
            let mut pipe = stdin.take().unwrap();
            // A program that does not want all of it closes the pipe, which is its right.
            thread::spawn(move || pipe.write_all(&bytes).ok());
        }
        let (line_sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader
                .read_until(b'\n', &mut line)
                .is_ok_and(|count| count > 0)
            {
                if line_sender.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        let (error_sender, errors) = mpsc::channel();
        let mut stderr = child.stderr.take().unwrap();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            drop(stderr.read_to_end(&mut bytes));
            drop(error_sender.send(bytes));
        });
        let (end_sender, ended) = mpsc::channel();
        thread::spawn(move || end_sender.send(child.wait().unwrap()).ok());
        Live {
            pid,
            stdin,
            lines,
            seen: Vec::new(),
            errors,
            ended,
            over: false,
            until: Instant::now() + self.deadline,
        }
    }
}

/// A run under way. It is killed when it is dropped or takes too long.
pub(crate) struct Live {
    pid: u32,
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    errors: Receiver<Vec<u8>>,
    ended: Receiver<ExitStatus>,
    over: bool,
    until: Instant,
}

impl Live {
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_raw(i32::try_from(self.pid).unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Writes a line to its standard input.
    pub(crate) fn say(&mut self, line: &Value) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub(crate) fn close_stdin(&mut self) {
        drop(self.stdin.take());
    }

    /// The next line of standard output that fits.
    pub(crate) fn line_with(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let Some(line) = self.next_line(what) else {
                panic!(
                    "it ended before {what}: {}",
                    String::from_utf8_lossy(&self.seen)
                );
            };
            if let Ok(value) = serde_json::from_slice::<Value>(&line)
                && fits(&value)
            {
                return value;
            }
        }
    }

    /// Kills it after some time, if it has not ended before.
    pub(crate) fn killed_after(self, time: Duration) {
        if self.ended.recv_timeout(time).is_err() {
            self.kill();
            self.ended.recv_timeout(DEADLINE).unwrap();
        }
    }

    /// Lets nobody read its standard output any longer.
    pub(crate) fn close_stdout(&mut self) {
        let (_, nothing) = mpsc::channel();
        self.lines = nothing;
    }

    fn next_line(&mut self, what: &str) -> Option<Vec<u8>> {
        let left = self.until.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.seen.extend_from_slice(&line);
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => self.hangs(what),
        }
    }

    fn hangs(&mut self, what: &str) -> ! {
        self.kill();
        let errors = self
            .errors
            .recv_timeout(Duration::from_secs(2))
            .unwrap_or_default();
        panic!(
            "nothing came within {DEADLINE:?} while waiting for {what}\nstdout: {}\nstderr: {}",
            String::from_utf8_lossy(&self.seen),
            String::from_utf8_lossy(&errors)
        );
    }

    fn kill(&self) {
        // It may be gone already.
        rustix::process::kill_process_group(self.pid(), rustix::process::Signal::KILL).ok();
    }

    /// Waits for its end and takes what it printed.
    pub(crate) fn finish(mut self) -> Finished {
        let left = self.until.saturating_duration_since(Instant::now());
        let Ok(status) = self.ended.recv_timeout(left) else {
            self.hangs("its end")
        };
        self.over = true;
        while self.next_line("the end of its output").is_some() {}
        let left = self.until.saturating_duration_since(Instant::now());
        let Ok(stderr) = self.errors.recv_timeout(left) else {
            self.hangs("the end of its errors")
        };
        let stdout = std::mem::take(&mut self.seen);
        assert!(
            !holds_key(&stdout) && !holds_key(&stderr),
            "the key was printed"
        );
        Finished {
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if !self.over {
            self.kill();
        }
    }
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Finished {
    /// Asserts that it ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.shown());
        self
    }

    /// Asserts that it ended well and complained about nothing.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.err(), "", "{}", self.shown());
        self.expect(0)
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap()
    }

    /// The one JSON value on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// The JSON values on standard output, one a line.
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.out()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Code and both outputs, as a snapshot shows them.
    pub(crate) fn shown(&self) -> String {
        let mut text = match (self.code, self.signal) {
            (Some(code), _) => format!("exit {code}\n"),
            (None, signal) => format!("signal {signal:?}\n"),
        };
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !bytes.is_empty() {
                write!(text, "-- {name}\n{}", String::from_utf8_lossy(bytes)).unwrap();
            }
        }
        text
    }
}
