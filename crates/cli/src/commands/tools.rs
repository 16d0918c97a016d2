//! `gimlet tools`: what the model can call, how much harm it can do, and who is asked.

use crate::{
    args::ToolsArgs,
    exit::{self, Exit},
};
use gimlet_app::tool_rows;
use gimlet_protocol::{Exposure, Risk};
use serde_json::json;

pub(crate) fn run(args: &ToolsArgs) -> Exit {
    let rows = tool_rows();
    if args.json.json {
        let list: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "name": row.name,
                    "risk": risk(row.risk),
                    "exposure": exposure(row.exposure),
                    "permission": row.permission,
                    "about": row.about,
                })
            })
            .collect();
        return exit::print_line(&format!("{:#}", serde_json::Value::Array(list)));
    }
    let name_width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let permission_width = rows
        .iter()
        .map(|row| row.permission.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = vec![format!(
        "{:name_width$}  {:6}  {:10}  {:permission_width$}  what it does",
        "tool", "risk", "offered", "permission"
    )];
    lines.extend(rows.iter().map(|row| {
        format!(
            "{:name_width$}  {:6}  {:10}  {:permission_width$}  {}",
            row.name,
            risk(row.risk),
            exposure(row.exposure),
            row.permission,
            row.about
        )
    }));
    exit::print_line(&lines.join("\n"))
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
    }
}

fn exposure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Always => "always",
        Exposure::Deferred => "deferred",
        Exposure::OnRequest => "on request",
    }
}
