//! The client's side of the wire: its prompts, its answers and its control requests.

use crate::headless::{
    Asking, Prompt, Reading, Run,
    messages::{CAPABILITIES, total_cost, wire_model},
    options::BypassSwitch,
    permission::read_decision,
    refusal_outcome,
    stdin::{FromClient, LineFault, Priority, UserMessage},
    turns::INPUT_CLOSED,
};
use gimlet_protocol::{Change, Mode, Op, OpKey, Queued, Refusal};
use serde_json::{Map, Value, json};

/// What `initialize` may carry that this program takes from its arguments instead.
const NOT_TAKEN: [&str; 10] = [
    "agents",
    "appendSystemPrompt",
    "hooks",
    "jsonSchema",
    "mcpServers",
    "plugins",
    "sdkMcpServers",
    "skills",
    "systemPrompt",
    "toolAliases",
];

impl Run {
    pub(super) async fn client_says(&mut self, line: FromClient) {
        self.catch_up().await;
        match line {
            FromClient::User(message) => self.user_message(message).await,
            FromClient::Request { id, request } => self.control_request(&id, &request).await,
            FromClient::Response { id, answer } => self.control_response(&id, answer).await,
            FromClient::Quiet => {}
            FromClient::Unknown(kind) => {
                self.messages
                    .warn(&format!("a message of type `{kind}` was skipped"));
            }
        }
        self.print();
    }

    async fn user_message(&mut self, message: UserMessage) {
        let UserMessage {
            key,
            own_id,
            content,
            priority,
            origin,
        } = message;
        if self.prompts.contains_key(&key) || self.account.keys.contains(&key) {
            self.messages
                .warn(&format!("the message {key} was delivered before"));
            return;
        }
        if priority == Priority::Now && self.account.turn.is_some() {
            // A turn that ends by itself in this instant needs no interruption.
            if let Err(refusal) = self.door.submit(Op::Interrupt).await {
                self.fail(&refusal.sentence(), refusal_outcome(&refusal));
                return;
            }
        }
        let op = match priority {
            Priority::Now | Priority::Later => Op::Prompt { content },
            Priority::Next => Op::Steer { content },
        };
        self.prompts.insert(key.clone(), Prompt { origin, own_id });
        if let Err(refusal) = self.door.submit_as(key.clone(), op).await {
            self.prompts.remove(&key);
            self.fail(&refusal.sentence(), refusal_outcome(&refusal));
        }
    }

    /// A line that makes no sense ends the input; what came before it is finished.
    pub(super) async fn malformed(&mut self, fault: &LineFault) {
        self.reading = Reading::Broken;
        let text = fault.to_string();
        self.outputs.complain(&text);
        self.messages.warn(&text);
        self.print();
        self.deny_unanswered().await;
    }

    /// Nobody writes any longer, so nobody answers either.
    pub(super) async fn input_ended(&mut self) {
        self.reading = Reading::Ended;
        self.deny_unanswered().await;
    }

    async fn deny_unanswered(&mut self) {
        let mut unanswered: Vec<Asking> = std::mem::take(&mut self.asked).into_values().collect();
        unanswered.sort();
        for Asking { session, call } in unanswered {
            self.deny(&session, &call, INPUT_CLOSED).await;
        }
    }

    async fn control_response(&mut self, id: &str, answer: Result<Value, String>) {
        // Late answers and answers to nothing are ignored.
        let Some(Asking { session, call }) = self.asked.remove(id) else {
            return;
        };
        let open = if session == self.door.session {
            self.account.open_call(&call)
        } else {
            self.workers.open_call(&session, &call)
        };
        let Some(open) = open else {
            return;
        };
        let question = open.question.as_ref();
        let offers = question.map_or(&[][..], |question| &question.offers);
        let decision = read_decision(&open.call, offers, answer);
        for text in decision.left_out {
            self.messages.warn(&text);
        }
        if let Some(mode) = decision.mode
            && let Err(why) = self.set_mode(mode).await
        {
            self.messages.warn(&why);
        }
        let op = if decision.interrupts {
            // The end of the turn answers the question, and the model is not asked again.
            self.account.denied(&call);
            Op::Interrupt
        } else {
            Op::Answer {
                call,
                reply: decision.reply,
            }
        };
        if let Err(refusal) = self.door.submit_to(session, op).await {
            self.messages.warn(&refusal.sentence());
        }
    }

    /// Every request gets exactly one response.
    async fn control_request(&mut self, id: &str, request: &Map<String, Value>) {
        let response = match self.control_answer(request).await {
            Ok(response) => json!({
                "type": "control_response",
                "response": {"subtype": "success", "request_id": id, "response": response},
            }),
            Err(error) => json!({
                "type": "control_response",
                "response": {"subtype": "error", "request_id": id, "error": error},
            }),
        };
        self.outputs.out.message(&response.to_string());
    }

    async fn control_answer(&mut self, request: &Map<String, Value>) -> Result<Value, String> {
        let text = |key: &str| request.get(key).and_then(Value::as_str);
        match text("subtype").ok_or("the request has no `subtype`")? {
            "initialize" => Ok(self.initialize(request)),
            "interrupt" => self.interrupt(request).await,
            "set_permission_mode" => {
                let name = text("mode").ok_or("the request has no `mode`")?;
                let mode = Mode::named(name).ok_or(format!("there is no mode `{name}`"))?;
                self.set_mode(mode).await?;
                Ok(json!({"mode": mode.name()}))
            }
            "set_model" => {
                let wanted = text("model").filter(|model| *model != "default");
                let model = wanted.unwrap_or(&self.first_model).to_owned();
                self.configure(Change::Model { model, why: None }).await?;
                Ok(json!({}))
            }
            "rename_session" => {
                let title = text("title")
                    .map(str::trim)
                    .filter(|title| !title.is_empty());
                let title = title.ok_or("the request has no `title`")?.to_owned();
                self.configure(Change::Title { title }).await?;
                Ok(json!({}))
            }
            "cancel_async_message" => {
                let key = text("message_uuid").ok_or("the request has no `message_uuid`")?;
                let waiting = self.queued(&OpKey::from(key));
                let cancelled = match waiting {
                    Some(queued) => self.withdraw(queued).await,
                    None => false,
                };
                Ok(json!({"cancelled": cancelled}))
            }
            "list_models" => Ok(json!({"models": self.models()})),
            "mcp_status" => Ok(json!({"mcpServers": self.options.init.mcp_servers})),
            "get_binary_version" => Ok(json!({"version": self.options.init.version})),
            "get_session_cost" => Ok(json!({"text": format!("${:.4}", total_cost(&self.account))})),
            other => Err(format!("requests of subtype `{other}` are not supported")),
        }
    }

    fn initialize(&self, request: &Map<String, Value>) -> Value {
        let init = &self.options.init;
        let says = |key: &&&str| {
            request.get(**key).is_some_and(|value| match value {
                Value::Null => false,
                Value::Array(items) => !items.is_empty(),
                Value::Object(members) => !members.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            })
        };
        let not_taken: Vec<&str> = NOT_TAKEN.iter().filter(says).copied().collect();
        let named = |names: &[String]| -> Vec<Value> {
            names
                .iter()
                .map(|name| json!({"name": name, "description": ""}))
                .collect()
        };
        let mut response = json!({
            "commands": init.slash_commands.iter().map(|name| json!({
                "name": name, "description": "", "argumentHint": "",
            })).collect::<Vec<_>>(),
            "agents": named(&init.agents),
            "output_style": init.output_style,
            "available_output_styles": [init.output_style],
            "models": self.models(),
            "account": {"apiKeySource": init.api_key_source},
            "claude_code_version": init.contract_version,
            "gimlet_version": init.version,
            "capabilities": CAPABILITIES,
        });
        if not_taken.contains(&"hooks") {
            response["hooks_applied"] = json!(false);
        }
        if !not_taken.is_empty() {
            response["not_taken"] = json!(not_taken);
        }
        response
    }

    fn models(&self) -> Value {
        self.options
            .init
            .models
            .iter()
            .map(|model| {
                json!({
                    "value": wire_model(&model.value),
                    "resolvedModel": model.name,
                    "displayName": model.display_name,
                    "description": model.description,
                })
            })
            .collect()
    }

    async fn interrupt(&mut self, request: &Map<String, Value>) -> Result<Value, String> {
        // First, because with the end of the turn the next prompt is delivered.
        let mut cancelled = Vec::new();
        let mut still_queued = Vec::new();
        let cancels = request.get("cancel_queued") == Some(&Value::Bool(true));
        for queued in self.account.queue.clone() {
            let key = queued.incoming.key.clone();
            if cancels && self.withdraw(queued).await {
                cancelled.push(key);
            } else {
                still_queued.push(key);
            }
        }
        // Where no turn runs, nothing is left to interrupt, which is no error.
        self.door
            .submit(Op::Interrupt)
            .await
            .map_err(|refusal| refusal.sentence())?;
        let mut receipt = json!({"still_queued": still_queued});
        if cancels {
            receipt["cancelled"] = json!(cancelled);
        }
        Ok(receipt)
    }

    fn queued(&self, key: &OpKey) -> Option<Queued> {
        self.account
            .queue
            .iter()
            .find(|queued| queued.incoming.key == *key)
            .cloned()
    }

    async fn withdraw(&mut self, queued: Queued) -> bool {
        let op = Op::EditQueued {
            queued: queued.incoming.key,
            content: Vec::new(),
            lane: queued.lane,
        };
        self.door.submit(op).await.is_ok()
    }

    async fn set_mode(&mut self, mode: Mode) -> Result<(), String> {
        let bypasses = mode == Mode::BypassPermissions;
        if bypasses && self.options.bypass == BypassSwitch::Forbidden {
            let name = mode.name();
            return Err(format!(
                "the mode {name} was not allowed when this run was started"
            ));
        }
        self.configure(Change::Mode { mode }).await
    }

    async fn configure(&mut self, change: Change) -> Result<(), String> {
        match self.door.submit(Op::Configure { change }).await {
            Ok(_) => Ok(()),
            Err(Refusal::NotNow { why }) => Err(why),
            Err(refusal) => Err(refusal.sentence()),
        }
    }
}
