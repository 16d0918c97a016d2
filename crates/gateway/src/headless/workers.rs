//! Workers of the session: their calls, results and questions, told under the call that
//! started them.

use crate::headless::{
    Asking, PermissionPrompts, Reading, Run,
    account::{Account, OpenCall, Piece},
    blocks,
    messages::Messages,
    permission::question_request,
    turns::INPUT_CLOSED,
};
use futures::{
    StreamExt as _,
    stream::{BoxStream, SelectAll},
};
use gimlet_protocol::{
    Asker, CallId, Entry, EntryId, Event, Fact, Hired, Mode, Op, Reply, Reported, ReturnedHow,
    SessionId, Spent, Timestamp, Waits,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

/// How long the entries of a worker that has reported may take to arrive.
const CATCHING_UP: Duration = Duration::from_secs(5);

/// What the run knows of the workers of its session.
#[derive(Default)]
pub(super) struct Workers {
    feeds: BTreeMap<SessionId, Feed>,
    /// Their events, each with its session.
    pub(super) events: SelectAll<BoxStream<'static, (SessionId, Event)>>,
    /// Those whose report has not come.
    busy: BTreeSet<SessionId>,
}

/// One worker.
struct Feed {
    hired: Hired,
    account: Account,
    /// What happened before was told by another run.
    since: Timestamp,
    /// The last entry of its log that was seen.
    seen: Option<EntryId>,
}

impl Workers {
    /// True while a report is owed.
    pub(super) fn are_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    pub(super) fn open_call(&self, session: &SessionId, call: &CallId) -> Option<&OpenCall> {
        self.feeds.get(session)?.account.open_call(call)
    }
}

impl Run {
    /// Follows a worker from its start.
    pub(super) async fn hired(&mut self, hired: &Hired, since: Timestamp) {
        self.workers.busy.insert(hired.worker.clone());
        self.messages.task_started(hired);
        self.print();
        let id = hired.worker.clone();
        if let Some(feed) = self.workers.feeds.get_mut(&id) {
            feed.hired = hired.clone();
            return;
        }
        let follow = self.door.sessions.follow(id.clone(), None).await;
        match follow {
            Ok(events) => {
                let account = Account::new(String::new(), Mode::Default, None);
                let feed = Feed {
                    hired: hired.clone(),
                    account,
                    since,
                    seen: None,
                };
                self.workers.feeds.insert(id.clone(), feed);
                let tagged = events.map(move |event| (id.clone(), event));
                self.workers.events.push(tagged.boxed());
            }
            Err(refusal) => {
                self.workers.busy.remove(&id);
                self.messages.warn(&refusal.sentence());
            }
        }
    }

    /// A worker came to rest.
    pub(super) async fn reported(&mut self, reported: &Reported) {
        self.hear_out(reported).await;
        self.workers.busy.remove(&reported.worker);
        if let Some(feed) = self.workers.feeds.get(&reported.worker) {
            self.messages.task_ended(&feed.hired, reported);
            self.print();
        }
    }

    /// Tells what the worker did before its report is told.
    async fn hear_out(&mut self, reported: &Reported) {
        let until = tokio::time::Instant::now() + CATCHING_UP;
        loop {
            let feed = self.workers.feeds.get(&reported.worker);
            if feed.is_none_or(|feed| feed.seen >= reported.upto) {
                return;
            }
            let next = tokio::time::timeout_at(until, self.workers.events.next()).await;
            let Ok(Some((session, event))) = next else {
                return;
            };
            Box::pin(self.worker_event(&session, event)).await;
        }
    }

    pub(super) async fn worker_event(&mut self, session: &SessionId, event: Event) {
        let Event::Fact(entry) = event else { return };
        if let Fact::Hired(hired) = &entry.fact {
            Box::pin(self.hired(hired, entry.at)).await;
        } else if let Fact::Reported(reported) = &entry.fact {
            Box::pin(self.reported(reported)).await;
        }
        let Some(feed) = self.workers.feeds.get_mut(session) else {
            return;
        };
        feed.seen = Some(entry.id);
        let taken = feed.account.take(&entry);
        if entry.at < feed.since {
            return;
        }
        if let Fact::Prompted(_) = &entry.fact {
            self.workers.busy.insert(session.clone());
        }
        if self.outputs.out.wants_messages() {
            let from = &feed.hired;
            self.messages.worker_fact(from, &entry, &taken.reply);
            self.print();
        }
        self.worker_questions(session, &entry.fact).await;
    }

    async fn worker_questions(&mut self, session: &SessionId, fact: &Fact) {
        let settled = if let Fact::Asked(asked) = fact {
            return self.ask_for_worker(session, &asked.call).await;
        } else if let Fact::Answered(answered) = fact {
            &answered.call
        } else if let Fact::Returned(returned) = fact {
            &returned.call
        } else {
            return;
        };
        self.settle_question(session, settled);
    }

    async fn ask_for_worker(&mut self, session: &SessionId, call: &CallId) {
        let why = if self.options.permission_prompts == PermissionPrompts::Nobody {
            "nobody is there to give an answer"
        } else if self.reading != Reading::Open {
            INPUT_CLOSED
        } else {
            let Some(open) = self.workers.open_call(session, call) else {
                return;
            };
            let Some(question) = &open.question else {
                return;
            };
            let request = Uuid::now_v7().to_string();
            let mut line = question_request(&request, &open.call, question);
            line["request"]["agent_id"] = json!(session);
            let asking = Asking {
                session: session.clone(),
                call: call.clone(),
            };
            self.asked.insert(request, asking);
            self.outputs.out.message(&line.to_string());
            return;
        };
        let reply = Reply::Deny {
            reason: Some(why.to_owned()),
        };
        let op = Op::Answer {
            call: call.clone(),
            reply,
        };
        // A worker that is gone asks nothing any more.
        drop(self.door.submit_to(session.clone(), op).await);
    }
}

impl Messages {
    fn task_started(&mut self, hired: &Hired) {
        self.put_signal(json!({
            "type": "system",
            "subtype": "task_started",
            "task_id": hired.worker,
            "tool_use_id": hired.call,
            "description": hired.task,
            "task_type": "local_agent",
            "subagent_type": hired.kind,
            "is_backgrounded": hired.waits == Waits::No,
            "spawn_depth": hired.depth,
        }));
    }

    fn task_ended(&mut self, hired: &Hired, reported: &Reported) {
        let status = match reported.how {
            ReturnedHow::Done => "completed",
            ReturnedHow::Failed | ReturnedHow::TimedOut | ReturnedHow::Lost => "failed",
            ReturnedHow::Interrupted => "stopped",
        };
        self.put_signal(json!({
            "type": "system",
            "subtype": "task_notification",
            "task_id": hired.worker,
            "tool_use_id": hired.call,
            "status": status,
            "output_file": "",
            "summary": format!("{}: {}", hired.kind, hired.task),
            "usage": {
                "total_tokens": reported.usage.context_tokens(),
                "tool_uses": reported.calls,
                "duration_ms": reported.took_ms,
            },
        }));
    }

    /// Tells of a fact of a worker: what it calls, and what comes of it.
    fn worker_fact(&mut self, from: &Hired, entry: &Entry, reply: &[(EntryId, Piece)]) {
        if let Fact::Spent(spent) = &entry.fact
            && spent.asker == Asker::Main
        {
            for (id, piece) in reply {
                if let Piece::Called(called) = piece {
                    let block = blocks::call_block(&called.call);
                    let message = self.worker_reply(from, piece, spent, &block);
                    let uuid = self.id_of(*id, &format!("{}:block", from.worker));
                    self.put_with_ids(message, uuid);
                }
            }
        } else if let Fact::Returned(returned) = &entry.fact {
            let ok = returned.how == ReturnedHow::Done;
            let result = blocks::tool_result(returned.call.as_str(), &returned.content, ok);
            let mut message = of_worker(super::messages::user_message(&json!([result])), from);
            if let Some(data) = &returned.data {
                message["tool_use_result"] = data.clone();
            }
            let uuid = self.id_of(entry.id, &format!("{}:result", from.worker));
            self.put_with_ids(message, uuid);
        } else if let Fact::Refused(refused) = &entry.fact {
            let text = gimlet_protocol::Block::text(refused.text.as_str());
            let result = blocks::tool_result(refused.call.as_str(), &[text], false);
            let message = of_worker(super::messages::user_message(&json!([result])), from);
            let uuid = self.id_of(entry.id, &format!("{}:result", from.worker));
            self.put_with_ids(message, uuid);
        }
    }

    fn worker_reply(&self, from: &Hired, piece: &Piece, spent: &Spent, block: &Value) -> Value {
        let id = self.message_id_of(&from.worker, piece.reply());
        let usage = blocks::usage(&spent.usage);
        let message = super::messages::assistant_message(&id, &spent.model, block, &usage);
        of_worker(message, from)
    }
}

fn of_worker(mut message: Value, from: &Hired) -> Value {
    message["parent_tool_use_id"] = json!(from.call);
    message["agent_id"] = json!(from.worker);
    message["subagent_type"] = json!(from.kind);
    message["task_description"] = json!(from.task);
    message
}
