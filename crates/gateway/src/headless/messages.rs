//! The messages of the contract: facts and signals as lines of JSON.

mod result;
mod signals;

use crate::headless::{
    account::{Account, OpenCall, Piece},
    blocks, faults,
    options::{HeadlessOptions, InitFacts, Partials, Replays, StateEvents},
    partial::Partial,
};
pub(crate) use result::{Ending, Verdict, startup_result, total_cost};

use gimlet_ports::SessionHead;
use gimlet_protocol::{
    Asker, Change, Compacted, Entry, EntryId, Fact, Fault, Finish, Incoming, NoteKind, Noted,
    Origin, Reason, Refused, ReplyId, Returned, ReturnedHow, SessionId, Spent,
};
use serde_json::{Value, json};
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
    pub(crate) fn id_of(&self, entry: EntryId, part: &str) -> String {
        let name = format!("{part}:{entry}");
        Uuid::new_v5(&self.namespace, name.as_bytes()).to_string()
    }

    fn message_id(&self, reply: &ReplyId) -> String {
        let id = Uuid::new_v5(&self.namespace, format!("reply:{reply}").as_bytes());
        format!("msg_{}", id.simple())
    }

    /// The id of a worker's reply.
    pub(crate) fn message_id_of(&self, worker: &SessionId, reply: &ReplyId) -> String {
        let name = format!("{worker}:reply:{reply}");
        let id = Uuid::new_v5(&self.namespace, name.as_bytes());
        format!("msg_{}", id.simple())
    }

    fn put(&mut self, message: &Value) {
        self.lines.push(message.to_string());
    }

    /// Adds what every message carries at its end.
    pub(crate) fn put_with_ids(&mut self, mut message: Value, uuid: String) {
        message["session_id"] = json!(self.session);
        message["uuid"] = Value::String(uuid);
        self.put(&message);
    }

    pub(crate) fn put_signal(&mut self, message: Value) {
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
        let message = user_message(&blocks::content(&incoming.content));
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
            | Fact::Hired(_)
            | Fact::Reported(_)
            | Fact::Contacted(_)
            | Fact::Snapshot(_)
            | Fact::Granted(_)
            | Fact::Revoked(_)
            | Fact::Reviewed(_)
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
            &block,
            &blocks::usage(&spent.usage),
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
        self.put_with_ids(user_message(&json!([result])), uuid);
    }

    fn returned(&mut self, entry: EntryId, returned: &Returned) {
        let ok = returned.how == ReturnedHow::Done;
        let result = blocks::tool_result(returned.call.as_str(), &returned.content, ok);
        let mut message = user_message(&json!([result]));
        if let Some(data) = &returned.data {
            message["tool_use_result"] = data.clone();
        }
        let uuid = self.id_of(entry, "result");
        self.put_with_ids(message, uuid);
        self.progress_shown.remove(returned.call.as_str());
    }

    /// What the model could not say stands where its words would stand.
    fn faulted(&mut self, entry: EntryId, fault: &Fault) {
        let Fault::Model {
            class,
            text,
            status,
        } = fault
        else {
            return;
        };
        let block = json!({"type": "text", "text": text});
        let id = format!(
            "msg_{}",
            Uuid::new_v5(&self.namespace, format!("fault:{entry}").as_bytes()).simple()
        );
        let usage = blocks::usage(&gimlet_protocol::Usage::default());
        let message = assistant_message(&id, "<synthetic>", &block, &usage);
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

    /// Tells of a fact between turns.
    pub(crate) fn between_turns(&mut self, entry: &Entry) {
        if let Fact::Configured(change) = &entry.fact {
            self.configured(entry.id, change);
        } else if let Fact::Compacted(compacted) = &entry.fact {
            self.compacted(entry.id, compacted);
        }
    }

    fn configured(&mut self, entry: EntryId, change: &Change) {
        let message = match change {
            Change::Mode { mode } => json!({
                "type": "system", "subtype": "status",
                "status": null, "permissionMode": mode.name(),
            }),
            Change::Model {
                model,
                why: Some(why),
            } => json!({
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
                let message = user_message(&json!(noted.text));
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
}

/// What of the control protocol this program keeps to.
pub(crate) const CAPABILITIES: [&str; 2] = ["interrupt_receipt_v1", "interrupt_cancel_queued_v1"];

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

pub(crate) fn assistant_message(id: &str, model: &str, block: &Value, usage: &Value) -> Value {
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

pub(crate) fn user_message(content: &Value) -> Value {
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
