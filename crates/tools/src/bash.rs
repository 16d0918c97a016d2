//! Bash: runs a command line, keeps the working directory, never holds more output than is
//! shown.

mod blocked;
mod capture;
mod cwd;
mod meaning;
mod report;
mod watch;

use crate::{
    limits::{BASH_TIMEOUT, BASH_TIMEOUT_MAX},
    loose,
    tasks::{Life, Started, Tasks},
};
use cwd::{CwdNote, Moved};
use gimlet_ports::{
    FileKind, HostFault, Launch, OutputTo, Plan, Program, PtySize, Scene, StdinFrom, Tool,
    ToolCard, ToolCx, ToolFault, ToolReturn,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, Mark, Risk};
use report::report;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc, time::Duration};
use watch::{Ending, watch};

/// Characters of a command in a plan's title.
const TITLE_CHARS: usize = 80;

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
    #[expect(
        dead_code,
        reason = "clients read it from the call's input; nothing here trusts it"
    )]
    description: Option<String>,
    #[serde(default, deserialize_with = "loose::flag")]
    run_in_background: Option<bool>,
    /// The background task outlives the session, then without a network
    #[serde(default, deserialize_with = "loose::flag")]
    detach: Option<bool>,
    /// Run in a terminal
    #[serde(default, deserialize_with = "loose::flag")]
    pty: Option<bool>,
    /// Run it unconfined; a person is asked
    #[serde(
        default,
        rename = "dangerouslyDisableSandbox",
        deserialize_with = "loose::flag"
    )]
    unconfined: Option<bool>,
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

impl Tool for Bash {
    type Input = BashInput;
    type Output = BashData;

    const CARD: ToolCard = ToolCard {
        name: "Bash",
        about: include_str!("bash.md"),
        risk: Risk::High,
        lane: Lane::Exclusive,
        exposure: Exposure::Always,
        permission: "runs what only looks without asking, asks before the rest",
        deadline: Duration::from_secs(630),
    };

    fn plan(&self, input: &BashInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let mut plan = plan_of(&input.command, scene)?;
        if input.unconfined == Some(true) {
            // With the command in it, so that what is granted is this command alone.
            let why = format!("run `{}` unconfined", input.command);
            plan.accesses.push(Access::Escalate { why });
            plan.title.push_str(" unconfined");
        }
        Ok(plan)
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
        let blocked = blocked::explain(cx.confinement.as_ref(), &ran);
        Ok(report(&input.command, ran, (moved, blocked), timeout))
    }
}

/// The plan of a command line.
pub(crate) fn plan_of(command: &str, scene: &Scene) -> Result<Plan, ToolFault> {
    if command.trim().is_empty() {
        return Err(ToolFault::Tell("the command is empty".to_owned()));
    }
    if command.contains('\0') {
        return Err(ToolFault::Tell(
            "the command contains a NUL character".to_owned(),
        ));
    }
    // What runs, never what the model says of it.
    let whole = command;
    let command = command.trim();
    let first_line = command.lines().next().unwrap_or_default();
    let mut shown: String = first_line.chars().take(TITLE_CHARS).collect();
    if shown.len() < command.len() {
        shown.push('…');
    }
    Ok(Plan {
        title: format!("run `{shown}`"),
        risk: Risk::High,
        accesses: vec![Access::Run {
            command: whole.to_owned(),
            cwd: scene.cwd.clone(),
        }],
    })
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
        let life = match input.detach {
            Some(true) => Life::Detached,
            Some(false) | None => Life::Session,
        };
        let started = self.tasks.start(input.command, life, cx);
        let Started { id, output, mark } = started.map_err(|fault| cannot_start(&fault))?;
        let text = format!(
            "started in the background as task {id}; its output goes to {}. TaskOutput \
             {{\"task_id\":\"{id}\"}} shows new output and the state, TaskStop \
             {{\"task_id\":\"{id}\"}} ends it",
            output.display()
        );
        let data = BashData {
            background_task_id: Some(id.0),
            ..BashData::default()
        };
        Ok(ToolReturn {
            marks: vec![mark],
            ..ToolReturn::text(text, data)
        })
    }
}
