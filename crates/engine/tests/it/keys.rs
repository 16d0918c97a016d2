//! Operations that arrive twice, as they do when a client did not hear that the first was taken.

use crate::{cast::Cast, ground::Ground, performance::runtime};
use futures::{FutureExt as _, StreamExt as _};
use gimlet_ports::{OpenSpec, Sessions};
use gimlet_protocol::{Block, Change, Event, Fact, Mode, Op, OpKey, SessionId};
use gimlet_testkit::scenario::{SESSION, Stage as _};
use std::sync::Arc;

#[test]
fn a_prompt_that_arrives_twice_begins_one_turn() {
    let prompt = Op::Prompt {
        content: vec![Block::text("hello")],
    };
    let twice = facts_of_twice(&prompt, |fact| {
        matches!(fact, Fact::Prompted(_) | Fact::Queued(_))
    });
    assert_eq!(twice, 1);
}

#[test]
fn a_change_that_arrives_twice_is_written_once() {
    let change = Op::Configure {
        change: Change::Mode { mode: Mode::Plan },
    };
    let twice = facts_of_twice(&change, |fact| matches!(fact, Fact::Configured(_)));
    assert_eq!(twice, 1);
}

/// How many facts of a kind come of an operation that is submitted twice under one key.
fn facts_of_twice(op: &Op, counts: impl Fn(&Fact) -> bool) -> usize {
    let ground = Ground::new();
    let scene = ground.scene("follow_up_after_rest");
    ground.prepare(&scene);
    let cast = Cast::new(&scene, &ground);
    runtime().block_on(async {
        let sessions: Arc<dyn Sessions> = cast.sessions().unwrap();
        let id = SessionId::new(SESSION);
        sessions.open(OpenSpec::New { id: None }).await.unwrap();
        let mut events = sessions.follow(id.clone(), None).await.unwrap();
        for _ in 0..2 {
            let key = OpKey::new("the same");
            sessions.submit(id.clone(), key, op.clone()).await.unwrap();
        }
        let mut found = 0;
        while let Some(Some(event)) = events.next().now_or_never() {
            if let Event::Fact(entry) = event {
                found += usize::from(counts(&entry.fact));
            }
        }
        sessions.close_all().await;
        found
    })
}
