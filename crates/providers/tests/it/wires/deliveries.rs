//! Every script, cut up in every way, over every wire, gives the same items and the same facts.

use super::{connect, outline};
use crate::asking::{hello, items};
use gimlet_ports::{Failure, ModelEnd, ModelItem};
use gimlet_testkit::sse::{Delivery, Ending, Piece, Said, Server, Wire};
use serde_json::json;

fn scripts() -> Vec<(&'static str, Said)> {
    vec![
        ("text", Said::text("Grüße, 世界 🌍 – done.")),
        (
            "calls",
            Said::new([
                Piece::thought("Ich überlege 🤔 lange"),
                Piece::text("I look – näher."),
                Piece::call(
                    "toolu_1",
                    "Read",
                    json!({"file_path": "/ä/世.rs", "limit": 3}),
                ),
                Piece::call("toolu_2", "Bash", json!({})),
            ]),
        ),
        (
            "length",
            Said::text("half a sentence is").ending(Ending::Length),
        ),
        ("declined", Said::text("I").ending(Ending::Declined)),
    ]
}

/// The words of a refusal are each provider's own.
fn facts(items: &[ModelItem]) -> Vec<String> {
    let mut lines = outline(items);
    if let Some(last) = lines.last_mut()
        && last.starts_with("Declined")
    {
        "Declined".clone_into(last);
    }
    lines
}

#[tokio::test]
async fn each_script_is_the_same_over_every_wire_however_it_is_cut_up() {
    for (name, said) in scripts() {
        let mut told = Vec::new();
        for wire in Wire::ALL {
            let server = Server::start().await.unwrap();
            let model = connect(&server, wire);
            let mut first = None;
            for delivery in [Delivery::Whole, Delivery::Bytes, Delivery::InsideCharacters] {
                server.answer(wire.reply(&said).delivered(delivery));
                let items = items(&*model, hello()).await;
                match &first {
                    None => first = Some(items),
                    Some(first) => assert_eq!(&items, first, "{name} {wire:?} {delivery:?}"),
                }
            }
            assert_eq!(server.faults(), Vec::<String>::new(), "{wire:?}");
            told.push((wire, facts(&first.unwrap())));
        }
        let (_, expected) = told.first().unwrap().clone();
        for (wire, facts) in told {
            assert_eq!(facts, expected, "{name} over {wire:?}");
        }
        insta::assert_debug_snapshot!(format!("facts_{name}"), expected);
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_anywhere_says_so_over_every_wire() {
    let (_, said) = scripts().swap_remove(1);
    for wire in Wire::ALL {
        let server = Server::start().await.unwrap();
        let model = connect(&server, wire);
        let whole_reply = wire.reply(&said);
        let length = whole_reply.length();
        server.answer(whole_reply.clone());
        let whole = items(&*model, hello()).await;
        for at in (600..length * 6 / 10).step_by(length / 11) {
            for delivery in [Delivery::CutAt(at), Delivery::EndAt(at)] {
                server.answer(whole_reply.clone().delivered(delivery));
                let mut items = items(&*model, hello()).await;
                let end = items.pop().unwrap();
                let ModelItem::End(ModelEnd::Failed { class, .. }) = &end else {
                    panic!("{wire:?} {delivery:?} ended with {end:?}")
                };
                assert_eq!(*class, Failure::Cut, "{wire:?} {delivery:?}: {end:?}");
                assert_eq!(items, whole[..items.len()], "{wire:?} {delivery:?}");
            }
        }
    }
}

#[tokio::test]
async fn counts_are_told_over_every_wire() {
    for wire in [Wire::Responses, Wire::Gemini, Wire::Converse] {
        let server = Server::start().await.unwrap();
        server.answer(wire.reply(&Said::text("counted")));
        let items = items(&*connect(&server, wire), hello()).await;
        let usage = items.iter().rev().find_map(|item| match item {
            ModelItem::Usage(usage) => Some(*usage),
            _ => None,
        });
        let usage = usage.unwrap();
        assert_eq!(
            (
                usage.input_tokens,
                usage.cache_read_tokens,
                usage.output_tokens
            ),
            (6, 4, 20),
            "{wire:?}"
        );
    }
}
