//! Calls: planned and ruled on one by one, run in batches, each with exactly one result.

use crate::{
    driver::Driver,
    hosts::next_host,
    inbox::{After, Working},
    review::{Review, reason_of},
    sample::milliseconds,
};
use gimlet_ports::{
    AnyTool, Asking, Host, LogFault, Plan, Progress, Scene, Snapshots, Stop, ToolCx, ToolFault,
    ToolReturn, Window, rule,
};
use gimlet_protocol::{
    Access, Asked, Block, Call, CallId, Change, Cleared, Confinement, DOOR, Fact, Fault, Lane,
    Mode, NoteKind, Noted, Question, Reason, Refused, Returned, ReturnedHow, ReviewOutcome, Ruling,
    SessionState, Signal, Snapshot, Verdict,
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};

/// Shared calls that run at the same time.
const MOST_TOGETHER: usize = 8;
/// What a call whose deadline has passed has to return what it holds.
const DEADLINE_GRACE: Duration = Duration::from_secs(2);
/// Progress lines that may wait; further ones are dropped.
const WAITING_PROGRESS: usize = 64;
/// Characters of one result's text, whatever the tool itself allows.
const MOST_RESULT_CHARS: usize = 400_000;

/// Cuts ready calls into batches: shared neighbours together, an exclusive one alone.
pub(crate) fn batches(ready: Vec<Call>, lane_of: impl Fn(&Call) -> Lane) -> Vec<Vec<Call>> {
    let mut out: Vec<Vec<Call>> = Vec::new();
    let mut open = false;
    for call in ready {
        let shared = lane_of(&call) == Lane::Shared;
        match out.last_mut() {
            Some(last) if open && shared && last.len() < MOST_TOGETHER => last.push(call),
            _ => out.push(vec![call]),
        }
        open = shared;
    }
    out
}

impl Driver {
    /// Plans a call and rules on it.
    pub(crate) async fn judge(&mut self, call: &Call) -> Result<(), LogFault> {
        self.enter(SessionState::Running);
        let planned = match self.planned(call) {
            Ok(planned) => planned,
            Err(facts) => return self.record(facts),
        };
        let (plan, scene) = planned;
        let case = (call.tool.as_str(), &call.input, &plan, &scene);
        let mut ruling = rule(&self.parts.judges, Verdict::Ask, case);
        ruling.confinement = self.confinement(&plan, &scene);
        if let Some(Confinement::Refused { why }) = &ruling.confinement {
            ruling.verdict = Verdict::Deny;
            ruling.because.push(Reason {
                judge: "sandbox".to_owned(),
                text: why.clone(),
                source: None,
            });
        }
        if ruling.verdict == Verdict::Ask {
            match self.review(call, &plan, &scene, &ruling).await? {
                Review::NotAsked => {}
                Review::Halted => return Ok(()),
                Review::Given(given) => {
                    ruling.because.push(reason_of(&given));
                    ruling.verdict = match given.outcome {
                        ReviewOutcome::Allow => Verdict::Allow,
                        ReviewOutcome::Deny => Verdict::Deny,
                        ReviewOutcome::Ask | ReviewOutcome::Failed => Verdict::Ask,
                    };
                }
            }
        }
        let facts = self.ruling_facts(call, &plan, &scene, ruling);
        self.record(facts)
    }

    /// What a call would touch; the facts that end it where that cannot be told.
    fn planned(&self, call: &Call) -> Result<(Plan, Scene), Vec<Fact>> {
        let id = call.id.clone();
        if let Some(why) = &call.broken {
            return Err(vec![told(
                id,
                format!(
                    "The input is not valid JSON ({why}). Nothing was run; send the call again."
                ),
            )]);
        }
        let Some(tool) = self.parts.tools.get(&call.tool) else {
            return Err(vec![told(id, self.unknown_tool(&call.tool))]);
        };
        let scene = self.scene();
        match tool.plan(&call.input, &scene) {
            Ok(plan) => Ok((plan, scene)),
            Err(ToolFault::Tell(why)) => Err(vec![told(id, self.with_hint(why, &call.tool))]),
            Err(ToolFault::Abort(text)) => Err(vec![
                told(id, text.clone()),
                Fact::Faulted(Fault::Tool { text }),
            ]),
        }
    }

    fn ruling_facts(
        &self,
        call: &Call,
        plan: &Plan,
        scene: &Scene,
        mut ruling: Ruling,
    ) -> Vec<Fact> {
        let id = call.id.clone();
        if ruling.verdict == Verdict::Ask
            && let Some(reason) = self.nobody_answers(scene.mode)
        {
            ruling.verdict = Verdict::Deny;
            ruling.because.push(reason);
        }
        match ruling.verdict {
            Verdict::Allow => vec![Fact::Cleared(Cleared { call: id, ruling })],
            Verdict::Ask => {
                let title = match &self.parts.options.asks_as {
                    Some(who) => format!("{who}: {}", plan.title),
                    None => plan.title.clone(),
                };
                let mut question = self.question(
                    title,
                    ruling,
                    &Asking {
                        tool: &call.tool,
                        input: &call.input,
                        plan,
                        scene,
                    },
                );
                if let Some(tool) = self.parts.tools.get(&call.tool) {
                    question.preview = tool.preview(&call.input, scene);
                }
                vec![Fact::Asked(Asked { call: id, question })]
            }
            Verdict::Deny => {
                let text = denial(plan, &ruling);
                vec![Fact::Refused(Refused {
                    call: id,
                    text,
                    ruling: Some(ruling),
                })]
            }
        }
    }

    /// The question about a call, with what each judge would have a person see.
    fn question(&self, title: String, ruling: Ruling, asking: &Asking<'_>) -> Question {
        let (risk, accesses) = (asking.plan.risk, asking.plan.accesses.clone());
        let mut question = Question::new(title, risk, accesses, ruling.because);
        for judge in &self.parts.judges {
            let told = judge.particulars(asking);
            question.parts.extend(told.parts);
            question.offers.extend(told.offers);
        }
        if !question.offers.is_empty() {
            question.saved_in = self.parts.keeper.as_ref().and_then(|keeper| keeper.place());
            question.lapses_after_minutes = Some(self.parts.options.grants_last.as_secs() / 60);
        }
        question.confinement = ruling.confinement;
        question
    }

    fn confinement(&self, plan: &Plan, scene: &Scene) -> Option<Confinement> {
        let confining = self.parts.confining.as_ref()?;
        confining.confinement(plan, scene)
    }

    /// The world as a call may use it: what its ruling says, or what it would say now where an
    /// older log has no word of it.
    fn world_of(
        &self,
        call: &Call,
        scene: &Scene,
    ) -> Result<(Arc<dyn Host>, Option<Confinement>), String> {
        let open = self
            .index
            .calls()
            .iter()
            .find(|open| open.call.id == call.id);
        let ruled = open.and_then(|open| open.confinement.clone());
        let confinement = ruled.or_else(|| {
            let tool = self.parts.tools.get(&call.tool)?;
            self.confinement(&tool.plan(&call.input, scene).ok()?, scene)
        });
        let Some(confinement) = confinement else {
            return Ok((Arc::clone(&self.parts.host), None));
        };
        if let Confinement::Refused { why } = &confinement {
            return Err(why.clone());
        }
        match self.parts.host.within(&confinement) {
            Some(host) => Ok((host, Some(confinement))),
            None => Err("its commands cannot be confined on this host".to_owned()),
        }
    }

    pub(crate) fn nobody_answers(&self, mode: Mode) -> Option<Reason> {
        let text = if mode == Mode::DontAsk {
            "the mode is dontAsk, so what would be asked is denied"
        } else if self.parts.options.whom == crate::options::Whom::Nobody {
            "it needs an answer and nobody is there to give one"
        } else {
            return None;
        };
        Some(Reason {
            judge: "mode".to_owned(),
            text: text.to_owned(),
            source: None,
        })
    }

    /// What is wrong with an input; where its schema may be unknown, how to learn of it.
    fn with_hint(&self, why: String, tool: &str) -> String {
        let mut frozen = self.index.opened().into_iter().flat_map(|o| &o.tools);
        let is_frozen = frozen.any(|spec| spec.name == tool);
        let is_about_input = why.starts_with("the input of ");
        if is_frozen || !is_about_input || self.parts.tools.get(DOOR).is_none() {
            return why;
        }
        format!("{why} (ToolSearch with `select:{tool}` tells its input)")
    }

    fn unknown_tool(&self, name: &str) -> String {
        let names: Vec<&str> = self.parts.tools.iter().map(|tool| tool.name()).collect();
        let near = names.iter().find(|known| known.eq_ignore_ascii_case(name));
        match near {
            Some(near) => format!("There is no tool `{name}`; did you mean `{near}`?"),
            None => format!(
                "There is no tool `{name}`. The tools are: {}.",
                names.join(", ")
            ),
        }
    }

    /// Runs cleared calls, batch by batch, until all have a result or the turn is halted.
    pub(crate) async fn run_calls(&mut self, ready: Vec<Call>) -> Result<(), LogFault> {
        self.enter(SessionState::Running);
        let tools = self.parts.tools.clone();
        let lane = |call: &Call| {
            tools
                .get(&call.tool)
                .map_or(Lane::Exclusive, |tool| tool.lane())
        };
        for batch in batches(ready, lane) {
            if self.run_batch(batch).await? == After::Halt {
                break;
            }
        }
        Ok(())
    }

    async fn run_batch(&mut self, batch: Vec<Call>) -> Result<After, LogFault> {
        self.record(
            batch
                .iter()
                .map(|call| Fact::Began(call.id.clone()))
                .collect(),
        )?;
        let (stop, arrived) = (Stop::new(), Stop::new());
        let scene = Arc::new(self.scene());
        let (progress, mut lines) = mpsc::channel(WAITING_PROGRESS);
        let mut running = JoinSet::new();
        let mut ids = HashMap::new();
        for call in batch {
            self.live.insert(call.id.clone());
            let id = call.id.clone();
            let tool = self.parts.tools.get(&call.tool).cloned();
            let window = tool
                .as_ref()
                .and_then(|tool| self.window_of(&**tool, &call, &scene));
            let tokens = (stop.child_token(), arrived.clone());
            let cx = self.context_of(&call, &scene, tokens, progress.clone());
            let work = one_call(tool, call, cx, window);
            ids.insert(running.spawn(work).id(), id);
        }
        drop(progress);
        let tokens = (&stop, &arrived);
        let outcome = self.watch(&mut running, &ids, tokens, &mut lines).await;
        running.abort_all();
        self.close_windows().await?;
        // What has not returned by now is buried by the planner.
        self.asking_host = None;
        self.live.clear();
        outcome
    }

    fn context_of(
        &self,
        call: &Call,
        scene: &Arc<Scene>,
        (stop, arrived): (Stop, Stop),
        progress: mpsc::Sender<(CallId, String)>,
    ) -> Result<ToolCx, String> {
        let told = call.id.clone();
        let progress: Progress = Arc::new(move |text| {
            // Full: the line is dropped, as `Progress` allows.
            drop(progress.try_send((told.clone(), text)));
        });
        let (host, confinement) = self.world_of(call, scene)?;
        Ok(ToolCx {
            call: call.id.clone(),
            scene: Arc::clone(scene),
            host,
            confinement,
            stop,
            arrived,
            progress,
        })
    }

    async fn watch(
        &mut self,
        running: &mut JoinSet<Finished>,
        ids: &HashMap<tokio::task::Id, CallId>,
        (stop, arrived): (&Stop, &Stop),
        lines: &mut mpsc::Receiver<(CallId, String)>,
    ) -> Result<After, LogFault> {
        let began = Instant::now();
        let beat = self.parts.options.deadlines.heartbeat;
        let mut next_beat = began + beat;
        let mut give_up: Option<Instant> = None;
        let contacts = self.parts.contacts.clone();
        while !running.is_empty() {
            tokio::select! {
                biased;
                command = self.inbox.recv(), if give_up.is_none() => {
                    let after = match command {
                        Some(command) => self.take_while_working(command, Working::Yes),
                        None => After::Halt,
                    };
                    if after == After::Halt {
                        stop.cancel();
                        give_up = Some(Instant::now() + self.parts.options.deadlines.grace);
                    }
                    if !self.index.queue().is_empty() {
                        arrived.cancel();
                    }
                }
                ended = running.join_next_with_id() => {
                    let Some(ended) = ended else { break };
                    let aborts = self.record_ended(ended, ids, give_up.is_some())?;
                    if aborts && give_up.is_none() {
                        stop.cancel();
                        give_up = Some(Instant::now() + self.parts.options.deadlines.grace);
                    }
                }
                Some((call, text)) = lines.recv() => {
                    self.show(&Signal::ToolProgress { call, text });
                }
                question = next_host(contacts.as_ref()), if self.asking_host.is_none() => {
                    self.ask_about_host(question)?;
                }
                () = sleep_until_some(give_up) => break,
                () = tokio::time::sleep_until(next_beat) => {
                    next_beat += beat;
                    for call in self.live.clone() {
                        let deadline = self.deadline_of(&call);
                        self.show(&Signal::Waiting {
                            what: call.0,
                            silent_ms: milliseconds(began.elapsed()),
                            deadline_ms: milliseconds(deadline),
                        });
                    }
                }
            }
        }
        Ok(if give_up.is_some() {
            After::Halt
        } else {
            After::GoOn
        })
    }

    fn deadline_of(&self, call: &CallId) -> Duration {
        let open = self.index.calls().iter().find(|open| open.call.id == *call);
        open.and_then(|open| self.parts.tools.get(&open.call.tool))
            .map_or(Duration::ZERO, |tool| tool.deadline())
    }

    /// Records a call's end; true when the tool says that the turn is over.
    fn record_ended(
        &mut self,
        ended: Result<(tokio::task::Id, Finished), tokio::task::JoinError>,
        ids: &HashMap<tokio::task::Id, CallId>,
        interrupted: bool,
    ) -> Result<bool, LogFault> {
        let mut finished = match ended {
            Ok((_, finished)) => {
                self.windows.remove(&finished.id);
                finished
            }
            Err(error) => {
                let Some(id) = ids.get(&error.id()) else {
                    return Ok(false);
                };
                let text = format!("The tool crashed: {error}. Nothing is known of what it did.");
                let (how, outcome) = (Some(ReturnedHow::Failed), Err(ToolFault::Tell(text)));
                Finished {
                    id: id.clone(),
                    how,
                    outcome,
                    took: Duration::ZERO,
                    snapshots: Vec::new(),
                }
            }
        };
        self.live.remove(&finished.id);
        self.forget_host(&finished.id);
        let abort = match &finished.outcome {
            Err(ToolFault::Abort(text)) => Some(text.clone()),
            Ok(_) | Err(ToolFault::Tell(_)) => None,
        };
        let snapshots = std::mem::take(&mut finished.snapshots);
        let mut returned = finished.returned();
        if interrupted && returned.how == ReturnedHow::Failed {
            returned.how = ReturnedHow::Interrupted;
        }
        // Before the result: it is the last result of a round that takes the notes along.
        let mut facts: Vec<Fact> = snapshots
            .into_iter()
            .map(|snapshot| Fact::Snapshot(Box::new(snapshot)))
            .collect();
        let contacts = self.parts.contacts.iter().flat_map(|book| book.take());
        facts.extend(contacts.map(Fact::Contacted));
        facts.extend(self.reminders(&returned));
        facts.extend(self.index.mode_after(&returned.marks).map(|mode| {
            let change = Change::Mode { mode };
            Fact::Configured(change)
        }));
        facts.push(Fact::Returned(Box::new(returned)));
        let aborts = abort.is_some();
        facts.extend(abort.map(|text| Fact::Faulted(Fault::Tool { text })));
        self.record(facts)?;
        Ok(aborts)
    }

    /// What the model is told beside the result, each text once.
    fn reminders(&self, returned: &Returned) -> Vec<Fact> {
        let is_told = |name: &str| self.index.was_told(name);
        let texts = self
            .parts
            .reminders
            .iter()
            .flat_map(|source| source.after(returned, &is_told));
        let kind = NoteKind::Reminder;
        texts
            .map(|text| Fact::Noted(Noted { kind, text }))
            .collect()
    }
}

/// A call that has come to its end.
struct Finished {
    id: CallId,
    /// Set where the way it ended says more than the outcome.
    how: Option<ReturnedHow>,
    outcome: Result<ToolReturn<Value>, ToolFault>,
    took: Duration,
    /// What it changed on the disk, and what was changed before it.
    snapshots: Vec<Snapshot>,
}

/// Runs a call inside its window.
async fn one_call(
    tool: Option<Arc<dyn AnyTool>>,
    call: Call,
    cx: Result<ToolCx, String>,
    window: Option<(Arc<dyn Snapshots>, Window)>,
) -> Finished {
    let id = call.id;
    let mut snapshots = Vec::new();
    let closing = match window {
        Some((taker, window)) => {
            snapshots.extend(taker.open(window).await);
            Some(taker)
        }
        None => None,
    };
    let began = Instant::now();
    let tell = |text: String| (None, Err(ToolFault::Tell(text)));
    let (how, outcome) = match (tool, cx) {
        (Some(tool), Ok(cx)) => within_deadline(&*tool, call.input, cx).await,
        (Some(_), Err(why)) => tell(format!("Nothing was run: {why}.")),
        (None, _) => tell("the tool is gone".to_owned()),
    };
    let took = began.elapsed();
    if let Some(taker) = closing {
        snapshots.extend(taker.close(&id).await);
    }
    Finished {
        id,
        how,
        outcome,
        took,
        snapshots,
    }
}

impl Finished {
    fn returned(self) -> Returned {
        let (content, data, marks, failed) = match self.outcome {
            Ok(done) => (done.content, Some(done.data), done.marks, done.failed),
            Err(ToolFault::Tell(text) | ToolFault::Abort(text)) => {
                (vec![Block::text(text)], None, Vec::new(), true)
            }
        };
        let how = match (self.how, failed) {
            (Some(how), _) => how,
            (None, true) => ReturnedHow::Failed,
            (None, false) => ReturnedHow::Done,
        };
        let took_ms = milliseconds(self.took);
        Returned {
            call: self.id,
            how,
            content: capped(content),
            data,
            marks,
            took_ms,
        }
    }
}

/// Runs a tool; past its deadline it is stopped and may return what it holds.
async fn within_deadline(
    tool: &dyn AnyTool,
    input: Value,
    cx: ToolCx,
) -> (Option<ReturnedHow>, Result<ToolReturn<Value>, ToolFault>) {
    let deadline = tool.deadline();
    let stop = cx.stop.clone();
    let mut work = tool.run(input, cx);
    tokio::select! {
        outcome = &mut work => return (None, outcome),
        () = tokio::time::sleep(deadline) => {}
    }
    stop.cancel();
    let late = match tokio::time::timeout(DEADLINE_GRACE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ToolFault::Tell(format!(
            "The call was ended after its deadline of {} s.",
            deadline.as_secs()
        ))),
    };
    (Some(ReturnedHow::TimedOut), late)
}

async fn sleep_until_some(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Holds the texts of a result to the hard cap and says when it was cut.
fn capped(mut content: Vec<Block>) -> Vec<Block> {
    let mut left = MOST_RESULT_CHARS;
    for block in &mut content {
        let Block::Text { text, .. } = block else {
            continue;
        };
        let chars = text.chars().count();
        if chars > left {
            let kept: String = text.chars().take(left).collect();
            *text = format!("{kept}\n[cut here: {} more characters]", chars - left);
        }
        left = left.saturating_sub(chars);
    }
    content
}

fn told(call: CallId, text: String) -> Fact {
    Fact::Refused(Refused {
        call,
        text,
        ruling: None,
    })
}

fn denial(plan: &Plan, ruling: &Ruling) -> String {
    let reasons: Vec<&str> = ruling
        .because
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    let reasons = if reasons.is_empty() {
        "no rule allows it".to_owned()
    } else {
        reasons.join("; ")
    };
    let alone = plan.accesses.iter().find_map(|access| match access {
        Access::Person { alone, .. } => Some(alone),
        Access::Read { .. }
        | Access::Write { .. }
        | Access::Run { .. }
        | Access::Reach { .. }
        | Access::Publish { .. }
        | Access::Spawn { .. }
        | Access::Escalate { .. } => None,
    });
    let title = &plan.title;
    match alone {
        Some(alone) => format!("Nobody answers: {title} ({reasons}). {alone}"),
        None => format!("Not permitted: {title} ({reasons}). Do not try the same another way."),
    }
}
