//! What the tools of one session reach: it starts workers and speaks to them.

use super::{Attended, Kind, Kinds, narrower};
use crate::sessions::{Berth, Hub};
use crate::worktrees::{Held, WorktreeFault};
use gimlet_engine::{Index, SessionHandle, WorkerFact};
use gimlet_ports::{
    Job, Later, Settle, WorkerAnswer, WorkerKind, WorkerReport, WorkerTold, Workers, Works,
};
use gimlet_protocol::{
    Block, CallId, Changes, Hired, Mode, Op, OpKey, Refusal, ReturnedHow, SessionId, Usage, Waits,
};
use gimlet_store::Store;
use std::{
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::oneshot;

/// Whose workers they are.
pub(crate) struct Seat {
    /// The session that starts them.
    pub(crate) session: SessionId,
    /// The session that the person sees.
    pub(crate) top: SessionId,
    /// How many workers stand above its own, itself included.
    pub(crate) depth: u32,
}

/// The workers of one session.
pub(crate) struct Crew {
    hub: Weak<Hub>,
    /// The session that starts them.
    session: SessionId,
    /// The session that the person sees.
    top: SessionId,
    /// How many workers stand above its own, itself included.
    depth: u32,
    kinds: Kinds,
    deadline: Duration,
}

/// A worker that has its task.
struct Manned {
    hired: Hired,
    model: String,
    /// Where its report comes, if the call waits.
    reported: Option<oneshot::Receiver<WorkerReport>>,
}

/// What the model is told where everything is coming to its end.
const ENDING: &str = "Gimlet is ending";

impl Crew {
    pub(crate) fn new(hub: Weak<Hub>, seat: Seat, kinds: Kinds, deadline: Duration) -> Self {
        Self {
            hub,
            session: seat.session,
            top: seat.top,
            depth: seat.depth,
            kinds,
            deadline,
        }
    }

    /// The crew of no session, to be looked at.
    pub(crate) fn shown() -> Arc<dyn Workers> {
        let nobody = SessionId::new("");
        let seat = Seat {
            session: nobody.clone(),
            top: nobody,
            depth: 0,
        };
        let deadline = Duration::from_hours(1);
        Arc::new(Self::new(Weak::new(), seat, Kinds::built_in(), deadline))
    }

    fn hub(&self) -> Result<Arc<Hub>, String> {
        self.hub.upgrade().ok_or_else(|| ENDING.to_owned())
    }

    async fn start_worker(&self, job: Job) -> Result<WorkerAnswer, String> {
        let stop = job.stop.clone();
        // What it borrows of the hub is given back before the wait: a call that waits must not
        // keep alive what it is a part of.
        let Manned {
            hired,
            model,
            reported,
        } = self.hire(job).await?;
        let Some(reported) = reported else {
            let log = self.hub()?.log_of(&hired.worker);
            let worker = hired.worker;
            return Ok(WorkerAnswer::Launched { worker, log });
        };
        let lost = |text: &str| WorkerReport {
            worker: hired.worker.clone(),
            kind: hired.kind.clone(),
            model,
            how: ReturnedHow::Interrupted,
            text: text.to_owned(),
            calls: 0,
            usage: Usage::default(),
            micro_usd: 0,
            took_ms: 0,
            worktree: hired.worktree.clone(),
            changes: None,
        };
        let report = tokio::select! {
            report = reported => match report {
                Ok(report) => report,
                Err(_) => lost("The worker's session ended before it reported."),
            },
            // The watcher notices that nobody waits any more, and ends the turn.
            () = stop.cancelled() => lost("The worker was interrupted with this call."),
        };
        Ok(WorkerAnswer::Report(report))
    }

    /// Starts a worker and gives it its task.
    async fn hire(&self, job: Job) -> Result<Manned, String> {
        let hub = self.hub()?;
        let kind = self
            .kinds
            .get(&job.kind)
            .ok_or_else(|| format!("there is no kind of worker `{}`", job.kind))?
            .clone();
        self.check_number(&hub)?;
        let above = hub.handle_of(&self.session).ok_or(ENDING)?;
        let glance = above.look().await.map_err(|_| ENDING)?;
        let mut known = glance.index.workers().iter();
        if let Some(name) = &job.name
            && known.any(|hired| hired.name.as_ref() == Some(name))
        {
            return Err(format!("there is a worker called `{name}` already"));
        }
        // A worker itself has one report to give, so it waits for those of its own.
        let in_background = kind.in_background || self.depth == 0;
        let waits = job.waits.unwrap_or(if in_background {
            Waits::No
        } else {
            Waits::ForReport
        });
        let model = hub.worker_model(job.model.as_deref(), &kind, glance.index.model())?;
        let mode = narrower(job.scene.mode, kind.mode);
        let worker = Store::fresh_id();
        let worktree = self.worktree(&worker, &job, &kind, mode).await?;
        let cwd = match &worktree {
            Some(worktree) => worktree.cwd(),
            None => job.scene.root.clone(),
        };
        let hired = Hired {
            call: job.call.clone(),
            worker,
            kind: kind.name.clone(),
            task: job.task.clone(),
            name: job.name.clone(),
            depth: self.depth + 1,
            waits,
            worktree: worktree.as_ref().map(|held| held.record().files),
        };
        let berth = Berth {
            hired: hired.clone(),
            mode,
            kind,
            model: model.clone(),
            cwd,
            worktree,
            parent: self.session.clone(),
            top: self.top.clone(),
        };
        let attended = hub.begin_worker(&berth, &above).await?;
        // The session above tells of the worker before the worker does anything.
        let noted = above.note(vec![WorkerFact::Hired(hired.clone())]).await;
        noted.map_err(|refusal| told(&refusal))?;
        let reported = match waits {
            Waits::ForReport => Some(attended.reports_to_call(job.progress)),
            Waits::No => {
                attended.reports_by_message();
                None
            }
        };
        let op = Op::Prompt {
            content: vec![Block::text(job.prompt)],
        };
        let key = OpKey(format!("{}:task", hired.worker));
        let given = attended.handle.submit(key, op).await;
        given.map_err(|refusal| told(&refusal))?;
        Ok(Manned {
            hired,
            model,
            reported,
        })
    }

    /// The worktree of a worker that shall have one.
    async fn worktree(
        &self,
        worker: &SessionId,
        job: &Job,
        kind: &Kind,
        mode: Mode,
    ) -> Result<Option<Arc<Held>>, String> {
        let apart = match job.works {
            Some(works) => works == Works::Apart,
            // One that only plans changes nothing.
            None => kind.isolated && mode != Mode::Plan,
        };
        if !apart {
            return Ok(None);
        }
        let root = job.scene.root.clone();
        let hub = self.hub()?;
        let made = hub.make_worktree(worker, &self.top, &job.task, root).await;
        match made {
            Ok(held) => Ok(Some(held)),
            // A built-in kind works where there is no git as well.
            Err(WorktreeFault::NoRepository { .. } | WorktreeFault::NoGit)
                if job.works.is_none() && kind.file.is_none() =>
            {
                Ok(None)
            }
            Err(fault) => Err(format!("no worktree could be made for the worker: {fault}")),
        }
    }

    async fn settle_changes(
        &self,
        worker: SessionId,
        changes: Changes,
        how: Settle,
    ) -> Result<String, String> {
        let hub = self.hub()?;
        let attended = hub.attended(&worker);
        if attended.is_some_and(|attended| attended.is_running()) {
            return Err(format!(
                "the worker {worker} is at work again; wait for its report"
            ));
        }
        hub.settle_worktree(worker, changes, how).await
    }

    fn check_number(&self, hub: &Hub) -> Result<(), String> {
        let most = hub.worker_limits().most;
        let running = hub.running_workers(&self.top);
        if running < most {
            return Ok(());
        }
        Err(format!(
            "{running} workers are running and {most} may (the setting maxWorkers); wait for \
             one, or do it yourself"
        ))
    }

    async fn send_to(&self, call: CallId, to: &str, message: String) -> Result<WorkerTold, String> {
        let hub = self.hub()?;
        let above = hub.handle_of(&self.session).ok_or(ENDING)?;
        let glance = above.look().await.map_err(|_| ENDING)?;
        let workers = glance.index.workers();
        let hired = workers
            .iter()
            .rev()
            .find(|hired| hired.worker.as_str() == to || hired.name.as_deref() == Some(to))
            .ok_or_else(|| no_such(to, workers))?
            .clone();
        let content = vec![Block::text(message)];
        let key = || OpKey(format!("{}:message:{}", hired.worker, Store::fresh_id()));
        let attended = match hub.attended(&hired.worker) {
            Some(attended) if attended.is_running() => {
                let op = Op::Steer { content };
                let sent = attended.handle.submit(key(), op).await;
                sent.map_err(|refusal| told(&refusal))?;
                return Ok(WorkerTold::Steered {
                    worker: hired.worker,
                });
            }
            Some(attended) => {
                hub.renew_worktree(&hired.worker).await?;
                attended
            }
            None => {
                let attended = self.wake(&hub, &hired, &glance.index, &above).await?;
                // Clients of this run learn of it.
                let again = Hired {
                    call,
                    waits: Waits::No,
                    ..hired.clone()
                };
                let noted = above.note(vec![WorkerFact::Hired(again)]).await;
                noted.map_err(|refusal| told(&refusal))?;
                attended
            }
        };
        self.check_number(&hub)?;
        attended.reports_by_message();
        let sent = attended.handle.submit(key(), Op::Prompt { content }).await;
        sent.map_err(|refusal| told(&refusal))?;
        Ok(WorkerTold::Resumed {
            worker: hired.worker,
        })
    }

    /// Opens the session of a worker of an earlier run.
    async fn wake(
        &self,
        hub: &Arc<Hub>,
        hired: &Hired,
        index: &Index,
        above: &SessionHandle,
    ) -> Result<Arc<Attended>, String> {
        let kind: &Kind = self.kinds.get(&hired.kind).ok_or_else(|| {
            format!(
                "its kind `{}` is no longer defined, so it cannot go on",
                hired.kind
            )
        })?;
        let worktree = match &hired.worktree {
            Some(files) if files.exists() => Some(hub.take_worktree(hired.worker.clone()).await?),
            // Merged or thrown away: it goes on from what the folder is now.
            Some(_) => {
                let own = index.opened().map(|opened| opened.cwd.clone());
                let root = index.desk().worktree.clone().or(own).unwrap_or_default();
                let made = hub.make_worktree(&hired.worker, &self.top, &hired.task, root);
                let made = made.await.map_err(|fault| {
                    format!("its worktree is gone and cannot be made again: {fault}")
                })?;
                Some(made)
            }
            None => None,
        };
        let berth = Berth {
            hired: hired.clone(),
            mode: narrower(index.mode(), kind.mode),
            kind: kind.clone(),
            // The log tells.
            model: String::new(),
            cwd: PathBuf::new(),
            worktree,
            parent: self.session.clone(),
            top: self.top.clone(),
        };
        hub.wake_worker(&berth, above).await
    }
}

impl Workers for Crew {
    fn kinds(&self) -> Vec<WorkerKind> {
        self.kinds.told()
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }

    fn start(&self, job: Job) -> Later<'_, Result<WorkerAnswer, String>> {
        Box::pin(self.start_worker(job))
    }

    fn send(
        &self,
        call: CallId,
        to: String,
        message: String,
    ) -> Later<'_, Result<WorkerTold, String>> {
        Box::pin(async move { self.send_to(call, &to, message).await })
    }

    fn settle(
        &self,
        worker: SessionId,
        changes: Changes,
        how: Settle,
    ) -> Later<'_, Result<String, String>> {
        Box::pin(self.settle_changes(worker, changes, how))
    }
}

fn no_such(to: &str, workers: &[Hired]) -> String {
    if workers.is_empty() {
        return format!("there is no worker `{to}`; this session has started none");
    }
    let known: Vec<String> = workers
        .iter()
        .map(|hired| match &hired.name {
            Some(name) => format!("{} ({name})", hired.worker),
            None => hired.worker.to_string(),
        })
        .collect();
    format!("there is no worker `{to}`; there are {}", known.join(", "))
}

fn told(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoSession { .. } => "the worker's session has ended".to_owned(),
        Refusal::NotNow { why } | Refusal::Log { why } => why.clone(),
        Refusal::Busy => "the worker takes no messages at the moment".to_owned(),
        Refusal::Conflicts { .. } => refusal.sentence(),
    }
}
