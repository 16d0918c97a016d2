//! What a headless run is started with, and what comes of it.

use gimlet_ports::OpenSpec;
use gimlet_protocol::Block;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};

/// What is written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The final text of the turn.
    #[default]
    Text,
    /// One `result` object; with [`Verbosity::All`] an array of every message.
    Json,
    /// Every message as a line of JSON, as it happens.
    StreamJson,
}

/// Where prompts come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// One prompt, one turn.
    Prompt(Vec<Block>),
    /// Lines of JSON on standard input, until it ends. Needs [`Output::StreamJson`].
    StreamJson,
    /// None: the unfinished turn of an earlier session goes on.
    Unfinished,
}

/// Whether `stream_event` lines show replies as they grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partials {
    /// They do not.
    #[default]
    Off,
    /// They do.
    On,
}

/// How much [`Output::Json`] writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// The result.
    #[default]
    Result,
    /// Every message.
    All,
}

/// Whether messages of the client are echoed when they are delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replays {
    /// They are not.
    #[default]
    Off,
    /// They are.
    On,
}

/// Who is asked before a call that needs a permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PermissionPrompts {
    /// Nobody: what would be asked is denied.
    #[default]
    Nobody,
    /// The client, with `can_use_tool`. Needs [`Input::StreamJson`].
    Stdio,
}

/// Whether `session_state_changed` lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateEvents {
    /// They are not.
    #[default]
    Off,
    /// They are, for everyone.
    Shown,
    /// They are, marked as meant for the library that hosts the run.
    HostOnly,
}

/// Whether the client may switch to the mode that asks nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BypassSwitch {
    /// It may not.
    #[default]
    Forbidden,
    /// It may.
    Allowed,
}

/// What only the caller knows of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// As a client would ask for it.
    pub value: String,
    /// As the provider names it in its replies.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// One line for people.
    pub description: String,
    /// Tokens of input and output together.
    pub context_tokens: u64,
    /// Tokens that one reply may have.
    pub max_output_tokens: u64,
}

/// What `system/init` says beside what the session itself knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitFacts {
    /// The version of Gimlet.
    pub version: String,
    /// The version of the message contract, sent as `claude_code_version`.
    pub contract_version: String,
    /// Where the key came from: the name of a variable, `keyring`, `none`.
    pub api_key_source: String,
    /// The output style in use.
    pub output_style: String,
    /// The servers of the Model Context Protocol: `{name, status, …}` each.
    pub mcp_servers: Vec<Value>,
    /// Commands that a prompt may begin with.
    pub slash_commands: Vec<String>,
    /// Kinds of sub-agents.
    pub agents: Vec<String>,
    /// Skills.
    pub skills: Vec<String>,
    /// Plugins: `{name, path}` each.
    pub plugins: Vec<Value>,
    /// Models that may be chosen, and the one in use.
    pub models: Vec<ModelFacts>,
}

/// A headless run.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadlessOptions {
    /// What is written.
    pub output: Output,
    /// Where prompts come from.
    pub input: Input,
    /// Which session is opened.
    pub open: OpenSpec,
    /// Whether replies are shown as they grow.
    pub partials: Partials,
    /// How much `json` writes.
    pub verbosity: Verbosity,
    /// Whether messages of the client are echoed.
    pub replays: Replays,
    /// Who is asked.
    pub permission_prompts: PermissionPrompts,
    /// Whether state changes are written.
    pub state_events: StateEvents,
    /// Whether the client may switch to the mode that asks nothing.
    pub bypass: BypassSwitch,
    /// The tool whose input is the turn's structured output.
    pub structured_tool: Option<String>,
    /// What only the caller knows.
    pub init: InitFacts,
}

impl HeadlessOptions {
    /// One prompt in a new session, answered with its final text.
    pub fn prompt(content: Vec<Block>) -> Self {
        Self {
            output: Output::default(),
            input: Input::Prompt(content),
            open: OpenSpec::New { id: None },
            partials: Partials::default(),
            verbosity: Verbosity::default(),
            replays: Replays::default(),
            permission_prompts: PermissionPrompts::default(),
            state_events: StateEvents::default(),
            bypass: BypassSwitch::default(),
            structured_tool: None,
            init: InitFacts::default(),
        }
    }
}

/// A signal that the process was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessSignal {
    /// SIGINT: ends the turn; a second one ends the run at once.
    Interrupt,
    /// SIGTERM, SIGHUP: ends the run in order.
    Terminate,
}

/// Whether a stream is shown to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    ToPerson,
    ToProgram,
}

impl Shown {
    pub(crate) fn when(is_terminal: bool) -> Self {
        if is_terminal {
            Self::ToPerson
        } else {
            Self::ToProgram
        }
    }
}

/// What a run reads from and writes to.
pub struct Io {
    /// Standard input. Read with [`Input::StreamJson`] only.
    pub stdin: Box<dyn AsyncRead + Send + Unpin>,
    /// Standard output.
    pub stdout: Box<dyn AsyncWrite + Send + Unpin>,
    /// Standard error.
    pub stderr: Box<dyn AsyncWrite + Send + Unpin>,
    /// Control characters of the model are made visible there.
    pub stdout_is_terminal: bool,
    /// Progress is shown only there.
    pub stderr_is_terminal: bool,
    /// Signals of the process. A closed channel means that none will come.
    pub signals: mpsc::Receiver<ProcessSignal>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The last turn succeeded.
    Success,
    /// The last turn ended with an error.
    TurnFailed,
    /// What was asked for, or what came in, makes no sense.
    Usage,
    /// The settings are wrong.
    Config,
    /// The machine is not as needed: a full disk, a session in use.
    Environment,
    /// A second SIGINT, or one while nothing ran.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Outcome {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::TurnFailed => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Environment => 4,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}
