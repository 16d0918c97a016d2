//! Bash in a real shell.

use crate::{reading::peak_bytes, rig::Rig};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Instant};

fn run(rig: &Rig, command: &str) -> (String, bool) {
    let gave = rig.call("Bash", json!({"command": command}));
    (gave.text, gave.failed)
}

fn check(command: &str, text: &str, failed: bool) {
    assert_eq!(
        run(&Rig::new(), command),
        (text.to_owned(), failed),
        "{command}"
    );
}

#[test]
fn output_and_exit_codes_are_told() {
    check("echo hi", "hi", false);
    check("true", "[no output]", false);
    check("printf 'a\\n\\nb'", "a\n\nb", false);
    check("echo no >&2; exit 3", "no\n[exit code 3]", true);
    check("false", "[exit code 1]", true);
    check("kill -9 $$", "[ended by signal 9 (SIGKILL)]", true);
    check("cat", "[no output]", false);
    check("printf 'a\\xffb'", "a\u{fffd}b", false);
}

#[test]
fn exit_code_1_of_a_question_is_no_failure() {
    check("echo a | grep b", "[exit code 1: no matches found]", false);
    check(
        "[ -f nowhere ]",
        "[exit code 1: the condition is false]",
        false,
    );
    check(
        "echo a | grep '('; grep 2> /dev/null",
        "[exit code 2]",
        true,
    );
}

#[test]
fn the_two_streams_are_told_apart_for_clients() {
    let rig = Rig::new();
    let gave = rig.call("Bash", json!({"command": "echo out; echo err >&2; exit 4"}));
    assert_eq!(
        gave.data,
        json!({"stdout": "out\n", "stderr": "err\n", "interrupted": false, "exitCode": 4})
    );
}

#[test]
fn the_working_directory_carries_over_and_variables_do_not() {
    let rig = Rig::new();
    fs::create_dir_all(rig.path("a/b")).unwrap();
    assert_eq!(run(&rig, "cd a/b; X=1"), ("[no output]".to_owned(), false));
    assert_eq!(
        run(&rig, "pwd; echo \"x=$X\"").0,
        rig.plain(&format!("{}\nx=", rig.path("a/b").display()))
    );
    assert_eq!(run(&rig, "cd .. && false").0, "[exit code 1]");
    assert_eq!(rig.scene.borrow().cwd, rig.path("a"));
}

#[test]
fn a_working_directory_outside_is_reset() {
    let rig = Rig::new();
    fs::create_dir(rig.path("sub")).unwrap();
    run(&rig, "cd sub");
    let (text, failed) = run(&rig, "cd /; echo hi");
    assert_eq!(
        (text.as_str(), failed),
        ("hi\n[Shell cwd was reset to /work/sub]", false)
    );
    // What an earlier command noted is not taken for this one's.
    assert_eq!(run(&rig, "exec pwd").0, "/work/sub");
    let outside = rig.dir.path().canonicalize().unwrap();
    rig.scene.borrow_mut().added = vec![outside.clone()];
    run(&rig, "cd ../..");
    assert_eq!(rig.scene.borrow().cwd, outside);
}

#[test]
fn a_deleted_working_directory_is_told_and_left() {
    let rig = Rig::new();
    fs::create_dir(rig.path("sub")).unwrap();
    run(&rig, "cd sub");
    fs::remove_dir(rig.path("sub")).unwrap();
    assert_eq!(
        run(&rig, "touch ran"),
        (
            "the working directory /work/sub does not exist any more, so nothing was run; \
             commands now start in /work"
                .to_owned(),
            true
        )
    );
    assert!(!rig.path("ran").exists());
    assert_eq!(run(&rig, "pwd"), ("/work".to_owned(), false));
    fs::remove_dir_all(rig.root()).unwrap();
    assert_eq!(
        run(&rig, "pwd").0,
        "the session's folder /work does not exist any more; no command can start there"
    );
}

#[test]
fn a_command_past_its_time_is_ended_and_what_it_printed_is_kept() {
    let rig = Rig::new();
    let began = Instant::now();
    let command = "trap '' TERM; echo start; sleep 300 & echo $! > pid; while :; do sleep 1; done";
    let gave = rig.call("Bash", json!({"command": command, "timeout": 400}));
    assert!(gave.failed);
    assert_eq!(
        gave.text,
        "start\n[timed out after 400 ms; the command and its children were ended. Give a longer \
         timeout or use run_in_background]"
    );
    assert_eq!(gave.data["timedOutAfterMs"], 400);
    assert!(began.elapsed().as_secs() < 10);
    let child = rig.content("pid");
    assert!(!Path::new(&format!("/proc/{}", child.trim())).exists() || is_zombie(child.trim()));
}

fn is_zombie(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

#[test]
fn a_stopped_call_gives_what_it_has_at_once() {
    let rig = Rig::new();
    let stop = rig.stop.clone();
    let marker = rig.path("started");
    let canceller = std::thread::spawn(move || {
        while !marker.exists() {
            std::thread::yield_now();
        }
        stop.cancel();
        Instant::now()
    });
    let gave = rig.call(
        "Bash",
        json!({"command": "echo one; touch started; sleep 60"}),
    );
    let ended = Instant::now();
    assert!(ended.duration_since(canceller.join().unwrap()).as_millis() < 500);
    assert!(gave.failed);
    assert!(
        gave.text
            .ends_with("[interrupted; the command and its children were ended]"),
        "{}",
        gave.text
    );
    assert_eq!(gave.data["interrupted"], true);
}

#[test]
fn children_left_behind_are_told() {
    let (text, failed) = run(&Rig::new(), "sleep 300 > /dev/null 2>&1 & echo done");
    assert_eq!(
        (text.as_str(), failed),
        (
            "done\n[processes that the command had left running were ended; use \
             run_in_background for what shall go on]",
            false
        )
    );
}

#[test]
fn a_terminal_is_there_where_one_is_asked_for() {
    let rig = Rig::new();
    let input = |pty: bool| json!({"command": "[ -t 1 ] && stty size || echo none", "pty": pty});
    assert_eq!(rig.ok("Bash", input(true)), "40 120");
    assert_eq!(rig.ok("Bash", input(false)), "none");
}

/// Runs a command with much output; gives the result and the file with all of it.
fn big(rig: &Rig, command: &str) -> (Value, String, String) {
    // The first call pays for threads and tables that stay.
    rig.ok("Bash", json!({"command": "true"}));
    let before = peak_bytes();
    let gave = rig.call("Bash", json!({"command": command}));
    assert!(!gave.failed, "{}", gave.text);
    assert!(
        peak_bytes() - before < 4 << 20,
        "{} bytes more",
        peak_bytes() - before
    );
    let path = gave.data["persistedOutputPath"]
        .as_str()
        .unwrap()
        .to_owned();
    let kept = fs::read_to_string(path).unwrap();
    (gave.data, gave.text, kept)
}

#[test]
fn five_megabytes_of_lines_are_kept_in_a_file_and_not_in_memory() {
    let rig = Rig::new();
    let (data, text, kept) = big(&rig, "seq 1 750000");
    assert!(text.len() < 31_000, "{}", text.len());
    assert!(text.starts_with("1\n2\n3\n"));
    assert!(text.ends_with("\n749999\n750000"));
    assert!(
        text.contains(
            "of 5138895 bytes (750000 lines in all) are left out here; all of it is in \
             /scratch/output-call_2.txt: use Grep or Read with offset]\n"
        ),
        "{text}"
    );
    assert_eq!(data["persistedOutputSize"], 5_138_895);
    assert_eq!(kept.len(), 5_138_895);
    assert!(kept.ends_with("749999\n750000\n"));
    let tail = rig.ok(
        "Read",
        json!({"file_path": data["persistedOutputPath"], "offset": 749_999}),
    );
    assert_eq!(tail, "749999\t749999\n750000\t750000\n");
}

#[test]
fn a_line_of_five_megabytes_is_kept_in_a_file_and_not_in_memory() {
    let (_, text, kept) = big(
        &Rig::new(),
        "head -c 5000000 /dev/zero | tr '\\0' x; printf END",
    );
    assert!(text.len() < 31_000, "{}", text.len());
    assert!(text.starts_with("xxx"));
    assert!(text.ends_with("xxxEND"));
    assert_eq!(kept.len(), 5_000_003);
}

#[test]
fn output_just_past_the_cap_goes_to_a_file_too() {
    let rig = Rig::new();
    rig.scene.borrow_mut().output_chars = 100;
    let (_, text, kept) = big(&rig, "printf 'é%.0s' $(seq 101)");
    assert_eq!(kept, "é".repeat(101));
    let half = "é".repeat(50);
    assert_eq!(
        text,
        format!(
            "{half}\n[… 2 of 202 bytes (0 lines in all) are left out here; all of it is in \
             /scratch/output-call_2.txt: use Grep or Read with offset]\n{half}"
        )
    );
    assert_eq!(
        rig.ok("Bash", json!({"command": "printf 'é%.0s' $(seq 100)"})),
        "é".repeat(100)
    );
}

#[test]
fn endless_output_ends_with_its_time_in_bounded_memory_and_disk() {
    let rig = Rig::new();
    let before = peak_bytes();
    let gave = rig.call(
        "Bash",
        json!({"command": "yes 0123456789", "timeout": 1_500}),
    );
    assert!(gave.failed);
    assert!(gave.text.len() < 32_000);
    assert!(gave.text.starts_with("0123456789\n"));
    assert!(
        gave.text.contains("[timed out after 1500 ms;"),
        "{}",
        &gave.text[29_000..]
    );
    let path = gave.data["persistedOutputPath"].as_str().unwrap();
    assert!(fs::metadata(path).unwrap().len() <= 64 << 20);
    assert!(peak_bytes() - before < 8 << 20);
}

#[test]
fn progress_is_shown_while_a_command_runs() {
    let rig = Rig::new();
    rig.ok(
        "Bash",
        json!({"command": "sleep 0.2; echo one; sleep 0.2; echo two"}),
    );
    assert_eq!(*rig.progress.lock().unwrap(), ["one\n", "two\n"]);
}
