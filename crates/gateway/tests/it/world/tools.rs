//! Tools that show each way in which a call can go, and a host without a world.

use gimlet_ports::{
    AnyTool, Child, DirItem, FileInfo, GlobFound, GlobQuery, GrepFound, GrepQuery, Host, HostFault,
    Later, Launch, LineWindow, Plan, Scene, Stop, TextWindow, ToolCx, ToolFault, ToolReturn,
    WriteHow,
};
use gimlet_protocol::{Access, Block, Exposure, Lane, Mark, Risk, Stamp, Timestamp, ToolSpec};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};

#[derive(Clone, Copy)]
enum Does {
    /// Gives its input back.
    Echo,
    /// Fails.
    Fail,
    /// Waits until it is stopped.
    Hang,
    /// Ends the turn.
    Finish,
    /// Says that the turn cannot go on.
    Abort,
}

struct TestTool {
    name: &'static str,
    does: Does,
}

pub(super) fn all() -> Vec<Arc<dyn AnyTool>> {
    [
        ("Echo", Does::Echo),
        ("Ask", Does::Echo),
        ("Guarded", Does::Echo),
        ("Forbidden", Does::Echo),
        ("Fail", Does::Fail),
        ("Hang", Does::Hang),
        ("StructuredOutput", Does::Finish),
        ("Abort", Does::Abort),
    ]
    .into_iter()
    .map(|(name, does)| Arc::new(TestTool { name, does }) as Arc<dyn AnyTool>)
    .collect()
}

impl AnyTool for TestTool {
    fn name(&self) -> &str {
        self.name
    }

    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: self.name.to_owned(),
            description: "For tests.".to_owned(),
            input_schema: json!({"type": "object"}),
            risk: Risk::Medium,
            lane: Lane::Shared,
        }
    }

    fn exposure(&self) -> Exposure {
        Exposure::Always
    }

    fn permission(&self) -> &'static str {
        "asks before each command"
    }

    fn risk(&self) -> Risk {
        Risk::Medium
    }

    fn lane(&self) -> Lane {
        Lane::Shared
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn plan(&self, input: &Value, scene: &Scene) -> Result<Plan, ToolFault> {
        let command = input["command"].as_str().unwrap_or_default().to_owned();
        if command == "nonsense" {
            return Err(ToolFault::Tell("the command is nonsense".to_owned()));
        }
        let title = format!("run {command}");
        let access = Access::Run {
            command,
            cwd: scene.cwd.clone(),
        };
        Ok(Plan {
            title,
            risk: Risk::Medium,
            accesses: vec![access],
        })
    }

    fn run(&self, input: Value, cx: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>> {
        Box::pin(async move {
            match self.does {
                Does::Echo => {
                    let text = input["command"].as_str().unwrap_or_default().to_owned();
                    Ok(ToolReturn::text(
                        format!("ran {text}"),
                        json!({"stdout": text}),
                    ))
                }
                Does::Fail => Ok(ToolReturn {
                    content: vec![Block::text("it broke")],
                    data: json!({"code": 3}),
                    marks: Vec::new(),
                    failed: true,
                }),
                Does::Hang => {
                    (cx.progress)("still here".to_owned());
                    cx.stop.cancelled().await;
                    Err(ToolFault::Tell("stopped".to_owned()))
                }
                Does::Finish => Ok(ToolReturn {
                    content: vec![Block::text("taken")],
                    data: input,
                    marks: vec![Mark::TurnDone],
                    failed: false,
                }),
                Does::Abort => Err(ToolFault::Abort("the world is gone".to_owned())),
            }
        })
    }
}

/// A host on which nothing exists.
pub(super) struct Nowhere;

fn nothing<T: Send>(path: &Path) -> Later<'_, Result<T, HostFault>> {
    Box::pin(async move {
        Err(HostFault::NotFound {
            path: path.to_owned(),
        })
    })
}

impl Host for Nowhere {
    fn stat<'a>(&'a self, path: &'a Path) -> Later<'a, Result<FileInfo, HostFault>> {
        nothing(path)
    }

    fn read<'a>(
        &'a self,
        path: &'a Path,
        _limit_bytes: u64,
    ) -> Later<'a, Result<(Vec<u8>, Stamp), HostFault>> {
        nothing(path)
    }

    fn read_lines<'a>(
        &'a self,
        path: &'a Path,
        _window: LineWindow,
        _stop: &'a Stop,
    ) -> Later<'a, Result<TextWindow, HostFault>> {
        nothing(path)
    }

    fn write<'a>(
        &'a self,
        path: &'a Path,
        _bytes: &'a [u8],
        _how: WriteHow,
    ) -> Later<'a, Result<Stamp, HostFault>> {
        nothing(path)
    }

    fn list<'a>(
        &'a self,
        path: &'a Path,
        _limit: usize,
    ) -> Later<'a, Result<(Vec<DirItem>, bool), HostFault>> {
        nothing(path)
    }

    fn glob<'a>(
        &'a self,
        _query: GlobQuery,
        _stop: &'a Stop,
    ) -> Later<'a, Result<GlobFound, HostFault>> {
        nothing(Path::new("/"))
    }

    fn grep<'a>(
        &'a self,
        _query: GrepQuery,
        _stop: &'a Stop,
    ) -> Later<'a, Result<GrepFound, HostFault>> {
        nothing(Path::new("/"))
    }

    fn spawn(&self, _launch: Launch) -> Result<Box<dyn Child>, HostFault> {
        Err(HostFault::Stopped)
    }

    fn group_lives(&self, _group: i32) -> bool {
        false
    }

    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}
