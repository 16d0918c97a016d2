//! `gimlet policy explain`: what a call would touch, who votes on it, and the ruling.

use crate::{
    args::ExplainArgs,
    exit::{self, Exit},
};
use gimlet_app::{Explained, Launch, policy::Decision};
use gimlet_protocol::{Confinement, Network, Risk, Verdict};
use gimlet_settings::Env;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(crate) fn run(args: &ExplainArgs) -> Exit {
    let cwd = match super::here() {
        Ok(cwd) => cwd,
        Err(exit) => return exit,
    };
    let launch = Launch {
        cwd,
        env: Env::of_process(),
        permission_mode: args.permission_mode,
        allowed_tools: args.allowed_tools.clone(),
        disallowed_tools: args.disallowed_tools.clone(),
        add_dirs: args.add_dir.clone(),
        ..Launch::default()
    };
    let (tool, input) = match (&args.command, &args.tool, &args.input) {
        (Some(command), None, None) => ("Bash", json!({ "command": command })),
        (None, Some(tool), input) => match serde_json::from_str(input.as_deref().unwrap_or("{}")) {
            Ok(input @ Value::Object(_)) => (tool.as_str(), input),
            Ok(_) => return wrong("--input is no JSON object"),
            Err(error) => return wrong(&format!("--input is no JSON: {error}")),
        },
        _ => return wrong("name either a command, or a tool with its input"),
    };
    match gimlet_app::explain(&launch, tool, input) {
        Ok((explained, decision)) if args.json.json => {
            exit::print_line(&format!("{:#}", explained.json(&decision)))
        }
        Ok((explained, decision)) => exit::print_line(text(&explained, &decision).trim_end()),
        Err(fault) => exit::open_fault(&fault),
    }
}

fn wrong(text: &str) -> Exit {
    let hint = "such as `gimlet policy explain 'git push'`, or `--tool Read --input '{\"file_path\":\"a\"}'`";
    exit::complain(Exit::Usage, text, Some(hint))
}

fn text(explained: &Explained, decision: &Decision) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut line = |text: String| writeln!(out, "{text}").unwrap_or_default();
    line(format!(
        "{}   risk {}   mode {}",
        verdict(decision.verdict()),
        risk(decision.risk()),
        explained.mode.name()
    ));
    for fault in &explained.faults {
        line(format!("note  {fault}"));
    }
    for part in &decision.parts {
        line(format!(
            "{:5} {}",
            verdict(part.verdict),
            one_line(&part.what)
        ));
        if part.votes.is_empty() && part.verdict == Verdict::Ask {
            line("        nothing allows it".to_owned());
        }
        for vote in &part.votes {
            let source = vote
                .source
                .as_ref()
                .map_or_else(String::new, |at| format!("  ({at})"));
            let stage = vote.stage.name();
            line(format!(
                "        {:5} {stage}: {}{source}",
                verdict(vote.verdict),
                vote.text
            ));
        }
    }
    if let Some(confinement) = &explained.confinement {
        line(held(confinement));
    }
    out
}

/// What a command would be held to, in a few lines.
fn held(confinement: &Confinement) -> String {
    let bounds = match confinement {
        Confinement::Open { why } => return format!("unconfined: {}", one_line(why)),
        Confinement::Refused { why } => return format!("refused: {}", one_line(why)),
        Confinement::Held(bounds) => bounds,
    };
    let list = |paths: &gimlet_protocol::Paths| {
        let shown = paths
            .iter()
            .map(|path| one_line(&path.display().to_string()));
        shown.collect::<Vec<_>>().join(", ")
    };
    let network = match bounds.network {
        Network::Own => "none",
        Network::Proxy => "through Gimlet's proxy alone",
        Network::Open => "open",
    };
    format!(
        "confined: {}\n        writes   {}, /tmp\n        keeps    {}\n        hides    {}\n        network  {network}",
        bounds.strength.about(),
        list(&bounds.write),
        list(&bounds.protect),
        list(&bounds.hide),
    )
}

/// A text in one line, so that it cannot pretend to be several.
fn one_line(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect();
    shown
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
    }
}
