//! The parts of the product put together around a log that is watched and a model that keeps
//! its requests: what the hub does, with two seams more.

use crate::{
    gate,
    ground::Ground,
    prompter::{Prompters, Requests},
    tape::{Tape, Taped},
};
use gimlet_engine::{
    EngineOptions, Index, Limits, Parts, RetryPolicy, Reviewer, SessionHandle, Whom, fold_log,
    start,
};
use gimlet_host::{HostOptions, LocalHost};
use gimlet_ports::{
    Entered, EventStream, Host as _, Later, Losses, ModelRequest, OpenFault, OpenSpec, SessionHead,
    SessionLog, Sessions, Toolbox, Which, Worktrees,
};
use gimlet_protocol::{Accepted, EntryId, Fact, Op, OpKey, Opened, Refusal, SessionId};
use gimlet_store::Store;
use gimlet_testkit::scenario::{Answers, SESSION, Scene, Stage};
use gimlet_tools::{
    STRUCTURED_OUTPUT, ToolOptions, ToolSet, freeze, reach, toolbox, upkeep_tools, worktree_tools,
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The folder of a scene, which is no repository.
struct NoRepository;

impl Worktrees for NoRepository {
    fn enter(&self, root: PathBuf, _: Which) -> Later<'_, Result<Entered, String>> {
        let why = format!("{} is in no git repository", root.display());
        Box::pin(async { Err(why) })
    }

    fn remove(&self, worktree: PathBuf, _: Losses) -> Later<'_, Result<(), String>> {
        let why = format!("{} is in no git repository", worktree.display());
        Box::pin(async { Err(why) })
    }
}

/// The parts of the product as a stage.
pub(crate) struct Cast {
    scene: Scene,
    place: PathBuf,
    root: PathBuf,
    pub(crate) tape: Tape,
    requests: Requests,
}

impl Cast {
    pub(crate) fn new(scene: &Scene, ground: &Ground) -> Self {
        Self {
            scene: scene.clone(),
            place: ground.place().to_owned(),
            root: ground.root(),
            tape: Tape::new(),
            requests: Requests::default(),
        }
    }
}

impl Stage for Cast {
    fn root(&self) -> &Path {
        &self.root
    }

    fn sessions(&self) -> Result<Arc<dyn Sessions>, String> {
        Ok(Arc::new(Process {
            scene: self.scene.clone(),
            ground: Ground::of(&self.place),
            tape: self.tape.clone(),
            requests: Arc::clone(&self.requests),
            open: Mutex::default(),
        }))
    }

    fn take_crash(&self) -> bool {
        self.tape.take_crash()
    }

    fn requests(&self) -> Option<Vec<ModelRequest>> {
        Some(
            self.requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}

/// What one process holds.
struct Process {
    scene: Scene,
    ground: Ground,
    tape: Tape,
    requests: Requests,
    open: Mutex<Option<(SessionHandle, ToolSet)>>,
}

impl Process {
    async fn open_session(&self, spec: OpenSpec) -> Result<SessionHead, OpenFault> {
        let store = Store::new(&self.ground.dirs().data);
        let id = SessionId::new(SESSION);
        let (tools, mut offered) = self.tools();
        let (log, index) = match spec {
            OpenSpec::New { .. } => self.new_log(&store, &id, &offered),
            OpenSpec::Earlier { .. } | OpenSpec::Newest | OpenSpec::Fork { .. } => {
                let (log, notices) = store.open(&id).map_err(|fault| broken(&fault))?;
                assert_eq!(
                    notices,
                    Vec::new(),
                    "a log that was cut off between entries needs no repair"
                );
                let entries = log.read(None).unwrap().collect::<Result<_, _>>().unwrap();
                self.tape.rewind(entries);
                let folded = fold_log(|| log.read(None)).map_err(|fault| broken(&fault))?;
                assert_eq!(folded.damage, Vec::new());
                (Box::new(log) as Box<dyn SessionLog>, folded.index)
            }
        };
        let frozen = index.opened().map(|opened| opened.tools.clone());
        reach(&mut offered, &frozen.unwrap_or_default());
        let host = Arc::new(LocalHost::new(HostOptions::default()));
        let at = host.now();
        let options = self.options(store.scratch(&id).map_err(|fault| broken(&fault))?);
        options.purse.take_over(&index);
        let parts = Parts {
            // The folder of a scene is not trusted, so that nothing can be saved in it.
            keeper: None,
            log: Box::new(Taped {
                log,
                tape: self.tape.clone(),
            }),
            models: Arc::new(Prompters::new(
                &self.scene,
                &self.ground,
                &self.tape,
                &self.requests,
            )),
            tools: offered,
            confining: None,
            contacts: None,
            judges: gate::of(
                &self.ground.root(),
                &self.scene.setup.allow,
                &self.scene.setup.deny,
            ),
            reminders: vec![Arc::clone(&tools.tasks) as Arc<_>],
            snapshots: None,
            host,
            options,
        };
        let handle = start(id.clone(), parts, index);
        let glance = handle.look().await.map_err(|refusal| gone(&refusal))?;
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((handle, tools));
        Ok(SessionHead {
            id,
            cwd: self.ground.root(),
            model: glance.index.model().to_owned(),
            mode: glance.index.mode(),
            tools: Vec::new(),
            title: None,
            at,
            last: glance.index.last(),
            state: glance.state,
            unfinished: glance.unfinished,
        })
    }

    fn tools(&self) -> (ToolSet, Toolbox) {
        let options = ToolOptions {
            answer_schema: self.scene.setup.answer_schema.clone(),
            web: Some(gimlet_app::web_without_search()),
        };
        let set = toolbox(options).unwrap();
        let mut offered = set.toolbox.clone();
        let worktrees: Arc<dyn Worktrees> = Arc::new(NoRepository);
        let more = upkeep_tools(None, None).into_iter();
        for tool in more.chain(worktree_tools(&worktrees)) {
            offered.add(tool).unwrap();
        }
        let denied = &self.scene.setup.deny;
        offered.retain(|name| !denied.iter().any(|rule| rule == name));
        (set, offered)
    }

    fn new_log(
        &self,
        store: &Store,
        id: &SessionId,
        tools: &Toolbox,
    ) -> (Box<dyn SessionLog>, Index) {
        let opened = Opened {
            session: id.clone(),
            cwd: self.ground.root(),
            model: "scripted/script".to_owned(),
            mode: self.scene.setup.mode,
            system: vec!["You are played by a scene.".to_owned()],
            preamble: Vec::new(),
            tools: freeze(&mut tools.clone(), &[]),
            forked_from: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut log = store.create(id, &self.ground.root()).unwrap();
        let entries = log
            .append(None, vec![Fact::Opened(Box::new(opened))])
            .unwrap();
        let mut index = Index::default();
        for entry in &entries {
            index.apply(entry);
        }
        self.tape.rewind(entries);
        (Box::new(log), index)
    }

    fn options(&self, scratch: PathBuf) -> EngineOptions {
        let setup = &self.scene.setup;
        let mut options = EngineOptions::new(self.ground.root(), scratch);
        options.home = Some(self.ground.home());
        options.reviewer = Some(Reviewer::default());
        options.limits = Limits {
            max_turns: setup.max_turns,
            max_micro_usd: setup.max_budget_usd.map(micro_usd),
        };
        options.whom = match setup.answers {
            Answers::Person => Whom::Person,
            Answers::Nobody => Whom::Nobody,
        };
        if self.scene.has_fallback() {
            options.fallback = vec![self.ground.fallback()];
        }
        options.must_end_with = setup
            .answer_schema
            .as_ref()
            .map(|_| STRUCTURED_OUTPUT.to_owned());
        // As often as ever, yet without the waiting.
        options.retry = RetryPolicy {
            first_pause: Duration::from_millis(1),
            ..RetryPolicy::default()
        };
        options.retry.longest_pause = Duration::from_millis(1);
        options
    }

    fn handle(&self) -> Result<SessionHandle, Refusal> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = open.as_ref().map(|(handle, _)| handle.clone());
        handle.ok_or_else(|| Refusal::NoSession {
            session: SessionId::new(SESSION),
        })
    }
}

impl Sessions for Process {
    fn open(&self, spec: OpenSpec) -> Later<'_, Result<SessionHead, OpenFault>> {
        Box::pin(self.open_session(spec))
    }

    fn submit(&self, _: SessionId, key: OpKey, op: Op) -> Later<'_, Result<Accepted, Refusal>> {
        Box::pin(async move { self.handle()?.submit(key, op).await })
    }

    fn follow(
        &self,
        _: SessionId,
        after: Option<EntryId>,
    ) -> Later<'_, Result<EventStream, Refusal>> {
        Box::pin(async move { self.handle()?.follow(after).await })
    }

    fn close_all(&self) -> Later<'_, ()> {
        Box::pin(async move {
            let open = self
                .open
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let Some((handle, _tools)) = open else { return };
            // Another run's key would be taken for a repetition.
            let key = OpKey(format!("close-{}", self.tape.entries().len()));
            if handle.submit(key, Op::Close).await.is_ok() {
                handle.ended().await;
            }
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few dollars"
)]
fn micro_usd(usd: f64) -> u64 {
    (usd * 1_000_000.0).floor() as u64
}

fn broken(fault: &gimlet_ports::LogFault) -> OpenFault {
    OpenFault::Environment {
        text: fault.to_string(),
        hint: None,
    }
}

fn gone(refusal: &Refusal) -> OpenFault {
    OpenFault::Environment {
        text: format!("{refusal:?}"),
        hint: None,
    }
}
