//! Every flag and command, as typed.

mod past;

pub(crate) use past::{
    DiffArgs, HowArgs, RestoreArgs, ScopeArgs, SnapshotsArgs, SnapshotsCommand, UndoArgs,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use gimlet_protocol::Mode;
use std::{ffi::OsString, path::PathBuf};

/// A coding agent for the terminal: it reads, plans, edits, runs commands and checks its work,
/// with any model, and you stay in control.
#[derive(Debug, Parser)]
#[command(
    name = "gimlet",
    version,
    disable_version_flag = true,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Print the version
    #[arg(short = 'v', short_alias = 'V', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List, show, search, export, rename, delete or repair sessions
    Sessions(SessionsArgs),
    /// Take back what a session changed on the disk, commands included
    Undo(UndoArgs),
    /// Bring back what the last undo took
    Redo(RestoreArgs),
    /// Show what a turn or a call changed on the disk
    Diff(DiffArgs),
    /// Make a session go on from an earlier point; what came later stays in its log
    Rewind(RewindArgs),
    /// Show what is kept for undo, and make room
    Snapshots(SnapshotsArgs),
    /// Show what each request of a session cost, and why; or the bill over many sessions
    Cost(CostArgs),
    /// Do a task like `gimlet -p` and keep its exchanges with the models as a tape
    Record(Box<RecordArgs>),
    /// Run a tape again without the models, with real tools, and tell what differs
    Replay(ReplayArgs),
    /// Show what fills a session's window
    Context(LedgerArgs),
    /// List a session's background tasks and whether they still run; show or stop one
    Tasks(TasksArgs),
    /// List, show, merge or discard what workers changed in worktrees of their own
    Worktrees(WorktreesArgs),
    /// Make a session's conversation smaller; the original stays in its log
    Compact(CompactArgs),
    /// Show which memory files are loaded, from where and how large, or add a note to one
    Memory(MemoryArgs),
    /// List models with sizes, prices and abilities, or fetch a newer list
    Models(ModelsArgs),
    /// Store or remove a provider's key, or tell where each comes from
    Auth(AuthArgs),
    /// Check keys, git, shell, terminal, confinement, folders and settings
    Doctor(DoctorArgs),
    /// List the tools with their risk class and permission
    Tools(ToolsArgs),
    /// Explain what may happen and who decides, or try the rules on cases
    Policy(PolicyArgs),
    /// Whether the files of a folder may be obeyed: show, grant, revoke, list
    Trust(TrustArgs),
    /// Run a command confined by the operating system, or show what holds here
    Sandbox(SandboxArgs),
    /// Find secrets and confidential terms in what is about to leave
    Undercover(UndercoverArgs),
    /// List gated features with their stage and state
    Features,
    /// Do a whole task in a small real repository, without a key
    Demo(DemoArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct RunArgs {
    /// What is to be done; read from standard input where it is missing
    pub(crate) prompt: Option<String>,
    /// In a terminal: on a screen of its own, not in the scrollback
    #[arg(long)]
    pub(crate) fullscreen: bool,
    /// Do it without a terminal interface, print the result and exit
    #[arg(short, long)]
    pub(crate) print: bool,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub(crate) output_format: OutputFormat,
    /// What standard input carries
    #[arg(long, value_enum, default_value_t = InputFormat::Text, value_name = "FORMAT")]
    pub(crate) input_format: InputFormat,
    /// With stream-json: also stream events while a reply is being written
    #[arg(long)]
    pub(crate) include_partial_messages: bool,
    /// With stream-json input: echo each accepted message
    #[arg(long)]
    pub(crate) replay_user_messages: bool,
    /// With json: print every message, not only the result
    #[arg(long)]
    pub(crate) verbose: bool,
    /// The model, as [provider/]name
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Models to go on with when the first is overloaded or missing, with commas between
    #[arg(long, value_name = "MODELS")]
    pub(crate) fallback_model: Option<String>,
    /// How much may happen without asking: default, acceptEdits, plan, auto, dontAsk or bypassPermissions
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub(crate) permission_mode: Option<Mode>,
    /// Same as --permission-mode bypassPermissions
    #[arg(long)]
    pub(crate) dangerously_skip_permissions: bool,
    /// Who answers permission questions: `stdio` sends them to the client on standard output
    #[arg(long, value_name = "WHO", value_parser = ["stdio"])]
    pub(crate) permission_prompt_tool: Option<String>,
    /// Rules of what needs no question, such as "Edit Bash(git status:*)"
    #[arg(id = "allowedTools", long = "allowedTools", visible_alias = "allowed-tools", value_name = "RULES", num_args = 1..)]
    pub(crate) allowed_tools: Vec<String>,
    /// Rules of what must not happen
    #[arg(id = "disallowedTools", long = "disallowedTools", visible_alias = "disallowed-tools", value_name = "RULES", num_args = 1..)]
    pub(crate) disallowed_tools: Vec<String>,
    /// Only these tools: names with commas, "default" for all, "" for none
    #[arg(long, value_name = "NAMES")]
    pub(crate) tools: Option<String>,
    /// Another folder to work in
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    pub(crate) add_dir: Vec<PathBuf>,
    /// Replaces the system prompt
    #[arg(long, value_name = "TEXT")]
    pub(crate) system_prompt: Option<String>,
    /// The file of a system prompt; comes before --system-prompt
    #[arg(long, value_name = "FILE")]
    pub(crate) system_prompt_file: Option<PathBuf>,
    /// Comes after the system prompt
    #[arg(long, value_name = "TEXT")]
    pub(crate) append_system_prompt: Option<String>,
    /// The file of a text that comes after the system prompt
    #[arg(long, value_name = "FILE")]
    pub(crate) append_system_prompt_file: Option<PathBuf>,
    /// JSON Schema that the result must fit
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) json_schema: Option<String>,
    /// Requests to the model that a turn may make
    #[arg(long, value_name = "N", value_parser = turns, allow_negative_numbers = true)]
    pub(crate) max_turns: Option<u32>,
    /// What the run may cost at most
    #[arg(long, value_name = "USD", value_parser = dollars, allow_negative_numbers = true)]
    pub(crate) max_budget_usd: Option<f64>,
    /// Go on with the newest session of this folder; without a prompt, with its unfinished turn
    #[arg(short, long = "continue", conflicts_with = "resume")]
    pub(crate) go_on: bool,
    /// Go on with a session, by id, start of one, or name
    #[arg(short, long, value_name = "SESSION")]
    pub(crate) resume: Option<String>,
    /// With --continue or --resume: work on a copy
    #[arg(long)]
    pub(crate) fork_session: bool,
    /// The id of the new session: a UUID
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    pub(crate) session_id: Option<String>,
    /// Keep no session on the disk
    #[arg(long)]
    pub(crate) no_session_persistence: bool,
    /// The session's name
    #[arg(short, long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Trust this folder, and those of --add-dir, for this run: what its files say counts
    #[arg(long)]
    pub(crate) trust: bool,
    /// Settings for this run: a file or JSON
    #[arg(long, value_name = "FILE|JSON")]
    pub(crate) settings: Option<String>,
    /// Which settings files count: user, project, local
    #[arg(long, value_name = "NAMES")]
    pub(crate) setting_sources: Option<String>,
    /// Beta features to ask the provider for, with commas between
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) betas: Vec<String>,
}

impl RunArgs {
    /// True when no terminal interface is wanted. Clients that pass stream-json both ways
    /// leave `-p` out.
    pub(crate) fn is_headless(&self) -> bool {
        self.print || self.input_format == InputFormat::StreamJson
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// The final text
    Text,
    /// One JSON object
    Json,
    /// A JSON object a line, as things happen
    StreamJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// A prompt
    Text,
    /// A JSON object a line
    StreamJson,
}

#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Judge a file of cases, a JSON object a line, and tell each whose answer differs
    Check {
        /// The file
        file: PathBuf,
    },
    /// Show what a call would touch, who votes on it, where each rule stands, and the ruling
    Explain(ExplainArgs),
    /// List what was granted here for always and in a session, or take a grant back
    Grants(GrantsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct GrantsArgs {
    #[command(subcommand)]
    pub(crate) task: Option<GrantsTask>,
    /// The session; the newest of this folder where none is named
    #[arg(long, value_name = "SESSION", global = true)]
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GrantsTask {
    /// List the grants that hold
    List {
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Take a grant back
    Revoke {
        /// Its name in the session, such as g1, or the rule that was saved
        name: String,
        #[command(flatten)]
        json: JsonFlag,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// A shell command; or name a tool and its input
    pub(crate) command: Option<String>,
    /// A tool
    #[arg(long, value_name = "TOOL", conflicts_with = "command")]
    pub(crate) tool: Option<String>,
    /// The tool's input
    #[arg(long, value_name = "JSON", requires = "tool")]
    pub(crate) input: Option<String>,
    /// Judge in this mode
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub(crate) permission_mode: Option<Mode>,
    /// Rules that allow, as for a run
    #[arg(long = "allowedTools", alias = "allowed-tools", value_name = "RULES")]
    pub(crate) allowed_tools: Vec<String>,
    /// Rules that deny, as for a run
    #[arg(
        long = "disallowedTools",
        alias = "disallowed-tools",
        value_name = "RULES"
    )]
    pub(crate) disallowed_tools: Vec<String>,
    /// A folder beside this one
    #[arg(long, value_name = "DIR")]
    pub(crate) add_dir: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TrustArgs {
    #[command(subcommand)]
    pub(crate) command: Option<TrustCommand>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Show whether a folder is trusted, and what it would do
    Show {
        /// The folder; this one where it is missing
        folder: Option<PathBuf>,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Trust a folder, after showing all that it would do
    Grant {
        /// The folder; this one where it is missing
        folder: Option<PathBuf>,
        /// Without a question
        #[arg(short, long)]
        yes: bool,
    },
    /// Trust a folder no longer
    Revoke {
        /// The folder; this one where it is missing
        folder: Option<PathBuf>,
    },
    /// List the folders that are trusted
    List {
        #[command(flatten)]
        json: JsonFlag,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    pub(crate) command: SessionsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List the sessions of this folder, or of all
    List {
        /// Of every folder
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Show a session's conversation
    Show {
        /// Id, start of one, or name
        session: String,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Find words in all sessions
    Search {
        /// What to look for
        #[arg(required = true)]
        words: Vec<String>,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Write a session as a document
    Export {
        /// Id, start of one, or name
        session: String,
        /// md or json
        #[arg(long, value_enum, default_value_t = ExportFormat::Md)]
        format: ExportFormat,
        /// Where to; standard output where it is missing
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// With the keys and passwords that stand in it
        #[arg(long)]
        raw: bool,
    },
    /// Give a session a name
    Rename {
        /// Id, start of one, or name
        session: String,
        /// The new name
        name: String,
    },
    /// Move a session to the trash folder
    Delete {
        /// Id, start of one, or name
        session: String,
    },
    /// Make a clean copy of a damaged log; the original is kept beside it
    Repair {
        /// Id, start of one, or name
        session: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Markdown
    Md,
    /// JSON
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct RewindArgs {
    /// Id, start of one, or name; the newest of this folder where it is missing
    pub(crate) session: Option<String>,
    /// How many turns to take back
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "to")]
    pub(crate) turns: u32,
    /// The last entry that stays, as `sessions show` numbers them
    #[arg(long, value_name = "ENTRY")]
    pub(crate) to: Option<u64>,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

#[derive(Args, Debug)]
pub(crate) struct LedgerArgs {
    /// Id, start of one, or name; the newest of this folder where it is missing
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
pub(crate) struct CostArgs {
    /// Id, start of one, or name; without `--by` the newest of this folder where it is missing
    pub(crate) session: Option<String>,
    /// Add up by this: one session where it is named, else all
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) by: Option<CostBy>,
    /// With `--by`: only sessions of this folder
    #[arg(long, requires = "by", conflicts_with = "session")]
    pub(crate) here: bool,
    /// With `--by`: only from this day on, in your time zone
    #[arg(long, requires = "by", value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<jiff::civil::Date>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = CostFormat::Text, value_name = "FORMAT")]
    pub(crate) format: CostFormat,
    /// Write to a file instead, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CostBy {
    /// Each session
    Session,
    /// Each day
    Day,
    /// Each model
    Model,
    /// Each folder
    Project,
    /// The tools whose results a request was the first to carry
    Tool,
    /// The session itself, kinds of sub-agents, compaction and others
    Asker,
    /// Each sub-agent
    SubAgent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CostFormat {
    /// A table with bars
    Text,
    /// JSON
    Json,
    /// A line of comma-separated values for each
    Csv,
    /// A picture of bars
    Svg,
    /// A page with the picture and the table
    Html,
}

#[derive(Args, Debug)]
pub(crate) struct RecordArgs {
    /// The tape, a file that does not exist yet
    pub(crate) tape: PathBuf,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// The tape
    pub(crate) tape: PathBuf,
    /// Work in this folder itself and not in a copy of it
    #[arg(long)]
    pub(crate) here: bool,
    /// Trust the folder for this run, as `gimlet -p --trust` does
    #[arg(long)]
    pub(crate) trust: bool,
    /// Where only digits differ, as in times and process numbers, count it as the same
    #[arg(long)]
    pub(crate) ignore_numbers: bool,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TasksArgs {
    #[command(subcommand)]
    pub(crate) command: Option<TasksCommand>,
    #[command(flatten)]
    pub(crate) list: LedgerArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TasksCommand {
    /// Print what a task has printed so far
    Output {
        /// The task's id
        task: String,
        /// Id, start of one, or name; the newest of this folder where it is missing
        session: Option<String>,
    },
    /// End a task that still runs
    Stop {
        /// The task's id
        task: String,
        /// Id, start of one, or name; the newest of this folder where it is missing
        session: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct WorktreesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<WorktreesCommand>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorktreesCommand {
    /// Show what was changed in a worktree, as a diff
    Show {
        /// The worker's id, its start or its end
        worktree: String,
    },
    /// Merge a worktree into the folder that it was made of; nothing is staged
    Merge {
        /// The worker's id, its start or its end
        worktree: String,
    },
    /// Remove a worktree with everything that was changed in it
    Discard {
        /// The worker's id, its start or its end
        worktree: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct CompactArgs {
    /// Id, start of one, or name; the newest of this folder where it is missing
    pub(crate) session: Option<String>,
    /// What the summary should keep in mind
    #[arg(long, value_name = "TEXT")]
    pub(crate) instructions: Option<String>,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct MemoryArgs {
    #[command(subcommand)]
    pub(crate) command: Option<MemoryCommand>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    /// Add a note, to the project's memory unless told otherwise
    Add {
        /// To yours, for every project
        #[arg(long, group = "to")]
        user: bool,
        /// To the project's, for everyone who works on it
        #[arg(long, group = "to")]
        project: bool,
        /// To yours for this project: CLAUDE.local.md
        #[arg(long, group = "to")]
        local: bool,
        /// What is to be remembered
        #[arg(required = true)]
        text: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ModelsCommand>,
    /// Only models of this provider
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Fetch the public catalogue and use it in place of this build's
    Update {
        /// The address of a catalogue in the form of models.dev
        #[arg(long, value_name = "URL")]
        from: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct AuthArgs {
    #[command(subcommand)]
    pub(crate) command: AuthCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Store a key, read from the terminal without echo or from standard input
    Login {
        /// The provider
        #[arg(default_value = "anthropic")]
        provider: String,
    },
    /// Remove a stored key
    Logout {
        /// The provider
        #[arg(default_value = "anthropic")]
        provider: String,
    },
    /// Tell where each provider's key comes from; exits with 1 when there is none
    Status {
        #[command(flatten)]
        json: JsonFlag,
    },
}

#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
pub(crate) struct ToolsArgs {
    #[command(flatten)]
    pub(crate) json: JsonFlag,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Leave the folder when done
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct JsonFlag {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::named(text).ok_or_else(|| {
        let names: Vec<&str> = Mode::ALL.iter().map(|(_, name)| *name).collect();
        format!("the modes are {}", names.join(", "))
    })
}

fn turns(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(turns @ 1..) => Ok(turns),
        _ => Err("a whole number of at least 1 is needed".to_owned()),
    }
}

fn dollars(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(usd) if usd.is_finite() && usd > 0.0 => Ok(usd),
        _ => Err("an amount above 0 is needed, such as 2.50".to_owned()),
    }
}

fn uuid(text: &str) -> Result<String, String> {
    let fits = text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        });
    if fits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a UUID is needed, such as 0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e5f".to_owned())
    }
}

/// `gimlet sandbox`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "gimlet sandbox [OPTIONS] -- COMMAND...\n       gimlet sandbox doctor")]
pub(crate) struct SandboxArgs {
    /// Try what is refused and what works here
    #[arg(value_enum, value_name = "TASK", conflicts_with = "command")]
    pub(crate) task: Option<SandboxTask>,
    /// A folder or file that may be written, beside this folder
    #[arg(long, value_name = "PATH")]
    pub(crate) write: Vec<PathBuf>,
    /// A folder or file that cannot be read, beside the usual places of keys
    #[arg(long, value_name = "PATH")]
    pub(crate) hide: Vec<PathBuf>,
    /// Leave the network open
    #[arg(long)]
    pub(crate) network: bool,
    /// The most that it is held by
    #[arg(long, value_enum, value_name = "STRENGTH")]
    pub(crate) strength: Option<StrengthArg>,
    /// The command
    #[arg(last = true, required_unless_present = "task", value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// By what a command is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StrengthArg {
    /// Nothing: commands are refused.
    None,
    /// Landlock and the filter of system calls.
    Rules,
    /// Namespaces of its own, too.
    Namespaces,
}

impl From<StrengthArg> for gimlet_protocol::Strength {
    fn from(strength: StrengthArg) -> Self {
        match strength {
            StrengthArg::None => Self::None,
            StrengthArg::Rules => Self::Rules,
            StrengthArg::Namespaces => Self::Namespaces,
        }
    }
}

/// What `gimlet sandbox` does beside running commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SandboxTask {
    /// Tries what is refused and what works here.
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct UndercoverArgs {
    #[command(subcommand)]
    pub(crate) command: UndercoverCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UndercoverCommand {
    /// Look through what is staged, a range of commits or a file
    Scan {
        /// What the next commit would add (the default)
        #[arg(long)]
        staged: bool,
        /// What git tells a hook before a push, on standard input
        #[arg(long, conflicts_with_all = ["staged", "what"])]
        push: bool,
        /// A file, or a range such as `origin/main..HEAD`
        #[arg(value_name = "RANGE|FILE", conflicts_with = "staged")]
        what: Option<String>,
    },
    /// Look through everything before each push of this repository
    Install,
}
