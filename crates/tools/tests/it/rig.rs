//! A session's folder with its tools, as the engine would drive them.

use gimlet_host::{Flush, HostOptions, LocalHost};
use gimlet_ports::{Host, Plan, Scene, Stop, ToolCx, ToolFault};
use gimlet_protocol::{Access, Block, CallId, Mark, Mode, SessionId};
use gimlet_tools::{ToolOptions, ToolSet, toolbox};
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct Rig {
    pub(crate) dir: TempDir,
    pub(crate) set: RefCell<ToolSet>,
    pub(crate) scene: RefCell<Scene>,
    pub(crate) stop: Stop,
    pub(crate) arrived: Stop,
    pub(crate) progress: Arc<Mutex<Vec<String>>>,
    host: Arc<dyn Host>,
    calls: Cell<u32>,
    runtime: Runtime,
}

/// What a call gave, in a form that tests compare.
#[derive(Debug, PartialEq)]
pub(crate) struct Gave {
    pub(crate) text: String,
    pub(crate) failed: bool,
    pub(crate) data: Value,
    pub(crate) marks: Vec<Mark>,
    pub(crate) blocks: Vec<Block>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(ToolOptions::default())
    }

    pub(crate) fn with(options: ToolOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let (root, scratch) = (base.join("work"), base.join("scratch"));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&scratch).unwrap();
        let scene = Scene {
            session: SessionId::new("session"),
            root: root.clone(),
            cwd: root,
            added: Vec::new(),
            home: Some(base.join("home")),
            scratch,
            mode: Mode::Default,
            output_chars: 30_000,
            desk: Arc::default(),
            grants: Arc::default(),
        };
        let options = (
            options,
            HostOptions {
                flush: Flush::Nothing,
                ..HostOptions::default()
            },
        );
        Self {
            dir,
            set: RefCell::new(toolbox(options.0).unwrap()),
            scene: RefCell::new(scene),
            stop: Stop::new(),
            arrived: Stop::new(),
            progress: Arc::default(),
            host: Arc::new(LocalHost::new(options.1)),
            calls: Cell::new(0),
            runtime: Runtime::new().unwrap(),
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.scene.borrow().root.clone()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn content(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn plan(&self, tool: &str, input: &Value) -> Result<Plan, ToolFault> {
        let set = self.set.borrow();
        set.toolbox
            .get(tool)
            .unwrap()
            .plan(input, &self.scene.borrow())
    }

    /// Runs a call after its plan and takes its marks in, as the engine does.
    pub(crate) fn call(&self, tool: &str, input: Value) -> Gave {
        self.calls.set(self.calls.get() + 1);
        let given = self.plan(tool, &input).and_then(|_| {
            let tool = self.set.borrow().toolbox.get(tool).unwrap().clone();
            let progress = self.progress.clone();
            let cx = ToolCx {
                call: CallId(format!("call_{}", self.calls.get())),
                scene: Arc::new(self.scene.borrow().clone()),
                host: self.host.clone(),
                confinement: None,
                stop: self.stop.clone(),
                arrived: self.arrived.clone(),
                progress: Arc::new(move |text| progress.lock().unwrap().push(text)),
            };
            self.runtime.block_on(tool.run(input, cx))
        });
        match given {
            Ok(made) => {
                self.take(&made.marks);
                let text = match made.content.first() {
                    Some(Block::Text { text, .. }) => text.clone(),
                    other => panic!("a result begins with text, not {other:?}"),
                };
                let (failed, data, marks) = (made.failed, made.data, made.marks);
                Gave {
                    text: self.plain(&text),
                    failed,
                    data,
                    marks,
                    blocks: made.content,
                }
            }
            Err(ToolFault::Tell(text)) => Gave {
                text: self.plain(&text),
                failed: true,
                data: Value::Null,
                marks: Vec::new(),
                blocks: Vec::new(),
            },
            Err(ToolFault::Abort(text)) => panic!("no tool aborts here: {text}"),
        }
    }

    /// The text of a call that must succeed.
    pub(crate) fn ok(&self, tool: &str, input: Value) -> String {
        let gave = self.call(tool, input);
        assert!(!gave.failed, "{tool} failed: {}", gave.text);
        gave.text
    }

    /// The text of a call that must fail.
    pub(crate) fn fails(&self, tool: &str, input: Value) -> String {
        let gave = self.call(tool, input);
        assert!(gave.failed, "{tool} succeeded: {}", gave.text);
        gave.text
    }

    fn take(&self, marks: &[Mark]) {
        let mut scene = self.scene.borrow_mut();
        let mut desk = scene.desk.as_ref().clone();
        for mark in marks {
            desk.apply(mark);
        }
        if let Some(cwd) = &desk.cwd {
            scene.cwd.clone_from(cwd);
        }
        scene.desk = Arc::new(desk);
    }

    /// A new process on the same session: the desk stays, memory and tasks are gone.
    pub(crate) fn restart(&self) {
        self.set.replace(toolbox(ToolOptions::default()).unwrap());
    }

    /// What the model is told of background tasks.
    pub(crate) fn news(&self) -> Vec<String> {
        self.set.borrow().tasks.news()
    }

    /// Background tasks that run.
    pub(crate) fn running(&self) -> usize {
        self.set.borrow().tasks.running()
    }

    /// Goes on with these tools.
    pub(crate) fn use_tools(&self, tools: gimlet_ports::Toolbox) {
        self.set.borrow_mut().toolbox = tools;
    }

    /// The text without the names of temporary folders.
    pub(crate) fn plain(&self, text: &str) -> String {
        let base = self.dir.path().canonicalize().unwrap();
        text.replace(base.to_str().unwrap(), "")
    }

    /// Every path that the plan of a call declares, as `read /work/a`.
    pub(crate) fn accesses(&self, tool: &str, input: &Value) -> Vec<String> {
        let plan = self.plan(tool, input).unwrap();
        let name = |path: &Path| self.plain(&path.display().to_string());
        plan.accesses
            .iter()
            .map(|access| match access {
                Access::Read { path } => format!("read {}", name(path)),
                Access::Write { path } => format!("write {}", name(path)),
                Access::Run { command, cwd } => format!("run {command} in {}", name(cwd)),
                Access::Reach { host } => format!("reach {host}"),
                Access::Person { what, .. } => format!("person {what}"),
                other => panic!("no tool here asks for {other:?}"),
            })
            .collect()
    }
}
