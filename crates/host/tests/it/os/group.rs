//! Ending a process together with everything that it started.

use super::{DEADLINE, ENDED_WELL, follow, run, shell, until_gone, until_said};
use crate::{folder, host};
use gimlet_ports::{Child, ChildEvent, Exit, Host, Launch, OutputTo};
use std::time::{Duration, Instant};

const BY_TERM: Exit = Exit {
    code: None,
    signal: Some(15),
    left_children: false,
};
const BY_KILL: Exit = Exit {
    code: None,
    signal: Some(9),
    left_children: false,
};

async fn end(child: &mut dyn Child, grace: Duration) -> Exit {
    tokio::time::timeout(DEADLINE, child.end(grace))
        .await
        .expect("not ended in time")
}

#[tokio::test]
async fn the_group_is_asked_to_end_first() {
    let command = "trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.01; done";
    let mut child = host().spawn(shell(command)).unwrap();
    until_said(child.as_mut(), "up").await;
    let exit = end(child.as_mut(), DEADLINE).await;
    assert_eq!(
        exit,
        Exit {
            code: Some(9),
            ..ENDED_WELL
        }
    );
    let (said, again) = follow(child.as_mut()).await;
    assert_eq!((said.out().as_str(), again), ("bye\n", exit));
}

#[tokio::test]
async fn a_process_that_ignores_sigterm_is_killed_after_the_grace() {
    let command = "trap '' TERM; echo up; while :; do sleep 1; done";
    let mut child = host().spawn(shell(command)).unwrap();
    let group = child.group();
    until_said(child.as_mut(), "up").await;
    let began = Instant::now();
    assert_eq!(
        end(child.as_mut(), Duration::from_millis(100)).await,
        BY_KILL
    );
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert!(!host().group_lives(group));
}

#[tokio::test]
async fn a_whole_tree_ends_with_its_leader() {
    let command = "(sleep 1000; :) & (trap '' TERM; echo up; sleep 1000; :) & wait";
    let mut child = host().spawn(shell(command)).unwrap();
    let group = child.group();
    until_said(child.as_mut(), "up").await;
    let exit = end(child.as_mut(), Duration::from_millis(50)).await;
    assert_eq!(
        exit,
        Exit {
            left_children: true,
            ..BY_TERM
        }
    );
    assert!(!host().group_lives(group));
}

#[tokio::test]
async fn a_stopped_process_ends_too() {
    let mut child = host().spawn(shell("echo up; kill -STOP $$")).unwrap();
    until_said(child.as_mut(), "up").await;
    assert_eq!(end(child.as_mut(), DEADLINE).await, BY_TERM);
}

#[tokio::test]
async fn dropping_a_child_kills_its_group_at_once() {
    let mut child = host()
        .spawn(shell("trap '' TERM; sleep 1000 & echo up; wait"))
        .unwrap();
    let group = child.group();
    until_said(child.as_mut(), "up").await;
    assert!(host().group_lives(group));
    drop(child);
    until_gone(group).await;
}

#[tokio::test]
async fn children_left_behind_are_ended_and_told_of() {
    let began = Instant::now();
    let mut child = host().spawn(shell("sleep 1000 & echo done")).unwrap();
    let group = child.group();
    let (said, exit) = follow(child.as_mut()).await;
    assert_eq!(said.out(), "done\n");
    assert_eq!(
        exit,
        Exit {
            left_children: true,
            ..ENDED_WELL
        }
    );
    assert!(!host().group_lives(group));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn children_that_end_by_themselves_in_a_moment_are_heard_out() {
    let (said, exit) = run(shell("(sleep 0.02; echo late) & echo early")).await;
    assert_eq!((said.out().as_str(), exit), ("early\nlate\n", ENDED_WELL));
}

#[tokio::test]
async fn children_that_ignore_sigterm_are_killed() {
    let command = "(trap '' TERM; echo up; while :; do sleep 1; done) & sleep 0.05";
    let mut child = host().spawn(shell(command)).unwrap();
    let group = child.group();
    let (_, exit) = follow(child.as_mut()).await;
    assert_eq!(
        exit,
        Exit {
            left_children: true,
            ..ENDED_WELL
        }
    );
    assert!(!host().group_lives(group));
}

#[tokio::test]
async fn who_left_the_group_is_neither_waited_for_nor_ended() {
    let mut child = host()
        .spawn(shell("setsid sleep 1000 & echo $!; sleep 0.05"))
        .unwrap();
    let (said, exit) = follow(child.as_mut()).await;
    assert_eq!(exit, ENDED_WELL);
    let escaped: i32 = said.out().trim().parse().unwrap();
    assert!(host().group_lives(escaped));
    let group = rustix::process::Pid::from_raw(escaped).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    until_gone(escaped).await;
}

#[tokio::test]
async fn a_background_command_keeps_its_children_until_the_end_is_asked_for() {
    let folder = folder();
    let output = OutputTo::File(folder.path().join("out"));
    let mut child = host()
        .spawn(Launch {
            output,
            ..shell("sleep 1000 & echo done")
        })
        .unwrap();
    let group = child.group();
    let with_children = Exit {
        left_children: true,
        ..ENDED_WELL
    };
    assert_eq!(follow(child.as_mut()).await.1, with_children);
    assert!(host().group_lives(group));
    assert_eq!(child.ended(), Some(with_children));
    assert_eq!(end(child.as_mut(), DEADLINE).await, with_children);
    assert!(!host().group_lives(group));
}

#[tokio::test]
async fn dropping_a_background_command_ends_its_children() {
    let folder = folder();
    let output = OutputTo::File(folder.path().join("out"));
    let mut child = host()
        .spawn(Launch {
            output,
            ..shell("sleep 1000 & echo done")
        })
        .unwrap();
    let group = child.group();
    follow(child.as_mut()).await;
    drop(child);
    until_gone(group).await;
}

#[tokio::test]
async fn the_end_is_seen_without_waiting_for_it() {
    let mut child = host().spawn(shell("read; exit 6")).unwrap();
    let group = child.group();
    let exit = loop {
        if let Some(exit) = child.ended() {
            break exit;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        exit,
        Exit {
            code: Some(6),
            ..ENDED_WELL
        }
    );
    assert_eq!(follow(child.as_mut()).await.1, exit);
    assert!(!host().group_lives(group));
}

#[tokio::test]
async fn a_running_process_has_not_ended() {
    let mut child = host().spawn(shell("sleep 1000")).unwrap();
    assert_eq!(child.ended(), None);
    assert_eq!(end(child.as_mut(), DEADLINE).await, BY_TERM);
    assert_eq!(child.ended(), Some(BY_TERM));
    assert_eq!(child.next().await, ChildEvent::Ended(BY_TERM));
    assert_eq!(child.next().await, ChildEvent::Ended(BY_TERM));
}

#[tokio::test]
async fn a_signal_is_told_apart_from_a_code() {
    assert_eq!(run(shell("kill -9 $$")).await.1, BY_KILL);
    assert_eq!(
        run(shell("bash -c 'kill -9 $$'; exit $?")).await.1.code,
        Some(137)
    );
}

#[test]
fn numbers_that_mean_no_group_do_not_live() {
    let alive: Vec<i32> = [-5, 0, 1, i32::MAX]
        .into_iter()
        .filter(|id| host().group_lives(*id))
        .collect();
    assert_eq!(alive, Vec::<i32>::new());
}
