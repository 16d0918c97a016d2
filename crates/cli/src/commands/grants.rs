//! `gimlet policy grants`: what was granted, and taking it back.

use super::plain_launch;
use crate::{
    args::{GrantsArgs, GrantsTask},
    exit::{self, Exit},
};
use gimlet_app::grants::{self, Held};
use gimlet_protocol::ReplyScope;
use serde_json::{Value, json};

pub(crate) fn run(args: &GrantsArgs) -> Exit {
    let launch = match plain_launch() {
        Ok(launch) => launch,
        Err(exit) => return exit,
    };
    let session = args.session.as_deref();
    let (revoked, as_json) = match &args.task {
        None => (None, args.json.json),
        Some(GrantsTask::List { json }) => (None, json.json || args.json.json),
        Some(GrantsTask::Revoke { name, json }) => {
            (Some(name.as_str()), json.json || args.json.json)
        }
    };
    if let Some(name) = revoked {
        return match grants::revoke(&launch, name, session) {
            Ok(_) if as_json => exit::print_line(&json!({ "revoked": name }).to_string()),
            Ok(told) => exit::print_line(&told),
            Err(fault) => exit::open_fault(&fault),
        };
    }
    match grants::held(&launch, session) {
        Ok(held) if as_json => {
            let all: Vec<Value> = held.iter().map(as_value).collect();
            exit::print_line(&format!("{:#}", json!({ "grants": all })))
        }
        Ok(held) if held.is_empty() => exit::print_line("nothing is granted here"),
        Ok(held) => {
            let lines: Vec<String> = held.iter().map(line).collect();
            exit::print_line(&lines.join("\n"))
        }
        Err(fault) => exit::open_fault(&fault),
    }
}

fn as_value(held: &Held) -> Value {
    json!({
        "name": held.name,
        "rule": held.rule,
        "title": held.title,
        "scope": held.scope,
        "until": held.until,
        "place": held.place,
    })
}

fn line(held: &Held) -> String {
    let lasts = match held.scope {
        ReplyScope::Always => "always",
        ReplyScope::Session => "session",
        ReplyScope::Turn => "turn",
        ReplyScope::Once => "once",
    };
    let what = held.title.as_deref().unwrap_or(&held.rule);
    let rule = if what == held.rule || held.name == held.rule {
        String::new()
    } else {
        format!("   {}", held.rule)
    };
    let name = if held.name == held.rule {
        "-"
    } else {
        &held.name
    };
    format!("{name:4} {lasts:8} {what}{rule}   ({})", held.place)
}
