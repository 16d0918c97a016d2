//! The messages of the contract: facts and signals as lines of JSON.

use crate::headless::{
    account::{Account, Cut, Denial, OpenCall, Piece, Turn},
    blocks, faults,
    options::{HeadlessOptions, InitFacts, Partials, Replays, StateEvents},
    partial::{Partial, Shape, Sink},
};
use gimlet_ports::SessionHead;
use gimlet_protocol::{
    Asker, Change, Compacted, Entry, EntryId, Fact, Fault, Finish, Incoming, NoteKind, Noted, Origin,
    Reason, Refused, ReplyId, Returned, ReturnedHow, SessionId, Signal, Spent,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the host of a run is told of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostState {
    Idle,
    Running,
    RequiresAction,
}

impl HostState {
    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::RequiresAction => "requires_action",
        }
    }
}

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

/// Makes messages. Owns nothing of the run but ids and the reply that grows.
pub(crate) struct Messages {
    session: SessionId,
    namespace: Uuid,
    cwd: String,
    tools: Vec<String>,
    init: InitFacts,
    partials: Partials,
    replays: Replays,
    states: StateEvents,
    state: HostState,
    partial: Partial,
    progress_shown: BTreeMap<String, u64>,
    lines: Vec<String>,
}

impl Messages {
    pub(crate) fn new(head: &SessionHead, options: &HeadlessOptions) -> Self {
        let namespace = Uuid::parse_str(head.id.as_str())
            .unwrap_or_else(|_| Uuid::new_v5(&Uuid::NAMESPACE_OID, head.id.as_str().as_bytes()));
        Self {
            session: head.id.clone(),
            namespace,
            cwd: head.cwd.to_string_lossy().into_owned(),
            tools: head.tools.clone(),
            init: options.init.clone(),
            partials: options.partials,
            replays: options.replays,
            states: options.state_events,
            state: HostState::Idle,
            partial: Partial::default(),
            progress_shown: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// The lines made since the last time.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = String> {
        std::mem::take(&mut self.lines).into_iter()
    }

    /// The id of what is told about an entry: the same whenever it is told.
    fn id_of(&self, entry: EntryId, part: &str) -> String {
        let name = format!("{part}:{entry}");
        Uuid::new_v5(&self.namespace, name.as_bytes()).to_string()
    }

    fn message_id(&self, reply: &ReplyId) -> String {
        let id = Uuid::new_v5(&self.namespace, format!("reply:{reply}").as_bytes());
        format!("msg_{}", id.simple())
    }

    fn put(&mut self, message: &Value) {
        self.lines.push(message.to_string());
    }

    /// Adds what every message carries at its end.
    fn put_with_ids(&mut self, mut message: Value, uuid: String) {
        message["session_id"] = json!(self.session);
        message["uuid"] = Value::String(uuid);
        self.put(&message);
    }

    fn put_signal(&mut self, message: Value) {
        self.put_with_ids(message, Uuid::now_v7().to_string());
    }

    /// The first message of a turn.
    pub(crate) fn init(&mut self, entry: EntryId, account: &Account) {
        let message = self.init_message(account);
        let uuid = self.id_of(entry, "init");
        self.put_with_ids(message, uuid);
    }

    fn init_message(&self, account: &Account) -> Value {
        let init = &self.init;
        json!({
            "type": "system",
            "subtype": "init",
            "cwd": self.cwd,
            "tools": self.tools,
            "mcp_servers": init.mcp_servers,
            "model": wire_model(&account.model),
            "permissionMode": account.mode.name(),
            "slash_commands": init.slash_commands,
            "apiKeySource": init.api_key_source,
            "claude_code_version": init.contract_version,
            "gimlet_version": init.version,
            "output_style": init.output_style,
            "agents": init.agents,
            "skills": init.skills,
            "plugins": init.plugins,
            "capabilities": CAPABILITIES,
        })
    }

    /// Tells the host that the session is in another state.
    pub(crate) fn state(&mut self, state: HostState) {
        if std::mem::replace(&mut self.state, state) == state {
            return;
        }
        let mut message = json!({
            "type": "system", "subtype": "session_state_changed", "state": state.name(),
        });
        match self.states {
            StateEvents::Off => return,
            StateEvents::Shown => {}
            StateEvents::HostOnly => message["sdk_host_only"] = json!(true),
        }
        self.put_signal(message);
    }

    /// A prompt that was delivered, for clients that want to see it in its place.
    pub(crate) fn replay(&mut self, entry: EntryId, incoming: &Incoming) {
        if self.replays == Replays::Off || incoming.origin != Origin::Person {
            return;
        }
        let uuid = match Uuid::parse_str(incoming.key.as_str()) {
            Ok(own) => own.to_string(),
            Err(_) => self.id_of(entry, "prompt"),
        };
        let message = user_message(blocks::content(&incoming.content));
        self.put_with_ids(with(message, "isReplay", json!(true)), uuid);
    }

    /// Tells of a fact of the running turn.
    pub(crate) fn fact(
        &mut self,
        entry: &Entry,
        reply: &[(EntryId, Piece)],
        call: Option<&OpenCall>,
    ) {
        match &entry.fact {
            Fact::Steered(incoming) => self.replay(entry.id, incoming),
            Fact::Spent(spent) => self.reply(reply, spent),
            Fact::Refused(refused) => self.refused(entry.id, refused, call),
            Fact::Returned(returned) => self.returned(entry.id, returned),
            Fact::Faulted(fault) => self.faulted(entry.id, fault),
            Fact::Compacted(compacted) => self.compacted(entry.id, compacted),
            Fact::Configured(change) => self.configured(entry.id, change),
            Fact::Noted(noted) => self.noted(entry.id, noted),
            Fact::Opened(_)
            | Fact::Prompted(_)
            | Fact::Queued(_)
            | Fact::Withdrawn(_)
            | Fact::Said(_)
            | Fact::Thought(_)
            | Fact::Called(_)
            | Fact::Kept(_)
            | Fact::Asked(_)
            | Fact::Answered(_)
            | Fact::Cleared(_)
            | Fact::Began(_)
            | Fact::Interrupted(_)
            | Fact::Rewound(_)
            | Fact::Resumed(_)
            | Fact::Closed(_)
            | Fact::Unknown(_) => {}
        }
    }

    fn reply(&mut self, reply: &[(EntryId, Piece)], spent: &Spent) {
        if spent.asker != Asker::Main {
            return;
        }
        let stop = stop_reason(&spent.finish, reply.iter().any(|(_, piece)| is_call(piece)));
        let aborted = spent.finish == Finish::Interrupted;
        let mut partial = std::mem::take(&mut self.partial);
        let shows = self.partials == Partials::On;
        if let (Some((_, first)), true) = (reply.first(), shows && !aborted) {
            let message_id = self.message_id(first.reply());
            partial.open_reply(first.reply(), message_id, spent);
        }
        for (entry, piece) in reply {
            if shows && !aborted {
                partial.block(piece, self);
            }
            self.assistant(*entry, piece, spent, aborted);
        }
        if shows {
            partial.end(spent, stop, self);
        }
    }

    fn assistant(&mut self, entry: EntryId, piece: &Piece, spent: &Spent, aborted: bool) {
        let block = match piece {
            Piece::Said(said) => blocks::text_block(&said.text, said.opaque.as_ref()),
            Piece::Thought(said) => blocks::thinking_block(&said.text, said.opaque.as_ref()),
            Piece::Called(called) => blocks::call_block(&called.call),
            Piece::Kept(kept) => match blocks::own_form(Some(&kept.opaque)) {
                Some(block) => block,
                None => return,
            },
        };
        let mut message = assistant_message(
            &self.message_id(piece.reply()),
            &spent.model,
            block,
            blocks::usage(&spent.usage),
        );
        if let Some(request_id) = &spent.request_id {
            message["request_id"] = json!(request_id);
        }
        if aborted {
            message["aborted"] = json!(true);
        }
        let uuid = self.id_of(entry, "block");
        self.put_with_ids(message, uuid);
    }

    fn refused(&mut self, entry: EntryId, refused: &Refused, call: Option<&OpenCall>) {
        if let (Some(ruling), Some(open)) = (&refused.ruling, call) {
            let mut message = json!({
                "type": "system",
                "subtype": "permission_denied",
                "tool_name": open.call.tool,
                "tool_use_id": open.call.id,
            });
            if let Some((kind, reason)) = decision(&ruling.because) {
                message["decision_reason_type"] = json!(kind);
                message["decision_reason"] = json!(reason);
            }
            message["message"] = json!(refused.text);
            let uuid = self.id_of(entry, "denied");
            self.put_with_ids(message, uuid);
        }
        let text = gimlet_protocol::Block::text(refused.text.as_str());
        let result = blocks::tool_result(refused.call.as_str(), &[text], false);
        let uuid = self.id_of(entry, "result");
        self.put_with_ids(user_message(json!([result])), uuid);
    }

    fn returned(&mut self, entry: EntryId, returned: &Returned) {
        let ok = returned.how == ReturnedHow::Done;
        let result = blocks::tool_result(returned.call.as_str(), &returned.content, ok);
        let mut message = user_message(json!([result]));
        if let Some(data) = &returned.data {
            message["tool_use_result"] = data.clone();
        }
        let uuid = self.id_of(entry, "result");
        self.put_with_ids(message, uuid);
        self.progress_shown.remove(returned.call.as_str());
    }

    /// What the model could not say stands where its words would stand.
    fn faulted(&mut self, entry: EntryId, fault: &Fault) {
        let Fault::Model { class, text, status } = fault else { return };
        let block = json!({"type": "text", "text": text});
        let id = format!("msg_{}", Uuid::new_v5(&self.namespace, format!("fault:{entry}").as_bytes()).simple());
        let usage = blocks::usage(&gimlet_protocol::Usage::default());
        let message = assistant_message(&id, "<synthetic>", block, usage);
        let message = with(message, "error", json!(faults::error_name(class, *status)));
        let uuid = self.id_of(entry, "fault");
        self.put_with_ids(message, uuid);
    }

    fn compacted(&mut self, entry: EntryId, compacted: &Compacted) {
        let message = json!({
            "type": "system",
            "subtype": "compact_boundary",
            "compact_metadata": {
                "trigger": compacted.trigger,
                "pre_tokens": compacted.before_tokens,
                "post_tokens": compacted.after_tokens,
            },
        });
        let uuid = self.id_of(entry, "compacted");
        self.put_with_ids(message, uuid);
    }

    /// Tells of a change, also between turns.
    pub(crate) fn configured(&mut self, entry: EntryId, change: &Change) {
        let message = match change {
            Change::Mode { mode } => json!({
                "type": "system", "subtype": "status",
                "status": null, "permissionMode": mode.name(),
            }),
            Change::Model { model, why: Some(why) } => json!({
                "type": "system",
                "subtype": "model_fallback",
                "fallback_model": wire_model(model),
                "trigger": faults::fallback_trigger(why),
                "content": format!("going on with {model} ({why})"),
            }),
            Change::Model { why: None, .. } | Change::Title { .. } => return,
        };
        let uuid = self.id_of(entry, "configured");
        self.put_with_ids(message, uuid);
    }

    fn noted(&mut self, entry: EntryId, noted: &Noted) {
        let uuid = self.id_of(entry, "note");
        match noted.kind {
            NoteKind::Reminder => {}
            NoteKind::Nudge => {
                let message = user_message(json!(noted.text));
                self.put_with_ids(with(message, "isSynthetic", json!(true)), uuid);
            }
            NoteKind::Notice => {
                self.put_with_ids(informational(&noted.text, "notice"), uuid);
            }
        }
    }

    /// Tells the client of something that the run itself noticed.
    pub(crate) fn warn(&mut self, text: &str) {
        self.put_signal(informational(text, "warning"));
    }

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
            Signal::Retrying { attempt, max, wait_ms, class, text, status } => {
                self.put_signal(json!({
                    "type": "system",
                    "subtype": "api_retry",
                    "attempt": attempt,
                    "max_retries": max,
                    "retry_delay_ms": wait_ms,
                    "error_status": status,
                    "error": faults::error_name(class, *status),
                    "message": text,
                }));
            }
            Signal::Waiting { what, silent_ms, deadline_ms } if what == "model" => {
                self.put_signal(json!({
                    "type": "system",
                    "subtype": "status",
                    "status": "requesting",
                    "silent_ms": silent_ms,
                    "deadline_ms": deadline_ms,
                }));
            }
            Signal::Waiting { what, silent_ms, .. } => {
                self.tool_progress(what, *silent_ms, account);
            }
            Signal::ToolProgress { call, .. } => {
                let elapsed = account.began(call).map(|began| began.elapsed());
                let elapsed_ms =
                    elapsed.map_or(0, |took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
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
        let Some(open) = account.open_call(&call.into()) else { return };
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
        let stop = turn.finish.as_ref().and_then(|finish| stop_reason(finish, turn.has_calls));
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

/// What of the control protocol this program keeps to.
pub(crate) const CAPABILITIES: [&str; 2] = ["interrupt_receipt_v1", "interrupt_cancel_queued_v1"];

/// Milliseconds between two signs of life of a tool that shows progress.
const PROGRESS_EVERY_MS: u64 = 1000;

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
        Self { subtype: "success", is_error: false, text, terminal_reason: Some("completed") }
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
        "usage": blocks::usage(&gimlet_protocol::Usage::default()),
        "modelUsage": {},
        "permission_denials": [],
        "errors": [text],
        "uuid": Uuid::now_v7(),
    })
}

/// The judge's kind and all reasons in one sentence.
pub(crate) fn decision(because: &[Reason]) -> Option<(&'static str, String)> {
    let last = because.last()?;
    let kind = match last.judge.as_str() {
        "mode" => "mode",
        "rules" | "flags" | "grants" => "rule",
        "hook" | "hooks" => "hook",
        "reviewer" => "classifier",
        _ => "other",
    };
    let reasons: Vec<&str> = because.iter().map(|reason| reason.text.as_str()).collect();
    Some((kind, reasons.join("; ")))
}

/// The model as a client knows it: the first provider is not named.
pub(crate) fn wire_model(model: &str) -> &str {
    model.strip_prefix("anthropic/").unwrap_or(model)
}

pub(crate) fn total_cost(account: &Account) -> f64 {
    dollars(account.spent.values().map(|used| used.micro_usd).sum())
}

#[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^52")]
fn dollars(micro_usd: u64) -> f64 {
    micro_usd as f64 / 1_000_000.0
}

#[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

fn stop_reason(finish: &Finish, has_calls: bool) -> Option<&'static str> {
    match finish {
        Finish::Complete if has_calls => Some("tool_use"),
        Finish::Complete => Some("end_turn"),
        Finish::Paused => Some("pause_turn"),
        Finish::Length => Some("max_tokens"),
        Finish::Refused { .. } => Some("refusal"),
        Finish::Interrupted | Finish::Failed { .. } => None,
    }
}

fn is_call(piece: &Piece) -> bool {
    matches!(piece, Piece::Called(_))
}

fn denial(denial: &Denial) -> Value {
    json!({
        "tool_name": denial.tool, "tool_use_id": denial.call, "tool_input": denial.input,
    })
}

fn assistant_message(id: &str, model: &str, block: Value, usage: Value) -> Value {
    json!({
        "type": "assistant",
        "message": {
            "id": id,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [block],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage,
        },
        "parent_tool_use_id": null,
    })
}

fn user_message(content: Value) -> Value {
    json!({
        "type": "user",
        "message": {"role": "user", "content": content},
        "parent_tool_use_id": null,
    })
}

fn informational(text: &str, level: &str) -> Value {
    json!({"type": "system", "subtype": "informational", "content": text, "level": level})
}

fn with(mut message: Value, key: &str, value: Value) -> Value {
    message[key] = value;
    message
}
