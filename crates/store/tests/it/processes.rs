//! Two processes on one session, a process killed at its work, and full disks.
//!
//! The second process is this very executable, told by a variable what to do. Without the
//! variable the test does the same in a folder of its own.

use crate::{
    Home, append_all, entries, ids,
    sample::{opened, said},
};
use gimlet_ports::{LogFault, SessionLog};
use gimlet_protocol::SessionId;
use gimlet_store::Store;
use std::{
    env, fs,
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const DATA: &str = "GIMLET_STORE_TEST_DATA";
const ROLE: &str = "GIMLET_STORE_TEST_ROLE";

fn this_test(name: &str) -> (PathBuf, [String; 3]) {
    let args = [
        "--exact".to_owned(),
        format!("processes::{name}"),
        "--nocapture".to_owned(),
    ];
    (env::current_exe().unwrap(), args)
}

/// Where a test works: as its parent told it, or alone.
fn place() -> (Option<Home>, Store) {
    if let Some(data) = env::var_os(DATA) {
        return (None, Store::new(PathBuf::from(data)));
    }
    let home = Home::new();
    let store = home.store.clone();
    (Some(home), store)
}

#[test]
fn a_session_can_be_held_until_the_input_ends() {
    let (_home, store) = place();
    let id = SessionId::from(crate::sample::SESSION);
    let mut log = store.create(&id, Path::new("/")).unwrap();
    append_all(&mut log, vec![vec![opened()]]);
    println!("\nheld");
    if env::var_os(DATA).is_some() {
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).unwrap() > 0 {
            append_all(&mut log, vec![vec![said(&line)]]);
            println!("\nwritten");
            line.clear();
        }
    }
    assert!(log.last().is_some());
}

fn holder(home: &Home) -> (Child, BufReader<std::process::ChildStdout>) {
    let (exe, args) = this_test("a_session_can_be_held_until_the_input_ends");
    let mut child = Command::new(exe)
        .args(args)
        .env(DATA, home.store.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    wait_for("held", &mut output);
    (child, output)
}

fn wait_for(word: &str, output: &mut impl BufRead) {
    let mut line = String::new();
    while line.trim() != word {
        line.clear();
        assert!(
            output.read_line(&mut line).unwrap() > 0,
            "the other process ended early"
        );
    }
}

#[test]
fn a_second_process_is_told_who_has_the_session_and_can_follow_or_fork_it() {
    let home = Home::new();
    let (mut child, mut output) = holder(&home);
    let id = SessionId::from(crate::sample::SESSION);
    let path = home.store.path(&id).unwrap();
    let locked = LogFault::Locked {
        path: path.clone(),
        pid: Some(child.id()),
    };
    assert_eq!(home.store.open(&id).unwrap_err(), locked);
    assert_eq!(home.store.rename(&id, "mine").unwrap_err(), locked);
    assert_eq!(home.store.delete(&id).unwrap_err(), locked);
    assert_eq!(home.store.repair(&id).unwrap_err(), locked);
    // Following needs no lock.
    let view = home.store.view(&id).unwrap();
    assert_eq!(view.read(None).unwrap().count(), 1);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"hello\n").unwrap();
    wait_for("written", &mut output);
    assert_eq!(view.read(None).unwrap().count(), 2);
    // Nor does forking.
    let fork = Store::fresh_id();
    let copy = home
        .store
        .fork(&id, gimlet_store::ForkAt::End, &fork, &home.work())
        .unwrap();
    assert_eq!(entries(copy.path()).len(), 2);
    // When the other is gone the session is free.
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(
        home.store.open(&id).unwrap().0.last().map(|last| last.0),
        Some(1)
    );
}

#[test]
fn a_killed_process_leaves_no_lock_and_all_that_it_showed() {
    let home = Home::new();
    let (mut child, mut output) = holder(&home);
    let mut input = child.stdin.take().unwrap();
    for _ in 0..3 {
        input.write_all(b"shown\n").unwrap();
        wait_for("written", &mut output);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let id = SessionId::from(crate::sample::SESSION);
    let (log, notices) = home.store.open(&id).unwrap();
    assert_eq!(notices, []);
    assert_eq!(ids(&entries(log.path())), [0, 1, 2, 3]);
}

#[test]
fn the_same_process_cannot_open_a_session_twice() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()]]);
    let (log, _) = home.store.open(&id).unwrap();
    let pid = Some(std::process::id());
    let locked = LogFault::Locked {
        path: log.path().to_owned(),
        pid,
    };
    assert_eq!(home.store.open(&id).unwrap_err(), locked);
    drop(log);
    home.store.open(&id).unwrap();
    let lock = home.store.path(&id).unwrap().with_extension("lock");
    assert!(!lock.exists(), "the lock file goes when the log is closed");
}

/// Writes until the disk is full, and a little more. Where nothing is full it stops.
#[test]
fn a_full_disk_leaves_whole_batches_and_a_usable_log() {
    let (_home, store) = place();
    let ballast = store.data().join("ballast");
    fs::create_dir_all(store.data()).unwrap();
    fs::write(&ballast, vec![1; 32 * 1024]).unwrap();
    let id = SessionId::from(crate::sample::SESSION);
    let mut log = store.create(&id, Path::new("/")).unwrap();
    let path = log.path().to_owned();
    append_all(&mut log, vec![vec![opened()]]);
    let big = "x".repeat(7_001);
    let mut whole = 1;
    let mut full = None;
    while full.is_none() && whole < 600 {
        match log.append(log.last(), vec![said(&big), said("b"), said(&big)]) {
            Ok(new) => whole += new.len(),
            Err(fault) => full = Some(fault),
        }
    }
    if env::var_os(ROLE).is_none() {
        assert_eq!(full, None);
        return;
    }
    assert_eq!(full, Some(LogFault::Full { path: path.clone() }));
    // Nothing half is left, and what was there is there.
    let text = fs::read(&path).unwrap();
    assert_eq!(text.last(), Some(&b'\n'));
    assert_eq!(entries(&path).len(), whole);
    // It fails again the same way, and goes on once there is room.
    let again = log
        .append(log.last(), vec![said(&big), said(&big)])
        .unwrap_err();
    assert_eq!(again, LogFault::Full { path: path.clone() });
    fs::remove_file(&ballast).unwrap();
    let next = append_all(&mut log, vec![vec![said("room"), said("again")]]);
    assert_eq!(next[0].id.0, whole as u64);
    log.sync().unwrap();
    assert_eq!(
        ids(&entries(&path)),
        (0..whole as u64 + 2).collect::<Vec<_>>()
    );
    drop(log);
    let (_, notices) = store.open(&id).unwrap();
    assert_eq!(notices, []);
}

fn run_full(before: &str, wrapper: &[&str], data: &Path) {
    let (exe, args) = this_test("a_full_disk_leaves_whole_batches_and_a_usable_log");
    let script = format!("{before} exec \"$0\" \"$@\"");
    let mut command = match wrapper {
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg("sh");
            command
        }
        [] => Command::new("sh"),
    };
    command
        .arg("-c")
        .arg(script)
        .arg(exe)
        .args(args)
        .env(DATA, data)
        .env(ROLE, "full");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[test]
fn a_file_size_limit_counts_as_a_full_disk() {
    let home = Home::new();
    run_full("trap '' XFSZ; ulimit -f 256;", &[], home.store.data());
}

/// How a small disk can be made here: as root, in a user namespace, or not at all. The
/// ordinary limit of the test above stands in for the last.
fn namespace() -> Option<&'static [&'static str]> {
    let ways: [&'static [&'static str]; 2] = [&["unshare", "-m"], &["unshare", "-rm"]];
    ways.into_iter().find(|way| {
        let probe = "mount -t tmpfs -o size=64k tmpfs /mnt";
        Command::new(way[0])
            .args(&way[1..])
            .args(["sh", "-c", probe])
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

#[test]
fn a_disk_that_is_really_full_is_survived() {
    let home = Home::new();
    let data = home.store.data();
    fs::create_dir_all(data).unwrap();
    match namespace() {
        Some(way) => {
            let mount = format!("mount -t tmpfs -o size=400k tmpfs \"${DATA}\" &&");
            run_full(&mount, way, data);
            assert_eq!(
                fs::read_dir(data).unwrap().count(),
                0,
                "the disk was the process's own"
            );
        }
        None => run_full("trap '' XFSZ; ulimit -f 300;", &[], data),
    }
}
