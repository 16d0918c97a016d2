//! Signals as messages, and replies as they grow.

use super::Messages;
use crate::headless::{
    account::Account,
    faults,
    options::Partials,
    partial::{Shape, Sink},
};
use gimlet_protocol::{ReplyId, SessionId, Signal};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Milliseconds between two signs of life of a tool that shows progress.
const PROGRESS_EVERY_MS: u64 = 1000;

impl Messages {
    /// Tells of a signal of the running turn.
    pub(crate) fn signal(&mut self, signal: &Signal, account: &Account) {
        if self.partials == Partials::On {
            let mut partial = std::mem::take(&mut self.partial);
            let namespace = self.namespace;
            let message_id = |reply: &ReplyId| {
                let id = Uuid::new_v5(&namespace, format!("reply:{reply}").as_bytes());
                format!("msg_{}", id.simple())
            };
            partial.signal(signal, message_id, self);
            self.partial = partial;
        }
        match signal {
            Signal::Retrying {
                attempt,
                max,
                wait_ms,
                class,
                text,
                status,
            } => {
                self.put_signal(json!({
                    "type": "system",
                    "subtype": "api_retry",
                    "attempt": attempt,
                    // The engine counts attempts, the first included.
                    "max_retries": max.saturating_sub(1),
                    "retry_delay_ms": wait_ms,
                    "error_status": status,
                    "error": faults::error_name(class, *status),
                    "message": text,
                }));
            }
            Signal::Waiting {
                what,
                silent_ms,
                deadline_ms,
            } if what == "model" => {
                self.put_signal(json!({
                    "type": "system",
                    "subtype": "status",
                    "status": "requesting",
                    "silent_ms": silent_ms,
                    "deadline_ms": deadline_ms,
                }));
            }
            Signal::Waiting {
                what, silent_ms, ..
            } => {
                self.tool_progress(what, *silent_ms, account);
            }
            Signal::ToolProgress { call, .. } => {
                let elapsed = account.began(call).map(|began| began.elapsed());
                let elapsed_ms = elapsed.map_or(0, |took| {
                    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
                });
                let shown = self.progress_shown.get(call.as_str()).copied().unwrap_or(0);
                if elapsed_ms >= shown + PROGRESS_EVERY_MS {
                    self.tool_progress(call.as_str(), elapsed_ms, account);
                }
            }
            Signal::LogFault { text } => self.log_fault(text),
            Signal::ReplyStarted { .. }
            | Signal::BlockStarted { .. }
            | Signal::TextDelta { .. }
            | Signal::ThoughtDelta { .. }
            | Signal::InputDelta { .. }
            | Signal::Usage { .. }
            | Signal::State { .. }
            | Signal::Lagged { .. } => {}
        }
    }

    fn tool_progress(&mut self, call: &str, elapsed_ms: u64, account: &Account) {
        let Some(open) = account.open_call(&call.into()) else {
            return;
        };
        self.progress_shown.insert(call.to_owned(), elapsed_ms);
        let elapsed = serde_json::Number::from_f64(seconds(elapsed_ms));
        self.put_signal(json!({
            "type": "tool_progress",
            "tool_use_id": call,
            "tool_name": open.call.tool,
            "parent_tool_use_id": null,
            "elapsed_time_seconds": elapsed,
            "heartbeat": true,
        }));
    }

    fn log_fault(&mut self, text: &str) {
        match faults::full_code(text) {
            Some(code) => self.put_signal(json!({
                "type": "system",
                "subtype": "session_writes_lost",
                "error_code": code,
                "lost": [],
                "transcript_session_ids": [self.session],
                "message": text,
            })),
            None => self.warn(text),
        }
    }
}

impl Sink for Messages {
    fn event(&mut self, shape: Shape<'_>) {
        #[derive(Serialize)]
        struct StreamEvent<'a> {
            r#type: &'static str,
            event: Shape<'a>,
            parent_tool_use_id: Option<&'a str>,
            session_id: &'a SessionId,
            uuid: Uuid,
        }
        let line = serde_json::to_string(&StreamEvent {
            r#type: "stream_event",
            event: shape,
            parent_tool_use_id: None,
            session_id: &self.session,
            uuid: Uuid::now_v7(),
        });
        // Strings and numbers always have a form in JSON.
        self.lines.extend(line.ok());
    }
}

#[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
