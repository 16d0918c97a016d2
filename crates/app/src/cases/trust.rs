//! Cases of trust: a hostile repository is built in a scratch folder, the real program is run in
//! it, in a terminal and without one, with a model whose words are scripted, and what must not
//! have happened is looked for.

mod runs;
mod stage;

use super::{Outcome, text, texts};
use runs::Seen;
use serde_json::Value;
use stage::{Delivery, Stage};
use std::path::Path;

/// A case, as far as it says what to do.
struct Case<'a> {
    value: &'a Value,
    state: State,
    trigger: &'a str,
    must_not: Vec<String>,
    must: Vec<String>,
}

/// What the person said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing.
    Untrusted,
    /// They trust the repository around this one.
    ParentTrusted,
    /// They trust it.
    Trusted,
}

/// Runs a case in each way in which it can be delivered.
pub(super) fn judge(case: &Value, program: Option<&Path>) -> Result<Outcome, String> {
    let program =
        program.ok_or("trust is tried with the program itself, which is not known here")?;
    let case = Case {
        value: case,
        state: match text(case, "state")? {
            "untrusted" | "headless_untrusted" => State::Untrusted,
            "parent_trusted" => State::ParentTrusted,
            "trusted" => State::Trusted,
            other => return Err(format!("there is no state `{other}`")),
        },
        trigger: text(case, "trigger")?,
        must_not: texts(case, "must_not")?,
        must: texts(case, "must")?,
    };
    for name in case.must_not.iter().chain(&case.must) {
        if !is_known(name) {
            return Err(format!("nothing is known that is called `{name}`"));
        }
    }
    let ways: &[Delivery] = match text(case.value, "deliver")? {
        "clone" => &[Delivery::Clone],
        "archive" => &[Delivery::Archive],
        "any" => &[Delivery::Archive, Delivery::Clone],
        other => return Err(format!("nothing is delivered by `{other}`")),
    };
    let mut wrong = Vec::new();
    for way in ways {
        wrong.extend(try_once(&case, *way, program)?);
    }
    // The same inside of a repository that is trusted.
    let nests = case.value.get("files").is_some() && case.state == State::Untrusted;
    if nests {
        wrong.extend(try_once(&case, Delivery::Nested, program)?);
    }
    if wrong.is_empty() {
        return Ok(Outcome::Agrees);
    }
    let expected = case.must_not.iter().map(|name| format!("no {name}"));
    let expected: Vec<String> = expected.chain(case.must.iter().cloned()).collect();
    Ok(Outcome::Differs {
        expected: expected.join(", "),
        got: wrong.join(", "),
    })
}

fn try_once(case: &Case<'_>, way: Delivery, program: &Path) -> Result<Vec<String>, String> {
    let mut stage = Stage::build(case, way, program)?;
    let seen = stage.play(case)?;
    let mut wrong = Vec::new();
    for name in &case.must_not {
        if let Some(what) = happened(name, &seen) {
            wrong.push(format!("{what} ({})", way.name()));
        }
    }
    for name in &case.must {
        if !is_met(name, &seen) {
            wrong.push(format!("not {name} ({})", way.name()));
        }
    }
    Ok(wrong)
}

/// What may be named as something that must or must not happen.
fn is_known(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "asks_again",
        "canary",
        "connection",
        "dialog_skipped",
        "directory_added",
        "env_exported",
        "env_loaded",
        "exits_or_read_only",
        "file_content",
        "file_outside",
        "file_written",
        "memory_loaded",
        "network",
        "rule_applied",
        "setting_applied",
        "trace_in_folder",
        "trust_dialog_shown",
        "trusted",
        "variable_exported",
        "warning_on_stderr",
    ];
    NAMES.contains(&name) || name.starts_with("mode_")
}

/// What came of something that must not happen, if it did.
fn happened(name: &str, seen: &Seen) -> Option<String> {
    let told = |what: &[String]| (!what.is_empty()).then(|| format!("{name}: {}", what.join(", ")));
    match name {
        "canary" => seen.canary.then(|| "canary".to_owned()),
        "network" | "connection" => {
            (seen.connections > 0).then(|| format!("{} connections", seen.connections))
        }
        "env_loaded" | "env_exported" | "variable_exported" => told(&seen.variables),
        "file_outside" => told(&seen.outside),
        "file_written" | "trace_in_folder" => told(&seen.inside),
        "file_content" | "memory_loaded" => told(&seen.content),
        "rule_applied" => told(&seen.rules),
        "directory_added" => told(&seen.folders),
        "setting_applied" => told(&seen.settings),
        "dialog_skipped" => (!seen.asked).then(|| name.to_owned()),
        "trusted" => seen.settled.then(|| name.to_owned()),
        _ => {
            let mode = name.strip_prefix("mode_")?;
            let is_meant = |shown: &str| {
                let plain: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
                let meant: String = mode.chars().filter(char::is_ascii_alphanumeric).collect();
                plain
                    .to_ascii_lowercase()
                    .starts_with(&meant.to_ascii_lowercase())
            };
            seen.modes
                .iter()
                .any(|mode| is_meant(mode))
                .then(|| name.to_owned())
        }
    }
}

fn is_met(name: &str, seen: &Seen) -> bool {
    match name {
        "asks_again" | "trust_dialog_shown" => seen.asked,
        "warning_on_stderr" => seen.warned,
        // What counts is that it can do nothing, whether the program ended or not.
        "exits_or_read_only" => !seen.settled,
        _ => happened(name, seen).is_none(),
    }
}
