//! A background task that was started detached goes on when Gimlet ended, as confined as before;
//! `gimlet tasks` knows it and ends it.

use crate::{
    events::{Fifo, gone, outside, runs},
    rig::{DEADLINE, Live, Rig},
    wire::Wire,
};
use gimlet_testkit::sse::{Gate, Reply, Script};
use rustix::process::Signal;
use serde_json::json;
use std::{fs::OpenOptions, io::Write as _, time::Instant};

/// A task that says when it is up, goes on when it is told to, and then waits for ever.
struct Task {
    rig: Rig,
    wire: Wire,
    says: Fifo,
    _hears: Fifo,
}

impl Task {
    fn new() -> Self {
        let rig = Rig::new();
        let (says, hears) = (rig.work().join("says"), rig.work().join("hears"));
        Self {
            says: Fifo::new(&says),
            _hears: Fifo::new(&hears),
            wire: Wire::new(),
            rig,
        }
    }

    fn called(&self, detach: bool) {
        let outside = self.rig.home().join("outside");
        let script = format!(
            "echo $$ > pid; echo up > says; read x < hears; mkdir .husky; : > .husky/pre-commit; \
             : > {}; (exec 3<>/dev/tcp/127.0.0.1/3128) && echo proxy > network; \
             echo inside > written; echo on > says; read x < hears",
            outside.display()
        );
        self.rig.file("task.sh", script);
        let command = "bash task.sh";
        let input = json!({"command": command, "run_in_background": true, "detach": detach});
        self.wire.calls("toolu_1", "Bash", input);
    }

    fn begun(&self) -> Live {
        let bash = ["-p", "Start", "--allowedTools", "Bash Edit"];
        self.rig.connected(&self.wire, bash).start()
    }

    /// Starts it and kills Gimlet once it runs; returns its number.
    fn killed(&self, detach: bool) -> Option<i32> {
        self.called(detach);
        let gate = Gate::closed();
        let last = Reply::events(&Script::new().text("Never heard."));
        self.wire.answer(last.held_before_headers(&gate));
        let live = self.begun();
        self.wire.reached(&gate);
        assert_eq!(self.says.line(), "up");
        let number = self.number();
        live.signal(Signal::KILL);
        assert_eq!(live.finish().signal, Some(9));
        number
    }

    /// Its number as others see it.
    fn number(&self) -> Option<i32> {
        let inner = self.rig.text("pid").trim().parse().unwrap();
        outside(&self.rig.work(), inner)
    }

    fn tasks(&self, arguments: &[&str]) -> String {
        let run = self.rig.gimlet([&["tasks"], arguments].concat());
        run.finish().quietly().out()
    }

    /// It goes on, is confined as before, is listed, and is stopped.
    fn goes_on_and_is_stopped(&self) {
        let number = self.number().unwrap();
        let hears = self.rig.work().join("hears");
        let mut hears = OpenOptions::new().write(true).open(hears).unwrap();
        hears.write_all(b"go\n").unwrap();
        assert_eq!(self.says.line(), "on");
        assert_eq!(self.rig.text("written"), "inside\n");
        assert!(!self.rig.work().join(".husky/pre-commit").exists());
        assert!(!self.rig.home().join("outside").exists());
        assert!(!self.rig.work().join("network").exists());
        let listed = self.tasks(&[]);
        let group = rustix::process::getpgid(rustix::process::Pid::from_raw(number)).unwrap();
        let state = format!("bash_1  running, process group {}", group.as_raw_nonzero());
        assert!(listed.starts_with(&state), "{listed}");
        assert!(runs(number));
        assert_eq!(self.tasks(&["stop", "bash_1"]), "Stopped bash_1.\n");
        gone(number);
        let listed = self.tasks(&[]);
        assert!(!listed.contains("running"), "{listed}");
    }
}

#[test]
fn it_outlives_a_session_that_ends() {
    let task = Task::new();
    task.called(true);
    task.wire.says("Started.");
    assert_eq!(task.begun().finish().quietly().out(), "Started.\n");
    assert_eq!(task.says.line(), "up");
    task.goes_on_and_is_stopped();
}

#[test]
fn it_outlives_a_gimlet_that_is_killed() {
    let task = Task::new();
    task.killed(true);
    task.goes_on_and_is_stopped();
}

#[test]
fn what_is_not_detached_ends_with_a_gimlet_that_is_killed() {
    let task = Task::new();
    if let Some(number) = task.killed(false) {
        gone(number);
    }
    // Those who held it end right after it.
    let until = Instant::now() + DEADLINE;
    let mut listed = task.tasks(&[]);
    while listed.contains("running") {
        assert!(Instant::now() < until, "{listed}");
        listed = task.tasks(&[]);
    }
    assert!(listed.contains("ended, and nobody saw how"), "{listed}");
}
