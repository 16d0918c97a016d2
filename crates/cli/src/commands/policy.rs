//! `gimlet policy`: the rules, explained and tried on cases.

use crate::{
    args::{PolicyArgs, PolicyCommand},
    exit::{self, Exit},
};
use gimlet_app::cases;
use std::{fs, path::Path};

pub(crate) fn run(args: &PolicyArgs) -> Exit {
    match &args.command {
        PolicyCommand::Check { file } => check(file),
        PolicyCommand::Explain(args) => super::explain::run(args),
        PolicyCommand::Grants(args) => super::grants::run(args),
    }
}

/// Judges a file of cases and tells each that differs.
fn check(file: &Path) -> Exit {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let text = format!("{}: {error}", file.display());
            return exit::complain(Exit::Usage, &text, Some("name a file with a case a line"));
        }
    };
    // Cases of trust are tried with this very program.
    let program = std::env::current_exe().ok();
    let report = cases::check(&text, program.as_deref());
    let mut lines: Vec<String> = report
        .mismatches
        .iter()
        .map(|one| {
            let tier = one.tier.name();
            format!(
                "{}:{}: {} ({tier}): expected {}, got {}",
                file.display(),
                one.line,
                one.id,
                one.expected,
                one.got
            )
        })
        .collect();
    lines.push(report.summary());
    let printed = exit::print_line(&lines.join("\n"));
    for one in &report.malformed {
        exit::complain(
            Exit::Usage,
            &format!("{}:{}: {}", file.display(), one.line, one.why),
            None,
        );
    }
    if report.fails() {
        Exit::Failed
    } else if report.malformed.is_empty() {
        printed
    } else {
        Exit::Usage
    }
}
