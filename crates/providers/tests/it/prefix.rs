//! What was sent before comes again unchanged, in front.

use crate::asking::{items, model, request, result, said, user};
use gimlet_protocol::{Block, Message};
use gimlet_testkit::sse::{Recorded, Reply, Script, Server};
use serde_json::{Value, json};
use std::sync::Arc;

const MARKER: &str = r#","cache_control":{"type":"ephemeral"}"#;

/// A session of so many tool rounds; gives the bodies of its requests.
async fn session(turns: usize, calls_each: usize) -> Vec<String> {
    let server = Server::start().await.unwrap();
    let model = model(&server);
    let mut messages: Vec<Arc<Message>> = vec![user(vec![Block::text("begin")])];
    for turn in 0..turns {
        let mut script = Script::new()
            .thought("hm", &format!("sig{turn}"))
            .text("Next.");
        let ids: Vec<String> = (0..calls_each)
            .map(|call| format!("toolu_{turn}_{call}"))
            .collect();
        for id in &ids {
            script = script.call(
                id,
                "Read",
                &json!({"file_path": format!("/{turn}"), "n": turn}),
            );
        }
        server.answer(Reply::events(&script));
        messages.push(said(&items(&*model, request(messages.clone())).await));
        let results = ids.iter().map(|id| result(id, &format!("content of {id}")));
        let mut blocks: Vec<Block> = results.collect();
        if turn % 10 == 3 {
            blocks.push(Block::text("and another thing"));
        }
        messages.push(user(blocks));
        // Sometimes something is added while the request before is already out.
        if turn % 25 == 7 {
            messages.push(user(vec![Block::text("by the way")]));
        }
    }
    assert_eq!(server.faults(), Vec::<String>::new());
    assert_eq!(server.connections(), 1);
    server.requests().iter().map(Recorded::text).collect()
}

#[tokio::test]
async fn a_hundred_turns_share_their_whole_earlier_bytes() {
    let bodies = session(100, 2).await;
    let bare: Vec<String> = bodies.iter().map(|body| body.replace(MARKER, "")).collect();
    for (earlier, later) in bare.iter().zip(bare.iter().skip(1)) {
        // All but the brackets that close the last message, the list and the body.
        let front = earlier.strip_suffix("]}]}").unwrap();
        assert!(later.starts_with(front), "{earlier}\n{later}");
    }
}

#[tokio::test]
async fn a_request_marks_where_the_one_before_ended() {
    let bodies = session(30, 12).await;
    for (earlier, later) in bodies.iter().zip(bodies.iter().skip(1)) {
        let marks = marked(later);
        assert!(marks.len() <= 4);
        assert_eq!(later.matches(MARKER).count(), 4);
        let last = marked(earlier).pop().unwrap();
        assert!(
            marks.contains(&last),
            "the mark at {last:?} is gone from {marks:?}"
        );
    }
}

/// The places of the marked blocks in the conversation: message and block.
fn marked(body: &str) -> Vec<(usize, usize)> {
    let body: Value = serde_json::from_str(body).unwrap();
    let mut marks = Vec::new();
    for (at, message) in body["messages"].as_array().unwrap().iter().enumerate() {
        for (block, content) in message["content"].as_array().unwrap().iter().enumerate() {
            if content.get("cache_control").is_some() {
                marks.push((at, block));
            }
        }
    }
    marks
}
