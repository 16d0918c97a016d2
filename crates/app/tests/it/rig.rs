//! A person's machine for one test: a repository, a home, and models that play scripts.

use futures::StreamExt as _;
use gimlet_app::{Answers, CostReport, Hub, Launch, TrustFlag, cost_report, store::Store};
use gimlet_ports::{EventStream, OpenSpec, Sessions as _};
use gimlet_protocol::{
    Block, Entry, Event, Fact, Hired, Mode, Op, OpKey, Reported, Returned, SessionId, SessionState,
    Signal,
};
use gimlet_settings::Env;
use serde_json::{Value, json};
use std::{ffi::OsString, fs, path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;

/// What one thing that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Rig {
    _folder: TempDir,
    root: PathBuf,
    pub(crate) launch: Launch,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["work", "home"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let env = Env::of([
            ("GIMLET_HOME", root.join("home/gimlet").into_os_string()),
            ("HOME", root.join("home").into_os_string()),
            ("PATH", OsString::from("/usr/bin:/bin")),
            ("GIT_CONFIG_NOSYSTEM", OsString::from("1")),
        ]);
        let launch = Launch {
            cwd: root.join("work"),
            env,
            answers: Answers::FromClient,
            trust: TrustFlag::ThisRun,
            ..Launch::default()
        };
        Self {
            _folder: folder,
            root,
            launch,
        }
    }

    /// More variables for what is launched.
    pub(crate) fn add_env(&mut self, more: impl IntoIterator<Item = (&'static str, String)>) {
        let old: Vec<(OsString, OsString)> = self
            .launch
            .env
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let more = more
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        self.launch.env = Env::of(old.into_iter().chain(more));
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.work().join(name)).unwrap()
    }

    /// A model that plays these replies, each a list of items. Returns its name.
    pub(crate) fn model(&self, name: &str, replies: &[Value]) -> String {
        self.priced_model(name, replies, None)
    }

    /// The same with dollars for a million tokens of input and output.
    pub(crate) fn priced_model(
        &self,
        name: &str,
        replies: &[Value],
        price: Option<(f64, f64)>,
    ) -> String {
        let replies: Vec<Value> = replies
            .iter()
            .map(|items| json!({ "items": items }))
            .collect();
        let mut script = json!({ "format": 1, "name": name, "replies": replies });
        if let Some((input, output)) = price {
            script["price"] = json!({ "input": input, "output": output });
        }
        let path = self.root.join(format!("{name}.json"));
        fs::write(&path, script.to_string()).unwrap();
        format!("scripted/{}", path.display())
    }

    pub(crate) fn store(&self) -> Store {
        Store::new(self.root.join("home/gimlet/data"))
    }

    pub(crate) fn cost(&self, session: &SessionId) -> CostReport {
        let store = self.store();
        let entries = store.view(session).unwrap().read(None).unwrap();
        cost_report(entries, &|worker| store.view(worker).ok()?.read(None).ok())
    }

    pub(crate) fn log(&self, session: &SessionId) -> Vec<Fact> {
        let entries = self.entries(session).into_iter();
        entries.map(|entry| entry.fact).collect()
    }

    pub(crate) fn entries(&self, session: &SessionId) -> Vec<Entry> {
        let entries = self.store().view(session).unwrap().read(None).unwrap();
        entries.map(Result::unwrap).collect()
    }

    /// Opens a new session whose model is this.
    pub(crate) async fn begin(&self, model: &str) -> Session {
        let mut launch = self.launch.clone();
        launch.model = Some(model.to_owned());
        Session::open(launch, OpenSpec::New { id: None }).await
    }

    /// Opens an earlier session in another process, as it were.
    pub(crate) async fn resume(&self, id: &SessionId) -> Session {
        let name = id.to_string();
        Session::open(self.launch.clone(), OpenSpec::Earlier { name }).await
    }
}

/// A session and what was seen of it.
pub(crate) struct Session {
    pub(crate) hub: Arc<Hub>,
    pub(crate) id: SessionId,
    events: EventStream,
    pub(crate) facts: Vec<Fact>,
    state: SessionState,
    prompts: usize,
}

impl Session {
    async fn open(launch: Launch, spec: OpenSpec) -> Self {
        let hub = Hub::new(launch).unwrap();
        let head = hub.open(spec).await.unwrap();
        let events = hub.follow(head.id.clone(), head.last).await.unwrap();
        Self {
            hub,
            id: head.id,
            events,
            facts: Vec::new(),
            state: SessionState::Resting,
            prompts: 0,
        }
    }

    pub(crate) async fn submit(&mut self, op: Op) {
        self.prompts += 1;
        let key = OpKey(format!("{}-{}", uuid_like(), self.prompts));
        self.hub.submit(self.id.clone(), key, op).await.unwrap();
    }

    pub(crate) async fn prompt(&mut self, text: &str) {
        let content = vec![Block::text(text)];
        self.submit(Op::Prompt { content }).await;
    }

    pub(crate) async fn next(&mut self) {
        let event = tokio::time::timeout(PATIENCE, self.events.next()).await;
        let event = event.unwrap_or_else(|_| panic!("nothing came after {:#?}", self.facts));
        match event.expect("the session goes on") {
            Event::Fact(Entry { fact, .. }) => self.facts.push(fact),
            Event::Signal(Signal::State { state }) => self.state = state,
            Event::Signal(_) => {}
        }
    }

    /// Waits until the facts tell.
    pub(crate) async fn until<T>(&mut self, told: impl Fn(&[Fact]) -> Option<T>) -> T {
        loop {
            if let Some(told) = told(&self.facts) {
                return told;
            }
            self.next().await;
        }
    }

    /// Waits for the end of the turn, once it has begun.
    pub(crate) async fn rests(&mut self) {
        while self.state == SessionState::Resting {
            self.next().await;
        }
        while self.state != SessionState::Resting {
            self.next().await;
        }
    }

    /// Prompts, and waits for the end of the turn.
    pub(crate) async fn turn(&mut self, text: &str) {
        self.prompt(text).await;
        self.rests().await;
    }

    pub(crate) async fn close(self) -> SessionId {
        self.hub.close_all().await;
        self.id
    }

    pub(crate) fn hired(&self) -> Vec<Hired> {
        let hired = self.facts.iter().filter_map(|fact| match fact {
            Fact::Hired(hired) => Some((**hired).clone()),
            _ => None,
        });
        hired.collect()
    }

    pub(crate) fn reported(&self) -> Vec<Reported> {
        let reported = self.facts.iter().filter_map(|fact| match fact {
            Fact::Reported(reported) => Some((**reported).clone()),
            _ => None,
        });
        reported.collect()
    }

    pub(crate) fn results(&self) -> Vec<(Returned, String)> {
        let results = self.facts.iter().filter_map(|fact| match fact {
            Fact::Returned(returned) => Some(((**returned).clone(), text_of(&returned.content))),
            _ => None,
        });
        results.collect()
    }

    pub(crate) async fn mode(&mut self, mode: Mode) {
        let change = gimlet_protocol::Change::Mode { mode };
        self.submit(Op::Configure { change }).await;
    }
}

fn uuid_like() -> String {
    Store::fresh_id().0
}

pub(crate) fn text_of(blocks: &[Block]) -> String {
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Text { text, .. } => Some(text.clone()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

pub(crate) fn say(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

pub(crate) fn call(id: &str, tool: &str, input: Value) -> Value {
    json!([{ "type": "call", "tool": tool, "input": input, "id": id }])
}

/// The input of a worker's start.
pub(crate) fn job(kind: &str, model: &str) -> Value {
    json!({
        "description": "do it", "prompt": "Do the task.", "subagent_type": kind, "model": model,
        "run_in_background": false,
    })
}
