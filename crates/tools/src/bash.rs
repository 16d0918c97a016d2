//! Bash: runs a command line, keeps the working directory, never holds more output than is
//! shown.

mod capture;
mod meaning;

use crate::{
    limits::{BASH_TIMEOUT, BASH_TIMEOUT_MAX, END_GRACE},
    loose, paths,
    tasks::Tasks,
};
use capture::{Capture, Spill, Taken};
use gimlet_ports::{
    Child, ChildEvent, Exit, FileKind, HostFault, Launch, OutputTo, Plan, Program, PtySize, Scene,
    StdinFrom, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, WhichStream,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, Mark, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};

/// The tool.
pub(crate) struct Bash {
    pub(crate) tasks: Arc<Tasks>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct BashInput {
    command: String,
    /// Milliseconds, at most 600000; default 120000
    #[serde(default, deserialize_with = "loose::number")]
    timeout: Option<u64>,
    /// What it does, in 5-10 words
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "loose::flag")]
    run_in_background: Option<bool>,
    /// Run in a terminal
    #[serde(default, deserialize_with = "loose::flag")]
    pty: Option<bool>,
}

/// The structured output.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BashData {
    stdout: String,
    stderr: String,
    interrupted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background_task_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timed_out_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_code_interpretation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    persisted_output_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    persisted_output_size: Option<u64>,
}

/// The terminal that a command gets where one is asked for.
const TERMINAL: PtySize = PtySize {
    rows: 40,
    columns: 120,
};

/// The pause between two pieces of output that are shown while a command runs.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How long output is still taken after a command was ended.
const DRAIN: Duration = Duration::from_millis(500);

impl Tool for Bash {
    type Input = BashInput;
    type Output = BashData;

    const CARD: ToolCard = ToolCard {
        name: "Bash",
        about: include_str!("bash.md"),
        risk: Risk::High,
        lane: Lane::Exclusive,
        exposure: Exposure::Always,
        permission: "asks before each command that is not known to be harmless",
        deadline: Duration::from_secs(630),
    };

    fn plan(&self, input: &BashInput, scene: &Scene) -> Result<Plan, ToolFault> {
        if input.command.trim().is_empty() {
            return Err(ToolFault::Tell("the command is empty".to_owned()));
        }
        if input.command.contains('\0') {
            return Err(ToolFault::Tell(
                "the command contains a NUL character".to_owned(),
            ));
        }
        let first_line = input.command.trim().lines().next().unwrap_or_default();
        let what = match &input.description {
            Some(description) if !description.trim().is_empty() => description.trim(),
            Some(_) | None => first_line,
        };
        Ok(Plan {
            title: format!("run: {}", what.chars().take(80).collect::<String>()),
            risk: Risk::High,
            accesses: vec![Access::Run {
                command: input.command.clone(),
                cwd: scene.cwd.clone(),
            }],
        })
    }

    async fn run(&self, input: BashInput, cx: ToolCx) -> Result<ToolReturn<BashData>, ToolFault> {
        if let Some(lost) = lost_cwd(&cx).await? {
            return Ok(lost);
        }
        if input.run_in_background == Some(true) {
            return self.start_in_background(input, &cx);
        }
        let timeout = input.timeout.map_or(BASH_TIMEOUT, Duration::from_millis);
        let timeout = timeout.min(BASH_TIMEOUT_MAX);
        let pty = input.pty == Some(true);
        let note = CwdNote::new(&cx).await;
        let launch = Launch {
            program: Program::Shell(input.command.clone()),
            cwd: cx.scene.cwd.clone(),
            env: Vec::new(),
            stdin: StdinFrom::Null,
            output: if pty {
                OutputTo::Pty(TERMINAL)
            } else {
                OutputTo::Events
            },
            final_cwd: Some(note.path.clone()),
        };
        let child = cx
            .host
            .spawn(launch)
            .map_err(|fault| cannot_start(&fault))?;
        let ran = watch(child, &cx, timeout, pty).await;
        let moved = match ran.end {
            Ending::Ended(_) => note.moved(&cx).await,
            Ending::TimedOut | Ending::Stopped => Moved::Nowhere,
        };
        Ok(report(&input.command, ran, moved, timeout))
    }
}

fn cannot_start(fault: &HostFault) -> ToolFault {
    ToolFault::Tell(format!("the command could not be started: {fault}"))
}

/// A working directory that is gone is told, and left; nothing is run elsewhere unasked.
async fn lost_cwd(cx: &ToolCx) -> Result<Option<ToolReturn<BashData>>, ToolFault> {
    let Scene { cwd, root, .. } = cx.scene.as_ref();
    let is_folder = async |path: &Path| {
        cx.host
            .stat(path)
            .await
            .is_ok_and(|info| info.kind == FileKind::Folder)
    };
    if is_folder(cwd).await {
        return Ok(None);
    }
    if cwd == root || !is_folder(root).await {
        return Err(ToolFault::Tell(format!(
            "the session's folder {} does not exist any more; no command can start there",
            root.display()
        )));
    }
    let text = format!(
        "the working directory {} does not exist any more, so nothing was run; commands now \
         start in {}",
        cwd.display(),
        root.display()
    );
    let data = BashData {
        stderr: text.clone(),
        ..BashData::default()
    };
    let marks = vec![Mark::Cwd { path: root.clone() }];
    Ok(Some(ToolReturn {
        content: vec![Block::text(text)],
        data,
        marks,
        failed: true,
    }))
}

impl Bash {
    fn start_in_background(
        &self,
        input: BashInput,
        cx: &ToolCx,
    ) -> Result<ToolReturn<BashData>, ToolFault> {
        let id = self.tasks.free_id(&cx.scene);
        let output = cx.scene.scratch.join(format!("{id}.txt"));
        let launch = Launch {
            program: Program::Shell(input.command.clone()),
            cwd: cx.scene.cwd.clone(),
            env: Vec::new(),
            stdin: StdinFrom::Null,
            output: OutputTo::File(output.clone()),
            final_cwd: None,
        };
        let child = cx
            .host
            .spawn(launch)
            .map_err(|fault| cannot_start(&fault))?;
        let started = Mark::TaskStarted {
            task: id.clone(),
            command: input.command.clone(),
            output: output.clone(),
            group: Some(child.group()),
        };
        let text = format!(
            "started in the background as task {id}; its output goes to {}. TaskOutput \
             {{\"task_id\":\"{id}\"}} shows new output and the state, TaskStop \
             {{\"task_id\":\"{id}\"}} ends it",
            output.display()
        );
        let data = BashData {
            background_task_id: Some(id.0.clone()),
            ..BashData::default()
        };
        self.tasks.add(id, input.command, output, child);
        Ok(ToolReturn {
            marks: vec![started],
            ..ToolReturn::text(text, data)
        })
    }
}

/// Where the shell says where it ended.
struct CwdNote {
    path: PathBuf,
    /// When the last command wrote it.
    before_ns: Option<i128>,
}

/// What became of the working directory.
enum Moved {
    Nowhere,
    To(PathBuf),
    /// It was outside of what the session may work in.
    Back(PathBuf),
}

impl CwdNote {
    async fn new(cx: &ToolCx) -> Self {
        let path = cx.scene.scratch.join("cwd");
        let before_ns = cx.host.stat(&path).await.ok().map(|info| info.modified_ns);
        Self { path, before_ns }
    }

    async fn moved(&self, cx: &ToolCx) -> Moved {
        /// No path is longer.
        const PATH_BYTES: u64 = 1 << 16;
        let Ok((mut bytes, stamp)) = cx.host.read(&self.path, PATH_BYTES).await else {
            return Moved::Nowhere;
        };
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        let to = PathBuf::from(OsString::from_vec(bytes));
        let Scene {
            cwd, root, added, ..
        } = cx.scene.as_ref();
        if self.before_ns == Some(stamp.modified_ns) || !to.is_absolute() || to == *cwd {
            return Moved::Nowhere;
        }
        let real = async |path: &Path| cx.host.stat(path).await.ok().map(|info| info.real);
        if real(cwd).await.as_deref() == Some(&to) {
            return Moved::Nowhere;
        }
        for allowed in std::iter::once(root).chain(added) {
            if to.starts_with(allowed) {
                return Moved::To(to);
            }
            // The shell tells the physical path; the session may know the folder by a link.
            if let Some(real) = real(allowed).await
                && let Ok(rest) = to.strip_prefix(&real)
            {
                return Moved::To(paths::normal(&allowed.join(rest)));
            }
        }
        Moved::Back(cwd.clone())
    }
}

/// What a command did.
struct Ran {
    all: Taken,
    out: Capture,
    err: Capture,
    end: Ending,
    spilled: Option<(PathBuf, u64)>,
    spill_note: Option<String>,
}

enum Ending {
    Ended(Exit),
    TimedOut,
    Stopped,
}

/// Takes in what the command writes until it ends, its time is over, or the call is stopped.
async fn watch(mut child: Box<dyn Child>, cx: &ToolCx, limit: Duration, pty: bool) -> Ran {
    let cap = cx.scene.output_chars;
    let mut gather = Gather {
        spill: Spill::new(
            cap,
            cx.scene
                .scratch
                .join(format!("output-{}.txt", safe(&cx.call.0))),
        ),
        out: Capture::new(cap),
        err: Capture::new(cap),
        pty,
    };
    let over = Instant::now() + limit;
    let mut shown = Instant::now();
    let end = loop {
        tokio::select! {
            biased;
            () = cx.stop.cancelled() => break Ending::Stopped,
            () = sleep_until(over) => break Ending::TimedOut,
            event = child.next() => match event {
                ChildEvent::Ended(exit) => break Ending::Ended(exit),
                ChildEvent::Output(stream, bytes) => {
                    if shown.elapsed() >= PROGRESS_EVERY {
                        shown = Instant::now();
                        (cx.progress)(last_lines(&bytes));
                    }
                    gather.take(stream, &bytes, cx).await;
                }
            },
        }
    };
    match end {
        // Dropping the child ends its group at once, for the call has 50 ms left.
        Ending::Stopped | Ending::Ended(_) => drop(child),
        Ending::TimedOut => {
            child.end(END_GRACE).await;
            let drain = async {
                while let ChildEvent::Output(stream, bytes) = child.next().await {
                    gather.take(stream, &bytes, cx).await;
                }
            };
            // Output that is late for that is lost, and the command was cut short anyway.
            drop(timeout(DRAIN, drain).await);
        }
    }
    let Gather {
        spill, out, err, ..
    } = gather;
    let (all, spilled, spill_note) = spill.finish(cx.host.as_ref()).await;
    Ran {
        all,
        out,
        err,
        end,
        spilled,
        spill_note,
    }
}

struct Gather {
    spill: Spill,
    out: Capture,
    err: Capture,
    pty: bool,
}

impl Gather {
    async fn take(&mut self, stream: WhichStream, bytes: &[u8], cx: &ToolCx) {
        let plain: Vec<u8>;
        let bytes = if self.pty {
            // A terminal turns each line end into two bytes.
            plain = bytes
                .iter()
                .copied()
                .filter(|byte| *byte != b'\r')
                .collect();
            &plain
        } else {
            bytes
        };
        match stream {
            WhichStream::Out => self.out.push(bytes),
            WhichStream::Err => self.err.push(bytes),
        }
        self.spill.push(bytes, cx.host.as_ref()).await;
    }
}

/// Some lines from the end of a piece of output.
fn last_lines(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 1_000;
    let from = bytes.len().saturating_sub(SHOWN_BYTES);
    let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or_default());
    match text.split_once('\n') {
        Some((_, rest)) if from > 0 && !rest.is_empty() => rest.to_owned(),
        Some(_) | None => text.into_owned(),
    }
}

/// A call's id as part of a file name.
fn safe(id: &str) -> String {
    let plain = |char: char| {
        if char.is_ascii_alphanumeric() || char == '-' {
            char
        } else {
            '_'
        }
    };
    id.chars().take(80).map(plain).collect()
}

/// Puts together what the model and clients see.
fn report(command: &str, ran: Ran, moved: Moved, limit: Duration) -> ToolReturn<BashData> {
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let mut data = BashData {
        stdout: ran.out.take().text(),
        stderr: ran.err.take().text(),
        persisted_output_path: ran
            .spilled
            .as_ref()
            .map(|(path, _)| path.display().to_string()),
        persisted_output_size: ran.spilled.as_ref().map(|(_, size)| *size),
        ..BashData::default()
    };
    let mut notes = Vec::new();
    let mut failed = false;
    match ran.end {
        Ending::Ended(exit) => {
            data.exit_code = exit.code;
            data.signal = exit.signal;
            data.return_code_interpretation = meaning::of(command, exit.code);
            match (exit.code, data.return_code_interpretation) {
                (Some(0), _) => {}
                (Some(code), Some(meaning)) => notes.push(format!("exit code {code}: {meaning}")),
                (Some(code), None) => {
                    failed = true;
                    notes.push(format!("exit code {code}"));
                }
                (None, _) => {
                    failed = true;
                    let signal = exit.signal.unwrap_or(0);
                    notes.push(format!(
                        "ended by signal {signal}{}",
                        meaning::signal(signal)
                    ));
                }
            }
            if exit.left_children {
                notes.push(
                    "processes that the command had left running were ended; use \
                     run_in_background for what shall go on"
                        .to_owned(),
                );
            }
        }
        Ending::TimedOut => {
            failed = true;
            data.interrupted = true;
            data.timed_out_after_ms = Some(limit_ms);
            notes.push(format!(
                "timed out after {limit_ms} ms; the command and its children were ended. Give a \
                 longer timeout or use run_in_background"
            ));
        }
        Ending::Stopped => {
            failed = true;
            data.interrupted = true;
            notes.push("interrupted; the command and its children were ended".to_owned());
        }
    }
    notes.extend(ran.spill_note);
    let mut marks = Vec::new();
    match moved {
        Moved::Nowhere => {}
        Moved::To(path) => marks.push(Mark::Cwd { path }),
        Moved::Back(path) => notes.push(format!("Shell cwd was reset to {}", path.display())),
    }
    let output = ran.all.told(ran.spilled.as_ref());
    let mut text = output.trim_end_matches('\n').to_owned();
    if text.is_empty() && notes.is_empty() {
        text.push_str("[no output]");
    }
    for note in notes {
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend([format!("[{note}]")]);
    }
    ToolReturn {
        content: vec![Block::text(text)],
        data,
        marks,
        failed,
    }
}
