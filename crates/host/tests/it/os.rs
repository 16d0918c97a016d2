//! What leans on the operating system: processes, terminals, mounts, other users.

mod disk;
mod group;
mod output;
pub(crate) mod shell;
mod terminal;

use crate::host;
use gimlet_ports::{
    Child, ChildEvent, Exit, Host, Launch, OutputTo, Program, StdinFrom, WhichStream,
};
use std::{path::PathBuf, time::Duration};

/// Long enough for a loaded machine; no test waits for it unless it fails.
const DEADLINE: Duration = Duration::from_secs(20);

const ENDED_WELL: Exit = Exit {
    code: Some(0),
    signal: None,
    left_children: false,
};

fn shell(command: &str) -> Launch {
    Launch {
        program: Program::Shell(command.to_owned()),
        cwd: PathBuf::from("/"),
        env: Vec::new(),
        stdin: StdinFrom::Null,
        output: OutputTo::Events,
        final_cwd: None,
    }
}

/// Everything that a process said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Said {
    fn take(&mut self, which: WhichStream, bytes: &[u8]) {
        assert!(bytes.len() <= 64 * 1024, "a piece of {} bytes", bytes.len());
        match which {
            WhichStream::Out => self.out.extend_from_slice(bytes),
            WhichStream::Err => self.err.extend_from_slice(bytes),
        }
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    fn err(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }
}

async fn follow(child: &mut dyn Child) -> (Said, Exit) {
    let mut said = Said::default();
    loop {
        match tokio::time::timeout(DEADLINE, child.next())
            .await
            .expect("no event in time")
        {
            ChildEvent::Output(which, bytes) => said.take(which, &bytes),
            ChildEvent::Ended(exit) => return (said, exit),
        }
    }
}

async fn run(launch: Launch) -> (Said, Exit) {
    let mut child = host().spawn(launch).unwrap();
    follow(child.as_mut()).await
}

/// Reads until the output holds the text.
async fn until_said(child: &mut dyn Child, text: &str) -> Said {
    let mut said = Said::default();
    while !said.out().contains(text) {
        match tokio::time::timeout(DEADLINE, child.next())
            .await
            .expect("no event in time")
        {
            ChildEvent::Output(which, bytes) => said.take(which, &bytes),
            ChildEvent::Ended(exit) => panic!("ended with {exit:?} after {:?}", said.out()),
        }
    }
    said
}

/// Waits until the group has no member left.
async fn until_gone(group: i32) {
    let gone = async {
        while host().group_lives(group) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, gone)
        .await
        .expect("the group still lives");
}
