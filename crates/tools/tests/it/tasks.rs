//! Background tasks from start to end, and across a restart.

use crate::rig::Rig;
use gimlet_protocol::{Mark, TaskId};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn start(rig: &Rig, command: &str) -> String {
    let gave = rig.call(
        "Bash",
        json!({"command": command, "run_in_background": true}),
    );
    assert!(!gave.failed, "{}", gave.text);
    gave.data["backgroundTaskId"].as_str().unwrap().to_owned()
}

fn look(id: &str) -> Value {
    json!({"task_id": id, "block": false})
}

fn wait(id: &str) -> Value {
    json!({"task_id": id, "timeout": 20_000})
}

#[test]
fn a_task_is_started_looked_at_and_seen_to_end() {
    let rig = Rig::new();
    let gave = rig.call("Bash", json!({"command": "echo one; while [ ! -f go ]; do sleep 0.02; done; echo two; exit 5", "run_in_background": true}));
    insta::assert_snapshot!(gave.text, @r#"started in the background as task bash_1; its output goes to /scratch/bash_1.txt. TaskOutput {"task_id":"bash_1"} shows new output and the state, TaskStop {"task_id":"bash_1"} ends it"#);
    assert!(matches!(
        gave.marks.as_slice(),
        [Mark::TaskStarted { group: Some(_), .. }]
    ));
    assert_eq!(rig.set.borrow().tasks.running(), 1);
    let running = rig.call("TaskOutput", json!({"task_id": "bash_1", "timeout": 300}));
    assert_eq!(running.text, "[task bash_1 is running]\none");
    assert_eq!(running.data["retrieval_status"], "timeout");
    assert_eq!(
        rig.ok("TaskOutput", look("bash_1")),
        "[task bash_1 is running]\n[no new output]"
    );
    rig.put("go", "");
    let ended = rig.call("TaskOutput", wait("bash_1"));
    assert_eq!(ended.text, "[task bash_1 ended with exit code 5]\ntwo");
    assert_eq!(
        ended.marks,
        [Mark::TaskEnded {
            task: TaskId::from("bash_1"),
            code: Some(5)
        }]
    );
    assert_eq!(
        ended.data,
        json!({"retrieval_status": "success", "task": {
            "task_id": "bash_1", "task_type": "local_bash", "status": "failed",
            "description": rig.scene.borrow().desk.tasks[&TaskId::from("bash_1")].command,
            "output": "two", "exitCode": 5
        }})
    );
    assert_eq!(
        rig.ok("TaskOutput", wait("bash_1")),
        "[task bash_1 ended with exit code 5]\n[no new output]"
    );
    assert_eq!(
        rig.set.borrow().tasks.ended_since_last_look(),
        [],
        "the model knows already"
    );
}

#[test]
fn a_line_that_grows_is_shown_piece_by_piece() {
    let rig = Rig::new();
    let id = start(
        &rig,
        "printf abc; touch here; while [ ! -f go ]; do sleep 0.02; done; printf 'def\\nghi\\n'",
    );
    while !rig.path("here").exists() {
        std::thread::yield_now();
    }
    assert_eq!(
        rig.ok("TaskOutput", look(&id)),
        "[task bash_1 is running]\nabc"
    );
    rig.put("go", "");
    assert_eq!(
        rig.ok("TaskOutput", wait(&id)),
        "[task bash_1 ended with exit code 0]\ndef\nghi"
    );
}

#[test]
fn the_end_of_a_task_is_noticed_once() {
    let rig = Rig::new();
    let id = start(&rig, "echo out; exit 2");
    let ended = loop {
        let ended = rig.set.borrow().tasks.ended_since_last_look();
        if !ended.is_empty() {
            break ended;
        }
        std::thread::yield_now();
    };
    let notices: Vec<String> = ended.iter().map(|task| rig.plain(&task.notice())).collect();
    assert_eq!(
        notices,
        [
            "background task bash_1 ended with exit code 2: echo out; exit 2\nits output is in \
          /scratch/bash_1.txt"
        ]
    );
    assert_eq!(
        ended[0].mark(),
        Mark::TaskEnded {
            task: TaskId(id),
            code: Some(2)
        }
    );
    assert_eq!(rig.set.borrow().tasks.ended_since_last_look(), []);
}

#[test]
fn stopping_a_task_ends_its_whole_group() {
    let rig = Rig::new();
    let id = start(
        &rig,
        "sleep 300 & echo $! > pid.part; mv pid.part pid; wait",
    );
    while !rig.path("pid").exists() {
        std::thread::yield_now();
    }
    let gave = rig.call("TaskStop", json!({"task_id": id}));
    assert_eq!(gave.text, "task bash_1 and its children were stopped");
    assert_eq!(gave.data["task_id"], "bash_1");
    assert!(matches!(gave.marks.as_slice(), [Mark::TaskEnded { .. }]));
    assert!(!lives(rig.content("pid").trim()));
    let again = rig.ok("TaskStop", json!({"task_id": id}));
    assert!(
        again.starts_with("task bash_1 had ended before: it "),
        "{again}"
    );
    assert_eq!(rig.set.borrow().tasks.ended_since_last_look(), []);
}

fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    Path::new(&format!("/proc/{pid}")).exists() && !stat.contains(") Z ")
}

#[test]
fn tasks_end_with_the_session() {
    let rig = Rig::new();
    start(&rig, "echo $$ > pid.part; mv pid.part pid; exec sleep 300");
    while !rig.path("pid").exists() {
        std::thread::yield_now();
    }
    let pid = rig.content("pid");
    assert!(lives(pid.trim()));
    rig.restart();
    while lives(pid.trim()) {
        std::thread::yield_now();
    }
    // Its group lasts until what is left of the process was taken away.
    let gave = loop {
        let gave = rig.call("TaskOutput", look("bash_1"));
        if !gave.text.contains("is still running") {
            break gave;
        }
    };
    assert_eq!(
        gave.text,
        "[task bash_1 is gone: it ended while no session was there to see its exit code]\n[no new \
         output]"
    );
    assert_eq!(
        gave.marks,
        [Mark::TaskEnded {
            task: TaskId::from("bash_1"),
            code: None
        }]
    );
    assert_eq!(
        rig.ok("TaskOutput", look("bash_1")),
        "[task bash_1 ended; its exit code is not known]\n[no new output]"
    );
    assert_eq!(
        rig.ok("TaskStop", json!({"task_id": "bash_1"})),
        "task bash_1 is not running any more"
    );
    assert_eq!(start(&rig, "true"), "bash_2");
}

#[test]
fn a_task_of_an_earlier_run_that_still_runs_is_told_so() {
    let rig = Rig::new();
    start(&rig, "sleep 300");
    // The set is kept alive beside the new one, as a killed process would have left the group.
    let old = rig.set.borrow().clone();
    rig.restart();
    let text = rig.ok("TaskOutput", look("bash_1"));
    assert!(text.starts_with("[task bash_1 was started by an earlier run and its process group "));
    let refusal = rig.fails("TaskStop", json!({"task_id": "bash_1"}));
    assert!(
        refusal.contains("is still running. If it is still the same command"),
        "{refusal}"
    );
    drop(old);
}

#[test]
fn much_output_of_a_task_is_cut_to_its_end() {
    let rig = Rig::new();
    let id = start(&rig, "seq 1 100000; echo short");
    let text = rig.ok("TaskOutput", wait(&id));
    assert!(text.len() < 31_000, "{}", text.len());
    assert!(
        text.starts_with("[task bash_1 ended with exit code 0]\n["),
        "{}",
        &text[..200]
    );
    assert!(text.contains("lines are left out here; all output is in /scratch/bash_1.txt]\n"));
    assert!(
        text.ends_with("\n99999\n100000\nshort"),
        "{}",
        &text[text.len() - 60..]
    );
    assert_eq!(
        rig.ok("TaskOutput", wait(&id)),
        "[task bash_1 ended with exit code 0]\n[no new output]"
    );
}

#[test]
fn a_task_that_nobody_knows_is_told() {
    let rig = Rig::new();
    assert_eq!(
        rig.fails("TaskOutput", look("x")),
        "there is no task x; no background task was started"
    );
    start(&rig, "true");
    assert_eq!(
        rig.fails("TaskStop", json!({"task_id": "x"})),
        "there is no task x; known tasks: bash_1"
    );
}

#[test]
fn a_detached_task_outlives_the_session() {
    let rig = Rig::new();
    let command = "echo $$ > pid.part; mv pid.part pid; while [ ! -f go ]; do sleep 0.02; done; echo x > done";
    let input = json!({"command": command, "run_in_background": true, "detach": true});
    assert!(!rig.call("Bash", input).failed);
    while !rig.path("pid").exists() {
        std::thread::yield_now();
    }
    let pid = rig.content("pid");
    rig.restart();
    assert!(lives(pid.trim()));
    let text = rig.ok("TaskOutput", look("bash_1"));
    assert!(
        text.starts_with("[task bash_1 was started by an earlier run"),
        "{text}"
    );
    rig.put("go", "");
    while lives(pid.trim()) {
        std::thread::yield_now();
    }
    assert_eq!(rig.content("done").trim(), "x");
}
