//! A kind of worker, as its definition has it.

use super::front_matter::{Value, parted};
use gimlet_protocol::Mode;
use std::{collections::BTreeMap, path::PathBuf};

/// Characters of a description that a model is told.
const ABOUT_CHARS: usize = 160;
/// Tools that no worker has: they are about the session that the person sees.
const NEVER: [&str; 9] = [
    "AskUserQuestion",
    "Config",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "ListSessions",
    "ScheduleWakeup",
    "StructuredOutput",
];
/// A kind of worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) prompt: String,
    /// The tools that it has; all where `None`.
    pub(crate) tools: Option<Vec<String>>,
    /// The tools that it has not.
    pub(crate) without: Vec<String>,
    pub(crate) model: Option<String>,
    /// A mode that may only be narrower than that of the session.
    pub(crate) mode: Option<Mode>,
    pub(crate) max_turns: Option<u32>,
    /// True where a call does not wait for it unless told to.
    pub(crate) in_background: bool,
    /// True where it works in a git worktree of its own.
    pub(crate) isolated: bool,
    /// True where it is not told the memory files.
    pub(crate) without_memory: bool,
    /// Where it stands; `None` for a built-in one.
    pub(crate) file: Option<PathBuf>,
}

impl Kind {
    /// Reads a definition. `Ok(None)` for a file that is none.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        let Some(parts) = parted(text) else {
            return Ok(None);
        };
        let (keys, body) = parts?;
        let text_of = |key: &str| keys.get(key).and_then(Value::text).map(str::trim);
        let given = |key: &str| text_of(key).filter(|text| !text.is_empty());
        let name = given("name").ok_or("it has no `name`")?;
        let named_well = !name.starts_with('-')
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
        if !named_well {
            return Err(format!("`{name}` is no name for a kind of worker"));
        }
        let about = given("description").ok_or("it has no `description`")?;
        if body.is_empty() {
            return Err("it has no text below its front matter".to_owned());
        }
        let mode = match given("permissionMode") {
            Some(mode) => Some(Mode::named(mode).ok_or(format!("there is no mode `{mode}`"))?),
            None => None,
        };
        let max_turns = match given("maxTurns") {
            Some(turns) => {
                let turns = turns.parse().ok().filter(|turns| *turns > 0);
                Some(turns.ok_or("`maxTurns` is no whole number above 0")?)
            }
            None => None,
        };
        let isolated = match given("isolation") {
            None | Some("none") => false,
            Some("worktree") => true,
            Some(other) => return Err(format!("there is no isolation `{other}`")),
        };
        Ok(Some(Self {
            name: name.to_owned(),
            about: in_one_line(about),
            prompt: body.to_owned(),
            tools: keys.get("tools").map(Value::items),
            without: keys
                .get("disallowedTools")
                .map(Value::items)
                .unwrap_or_default(),
            model: given("model")
                .filter(|model| *model != "inherit")
                .map(str::to_owned),
            mode,
            max_turns,
            in_background: flag(&keys, "background")?,
            isolated,
            without_memory: flag(&keys, "omitClaudeMd")?,
            file: None,
        }))
    }

    /// True when it has the tool, as far as it is there at all.
    pub(crate) fn has(&self, tool: &str) -> bool {
        // `Agent(a,b)` names the tool, too.
        let names = |listed: &String| {
            let listed = listed
                .split_once('(')
                .map_or(listed.as_str(), |(name, _)| name);
            listed == tool || (listed == "Task" && tool == "Agent")
        };
        !NEVER.contains(&tool)
            && !self.without.iter().any(names)
            && self
                .tools
                .as_ref()
                .is_none_or(|tools| tools.iter().any(names) || tool == "ToolSearch")
    }
}

fn flag(keys: &BTreeMap<String, Value>, key: &str) -> Result<bool, String> {
    match keys.get(key).and_then(Value::text) {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(format!("`{key}` is `{other}` and not true or false")),
    }
}

/// The first line that says what it is for, cut where it is long.
fn in_one_line(about: &str) -> String {
    let about = about.replace("\\n", "\n");
    let line = about
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    match line.char_indices().nth(ABOUT_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line).trim_end()),
        None => line.to_owned(),
    }
}

/// The mode of a worker: its kind may only narrow that of the session.
pub(crate) fn narrower(session: Mode, kind: Option<Mode>) -> Mode {
    // Under `dontAsk` nothing is asked; any other mode might.
    match kind {
        Some(kind) if session != Mode::DontAsk && breadth(kind) < breadth(session) => kind,
        Some(_) | None => session,
    }
}

fn breadth(mode: Mode) -> u8 {
    match mode {
        Mode::Plan => 0,
        Mode::DontAsk => 1,
        Mode::Default => 2,
        Mode::AcceptEdits => 3,
        Mode::Auto => 4,
        Mode::BypassPermissions => 5,
    }
}

#[cfg(test)]
mod tests;
