//! What a failure is called on the wire.

use gimlet_protocol::{Fault, LimitKind};

/// The contract's name of a failed request's class.
pub(crate) fn error_name(class: &str, status: Option<u16>) -> &'static str {
    match (class, status) {
        ("credentials", _) => "authentication_failed",
        (_, Some(402)) => "billing_error",
        ("busy", Some(429)) => "rate_limit",
        ("busy", Some(529) | None) => "overloaded",
        ("busy" | "cut" | "garbage", _) => "server_error",
        ("too_long" | "rejected", _) => "invalid_request",
        ("no_model", _) => "model_not_found",
        ("length", _) => "max_output_tokens",
        _ => "unknown",
    }
}

/// The name of a failure inside a stream of the Messages API.
pub(crate) fn stream_error_name(class: &str) -> &'static str {
    match class {
        "busy" => "overloaded_error",
        "credentials" => "authentication_error",
        "no_model" => "not_found_error",
        "too_long" | "rejected" => "invalid_request_error",
        _ => "api_error",
    }
}

/// Why a turn with this fault ended; `None` where the contract has no name for it.
pub(crate) fn terminal_reason(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::Model { class, .. } => Some(match class.as_str() {
            "too_long" => "prompt_too_long",
            "declined" | "length" => "model_error",
            _ => "api_error",
        }),
        Fault::Limit {
            kind: LimitKind::Turns,
            ..
        } => Some("max_turns"),
        Fault::Limit {
            kind: LimitKind::Budget,
            ..
        } => Some("budget_exhausted"),
        Fault::Limit {
            kind: LimitKind::StructuredOutput,
            ..
        } => Some("structured_output_retry_exhausted"),
        Fault::Tool { .. } => None,
    }
}

/// The result's subtype.
pub(crate) fn subtype(fault: &Fault) -> &'static str {
    match fault {
        // The text stands in `result`, as if the model had said it.
        Fault::Model { .. } => "success",
        Fault::Limit {
            kind: LimitKind::Turns,
            ..
        } => "error_max_turns",
        Fault::Limit {
            kind: LimitKind::Budget,
            ..
        } => "error_max_budget_usd",
        Fault::Limit {
            kind: LimitKind::StructuredOutput,
            ..
        } => "error_max_structured_output_retries",
        Fault::Tool { .. } => "error_during_execution",
    }
}

/// What happened, in words.
pub(crate) fn text(fault: &Fault) -> &str {
    match fault {
        Fault::Model { text, .. } | Fault::Limit { text, .. } | Fault::Tool { text } => text,
    }
}

/// What the person can do about a turn that failed.
pub(crate) fn hint(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::Model { class, .. } => match class.as_str() {
            "credentials" => Some(
                "`gimlet auth status` tells where the key comes from, `gimlet auth login` stores another",
            ),
            "no_model" => {
                Some("name another with `--model`, or one to go on with by `--fallback-model`")
            }
            "cut" => Some("check the network and the address that `gimlet doctor` shows"),
            _ => None,
        },
        Fault::Limit {
            kind: LimitKind::Turns,
            ..
        } => Some("go on with `--continue`, or give a higher `--max-turns`"),
        Fault::Limit {
            kind: LimitKind::Budget,
            ..
        } => Some("go on with `--continue`, or give a higher `--max-budget-usd`"),
        Fault::Limit {
            kind: LimitKind::StructuredOutput,
            ..
        }
        | Fault::Tool { .. } => None,
    }
}

/// The code of a full disk or a used-up quota, told from the words of a log's fault.
pub(crate) fn full_code(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    if text.contains("quota exceeded") || text.contains("edquot") {
        Some("EDQUOT")
    } else if text.contains("no space left") || text.contains("enospc") {
        Some("ENOSPC")
    } else {
        None
    }
}

/// Why the session went on with another model, told from the words of the change.
pub(crate) fn fallback_trigger(why: &str) -> &'static str {
    match why.split(':').next().unwrap_or_default().trim() {
        "busy" => "overloaded",
        "no_model" => "model_not_found",
        "credentials" => "permission_denied",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests;
