//! A session that goes from one provider to another and back never makes an invalid request.

use super::{connect, hand_over, picture};
use crate::asking::{assistant, items, request, said, user};
use gimlet_ports::Model;
use gimlet_protocol::{Block, CallId, Message};
use gimlet_testkit::sse::{Ending, Piece, Said, Server, Wire};
use serde_json::json;
use std::sync::Arc;

/// A round in which the model thinks, speaks, and calls two tools at once; each gets a result.
async fn round(
    server: &Server,
    model: &dyn Model,
    wire: Wire,
    at: usize,
    messages: &mut Vec<Arc<Message>>,
) {
    let ids = [format!("call/{at}.a"), format!("call_{at}_b")];
    server.answer(wire.reply(&Said::new([
        Piece::thought("weigh it"),
        Piece::text("both at once"),
        Piece::call(&ids[0], "Read", json!({"file_path": "/x"})),
        Piece::call(&ids[1], "Bash", json!({"command": "true"})),
    ])));
    let heard = items(model, request(messages.clone())).await;
    let answer = said(&heard);
    let calls: Vec<CallId> = answer
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Call(call) => Some(call.id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(calls.len(), 2, "{wire:?}");
    messages.push(answer);
    let results = calls
        .into_iter()
        .enumerate()
        .map(|(n, call)| Block::Result {
            call,
            content: vec![Block::text("seen"), picture()],
            ok: n == 0,
        });
    messages.push(user(results.chain([Block::text("go on")]).collect()));
}

#[tokio::test]
async fn every_pair_of_wires_takes_over_from_each_other() {
    for from in Wire::ALL {
        for to in Wire::ALL.into_iter().filter(|to| *to != from) {
            let (first, second) = (
                Server::start().await.unwrap(),
                Server::start().await.unwrap(),
            );
            let (there, here) = (connect(&first, from), connect(&second, to));
            let mut messages = vec![user(vec![Block::text("begin"), picture()])];
            for at in 0..4 {
                if at % 2 == 0 {
                    round(&first, &*there, from, at, &mut messages).await;
                } else {
                    round(&second, &*here, to, at, &mut messages).await;
                }
            }
            // What was cut short, and broken off, in the middle.
            messages.push(assistant(vec![
                Block::Thought {
                    text: "half".to_owned(),
                    opaque: None,
                },
                Block::text("I was"),
            ]));
            messages.push(user(vec![Block::text("again")]));
            let short = Said::text("fine").ending(Ending::Length);
            second.answer(to.reply(&short));
            items(&*here, request(messages)).await;
            // Each sees only its own requests, so a change in front is no fault here.
            let faults: Vec<String> = first.faults().into_iter().chain(second.faults()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{from:?} and {to:?}");
            hand_over(&second, &format!("from-{from:?}"));
        }
    }
}
