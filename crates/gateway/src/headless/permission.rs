//! Questions about calls: how a client is asked with `can_use_tool`, and what it answers.

use crate::headless::messages::decision;
use gimlet_protocol::{Access, Call, Mode, Offer, Question, Reply, ReplyScope};
use serde_json::{Value, json};

/// The request that asks a client about a call.
pub(crate) fn question_request(request_id: &str, call: &Call, question: &Question) -> Value {
    let mut request = json!({
        "subtype": "can_use_tool",
        "tool_name": call.tool,
        "input": call.input,
        "permission_suggestions": suggestions(question),
        "blocked_path": null,
        "tool_use_id": call.id,
        "title": question.title,
        "display_name": call.tool,
        "description": question.title,
    });
    if let Some((kind, reason)) = decision(&question.because) {
        request["decision_reason"] = json!(reason);
        request["decision_reason_type"] = json!(kind);
    }
    json!({"type": "control_request", "request_id": request_id, "request": request})
}

/// What the client may answer beside yes and no.
fn suggestions(question: &Question) -> Vec<Value> {
    let writes_only = question
        .accesses
        .iter()
        .all(|access| matches!(access, Access::Write { .. }));
    if !question.accesses.is_empty() && writes_only {
        return vec![json!({
            "type": "setMode", "mode": Mode::AcceptEdits.name(), "destination": "session",
        })];
    }
    let update = |offer: &Offer| {
        let rules: Vec<Value> = offer.grants.iter().map(|grant| rule(&grant.rule)).collect();
        json!({
            "type": "addRules", "rules": rules, "behavior": "allow", "destination": "session",
        })
    };
    question.offers.iter().map(update).collect()
}

/// A rule in the form of the wire: the tool and what stands between the brackets.
fn rule(text: &str) -> Value {
    let inner = text
        .split_once('(')
        .and_then(|(tool, rest)| Some((tool, rest.strip_suffix(')')?)));
    match inner {
        Some((tool, inner)) => json!({"toolName": tool, "ruleContent": inner}),
        None => json!({"toolName": text}),
    }
}

/// A client's answer, as far as it makes sense.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) reply: Reply,
    /// The turn is to end as well.
    pub(crate) interrupts: bool,
    /// The mode from here on.
    pub(crate) mode: Option<Mode>,
    /// What of the answer was left out, and why.
    pub(crate) left_out: Vec<String>,
}

impl Decision {
    fn deny(reason: String) -> Self {
        let reply = Reply::Deny {
            reason: Some(reason),
        };
        Self {
            reply,
            interrupts: false,
            mode: None,
            left_out: Vec::new(),
        }
    }
}

/// Reads an answer. Whatever is neither a clear yes nor a clear no is a no.
pub(crate) fn read_decision(
    call: &Call,
    offers: &[Offer],
    answer: Result<Value, String>,
) -> Decision {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Decision::deny(format!("the client could not answer: {error}")),
    };
    match answer.get("behavior").and_then(Value::as_str) {
        Some("allow") => read_allowance(call, offers, &answer),
        Some("deny") => {
            let reason = answer
                .get("message")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let interrupts = answer.get("interrupt") == Some(&Value::Bool(true));
            Decision {
                reply: Reply::Deny {
                    reason: reason.filter(|reason| !reason.is_empty()),
                },
                interrupts,
                mode: None,
                left_out: Vec::new(),
            }
        }
        _ => {
            let text = "the client's answer is neither `allow` nor `deny`".to_owned();
            let mut decision = Decision::deny(text.clone());
            decision
                .left_out
                .push(format!("{text}; the call was denied"));
            decision
        }
    }
}

fn read_allowance(call: &Call, offers: &[Offer], answer: &Value) -> Decision {
    let input = match answer.get("updatedInput") {
        None | Some(Value::Null) => None,
        Some(input) if input.is_object() => Some(input.clone()),
        Some(_) => return Decision::deny("the client's `updatedInput` is no object".to_owned()),
    };
    let (mut scope, mut offer) = (ReplyScope::Once, 0);
    let mut mode = None;
    let mut left_out = Vec::new();
    let updates = match answer.get("updatedPermissions") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(updates)) => updates,
        Some(_) => {
            left_out.push("`updatedPermissions` is no list and was left out".to_owned());
            &[]
        }
    };
    for update in updates {
        match read_update(offers, update) {
            Ok(Update::Grant(lasts, taken)) => {
                if scope != ReplyScope::Always {
                    scope = lasts;
                }
                offer = offer.max(taken);
            }
            Ok(Update::Mode(wanted)) => mode = Some(wanted),
            Err(why) => left_out.push(format!("a permission update was left out: {why}")),
        }
    }
    let input = input.filter(|input| *input != call.input);
    Decision {
        reply: Reply::Allow {
            scope,
            offer,
            input,
        },
        interrupts: false,
        mode,
        left_out,
    }
}

enum Update {
    Grant(ReplyScope, usize),
    Mode(Mode),
}

fn read_update(offers: &[Offer], update: &Value) -> Result<Update, String> {
    let field = |key: &str| update.get(key).and_then(Value::as_str);
    let lasts = match field("destination") {
        Some("session" | "cliArg") => ReplyScope::Session,
        Some("userSettings" | "projectSettings" | "localSettings") => ReplyScope::Always,
        _ => return Err("its `destination` is unknown".to_owned()),
    };
    match field("type") {
        Some("addRules" | "replaceRules") if field("behavior") == Some("allow") => {
            let rules = update.get("rules").and_then(Value::as_array);
            let wanted: Vec<&Value> = rules.into_iter().flatten().collect();
            let is_meant = |offer: &Offer| {
                offer.grants.len() == wanted.len()
                    && offer.grants.iter().all(|grant| {
                        let own = rule(&grant.rule);
                        wanted.iter().any(|rule| {
                            rule.get("toolName") == own.get("toolName")
                                && rule.get("ruleContent").filter(|inner| !inner.is_null())
                                    == own.get("ruleContent")
                        })
                    })
            };
            match offers.iter().position(is_meant) {
                Some(offer) => Ok(Update::Grant(lasts, offer)),
                None => Err("its rules are not among those that were suggested".to_owned()),
            }
        }
        Some("setMode") => {
            let name = field("mode").unwrap_or_default();
            Mode::named(name)
                .map(Update::Mode)
                .ok_or(format!("there is no mode `{name}`"))
        }
        Some(other) => Err(format!("updates of type `{other}` are not taken here")),
        None => Err("it has no `type`".to_owned()),
    }
}

#[cfg(test)]
mod tests;
