//! Output that is large, endless, odd or late.

use super::{DEADLINE, ENDED_WELL, Said, follow, run, shell};
use crate::host;
use gimlet_ports::{ChildEvent, Exit, Host};
use std::time::{Duration, Instant};

#[tokio::test]
async fn bytes_that_are_not_utf8_arrive_as_they_are() {
    let (said, _) = run(shell(r"printf 'a\xff\xfe\x00b'; printf '\xc3' >&2")).await;
    assert_eq!(
        said,
        Said {
            out: b"a\xff\xfe\0b".to_vec(),
            err: b"\xc3".to_vec()
        }
    );
}

#[tokio::test]
async fn megabytes_on_both_streams_arrive_whole() {
    let command = "head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; wait";
    let (said, exit) = run(shell(command)).await;
    assert_eq!(
        (said.out.len(), said.err.len(), exit),
        (3_000_000, 2_000_000, ENDED_WELL)
    );
}

#[tokio::test]
async fn the_last_words_before_the_end_are_not_lost() {
    for _ in 0..50 {
        let (said, _) = run(shell("printf out; printf err >&2")).await;
        assert_eq!((said.out().as_str(), said.err().as_str()), ("out", "err"));
    }
}

#[tokio::test]
async fn a_command_that_prints_forever_waits_for_its_reader_and_is_ended() {
    let mut child = host().spawn(shell("yes")).unwrap();
    let group = child.group();
    let mut taken = 0_u64;
    while taken < 1_000_000 {
        match child.next().await {
            ChildEvent::Output(_, bytes) => taken += bytes.len() as u64,
            ChildEvent::Ended(exit) => panic!("{exit:?}"),
        }
    }
    // Nobody reads: its pipe fills up, and then it waits.
    let waits = async {
        while state_of(group) != "S" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, waits)
        .await
        .expect("it goes on writing");
    assert!(written_by(group) <= taken + 1024 * 1024);

    let began = Instant::now();
    let exit = tokio::time::timeout(DEADLINE, child.end(Duration::from_secs(5)))
        .await
        .unwrap();
    assert_eq!(
        exit,
        Exit {
            code: None,
            signal: Some(15),
            left_children: false
        }
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    let (rest, _) = follow(child.as_mut()).await;
    assert!(rest.out.len() <= 3 * 1024 * 1024, "{}", rest.out.len());
}

fn state_of(process: i32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    after_name.chars().take(1).collect()
}

fn written_by(process: i32) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("wchar: "))
        .unwrap();
    line.parse().unwrap()
}

#[tokio::test]
async fn an_endless_writer_left_behind_does_not_hold_up_the_end() {
    let began = Instant::now();
    let (said, exit) = run(shell("yes & echo $!")).await;
    assert_eq!(
        exit,
        Exit {
            left_children: true,
            ..ENDED_WELL
        }
    );
    assert!(said.out.len() < 4 * 1024 * 1024, "{}", said.out.len());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_pipe_that_a_stranger_keeps_open_is_not_waited_for() {
    let began = Instant::now();
    let (said, exit) = run(shell("setsid sleep 3 & echo said")).await;
    assert_eq!((said.out().as_str(), exit), ("said\n", ENDED_WELL));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn waiting_may_be_given_up_and_begun_again_without_loss() {
    let mut child = host()
        .spawn(shell("for i in 1 2 3 4 5; do echo $i; sleep 0.02; done"))
        .unwrap();
    let mut said = Said::default();
    let exit = loop {
        match tokio::time::timeout(Duration::from_millis(1), child.next()).await {
            Err(_given_up) => {}
            Ok(ChildEvent::Output(which, bytes)) => said.take(which, &bytes),
            Ok(ChildEvent::Ended(exit)) => break exit,
        }
    };
    assert_eq!((said.out().as_str(), exit), ("1\n2\n3\n4\n5\n", ENDED_WELL));
}

#[tokio::test]
async fn closed_streams_do_not_end_the_process() {
    let (said, exit) = run(shell("exec >&- 2>&- <&-; sleep 0.05; exit 4")).await;
    assert_eq!(
        (said, exit),
        (
            Said::default(),
            Exit {
                code: Some(4),
                ..ENDED_WELL
            }
        )
    );
}
