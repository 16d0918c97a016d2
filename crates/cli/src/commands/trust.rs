//! `gimlet trust`: whether the files of a folder may be obeyed.

use super::plain_launch;
use crate::{
    args::{TrustArgs, TrustCommand},
    consent,
    exit::{self, Exit},
};
use gimlet_app::{Launch, TrustReport, grant_trust, revoke_trust, trust_report, trusted_folders};
use serde_json::{Value, json};
use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

pub(crate) fn run(args: &TrustArgs) -> Exit {
    let done = match &args.command {
        None => show(None, args.json.json),
        Some(TrustCommand::Show { folder, json }) => show(folder.as_deref(), json.json),
        Some(TrustCommand::Grant { folder, yes }) => grant(folder.as_deref(), *yes),
        Some(TrustCommand::Revoke { folder }) => revoke(folder.as_deref()),
        Some(TrustCommand::List { json }) => list(json.json),
    };
    done.unwrap_or_else(|exit| exit)
}

/// A launch in the folder that is meant.
fn launch(folder: Option<&Path>) -> Result<Launch, Exit> {
    let mut launch = plain_launch()?;
    if let Some(folder) = folder {
        let path = launch.cwd.join(folder);
        launch.cwd = path.canonicalize().unwrap_or(path);
    }
    Ok(launch)
}

fn report_of(folder: Option<&Path>) -> Result<(Launch, TrustReport), Exit> {
    let launch = launch(folder)?;
    if !launch.cwd.is_dir() {
        let text = format!("{} is not a folder", launch.cwd.display());
        return Err(exit::complain(Exit::Usage, &text, None));
    }
    let report = trust_report(&launch).map_err(|fault| exit::open_fault(&fault))?;
    Ok((launch, report))
}

fn show(folder: Option<&Path>, json: bool) -> Result<Exit, Exit> {
    let (_, report) = report_of(folder)?;
    if json {
        return Ok(exit::print_line(&format!("{:#}", json_of(&report))));
    }
    let mut lines = vec![report.summary()];
    if let Some(question) = report.question() {
        lines.extend(question.into_iter().skip(1));
    } else if report.capabilities.is_empty() {
        lines.push("Its settings and configuration run and widen nothing.".to_owned());
    } else {
        let count = report.capabilities.len();
        lines.push(format!("You agreed to all that it would do ({count})."));
    }
    Ok(exit::print_line(&lines.join("\n")))
}

fn json_of(report: &TrustReport) -> Value {
    let listed = |capabilities: &[gimlet_app::Capability]| -> Vec<Value> {
        let row = |one: &gimlet_app::Capability| json!({ "kind": one.kind, "what": one.what, "place": one.place });
        capabilities.iter().map(row).collect()
    };
    json!({
        "folder": report.folder,
        "root": report.root,
        "state": report.state.name(),
        "files": report.carriers,
        "capabilities": listed(&report.capabilities),
        "not_agreed": listed(&report.unknown),
    })
}

fn grant(folder: Option<&Path>, yes: bool) -> Result<Exit, Exit> {
    let (launch, report) = report_of(folder)?;
    let Some(question) = report.question() else {
        return Ok(exit::print_line(&report.summary()));
    };
    if yes {
        exit::print_line(&question.join("\n"));
    } else if !io::stdin().is_terminal() {
        let text = "nobody can be asked: standard input is no terminal";
        let hint = "look with `gimlet trust show`, then add --yes";
        return Err(exit::complain(Exit::Usage, text, Some(hint)));
    } else if !consent::agreed(&question)? {
        return Err(exit::complain(Exit::Failed, "it stays untrusted", None));
    }
    grant_trust(&launch, &report).map_err(|fault| exit::open_fault(&fault))?;
    let now = trust_report(&launch).map_err(|fault| exit::open_fault(&fault))?;
    Ok(exit::print_line(&now.summary()))
}

fn revoke(folder: Option<&Path>) -> Result<Exit, Exit> {
    let launch = launch(folder)?;
    let revoked = revoke_trust(&launch).map_err(|fault| exit::open_fault(&fault))?;
    let Some(root) = revoked else {
        let text = format!("{} was not trusted by itself", launch.cwd.display());
        let hint = "`gimlet trust list` shows what is";
        return Err(exit::complain(Exit::Failed, &text, Some(hint)));
    };
    let text = format!("{} is not trusted any more", root.display());
    Ok(exit::print_line(&text))
}

fn list(json: bool) -> Result<Exit, Exit> {
    let launch = plain_launch()?;
    let rows = trusted_folders(&launch).map_err(|fault| exit::open_fault(&fault))?;
    if json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|(grant, fits)| json!({ "root": grant.root, "at": grant.at, "still_there": fits }))
            .collect();
        return Ok(exit::print_line(&format!("{:#}", Value::from(rows))));
    }
    if rows.is_empty() {
        return Ok(exit::print_line("No folder is trusted."));
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(grant, fits)| {
            let root: &PathBuf = &grant.root;
            let gone = if *fits {
                ""
            } else {
                "  (gone, or another folder now)"
            };
            format!("{}  {}{gone}", grant.at, root.display())
        })
        .collect();
    Ok(exit::print_line(&lines.join("\n")))
}
