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
