//! Undo through the sessions of a running process: what front ends use.

use crate::rig::{Rig, Session, call, job, say};
use gimlet_ports::Sessions as _;
use gimlet_protocol::{
    EntryId, Fact, Mode, OnConflict, Op, OpKey, Refusal, RestoreWish, RewindScope, SnapshotOf,
    UndoWhat,
};
use serde_json::json;
use std::fs;

async fn began(rig: &Rig, replies: &[serde_json::Value]) -> Session {
    let model = rig.model("main", replies);
    let mut session = rig.begin(&model).await;
    session.mode(Mode::BypassPermissions).await;
    session
}

fn bash(id: &str, command: &str) -> serde_json::Value {
    call(id, "Bash", json!({ "command": command }))
}

fn last_turn() -> UndoWhat {
    UndoWhat::Turns { count: 1 }
}

#[tokio::test]
async fn the_timeline_tells_what_each_turn_changed_and_undo_takes_it_back() {
    let rig = Rig::new();
    rig.file("a", "1\n");
    let path = rig.work().join("b");
    let replies = [
        bash("c1", "echo 2 > a"),
        say("One."),
        call(
            "c2",
            "Write",
            json!({ "file_path": path, "content": "b\n" }),
        ),
        bash("c3", "ls"),
        say("Two."),
    ];
    let mut session = began(&rig, &replies).await;
    session.turn("first").await;
    session.turn("second").await;
    let timeline = session.hub.timeline(session.id.clone()).await.unwrap();
    let told: Vec<(&str, Vec<(u64, u64)>)> = timeline
        .turns
        .iter()
        .map(|turn| {
            let changes = turn.changes.iter();
            (
                turn.prompt.as_str(),
                changes.map(|it| (it.created, it.changed)).collect(),
            )
        })
        .collect();
    assert_eq!(told, [("first", vec![(0, 1)]), ("second", vec![(1, 0)])]);
    // The result of a call comes after what it changed.
    let kinds: Vec<&str> = session.facts.iter().map(Fact::tag).collect();
    let place = kinds.iter().position(|kind| *kind == "snapshot").unwrap();
    assert_eq!(kinds[place + 1], "returned");

    let what = UndoWhat::Turn {
        entry: timeline.turns[0].entry,
    };
    let diff = session.hub.diff(session.id.clone(), what).await.unwrap();
    assert!(diff[0].text.as_ref().unwrap().contains("-1\n+2"));
    let wish = RestoreWish::Undo { what: last_turn() };
    let preview = session.hub.preview(session.id.clone(), wish).await.unwrap();
    assert_eq!((preview.steps.len(), preview.conflicts.len()), (1, 0));
    session
        .submit(Op::Undo {
            what: last_turn(),
            conflicts: OnConflict::Refuse,
        })
        .await;
    assert!(!path.exists());
    session
        .submit(Op::Undo {
            what: last_turn(),
            conflicts: OnConflict::Refuse,
        })
        .await;
    assert_eq!(rig.text("a"), "1\n");
    session
        .submit(Op::Redo {
            conflicts: OnConflict::Refuse,
        })
        .await;
    session
        .submit(Op::Redo {
            conflicts: OnConflict::Refuse,
        })
        .await;
    assert_eq!(rig.text("a"), "2\n");
    assert!(path.exists());
    session.close().await;
}

#[tokio::test]
async fn a_conflict_is_refused_whole_and_told() {
    let rig = Rig::new();
    let mut session = began(&rig, &[bash("c1", "echo 1 > a; echo 1 > b"), say("One.")]).await;
    session.turn("go").await;
    rig.file("a", "mine\n");
    let op = Op::Undo {
        what: last_turn(),
        conflicts: OnConflict::Refuse,
    };
    let refused = session
        .hub
        .submit(session.id.clone(), OpKey::from("k"), op)
        .await;
    let Err(Refusal::Conflicts { conflicts }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(conflicts[0].path, rig.work().join("a"));
    assert!(rig.work().join("b").exists());
    session.close().await;
}

#[tokio::test]
async fn a_rewind_of_both_goes_back_with_files_and_conversation() {
    let rig = Rig::new();
    let replies = [
        bash("c1", "echo 1 > a"),
        say("One."),
        bash("c2", "echo 2 > a"),
        say("Two."),
    ];
    let mut session = began(&rig, &replies).await;
    session.turn("first").await;
    session.turn("second").await;
    let timeline = session.hub.timeline(session.id.clone()).await.unwrap();
    let to: EntryId = timeline.turns[1].before.unwrap();
    session
        .submit(Op::Rewind {
            to,
            scope: RewindScope::Both,
            conflicts: OnConflict::Refuse,
        })
        .await;
    assert_eq!(rig.text("a"), "1\n");
    let timeline = session.hub.timeline(session.id.clone()).await.unwrap();
    let on_branch: Vec<bool> = timeline.turns.iter().map(|turn| turn.on_branch).collect();
    assert_eq!(on_branch, [true, false]);
    session.close().await;
}

#[tokio::test]
async fn what_workers_changed_goes_back_with_the_turn() {
    let rig = Rig::new();
    let worker = rig.model("worker", &[bash("w1", "echo w > by-worker"), say("Done.")]);
    let replies = [call("c1", "Agent", job("general", &worker)), say("One.")];
    let mut session = began(&rig, &replies).await;
    session.turn("go").await;
    assert!(
        rig.work().join("by-worker").exists(),
        "{:#?}",
        session.facts
    );
    session
        .submit(Op::Undo {
            what: last_turn(),
            conflicts: OnConflict::Refuse,
        })
        .await;
    assert!(!rig.work().join("by-worker").exists());
    session.close().await;
}

#[tokio::test]
async fn an_interrupted_call_has_its_change_set() {
    let rig = Rig::new();
    let replies = [
        bash("c1", "echo 1 > a; echo up > ready; sleep 1000"),
        say("One."),
    ];
    let mut session = began(&rig, &replies).await;
    session.prompt("go").await;
    session
        .until(|facts| {
            facts
                .iter()
                .any(|fact| matches!(fact, Fact::Began(_)))
                .then_some(())
        })
        .await;
    while !fs::exists(rig.work().join("ready")).unwrap() {
        tokio::task::yield_now().await;
    }
    session.submit(Op::Interrupt).await;
    let of = session
        .until(|facts| {
            facts.iter().find_map(|fact| match fact {
                Fact::Snapshot(snapshot) => Some((snapshot.of.clone(), snapshot.total)),
                _ => None,
            })
        })
        .await;
    assert_eq!(of, (SnapshotOf::Call { call: "c1".into() }, 2));
    session.rests().await;
    session
        .submit(Op::Undo {
            what: last_turn(),
            conflicts: OnConflict::Refuse,
        })
        .await;
    assert!(!rig.work().join("a").exists());
    session.close().await;
}
