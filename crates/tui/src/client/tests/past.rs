//! Going back, and what the system lets commands do.

use super::{Desk, START, session};
use crate::{
    client::{Done, Effect, Point},
    state::Kind,
};
use crossterm::event::KeyCode;
use gimlet_protocol::{
    Asked, Author, Bounds, CallId, Confinement, Conflict, Contact, EntryId, Fact, FileChange,
    FileState, Network, OnConflict, Op, Question, Remedy, RestorePreview, RewindScope, Risk,
    SnapshotOf, SnapshotRef, Strength, Timeline, TimelineChange, TimelineTurn, Timestamp, UndoWhat,
};
use serde_json::json;
use std::path::PathBuf;

fn timeline(can_redo: bool) -> Timeline {
    let made = TimelineChange {
        snapshot: SnapshotRef {
            session: session(),
            entry: EntryId(4),
        },
        of: SnapshotOf::Call {
            call: CallId::new("c1"),
        },
        tool: Some("Write".to_owned()),
        created: 1,
        changed: 0,
        deleted: 0,
        undone: can_redo,
        paths: vec!["/work/repo/made.txt".to_owned()],
    };
    let turn = |number, entry: u64, prompt: &str, changes| TimelineTurn {
        number,
        entry: EntryId(entry),
        before: Some(EntryId(entry - 1)),
        at: Timestamp(START),
        prompt: prompt.to_owned(),
        on_branch: true,
        changes,
    };
    Timeline {
        turns: vec![
            turn(1, 2, "make a file", vec![made]),
            turn(2, 6, "and now?", Vec::new()),
        ],
        can_redo,
    }
}

fn change(name: &str) -> FileChange {
    FileChange {
        path: PathBuf::from(format!("/work/repo/{name}")),
        before: Some(FileState::Special),
        after: None,
        author: Author::Certain,
    }
}

fn in_the_way(remedy: Remedy) -> RestorePreview {
    RestorePreview {
        steps: vec![change("made.txt"), change("other.txt")],
        conflicts: vec![Conflict {
            path: PathBuf::from("/work/repo/made.txt"),
            why: "it was changed since".to_owned(),
            remedy,
        }],
        ..RestorePreview::default()
    }
}

/// A desk with the timeline asked for by Esc Esc.
fn at_the_timeline(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::new(columns, rows);
    desk.prompt("hello");
    desk.prompt("make a file");
    desk.rests();
    desk.key(KeyCode::Esc);
    desk.key(KeyCode::Esc);
    let effects = desk.client.take_effects();
    assert!(
        effects.contains(&Effect::Timeline(session())),
        "{effects:?}"
    );
    desk.client.done(Done::Timeline(timeline(false)));
    desk
}

#[test]
fn going_back_is_shown_before_it_is_done() {
    for (columns, rows) in [(40, 12), (80, 24)] {
        let mut desk = at_the_timeline(columns, rows);
        insta::assert_snapshot!(format!("timeline_{columns}x{rows}"), desk.seen());
        desk.key(KeyCode::Down);
        desk.key(KeyCode::Enter);
        let point = Point::Before(EntryId(1));
        assert_eq!(
            desk.client.take_effects(),
            [Effect::Preview(session(), point.clone())]
        );
        let preview = in_the_way(Remedy::Overwrite);
        desk.client.done(Done::Preview(point, Ok(preview)));
        insta::assert_snapshot!(format!("restore_{columns}x{rows}"), desk.seen());
        assert_eq!(desk.ops(), []);
        desk.key(KeyCode::Down);
        desk.key(KeyCode::Enter);
        let op = Op::Rewind {
            to: EntryId(1),
            scope: RewindScope::Both,
            conflicts: OnConflict::Overwrite,
        };
        assert_eq!(desk.ops(), std::slice::from_ref(&op));
        desk.client.done(Done::Submitted(op, None));
        assert_eq!(desk.client.editor.text(), "make a file");
    }
}

#[test]
fn what_cannot_be_overwritten_is_not_offered_to_be() {
    let mut desk = at_the_timeline(80, 24);
    let point = Point::Call(CallId::new("c1"));
    let preview = in_the_way(Remedy::None);
    desk.client.done(Done::Preview(point, Ok(preview)));
    assert!(!desk.seen().contains("overwriting"), "{}", desk.seen());
    desk.key(KeyCode::Enter);
    let what = UndoWhat::Call {
        call: CallId::new("c1"),
    };
    let conflicts = OnConflict::Skip;
    assert_eq!(desk.ops(), [Op::Undo { what, conflicts }]);
}

#[test]
fn an_undo_is_undone_and_a_rewind_too() {
    let mut desk = at_the_timeline(80, 24);
    desk.said("An answer.");
    let from = EntryId(desk.entry);
    desk.rewound(1, from);
    desk.rests();
    assert!(
        desk.client
            .state()
            .transcript
            .cells()
            .iter()
            .any(|cell| cell.struck)
    );
    desk.client.done(Done::Timeline(timeline(true)));
    desk.key(KeyCode::Enter);
    let effects = desk.client.take_effects();
    assert!(
        effects.contains(&Effect::Preview(session(), Point::Redo)),
        "{effects:?}"
    );
    let preview = RestorePreview {
        steps: vec![change("made.txt")],
        ..RestorePreview::default()
    };
    desk.client.done(Done::Preview(Point::Redo, Ok(preview)));
    desk.key(KeyCode::Enter);
    let conflicts = OnConflict::Refuse;
    assert_eq!(desk.ops(), [Op::Redo { conflicts }]);
    desk.client.done(Done::Timeline(timeline(false)));
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Enter);
    let back = Op::Rewind {
        to: from,
        scope: RewindScope::Conversation,
        conflicts,
    };
    assert_eq!(desk.ops(), [back]);
    let before = EntryId(desk.entry);
    desk.rewound(from.0, before);
    let struck = desk.client.state().transcript.cells().iter();
    let struck = struck.filter(|cell| cell.struck && matches!(cell.kind, Kind::Said(_)));
    assert_eq!(struck.count(), 0, "what was said counts again");
}

#[test]
fn what_the_system_allows_is_told_and_what_was_reached() {
    let mut desk = Desk::new(80, 24);
    desk.prompt("build it");
    desk.call("c1", "Bash", json!({ "command": "make" }));
    let mut question = Question::new("run `make`", Risk::Medium, Vec::new(), Vec::new());
    let bounds = Bounds {
        write: [PathBuf::from("/work/repo"), PathBuf::from("/cache")]
            .into_iter()
            .collect(),
        network: Network::Proxy,
        strength: Strength::Rules,
        ..Bounds::default()
    };
    question.confinement = Some(Confinement::Held(Box::new(bounds)));
    desk.fact(Fact::Asked(Asked {
        call: CallId::new("c1"),
        question: question.clone(),
    }));
    desk.later(1000);
    let seen = desk
        .seen()
        .replace('▌', " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let told = "Confined: writes only in this folder, /cache; network only to allowed hosts; reads everything";
    assert!(seen.contains(told), "{seen}");
    assert!(seen.contains("asks first · confined"), "{seen}");
    desk.fact(Fact::Began(CallId::new("c1")));
    let contact = |refused: Option<&str>| {
        Fact::Contacted(Contact {
            host: "example.org".to_owned(),
            port: 443,
            refused: refused.map(str::to_owned),
            sent_bytes: 1,
            received_bytes: 1,
        })
    };
    desk.fact(contact(None));
    desk.fact(contact(None));
    desk.fact(contact(Some("nobody allowed it")));
    let seen = desk.seen();
    assert_eq!(
        seen.matches("· reached example.org:443").count(),
        1,
        "{seen}"
    );
    assert!(
        seen.contains("example.org:443 was not reached: nobody allowed it"),
        "{seen}"
    );
    question.confinement = Some(Confinement::Open {
        why: "the settings say so".to_owned(),
    });
    desk.call("c2", "Bash", json!({ "command": "make" }));
    desk.fact(Fact::Asked(Asked {
        call: CallId::new("c2"),
        question,
    }));
    desk.client.dialog = None;
    desk.client.look_for_questions();
    let seen = desk.seen();
    assert!(seen.contains("· not confined"), "{seen}");
}
