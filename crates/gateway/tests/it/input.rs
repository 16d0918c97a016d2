//! Clients that write lines of JSON.

use crate::world::{Finished, Reply, Running, SESSION, World, from_stdin, steady};
use gimlet_gateway::{BypassSwitch, Outcome, PermissionPrompts, Replays, StateEvents};
use serde_json::{Value, json};

fn user(text: &str) -> String {
    json!({"type": "user", "message": {"role": "user", "content": text}}).to_string()
}

fn request(id: &str, request: &Value) -> String {
    json!({"type": "control_request", "request_id": id, "request": request}).to_string()
}

fn responses(finished: &Finished) -> Vec<Value> {
    let lines = finished.lines().into_iter();
    lines
        .filter(|line| line["type"] == "control_response")
        .map(|mut line| line["response"].take())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn two_prompts_and_the_first_handshake() {
    let world = World::new(vec![
        Reply::new().text("One.").complete(),
        Reply::new().text("Two.").complete(),
    ]);
    let mut options = from_stdin();
    options.replays = Replays::On;
    options.state_events = StateEvents::Shown;
    let mut running = Running::start(world, options);
    running
        .write(&request(
            "req_1",
            &json!({"subtype": "initialize", "hooks": null}),
        ))
        .await;
    running.until("control_response").await;
    running.write("").await;
    running.write(r#"{"type":"keep_alive"}"#).await;
    let first = json!({
        "type": "user", "uuid": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        "origin": {"kind": "human"}, "session_id": "",
        "message": {"role": "user", "content": [
            {"type": "text", "text": "Look.", "cache_control": {"type": "ephemeral"}},
            {"type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        ]},
        "parent_tool_use_id": null,
    });
    running.write(&first.to_string()).await;
    running.until("result/success").await;
    running.write(&user("Again.")).await;
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(finished.outcome, Outcome::Success);
    insta::assert_snapshot!(steady(&finished.stdout));
}

#[tokio::test(start_paused = true)]
async fn prompts_written_at_once_are_turns_one_after_the_other() {
    let world = World::new(vec![
        Reply::new().text("One.").complete(),
        Reply::new().text("Two.").complete(),
        Reply::new().text("Three.").complete(),
    ]);
    let mut running = Running::start(world, from_stdin());
    running
        .write(&[user("1"), user("2"), user("3")].join("\n"))
        .await;
    running.close_stdin();
    let finished = running.finish().await;
    let results: Vec<Value> = finished
        .results()
        .into_iter()
        .map(|mut result| result["result"].take())
        .collect();
    assert_eq!(results, ["One.", "Two.", "Three."]);
}

#[tokio::test(start_paused = true)]
async fn a_message_for_next_joins_the_running_turn() {
    let world = World::new(vec![
        Reply::new()
            .call("toolu_1", "Hang", json!({"command": "sleep"}))
            .complete(),
        Reply::new().text("Never.").complete(),
    ]);
    let mut options = from_stdin();
    options.permission_prompts = PermissionPrompts::Stdio;
    options.replays = Replays::On;
    let ask = Reply::new()
        .call("toolu_1", "Ask", json!({"command": "ls"}))
        .complete();
    let world = World {
        replies: vec![ask, Reply::new().text("Both.").complete()],
        ..world
    };
    let mut running = Running::start(world, options);
    running.write(&user("First.")).await;
    let asked = running.until("control_request/can_use_tool").await;
    let next = json!({
        "type": "user", "priority": "next", "uuid": "steer",
        "message": {"role": "user", "content": "And this."},
    });
    running.write(&next.to_string()).await;
    let id = asked["request_id"].as_str().unwrap();
    running
        .write(&answer(id, &json!({"behavior": "allow"})))
        .await;
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(finished.results().len(), 1);
    let replays: Vec<Value> = finished
        .lines()
        .into_iter()
        .filter(|line| line["isReplay"] == true)
        .map(|mut line| line["message"]["content"].take())
        .collect();
    assert_eq!(replays, ["First.", "And this."]);
}

#[tokio::test(start_paused = true)]
async fn a_message_for_now_ends_the_running_turn() {
    let world = World::new(vec![
        Reply::new().hangs_in("Forever"),
        Reply::new().text("Now.").complete(),
    ]);
    let mut running = Running::start(world, from_stdin());
    running.write(&user("First.")).await;
    running.until("system/init").await;
    let now = json!({
        "type": "user", "priority": "now", "message": {"role": "user", "content": "Stop that."},
    });
    running.write(&now.to_string()).await;
    running.close_stdin();
    let finished = running.finish().await;
    let ends: Vec<Value> = finished
        .results()
        .into_iter()
        .map(|mut result| result["subtype"].take())
        .collect();
    assert_eq!(ends, ["error_during_execution", "success"]);
    assert_eq!(finished.outcome, Outcome::Success);
}

#[tokio::test(start_paused = true)]
async fn every_control_request_gets_one_response() {
    let world = World::new(vec![Reply::new().text("Hi.").complete()]);
    let mut options = from_stdin();
    options.bypass = BypassSwitch::Forbidden;
    let mut running = Running::start(world, options);
    let requests = [
        json!({"subtype": "set_permission_mode", "mode": "acceptEdits"}),
        json!({"subtype": "set_permission_mode", "mode": "bypassPermissions"}),
        json!({"subtype": "set_permission_mode", "mode": "nonsense"}),
        json!({"subtype": "set_model", "model": "anthropic/other"}),
        json!({"subtype": "set_model", "model": "missing"}),
        json!({"subtype": "set_model", "model": null}),
        json!({"subtype": "interrupt"}),
        json!({"subtype": "rename_session", "title": "A name"}),
        json!({"subtype": "list_models"}),
        json!({"subtype": "mcp_status"}),
        json!({"subtype": "get_binary_version"}),
        json!({"subtype": "cancel_async_message", "message_uuid": "none"}),
        json!({"subtype": "rewind_the_world"}),
        json!({}),
        json!({"subtype": "initialize", "hooks": {"Stop": [{"hookCallbackIds": ["h"]}]}}),
    ];
    for (at, wanted) in requests.iter().enumerate() {
        running.write(&request(&format!("req_{at}"), wanted)).await;
    }
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(finished.outcome, Outcome::Success);
    let responses: Vec<String> = responses(&finished)
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(responses.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_mode_is_told_and_shows_in_the_next_turn() {
    let world = World::new(vec![Reply::new().text("Hi.").complete()]);
    let mut running = Running::start(world, from_stdin());
    let mode = json!({"subtype": "set_permission_mode", "mode": "plan"});
    running.write(&request("req_1", &mode)).await;
    let status = running.until("system/status").await;
    assert_eq!(status["permissionMode"], "plan");
    running.write(&user("Hi.")).await;
    assert_eq!(running.until("system/init").await["permissionMode"], "plan");
    running.close_stdin();
    assert_eq!(running.finish().await.outcome, Outcome::Success);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_is_answered_before_the_result_and_names_what_still_waits() {
    let world = World::new(vec![
        Reply::new().hangs_in("Forever"),
        Reply::new().text("Second.").complete(),
    ]);
    let mut running = Running::start(world, from_stdin());
    running.write(&user("First.")).await;
    running.until("system/init").await;
    let second = json!({
        "type": "user", "uuid": "second", "message": {"role": "user", "content": "Second."},
    });
    running.write(&second.to_string()).await;
    running
        .write(&request("req_1", &json!({"subtype": "interrupt"})))
        .await;
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(
        responses(&finished)[0]["response"],
        json!({"still_queued": ["second"]})
    );
    let kinds = finished.kinds();
    let at = |kind: &str| kinds.iter().position(|found| found == kind).unwrap();
    assert!(at("control_response") < at("result/error_during_execution"));
    assert_eq!(finished.results()[1]["result"], "Second.");
    assert_eq!(finished.results()[1]["user_message_uuid"], "second");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_can_take_the_waiting_prompts_with_it() {
    let mut running = Running::start(
        World::new(vec![Reply::new().hangs_in("Forever")]),
        from_stdin(),
    );
    running.write(&user("First.")).await;
    running.until("system/init").await;
    let second = json!({
        "type": "user", "uuid": "second", "message": {"role": "user", "content": "Second."},
    });
    running.write(&second.to_string()).await;
    let interrupt = json!({"subtype": "interrupt", "cancel_queued": true});
    running.write(&request("req_1", &interrupt)).await;
    running.close_stdin();
    let finished = running.finish().await;
    let expected = json!({"still_queued": [], "cancelled": ["second"]});
    assert_eq!(responses(&finished)[0]["response"], expected);
    assert_eq!(finished.results().len(), 1);
    assert_eq!(finished.outcome, Outcome::TurnFailed);
}

#[tokio::test(start_paused = true)]
async fn the_same_message_twice_is_one_turn() {
    let world = World::new(vec![Reply::new().text("Once.").complete()]);
    let mut running = Running::start(world, from_stdin());
    let message = json!({
        "type": "user", "uuid": "same", "message": {"role": "user", "content": "Hi."},
    });
    running.write(&message.to_string()).await;
    running.until("result/success").await;
    running.write(&message.to_string()).await;
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(finished.results().len(), 1);
    assert_eq!(finished.kinds().last().unwrap(), "system/informational");
}

#[tokio::test(start_paused = true)]
async fn a_malformed_line_is_named_and_nothing_before_it_is_lost() {
    let world = World::new(vec![Reply::new().text("Done.").complete()]);
    let mut running = Running::start(world, from_stdin());
    running.write(&user("Do it.")).await;
    running.write("").await;
    running.write("{\"type\": \"user\", oops").await;
    running.write(&user("Not read.")).await;
    let finished = running.finish().await;
    assert_eq!(finished.outcome.exit_code(), 2);
    assert_eq!(finished.results().len(), 1);
    assert_eq!(finished.results()[0]["result"], "Done.");
    let text = "standard input, line 3: not valid JSON: key must be a string at line 1 column 18";
    assert_eq!(finished.stderr, format!("error: {text}\n"));
    let lines = finished.lines();
    let warning = lines
        .iter()
        .find(|line| line["subtype"] == "informational")
        .unwrap();
    assert_eq!(warning["content"], text);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_type_is_skipped_with_a_warning() {
    let mut running = Running::start(World::new(Vec::new()), from_stdin());
    running.write(r#"{"type":"from_the_future"}"#).await;
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(finished.outcome, Outcome::Success);
    assert_eq!(
        finished.lines()[0]["content"],
        "a message of type `from_the_future` was skipped"
    );
}

#[tokio::test(start_paused = true)]
async fn input_that_ends_at_once_is_an_empty_run() {
    let mut running = Running::start(World::new(Vec::new()), from_stdin());
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(
        (finished.outcome, finished.stdout.as_str()),
        (Outcome::Success, "")
    );
}

fn answer(id: &str, response: &Value) -> String {
    let response = json!({"subtype": "success", "request_id": id, "response": response});
    json!({"type": "control_response", "response": response}).to_string()
}

/// Runs a turn with one question and answers it.
async fn asked(answers: impl Fn(&str) -> Option<String>) -> (Value, Finished) {
    asked_about(&["Guarded"], answers).await
}

/// Runs a turn that calls these tools one after the other, and answers the first question.
async fn asked_about(
    tools: &[&str],
    answers: impl Fn(&str) -> Option<String>,
) -> (Value, Finished) {
    let mut replies: Vec<_> = tools
        .iter()
        .enumerate()
        .map(|(at, tool)| {
            let id = format!("toolu_{}", at + 1);
            Reply::new()
                .call(&id, tool, json!({"command": "ls"}))
                .complete()
        })
        .collect();
    replies.push(Reply::new().text("Done.").complete());
    let world = World::new(replies);
    let mut options = from_stdin();
    options.permission_prompts = PermissionPrompts::Stdio;
    options.state_events = StateEvents::HostOnly;
    let mut running = Running::start(world, options);
    running.write(&user("Do it.")).await;
    let question = running.until("control_request/can_use_tool").await;
    if let Some(line) = answers(question["request_id"].as_str().unwrap()) {
        running.write(&line).await;
        running.until("user").await;
    }
    running.close_stdin();
    (question, running.finish().await)
}

fn tool_results(finished: &Finished) -> Vec<Value> {
    let users = finished
        .lines()
        .into_iter()
        .filter(|line| line["type"] == "user");
    users
        .map(|line| line["message"]["content"][0]["content"].clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_question_reaches_the_client_and_its_yes_runs_the_call() {
    let (question, finished) = asked(|id| {
        let allow = json!({"behavior": "allow", "updatedInput": {"command": "ls -l"}});
        Some(answer(id, &allow))
    })
    .await;
    insta::assert_snapshot!(steady(&serde_json::to_string_pretty(&question).unwrap()));
    assert_eq!(tool_results(&finished), ["ran ls -l"]);
    let states: Vec<Value> = finished
        .lines()
        .into_iter()
        .filter(|line| line["subtype"] == "session_state_changed")
        .map(|mut line| line["state"].take())
        .collect();
    assert_eq!(states, ["running", "requires_action", "running", "idle"]);
}

#[tokio::test(start_paused = true)]
async fn a_yes_for_the_session_is_not_asked_again() {
    let (_, finished) = asked_about(&["Ask", "Ask"], |id| {
        let rules = json!([{
            "type": "addRules", "behavior": "allow", "destination": "session",
            "rules": [{"toolName": "Ask", "ruleContent": "ls"}],
        }]);
        let allow = json!({"behavior": "allow", "updatedPermissions": rules});
        Some(answer(id, &allow))
    })
    .await;
    assert_eq!(tool_results(&finished), ["ran ls", "ran ls"]);
    assert_eq!(finished.results()[0]["permission_denials"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_yes_for_once_is_asked_again() {
    let (_, finished) = asked_about(&["Ask", "Ask"], |id| {
        Some(answer(id, &json!({"behavior": "allow"})))
    })
    .await;
    assert_eq!(
        tool_results(&finished),
        [
            "ran ls",
            "The person did not allow this call: the client closed its input without an answer",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_no_is_told_to_the_model_and_stands_in_the_result() {
    let (_, finished) = asked(|id| {
        Some(answer(
            id,
            &json!({"behavior": "deny", "message": "not today"}),
        ))
    })
    .await;
    assert_eq!(
        tool_results(&finished)[0],
        "The person did not allow this call: not today"
    );
    assert_eq!(
        finished.results()[0]["permission_denials"][0],
        json!({"tool_name": "Guarded", "tool_use_id": "toolu_1", "tool_input": {"command": "ls"}})
    );
}

#[tokio::test(start_paused = true)]
async fn a_no_can_end_the_turn() {
    let (_, finished) = asked(|id| {
        let deny = json!({"behavior": "deny", "message": "stop", "interrupt": true});
        Some(answer(id, &deny))
    })
    .await;
    let result = &finished.results()[0];
    assert_eq!(result["subtype"], "error_during_execution");
    assert_eq!(result["terminal_reason"], "aborted_tools");
    assert_eq!(result["num_turns"], 1);
    assert_eq!(result["permission_denials"][0]["tool_use_id"], "toolu_1");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_an_error_or_nonsense_is_a_no() {
    let (_, finished) = asked(|id| {
        let error = json!({"subtype": "error", "request_id": id, "error": "callback threw"});
        Some(json!({"type": "control_response", "response": error}).to_string())
    })
    .await;
    assert_eq!(
        tool_results(&finished)[0],
        "The person did not allow this call: the client could not answer: callback threw"
    );
    let (_, finished) = asked(|id| Some(answer(id, &json!("yes please")))).await;
    assert_eq!(
        tool_results(&finished)[0],
        "The person did not allow this call: the client's answer is neither `allow` nor `deny`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_question_without_a_client_is_a_no() {
    let (_, finished) = asked(|_| None).await;
    assert_eq!(
        tool_results(&finished)[0],
        "The person did not allow this call: the client closed its input without an answer"
    );
    assert_eq!(finished.outcome, Outcome::Success);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_taken_back_when_the_turn_is_interrupted() {
    let reply = Reply::new()
        .call("toolu_1", "Ask", json!({"command": "ls"}))
        .complete();
    let mut options = from_stdin();
    options.permission_prompts = PermissionPrompts::Stdio;
    let mut running = Running::start(World::new(vec![reply]), options);
    running.write(&user("Do it.")).await;
    let question = running.until("control_request/can_use_tool").await;
    running
        .write(&request("req_1", &json!({"subtype": "interrupt"})))
        .await;
    let cancel = running.until("control_cancel_request").await;
    assert_eq!(cancel["request_id"], question["request_id"]);
    running.close_stdin();
    let finished = running.finish().await;
    assert_eq!(finished.results()[0]["terminal_reason"], "aborted_tools");
    assert_eq!(finished.results()[0]["session_id"], SESSION);
}
