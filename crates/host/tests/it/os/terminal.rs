//! Commands on a pseudo-terminal.

use super::{DEADLINE, ENDED_WELL, follow, run, shell, until_said};
use crate::host;
use gimlet_ports::{Exit, Host, Launch, OutputTo, Program, PtySize, StdinFrom};
use std::time::Duration;

const SIZE: PtySize = PtySize {
    rows: 33,
    columns: 101,
};

async fn on_terminal(command: &str, stdin: StdinFrom) -> (String, Exit) {
    let output = OutputTo::Pty(SIZE);
    let mut child = host()
        .spawn(Launch {
            output,
            stdin,
            ..shell(command)
        })
        .unwrap();
    let (said, exit) = follow(child.as_mut()).await;
    assert_eq!(said.err(), "");
    (said.out(), exit)
}

#[tokio::test]
async fn all_three_streams_are_the_controlling_terminal() {
    let command = "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo tty >/dev/tty; stty size; echo $TERM";
    let (said, exit) = on_terminal(command, StdinFrom::Null).await;
    assert_eq!(
        (said.as_str(), exit),
        ("tty\r\n33 101\r\nxterm-256color\r\n", ENDED_WELL)
    );
}

#[tokio::test]
async fn the_last_words_on_a_terminal_are_not_lost() {
    for _ in 0..30 {
        let (said, exit) = on_terminal("printf last", StdinFrom::Null).await;
        assert_eq!((said.as_str(), exit), ("last", ENDED_WELL));
    }
}

#[tokio::test]
async fn input_is_typed_without_an_echo_and_then_ends() {
    let typed = StdinFrom::Bytes(b"one\ntwo".to_vec());
    let (said, exit) = on_terminal("cat; echo end", typed).await;
    assert_eq!((said.as_str(), exit), ("one\r\ntwoend\r\n", ENDED_WELL));
    let (said, _) = on_terminal("cat; echo end", StdinFrom::Null).await;
    assert_eq!(said, "end\r\n");
}

#[tokio::test]
async fn a_command_on_a_terminal_is_ended_as_a_whole() {
    let output = OutputTo::Pty(SIZE);
    let command = "trap '' TERM HUP; sleep 1000 & echo up; wait; sleep 1000";
    let mut child = host()
        .spawn(Launch {
            output,
            ..shell(command)
        })
        .unwrap();
    let group = child.group();
    until_said(child.as_mut(), "up").await;
    let ended = child.end(Duration::from_millis(50));
    let exit = tokio::time::timeout(DEADLINE, ended).await.unwrap();
    assert_eq!(
        exit,
        Exit {
            code: None,
            signal: Some(9),
            left_children: false
        }
    );
    assert!(!host().group_lives(group));
}

#[tokio::test]
async fn a_command_cannot_reach_our_own_terminal() {
    let (said, exit) = run(shell("exec 2>/dev/null 3<>/dev/tty; echo reached >&3")).await;
    assert_eq!(said.out(), "");
    assert_ne!(exit.code, Some(0));
}

/// The tests otherwise run without a terminal, where a group of its own is enough.
#[tokio::test]
async fn with_a_terminal_of_our_own_commands_are_set_apart_and_ended_as_well() {
    let this = std::env::current_exe().unwrap().into_os_string();
    let own = "os::terminal::a_command_cannot_reach_our_own_terminal";
    let arguments = [own, "os::group", "os::output::the_last", "--test-threads=2"];
    let argv = std::iter::once(this)
        .chain(arguments.map(Into::into))
        .collect();
    let launch = Launch {
        program: Program::Argv(argv),
        cwd: std::env::current_dir().unwrap(),
        output: OutputTo::Pty(SIZE),
        ..shell("")
    };
    let (said, exit) = run(launch).await;
    assert!(
        exit == ENDED_WELL && said.out().contains(own),
        "{exit:?}\n{}",
        said.out()
    );
}

#[tokio::test]
async fn much_output_on_a_terminal_arrives_whole() {
    let (said, exit) = on_terminal("seq 1 20000", StdinFrom::Null).await;
    let lines: Vec<String> = (1..=20000).map(|number| number.to_string()).collect();
    let expected = lines.join("\r\n") + "\r\n";
    assert_eq!(exit, ENDED_WELL);
    assert!(
        said == expected,
        "{} bytes instead of {}",
        said.len(),
        expected.len()
    );
}
