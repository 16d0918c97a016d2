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
