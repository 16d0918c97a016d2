//! Logs and indexes that are not as they were written.

use crate::{
    rig::{Rig, assert_shown},
    wire::Wire,
};
use std::{fs, io::Write as _};

const ID: &str = "0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e5f";

fn with_session() -> (Rig, Wire) {
    let rig = Rig::new();
    let wire = Wire::saying(&["One.", "Two."]);
    rig.connected(&wire, ["-p", "first", "--session-id", ID])
        .finish()
        .quietly();
    rig.connected(&wire, ["-p", "--continue", "second"])
        .finish()
        .quietly();
    (rig, wire)
}

#[test]
fn a_torn_last_line_is_put_aside_and_told_and_the_session_goes_on() {
    let (rig, wire) = with_session();
    let log = rig.log();
    let torn = br#"{"id":99,"parent":98,"at":17,"fact":{"type":"sa"#;
    fs::OpenOptions::new()
        .append(true)
        .open(&log)
        .unwrap()
        .write_all(torn)
        .unwrap();
    wire.says("Three.");
    let run = rig
        .connected(&wire, ["-p", "--continue", "third"])
        .finish()
        .expect(0);
    assert_shown!(rig, run.shown());
    let kept = crate::rig::files(log.parent().unwrap())
        .into_iter()
        .find(|path| path.to_string_lossy().contains(".torn-"))
        .unwrap();
    assert_eq!(fs::read(kept).unwrap(), torn);
    assert_eq!(wire.bodies()[2]["messages"].as_array().unwrap().len(), 5);
}

#[test]
fn a_corrupt_middle_line_is_told_with_path_and_line_and_can_be_repaired() {
    let (rig, wire) = with_session();
    let log = rig.log();
    let text = fs::read_to_string(&log).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines
        .iter()
        .position(|line| line.contains("\"text\":\"One.\""))
        .unwrap();
    lines[at] = lines[at].replace("\"fact\":{", "\"fact\":{{");
    fs::write(&log, format!("{}\n", lines.join("\n"))).unwrap();
    wire.says("Three.");
    let run = rig
        .connected(&wire, ["-p", "--continue", "third"])
        .finish()
        .expect(0);
    let shown = rig.gimlet(["sessions", "show", ID]).finish();
    let list = rig.gimlet(["sessions", "list"]).finish();
    let repaired = rig.gimlet(["sessions", "repair", ID]).finish().expect(0);
    wire.says("Four.");
    let after = rig
        .connected(&wire, ["-p", "--continue", "fourth"])
        .finish();
    assert_shown!(
        rig,
        format!(
            "# continued\n{}\n# shown\n{}\n# listed\n{}\n# repaired\n{}",
            run.shown(),
            shown.shown(),
            list.shown(),
            repaired.shown()
        )
    );
    assert_eq!(after.quietly().out(), "Four.\n");
}

#[test]
fn a_log_of_a_newer_format_is_left_alone() {
    let (rig, wire) = with_session();
    let log = rig.log();
    let text = fs::read_to_string(&log).unwrap();
    let newer = text.replacen("\"gimlet_log\":1", "\"gimlet_log\":7", 1);
    assert_ne!(newer, text);
    fs::write(&log, &newer).unwrap();
    let mut shown = String::new();
    for arguments in [
        &["-p", "--resume", ID, "more"][..],
        &["sessions", "show", ID],
        &["sessions", "list"],
        &["sessions", "repair", ID],
    ] {
        let run = rig.connected(&wire, arguments).finish();
        shown.push_str(&format!(
            "$ gimlet {}\n{}\n",
            arguments.join(" "),
            run.shown()
        ));
    }
    assert_shown!(rig, shown);
    assert_eq!(fs::read_to_string(&log).unwrap(), newer);
    // A new session of the same folder is not kept from its work.
    wire.says("New.");
    assert_eq!(
        rig.connected(&wire, ["-p", "hi"]).finish().quietly().out(),
        "New.\n"
    );
}

#[test]
fn an_index_of_garbage_is_told_once_and_made_anew() {
    let (rig, _wire) = with_session();
    rig.gimlet(["sessions", "search", "One"]).finish().quietly();
    let index = crate::rig::files(&rig.own().join("data"))
        .into_iter()
        .find(|path| {
            path.extension()
                .is_some_and(|end| end == "sqlite" || end == "db")
        })
        .expect("searching makes an index");
    for extra in ["-wal", "-shm"] {
        let mut name = index.clone().into_os_string();
        name.push(extra);
        drop(fs::remove_file(name));
    }
    fs::write(
        &index,
        "this is no database, but it is long enough to be looked at".repeat(99),
    )
    .unwrap();
    let listed = rig.gimlet(["sessions", "list"]).finish().expect(0);
    let found = rig.gimlet(["sessions", "search", "One"]).finish().expect(0);
    let again = rig.gimlet(["sessions", "search", "One"]).finish().quietly();
    assert_eq!(again.out(), found.out());
    assert_shown!(
        rig,
        format!("# list\n{}\n# search\n{}", listed.shown(), found.shown())
    );
}

#[test]
fn an_empty_or_foreign_file_among_the_logs_is_told_and_not_touched() {
    let (rig, wire) = with_session();
    let folder = rig.log().parent().unwrap().to_owned();
    let empty = folder.join("0199a3f0-0000-7c41-9d2e-0a1b2c3d4e5f.jsonl");
    let foreign = folder.join("0199a3f0-1111-7c41-9d2e-0a1b2c3d4e5f.jsonl");
    fs::write(&empty, "").unwrap();
    fs::write(&foreign, "#!/bin/sh\necho hello\n").unwrap();
    // Older than the session in any clock, so that the list has one order.
    for (path, age) in [(&empty, 7_200), (&foreign, 3_600)] {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        let file = fs::File::options().append(true).open(path).unwrap();
        file.set_modified(then).unwrap();
    }
    let listed = rig.gimlet(["sessions", "list"]).finish().expect(0);
    let id = foreign.file_stem().unwrap().to_str().unwrap();
    let resumed = rig
        .connected(&wire, ["-p", "--resume", id, "more"])
        .finish()
        .expect(4);
    assert_shown!(rig, format!("{}\n{}", listed.shown(), resumed.shown()));
    assert_eq!(
        fs::read_to_string(&foreign).unwrap(),
        "#!/bin/sh\necho hello\n"
    );
    rig.gimlet(["sessions", "repair", id]).finish().quietly();
    let mut original = foreign.clone().into_os_string();
    original.push(".damaged-1");
    assert_eq!(
        fs::read_to_string(original).unwrap(),
        "#!/bin/sh\necho hello\n"
    );
    for path in [empty, foreign] {
        fs::remove_file(path).unwrap();
    }
    wire.says("Three.");
    let run = rig.connected(&wire, ["-p", "--continue", "third"]).finish();
    assert_eq!(run.quietly().out(), "Three.\n");
}
