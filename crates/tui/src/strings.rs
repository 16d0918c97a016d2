//! Every text of the client's own, in one place.

use crate::{editor::vim, keymap::Context, theme::Palette};
use gimlet_protocol::{
    Mode, Network, OnConflict, QueueLane, Refusal, ReplyScope, RewindScope, Strength, Usage,
};

pub(crate) const INTERRUPTED: &str = "Interrupted. What is to be done instead?";
pub(crate) const REWOUND: &str =
    "Rewound: the conversation goes on from before what is struck out above.";
pub(crate) const RESUMED: &str = "Going on where the turn was cut short.";
pub(crate) const THINKING: &str = "Thinking";
pub(crate) const ASKING: &str = "Asking the model";
pub(crate) const WRITING: &str = "Writing";
pub(crate) const WORKING: &str = "Working";
pub(crate) const WAITING: &str = "Waiting for your answer";
pub(crate) const COMPACTING: &str = "Making the context smaller";
pub(crate) const INTERRUPTING: &str = "Interrupting";
pub(crate) const ESC_INTERRUPTS: &str = "Esc interrupts";
pub(crate) const PLACEHOLDER: &str = "What is to be done? / for commands, @ for files, ? for keys";
pub(crate) const STEER_PLACEHOLDER: &str = "Enter steers now, Tab queues for later";
pub(crate) const LEAVE_AGAIN: &str = "Ctrl-C again leaves";
pub(crate) const QUEUE_HEAD: &str = "Waiting for their turn (↑ takes the last back)";
pub(crate) const NO_OUTPUT: &str = "no output";
pub(crate) const SKIPPED_CELLS: &str = "Earlier turns are not repeated here; Ctrl-O shows all.";
pub(crate) const SMALL: &str = "The window is too small.";
pub(crate) const BY_YOU: &str = "you";
pub(crate) const NO_SESSIONS: &str = "There is no other session.";

/// The name of a mode as the status line shows it.
pub(crate) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Default => "asks first",
        Mode::AcceptEdits => "edits freely",
        Mode::Plan => "plans only",
        Mode::Auto => "reviewed",
        Mode::DontAsk => "never asks",
        Mode::BypassPermissions => "no questions",
    }
}

/// What is told at the start of the transcript.
pub(crate) fn banner(version: &str, model: &str, folder: &str) -> [String; 2] {
    [format!("Gimlet {version}"), format!("{model} in {folder}")]
}

pub(crate) fn compacted(before: u64, after: u64) -> String {
    format!(
        "The context was made smaller: {} to {} tokens.",
        count(before),
        count(after)
    )
}

pub(crate) fn summary_rejected(why: &str) -> String {
    format!(" The summary was left out because {why}.")
}

pub(crate) fn task_told(text: &str) -> String {
    format!("A task in the background: {text}")
}

pub(crate) fn model_changed(model: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{model} answers from here on: {why}"),
        None => format!("{model} answers from here on."),
    }
}

pub(crate) fn unknown_fact(tag: &str) -> String {
    format!("Something of a newer version stands here ({tag}).")
}

pub(crate) fn log_fault(text: &str) -> String {
    format!("The session's log cannot be written: {text}. Nothing goes on until it can.")
}

pub(crate) fn model_fault(class: &str, status: Option<u16>, text: &str) -> String {
    let status = status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
    let next = match class {
        "busy" => " It was tried again as often as the settings allow; a new prompt tries anew.",
        "credentials" => " `/doctor` shows which key is used; `gimlet auth login` stores one.",
        "too_long" => " `/compact` makes the conversation smaller.",
        _ => "",
    };
    format!(
        "The model could not be asked{status}: {}.{next}",
        text.trim_end_matches('.')
    )
}

pub(crate) fn retrying(attempt: u32, max: u32, text: &str, seconds: u64) -> String {
    format!(
        "{text}; tried again in {} ({attempt} of {max})",
        duration(seconds * 1000)
    )
}

pub(crate) fn silent(last_byte_ms: u64) -> String {
    format!("nothing came for {}", duration(last_byte_ms))
}

pub(crate) fn thought(took_ms: u64) -> String {
    if took_ms < 1000 {
        return "Thought".to_owned();
    }
    format!("Thought for {}", duration(took_ms))
}

pub(crate) fn more_lines(count: usize) -> String {
    let lines = if count == 1 { "line" } else { "lines" };
    format!("… {count} more {lines} (Ctrl-O shows all)")
}

pub(crate) fn lines(count: usize) -> String {
    format!("{count} line{}", plural(count))
}

pub(crate) fn looked(files: usize, searches: usize) -> String {
    let mut parts = Vec::new();
    if files > 0 {
        parts.push(format!("read {files} file{}", plural(files)));
    }
    if searches > 0 {
        parts.push(format!("searched {searches} time{}", plural(searches)));
    }
    let text = parts.join(", ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

pub(crate) fn attached(count: usize) -> String {
    format!("with {count} attachment{}", plural(count))
}

pub(crate) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A duration as short as it can be said.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..=9 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A duration in whole seconds, for what counts up.
pub(crate) fn seconds(ms: u64) -> String {
    if ms < 60_000 {
        format!("{} s", ms / 1000)
    } else {
        duration(ms)
    }
}

/// A number of tokens.
pub(crate) fn count(tokens: u64) -> String {
    match tokens {
        0..=999 => tokens.to_string(),
        1000..=99_999 => format!("{}.{}k", tokens / 1000, tokens % 1000 / 100),
        100_000..=999_999 => format!("{}k", tokens / 1000),
        _ => format!("{}.{}M", tokens / 1_000_000, tokens % 1_000_000 / 100_000),
    }
}

/// Millionths of a dollar.
pub(crate) fn dollars(micro: u64) -> String {
    let digits = if micro >= 1_000_000 { 2 } else { 4 };
    let unit = if digits == 2 { 10_000 } else { 100 };
    let rounded = (micro + unit / 2) / unit;
    let scale = if digits == 2 { 100 } else { 10_000 };
    format!("${}.{:0digits$}", rounded / scale, rounded % scale)
}

pub(crate) const NOTHING_FITS: &str = "Nothing fits.";
pub(crate) const PAGER_KEYS: &str =
    "↑↓ PgUp PgDn scroll · / searches · n N next · v opens the editor · q closes";

pub(crate) const RISK_LOW: &str = "low risk";
pub(crate) const RISK_MEDIUM: &str = "can be undone";
pub(crate) const RISK_HIGH: &str = "high risk";
pub(crate) const TOUCHES: &str = "It would touch:";
pub(crate) const ALLOW_ONCE: &str = "Yes, this once";
pub(crate) const MORE_OFFERS: &str = "  (← → narrower, wider)";
pub(crate) const GRANT_KEYS: &str = "type to narrow · Enter takes it back · Esc";
pub(crate) const DENY: &str = "No";
pub(crate) const DENY_BECAUSE: &str = "No, and say why …";
pub(crate) const CHANGE_COMMAND: &str = "Change the command first …";
pub(crate) const EXPLAIN: &str = "Explain";
pub(crate) const EXPLAIN_LESS: &str = "Explain less";
pub(crate) const REASON_FIELD: &str = "What should be done instead?";
pub(crate) const COMMAND_FIELD: &str = "The command as it is to run:";
pub(crate) const FIELD_KEYS: &str = "Enter sends · Esc goes back";
pub(crate) const DIALOG_KEYS: &str = "↑↓ or a number · Enter · Esc stops the turn";
pub(crate) const DIALOG_SOON: &str = "…";
pub(crate) const DIALOG_AWAY: &str = "Tab goes to this question";
pub(crate) const ASKS_YOU: &str = "The model asks you";
pub(crate) const OWN_WORDS: &str = "In my own words …";
pub(crate) const SURVEY_KEYS: &str = "↑↓ or a number · Enter · ← the question before · Esc stops";
pub(crate) const SURVEY_SEVERAL_KEYS: &str = "Space marks · Enter takes what is marked · Esc stops";
pub(crate) const PLAN_TITLE: &str = "Is this plan right?";
pub(crate) const PLAN_ACCEPT: &str = "Yes, do it";
pub(crate) const PLAN_CHANGE: &str = "Change it in the editor, then do it …";
pub(crate) const PLAN_COMMENT: &str = "Comment on it …";
pub(crate) const PLAN_DENY: &str = "No, go on planning";

pub(crate) fn hidden_lines(count: usize) -> String {
    format!("{count} more line{} (PgUp PgDn)", plural(count))
}

pub(crate) fn because(judge: &str, text: &str) -> String {
    format!("because {text} [{judge}]")
}

pub(crate) fn question_of(number: usize, count: usize) -> String {
    format!("Question {number} of {count}")
}

/// The title of a plan as a question.
pub(crate) fn may_it(title: &str) -> String {
    format!("May it {title}?")
}

pub(crate) const TRANSCRIPT: &str = "Everything said and done";
pub(crate) const HELP: &str = "Help";
pub(crate) const KEYS: &str = "Keys";
pub(crate) const CHANGES: &str = "Changes since the last commit";
pub(crate) const NO_CHANGES: &str = "Nothing changed.";
pub(crate) const CONTEXT: &str = "What fills the window";
pub(crate) const COST: &str = "What it cost";
pub(crate) const TASKS: &str = "Background tasks and workers";
pub(crate) const NO_TASKS: &str = "Nothing runs in the background.";
pub(crate) const TODOS: &str = "The model's list of work";
pub(crate) const NO_TODOS: &str = "The model has made no list.";
pub(crate) const GRANTS: &str = "Allowed in this session";
pub(crate) const NO_GRANTS: &str = "Nothing was allowed for longer than once.";
pub(crate) const DOCTOR: &str = "This machine";
pub(crate) const CONFIG: &str = "Settings in force";
pub(crate) const PERMISSIONS: &str = "What may happen, and who says so";
pub(crate) const RUNS: &str = "runs";
pub(crate) const ENDED: &str = "ended";
pub(crate) const CLEARED: &str = "Cleared; ↑ brings it back";
pub(crate) const COPIED: &str = "Copied";
pub(crate) const NOTHING_TO_COPY: &str = "There is no answer to copy yet.";
pub(crate) const RENAME_HOW: &str = "Type the name after it: /rename parser cleanup";
pub(crate) const MEMORY_HOW: &str = "Type the note after it, or begin a line with #";
pub(crate) const LOOKING: &str = "Looking …";
pub(crate) const VIM_ON: &str = "vim's keys are on";
pub(crate) const VIM_OFF: &str = "vim's keys are off";
pub(crate) const OPENING: &str = "opening";
pub(crate) const PASTE_MARKS: &str = "The paste held hidden characters; they are shown as marks.";
pub(crate) const DONE_NOTICE: &str = "Gimlet is done.";
pub(crate) const QUESTION_NOTICE: &str = "Gimlet has a question.";
pub(crate) const UNFINISHED: &str =
    "The last turn was cut short. A prompt goes on from here; so does `/rewind`.";
pub(crate) const QUEUE: &str = "Prompts that wait";
pub(crate) const QUEUE_EMPTY: &str = "No prompt waits.";
pub(crate) const QUEUE_KEYS: &str =
    "Enter edits · Tab now or later · ← → move · Del withdraws · Esc";
pub(crate) const PICK_KEYS: &str = "type to narrow · ↑↓ · Enter · Esc";
pub(crate) const MODELS: &str = "Which model answers";
pub(crate) const MODES: &str = "How much may happen without a question";
pub(crate) const THEMES: &str = "Colours";
pub(crate) const SESSIONS: &str = "Sessions of this folder";
pub(crate) const SESSION_KEYS: &str = "type to narrow · Enter opens · Ctrl-F opens a copy · Esc";
pub(crate) const UNNAMED: &str = "(nothing was said)";
pub(crate) const TIMELINE: &str = "Go back to before …";
pub(crate) const TIMELINE_KEYS: &str = "type to narrow · Enter shows what would change · Esc";
pub(crate) const GO_BEFORE: &str = "Go back to before this turn";
pub(crate) const TAKE_BACK: &str = "Take these changes back";
pub(crate) const BRING_BACK: &str = "Bring back what the last undo took";
pub(crate) const BRING_BACK_ABOUT: &str = "files";
pub(crate) const RETURN: &str = "Return to before the rewind";
pub(crate) const RETURN_ABOUT: &str = "conversation";
pub(crate) const RETURN_TOLD: &str = "The conversation goes on as if it had not been rewound.";
pub(crate) const RETURN_YES: &str = "Return; files stay as they are";
pub(crate) const RESTORE_KEYS: &str = "Nothing was changed yet · Enter · Esc goes back";
pub(crate) const SHOW_DIFFERENCE: &str = "Show what was changed …";
pub(crate) const WHAT_CHANGED: &str = "What was changed";
pub(crate) const NO_TEXT: &str = "  (no text, too large, or not kept)";
pub(crate) const NO_FILE_CHANGES: &str = "No file would change.";
pub(crate) const LEFT_BY_REWIND: &str = "left by a rewind";
pub(crate) const UNDONE: &str = "undone";
pub(crate) const CONFINED: &str = "confined";
pub(crate) const NOT_CONFINED: &str = "not confined";
pub(crate) const OWN_TEMPORARY: &str = "a temporary folder of its own";
pub(crate) const THIS_FOLDER: &str = "this folder";
pub(crate) const NOTHING_TO_REWIND: &str = "There is nothing to go back to.";
pub(crate) const NO_HISTORY: &str = "There is no earlier prompt.";
pub(crate) const EXPORT_TITLE: &str = "A session with Gimlet";
pub(crate) const PART_PROMPTS: &str = "your prompts";
pub(crate) const PART_ANSWERS: &str = "answers";
pub(crate) const PART_THOUGHTS: &str = "thoughts";
pub(crate) const PART_CALLS: &str = "calls of tools";
pub(crate) const PART_RESULTS: &str = "results of tools";
pub(crate) const PART_REST: &str = "instructions, tools, rest";
pub(crate) const CONTEXT_NOTE: &str =
    "The sum is the provider's count; its parts are estimates by length.";

pub(crate) const INIT_PROMPT: &str = "Look at this repository and write AGENTS.md in its root: how it is built, tested and checked, with the exact commands; how it is laid out; the conventions that cannot be seen from a single file; and what must not be done. Keep it short and true: look before you state. If AGENTS.md exists, improve it and keep what is right.";

pub(crate) const HELP_TEXT: &[&str] = &[
    "Type what is to be done and press Enter. While something runs, Enter speaks into the turn and Tab queues for later; Esc interrupts.",
    "@ names a file. ! runs a command of your own. # notes something in the project's memory. / runs a command:",
];

/// Keys with what they do; a heading has nothing behind it.
pub(crate) const KEY_TABLE: &[(&str, &str)] = &[
    ("Editing, which no file changes", ""),
    (
        "Shift-Enter, Alt-Enter",
        "a new line; a backslash before Enter does the same",
    ),
    (
        "↑ ↓",
        "rows, then earlier and later prompts; ↑ takes back what is queued",
    ),
    ("Ctrl-A Ctrl-E", "start and end of the line"),
    ("Alt-B Alt-F", "a word back and forth"),
    (
        "Ctrl-W Ctrl-U Ctrl-K",
        "cut a word, to the start, to the end",
    ),
    (
        "Ctrl-Y Alt-Y",
        "put back what was cut, or what was cut before",
    ),
    ("Ctrl-T Alt-T", "swap letters, swap words"),
    (
        "Alt-U Alt-L Alt-C",
        "a word in capitals, in small letters, with one capital",
    ),
    ("Alt-_", "does again what was undone"),
    (
        "Ctrl-E",
        "folds and unfolds, in full screen with an empty input",
    ),
];

/// Below the page of keys.
pub(crate) const KEYS_FILE: &str =
    "`/keys edit` opens the file of your own keys, keybindings.json. Coloured rows are yours.";
/// What the file of keys may look like.
pub(crate) const KEYS_EXAMPLE: &str = "{
  // Contexts and actions are listed by /keys. A key with null does nothing.
  \"bindings\": [
    {
      \"context\": \"Chat\",
      \"bindings\": {
      }
    }
  ]
}
";
pub(crate) const NO_KEY: &str = "no key";
pub(crate) const NO_PASTE: &str = "There is no paste at the cursor.";
pub(crate) const STASHED: &str = "The prompt is put aside; the same key takes it back.";
pub(crate) const NOTHING_STASHED: &str = "Nothing was put aside.";
pub(crate) const NOTHING_FOUND: &str = "No prompt has these words.";
pub(crate) const SEARCH_PROJECT: &str = "Search here";
pub(crate) const SEARCH_EVERYWHERE: &str = "Search everywhere";
pub(crate) const SEARCH_KEYS: &str = "Enter sends · Tab edits · Ctrl-R older · Ctrl-S where";

pub(crate) fn chord_pending(keys: &str) -> String {
    format!("{keys} …")
}

pub(crate) fn key_notice(line: usize, text: &str) -> String {
    format!("keybindings.json, line {line}: {text}")
}

pub(crate) fn key_context(context: Context) -> &'static str {
    match context {
        Context::Global => "Everywhere (Global)",
        Context::Chat => "The prompt (Chat)",
        Context::Autocomplete => "Completions (Autocomplete)",
        Context::Confirmation => "Questions (Confirmation)",
        Context::Transcript => "Pages (Transcript)",
        Context::HistorySearch => "The search of prompts (HistorySearch)",
        Context::Select => "Lists (Select)",
        Context::Scroll => "Full screen (Scroll)",
    }
}

/// The name of a mode with what it means.
pub(crate) fn mode_about(mode: Mode) -> &'static str {
    match mode {
        Mode::Default => "reading goes through, the rest asks",
        Mode::AcceptEdits => "edits in this folder go through, the rest asks",
        Mode::Plan => "nothing is changed; a plan is made",
        Mode::Auto => "another model decides where you would be asked",
        Mode::DontAsk => "what would be asked is denied",
        Mode::BypassPermissions => "everything goes through but what is never allowed",
    }
}

pub(crate) fn palette_about(palette: Palette) -> &'static str {
    match palette {
        Palette::Dark => "for dark backgrounds",
        Palette::Light => "for light backgrounds",
        Palette::DarkCalm => "dark, without red and green",
        Palette::LightCalm => "light, without red and green",
        Palette::Sixteen => "the terminal's own sixteen colours",
        Palette::Plain => "no colours",
    }
}

pub(crate) fn lane(lane: QueueLane) -> &'static str {
    match lane {
        QueueLane::Steer => "between two steps of this turn",
        QueueLane::FollowUp => "when this turn is over",
    }
}

pub(crate) fn refusal(refusal: &Refusal) -> String {
    format!("Not done: {}.", refusal.sentence().trim_end_matches('.'))
}

pub(crate) fn files_stay(refusal: &Refusal) -> String {
    format!("Files: {}.", refusal.sentence().trim_end_matches('.'))
}

/// What an answer on the timeline does.
pub(crate) fn rewind(scope: RewindScope, conflicts: OnConflict) -> &'static str {
    match (scope, conflicts) {
        (RewindScope::Conversation, _) => "Conversation only; files stay",
        (RewindScope::Both, OnConflict::Refuse) => "Files and conversation",
        (RewindScope::Both, OnConflict::Skip) => "Both, leaving what is in the way",
        (RewindScope::Both, OnConflict::Overwrite) => "Both, overwriting it",
        (RewindScope::Files, OnConflict::Refuse) => "Files only",
        (RewindScope::Files, OnConflict::Skip) => "Files only, leaving what is in the way",
        (RewindScope::Files, OnConflict::Overwrite) => "Files only, overwriting it",
    }
}

pub(crate) fn would_change(files: usize, conflicts: usize) -> String {
    let files = match files {
        0 => "No file would change".to_owned(),
        count => format!("{count} file{} would change", plural(count)),
    };
    match conflicts {
        0 => format!("{files}."),
        1 => format!("{files}; 1 stands in the way:"),
        count => format!("{files}; {count} stand in the way:"),
    }
}

pub(crate) fn more_paths(count: usize) -> String {
    format!("  … and {count} more")
}

pub(crate) fn beside(names: &str) -> String {
    format!("  Ran at the same time, and may have done some of it: {names}")
}

pub(crate) fn not_covered(path: &str, why: &str) -> String {
    format!("  Not covered: {path}: {why}")
}

/// Files that were created, changed and deleted.
pub(crate) fn changed(created: u64, changed: u64, deleted: u64) -> String {
    let counts = [('+', created), ('~', changed), ('−', deleted)];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(sign, count)| format!("{sign}{count}"))
        .collect();
    if parts.is_empty() {
        "no file changed".to_owned()
    } else {
        parts.join(" ")
    }
}

pub(crate) fn restored(files: u64) -> String {
    match files {
        0 => "No file had to be changed.".to_owned(),
        1 => "1 file is as it was before; `/redo` brings the change back.".to_owned(),
        count => format!("{count} files are as they were before; `/redo` brings the changes back."),
    }
}

pub(crate) fn brought_back(files: u64) -> String {
    match files {
        0 => "No file had to be changed.".to_owned(),
        1 => "The change of 1 file is back.".to_owned(),
        count => format!("The changes of {count} files are back."),
    }
}

pub(crate) fn contacted(host: &str, port: u16, refused: Option<&str>) -> String {
    match refused {
        None => format!("reached {host}:{port}"),
        Some(why) => format!("{host}:{port} was not reached: {why}"),
    }
}

pub(crate) fn not_confined(why: &str) -> String {
    format!("Not confined: it may do what you may, because {why}")
}

pub(crate) fn cannot_run(why: &str) -> String {
    format!("The system cannot confine it: {why}")
}

pub(crate) fn and_more(count: usize) -> String {
    format!("{count} more")
}

pub(crate) fn confined_to(paths: &str, network: Network, strength: Strength) -> String {
    let writes = if paths.is_empty() {
        "writes nowhere".to_owned()
    } else {
        format!("writes only in {paths}")
    };
    let network = match network {
        Network::Own => "no network",
        Network::Proxy => "network only to allowed hosts",
        Network::Open => "network open",
    };
    let weak = match strength {
        Strength::Rules => "; reads everything",
        Strength::Namespaces | Strength::None => "",
    };
    format!("Confined: {writes}; {network}{weak}")
}

pub(crate) fn shell_told(command: &str, output: &str, code: Option<i32>) -> String {
    let end = match code {
        Some(0) => String::new(),
        Some(code) => format!("\nIt ended with exit code {code}."),
        None => "\nIt was ended by a signal.".to_owned(),
    };
    format!(
        "I ran `{command}` myself. It printed:\n\n```\n{}\n```{end}",
        output.trim_end()
    )
}

pub(crate) fn no_command(name: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("There is no /{name}. Did you mean /{nearest}?"),
        None => format!("There is no /{name}. /help lists them."),
    }
}

pub(crate) fn context_without_window(used: u64) -> String {
    format!(
        "{} tokens; how many the model can take is not known.",
        count(used)
    )
}

pub(crate) fn context_of(used: u64, window: u64) -> String {
    format!("{} of {} tokens", count(used), count(window))
}

pub(crate) fn cost_sum(all: u64, turn: u64, unpriced: u64) -> String {
    let unpriced = match unpriced {
        0 => String::new(),
        count => format!(
            "; {count} request{} without a known price",
            plural_of(count)
        ),
    };
    format!(
        "{} in this session, {} in this turn{unpriced}",
        dollars(all),
        dollars(turn)
    )
}

pub(crate) fn usage_sum(usage: &Usage) -> String {
    format!(
        "{} in, {} from the cache, {} to the cache, {} out",
        count(usage.input_tokens),
        count(usage.cache_read_tokens),
        count(usage.cache_write_tokens),
        count(usage.output_tokens)
    )
}

pub(crate) fn cache_broke(why: &str) -> String {
    format!("the cached part was lost: {why}")
}

pub(crate) fn ended_with(code: Option<i32>) -> String {
    match code {
        Some(code) => format!("exit code {code}"),
        None => "stopped".to_owned(),
    }
}

pub(crate) fn calls(count: u64) -> String {
    format!("{count} call{}", plural_of(count))
}

fn plural_of(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

pub(crate) fn session_about(ago_ms: u64, entries: u64) -> String {
    format!(
        "{} ago · {entries} entr{}",
        ago(ago_ms),
        if entries == 1 { "y" } else { "ies" }
    )
}

fn ago(ms: u64) -> String {
    match ms / 1000 {
        0..=59 => "moments".to_owned(),
        seconds @ 60..=3599 => format!("{} min", seconds / 60),
        seconds @ 3600..=86_399 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

pub(crate) fn workers_run(count: usize) -> String {
    format!("{count} worker{} at work (/tasks)", plural(count))
}

pub(crate) fn tokens_out(tokens: u64) -> String {
    format!("{} tokens", count(tokens))
}

pub(crate) fn more_queued(more: usize) -> String {
    format!("  … {more} more (/queue)")
}

pub(crate) fn window_used(percent: u64, window: u64) -> String {
    format!("{percent}% of {}", count(window))
}

pub(crate) fn status_cost(all: u64, turn: u64) -> String {
    if turn > 0 && turn < all {
        format!("{} (+{})", dollars(all), dollars(turn))
    } else {
        dollars(all)
    }
}

pub(crate) fn cached(percent: u64) -> String {
    format!("{percent}% cached")
}

pub(crate) fn tasks_run(count: usize) -> String {
    format!("{count} running")
}

pub(crate) fn queued(count: usize) -> String {
    format!("{count} queued")
}

pub(crate) fn vim_mode(mode: vim::Mode, pending: &str) -> String {
    let name = match mode {
        vim::Mode::Insert => "INSERT",
        vim::Mode::Normal => "NORMAL",
        vim::Mode::Visual => "VISUAL",
        vim::Mode::VisualLine => "VISUAL LINE",
    };
    if pending.is_empty() {
        name.to_owned()
    } else {
        format!("{pending} {name}")
    }
}

pub(crate) fn noted_in(file: &str) -> String {
    format!("Noted in {file}.")
}

pub(crate) fn saved_in(file: &str) -> String {
    format!("Written to {file}.")
}

pub(crate) fn allow_turn(grants: &str) -> String {
    format!("Yes, until your next prompt: {grants}")
}

pub(crate) fn allow_session(grants: &str, lapses: Option<u64>, more: &str) -> String {
    let lapses = lapses.map_or_else(String::new, |minutes| {
        format!(", for {minutes} min at most")
    });
    format!("Yes, in this session{lapses}: {grants}{more}")
}

pub(crate) fn allow_always(grants: &str, file: &str) -> String {
    format!("Yes, always, saved in {file}: {grants}")
}

pub(crate) fn goes_through(what: &str) -> String {
    format!("needs no answer: {what}")
}

pub(crate) fn rule(title: &str, rule: &str) -> String {
    format!("{title}: the rule {rule}")
}

pub(crate) fn reviewed(model: &str, allows: bool, reason: &str) -> String {
    let outcome = if allows {
        "let it through"
    } else {
        "did not let it through"
    };
    format!("{model} looked at it and {outcome}: {reason}")
}

pub(crate) fn granted(title: &str, scope: ReplyScope, saved_in: Option<&str>) -> String {
    let scope = match scope {
        ReplyScope::Once => "once",
        ReplyScope::Turn => "until the next prompt",
        ReplyScope::Session => "in this session",
        ReplyScope::Always => "always",
    };
    let saved = saved_in.map_or_else(String::new, |file| format!(", saved in {file}"));
    format!("{title} · {scope}{saved}")
}
