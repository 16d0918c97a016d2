//! What workers do, and what becomes of them.

use crate::rig::{Rig, call, job, say};
use gimlet_ports::Sessions as _;
use gimlet_protocol::{Fact, Mode, Op, Origin, Reply, ReplyScope, ReturnedHow, SessionId, Waits};
use serde_json::{Value, json};

/// A reply that never ends.
fn silence() -> Value {
    json!([{ "type": "wait" }])
}

fn usage(tokens: u64) -> Value {
    json!({ "type": "usage", "input_tokens": tokens, "output_tokens": tokens })
}

#[tokio::test]
async fn a_worker_reports_and_its_session_is_its_own() {
    let rig = Rig::new();
    rig.file("a.txt", "one\n");
    let path = rig.work().join("a.txt");
    let worker = rig.model(
        "worker",
        &[
            call("r1", "Read", json!({ "file_path": path })),
            say("It says one."),
        ],
    );
    let model = rig.model(
        "main",
        &[call("c1", "Agent", job("explore", &worker)), say("One.")],
    );
    let mut session = rig.begin(&model).await;
    session.turn("what does it say?").await;
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Done);
    assert!(text.starts_with("It says one."), "{text}");
    let hired = session.hired().remove(0);
    assert_eq!((hired.kind.as_str(), hired.depth), ("explore", 1));
    assert_eq!(hired.waits, Waits::ForReport);
    let reported = session.reported().remove(0);
    assert_eq!((reported.how, reported.calls), (ReturnedHow::Done, 1));
    let id = session.close().await;

    let log = rig.log(&hired.worker);
    let Some(Fact::Opened(opened)) = log.first() else {
        panic!("{log:?}")
    };
    let tools: Vec<&str> = opened.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, ["CallTool", "Glob", "Grep", "Read", "ToolSearch"]);
    // It is not among the person's sessions, but found by its id.
    let newest = rig.store().newest(&rig.work()).unwrap();
    assert_eq!(newest, id);
    assert_eq!(
        rig.store().find(hired.worker.as_str(), &rig.work()),
        Ok(hired.worker)
    );
}

#[tokio::test]
async fn the_ledger_counts_what_workers_spend_once() {
    let rig = Rig::new();
    let price = Some((1.0, 1.0));
    let inner = rig.priced_model(
        "inner",
        &[json!([{"type": "text", "text": "deep"}, usage(100)])],
        price,
    );
    let worker = rig.priced_model(
        "worker",
        &[
            json!([
                {"type": "call", "tool": "Agent", "input": job("explore", &inner), "id": "i1"},
                usage(30),
            ]),
            json!([{"type": "text", "text": "done"}, usage(5)]),
        ],
        price,
    );
    let model = rig.priced_model(
        "main",
        &[
            json!([
                {"type": "call", "tool": "Agent", "input": job("general", &worker), "id": "c1"},
                usage(2),
            ]),
            json!([{"type": "text", "text": "all"}, usage(1)]),
        ],
        price,
    );
    let mut session = rig.begin(&model).await;
    session.turn("go").await;
    let told: u64 = session
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Spent(spent) => spent.cost.micro_usd,
            _ => None,
        })
        .sum();
    let id = session.close().await;
    let report = rig.cost(&id);
    assert_eq!(report.micro_usd, 2 * (100 + 30 + 5 + 2 + 1));
    assert_eq!(told, report.micro_usd);
    let askers: Vec<(&str, u64)> = report
        .by_asker
        .iter()
        .map(|(asker, sum)| (asker.as_str(), sum.requests))
        .collect();
    assert_eq!(
        askers,
        [
            ("main", 2),
            ("sub-agent explore", 1),
            ("sub-agent general", 2)
        ]
    );
}

#[tokio::test]
async fn no_worker_passes_the_budget() {
    let mut rig = Rig::new();
    rig.launch.max_budget_usd = Some(0.05);
    let price = Some((1.0, 1.0));
    let replies: Vec<Value> = (0..50)
        .map(|n| {
            json!([
                {"type": "call", "tool": "Glob", "input": {"pattern": "*"}, "id": format!("g{n}")},
                {"type": "usage", "input_tokens": 1000, "output_tokens": 1000},
            ])
        })
        .collect();
    let workers: Vec<String> = (0..4)
        .map(|n| rig.priced_model(&format!("worker{n}"), &replies, price))
        .collect();
    let calls: Vec<Value> = workers
        .iter()
        .enumerate()
        .map(|(n, worker)| {
            json!({"type": "call", "tool": "Agent", "input": job("explore", worker), "id": format!("c{n}")})
        })
        .collect();
    let model = rig.priced_model("main", &[json!(calls), say("enough")], price);
    let mut session = rig.begin(&model).await;
    session.turn("spend").await;
    let ended: Vec<ReturnedHow> = session.results().iter().map(|(one, _)| one.how).collect();
    assert_eq!(ended, [ReturnedHow::Failed; 4]);
    assert!(
        session
            .results()
            .iter()
            .all(|(_, text)| text.contains("the budget of $0.0500")),
        "{:?}",
        session.results()
    );
    let id = session.close().await;
    let spent = rig.cost(&id).micro_usd;
    assert!(spent <= 50_000, "{spent}");
    assert!(spent > 20_000, "{spent}");
}

#[tokio::test]
async fn depth_and_number_are_bounded() {
    let mut rig = Rig::new();
    rig.launch.settings = Some(r#"{"maxWorkerDepth": 1, "maxWorkers": 1}"#.to_owned());
    let stuck = rig.model("stuck", &[silence()]);
    let worker = rig.model(
        "worker",
        &[call("i1", "Agent", job("explore", "")), say("alone")],
    );
    let mut background = job("explore", &stuck);
    background["run_in_background"] = json!(true);
    let model = rig.model(
        "main",
        &[
            call("c1", "Agent", job("general", &worker)),
            call("c2", "Agent", background),
            call("c3", "Agent", job("explore", &worker)),
            say("so it is"),
        ],
    );
    let mut session = rig.begin(&model).await;
    session.turn("go").await;
    let texts: Vec<String> = session
        .results()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert!(
        texts.iter().any(|text| text.starts_with("alone")),
        "{texts:?}"
    );
    assert!(
        texts
            .iter()
            .any(|text| text.contains("1 workers are running and 1 may")),
        "{texts:?}"
    );
    let first = session.hired().remove(0).worker;
    session.close().await;
    let refused = rig.log(&first).into_iter().find_map(|fact| match fact {
        Fact::Refused(refused) => Some(refused.text),
        _ => None,
    });
    assert!(refused.unwrap().starts_with("There is no tool `Agent`"));
}

#[tokio::test]
async fn an_interrupt_ends_the_worker_and_its_worker_within_100_ms() {
    let rig = Rig::new();
    let stuck = rig.model("stuck", &[silence()]);
    let deep = rig.model("deep", &[call("i1", "Agent", job("explore", &stuck))]);
    let model = rig.model("main", &[call("c1", "Agent", job("general", &deep))]);
    let mut session = rig.begin(&model).await;
    session.prompt("wait").await;
    let worker = session.until(|facts| hired(facts, 0)).await;
    // The inner worker is the second that waits.
    let inner = loop {
        let log = rig.log(&worker);
        if let Some(inner) = hired(&log, 0)
            && rig
                .log(&inner)
                .iter()
                .any(|fact| matches!(fact, Fact::Prompted(_)))
        {
            break inner;
        }
        tokio::task::yield_now().await;
    };
    session.submit(Op::Interrupt).await;
    session
        .until(|facts| {
            facts
                .iter()
                .find(|fact| matches!(fact, Fact::Returned(_)))
                .map(drop)
        })
        .await;
    // By the times that the logs give, so that the waiting of this test is not counted.
    let interrupted = |id: &SessionId| {
        let mut entries = rig.entries(id).into_iter();
        entries.find_map(|entry| matches!(entry.fact, Fact::Interrupted(_)).then_some(entry.at))
    };
    let asked = interrupted(&session.id).unwrap();
    for id in [&worker, &inner] {
        let ended = loop {
            match interrupted(id) {
                Some(ended) => break ended,
                None => tokio::task::yield_now().await,
            }
        };
        assert!(
            ended.0 - asked.0 <= 100,
            "{id} went on for {} ms",
            ended.0 - asked.0
        );
    }
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Interrupted);
    assert!(
        text.contains("The worker was interrupted with this call."),
        "{text}"
    );
}

fn hired(facts: &[Fact], place: usize) -> Option<SessionId> {
    let mut hired = facts.iter().filter_map(|fact| match fact {
        Fact::Hired(hired) => Some(hired.worker.clone()),
        _ => None,
    });
    hired.nth(place)
}

#[tokio::test]
async fn a_worker_in_the_background_is_told_of_once_and_goes_on_when_spoken_to() {
    let rig = Rig::new();
    let worker = rig.model("worker", &[say("first report"), say("second report")]);
    let mut background = job("explore", &worker);
    // Where nothing is said, the session does not wait.
    background
        .as_object_mut()
        .unwrap()
        .remove("run_in_background");
    background["name"] = json!("finder");
    let model = rig.model(
        "main",
        &[
            call("c1", "Agent", background),
            say("it runs"),
            say("heard the first"),
            call(
                "c2",
                "CallTool",
                json!({"tool": "SendMessage", "input": {"to": "finder", "message": "and then?"}}),
            ),
            say("asked again"),
            say("heard the second"),
        ],
    );
    let mut session = rig.begin(&model).await;
    session.prompt("go").await;
    let heard = |text: &'static str| {
        move |facts: &[Fact]| {
            let said = |fact: &Fact| matches!(fact, Fact::Said(said) if said.text == text);
            facts.iter().any(said).then_some(())
        }
    };
    session.until(heard("heard the first")).await;
    session.turn("ask it").await;
    session.until(heard("heard the second")).await;
    let told: Vec<String> = session
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Prompted(incoming) | Fact::Steered(incoming)
                if incoming.origin == Origin::Task =>
            {
                Some(crate::rig::text_of(&incoming.content))
            }
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("first report") && told[1].contains("second report"),
        "{told:?}"
    );
    assert_eq!(session.hired().len(), 1);
    session.close().await;
}

#[tokio::test]
async fn after_a_crash_the_call_is_buried_and_the_worker_goes_on_by_its_id() {
    let rig = Rig::new();
    let worker = rig.model("worker", &[silence(), say("picked up")]);
    let model = rig.model("main", &[call("c1", "Agent", job("explore", &worker))]);
    let mut session = rig.begin(&model).await;
    session.prompt("go").await;
    let id = session.until(|facts| hired(facts, 0)).await;
    while !rig
        .log(&id)
        .iter()
        .any(|fact| matches!(fact, Fact::Prompted(_)))
    {
        tokio::task::yield_now().await;
    }
    let top = session.id.clone();
    // All of the process is gone at once.
    drop(session);
    for _ in 0..1000 {
        if rig.store().open(&top).is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }

    let second = rig.model(
        "main",
        &[
            call(
                "c2",
                "CallTool",
                json!({"tool": "SendMessage", "input": {"to": id, "message": "go on"}}),
            ),
            say("waiting"),
            say("heard"),
        ],
    );
    assert_eq!(second, model);
    // Its own script begins anew as well.
    rig.model("worker", &[say("picked up")]);
    let mut session = rig.resume(&top).await;
    session.submit(Op::Resume).await;
    session
        .until(|facts| {
            facts
                .iter()
                .find(|fact| matches!(fact, Fact::Reported(_)))
                .map(drop)
        })
        .await;
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Lost);
    assert!(
        text.contains(&format!("Its worker {id} stopped with it")),
        "{text}"
    );
    let log = rig.log(&id);
    assert!(
        log.iter()
            .any(|fact| matches!(fact, Fact::Said(said) if said.text == "picked up"))
    );
    session.close().await;
}

#[tokio::test]
async fn a_failing_worker_has_a_report_that_says_so() {
    let rig = Rig::new();
    let worker = rig.model(
        "worker",
        &[json!([{"type": "fail", "class": "credentials", "text": "the key is wrong"}])],
    );
    let model = rig.model(
        "main",
        &[call("c1", "Agent", job("explore", &worker)), say("no")],
    );
    let mut session = rig.begin(&model).await;
    session.turn("go").await;
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Failed);
    assert!(
        text.starts_with("The worker failed: the key is wrong"),
        "{text}"
    );
    session.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_hangs_is_ended_at_its_deadline() {
    let mut rig = Rig::new();
    rig.launch.settings = Some(r#"{"workerMinutes": 1}"#.to_owned());
    let worker = rig.model("worker", &[silence()]);
    let model = rig.model(
        "main",
        &[call("c1", "Agent", job("explore", &worker)), say("no")],
    );
    let mut session = rig.begin(&model).await;
    session.prompt("go").await;
    let facts = session.until(|facts| {
        facts
            .iter()
            .any(|fact| matches!(fact, Fact::Returned(_)))
            .then_some(())
    });
    facts.await;
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Failed);
    assert!(
        text.starts_with("The worker was ended after its deadline of 60 s."),
        "{text}"
    );
}

#[tokio::test]
async fn a_worker_asks_the_client_and_may_do_no_more_than_the_session() {
    let rig = Rig::new();
    let path = rig.work().join("new.txt");
    let write = |id: &str| call(id, "Write", json!({"file_path": path, "content": "made\n"}));
    let worker = rig.model(
        "worker",
        &[write("w1"), say("written"), write("w2"), say("not written")],
    );
    let model = rig.model(
        "main",
        &[
            call("c1", "Agent", job("general", &worker)),
            say("done"),
            call("c2", "Agent", job("general", &worker)),
            say("as it is"),
        ],
    );
    let mut session = rig.begin(&model).await;
    session.prompt("write").await;
    let id = session.until(|facts| hired(facts, 0)).await;
    let asked = loop {
        let asked = rig.log(&id).into_iter().find_map(|fact| match fact {
            Fact::Asked(asked) => Some(asked),
            _ => None,
        });
        match asked {
            Some(asked) => break asked,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(
        asked.question.title.starts_with("worker general: "),
        "{}",
        asked.question.title
    );
    let reply = Reply::Allow {
        scope: ReplyScope::Once,
        offer: 0,
        input: None,
    };
    let answer = Op::Answer {
        call: asked.call,
        reply,
    };
    session
        .hub
        .submit(id, "answer".into(), answer)
        .await
        .unwrap();
    session.rests().await;
    assert_eq!(rig.text("new.txt"), "made\n");

    std::fs::remove_file(&path).unwrap();
    session.mode(Mode::Plan).await;
    session.turn("again").await;
    assert!(!path.exists());
    let second = session.hired().remove(1).worker;
    let Some(Fact::Opened(opened)) = rig.log(&second).into_iter().next() else {
        panic!("no start")
    };
    assert_eq!(opened.mode, Mode::Plan);
    session.close().await;
}

#[tokio::test]
async fn a_project_defines_kinds_that_cannot_widen_anything() {
    let rig = Rig::new();
    rig.file(
        ".claude/agents/tests.md",
        "---\nname: tester\ndescription: runs tests\ntools: Bash, Read\npermissionMode: bypassPermissions\nmodel: inherit\n---\nYou run tests.\n",
    );
    rig.file(
        ".gimlet/agents/bad.md",
        "---\nname: bad\n---\nNo description.\n",
    );
    rig.file(".gimlet/agents/README.md", "Not a definition.\n");
    let model = rig.model(
        "main",
        &[
            call(
                "c1",
                "Agent",
                json!({
                    "description": "t", "prompt": "p", "subagent_type": "tester",
                    "run_in_background": false,
                }),
            ),
            say("tested"),
            say("done"),
        ],
    );
    let mut session = rig.begin(&model).await;
    session.turn("test").await;
    let notices = session.hub.take_notices();
    // A test cannot start itself to confine commands; that is said once, workers included.
    let unconfined = "sandbox: this program cannot start itself to confine commands; they run \
                      unconfined";
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices.contains(&unconfined.to_owned()), "{notices:?}");
    let bad = "bad.md: no kind of worker: it has no `description`";
    assert!(
        notices.iter().any(|notice| notice.ends_with(bad)),
        "{notices:?}"
    );
    let id = session.hired().remove(0).worker;
    let Some(Fact::Opened(opened)) = rig.log(&id).into_iter().next() else {
        panic!("no start")
    };
    assert_eq!(opened.mode, Mode::Default);
    assert!(opened.system[0].starts_with("You run tests.\n\nYou work for another agent"));
    session.close().await;
}

#[tokio::test]
async fn commands_that_cannot_be_confined_are_refused_where_the_settings_say_so() {
    let mut rig = Rig::new();
    rig.launch.settings = Some(r#"{"sandbox": {"failIfUnavailable": true}}"#.to_owned());
    let replies = [
        call("c1", "Bash", json!({"command": "echo ran > ran"})),
        say("done"),
    ];
    let mut session = rig.begin(&rig.model("main", &replies)).await;
    session.mode(Mode::AcceptEdits).await;
    session.turn("run").await;
    assert!(!rig.work().join("ran").exists());
    let notices = session.hub.take_notices();
    let refused = "sandbox: this program cannot start itself to confine commands; commands are \
                   refused, as sandbox.failIfUnavailable says";
    assert_eq!(notices, [refused]);
    session.close().await;
}

#[tokio::test]
async fn a_resting_session_is_woken_once_when_its_background_task_ends() {
    let mut rig = Rig::new();
    rig.launch.permission_mode = Some(Mode::BypassPermissions);
    let gate = rig.work().join("gate");
    let made = std::process::Command::new("mkfifo").arg(&gate).status();
    assert!(made.unwrap().success());
    let command = json!({"command": "cat gate; exit 3", "run_in_background": true});
    let model = rig.model(
        "main",
        &[
            call("b1", "Bash", command),
            say("it runs"),
            say("so it ended"),
        ],
    );
    let mut session = rig.begin(&model).await;
    session.turn("go").await;
    assert_eq!(session.facts.iter().filter(|fact| is_told(fact)).count(), 0);
    std::fs::write(&gate, "let through\n").unwrap();
    let said = |facts: &[Fact]| {
        let mut said = facts.iter();
        said.any(|fact| matches!(fact, Fact::Said(said) if said.text == "so it ended"))
            .then_some(())
    };
    session.until(said).await;
    let told: Vec<&Fact> = session.facts.iter().filter(|fact| is_told(fact)).collect();
    let [Fact::Prompted(incoming)] = told[..] else {
        panic!("{told:?}")
    };
    let text = crate::rig::text_of(&incoming.content);
    assert!(
        text.contains("ended with exit code 3: cat gate; exit 3"),
        "{text}"
    );
    session.close().await;
}

fn is_told(fact: &Fact) -> bool {
    matches!(fact, Fact::Prompted(incoming) if incoming.origin == Origin::Task)
}
