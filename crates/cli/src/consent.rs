//! The first question in a folder: whether it is trusted.

use crate::exit::{self, Exit};
use gimlet_app::{Launch, TrustReport, TrustState, grant_trust, trust_report};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// What an answer may be long.
const ANSWER_BYTES: u64 = 1024;

/// Asks whether the folder is trusted, where that is not settled and somebody can answer, and
/// writes a yes down. Returns how things stand then, in a fragment.
pub(crate) fn ask(launch: &Launch) -> Result<String, Exit> {
    let report = trust_report(launch).map_err(|fault| exit::open_fault(&fault))?;
    let Some(question) = report.question() else {
        return Ok(report.summary());
    };
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(report.summary());
    }
    let stands = if agreed(&question)? {
        grant_trust(launch, &report).map_err(|fault| exit::open_fault(&fault))?;
        let now = trust_report(launch).map_err(|fault| exit::open_fault(&fault))?;
        now.summary()
    } else {
        declined(&report)
    };
    exit::print_line(&stands);
    Ok(stands)
}

fn declined(report: &TrustReport) -> String {
    let effect = match report.state {
        TrustState::More => "what is new does not count",
        TrustState::Trusted
        | TrustState::ForThisRun
        | TrustState::NeverAsked
        | TrustState::Replaced
        | TrustState::Unknown => "nothing in it is run or obeyed",
    };
    format!("{}; {effect}", report.summary())
}

/// Shows a question and reads the answer; all but a clear yes is a no.
pub(crate) fn agreed(question: &[String]) -> Result<bool, Exit> {
    exit::print_line(&question.join("\n"));
    exit::print("\nTrust it? [y/N] ");
    io::stdout().flush().ok();
    let mut answer = String::new();
    let read = io::Read::take(io::stdin().lock(), ANSWER_BYTES).read_line(&mut answer);
    match read {
        Ok(_) => Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())),
        Err(error) => Err(exit::complain(
            Exit::Environment,
            &format!("standard input: {error}"),
            None,
        )),
    }
}
