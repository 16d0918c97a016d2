//! What the model is told of each tool, and what the person is.

use crate::{rig::Rig, web::web};
use gimlet_ports::{
    Entered, Job, Later, Losses, Settle, Which, WorkerAnswer, WorkerKind, WorkerTold, Workers,
    Worktrees,
};
use gimlet_protocol::{CallId, Changes, Exposure, Lane, Risk, SessionId};
use gimlet_tools::{ToolOptions, freeze, toolbox, upkeep_tools, worker_tools, worktree_tools};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Workers of which only the kinds are looked at.
struct Nobody;

impl Workers for Nobody {
    fn kinds(&self) -> Vec<WorkerKind> {
        vec![WorkerKind {
            name: "explore".to_owned(),
            about: "finds things".to_owned(),
        }]
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(5)
    }

    fn start(&self, _: Job) -> Later<'_, Result<WorkerAnswer, String>> {
        Box::pin(async { Err("nobody is here".to_owned()) })
    }

    fn send(&self, _: CallId, to: String, _: String) -> Later<'_, Result<WorkerTold, String>> {
        Box::pin(async move { Err(format!("there is no worker `{to}`")) })
    }

    fn settle(
        &self,
        worker: SessionId,
        _: Changes,
        _: Settle,
    ) -> Later<'_, Result<String, String>> {
        Box::pin(async move { Err(format!("there is no worker `{worker}`")) })
    }
}

impl Worktrees for Nobody {
    fn enter(&self, root: PathBuf, _: Which) -> Later<'_, Result<Entered, String>> {
        Box::pin(async move { Err(format!("{} is no repository", root.display())) })
    }

    fn remove(&self, worktree: PathBuf, _: Losses) -> Later<'_, Result<(), String>> {
        Box::pin(async move { Err(format!("{} is no worktree", worktree.display())) })
    }
}

fn all() -> gimlet_tools::ToolSet {
    let schema = json!({"type": "object", "properties": {"sum": {"type": "integer"}}});
    let mut set = toolbox(ToolOptions {
        answer_schema: Some(schema),
        web: Some(web()),
    })
    .unwrap();
    let workers: Arc<dyn Workers> = Arc::new(Nobody);
    let worktrees: Arc<dyn Worktrees> = Arc::new(Nobody);
    let workers = worker_tools(&workers)
        .into_iter()
        .chain(worktree_tools(&worktrees));
    for tool in upkeep_tools(None, None).into_iter().chain(workers) {
        set.toolbox.add(tool).unwrap();
    }
    freeze(&mut set.toolbox, &[]);
    set
}

#[test]
fn each_tool_tells_the_model_what_its_snapshot_says() {
    for tool in all().toolbox.iter() {
        let spec = tool.spec();
        let schema = serde_json::to_string_pretty(&spec.input_schema).unwrap();
        let shown = format!("{}\n\n{schema}\n", spec.description);
        insta::assert_snapshot!(format!("tool_{}", tool.name()), shown);
    }
}

#[test]
fn all_tools_together_stay_short() {
    let set = all();
    let sizes: Vec<(Exposure, usize)> = set
        .toolbox
        .iter()
        .map(|tool| {
            let spec = tool.spec();
            let sent = json!({
                "name": spec.name,
                "description": spec.description,
                "input_schema": spec.input_schema,
            });
            (tool.exposure(), sent.to_string().len())
        })
        .collect();
    let all: usize = sizes.iter().map(|(_, size)| size).sum();
    let always: usize = sizes
        .iter()
        .filter(|(when, _)| *when == Exposure::Always)
        .map(|(_, size)| size)
        .sum();
    assert!(all < 25_000, "{all} bytes");
    assert!(always < 6_500, "{always} bytes");
}

#[test]
fn schemas_hold_nothing_that_a_provider_rejects_or_a_model_ignores() {
    fn check(value: &Value, tool: &str) {
        match value {
            Value::Object(fields) => {
                for noise in ["$schema", "title", "format", "default", "anyOf", "minimum"] {
                    let is_field = fields.get(noise).is_some_and(Value::is_object);
                    assert!(
                        is_field || !fields.contains_key(noise),
                        "{tool}: {noise} in {value}"
                    );
                }
                fields.values().for_each(|inner| check(inner, tool));
            }
            Value::Array(items) => items.iter().for_each(|inner| check(inner, tool)),
            Value::String(text) => assert_ne!(text, "null", "{tool}"),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    for tool in all().toolbox.iter() {
        let schema = tool.spec().input_schema;
        assert_eq!(schema["type"], "object");
        check(&schema, tool.name());
    }
}

#[test]
fn cards_are_as_people_are_told() {
    let mut table = String::new();
    for tool in all().toolbox.iter() {
        let risk = match tool.risk() {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        };
        let lane = match tool.lane() {
            Lane::Shared => "shared",
            Lane::Exclusive => "exclusive",
        };
        let when = match tool.exposure() {
            Exposure::Always => "always",
            Exposure::Deferred => "deferred",
            Exposure::OnRequest => "on request",
        };
        table.push_str(&format!(
            "{:16} {risk:6} {lane:9} {when:8} {:>3} s  {}\n",
            tool.name(),
            tool.deadline().as_secs(),
            tool.permission()
        ));
    }
    insta::assert_snapshot!("cards", table);
}

#[test]
fn plans_declare_what_calls_touch() {
    let rig = Rig::new();
    let check = |tool: &str, input: Value, title: &str, accesses: &[&str]| {
        assert_eq!(rig.plan(tool, &input).unwrap().title, title);
        assert_eq!(rig.accesses(tool, &input), accesses, "{tool}");
    };
    check(
        "Read",
        json!({"file_path": "a/../b.txt"}),
        "read b.txt",
        &["read /work/b.txt"],
    );
    check(
        "Read",
        json!({"file_path": "~/x"}),
        &format!(
            "read {}",
            rig.dir
                .path()
                .canonicalize()
                .unwrap()
                .join("home/x")
                .display()
        ),
        &["read /home/x"],
    );
    let both = ["read /work/b.txt", "write /work/b.txt"];
    check(
        "Write",
        json!({"file_path": "b.txt", "content": ""}),
        "write b.txt",
        &both,
    );
    check(
        "Edit",
        json!({"file_path": "b.txt", "old_string": "a", "new_string": "b"}),
        "edit b.txt",
        &both,
    );
    let edits = json!({"file_path": "b.txt", "edits": [{"old_string": "a", "new_string": "b"}]});
    check("MultiEdit", edits, "edit b.txt", &both);
    check(
        "Glob",
        json!({"pattern": "*.rs"}),
        "find *.rs in .",
        &["read /work"],
    );
    check(
        "Glob",
        json!({"pattern": "../x/*.rs"}),
        &format!(
            "find *.rs in {}",
            rig.dir.path().canonicalize().unwrap().join("x").display()
        ),
        &["read /x"],
    );
    check(
        "Grep",
        json!({"pattern": "x", "path": "src"}),
        "search x in src",
        &["read /work/src"],
    );
    check(
        "LS",
        json!({"path": "src"}),
        "list src",
        &["read /work/src"],
    );
    check(
        "Bash",
        json!({"command": "ls -l\npwd"}),
        "run `ls -l…`",
        &["run ls -l\npwd in /work"],
    );
    check(
        "Bash",
        json!({"command": "ls", "description": "List"}),
        "run `ls`",
        &["run ls in /work"],
    );
    check(
        "TaskOutput",
        json!({"task_id": "bash_1"}),
        "look at task bash_1",
        &[],
    );
    check(
        "TaskStop",
        json!({"task_id": "bash_1"}),
        "stop task bash_1",
        &[],
    );
    check("TodoWrite", json!({"todos": []}), "plan 0 steps", &[]);
}

#[test]
fn input_that_does_not_fit_is_told_with_the_tool_and_the_field() {
    let rig = Rig::new();
    assert_eq!(
        rig.fails("Read", json!({"limit": 5})),
        "the input of Read is wrong: missing field `file_path`"
    );
    assert_eq!(
        rig.fails("Read", json!({"file_path": "a", "limit": "many"})),
        "the input of Read is wrong: \"many\" is no whole number from 0 on"
    );
    assert_eq!(
        rig.fails("Read", json!({"file_path": ""})),
        "the path is empty"
    );
    assert_eq!(
        rig.fails("Bash", json!({"command": " "})),
        "the command is empty"
    );
    assert_eq!(
        rig.fails("Read", json!({"file_path": "a\u{0}"})),
        "the path contains a NUL character"
    );
}

#[test]
fn numbers_and_flags_are_taken_as_text_too() {
    let rig = Rig::new();
    rig.put("a.txt", "one\ntwo\nthree\n");
    let text = rig.ok(
        "Read",
        json!({"file_path": "a.txt", "offset": "2", "limit": 1.0}),
    );
    assert_eq!(text, "     2\ttwo\n[lines 2-2 of 3]\n");
    let text = rig.ok(
        "Grep",
        json!({"pattern": "T", "-i": "true", "output_mode": "content", "-n": null}),
    );
    assert_eq!(text, "a.txt:2:two\na.txt:3:three\n");
}
