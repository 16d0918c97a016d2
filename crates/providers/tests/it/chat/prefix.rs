//! What was sent before comes again unchanged, in front.

use super::model_of;
use crate::asking::{items, request, result, said, user};
use gimlet_protocol::{Block, Message};
use gimlet_testkit::sse::{ChatScript, Recorded, Reply, Server};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_hundred_turns_share_their_whole_earlier_bytes_with_every_kind_of_vendor() {
    for provider in [
        "mine",
        "openai",
        "openrouter",
        "deepseek",
        "mistral",
        "ollama",
    ] {
        let server = Server::start().await.unwrap();
        let model = model_of(&server, provider);
        let mut messages: Vec<Arc<Message>> = vec![user(vec![Block::text("begin")])];
        for turn in 0..100 {
            let script = ChatScript::new()
                .thought("reasoning_content", &format!("hm {turn}"))
                .text("Next.")
                .call(
                    &format!("call_{turn}"),
                    "Read",
                    &json!({"file_path": format!("/{turn}")}),
                )
                .call_raw("", "Bash", "{\"n\": 1}");
            server.answer(Reply::chunks(&script));
            let reply = said(&items(&*model, request(messages.clone())).await);
            let results = reply.blocks.iter().filter_map(|block| match block {
                Block::Call(call) => Some(result(call.id.as_str(), "content")),
                _ => None,
            });
            let mut blocks: Vec<Block> = results.collect();
            assert_eq!(blocks.len(), 2);
            messages.push(reply);
            if turn % 10 == 3 {
                blocks.push(Block::text("and another thing"));
            }
            messages.push(user(blocks));
            if turn % 25 == 7 {
                messages.push(user(vec![Block::text("by the way")]));
            }
        }
        assert_eq!(server.faults(), Vec::<String>::new(), "{provider}");
        assert_eq!(server.connections(), 1);
        let bodies: Vec<String> = server.requests().iter().map(Recorded::text).collect();
        for (earlier, later) in bodies.iter().zip(bodies.iter().skip(1)) {
            // All but the brackets that close the list and the body.
            let front = earlier.strip_suffix("]}").unwrap();
            assert!(later.starts_with(front), "{provider}\n{earlier}\n{later}");
        }
    }
}
