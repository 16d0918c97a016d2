//! The sessions of workers: opened like others, but for whoever started them.

use super::{Berth, Hub, OpenSession, WorkerLimits};
use crate::{
    launch::Persistence,
    memory_log::MemoryLog,
    models::full_name,
    surroundings,
    workers::{Attended, Crew, Kind, Kinds, RULES, Seat, Watched, narrower},
};
use gimlet_engine::{Index, PromptParts, SessionHandle, start, system_prompt};
use gimlet_ports::{OpenFault, SessionLog, Toolbox, Workers};
use gimlet_protocol::{Change, Fact, Mode, Op, OpKey, Opened, SessionId};
use gimlet_tools::{ToolSet, reach};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

impl Hub {
    /// The workers that a session may have; none at the limit of depth.
    pub(super) fn crew(
        &self,
        session: &SessionId,
        top: &SessionId,
        depth: u32,
        root: &Path,
    ) -> Option<Arc<dyn Workers>> {
        if depth >= self.settings.max_worker_depth || self.settings.max_workers == 0 {
            return None;
        }
        let kinds = self.kinds(root);
        let minutes = self.settings.worker_minutes;
        let seat = Seat {
            session: session.clone(),
            top: top.clone(),
            depth,
        };
        let deadline = Duration::from_secs(minutes * 60);
        let crew = Crew::new(Weak::clone(&self.me), seat, kinds, deadline);
        Some(Arc::new(crew))
    }

    /// The kinds of workers of a folder. What is wrong with a definition is told once.
    fn kinds(&self, root: &Path) -> Kinds {
        let mut kinds = Kinds::find(&self.memory_search(root));
        for fault in std::mem::take(&mut kinds.faults) {
            self.note_once(fault);
        }
        let rules = self.launch.rules(&self.settings);
        kinds.kinds.retain(|kind| !rules.denies_kind(&kind.name));
        kinds
    }

    pub(crate) fn handle_of(&self, session: &SessionId) -> Option<SessionHandle> {
        self.all_open().get(session).map(|open| open.handle.clone())
    }

    pub(crate) fn attended(&self, worker: &SessionId) -> Option<Arc<Attended>> {
        self.all_open().get(worker)?.worker.clone()
    }

    pub(crate) fn worker_limits(&self) -> WorkerLimits {
        WorkerLimits {
            most: usize::try_from(self.settings.max_workers).unwrap_or(usize::MAX),
        }
    }

    /// How many workers run for the session that the person sees.
    pub(crate) fn running_workers(&self, top: &SessionId) -> usize {
        let open = self.all_open();
        let running = open.values().filter(|open| {
            let worker = open.worker.as_ref();
            open.top == *top && worker.is_some_and(|worker| worker.is_running())
        });
        running.count()
    }

    /// The model of a worker: that of the call, of its kind, or of the session.
    pub(crate) fn worker_model(
        &self,
        asked: Option<&str>,
        kind: &Kind,
        session: &str,
    ) -> Result<String, String> {
        let asked = asked.filter(|model| !matches!(*model, "" | "inherit"));
        let Some(name) = asked.or(kind.model.as_deref()) else {
            return Ok(session.to_owned());
        };
        let name = full_name(name);
        self.models.model(&name).map(|_| name)
    }

    /// Where the log of a session lies, if it is kept.
    pub(crate) fn log_of(&self, session: &SessionId) -> Option<PathBuf> {
        self.store.path(session).ok()
    }

    /// Begins a worker's session.
    pub(crate) async fn begin_worker(
        &self,
        berth: &Berth,
        above: &SessionHandle,
    ) -> Result<Arc<Attended>, String> {
        let id = &berth.hired.worker;
        let (tools, toolbox) = self.worker_toolbox(berth, &berth.cwd)?;
        let specs = self.offered(toolbox.clone());
        if specs.is_empty() {
            return Err(format!(
                "a worker of kind `{}` has no tools in this session",
                berth.kind.name
            ));
        }
        let memory = if berth.kind.without_memory {
            Vec::new()
        } else {
            self.memory_search(&berth.cwd).survey().files
        };
        let system = system_prompt(&PromptParts {
            replaced: Some(format!("{}\n\n{}", berth.kind.prompt, RULES.trim_end())),
            appended: None,
            environment: surroundings::look(&berth.cwd, &self.added(), &self.launch.env),
            memory,
        });
        let opened = Opened {
            session: id.clone(),
            cwd: berth.cwd.clone(),
            model: berth.model.clone(),
            mode: berth.mode,
            system,
            preamble: Vec::new(),
            tools: specs,
            forked_from: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut log: Box<dyn SessionLog> = match self.launch.persistence {
            Persistence::Kept => Box::new(
                self.store
                    .create_worker(id, &berth.cwd, &berth.top)
                    .map_err(|fault| fault.to_string())?,
            ),
            Persistence::None => Box::new(MemoryLog::default()),
        };
        let facts = vec![Fact::Opened(Box::new(opened))];
        let entries = log.append(None, facts).map_err(|fault| fault.to_string())?;
        let mut index = Index::default();
        for entry in &entries {
            index.apply(entry);
        }
        self.attend(berth, above, (log, index), (tools, toolbox))
            .await
    }

    /// Opens the session of a worker of an earlier run, to go on with it.
    pub(crate) async fn wake_worker(
        &self,
        berth: &Berth,
        above: &SessionHandle,
    ) -> Result<Arc<Attended>, String> {
        let id = &berth.hired.worker;
        let (log, index) = self.earlier_log(id).map_err(|fault| words(&fault))?;
        let Some(opened) = index.opened() else {
            return Err("the worker's log does not tell how it began".to_owned());
        };
        let toolbox = self.worker_toolbox(berth, &opened.cwd)?;
        let mode = index.mode();
        let attended = self.attend(berth, above, (log, index), toolbox).await?;
        if mode != berth.mode {
            self.set_mode(&attended, berth.mode, "wake").await;
        }
        Ok(attended)
    }

    fn worker_toolbox(&self, berth: &Berth, root: &Path) -> Result<(ToolSet, Toolbox), String> {
        let crew = self.crew(&berth.hired.worker, &berth.top, berth.hired.depth, root);
        let (tools, mut toolbox) = self.tools(crew.as_ref()).map_err(|fault| words(&fault))?;
        toolbox.retain(|name| berth.kind.has(name));
        Ok((tools, toolbox))
    }

    async fn attend(
        &self,
        berth: &Berth,
        above: &SessionHandle,
        (log, index): (Box<dyn SessionLog>, Index),
        (tools, mut toolbox): (ToolSet, Toolbox),
    ) -> Result<Arc<Attended>, String> {
        let id = &berth.hired.worker;
        let Some(opened) = index.opened().cloned() else {
            return Err("the worker's log does not tell how it began".to_owned());
        };
        if self.searches_tools() {
            reach(&mut toolbox, &opened.tools);
        }
        let mut options = self.engine_options(&opened, self.scratch_of(id));
        if let Some(purse) = self.purse_of(&berth.parent) {
            options.purse = purse;
        }
        options.must_end_with = None;
        options.asks_as = Some(format!("worker {}", berth.kind.name));
        if let Some(turns) = berth.kind.max_turns {
            let session = options.limits.max_turns.unwrap_or(turns);
            options.limits.max_turns = Some(session.min(turns));
        }
        let purse = Arc::clone(&options.purse);
        let model = index.model().to_owned();
        let last = index.last();
        if berth.worktree.is_some() {
            // Those are the person's; what is written there cannot be merged or left.
            options.added.clear();
        }
        let mut parts = self.parts(log, (&tools, toolbox), &opened, options);
        if let Some(held) = &berth.worktree {
            parts.judges.push(self.apart(&held.record(), &berth.parent));
        }
        let handle = start(id.clone(), parts, index);
        let events = handle.follow(last).await;
        let events = events.map_err(|_| "the worker's session ended at once".to_owned())?;
        let watched = Watched {
            hired: berth.hired.clone(),
            kind: berth.kind.clone(),
            model,
            parent: berth.parent.clone(),
            above: above.clone(),
            handle: handle.clone(),
            deadline: Duration::from_secs(self.settings.worker_minutes * 60),
            worktree: berth.worktree.clone(),
        };
        let attended = Arc::new(Attended::new(watched, events));
        let entry = OpenSession {
            handle,
            tools,
            purse,
            worker: Some(Arc::clone(&attended)),
            _waker: None,
            worktree: berth.worktree.clone(),
            top: berth.top.clone(),
        };
        self.all_open().insert(id.clone(), entry);
        Ok(attended)
    }

    fn purse_of(&self, session: &SessionId) -> Option<Arc<gimlet_engine::Purse>> {
        self.all_open()
            .get(session)
            .map(|open| Arc::clone(&open.purse))
    }

    /// When a session's mode changes, its workers and theirs may do no more.
    pub(super) async fn hold_workers_to(&self, session: &SessionId, mode: Mode, key: &OpKey) {
        let mut above = vec![(session.clone(), mode)];
        while let Some((session, mode)) = above.pop() {
            let workers: Vec<Arc<Attended>> = {
                let open = self.all_open();
                let workers = open.values().filter_map(|open| open.worker.clone());
                workers.filter(|worker| worker.parent == session).collect()
            };
            for worker in workers {
                let mode = narrower(mode, worker.kind.mode);
                self.set_mode(&worker, mode, key.as_str()).await;
                above.push((worker.hired.worker.clone(), mode));
            }
        }
    }

    async fn set_mode(&self, worker: &Attended, mode: Mode, why: &str) {
        let change = Change::Mode { mode };
        let key = OpKey(format!(
            "{}:{why}:{}",
            worker.hired.worker,
            super::Store::fresh_id()
        ));
        // A worker that is gone does nothing any more.
        drop(worker.handle.submit(key, Op::Configure { change }).await);
    }
}

fn words(fault: &OpenFault) -> String {
    match fault {
        OpenFault::User { text, .. }
        | OpenFault::Config { text, .. }
        | OpenFault::Environment { text, .. } => text.clone(),
    }
}
