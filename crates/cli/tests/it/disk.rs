//! A full disk in the middle of the work: a small tmpfs where it may be mounted, and always a
//! limit on the size of files.

use crate::{
    rig::{Finished, Rig, assert_shown},
    wire::Wire,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A file system of its own, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "gimlet-it"])
            .arg(at)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).output());
    }
}

const STREAM: [&str; 5] = [
    "--output-format",
    "stream-json",
    "--verbose",
    "--allowedTools",
    "Bash(seq 9000)",
];

/// The wire of a turn whose second fact does not fit.
fn overflowing() -> Wire {
    let wire = Wire::new();
    wire.calls("toolu_1", "Bash", json!({"command": "seq 9000"}));
    wire
}

/// What was shown of replies and results stands in the log.
fn nothing_shown_is_lost(rig: &Rig, run: &Finished) {
    let log = fs::read_to_string(rig.log()).unwrap();
    let mut shown = BTreeSet::new();
    for message in run.messages() {
        for block in message["message"]["content"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let id = block["id"]
                .as_str()
                .or_else(|| block["tool_use_id"].as_str());
            shown.extend(id.map(|id| format!("{} {id}", block["type"].as_str().unwrap())));
        }
    }
    assert!(shown.contains("tool_use toolu_1"), "{}", run.shown());
    assert!(log.contains("toolu_1"));
    let returned = log
        .lines()
        .any(|line| line.contains("\"type\":\"returned\""));
    assert!(
        returned || !shown.contains("tool_result toolu_1"),
        "{}",
        run.shown()
    );
}

fn goes_on(rig: &Rig, wire: &Wire) {
    wire.says("Room again.");
    let run = rig
        .connected(
            wire,
            ["-p", "--continue", "--allowedTools", "Bash(seq 9000)"],
        )
        .finish()
        .expect(0);
    assert_eq!(run.out(), "Room again.\n", "{}", run.shown());
}

#[test]
fn a_file_that_may_not_grow_ends_the_turn_and_the_session_goes_on_later() {
    let rig = Rig::new();
    let wire = overflowing();
    // The first entries take about 40 kB, the result of the command as much again.
    let limited = r#"trap '' XFSZ; ulimit -f 120; exec "$0" "$@""#;
    let run = rig
        .connected(&wire, ["-p", "Count"])
        .args(STREAM)
        .through(limited)
        .finish()
        .expect(4);
    let result: Value = run.messages().pop().unwrap();
    assert_eq!(
        (&result["type"], &result["is_error"]),
        (&json!("result"), &json!(true))
    );
    nothing_shown_is_lost(&rig, &run);
    goes_on(&rig, &wire);
}

#[test]
fn a_full_disk_is_told_nothing_is_lost_and_the_session_goes_on_when_there_is_room() {
    let rig = Rig::new();
    rig.distrust();
    fs::create_dir(rig.own()).unwrap();
    let Some(_disk) = SmallDisk::mount(&rig.own(), "2m") else {
        // Without the right to mount, the test above shows the same with a limit.
        return a_file_that_may_not_grow_ends_the_turn_and_the_session_goes_on_later();
    };
    rig.trust();
    let wire = overflowing();
    let ballast = rig.own().join("ballast");
    // Room for the first entries, but not for the result.
    fs::write(&ballast, vec![0; (2 << 20) - 64 * 1024]).unwrap();
    let run = rig
        .connected(&wire, ["-p", "Count"])
        .args(STREAM)
        .finish()
        .expect(4);
    assert_shown!(rig, run.err());
    nothing_shown_is_lost(&rig, &run);
    fs::remove_file(&ballast).unwrap();
    goes_on(&rig, &wire);
}

#[test]
fn a_disk_that_is_full_from_the_start_is_told_at_once() {
    let rig = Rig::new();
    let wire = Wire::new();
    let limited = r#"trap '' XFSZ; ulimit -f 4; exec "$0" "$@""#;
    let run = rig
        .connected(&wire, ["-p", "hi"])
        .through(limited)
        .finish()
        .expect(4);
    assert_shown!(rig, run.shown());
    wire.says("Room.");
    assert_eq!(
        rig.connected(&wire, ["-p", "hi"]).finish().quietly().out(),
        "Room.\n"
    );
}

#[test]
fn standard_output_on_a_full_device_is_told() {
    let rig = Rig::new();
    let wire = Wire::saying(&["Words."]);
    let run = rig
        .connected(&wire, ["-p", "hi"])
        .through(r#"exec "$0" "$@" >/dev/full"#)
        .finish();
    let list = rig
        .gimlet(["tools"])
        .through(r#"exec "$0" "$@" >/dev/full"#)
        .finish();
    assert_shown!(
        rig,
        format!("{}\n{}", run.expect(4).shown(), list.expect(4).shown())
    );
}
