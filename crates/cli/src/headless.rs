//! `gimlet -p`: reads the prompt, opens the session and hands both to the gateway.

use crate::{
    args::{InputFormat, OutputFormat, RunArgs},
    commands::here,
    exit::{self, Exit},
    signals,
};
use gimlet_app::{Answers, Deck, Hub, Launch, Persistence, TrustFlag};
use gimlet_gateway::{
    BypassSwitch, HeadlessOptions, InitFacts, Input, Io, ModelFacts, Outcome, Output, Partials,
    PermissionPrompts, Replays, StateEvents, Verbosity,
};
use gimlet_ports::{OpenSpec, Sessions as _};
use gimlet_protocol::{Block, Mode, SessionId};
use gimlet_settings::Env;
use serde_json::Value;
use std::{
    fs,
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A prompt from standard input may be this long.
const LONGEST_PROMPT_BYTES: u64 = 10 * 1024 * 1024;
/// The version of the message contract that `stream-json` follows.
const CONTRACT_VERSION: &str = "2.1.330";
/// The tool of `--json-schema`.
const STRUCTURED_TOOL: &str = "StructuredOutput";

pub(crate) fn run(args: RunArgs, deck: Deck) -> Exit {
    prepare_and_run(args, deck).unwrap_or_else(|exit| exit)
}

fn prepare_and_run(args: RunArgs, deck: Deck) -> Result<Exit, Exit> {
    check(&args)?;
    let input = input(&args)?;
    let launch = Launch {
        deck,
        ..launch(&args)?
    };
    let open = open_spec(&args);
    let runtime = runtime()?;
    let outcome = runtime.block_on(async move {
        let hub = Hub::new(launch).map_err(|fault| exit::open_fault(&fault))?;
        say_notices(&hub);
        let options = options(&args, input, open, &hub);
        let outcome = drive(&hub, options).await?;
        say_notices(&hub);
        Ok(outcome)
    });
    // A read of standard input that never ends must not hold the process.
    runtime.shutdown_background();
    outcome
}

/// Runs the gateway on the process's own streams and signals.
async fn drive(hub: &Arc<Hub>, options: HeadlessOptions) -> Result<Exit, Exit> {
    let (_listener, signals) = signals::listen().map_err(|error| {
        exit::complain(
            Exit::Environment,
            &format!("signals cannot be received: {error}"),
            None,
        )
    })?;
    let io = Io {
        stdin: Box::new(tokio::io::stdin()),
        stdout: Box::new(tokio::io::stdout()),
        stderr: Box::new(tokio::io::stderr()),
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
        signals,
    };
    #[cfg(target_os = "linux")]
    crate::settle::settle();
    let outcome = gimlet_gateway::run(Arc::clone(hub) as Arc<_>, options, io).await;
    hub.close_all().await;
    Ok(match outcome {
        Outcome::Success => Exit::Success,
        Outcome::TurnFailed => Exit::Failed,
        Outcome::Usage => Exit::Usage,
        Outcome::Config => Exit::Config,
        Outcome::Environment => Exit::Environment,
        Outcome::Interrupted => Exit::Interrupted,
        Outcome::Terminated => Exit::Terminated,
    })
}

/// One thread drives everything: the work is waiting, files and searches have threads of their
/// own, and a connection is back in its pool before the next request looks for it.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Exit> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_KEEP_ALIVE)
        .build()
        .map_err(|error| exit::complain(Exit::Environment, &format!("no threads: {error}"), None))
}

/// Threads for files and searches: as many as calls run together, and a few for streams.
const BLOCKING_THREADS: usize = 16;
/// How long an idle one of them is kept.
const BLOCKING_KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(2);

fn say_notices(hub: &Hub) {
    for notice in hub.take_notices() {
        exit::notice(&notice);
    }
}

/// Flags that make no sense together.
pub(crate) fn check(args: &RunArgs) -> Result<(), Exit> {
    let usage = |text: &str, hint: &str| Err(exit::complain(Exit::Usage, text, Some(hint)));
    let streams_in = args.input_format == InputFormat::StreamJson;
    let streams_out = args.output_format == OutputFormat::StreamJson;
    if streams_in && !streams_out {
        return usage(
            "--input-format stream-json needs --output-format stream-json",
            "add it",
        );
    }
    if streams_in && args.prompt.is_some() {
        return usage(
            "with --input-format stream-json the prompt comes on standard input",
            "leave the argument out",
        );
    }
    if args.include_partial_messages && !streams_out {
        return usage(
            "--include-partial-messages needs --output-format stream-json",
            "add it",
        );
    }
    if args.permission_prompt_tool.is_some() && !streams_in {
        return usage(
            "--permission-prompt-tool stdio needs --input-format stream-json",
            "add it",
        );
    }
    if args.fork_session && !args.go_on && args.resume.is_none() {
        return usage(
            "--fork-session needs --continue or --resume",
            "say which session to copy",
        );
    }
    if args.session_id.is_some() && (args.go_on || args.resume.is_some()) && !args.fork_session {
        return usage(
            "--session-id names a new session",
            "add --fork-session, or leave it out",
        );
    }
    if args.no_session_persistence && (args.go_on || args.resume.is_some()) {
        return usage(
            "--no-session-persistence keeps nothing to continue",
            "leave one of them out",
        );
    }
    if args.dangerously_skip_permissions
        && args
            .permission_mode
            .is_some_and(|mode| mode != Mode::BypassPermissions)
    {
        return usage(
            "--dangerously-skip-permissions and --permission-mode disagree",
            "leave one of them out",
        );
    }
    Ok(())
}

/// The prompt: the argument, then what is piped in.
fn input(args: &RunArgs) -> Result<Input, Exit> {
    if args.input_format == InputFormat::StreamJson {
        return Ok(Input::StreamJson);
    }
    let piped = if io::stdin().is_terminal() {
        String::new()
    } else {
        piped_text()?
    };
    let argument = args.prompt.clone().unwrap_or_default();
    let text = match (argument.trim().is_empty(), piped.trim().is_empty()) {
        (false, false) => format!("{argument}\n\n{piped}"),
        (false, true) => argument,
        (true, false) => piped,
        (true, true) if args.go_on || args.resume.is_some() => return Ok(Input::Unfinished),
        (true, true) => {
            let hint = Some("gimlet -p \"what is to be done\", or pipe it in");
            return Err(exit::complain(Exit::Usage, "there is no prompt", hint));
        }
    };
    Ok(Input::Prompt(vec![Block::text(text)]))
}

fn piped_text() -> Result<String, Exit> {
    let mut bytes = Vec::new();
    let read = io::stdin()
        .lock()
        .take(LONGEST_PROMPT_BYTES + 1)
        .read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() as u64 > LONGEST_PROMPT_BYTES => {
            let text =
                format!("the prompt on standard input is longer than {LONGEST_PROMPT_BYTES} bytes");
            let hint = Some("put it into a file and name the file in the prompt");
            Err(exit::complain(Exit::Usage, &text, hint))
        }
        Ok(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        // A closed standard input holds no prompt.
        Err(error) if error.raw_os_error() == Some(EBADF) => Ok(String::new()),
        Err(error) => Err(exit::complain(
            Exit::Environment,
            &format!("standard input: {error}"),
            None,
        )),
    }
}

/// "Bad file descriptor" on every Unix.
const EBADF: i32 = 9;

pub(crate) fn launch(args: &RunArgs) -> Result<Launch, Exit> {
    let cwd = here()?;
    let bypass = args
        .dangerously_skip_permissions
        .then_some(Mode::BypassPermissions);
    Ok(Launch {
        env: Env::of_process(),
        model: args.model.clone(),
        fallback_model: args.fallback_model.clone(),
        permission_mode: bypass.or(args.permission_mode),
        allowed_tools: args.allowed_tools.clone(),
        disallowed_tools: args.disallowed_tools.clone(),
        tools: args.tools.clone(),
        add_dirs: args
            .add_dir
            .iter()
            .map(|path| whole_path(&cwd, path))
            .collect(),
        system_prompt: file_and_text(
            args.system_prompt_file.as_deref(),
            args.system_prompt.as_deref(),
        )?,
        append_system_prompt: file_and_text(
            args.append_system_prompt_file.as_deref(),
            args.append_system_prompt.as_deref(),
        )?,
        max_turns: args.max_turns,
        max_budget_usd: args.max_budget_usd,
        json_schema: args.json_schema.as_deref().map(schema).transpose()?,
        settings: args.settings.clone(),
        setting_sources: args.setting_sources.clone(),
        betas: args.betas.clone(),
        name: args.name.clone(),
        persistence: if args.no_session_persistence {
            Persistence::None
        } else {
            Persistence::Kept
        },
        answers: match args.permission_prompt_tool {
            Some(_) => Answers::FromClient,
            None => Answers::FromNobody,
        },
        deck: Deck::None,
        trust: if args.trust {
            TrustFlag::ThisRun
        } else {
            TrustFlag::AsSaid
        },
        cwd,
    })
}

/// The path from the root, without `..` in it where it exists.
fn whole_path(cwd: &Path, path: &Path) -> PathBuf {
    let joined = cwd.join(path);
    fs::canonicalize(&joined).unwrap_or(joined)
}

/// A prompt's file comes first, a blank line, then its text.
fn file_and_text(file: Option<&Path>, text: Option<&str>) -> Result<Option<String>, Exit> {
    let Some(path) = file else {
        return Ok(text.map(str::to_owned));
    };
    let read = fs::read_to_string(path).map_err(|error| {
        exit::complain(Exit::Usage, &format!("{}: {error}", path.display()), None)
    })?;
    Ok(Some(match text {
        Some(text) => format!("{}\n\n{text}", read.trim_end()),
        None => read,
    }))
}

fn schema(text: &str) -> Result<Value, Exit> {
    serde_json::from_str(text).map_err(|error| {
        exit::complain(
            Exit::Usage,
            &format!("--json-schema is not JSON: {error}"),
            None,
        )
    })
}

pub(crate) fn open_spec(args: &RunArgs) -> OpenSpec {
    let id = args.session_id.clone().map(SessionId);
    match (&args.resume, args.go_on, args.fork_session) {
        (Some(name), _, true) => OpenSpec::Fork {
            of: Some(name.clone()),
            id,
        },
        (None, true, true) => OpenSpec::Fork { of: None, id },
        (Some(name), _, false) => OpenSpec::Earlier { name: name.clone() },
        (None, true, false) => OpenSpec::Newest,
        (None, false, _) => OpenSpec::New { id },
    }
}

fn options(args: &RunArgs, input: Input, open: OpenSpec, hub: &Hub) -> HeadlessOptions {
    let mut options = HeadlessOptions::prompt(Vec::new());
    options.input = input;
    options.open = open;
    options.output = match args.output_format {
        OutputFormat::Text => Output::Text,
        OutputFormat::Json => Output::Json,
        OutputFormat::StreamJson => Output::StreamJson,
    };
    options.partials = if args.include_partial_messages {
        Partials::On
    } else {
        Partials::Off
    };
    options.verbosity = if args.verbose {
        Verbosity::All
    } else {
        Verbosity::Result
    };
    options.replays = if args.replay_user_messages {
        Replays::On
    } else {
        Replays::Off
    };
    options.state_events = StateEvents::Off;
    options.permission_prompts = match args.permission_prompt_tool {
        Some(_) => PermissionPrompts::Stdio,
        None => PermissionPrompts::Nobody,
    };
    options.bypass = if args.dangerously_skip_permissions
        || args.permission_mode == Some(Mode::BypassPermissions)
    {
        BypassSwitch::Allowed
    } else {
        BypassSwitch::Forbidden
    };
    options.structured_tool = args
        .json_schema
        .as_ref()
        .map(|_| STRUCTURED_TOOL.to_owned());
    options.init = init_facts(args, hub);
    options
}

fn init_facts(args: &RunArgs, hub: &Hub) -> InitFacts {
    // Only stream-json and verbose json show it, and a keyring is slow to ask.
    let shown = args.output_format != OutputFormat::Text;
    let model = hub
        .settings()
        .model
        .as_deref()
        .unwrap_or(gimlet_app::FIRST_MODEL);
    InitFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contract_version: CONTRACT_VERSION.to_owned(),
        api_key_source: if shown {
            hub.key_source(model).name().to_owned()
        } else {
            String::new()
        },
        output_style: "default".to_owned(),
        models: vec![model_facts(hub, model)],
        ..InitFacts::default()
    }
}

fn model_facts(hub: &Hub, model: &str) -> ModelFacts {
    let card = gimlet_app::known_card(hub.settings(), model);
    ModelFacts {
        value: model.to_owned(),
        display_name: card.name.clone(),
        description: if card.assumed {
            "not in the catalogue"
        } else {
            "in the catalogue"
        }
        .to_owned(),
        context_tokens: card.context_tokens,
        max_output_tokens: card.max_output_tokens,
        name: card.name,
    }
}
