//! What a run writes, in each format.

use crate::world::{Finished, Reply, Running, World, failed, one_prompt, prompted, steady};
use gimlet_gateway::{Outcome, Output, Partials, StateEvents, Verbosity};
use gimlet_ports::Failure;
use gimlet_protocol::Signal;
use serde_json::{Value, json};

/// Thinks, speaks, calls two tools of which one is forbidden, and sums up.
fn whole_story() -> World {
    let first = Reply::new()
        .thought("Look first.", "c2ln")
        .text("I look.")
        .call("toolu_1", "Echo", json!({"command": "ls"}))
        .call("toolu_2", "Forbidden", json!({"command": "rm"}))
        .complete();
    let second = Reply::new().text("All is well.").complete();
    World::new(vec![first, second])
}

#[tokio::test(start_paused = true)]
async fn a_whole_turn_as_a_stream_with_growing_replies() {
    let mut options = one_prompt(Output::StreamJson);
    options.partials = Partials::On;
    options.state_events = StateEvents::HostOnly;
    let finished = prompted(whole_story(), options).await;
    assert_eq!(finished.outcome, Outcome::Success);
    assert_eq!(finished.stderr, "");
    insta::assert_snapshot!(steady(&finished.stdout));
}

#[tokio::test(start_paused = true)]
async fn the_stream_without_growing_replies_has_a_line_for_each_block() {
    let finished = prompted(whole_story(), one_prompt(Output::StreamJson)).await;
    assert_eq!(
        finished.kinds(),
        [
            "system/init",
            "assistant",
            "assistant",
            "assistant",
            "assistant",
            "system/permission_denied",
            "user",
            "user",
            "assistant",
            "result/success",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn text_is_the_last_words_and_nothing_else() {
    let finished = prompted(whole_story(), one_prompt(Output::Text)).await;
    assert_eq!(finished.outcome, Outcome::Success);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("All is well.\n", "")
    );
}

#[tokio::test(start_paused = true)]
async fn json_is_the_result_alone() {
    let finished = prompted(whole_story(), one_prompt(Output::Json)).await;
    let result: Value = serde_json::from_str(&finished.stdout).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&result).unwrap());
}

#[tokio::test(start_paused = true)]
async fn verbose_json_is_every_message_in_one_array() {
    let mut options = one_prompt(Output::Json);
    options.verbosity = Verbosity::All;
    let all = prompted(whole_story(), options).await;
    let all: Vec<Value> = serde_json::from_str(&all.stdout).unwrap();
    let lines = prompted(whole_story(), one_prompt(Output::StreamJson)).await;
    assert_eq!(without_v7(&all), without_v7(&lines.lines()));
}

fn without_v7(messages: &[Value]) -> Vec<String> {
    messages
        .iter()
        .map(|message| steady(&message.to_string()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_fact_has_the_same_id_in_every_telling() {
    let ids = |finished: &Finished| -> Vec<String> {
        finished
            .lines()
            .iter()
            .map(|line| line["uuid"].as_str().unwrap().to_owned())
            .collect()
    };
    let once = prompted(whole_story(), one_prompt(Output::StreamJson)).await;
    let again = prompted(whole_story(), one_prompt(Output::StreamJson)).await;
    assert_eq!(ids(&once), ids(&again));
    let mut unique = ids(&once);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids(&once).len());
}

/// What a client that only reads the events has of each reply.
fn gathered(finished: &Finished) -> Vec<Value> {
    let mut replies = Vec::new();
    let mut blocks: Vec<Value> = Vec::new();
    let mut open: Option<u64> = None;
    for line in finished
        .lines()
        .iter()
        .filter(|line| line["type"] == "stream_event")
    {
        let event = &line["event"];
        match event["type"].as_str().unwrap() {
            "message_start" => blocks.clear(),
            "content_block_start" => {
                assert_eq!(open, None, "a block begins inside another");
                assert_eq!(event["index"], json!(blocks.len()));
                open = event["index"].as_u64();
                blocks.push(event["content_block"].clone());
            }
            "content_block_delta" => {
                assert_eq!(event["index"].as_u64(), open);
                let block = blocks.last_mut().unwrap();
                let delta = &event["delta"];
                for (key, of) in [
                    ("text", "text"),
                    ("thinking", "thinking"),
                    ("signature", "signature"),
                    ("partial_json", "json"),
                ] {
                    if let Some(more) = delta[key].as_str() {
                        let so_far = block[of].as_str().unwrap_or_default().to_owned();
                        block[of] = json!(so_far + more);
                    }
                }
            }
            "content_block_stop" => assert_eq!(event["index"].as_u64(), open.take()),
            "message_stop" => replies.push(json!(blocks)),
            "message_delta" => {}
            other => panic!("unexpected event {other}"),
        }
    }
    replies
}

#[tokio::test(start_paused = true)]
async fn events_are_whole_when_signals_are_lost() {
    let story = || {
        let search = json!({"type": "server_tool_use", "id": "s1", "name": "web", "input": {}});
        let reply = Reply::new()
            .text("First words.")
            .kept(&search)
            .text("Last words.")
            .call("toolu_1", "Echo", json!({"command": "ls"}))
            .complete();
        World::new(vec![reply, Reply::new().text("Done.").complete()])
    };
    let losses: [fn(&Signal) -> bool; 5] = [
        |_| false,
        |_| true,
        |signal| matches!(signal, Signal::BlockStarted { .. }),
        |signal| matches!(signal, Signal::ReplyStarted { .. }),
        |signal| matches!(signal, Signal::TextDelta { index, .. } if *index > 0),
    ];
    for loses in losses {
        let mut options = one_prompt(Output::StreamJson);
        options.partials = Partials::On;
        let finished = prompted(World { loses, ..story() }, options).await;
        assert_eq!(
            gathered(&finished),
            [
                json!([
                    {"type": "text", "text": "First words."},
                    {"type": "server_tool_use", "id": "s1", "name": "web", "input": {}},
                    {"type": "text", "text": "Last words."},
                    {"type": "tool_use", "id": "toolu_1", "name": "Echo", "input": {},
                     "json": r#"{"command":"ls"}"#},
                ]),
                json!([{"type": "text", "text": "Done."}]),
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_everything_that_is_a_fact() {
    let long = "words ".repeat(40_000);
    let mut replies: Vec<_> = (0..6)
        .map(|n| {
            let id = format!("toolu_{n}");
            Reply::new()
                .text(&long)
                .call(&id, "Echo", json!({"command": long}))
                .complete()
        })
        .collect();
    replies.push(Reply::new().text("Done.").complete());
    let mut options = one_prompt(Output::StreamJson);
    options.partials = Partials::On;
    let running = Running::start_on(World::new(replies), options, 64, "");
    let finished = running.finish().await;
    assert_eq!(gathered(&finished).len(), 7);
    let blocks = finished
        .kinds()
        .iter()
        .filter(|kind| *kind == "assistant")
        .count();
    assert_eq!(blocks, 13);
    assert_eq!(finished.results()[0]["result"], "Done.");
}

#[tokio::test(start_paused = true)]
async fn retries_and_waiting_are_told() {
    let mut world = World::new(vec![
        failed(
            Failure::Busy { retry_after: None },
            "overloaded, try later",
            Some(529),
        ),
        Reply::new()
            .call("toolu_1", "Hang", json!({"command": "sleep"}))
            .complete(),
    ]);
    world.options.retry.first_pause = std::time::Duration::from_millis(2);
    let mut running = Running::start(world, one_prompt(Output::StreamJson));
    let retry = running.until("system/api_retry").await;
    assert_eq!(retry["attempt"], 1);
    assert_eq!(retry["max_retries"], 7);
    assert_eq!(retry["error_status"], 529);
    assert_eq!(retry["error"], "overloaded");
    let progress = running.until("tool_progress").await;
    assert_eq!(progress["tool_use_id"], "toolu_1");
    assert_eq!(progress["tool_name"], "Hang");
    assert_eq!(progress["elapsed_time_seconds"], 5.0);
    running
        .signals
        .send(gimlet_gateway::ProcessSignal::Interrupt)
        .await
        .unwrap();
    let finished = running.finish().await;
    assert_eq!(finished.results()[0]["terminal_reason"], "aborted_tools");
}

#[tokio::test(start_paused = true)]
async fn structured_output_is_beside_the_result() {
    let answer = json!({"answer": 42, "why": ["six", "seven"]});
    let world = || {
        let nothing = Reply::new().text("It is 42.").complete();
        let reply = Reply::new()
            .call("toolu_1", "StructuredOutput", answer.clone())
            .complete();
        let mut world = World::new(vec![nothing, reply]);
        world.options.must_end_with = Some("StructuredOutput".to_owned());
        world
    };
    let mut options = one_prompt(Output::Json);
    options.structured_tool = Some("StructuredOutput".to_owned());
    let finished = prompted(world(), options.clone()).await;
    let result: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(result["subtype"], "success");
    assert_eq!(result["structured_output"], answer);
    options.output = Output::Text;
    let finished = prompted(world(), options).await;
    assert_eq!(finished.stdout, format!("{answer}\n"));
}

#[tokio::test(start_paused = true)]
async fn a_person_at_the_terminal_sees_each_call_in_one_harmless_line() {
    let nasty = "ls \u{1b}[2J\u{202e}\nrm -rf /";
    let first = Reply::new()
        .call("toolu_1", "Echo", json!({"command": nasty}))
        .call("toolu_2", "Forbidden", json!({"command": "rm"}))
        .call("toolu_3", "Fail", json!({"command": "make"}))
        .call("toolu_4", "Nowhere", json!({}))
        .complete();
    let second = Reply::new().text("\u{1b}]0;title\u{7}Done.").complete();
    let mut world = World::new(vec![
        failed(Failure::Cut, "the connection was cut", None),
        first,
        second,
    ]);
    world.options.retry.first_pause = std::time::Duration::ZERO;
    let options = one_prompt(Output::Text);
    let finished = Running::start_on(world, options, 1 << 20, "stdout stderr")
        .finish()
        .await;
    assert_eq!(finished.stdout, "⟦OSC 0⟧Done.\n");
    insta::assert_snapshot!(finished.stderr);
}

#[tokio::test(start_paused = true)]
async fn text_for_a_program_is_left_as_it_is() {
    let world = World::new(vec![Reply::new().text("\u{1b}[1mDone.\n").complete()]);
    let finished = prompted(world, one_prompt(Output::Text)).await;
    assert_eq!(finished.stdout, "\u{1b}[1mDone.\n");
}
