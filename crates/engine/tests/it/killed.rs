//! Real processes, killed by SIGKILL: after each entry of their log, in the middle of a
//! stream, and in the middle of a running tool. Another process then takes the session over.

use crate::{
    cast::Cast,
    ground::Ground,
    performance::{self, check, run},
    tape::{Death, Tape, kill_me},
};
use gimlet_protocol::Entry;
use gimlet_testkit::scenario::{Scene, go_on, redacted_facts, same_end};
use std::{
    fs::File,
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
};

const SCENE: &str = "GIMLET_TEST_SCENE";
const PLACE: &str = "GIMLET_TEST_PLACE";
const DEATH: &str = "GIMLET_TEST_DEATH";

/// The pipe on which a tool tells that it runs.
const PIPE: &str = "running.pipe";

#[test]
fn a_process_killed_after_any_entry_loses_nothing() {
    for name in [
        "permission_remembered",
        "denied_without_reason",
        "garbage_once",
    ] {
        killed_everywhere(name, "append");
    }
}

#[test]
fn a_process_killed_in_the_middle_of_a_stream_loses_nothing() {
    killed_everywhere("read_text", "item");
}

#[test]
fn a_tool_whose_session_was_killed_is_told_as_lost_and_made_again() {
    let ground = Ground::new();
    let scene = ground.scene("killed_in_tool");
    ground.prepare(&scene);
    let pipe = ground.root().join(PIPE);
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let status = killed(&ground, "killed_in_tool", "tool");
    assert_eq!(status.signal(), Some(9), "{status:?}");
    let left = ground.root().join("group.txt");
    let group: u32 = std::fs::read_to_string(&left)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let alive = Path::new(&format!("/proc/{group}")).exists();
    std::fs::remove_file(&pipe).unwrap();
    let entries = taken_over(&scene, &ground);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("killed_in_tool_taken_over", redacted_facts(&entries, &ground.redaction()));
    });
    // Nobody here holds commands to anything, so this one goes on. That the program's do not is
    // shown in its own tests.
    assert!(alive, "the group {group} ended with its session");
    // It is this test's own, so it is ended here.
    let ended = Command::new("kill")
        .args(["-9", "--", &format!("-{group}")])
        .status()
        .unwrap();
    assert!(ended.success(), "{ended:?}");
}

/// What a killed run and the one that takes it over come to, at every place.
fn killed_everywhere(name: &str, kind: &str) {
    let ground = Ground::new();
    let scene = ground.scene(name);
    ground.prepare(&scene);
    let plain = run(&scene, &Cast::new(&scene, &ground));
    let files = ground.files();
    let mut place = 0;
    loop {
        place += 1;
        ground.prepare(&scene);
        let status = killed(&ground, name, &format!("{kind} {place}"));
        if status.success() {
            break;
        }
        assert_eq!(
            status.signal(),
            Some(9),
            "{name} {kind} {place}: {status:?}"
        );
        let crashed = taken_over(&scene, &ground);
        let shown = || redacted_facts(&crashed, &ground.redaction());
        same_end(&plain, &crashed)
            .unwrap_or_else(|why| panic!("{name} {kind} {place}: {why}\n{}", shown()));
        assert_eq!(ground.files(), files, "{name} {kind} {place}\n{}", shown());
    }
    assert!(place > 5, "{name}: killed at {place} places only");
}

/// Goes on with what a killed process has left.
fn taken_over(scene: &Scene, ground: &Ground) -> Vec<Entry> {
    let cast = Cast::new(scene, ground);
    let entries = performance::runtime()
        .block_on(go_on(scene, &cast))
        .unwrap_or_else(|why| panic!("{why}"));
    check(scene, ground, &cast, &entries);
    entries
}

/// Plays a scene in a process that is told when to die.
fn killed(ground: &Ground, name: &str, death: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::a_run_that_is_told_when_to_die",
            "--test-threads",
            "1",
        ])
        .env(SCENE, name)
        .env(PLACE, ground.place())
        .env(DEATH, death)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
}

/// The process of the others; alone it plays a scene to its end.
#[test]
fn a_run_that_is_told_when_to_die() {
    let own = Ground::new();
    let (name, ground, death) = match (std::env::var(SCENE), std::env::var(DEATH)) {
        (Ok(name), Ok(death)) => (
            name,
            Ground::of(&PathBuf::from(std::env::var(PLACE).unwrap())),
            death,
        ),
        _ => ("read_text".to_owned(), own, "never".to_owned()),
    };
    let scene = ground.scene(&name);
    if death == "never" {
        ground.prepare(&scene);
    }
    let cast = Cast::new(&scene, &ground);
    arm(&death, &cast.tape, &ground);
    let entries = run(&scene, &cast);
    check(&scene, &ground, &cast, &entries);
}

fn arm(death: &str, tape: &Tape, ground: &Ground) {
    let number = |text: &str| text.parse().unwrap();
    match death.split_once(' ') {
        Some(("append", place)) => tape.dies_after(number(place), Death::Kill),
        Some(("item", place)) => tape.dies_before_item(number(place)),
        _ if death == "tool" => {
            let pipe = ground.root().join(PIPE);
            thread::spawn(move || {
                let mut said = String::new();
                File::open(&pipe)
                    .unwrap()
                    .read_to_string(&mut said)
                    .unwrap();
                kill_me();
            });
        }
        _ => {}
    }
}
