//! `gimlet doctor`: what was looked at, what was found, and what to do.

use super::plain_launch;
use crate::{
    args::DoctorArgs,
    exit::{self, Exit},
};
use gimlet_app::{Finding, examine};

pub(crate) fn run(args: &DoctorArgs) -> Exit {
    let launch = match plain_launch() {
        Ok(launch) => launch,
        Err(exit) => return exit,
    };
    let checks = examine(&launch);
    let bad = checks.iter().any(|check| check.finding == Finding::Bad);
    let printed = if args.json.json {
        let list = serde_json::json!({ "good": !bad, "checks": checks });
        exit::print_line(&format!("{list:#}"))
    } else {
        let width = checks
            .iter()
            .map(|check| check.name.chars().count())
            .max()
            .unwrap_or(0);
        let mut lines = Vec::new();
        for check in &checks {
            let mark = match check.finding {
                Finding::Good => "ok  ",
                Finding::Note => "note",
                Finding::Bad => "BAD ",
            };
            lines.push(format!("{mark}  {:width$}  {}", check.name, check.text));
            if let Some(hint) = check.hint.as_ref().filter(|hint| !hint.is_empty()) {
                lines.push(format!("      {:width$}  → {hint}", ""));
            }
        }
        exit::print_line(&lines.join("\n"))
    };
    if printed == Exit::Success && bad {
        Exit::Failed
    } else {
        printed
    }
}
