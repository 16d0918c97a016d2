//! `gimlet memory`: what the model is told before the first prompt, where each part comes from,
//! and why something is not loaded.

use super::plain_launch;
use crate::{
    args::{MemoryArgs, MemoryCommand},
    exit::{self, Exit},
};
use gimlet_app::{Launch, MemoryRow, MemoryState, MemorySurvey, NoteTo, add_note, memory_survey};
use gimlet_settings::Dirs;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &MemoryArgs) -> Exit {
    let done = match &args.command {
        Some(MemoryCommand::Add {
            user, local, text, ..
        }) => {
            let to = match (user, local) {
                (true, _) => NoteTo::User,
                (_, true) => NoteTo::Local,
                (false, false) => NoteTo::Project,
            };
            add(to, &text.join(" "))
        }
        None if args.json.json => show_json(),
        None => show(),
    };
    done.unwrap_or_else(|exit| exit)
}

fn add(to: NoteTo, text: &str) -> Result<Exit, Exit> {
    let launch = plain_launch()?;
    let written = add_note(&launch, to, text).map_err(|fault| exit::open_fault(&fault))?;
    let names = Names::of(&launch);
    let path = names.short(&written.path);
    let mut told = vec![if written.is_new {
        format!("Noted in {path}, which is new.")
    } else {
        format!("Noted in {path}.")
    }];
    told.extend(written.imports.iter().map(|import| {
        let import = names.short(import);
        format!("It imports {import}, which would not count beside it otherwise.")
    }));
    if written.is_new && to == NoteTo::Local {
        told.push("Add it to .gitignore to keep it to yourself.".to_owned());
    }
    Ok(exit::print_line(&told.join(" ")))
}

fn surveyed() -> Result<(Names, MemorySurvey), Exit> {
    let launch = plain_launch()?;
    let survey = memory_survey(&launch).map_err(|fault| exit::open_fault(&fault))?;
    Ok((Names::of(&launch), survey))
}

fn show_json() -> Result<Exit, Exit> {
    let (_, survey) = surveyed()?;
    let files: Vec<Value> = survey.rows.iter().map(row_json).collect();
    let whole = json!({ "files": files, "bad_excludes": survey.bad_excludes });
    Ok(exit::print_line(&format!("{whole:#}")))
}

fn row_json(row: &MemoryRow) -> Value {
    let mut out = json!({ "path": row.path.display().to_string(), "scope": row.scope.name() });
    if let Some(by) = &row.imported_by {
        put(&mut out, "imported_by", json!(by.display().to_string()));
    }
    match &row.state {
        MemoryState::Loaded {
            chars,
            tokens,
            cut_to,
        } => {
            put(&mut out, "state", json!("loaded"));
            put(&mut out, "chars", json!(chars));
            put(&mut out, "tokens", json!(tokens));
            if let Some(kept) = cut_to {
                put(&mut out, "cut_to", json!(kept));
            }
        }
        MemoryState::Waits { patterns, bad } => {
            put(&mut out, "state", json!("waits"));
            put(&mut out, "paths", json!(patterns));
            if !bad.is_empty() {
                put(&mut out, "bad_paths", json!(bad));
            }
        }
        MemoryState::LeftOut(why) => {
            put(&mut out, "state", json!("left_out"));
            put(&mut out, "why", json!(why.to_string()));
        }
    }
    out
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn show() -> Result<Exit, Exit> {
    let (names, survey) = surveyed()?;
    let mut parts: Vec<String> = Vec::new();
    parts.push(loaded(&names, &survey));
    let waiting: Vec<String> = survey
        .rows
        .iter()
        .filter_map(|row| waits(&names, row))
        .collect();
    if !waiting.is_empty() {
        parts.push(format!(
            "Loaded with the first file that fits:\n{}",
            waiting.join("\n")
        ));
    }
    let left_out: Vec<String> = survey
        .rows
        .iter()
        .filter_map(|row| left_out(&names, row))
        .collect();
    if !left_out.is_empty() {
        parts.push(format!("Not loaded:\n{}", left_out.join("\n")));
    }
    for bad in &survey.bad_excludes {
        parts.push(format!(
            "`{bad}` in claudeMdExcludes is no pattern and fits nothing."
        ));
    }
    parts.push(
        "Memory files in folders below this one are loaded when a file there is read or written."
            .to_owned(),
    );
    Ok(exit::print_line(&parts.join("\n\n")))
}

/// The list of what is loaded, or what to do where nothing is.
fn loaded(names: &Names, survey: &MemorySurvey) -> String {
    let rows: Vec<(&MemoryRow, String, usize, usize, Option<usize>)> = survey
        .rows
        .iter()
        .filter_map(|row| match row.state {
            MemoryState::Loaded {
                chars,
                tokens,
                cut_to,
            } => Some((row, names.long(row), chars, tokens, cut_to)),
            MemoryState::Waits { .. } | MemoryState::LeftOut(_) => None,
        })
        .collect();
    if rows.is_empty() {
        return "No memory file is loaded. `gimlet memory add \"…\"` makes one.".to_owned();
    }
    let width = rows
        .iter()
        .map(|(_, name, ..)| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = vec!["Loaded from the start, in this order:".to_owned()];
    for (row, name, chars, tokens, cut_to) in &rows {
        let cut = cut_to.map_or_else(String::new, |kept| {
            format!(", of which the model gets {kept}")
        });
        let scope = row.scope.name();
        lines.push(format!(
            "  {scope:7}  {name:width$}  {chars:>7} characters{cut}, about {tokens} tokens"
        ));
    }
    if rows.len() > 1 {
        let chars: usize = rows.iter().map(|row| row.4.unwrap_or(row.2)).sum();
        let tokens: usize = rows.iter().map(|row| row.3).sum();
        lines.push(format!(
            "  {:7}  {:width$}  {chars:>7} characters, about {tokens} tokens",
            "", "the model gets"
        ));
    }
    lines.join("\n")
}

fn waits(names: &Names, row: &MemoryRow) -> Option<String> {
    let MemoryState::Waits { patterns, bad } = &row.state else {
        return None;
    };
    let name = names.long(row);
    let mut lines = vec![format!(
        "  {:7}  {name}  {}",
        row.scope.name(),
        patterns.join(", ")
    )];
    lines.extend(
        bad.iter()
            .map(|bad| format!("           `{bad}` is no pattern and fits nothing")),
    );
    Some(lines.join("\n"))
}

fn left_out(names: &Names, row: &MemoryRow) -> Option<String> {
    let MemoryState::LeftOut(why) = &row.state else {
        return None;
    };
    Some(format!(
        "  {:7}  {}: {why}",
        row.scope.name(),
        names.long(row)
    ))
}

/// How paths are shown.
struct Names {
    here: PathBuf,
    home: Option<PathBuf>,
}

impl Names {
    fn of(launch: &Launch) -> Self {
        let home = Dirs::find(&launch.env).ok().and_then(|dirs| dirs.home);
        Self {
            here: launch.cwd.clone(),
            home,
        }
    }

    /// From here, or from the home folder, where the path is in one of them.
    fn short(&self, path: &Path) -> String {
        if let Ok(rest) = path.strip_prefix(&self.here) {
            return rest.display().to_string();
        }
        match self
            .home
            .as_ref()
            .and_then(|home| path.strip_prefix(home).ok())
        {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }

    fn long(&self, row: &MemoryRow) -> String {
        match &row.imported_by {
            Some(by) => format!("{} (imported by {})", self.short(&row.path), self.short(by)),
            None => self.short(&row.path),
        }
    }
}
