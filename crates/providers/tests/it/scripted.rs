//! The scripted model says what its script says.

use crate::asking::{assistant, end, hello, items, request, user};
use futures::{FutureExt as _, StreamExt as _};
use gimlet_ports::{Failure, Model, ModelEnd, ModelItem, Stop};
use gimlet_protocol::Block;
use gimlet_providers::{FailureClass, Script, ScriptFault, ScriptOrder, Scripted};
use serde_json::json;
use std::time::Duration;

const EVERYTHING: &str = r#"{
  "format": 1,
  "name": "demo",
  "context_tokens": 50000,
  "price": {"input": 1.0, "output": 2.0},
  "replies": [
    {
      "expect": ["hello"],
      "items": [
        {"type": "heartbeat"},
        {"type": "thought", "text": "Überlegen", "piece_chars": 4},
        {"type": "text", "text": "I look.", "piece_chars": 3, "delay_ms": 1},
        {"type": "delay", "ms": 1},
        {"type": "call", "tool": "Read", "input": {"file_path": "a.rs"}},
        {"type": "broken_call", "tool": "Read", "raw": "{\"file", "id": "mine"},
        {"type": "usage", "input_tokens": 7, "output_tokens": 3}
      ]
    },
    {"items": [{"type": "text", "text": "So far."}, {"type": "pause"}]},
    {"items": [{"type": "length"}]},
    {"items": [{"type": "decline", "text": "no"}]},
    {"items": [{"type": "fail", "class": "busy", "status": 529, "retry_after_ms": 20}]}
  ]
}"#;

#[tokio::test]
async fn a_script_is_played_item_by_item() {
    let model = Scripted::new(Script::parse(EVERYTHING).unwrap());
    insta::assert_debug_snapshot!("card", model.card());
    insta::assert_debug_snapshot!("first_reply", items(&model, hello()).await);
    assert_eq!(end(&model, hello()).await, ModelEnd::Paused);
    assert_eq!(end(&model, hello()).await, ModelEnd::Length);
    assert_eq!(
        end(&model, hello()).await,
        ModelEnd::Declined {
            text: "no".to_owned()
        }
    );
    let busy = ModelEnd::Failed {
        class: Failure::Busy {
            retry_after: Some(Duration::from_millis(20)),
        },
        text: "the script says so".to_owned(),
        status: Some(529),
        request_id: None,
    };
    assert_eq!(end(&model, hello()).await, busy);
    let rejected = ModelEnd::Failed {
        class: Failure::Rejected,
        text: "the script has 5 replies and none for request 6".to_owned(),
        status: None,
        request_id: None,
    };
    assert_eq!(end(&model, hello()).await, rejected);
    assert_eq!(model.requests().len(), 6);
}

#[tokio::test]
async fn what_is_expected_must_be_in_the_latest_messages() {
    let script = Script::new().reply(|reply| reply.expect("second").text("ok"));
    let ask = async |blocks: Vec<&str>, latest: &str| {
        let messages = vec![
            user(blocks.into_iter().map(Block::text).collect()),
            assistant(vec![Block::text("second")]),
            user(vec![crate::asking::result("c", latest)]),
        ];
        end(&Scripted::new(script.clone()), request(messages)).await
    };
    assert_eq!(
        ask(vec!["first"], "the second thing").await,
        ModelEnd::Complete
    );
    let ModelEnd::Failed { class, text, .. } = ask(vec!["second"], "third").await else {
        panic!()
    };
    assert_eq!(class, Failure::Rejected);
    assert_eq!(
        text,
        "the script expects `second` in what came with request 1"
    );
}

#[tokio::test]
async fn by_history_a_new_process_goes_on_where_the_old_one_stood() {
    let script = Script {
        order: ScriptOrder::History,
        ..Script::new()
    }
    .reply(|reply| reply.text("zero"))
    .reply(|reply| reply.call("Read", json!({})));
    let messages = vec![
        user(vec![Block::text("hello")]),
        assistant(vec![Block::text("zero")]),
        user(vec![Block::text("on")]),
    ];
    for _ in 0..2 {
        let model = Scripted::new(script.clone());
        let items = items(&model, request(messages.clone())).await;
        assert!(format!("{items:?}").contains("call_1_0_0"), "{items:?}");
    }
}

#[tokio::test]
async fn a_waiting_reply_ends_when_it_is_stopped() {
    let script =
        Script::new().reply(|reply| reply.text("so").item(gimlet_providers::ScriptItem::Wait));
    let model = Scripted::new(script);
    let stop = Stop::new();
    let mut stream = model.stream(hello(), stop.clone());
    for _ in 0..4 {
        assert!(stream.next().await.is_some());
    }
    assert!(stream.next().now_or_never().is_none());
    stop.cancel();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stepped_model_says_nothing_until_it_is_released() {
    let script = Script::new().reply(|reply| reply.text_in_pieces("abc", 1));
    let (model, stepper) = Scripted::stepped(script);
    let mut stream = model.stream(hello(), Stop::new());
    assert!(stream.next().now_or_never().is_none());
    stepper.release(3);
    for _ in 0..3 {
        assert!(stream.next().now_or_never().is_some());
    }
    assert!(stream.next().now_or_never().is_none());
    stepper.release_all();
    let rest: Vec<ModelItem> = stream.collect().await;
    assert_eq!(rest.len(), 4);
    model.requested(1).await;
}

#[tokio::test]
async fn a_built_script_is_the_same_as_a_written_one() {
    let built = Script::new().reply(|reply| {
        let reply = reply
            .expect("x")
            .thought("t")
            .text("s")
            .call_as("id", "Bash", json!({"a": 1}));
        reply.fail(FailureClass::TooLong, "too much")
    });
    let written = serde_json::to_string(&built).unwrap();
    assert_eq!(Script::parse(&written), Ok(built));
}

#[test]
fn the_documented_script_can_be_played() {
    let page = include_str!("../../../../docs/scripted-model.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    assert_eq!(Script::parse(script).unwrap().replies.len(), 2);
}

#[test]
fn a_wrong_script_says_where() {
    let fault = |text: &str| Script::parse(text).unwrap_err().to_string();
    let faults = [
        fault("{"),
        fault(r#"{"format": 1, "replies": [{"items": [{"type": "sing"}]}]}"#),
        fault(r#"{"format": 1, "replies": [], "reply": []}"#),
        fault(
            r#"{"format": 1, "replies": [{"items": [{"type": "text", "text": "a", "peace": 1}]}]}"#,
        ),
        fault(r#"{"format": 1, "replies": [{"items": [{"type": "usage", "tokens": 1}]}]}"#),
        fault(r#"{"format": 1, "replies": [{"items": [{"type": "fail", "class": "odd"}]}]}"#),
    ];
    insta::assert_snapshot!(faults.join("\n"));
    assert_eq!(
        Script::parse(r#"{"format": 2, "replies": []}"#),
        Err(ScriptFault::Format { found: 2 })
    );
}
