//! The ledger against what the server counted: to the byte and to the token.

use crate::{rig::Rig, wire::Wire};
use gimlet_testkit::sse::{Gate, Reply, Script};
use rustix::process::Signal;
use serde_json::{Value, json};

/// What each whole reply counts: input, written to the cache, read from it, output.
const COUNTS: [u64; 4] = [100, 20, 3, 40];

fn counted(script: Script) -> Script {
    let [input, written, read, output] = COUNTS;
    script.usage(
        json!({
            "input_tokens": input,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "output_tokens": 1,
        }),
        json!({"output_tokens": output}),
    )
}

#[test]
fn the_ledger_counts_what_the_server_counted_with_retries_tools_and_an_interruption() {
    let rig = Rig::new();
    let wire = Wire::new();
    rig.file("a.txt", "one \"quoted\" line\n");
    // Told to come again, then a round with a tool.
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded").header("retry-after", "0"));
    let read = json!({"file_path": rig.work().join("a.txt")});
    wire.answer(Reply::events(&counted(
        Script::new().call("toolu_1", "Read", &read),
    )));
    wire.answer(Reply::events(&counted(Script::new().text("One line."))));
    rig.connected(&wire, ["-p", "Read a.txt"])
        .finish()
        .expect(0);
    // Cut short by the person, in another process.
    let gate = Gate::closed();
    let long = counted(Script::new().text_in_pieces("These words were heard. These not.", 8));
    wire.answer(Reply::events(&long).held_after(700, &gate));
    let stream = ["--output-format", "stream-json", "--verbose"];
    let live = rig
        .connected(&wire, ["-p", "--continue", "Talk"])
        .args(stream)
        .start();
    wire.reached(&gate);
    live.signal(Signal::INT);
    live.finish().expect(1);
    // And one more round.
    wire.answer(Reply::events(&counted(
        Script::new().call("toolu_2", "Read", &read),
    )));
    wire.answer(Reply::events(&counted(Script::new().text("The same."))));
    rig.connected(&wire, ["-p", "--continue", "Again"])
        .finish()
        .expect(0);

    let report = rig.gimlet(["cost", "--json"]).finish().expect(0).json();
    let rows = report["requests"].as_array().unwrap();
    let of = |row: &Value, field: &str| row[field].as_u64().unwrap();
    let sent: Vec<u64> = rows.iter().map(|row| of(row, "sent_bytes")).collect();
    let arrived: Vec<u64> = wire
        .requests()
        .iter()
        .map(|request| request.body.len() as u64)
        .collect();
    assert_eq!(sent, arrived);
    let [input, written, read, output] = COUNTS;
    assert_eq!(
        report["usage"],
        json!({
            "input_tokens": 5 * input,
            "output_tokens": 4 * output + 1,
            "cache_read_tokens": 5 * read,
            "cache_write_tokens": 5 * written,
            "thinking_tokens": 0,
        })
    );
    let finishes: Vec<&str> = rows
        .iter()
        .map(|row| row["finish"].as_str().unwrap())
        .collect();
    assert_eq!(
        finishes,
        [
            "failed: busy",
            "complete",
            "complete",
            "interrupted",
            "complete",
            "complete"
        ]
    );
    // The first of each process has nothing in front of it; the others keep all.
    let kept: Vec<bool> = rows.iter().map(|row| of(row, "kept_bytes") > 0).collect();
    assert_eq!(kept, [false, true, true, false, false, true]);
    assert!(
        rows.iter().all(|row| row.get("broke_because").is_none()),
        "{report:#}"
    );
}

#[test]
fn the_bill_over_sessions_has_the_sums_of_the_ledger_however_it_is_added_up() {
    let rig = Rig::new();
    let wire = Wire::new();
    let read = json!({"file_path": rig.work().join("greeting.txt")});
    wire.answer(Reply::events(&counted(
        Script::new().call("toolu_1", "Read", &read),
    )));
    wire.answer(Reply::events(&counted(Script::new().text("Two lines."))));
    rig.connected(&wire, ["-p", "Read =greeting"])
        .finish()
        .expect(0);
    wire.answer(Reply::events(&counted(Script::new().text("Hello."))));
    rig.connected(&wire, ["-p", "Say hello"]).finish().expect(0);
    // What a fork copied is not paid twice.
    wire.answer(Reply::events(&counted(Script::new().text("Once more."))));
    rig.connected(&wire, ["-p", "--continue", "--fork-session", "Again"])
        .finish()
        .expect(0);

    let [input, written, read, output] = COUNTS;
    for by in [
        "session",
        "day",
        "model",
        "project",
        "tool",
        "asker",
        "sub-agent",
    ] {
        let report = rig
            .gimlet(["cost", "--by", by, "--json"])
            .finish()
            .expect(0)
            .json();
        assert_eq!(
            report["total"]["usage"],
            json!({
                "input_tokens": 4 * input,
                "output_tokens": 4 * output,
                "cache_read_tokens": 4 * read,
                "cache_write_tokens": 4 * written,
                "thinking_tokens": 0,
            }),
            "{report:#}"
        );
        let sum = |field: &str| -> u64 {
            let lines = report["lines"].as_array().unwrap();
            lines.iter().map(|line| line[field].as_u64().unwrap()).sum()
        };
        assert_eq!(report["total"]["micro_usd"], sum("micro_usd"));
        assert_eq!(report["total"]["sent_bytes"], sum("sent_bytes"));
    }
    let sheet = rig
        .gimlet(["cost", "--by", "tool", "--format", "csv"])
        .finish()
        .expect(0);
    let sheet = sheet.out();
    let labels: Vec<&str> = sheet
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(labels, ["tool", "\"no tool\"", "\"Read\""]);
    // Nothing before tomorrow.
    let none = rig
        .gimlet(["cost", "--by", "day", "--since", "2999-01-01"])
        .finish()
        .expect(0);
    assert_eq!(none.out(), "No request was made in these sessions.\n");
    let page = rig.root().join("bill.html");
    let to_page = ["cost", "--by", "session", "--format", "html", "--output"];
    let made = rig.gimlet(to_page).args([page.to_str().unwrap()]);
    made.finish().expect(0);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(
        text.contains("Read =greeting") && text.contains("<svg "),
        "{text}"
    );
    let again = rig.gimlet(to_page).args([page.to_str().unwrap()]);
    again.finish().expect(2);
}

/// A worker that reads a file and reports, started so that the call waits.
fn hire(id: &str) -> Script {
    let input = json!({
        "description": "read it", "prompt": "Read a.txt.", "subagent_type": "explore",
        "run_in_background": false,
    });
    Script::new().call(id, "Agent", &input)
}

#[test]
fn the_ledger_counts_what_the_server_counted_of_workers_too() {
    let rig = Rig::new();
    let wire = Wire::new();
    rig.file("a.txt", "one line\n");
    let read = json!({"file_path": rig.work().join("a.txt")});
    let whole = |script: Script| Reply::events(&counted(script));
    // A worker that is told to come again, calls a tool and reports.
    wire.answer(whole(hire("toolu_1")));
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded").header("retry-after", "0"));
    wire.answer(whole(Script::new().call("toolu_2", "Read", &read)));
    wire.answer(whole(Script::new().text("It has one line.")));
    wire.answer(whole(Script::new().text("One line.")));
    rig.connected(&wire, ["-p", "Read a.txt"])
        .finish()
        .expect(0);
    // One that is cut short with its call, in another process.
    let gate = Gate::closed();
    let long = counted(Script::new().text_in_pieces("These words were heard. These not.", 8));
    wire.answer(whole(hire("toolu_3")));
    wire.answer(Reply::events(&long).held_after(700, &gate));
    let stream = ["--output-format", "stream-json", "--verbose"];
    let live = rig
        .connected(&wire, ["-p", "--continue", "Again"])
        .args(stream)
        .start();
    wire.reached(&gate);
    live.signal(Signal::INT);
    live.finish().expect(1);

    let report = rig.gimlet(["cost", "--json"]).finish().expect(0).json();
    let rows = report["requests"].as_array().unwrap();
    let mut sent: Vec<u64> = rows
        .iter()
        .map(|row| row["sent_bytes"].as_u64().unwrap())
        .collect();
    let requests = wire.requests();
    let mut arrived: Vec<u64> = requests
        .iter()
        .map(|request| request.body.len() as u64)
        .collect();
    sent.sort_unstable();
    arrived.sort_unstable();
    assert_eq!(sent, arrived, "{report:#}");
    let [input, written, read, output] = COUNTS;
    assert_eq!(
        report["usage"],
        json!({
            "input_tokens": 6 * input,
            "output_tokens": 5 * output + 1,
            "cache_read_tokens": 6 * read,
            "cache_write_tokens": 6 * written,
            "thinking_tokens": 0,
        }),
        "{report:#}"
    );
    let finishes = |finish: &str| rows.iter().filter(|row| row["finish"] == finish).count();
    let counts = ["failed: busy", "complete", "interrupted"].map(finishes);
    assert_eq!(counts, [1, 5, 1], "{report:#}");
}

#[test]
fn requests_keep_their_prefix_with_searches_reminders_modes_and_workers_in_play() {
    let rig = Rig::new();
    let wire = Wire::new();
    rig.file("a.txt", "one line\n");
    let door = |tool: &str, input: Value| json!({"tool": tool, "input": input});
    let create = door(
        "TaskCreate",
        json!({"subject": "Read", "description": "a.txt"}),
    );
    let long = json!({"command": "true", "run_in_background": true});
    for (id, tool, input) in [
        (
            "toolu_1",
            "ToolSearch",
            json!({"query": "select:TaskCreate"}),
        ),
        ("toolu_2", "CallTool", create),
        ("toolu_3", "Bash", long),
        ("toolu_4", "CallTool", door("EnterPlanMode", json!({}))),
    ] {
        wire.calls(id, tool, input);
    }
    wire.answer(Reply::events(&hire("toolu_5")));
    wire.says("It has one line.");
    wire.says("Done.");
    let first = ["-p", "Read a.txt", "--allowedTools", "Bash"];
    rig.connected(&wire, first).finish().expect(0);
    wire.says("Again.");
    let again = [
        "-p",
        "--continue",
        "Again",
        "--permission-mode",
        "acceptEdits",
    ];
    rig.connected(&wire, again).finish().expect(0);

    let of_worker = |body: &Value| body["system"].to_string().contains("You work for another");
    let bodies: Vec<Value> = wire.bodies().into_iter().map(without_markers).collect();
    let main: Vec<&Value> = bodies.iter().filter(|body| !of_worker(body)).collect();
    assert_eq!((bodies.len(), main.len()), (8, 7));
    for pair in main.windows(2) {
        for frozen in ["model", "system", "tools"] {
            assert_eq!(pair[0][frozen].to_string(), pair[1][frozen].to_string());
        }
        let messages = |body: &Value| -> Vec<String> {
            let messages = body["messages"].as_array().unwrap();
            messages.iter().map(ToString::to_string).collect()
        };
        let (before, after) = (messages(pair[0]), messages(pair[1]));
        assert!(after.len() > before.len());
        assert_eq!(before[..], after[..before.len()]);
    }
    let report = rig.gimlet(["cost", "--json"]).finish().expect(0).json();
    let rows = report["requests"].as_array().unwrap();
    assert!(
        rows.iter().all(|row| row.get("broke_because").is_none()),
        "{report:#}"
    );
}

/// A body without the markers of the cache, which move on.
fn without_markers(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.remove("cache_control");
            for member in members.values_mut() {
                *member = without_markers(member.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_markers(item.take());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}
