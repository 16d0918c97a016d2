//! A headless run under way, with the other ends of its pipes.

use super::{OneSession, World};
use gimlet_gateway::{
    HeadlessOptions, InitFacts, Input, Io, ModelFacts, Outcome, Output, ProcessSignal, run,
};
use gimlet_ports::Sessions;
use serde_json::Value;
use std::sync::Arc;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream},
    sync::mpsc,
    task::JoinHandle,
};

/// Bytes that a pipe holds before its writer waits.
const PIPE_BYTES: usize = 1 << 20;

pub(crate) struct Running {
    pub(crate) sessions: Arc<OneSession>,
    pub(crate) signals: mpsc::Sender<ProcessSignal>,
    stdin: Option<DuplexStream>,
    stdout: Option<BufReader<DuplexStream>>,
    stderr: DuplexStream,
    seen: String,
    outcome: JoinHandle<Outcome>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) outcome: Outcome,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) tags: Vec<&'static str>,
}

impl Finished {
    /// The lines of standard output.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// `type` or `type/subtype` of every line.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.lines().iter().map(kind).collect()
    }

    /// The results.
    pub(crate) fn results(&self) -> Vec<Value> {
        self.lines()
            .into_iter()
            .filter(|line| line["type"] == "result")
            .collect()
    }
}

pub(crate) fn kind(line: &Value) -> String {
    let name = |value: &Value| value.as_str().map(str::to_owned);
    let kind = name(&line["type"]).unwrap();
    let sub = [
        &line["subtype"],
        &line["event"]["type"],
        &line["request"]["subtype"],
    ];
    match sub.into_iter().find_map(name) {
        Some(sub) => format!("{kind}/{sub}"),
        None => kind,
    }
}

impl Running {
    pub(crate) fn start(world: World, options: HeadlessOptions) -> Self {
        Self::start_on(world, options, PIPE_BYTES, "")
    }

    /// With a pipe of that size for standard output; `terminals` names what is one.
    pub(crate) fn start_on(
        world: World,
        mut options: HeadlessOptions,
        pipe_bytes: usize,
        terminals: &str,
    ) -> Self {
        let sessions = world.sessions();
        options.init = init_facts();
        let (stdin, theirs_in) = tokio::io::duplex(PIPE_BYTES);
        let (stdout, theirs_out) = tokio::io::duplex(pipe_bytes);
        let (stderr, theirs_err) = tokio::io::duplex(PIPE_BYTES);
        let (signals, theirs_signals) = mpsc::channel(4);
        let io = Io {
            stdin: Box::new(theirs_in),
            stdout: Box::new(theirs_out),
            stderr: Box::new(theirs_err),
            stdout_is_terminal: terminals.contains("stdout"),
            stderr_is_terminal: terminals.contains("stderr"),
            signals: theirs_signals,
        };
        let door = Arc::clone(&sessions) as Arc<dyn Sessions>;
        Self {
            sessions,
            signals,
            stdin: Some(stdin),
            stdout: Some(BufReader::new(stdout)),
            stderr,
            seen: String::new(),
            outcome: tokio::spawn(run(door, options, io)),
        }
    }

    pub(crate) async fn write(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Reads lines until one of that kind.
    pub(crate) async fn until(&mut self, wanted: &str) -> Value {
        loop {
            let mut line = String::new();
            let count = self
                .stdout
                .as_mut()
                .unwrap()
                .read_line(&mut line)
                .await
                .unwrap();
            assert_ne!(count, 0, "no `{wanted}` in\n{}", self.seen);
            self.seen.push_str(&line);
            let line: Value = serde_json::from_str(&line).unwrap();
            if kind(&line) == wanted {
                return line;
            }
        }
    }

    /// Waits for the end without reading.
    pub(crate) async fn wait(self) -> Outcome {
        let Self {
            outcome,
            stdout: _kept_open,
            ..
        } = self;
        outcome.await.unwrap()
    }

    /// Waits for the end.
    pub(crate) async fn finish(mut self) -> Finished {
        let mut stdout = self.seen;
        if let Some(mut rest) = self.stdout {
            rest.read_to_string(&mut stdout).await.unwrap();
        }
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).await.unwrap();
        let outcome = self.outcome.await.unwrap();
        Finished {
            outcome,
            stdout,
            stderr,
            tags: self.sessions.tags(),
        }
    }
}

/// Runs one prompt to its end.
pub(crate) async fn prompted(world: World, options: HeadlessOptions) -> Finished {
    Running::start(world, options).finish().await
}

pub(crate) fn one_prompt(output: Output) -> HeadlessOptions {
    let mut options = HeadlessOptions::prompt(super::prompt("Do it."));
    options.output = output;
    options
}

pub(crate) fn from_stdin() -> HeadlessOptions {
    let mut options = HeadlessOptions::prompt(Vec::new());
    options.output = Output::StreamJson;
    options.input = Input::StreamJson;
    options
}

fn init_facts() -> InitFacts {
    InitFacts {
        version: "0.1.0".to_owned(),
        contract_version: "2.1.288".to_owned(),
        api_key_source: "ANTHROPIC_API_KEY".to_owned(),
        output_style: "default".to_owned(),
        models: vec![ModelFacts {
            value: "anthropic/claude-test".to_owned(),
            name: "claude-test-1".to_owned(),
            display_name: "Claude Test".to_owned(),
            description: "Plays what it is told".to_owned(),
            context_tokens: 200_000,
            max_output_tokens: 4096,
        }],
        ..InitFacts::default()
    }
}

/// The text with what differs between runs taken out.
pub(crate) fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let id = rest
            .get(..36)
            .filter(|id| is_v7(id) && *id != super::SESSION);
        let (shown, length) = match id {
            Some(id) => ("[v7]", id.len()),
            None => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        out.push_str(shown);
        rest = &rest[length..];
    }
    out
}

fn is_v7(id: &str) -> bool {
    id.char_indices().all(|(at, c)| match at {
        8 | 13 | 18 | 23 => c == '-',
        14 => c == '7',
        _ => c.is_ascii_hexdigit() && !c.is_ascii_uppercase(),
    })
}
