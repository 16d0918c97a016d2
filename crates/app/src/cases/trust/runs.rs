//! The real program in the scratch folder: with a scripted model, in a terminal, with a provider
//! that is asked through a proxy, and kept open while its ports are looked at.

use super::{Case, stage::Stage};
use crate::launch::git;
use gimlet_host::{HostOptions, LocalHost, PassEnv};
use gimlet_ports::{
    ChildEvent, Host as _, Launch as HostLaunch, OutputTo, Program, PtySize, StdinFrom,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// What one run may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// How long a terminal that shows no question is watched.
const WATCHED: Duration = Duration::from_secs(5);
/// How long it is watched after the question.
const LINGERED: Duration = Duration::from_millis(500);
/// What the question ends with.
const QUESTION: &str = "[y/N]";

/// What was seen of all runs of a case.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something that was seen on its own"
)]
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) canary: bool,
    pub(super) connections: usize,
    pub(super) variables: Vec<String>,
    pub(super) outside: Vec<String>,
    pub(super) inside: Vec<String>,
    pub(super) content: Vec<String>,
    pub(super) rules: Vec<String>,
    pub(super) folders: Vec<String>,
    pub(super) settings: Vec<String>,
    pub(super) modes: Vec<String>,
    pub(super) asked: bool,
    pub(super) settled: bool,
    pub(super) warned: bool,
}

pub(super) fn play(stage: &Stage, case: &Case<'_>, cwd: &Path) -> io::Result<Seen> {
    let mut seen = Seen::default();
    let outside = |stage: &Stage| files_of(&[stage.at("home"), stage.at("out"), stage.at("out2")]);
    let before = (outside(stage), files_of(std::slice::from_ref(&stage.ws)));
    let trigger = case.trigger;

    // What a model does, all that the case asks of it and all that looks.
    let headless = session(stage, cwd, &calls(stage, case), &[])?;
    let said = String::from_utf8_lossy(&headless.stderr).into_owned();
    seen.warned = said.contains("not trusted") || said.contains("error:");
    for line in String::from_utf8_lossy(&headless.stdout).lines() {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        if let Some(mode) = message.get("permissionMode").and_then(Value::as_str) {
            seen.modes.push(mode.to_owned());
        }
    }
    for step in &stage.later {
        do_later(stage, cwd, step)?;
    }

    // What a person sees.
    let typed = if trigger == "decline" { "n\r" } else { "" };
    let shown = in_terminal(stage, cwd, typed)?;
    seen.asked = shown.contains(QUESTION);

    // Where the person's key goes.
    if case
        .must_not
        .iter()
        .any(|name| name == "network" || name == "connection")
    {
        with_provider(stage, cwd)?;
    }
    if trigger.contains("loopback") || trigger.contains("port") {
        with_open_ports(stage, cwd)?;
    }
    if trigger.contains("agent-") || case.value.get("git_config").is_some() {
        collect(stage, trigger, cwd)?;
    }

    let launch = stage.launch(cwd);
    if let Ok(report) = crate::trust::report(&launch) {
        seen.settled = report.is_settled();
    }
    settings(stage, case, cwd, &mut seen);
    seen.canary = stage.canary().exists();
    seen.connections = stage.sink.connections();
    seen.outside = new_files(&before.0, &outside(stage));
    // What the model was asked to do in the folder is not the program's own trace.
    seen.inside = if stage.later.is_empty() {
        new_files(&before.1, &files_of(std::slice::from_ref(&stage.ws)))
    } else {
        Vec::new()
    };
    Ok(seen)
}

/// What the settings, the system prompt and the environment of a command hold of the case.
fn settings(stage: &Stage, case: &Case<'_>, cwd: &Path, seen: &mut Seen) {
    let files = case.value.get("files").and_then(Value::as_object);
    let files: Vec<(String, String)> = files
        .into_iter()
        .flatten()
        .map(|(name, text)| {
            (
                stage.fill(name),
                stage.fill(text.as_str().unwrap_or_default()),
            )
        })
        .collect();
    if let Ok((settings, _)) = stage.launch(cwd).load_settings() {
        seen.modes
            .push(settings.permissions.default_mode.name().to_owned());
        let told = |rule: &gimlet_settings::RuleText| rule.text.clone();
        seen.rules
            .extend(settings.permissions.allow.iter().map(told));
        let folders = settings.permissions.additional_directories.iter();
        seen.folders
            .extend(folders.map(|added| added.path.display().to_string()));
        let from_repository = settings
            .rows()
            .into_iter()
            .filter(|(key, _, source)| {
                source.layer.is_repository()
                    && !matches!(
                        key.as_str(),
                        "permissions.deny"
                            | "permissions.ask"
                            | "permissions.disableBypassPermissionsMode"
                            | "confidentialTerms"
                    )
            })
            .map(|(key, _, _)| key);
        seen.settings.extend(from_repository);
        for (name, value) in variables(&files) {
            let held = settings.env.iter().any(|(known, held)| {
                known.to_string_lossy() == name && held.to_string_lossy() == value
            });
            if held {
                seen.variables.push(name);
            }
        }
    }
    let environment = stage.at("out/environment");
    let environment = fs::read_to_string(&environment).unwrap_or_default();
    for (name, value) in variables(&files) {
        if environment
            .lines()
            .any(|line| line == format!("{name}={value}"))
        {
            seen.variables.push(name);
        }
    }
    let logs = files_of(&[stage.at("own/data/sessions")]);
    for log in logs
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
    {
        let text = fs::read_to_string(log).unwrap_or_default();
        let opened = text.lines().find(|line| line.contains("\"system\""));
        let opened = opened.unwrap_or_default();
        for (name, content) in &files {
            let marks = content
                .lines()
                .map(str::trim)
                .filter(|line| line.len() >= 12);
            let quoted = |line: &str| {
                let quoted = Value::from(line).to_string();
                quoted.trim_matches('"').to_owned()
            };
            if marks.into_iter().any(|line| opened.contains(&quoted(line))) {
                seen.content.push(name.clone());
            }
        }
    }
}

/// The variables that files of a case would set.
fn variables(files: &[(String, String)]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (name, text) in files {
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            let env = value.get("env").and_then(Value::as_object);
            for (name, value) in env.into_iter().flatten() {
                out.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
            }
        } else if name.contains(".env") {
            let pairs = text.lines().filter_map(|line| {
                let line = line.trim().trim_start_matches("export ");
                line.split_once('=')
            });
            out.extend(
                pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())),
            );
        }
    }
    out
}

/// What the scripted model calls.
fn calls(stage: &Stage, case: &Case<'_>) -> Vec<(String, Value)> {
    let bash = |command: &str| ("Bash".to_owned(), json!({ "command": command }));
    let mut out = Vec::new();
    if let Some((_, call)) = case.trigger.split_once("model-calls-")
        && let Some((tool, argument)) = call.split_once('(')
    {
        let argument = stage.fill(argument.trim_end_matches(')'));
        let input = match tool {
            "Bash" => json!({ "command": argument }),
            "WebFetch" => json!({ "url": argument, "prompt": "x" }),
            "Write" => json!({ "file_path": argument, "content": "x" }),
            _ => json!({ "file_path": argument }),
        };
        out.push((tool.to_owned(), input));
    }
    let files = case.value.get("files").and_then(Value::as_object);
    for name in files.into_iter().flatten().map(|(name, _)| name).take(4) {
        let path = stage.ws.join(stage.fill(name)).display().to_string();
        out.push(("Read".to_owned(), json!({ "file_path": path })));
    }
    out.push(("Grep".to_owned(), json!({ "pattern": "touch" })));
    out.push(("Glob".to_owned(), json!({ "pattern": "**/*" })));
    for command in [
        "git status",
        "git diff",
        "git log -p -1",
        "git branch",
        "rg touch",
        "ls -la",
    ] {
        out.push(bash(command));
    }
    if case.trigger.contains("worktree") {
        let input = json!({
            "description": "Look", "prompt": "Look", "subagent_type": "general",
            "isolation": "worktree",
        });
        out.push(("Agent".to_owned(), input));
    }
    // The one command that is allowed by the person: it shows what commands are given.
    let to = stage.at("out/environment").display().to_string();
    out.push(bash(&format!("env > {to}")));
    out
}

/// A step that the model, or a command of it, takes in a session.
fn do_later(stage: &Stage, cwd: &Path, step: &str) -> io::Result<()> {
    let calls = if let Some(command) = step.strip_prefix("sandboxed command:") {
        vec![("Bash".to_owned(), json!({ "command": command.trim() }))]
    } else if let Some(rest) = step.strip_prefix("model then writes ") {
        let name = rest.split_whitespace().next().unwrap_or_default();
        let path = cwd.join(name).display().to_string();
        vec![(
            "Write".to_owned(),
            json!({ "file_path": path, "content": "x" }),
        )]
    } else if let Some((name, command)) = step
        .strip_prefix("model edits ")
        .and_then(|rest| rest.split_once(" to add:"))
    {
        let words: Vec<&str> = command.trim().splitn(3, ' ').collect();
        let arguments: Vec<&str> = words
            .iter()
            .skip(1)
            .map(|word| word.trim_matches('\''))
            .collect();
        let server =
            json!({ "mcpServers": { "x": { "command": words.first(), "args": arguments } } });
        let path = cwd.join(name.trim());
        let content = server.to_string();
        let input = json!({ "file_path": path.display().to_string(), "content": content });
        let read = json!({ "file_path": path.display().to_string() });
        let mut calls = vec![("Read".to_owned(), read), ("Write".to_owned(), input)];
        // The session goes on after its edit.
        calls.push(("Glob".to_owned(), json!({ "pattern": "*" })));
        session(
            stage,
            cwd,
            &calls,
            &["--permission-mode", "bypassPermissions"],
        )?;
        let written = fs::read_to_string(&path).unwrap_or_default();
        return if written == content {
            Ok(())
        } else {
            Err(io::Error::other(format!(
                "the model could not write {}",
                path.display()
            )))
        };
    } else {
        return Err(io::Error::other(format!(
            "the step `{step}` is not understood"
        )));
    };
    let free = [
        "--permission-mode",
        "acceptEdits",
        "--allowedTools",
        "Bash(ln *)",
    ];
    session(stage, cwd, &calls, &free).map(drop)
}

/// Runs a session without a terminal whose model makes these calls, one after the other.
fn session(
    stage: &Stage,
    cwd: &Path,
    calls: &[(String, Value)],
    more: &[&str],
) -> io::Result<std::process::Output> {
    let call = |(tool, input): &(String, Value)| json!({ "items": [{ "type": "call", "tool": tool, "input": input }] });
    let mut replies: Vec<Value> = calls.iter().map(call).collect();
    replies.push(json!({ "items": [{ "type": "text", "text": "Done." }] }));
    let script = json!({ "format": 1, "name": "x", "order": "history", "replies": replies });
    let path = stage.at("script.json");
    fs::write(&path, script.to_string())?;
    let model = format!("scripted/{}", path.display());
    let mut arguments = vec![
        "-p",
        "go",
        "--model",
        &model,
        "--output-format",
        "stream-json",
        "--verbose",
    ];
    arguments.extend_from_slice(more);
    if more.is_empty() {
        arguments.extend_from_slice(&["--allowedTools", "Bash(env)"]);
    }
    run(command(stage, cwd, &arguments))
}

fn command(stage: &Stage, cwd: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&stage.program);
    command
        .args(arguments)
        .current_dir(cwd)
        .env_clear()
        .envs(stage.env())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// Runs a program to its end, or ends it with all that it started.
fn run(mut command: Command) -> io::Result<std::process::Output> {
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().map(reading);
    let stderr = child.stderr.take().map(reading);
    let until = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > until {
            kill(&mut child);
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the program did not end",
            ));
        }
        thread::sleep(Duration::from_millis(2));
    };
    let taken = |bytes: Option<mpsc::Receiver<Vec<u8>>>| {
        bytes
            .and_then(|bytes| bytes.recv_timeout(DEADLINE).ok())
            .unwrap_or_default()
    };
    Ok(std::process::Output {
        status,
        stdout: taken(stdout),
        stderr: taken(stderr),
    })
}

fn reading(mut stream: impl io::Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (told, bytes) = mpsc::channel();
    thread::spawn(move || {
        let mut all = Vec::new();
        // What was read before a fault is what there is.
        stream.read_to_end(&mut all).ok();
        told.send(all).ok();
    });
    bytes
}

fn kill(child: &mut Child) {
    let group = format!("-{}", child.id());
    Command::new("/bin/kill")
        .args(["-KILL", "--", &group])
        .status()
        .ok();
    child.kill().ok();
    child.wait().ok();
}

/// A step of a set-up.
pub(super) fn shell(line: &str, cwd: &Path, env: &[(String, String)]) -> io::Result<bool> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", line])
        .current_dir(cwd)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    Ok(run(command)?.status.success())
}

/// Starts the program as a person does, and watches until it asks, ends or has been quiet.
fn in_terminal(stage: &Stage, cwd: &Path, typed: &str) -> io::Result<String> {
    let variables = stage.env().into_iter();
    let host = LocalHost::new(HostOptions {
        pass_env: PassEnv::Only(
            variables
                .map(|(name, value)| (OsString::from(name), OsString::from(value)))
                .collect(),
        ),
        ..HostOptions::default()
    });
    let launch = HostLaunch {
        program: Program::Argv(vec![stage.program.clone().into_os_string()]),
        cwd: cwd.to_owned(),
        env: Vec::new(),
        stdin: if typed.is_empty() {
            StdinFrom::Null
        } else {
            StdinFrom::Bytes(typed.as_bytes().to_vec())
        },
        output: OutputTo::Pty(PtySize {
            rows: 40,
            columns: 200,
        }),
        final_cwd: None,
    };
    thread::scope(|scope| {
        // On a thread of its own: who calls may stand in a runtime.
        let watching = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let failed =
                    |fault: gimlet_ports::HostFault| io::Error::other(format!("{fault:?}"));
                let mut child = host.spawn(launch).map_err(failed)?;
                let mut shown = String::new();
                let mut until = tokio::time::Instant::now() + WATCHED;
                loop {
                    if typed.is_empty() && shown.contains(QUESTION) {
                        // Nobody answers; what was started before the question has its time.
                        until = until.min(tokio::time::Instant::now() + LINGERED);
                    }
                    match tokio::time::timeout_at(until, child.next()).await {
                        Ok(ChildEvent::Output(_, piece)) => {
                            shown.push_str(&String::from_utf8_lossy(&piece));
                        }
                        Ok(ChildEvent::Ended(_)) | Err(_) => break,
                    }
                }
                child.end(Duration::ZERO).await;
                Ok(shown)
            })
        });
        watching
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the terminal could not be watched")))
    })
}

/// A prompt with a key of the person's, to the provider as it is configured. An honest request
/// ends at a proxy of ours; one that the repository redirects reaches who listens.
fn with_provider(stage: &Stage, cwd: &Path) -> io::Result<()> {
    let proxy = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", proxy.local_addr()?);
    thread::spawn(move || {
        // Who asks is turned away at once.
        for connection in proxy.incoming().take(32) {
            drop(connection);
        }
    });
    let retries = r#"{"maxRetries": 0}"#;
    let mut command = command(stage, cwd, &["-p", "go", "--settings", retries]);
    command
        .env("ANTHROPIC_API_KEY", "sk-ant-of-the-person")
        .env("HTTPS_PROXY", address);
    run(command).map(drop)
}

/// What git of ours is asked for, in the folder that the trigger names.
fn collect(stage: &Stage, trigger: &str, cwd: &Path) -> io::Result<()> {
    let folder = match trigger.split_once("agent-runs-git-in:") {
        Some((_, name)) => stage.ws.join(name),
        None => cwd.to_owned(),
    };
    for arguments in [
        &["undercover", "scan", "--staged"][..],
        &["undercover", "scan", "HEAD"],
        &["doctor"],
    ] {
        run(command(stage, &folder, arguments))?;
    }
    let launch = stage.launch(&folder);
    // What our own git is never asked for today must not run anything either.
    if let Ok(git) = git(&launch.env).at(&folder) {
        for arguments in [
            &["status", "--porcelain"][..],
            &["diff"],
            &["log", "-p", "-2"],
            &["show", "HEAD"],
            &["branch", "--all"],
            &["ls-files", "--modified"],
            &["ls-remote", "origin"],
            &["fetch", "origin"],
        ] {
            // Whether git says yes or no does not matter here.
            git.ask(arguments).ok();
        }
    }
    Ok(())
}

/// Keeps a session open, looks for ports that it listens on, and posts to them as any page of
/// the web could.
fn with_open_ports(stage: &Stage, cwd: &Path) -> io::Result<()> {
    let path = stage.at("script.json");
    let model = format!("scripted/{}", path.display());
    let arguments = [
        "-p",
        "--model",
        &model,
        "--output-format",
        "stream-json",
        "--input-format",
        "stream-json",
        "--verbose",
    ];
    let mut command = command(stage, cwd, &arguments);
    command.stdin(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        let prompt = json!({ "type": "user", "message": { "role": "user", "content": "go" } });
        writeln!(stdin, "{prompt}")?;
    }
    let (told, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    return;
                }
            }
        });
    }
    while let Ok(line) = lines.recv_timeout(DEADLINE) {
        if line.contains("\"type\":\"result\"") {
            break;
        }
    }
    for port in listening(child.id()) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
            continue;
        };
        let body = json!({ "command": format!("touch {}", stage.canary().display()) }).to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.set_read_timeout(Some(WATCHED))?;
        stream.write_all(request.as_bytes()).ok();
        stream.read_to_end(&mut Vec::new()).ok();
    }
    drop(stdin);
    kill(&mut child);
    Ok(())
}

/// The ports that a process listens on, as Linux tells them.
fn listening(process: u32) -> Vec<u16> {
    let sockets: BTreeSet<String> = fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|item| fs::read_link(item.path()).ok())
        .filter_map(|to| {
            let to = to.display().to_string();
            Some(to.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let mut ports = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table)
            .unwrap_or_default()
            .lines()
            .skip(1)
        {
            let cells: Vec<&str> = line.split_whitespace().collect();
            if let [_, local, _, state, ..] = cells[..]
                && state == "0A"
                && cells.get(9).is_some_and(|inode| sockets.contains(*inode))
                && let Some((_, port)) = local.rsplit_once(':')
                && let Ok(port) = u16::from_str_radix(port, 16)
            {
                ports.push(port);
            }
        }
    }
    ports
}

/// Every file in these folders; links are named and not followed.
fn files_of(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut out = BTreeSet::new();
    let mut waiting = folders.to_vec();
    while let Some(folder) = waiting.pop() {
        for item in fs::read_dir(folder).into_iter().flatten().flatten() {
            if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(item.path());
            } else {
                out.insert(item.path());
            }
        }
    }
    out
}

fn new_files(before: &BTreeSet<PathBuf>, now: &BTreeSet<PathBuf>) -> Vec<String> {
    now.difference(before)
        .map(|path| path.display().to_string())
        .collect()
}
