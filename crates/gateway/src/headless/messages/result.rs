//! The last message of a turn: how it ended, what it cost.

use super::{Messages, stop_reason};
use crate::headless::{
    account::{Account, Cut, Denial, Turn},
    blocks, faults,
};
use gimlet_protocol::{Fault, Origin, Usage};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// How a turn ended, beside what its facts tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ending {
    /// Trouble outside the turn: the log, the session itself.
    pub(crate) trouble: Option<String>,
    /// What the client said about the prompt that began it.
    pub(crate) origin: Option<Value>,
    /// The client's own id of that prompt.
    pub(crate) user_message: Option<String>,
}

impl Messages {
    /// The last message of a turn.
    pub(crate) fn result(&self, turn: &Turn, account: &Account, ending: &Ending) -> Value {
        let verdict = Verdict::of(turn, ending);
        let mut message = json!({
            "type": "result",
            "subtype": verdict.subtype,
            "is_error": verdict.is_error,
            "duration_ms": turn.took_ms(),
            "duration_api_ms": turn.api_ms,
        });
        if let Some(first_ms) = turn.first_ms {
            message["ttft_ms"] = json!(first_ms);
        }
        message["num_turns"] = json!(turn.replies);
        if verdict.subtype == "success" {
            message["result"] = json!(verdict.text);
        }
        let stop = turn
            .finish
            .as_ref()
            .and_then(|finish| stop_reason(finish, turn.has_calls));
        message["stop_reason"] = json!(stop);
        message["session_id"] = json!(self.session);
        message["total_cost_usd"] = json!(total_cost(account));
        message["usage"] = blocks::usage(&turn.usage);
        message["modelUsage"] = self.model_usage(account);
        message["permission_denials"] = turn.denials.iter().map(denial).collect();
        if verdict.subtype == "success" {
            if let Some(structured) = &turn.structured {
                message["structured_output"] = structured.clone();
            }
            if let Some(Fault::Model { status, .. }) = &turn.fault {
                message["api_error_status"] = json!(status);
            }
        } else {
            message["errors"] = json!([verdict.text]);
        }
        if let Some(reason) = verdict.terminal_reason {
            message["terminal_reason"] = json!(reason);
        }
        if let Some(origin) = &ending.origin {
            message["origin"] = origin.clone();
        } else if turn.origin == Origin::Task {
            message["origin"] = json!({"kind": "task-notification"});
        }
        if let Some(user_message) = &ending.user_message {
            message["user_message_uuid"] = json!(user_message);
        }
        message["uuid"] = json!(self.id_of(turn.last, "turn"));
        message
    }

    fn model_usage(&self, account: &Account) -> Value {
        let mut models = Map::new();
        for (name, used) in &account.spent {
            let mut entry = json!({
                "inputTokens": used.usage.input_tokens,
                "outputTokens": used.usage.output_tokens,
                "thinkingTokens": used.usage.thinking_tokens,
                "cacheReadInputTokens": used.usage.cache_read_tokens,
                "cacheCreationInputTokens": used.usage.cache_write_tokens,
                "webSearchRequests": 0,
                "costUSD": dollars(used.micro_usd),
            });
            if let Some(facts) = self.init.models.iter().find(|facts| facts.name == *name) {
                entry["contextWindow"] = json!(facts.context_tokens);
                entry["maxOutputTokens"] = json!(facts.max_output_tokens);
            }
            entry["provider"] = json!(used.provider);
            models.insert(name.clone(), entry);
        }
        Value::Object(models)
    }
}

/// How a turn's end reads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) subtype: &'static str,
    pub(crate) is_error: bool,
    pub(crate) text: String,
    terminal_reason: Option<&'static str>,
}

impl Verdict {
    /// Something went wrong beside the turn.
    pub(crate) fn trouble(text: &str) -> Self {
        Self {
            subtype: "error_during_execution",
            is_error: true,
            text: text.to_owned(),
            terminal_reason: None,
        }
    }

    pub(crate) fn of(turn: &Turn, ending: &Ending) -> Self {
        let error = |subtype, text: String, terminal_reason| Self {
            subtype,
            is_error: true,
            text,
            terminal_reason,
        };
        if let Some(trouble) = &ending.trouble {
            return Self::trouble(trouble);
        }
        if let Some(fault) = &turn.fault {
            let text = faults::text(fault).to_owned();
            return error(faults::subtype(fault), text, faults::terminal_reason(fault));
        }
        if let Some(cut) = turn.cut {
            let reason = match cut {
                Cut::Reply => "aborted_streaming",
                Cut::Calls => "aborted_tools",
            };
            let text = "the turn was interrupted".to_owned();
            return error("error_during_execution", text, Some(reason));
        }
        let text = match &turn.structured {
            Some(structured) if turn.text.is_empty() => structured.to_string(),
            _ => turn.text.clone(),
        };
        Self {
            subtype: "success",
            is_error: false,
            text,
            terminal_reason: Some("completed"),
        }
    }
}

/// The result of a run that never came to a turn.
pub(crate) fn startup_result(session: &str, text: &str) -> Value {
    json!({
        "type": "result",
        "subtype": "error_during_execution",
        "is_error": true,
        "duration_ms": 0,
        "duration_api_ms": 0,
        "num_turns": 0,
        "stop_reason": null,
        "session_id": session,
        "total_cost_usd": 0.0,
        "usage": blocks::usage(&Usage::default()),
        "modelUsage": {},
        "permission_denials": [],
        "errors": [text],
        "uuid": Uuid::now_v7(),
    })
}

pub(crate) fn total_cost(account: &Account) -> f64 {
    dollars(account.spent.values().map(|used| used.micro_usd).sum())
}

#[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^52")]
fn dollars(micro_usd: u64) -> f64 {
    micro_usd as f64 / 1_000_000.0
}

fn denial(denial: &Denial) -> Value {
    json!({
        "tool_name": denial.tool, "tool_use_id": denial.call, "tool_input": denial.input,
    })
}
