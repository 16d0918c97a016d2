//! The sessions hub: opens sessions, hands operations on, and ends them in order.

mod apart;
mod berths;
mod front;
mod past;
mod wake;

use crate::{
    gate,
    grants::LocalRules,
    launch::{Answers, Launch, Persistence, git, model_name},
    memory::{LazyMemory, MemorySearch},
    memory_log::MemoryLog,
    models::{KeySource, Registry, full_name},
    outbound::Outbound,
    sandbox::{self, Door, Keeper},
    snapshots::{Taker, Workspaces},
    surroundings,
    trust::TrustReport,
    upkeep::{OwnSessions, OwnSettings},
    workers::{Attended, Kind},
    worktrees::{Held, OwnWorktrees},
};
use gimlet_engine::{
    Compaction, EngineOptions, Index, Limits, Parts, PromptParts, Purse, Reviewer, SessionHandle,
    Whom, fold_log, start, system_prompt,
};
use gimlet_host::{HostOptions, LocalHost};
use gimlet_ports::{
    AnyTool, Host, LogFault, Models, OpenFault, OpenSpec, SessionHead, SessionLog, Thinking,
    Toolbox, Web, Workers, Worktrees,
};
use gimlet_protocol::{
    Change, DOOR, Exposure, Fact, Hired, Mode, Op, OpKey, Opened, Refusal, SessionId, ToolSpec,
};
use gimlet_settings::{Dirs, Settings, env_vars};
use gimlet_store::{FindFault, ForkAt, Store};
use gimlet_tools::{
    STRUCTURED_OUTPUT, TOOL_SEARCH, ToolOptions, ToolSet, freeze, reach, toolbox, upkeep_tools,
    worker_tools, worktree_tools,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Everything of this process that sessions share.
pub struct Hub {
    launch: Launch,
    settings: Arc<Settings>,
    dirs: Dirs,
    store: Store,
    /// Finds models.
    registry: Arc<Registry>,
    /// The models as sessions have them.
    models: Arc<dyn Models>,
    web: Arc<dyn Web>,
    host: Arc<LocalHost>,
    workspaces: Arc<Workspaces>,
    open: Mutex<BTreeMap<SessionId, OpenSession>>,
    /// For the workers of its sessions, which must not keep it.
    me: Weak<Self>,
    /// What the person should be told, once: settings, rules, memory files, logs.
    notices: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct OpenSession {
    handle: SessionHandle,
    /// Background tasks end when the last holder lets go.
    tools: ToolSet,
    /// What it and its workers spend from.
    purse: Arc<Purse>,
    /// Set for a worker's.
    worker: Option<Arc<Attended>>,
    /// Tells the session of its tasks while it rests; a worker has reported by then.
    _waker: Option<Arc<wake::Waker>>,
    /// Where a worker works apart.
    worktree: Option<Arc<Held>>,
    /// The session that the person sees.
    top: SessionId,
}

/// Where a worker's session comes to lie.
#[derive(Clone)]
pub(crate) struct Berth {
    pub(crate) hired: Hired,
    pub(crate) kind: Kind,
    pub(crate) model: String,
    pub(crate) mode: Mode,
    pub(crate) cwd: PathBuf,
    /// What holds its files apart, where that is so.
    pub(crate) worktree: Option<Arc<Held>>,
    /// The session that started it.
    pub(crate) parent: SessionId,
    /// The session that the person sees.
    pub(crate) top: SessionId,
}

/// How many workers there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkerLimits {
    pub(crate) most: usize,
}

impl Hub {
    /// Reads the settings and builds what sessions share. Opens and connects to nothing.
    ///
    /// # Errors
    /// When the settings, the folder or the flags are wrong.
    pub fn new(launch: Launch) -> Result<Arc<Self>, OpenFault> {
        check_folder(&launch)?;
        let (settings, dirs) = launch.load_settings()?;
        let settings = Arc::new(settings);
        let store = Store::new(&dirs.data);
        let credentials = crate::auth::credentials(&dirs);
        let stored_key =
            Arc::new(move |provider: &str| crate::auth::stored_key(&credentials, provider));
        let registry = Arc::new(Registry::new(Arc::clone(&settings), stored_key));
        let models = launch.deck.models(Arc::clone(&registry) as Arc<_>);
        let web = crate::web::web(&settings);
        let report = crate::trust::report(&launch)?;
        let host = Arc::new(LocalHost::new(host_options(&launch, &settings, &report)));
        let notices = settings.notices.iter().filter(|notice| notice.is_warning());
        let notices = report
            .notice()
            .into_iter()
            .chain(notices.map(ToString::to_string));
        let notices = Mutex::new(notices.collect());
        let workspaces = Workspaces::new(Arc::clone(&settings), &dirs, &launch.env);
        let workspaces = Arc::new(workspaces);
        Ok(Arc::new_cyclic(|me| Self {
            launch,
            settings,
            dirs,
            store,
            registry,
            models,
            web,
            host,
            workspaces,
            open: Mutex::default(),
            me: Weak::clone(me),
            notices,
        }))
    }

    /// Takes what the person should be told.
    pub fn take_notices(&self) -> Vec<String> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.extend(self.launch.deck.take_fault());
        std::mem::take(&mut *notices)
    }

    /// Where the key of the model in use comes from.
    pub fn key_source(&self, model: &str) -> KeySource {
        self.registry.key_source(model)
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn note(&self, text: impl Into<String>) {
        self.notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.into());
    }

    /// Notes what every session of a folder would find again.
    fn note_once(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.contains(&text) {
            notices.push(text);
        }
    }

    fn handle(&self, session: &SessionId) -> Result<SessionHandle, Refusal> {
        let known = self.handle_of(session);
        known.ok_or_else(|| Refusal::NoSession {
            session: session.clone(),
        })
    }

    async fn open_session(&self, spec: OpenSpec) -> Result<SessionHead, OpenFault> {
        self.look_after_worktrees().await;
        let is_fork = matches!(spec, OpenSpec::Fork { .. });
        let (log, index) = match spec {
            OpenSpec::New { id } => {
                // Before there is a log: a session that cannot begin leaves nothing behind.
                let model = self.models.model(&model_name(&self.settings));
                model.map_err(|text| user(text, self.registry.hint()))?;
                self.new_log(id)?
            }
            OpenSpec::Earlier { name } => self.earlier_log(&self.find(&name)?)?,
            OpenSpec::Newest => self.earlier_log(&self.newest()?)?,
            OpenSpec::Fork { of, id } => {
                let of = match of {
                    Some(name) => self.find(&name)?,
                    None => self.newest()?,
                };
                self.forked_log(&of, id)?
            }
        };
        let Some(opened) = index.opened().cloned() else {
            return Err(environment(
                "the session's log does not tell how it began",
                None,
            ));
        };
        self.models
            .model(index.model())
            .map_err(|text| user(text, None))?;
        let scratch = self.scratch_of(&opened.session);
        let id = opened.session.clone();
        let deck = &self.launch.deck;
        deck.opened(&self.launch, &opened, &scratch, &self.dirs);
        let (tools, mut toolbox) = self.tools(self.crew(&id, &id, 0, &opened.cwd).as_ref())?;
        if self.searches_tools() {
            reach(&mut toolbox, &opened.tools);
        }
        let options = self.engine_options(&opened, scratch);
        let purse = Arc::clone(&options.purse);
        // What a fork brings along was spent by another session.
        if !is_fork {
            purse.take_over(&index);
        }
        let parts = self.parts(log, (&tools, toolbox), &opened, options);
        let handle = start(id.clone(), parts, index);
        let waker = wake::Waker::new(
            &tools.tasks,
            handle.clone(),
            Arc::clone(&self.host) as Arc<_>,
        );
        let entry = OpenSession {
            handle: handle.clone(),
            tools,
            purse,
            _waker: Some(Arc::new(waker)),
            worker: None,
            worktree: None,
            top: id.clone(),
        };
        self.all_open().insert(id.clone(), entry);
        self.clean_snapshots_aside();
        self.apply_flags(&id, &handle).await?;
        self.head(&id)
            .await
            .map_err(|refusal| environment(format!("{refusal:?}"), None))
    }

    fn all_open(&self) -> MutexGuard<'_, BTreeMap<SessionId, OpenSession>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(
        &self,
        log: Box<dyn SessionLog>,
        (tools, toolbox): (&ToolSet, Toolbox),
        opened: &Opened,
        options: EngineOptions,
    ) -> Parts {
        let cwd = &opened.cwd;
        let snapshots = self.snapshots(&opened.session, cwd, &options.added);
        let rules = Arc::new(self.launch.rules(&self.settings));
        // A program that cannot start itself as another, such as a test, holds nothing. It says
        // so, or runs nothing where the settings want that.
        let possible = Keeper::is_possible();
        let strength = possible.then(Keeper::strength);
        if let Some(warning) = sandbox::warning(&self.settings.sandbox, strength) {
            self.note_once(warning);
        }
        let strength = strength.unwrap_or_default();
        let confines = possible
            || (self.settings.sandbox.fail_if_unavailable && !self.settings.sandbox.disabled);
        let door = Arc::new(Door::new(Arc::clone(&rules), &self.settings.sandbox));
        let confiner = sandbox::confiner(&rules, &self.settings, &self.dirs, cwd, strength);
        let mut judges = gate::judges(
            rules,
            vec![self.dirs.data.clone()],
            &self.launch.workspace(&self.dirs),
        );
        judges.push(Arc::clone(&confiner) as Arc<_>);
        judges.push(Arc::new(Outbound::new(
            &self.settings.confidential_terms,
            &self.settings.undercover,
            git(&self.launch.env),
        )));
        Parts {
            log,
            models: Arc::clone(&self.models),
            tools: toolbox,
            judges,
            confining: confines.then_some(confiner as Arc<_>),
            contacts: confines.then(|| Arc::clone(&door) as Arc<_>),
            reminders: vec![
                Arc::new(LazyMemory::new(self.memory_search(cwd))),
                Arc::clone(&tools.tasks) as Arc<_>,
            ],
            snapshots: snapshots.map(|snapshots| Arc::new(Taker(snapshots)) as Arc<_>),
            keeper: Some(Arc::new(LocalRules::of_session(
                cwd,
                &self.launch,
                &self.dirs,
            ))),
            host: if confines {
                let keeper = Arc::new(Keeper::new(door));
                Arc::new(self.host.as_ref().clone().with_warden(keeper))
            } else {
                Arc::clone(&self.host) as Arc<_>
            },
            options,
        }
    }

    /// Flags that name a model or mode win over what an earlier session was left with.
    async fn apply_flags(&self, id: &SessionId, handle: &SessionHandle) -> Result<(), OpenFault> {
        let glance = handle
            .look()
            .await
            .map_err(|_| environment("the session ended at once", None))?;
        let mut changes = Vec::new();
        if let Some(model) = self.launch.model.as_deref().map(full_name)
            && model != glance.index.model()
        {
            changes.push(Change::Model { model, why: None });
        }
        if self.launch.permission_mode.is_some() {
            let mode = self.launch.mode(&self.settings)?;
            if mode != glance.index.mode() {
                changes.push(Change::Mode { mode });
            }
        }
        if let Some(title) = &self.launch.name
            && glance.index.title() != Some(title)
        {
            changes.push(Change::Title {
                title: title.clone(),
            });
        }
        for (number, change) in changes.into_iter().enumerate() {
            let key = OpKey(format!(
                "{id}:flag:{number}:{}",
                glance.index.last().map_or(0, |e| e.0)
            ));
            handle.submit(key, Op::Configure { change }).await.map_err(
                |refusal| match refusal {
                    Refusal::NotNow { why } => user(why, None),
                    Refusal::Conflicts { .. } => user(refusal.sentence(), None),
                    Refusal::NoSession { .. } | Refusal::Busy => {
                        environment("the session is busy", None)
                    }
                    Refusal::Log { why } => environment(why, None),
                },
            )?;
        }
        Ok(())
    }

    fn new_log(&self, id: Option<SessionId>) -> Result<(Box<dyn SessionLog>, Index), OpenFault> {
        if let Some(id) = id.as_ref().filter(|id| self.store.path(id).is_ok()) {
            let hint = format!("go on with it by `--resume {id}`, or leave `--session-id` out");
            return Err(user(format!("session {id} exists already"), Some(hint)));
        }
        let id = id.unwrap_or_else(Store::fresh_id);
        let opened = self.opening(id.clone())?;
        let mut log: Box<dyn SessionLog> = match self.launch.persistence {
            Persistence::Kept => Box::new(
                self.store
                    .create(&id, &self.launch.cwd)
                    .map_err(|fault| log_fault(&fault))?,
            ),
            Persistence::None => Box::new(MemoryLog::default()),
        };
        let facts = vec![Fact::Opened(Box::new(opened))];
        let entries = log.append(None, facts).map_err(|fault| log_fault(&fault))?;
        let mut index = Index::default();
        for entry in &entries {
            index.apply(entry);
        }
        Ok((log, index))
    }

    fn earlier_log(&self, id: &SessionId) -> Result<(Box<dyn SessionLog>, Index), OpenFault> {
        let (log, notices) = self.store.open(id).map_err(|fault| log_fault(&fault))?;
        for notice in &notices {
            self.note(notice.to_string());
        }
        self.folded(Box::new(log))
    }

    fn forked_log(
        &self,
        of: &SessionId,
        id: Option<SessionId>,
    ) -> Result<(Box<dyn SessionLog>, Index), OpenFault> {
        let id = id.unwrap_or_else(Store::fresh_id);
        let log = self
            .store
            .fork(of, ForkAt::End, &id, &self.launch.cwd)
            .map_err(|fault| log_fault(&fault))?;
        let (mut log, mut index) = self.folded(Box::new(log))?;
        // Two sessions of one name could not be told apart by it.
        if let Some(title) = index.title().map(|title| format!("{title} (copy)")) {
            let renamed = vec![Fact::Configured(Change::Title { title })];
            let entries = log
                .append(index.last(), renamed)
                .map_err(|fault| log_fault(&fault))?;
            for entry in &entries {
                index.apply(entry);
            }
        }
        Ok((log, index))
    }

    fn folded(&self, log: Box<dyn SessionLog>) -> Result<(Box<dyn SessionLog>, Index), OpenFault> {
        let folded = fold_log(|| log.read(None)).map_err(|fault| log_fault(&fault))?;
        for damage in &folded.damage {
            self.note(format!(
                "{damage}; the rest was opened. `gimlet sessions repair` makes a clean copy"
            ));
        }
        Ok((log, folded.index))
    }

    fn find(&self, name: &str) -> Result<SessionId, OpenFault> {
        self.store
            .find(name, &self.launch.cwd)
            .map_err(|fault| match fault {
                FindFault::Log(fault) => log_fault(&fault),
                FindFault::Nothing { .. } | FindFault::Several { .. } => user(
                    fault.to_string(),
                    Some("`gimlet sessions list` shows them".to_owned()),
                ),
            })
    }

    fn newest(&self) -> Result<SessionId, OpenFault> {
        self.store
            .newest(&self.launch.cwd)
            .map_err(|fault| match fault {
                LogFault::Missing { .. } => user(
                    "there is no session of this folder to continue",
                    Some("start one with `gimlet -p \"…\"`".to_owned()),
                ),
                LogFault::Full { .. }
                | LogFault::Locked { .. }
                | LogFault::Corrupt { .. }
                | LogFault::Newer { .. }
                | LogFault::Broken { .. } => log_fault(&fault),
            })
    }

    fn opening(&self, session: SessionId) -> Result<Opened, OpenFault> {
        let added = self.added();
        let memory = self.memory_search(&self.launch.cwd).survey();
        memory
            .notices()
            .into_iter()
            .for_each(|notice| self.note(notice));
        let rules = self.launch.rules(&self.settings);
        for fault in &rules.faults {
            self.note(fault.to_string());
        }
        let system = system_prompt(&PromptParts {
            replaced: self.launch.system_prompt.clone(),
            appended: self.launch.append_system_prompt.clone(),
            environment: surroundings::look(&self.launch.cwd, &added, &self.launch.env),
            memory: memory.files,
        });
        let crew = self.crew(&session, &session, 0, &self.launch.cwd);
        let (_, toolbox) = self.tools(crew.as_ref())?;
        Ok(Opened {
            session,
            cwd: self.launch.cwd.clone(),
            model: model_name(&self.settings),
            mode: self.launch.mode(&self.settings)?,
            system,
            preamble: Vec::new(),
            tools: self.offered(toolbox),
            forked_from: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    fn memory_search(&self, root: &Path) -> MemorySearch {
        MemorySearch::new(root, &self.launch, &self.settings, &self.dirs)
    }

    fn added(&self) -> Vec<PathBuf> {
        let directories = &self.settings.permissions.additional_directories;
        directories.iter().map(|added| added.path.clone()).collect()
    }

    /// The tools of one session, without those that flags or deny rules take away.
    fn tools(&self, crew: Option<&Arc<dyn Workers>>) -> Result<(ToolSet, Toolbox), OpenFault> {
        let options = ToolOptions {
            answer_schema: self.launch.json_schema.clone(),
            web: Some(Arc::clone(&self.web)),
        };
        let set =
            toolbox(options).map_err(|fault| user(format!("--json-schema: {fault}"), None))?;
        let mut toolbox = set.toolbox.clone();
        for tool in self.upkeep()? {
            let added = toolbox.add(tool);
            debug_assert_eq!(added, Ok(()), "their names are their own");
        }
        let worktrees: Arc<dyn Worktrees> = Arc::new(OwnWorktrees {
            door: git(&self.launch.env),
        });
        let workers = crew.into_iter().flat_map(worker_tools);
        for tool in workers.chain(worktree_tools(&worktrees)) {
            toolbox.add(tool).map_err(|text| environment(text, None))?;
        }
        let rules = self.launch.rules(&self.settings);
        if let Some(list) = &self.launch.tools {
            let wanted: Vec<&str> = list
                .split([',', ' '])
                .filter(|name| !name.is_empty())
                .collect();
            if let Some(unknown) = wanted.iter().find(|name| !is_known(name, &toolbox)) {
                let hint = Some("`gimlet tools` lists them".to_owned());
                return Err(user(
                    format!("--tools names `{unknown}`, which is no tool"),
                    hint,
                ));
            }
            if !wanted.contains(&"default") {
                toolbox.retain(|name| wanted.contains(&name) || name == STRUCTURED_OUTPUT);
            }
        }
        toolbox.retain(|name| !rules.denies_tool(name));
        Ok((set, toolbox))
    }

    /// The tools that look at settings and other sessions.
    fn upkeep(&self) -> Result<Vec<Arc<dyn AnyTool>>, OpenFault> {
        let settings = OwnSettings {
            settings: Arc::clone(&self.settings),
            spec: self.launch.load_spec()?,
        };
        let sessions = OwnSessions {
            store: Store::new(&self.dirs.data),
            folder: self.launch.cwd.clone(),
        };
        Ok(upkeep_tools(
            Some(Arc::new(settings)),
            Some(Arc::new(sessions)),
        ))
    }

    /// The frozen list of a new session.
    fn offered(&self, mut toolbox: Toolbox) -> Vec<ToolSpec> {
        let named = self.launch.tools.as_deref().unwrap_or_default();
        let named: Vec<&str> = named.split([',', ' ']).collect();
        if self.searches_tools() {
            return freeze(&mut toolbox, &named);
        }
        let offered = toolbox
            .iter()
            .filter(|tool| tool.exposure() == Exposure::Always || named.contains(&tool.name()));
        offered.map(|tool| tool.spec()).collect()
    }

    /// False where a rule takes the search for tools away.
    fn searches_tools(&self) -> bool {
        let rules = self.launch.rules(&self.settings);
        !rules.denies_tool(TOOL_SEARCH) && !rules.denies_tool(DOOR)
    }

    fn scratch_of(&self, session: &SessionId) -> PathBuf {
        match (self.launch.persistence, self.store.scratch(session)) {
            (Persistence::Kept, Ok(scratch)) => scratch,
            (Persistence::Kept | Persistence::None, _) => {
                self.dirs.cache.join("scratch").join(session.as_str())
            }
        }
    }

    fn engine_options(&self, opened: &Opened, scratch: PathBuf) -> EngineOptions {
        let settings = &self.settings;
        let mut options = EngineOptions::new(opened.cwd.clone(), scratch);
        options.added = self.added();
        options.home.clone_from(&self.dirs.home);
        options.output_chars = settings.bash_output_max_chars;
        options.limits = Limits {
            max_turns: settings.max_turns,
            max_micro_usd: settings.max_budget_usd.map(micro_usd),
        };
        if let Some(retries) = settings.max_retries {
            options.retry.busy_attempts = retries + 1;
            options.retry.cut_attempts = retries + 1;
            options.retry.garbage_attempts = retries + 1;
        }
        options.whom = match self.launch.answers {
            Answers::FromClient => Whom::Person,
            Answers::FromNobody => Whom::Nobody,
        };
        options.fallback = settings
            .fallback_models
            .iter()
            .map(|name| full_name(name))
            .collect();
        options.reviewer = Some(Reviewer {
            model: settings.reviewer_model.as_deref().map(full_name),
            ..Reviewer::default()
        });
        options.thinking = settings.thinking.unwrap_or(Thinking::Off);
        options.max_output_tokens = settings.max_output_tokens;
        options.compaction = match (settings.auto_compact_enabled, settings.auto_compact_window) {
            (false, _) => Compaction::Never,
            (true, Some(tokens)) => Compaction::At(tokens),
            (true, None) => Compaction::NearlyFull,
        };
        options.must_end_with = self
            .launch
            .json_schema
            .as_ref()
            .map(|_| STRUCTURED_OUTPUT.to_owned());
        options
    }

    async fn head(&self, session: &SessionId) -> Result<SessionHead, Refusal> {
        let glance = self.handle(session)?.look().await?;
        let index = &glance.index;
        let opened = index.opened().ok_or_else(|| Refusal::NoSession {
            session: session.clone(),
        })?;
        Ok(SessionHead {
            id: session.clone(),
            cwd: opened.cwd.clone(),
            model: index.model().to_owned(),
            mode: index.mode(),
            tools: opened.tools.iter().map(|tool| tool.name.clone()).collect(),
            title: index.title().map(str::to_owned),
            at: self.host.now(),
            last: index.last(),
            state: glance.state,
            unfinished: glance.unfinished,
        })
    }
}

fn check_folder(launch: &Launch) -> Result<(), OpenFault> {
    for folder in std::iter::once(&launch.cwd).chain(&launch.add_dirs) {
        if !folder.is_dir() {
            return Err(user(format!("{} is not a folder", folder.display()), None));
        }
    }
    Ok(())
}

/// True for what `--tools` may name.
fn is_known(name: &str, toolbox: &Toolbox) -> bool {
    ["default", TOOL_SEARCH, DOOR].contains(&name) || toolbox.get(name).is_some()
}

/// Secrets that commands have no need of are kept from them, and git is told to run nothing
/// that a repository names while it only looks.
fn host_options(launch: &Launch, settings: &Settings, trust: &TrustReport) -> HostOptions {
    let inherited = launch.env.text(&env_vars::GIT_CONFIG_COUNT);
    let inherited = inherited.and_then(|count| count.parse().ok()).unwrap_or(0);
    let (set_env, remove_env) = gimlet_trust::session_environment(trust.is_settled(), inherited);
    let mut options = HostOptions {
        set_env,
        remove_env,
        ..HostOptions::default()
    };
    let withheld = sandbox::withheld(&launch.env, &settings.sandbox);
    options.remove_env.extend(withheld);
    options
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a budget is positive and far below 2^52 millionths"
)]
fn micro_usd(usd: f64) -> u64 {
    (usd * 1_000_000.0).floor() as u64
}

fn user(text: impl Into<String>, hint: Option<String>) -> OpenFault {
    OpenFault::User {
        text: text.into(),
        hint,
    }
}

fn environment(text: impl Into<String>, hint: Option<String>) -> OpenFault {
    OpenFault::Environment {
        text: text.into(),
        hint,
    }
}

fn log_fault(fault: &LogFault) -> OpenFault {
    let hint = match fault {
        LogFault::Full { .. } => Some("make room and try again".to_owned()),
        LogFault::Locked { .. } => {
            Some("end the other process, or start a copy with `--fork-session`".to_owned())
        }
        LogFault::Corrupt { .. } => Some("`gimlet sessions repair` makes a clean copy".to_owned()),
        LogFault::Newer { .. } => Some("update Gimlet".to_owned()),
        LogFault::Missing { .. } => Some("`gimlet sessions list` shows them".to_owned()),
        LogFault::Broken { why, .. }
            if why.contains("ermission denied") || why.contains("Read-only") =>
        {
            Some("make the folder writable for you, or set GIMLET_HOME to another".to_owned())
        }
        LogFault::Broken { .. } => None,
    };
    match fault {
        LogFault::Missing { .. } => user(fault.to_string(), hint),
        LogFault::Full { .. }
        | LogFault::Locked { .. }
        | LogFault::Corrupt { .. }
        | LogFault::Newer { .. }
        | LogFault::Broken { .. } => environment(fault.to_string(), hint),
    }
}
