//! How a run ends: errors of each kind, signals, readers that leave.

use crate::world::{Finished, Reply, Running, World, failed, from_stdin, one_prompt, prompted};
use gimlet_gateway::{Input, Outcome, Output, PermissionPrompts, ProcessSignal};
use gimlet_ports::{Failure, ModelEnd, OpenSpec};
use gimlet_protocol::{
    CallId, Called, Cleared, Fact, Finish, Incoming, OpKey, Origin, ReplyId, Ruling, Spent, Verdict,
};
use serde_json::{Value, json};

/// What of a result says how the turn ended.
fn ending(finished: &Finished) -> Value {
    let result = finished.results().pop().unwrap();
    let mut out = json!({});
    for key in [
        "subtype",
        "is_error",
        "result",
        "errors",
        "stop_reason",
        "terminal_reason",
        "api_error_status",
        "num_turns",
    ] {
        if let Some(value) = result.get(key) {
            out[key] = value.clone();
        }
    }
    out
}

#[tokio::test(start_paused = true)]
async fn a_failed_request_is_a_success_that_is_an_error() {
    let world = || {
        World::new(vec![failed(
            Failure::Credentials,
            "the key is wrong",
            Some(401),
        )])
    };
    let finished = prompted(world(), one_prompt(Output::StreamJson)).await;
    assert_eq!(finished.outcome, Outcome::TurnFailed);
    assert_eq!(
        finished.kinds(),
        ["system/init", "assistant", "result/success"]
    );
    assert_eq!(finished.lines()[1]["error"], "authentication_failed");
    assert_eq!(
        ending(&finished),
        json!({
            "subtype": "success", "is_error": true, "result": "the key is wrong",
            "stop_reason": null, "terminal_reason": "api_error", "api_error_status": 401,
            "num_turns": 0,
        })
    );
    let finished = prompted(world(), one_prompt(Output::Text)).await;
    assert_eq!(finished.outcome.exit_code(), 1);
    assert_eq!(finished.stdout, "");
    let hint =
        "`gimlet auth status` tells where the key comes from, `gimlet auth login` stores another";
    assert_eq!(
        finished.stderr,
        format!("error: the key is wrong\nhint: {hint}\n")
    );
}

#[tokio::test(start_paused = true)]
async fn a_context_that_does_not_fit_has_a_reason_of_its_own() {
    let world = World::new(vec![failed(
        Failure::TooLong,
        "prompt is too long",
        Some(400),
    )]);
    let finished = prompted(world, one_prompt(Output::StreamJson)).await;
    assert_eq!(ending(&finished)["terminal_reason"], "prompt_too_long");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_declines_ends_the_turn_as_an_error() {
    let reply = Reply::new().text("No.").ends(ModelEnd::Declined {
        text: "policy".to_owned(),
    });
    let finished = prompted(World::new(vec![reply]), one_prompt(Output::StreamJson)).await;
    assert_eq!(
        ending(&finished),
        json!({
            "subtype": "success", "is_error": true, "result": "the model declined: policy",
            "stop_reason": "refusal", "terminal_reason": "model_error",
            "api_error_status": null, "num_turns": 1,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_cut_by_the_limit_goes_on_and_keeps_its_beginning() {
    let first = Reply::new().text("one ").ends(ModelEnd::Length);
    let second = Reply::new().text("two").complete();
    let finished = prompted(
        World::new(vec![first, second]),
        one_prompt(Output::StreamJson),
    )
    .await;
    assert_eq!(finished.results()[0]["result"], "one two");
    assert_eq!(
        finished.kinds(),
        [
            "system/init",
            "assistant",
            "user",
            "assistant",
            "result/success"
        ]
    );
    assert_eq!(finished.lines()[2]["isSynthetic"], true);
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_turns_is_an_error() {
    let call = || {
        Reply::new()
            .call("toolu_1", "Echo", json!({"command": "ls"}))
            .complete()
    };
    let mut world = World::new(vec![call(), call()]);
    world.options.limits.max_turns = Some(1);
    let finished = prompted(world, one_prompt(Output::StreamJson)).await;
    assert_eq!(finished.outcome, Outcome::TurnFailed);
    assert_eq!(
        ending(&finished),
        json!({
            "subtype": "error_max_turns", "is_error": true,
            "errors": ["the limit of 1 turns is reached"], "stop_reason": "tool_use",
            "terminal_reason": "max_turns", "num_turns": 1,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_an_error() {
    let mut world = World::new(vec![Reply::new().text("Hi.").complete()]);
    world.options.limits.max_micro_usd = Some(1);
    let finished = prompted(world, one_prompt(Output::StreamJson)).await;
    let ending = ending(&finished);
    assert_eq!(ending["subtype"], "error_max_budget_usd");
    assert_eq!(ending["terminal_reason"], "budget_exhausted");
}

#[tokio::test(start_paused = true)]
async fn structured_output_that_never_comes_is_an_error() {
    let replies = (0..8)
        .map(|_| Reply::new().text("No.").complete())
        .collect();
    let mut world = World::new(replies);
    world.options.must_end_with = Some("StructuredOutput".to_owned());
    let mut options = one_prompt(Output::StreamJson);
    options.structured_tool = Some("StructuredOutput".to_owned());
    let finished = prompted(world, options).await;
    let ending = ending(&finished);
    assert_eq!(ending["subtype"], "error_max_structured_output_retries");
    assert_eq!(
        ending["terminal_reason"],
        "structured_output_retry_exhausted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_ends_the_turn_is_an_error() {
    let reply = Reply::new()
        .call("toolu_1", "Abort", json!({"command": "x"}))
        .complete();
    let finished = prompted(World::new(vec![reply]), one_prompt(Output::StreamJson)).await;
    assert_eq!(
        ending(&finished),
        json!({
            "subtype": "error_during_execution", "is_error": true,
            "errors": ["the world is gone"], "stop_reason": "tool_use", "num_turns": 1,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_ends_the_run_and_says_so() {
    let mut world = World::new(vec![Reply::new().text("Hi.").complete()]);
    world.room = 2;
    let finished = prompted(world, one_prompt(Output::StreamJson)).await;
    assert_eq!(finished.outcome, Outcome::Environment);
    assert_eq!(
        finished.kinds(),
        [
            "system/init",
            "system/session_writes_lost",
            "result/error_during_execution"
        ]
    );
    let lost = &finished.lines()[1];
    assert_eq!(lost["error_code"], "ENOSPC");
    let text = "no space left to write /s/a.jsonl; nothing that was shown is lost";
    assert_eq!(finished.stderr, format!("error: {text}\n"));
    assert_eq!(finished.results()[0]["errors"], json!([text]));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_before_the_prompt_is_told_as_well() {
    let mut world = World::new(Vec::new());
    world.room = 1;
    let finished = prompted(world, one_prompt(Output::Text)).await;
    assert_eq!(finished.outcome, Outcome::Environment);
    assert_eq!(finished.stdout, "");
    let text = "no space left to write /s/a.jsonl; nothing that was shown is lost";
    assert_eq!(finished.stderr, format!("error: {text}\n"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_early_is_an_error_and_no_hang() {
    let mut world = World::new(vec![Reply::new().hangs_in("Thinking")]);
    world.cut_stream_after = 3;
    let finished = prompted(world, one_prompt(Output::StreamJson)).await;
    assert_eq!(finished.outcome, Outcome::TurnFailed);
    assert_eq!(
        finished.results()[0]["errors"],
        json!(["the session ended unexpectedly"])
    );
    assert_eq!(finished.stderr, "error: the session ended unexpectedly\n");
}

#[tokio::test(start_paused = true)]
async fn sigint_ends_the_turn_in_the_middle_of_a_reply() {
    let world = World::new(vec![Reply::new().hangs_in("Half a sen")]);
    let mut options = one_prompt(Output::StreamJson);
    options.partials = gimlet_gateway::Partials::On;
    let mut running = Running::start(world, options);
    running.until("stream_event/content_block_delta").await;
    running
        .signals
        .send(ProcessSignal::Interrupt)
        .await
        .unwrap();
    let finished = running.finish().await;
    assert_eq!(finished.outcome, Outcome::TurnFailed);
    assert_eq!(
        ending(&finished),
        json!({
            "subtype": "error_during_execution", "is_error": true,
            "errors": ["the turn was interrupted"], "stop_reason": null,
            "terminal_reason": "aborted_streaming", "num_turns": 1,
        })
    );
    let lines = finished.lines();
    let cut = lines
        .iter()
        .find(|line| line["type"] == "assistant")
        .unwrap();
    assert_eq!(cut["aborted"], true);
    assert_eq!(
        cut["message"]["content"],
        json!([{"type": "text", "text": "Half a sen"}])
    );
    assert_eq!(finished.tags.last(), Some(&"closed"));
}

#[tokio::test(start_paused = true)]
async fn sigint_before_the_first_word_ends_the_turn_as_well() {
    let world = World::new(vec![vec![crate::world::Play::Hang]]);
    let mut running = Running::start(world, one_prompt(Output::StreamJson));
    running.until("system/init").await;
    running
        .signals
        .send(ProcessSignal::Interrupt)
        .await
        .unwrap();
    let finished = running.finish().await;
    assert_eq!(ending(&finished)["terminal_reason"], "aborted_streaming");
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_turn_ends_even_when_every_signal_is_lost() {
    let mut world = World::new(vec![vec![crate::world::Play::Hang]]);
    world.loses = |_| true;
    let mut running = Running::start(world, one_prompt(Output::StreamJson));
    running.until("system/init").await;
    running
        .signals
        .send(ProcessSignal::Interrupt)
        .await
        .unwrap();
    let finished = running.finish().await;
    assert_eq!(ending(&finished)["terminal_reason"], "aborted_streaming");
}

#[tokio::test(start_paused = true)]
async fn a_second_sigint_ends_the_run_at_once() {
    let world = World::new(vec![Reply::new().hangs_in("Half")]);
    let mut running = Running::start(world, one_prompt(Output::StreamJson));
    running.until("system/init").await;
    running.signals.try_send(ProcessSignal::Interrupt).unwrap();
    running.signals.try_send(ProcessSignal::Interrupt).unwrap();
    assert_eq!(running.finish().await.outcome.exit_code(), 130);
}

#[tokio::test(start_paused = true)]
async fn sigint_while_nothing_runs_ends_the_run() {
    let running = Running::start(World::new(Vec::new()), from_stdin());
    running
        .signals
        .send(ProcessSignal::Interrupt)
        .await
        .unwrap();
    let finished = running.finish().await;
    assert_eq!(finished.outcome, Outcome::Interrupted);
    assert_eq!(finished.stdout, "");
}

#[tokio::test(start_paused = true)]
async fn sigterm_ends_the_turn_and_the_session_in_order() {
    let reply = Reply::new()
        .call("toolu_1", "Hang", json!({"command": "sleep"}))
        .complete();
    let mut running = Running::start(World::new(vec![reply]), one_prompt(Output::StreamJson));
    running.until("assistant").await;
    running
        .signals
        .send(ProcessSignal::Terminate)
        .await
        .unwrap();
    let finished = running.finish().await;
    assert_eq!(finished.outcome.exit_code(), 143);
    assert_eq!(
        finished.kinds(),
        [
            "system/init",
            "assistant",
            "user",
            "result/error_during_execution"
        ]
    );
    assert_eq!(ending(&finished)["terminal_reason"], "aborted_tools");
    assert_eq!(finished.tags.last(), Some(&"closed"));
}

#[tokio::test(start_paused = true)]
async fn sigterm_does_not_wait_for_a_reader_that_does_not_read() {
    let long = "words ".repeat(1000);
    let replies = vec![Reply::new().text(&long).hangs_in("and")];
    let running = Running::start_on(World::new(replies), one_prompt(Output::StreamJson), 16, "");
    running
        .signals
        .send(ProcessSignal::Terminate)
        .await
        .unwrap();
    assert_eq!(running.wait().await, Outcome::Terminated);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_ends_the_run_quietly() {
    let reply = Reply::new()
        .call("toolu_1", "Hang", json!({"command": "sleep"}))
        .complete();
    let mut running = Running::start(World::new(vec![reply]), one_prompt(Output::StreamJson));
    running.until("system/init").await;
    running.close_stdout();
    let finished = running.finish().await;
    assert_eq!(finished.outcome, Outcome::Success);
    assert_eq!(finished.stderr, "");
    assert_eq!(finished.tags.last(), Some(&"closed"));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_opened_is_told_with_its_hint() {
    let mut options = one_prompt(Output::Json);
    options.open = OpenSpec::Earlier {
        name: "nope".to_owned(),
    };
    let finished = prompted(World::new(Vec::new()), options).await;
    assert_eq!(finished.outcome, Outcome::Usage);
    assert_eq!(
        finished.stderr,
        "error: there is no session `nope`\nhint: `gimlet sessions list` shows them\n"
    );
    assert_eq!(
        finished.results()[0]["errors"],
        json!(["there is no session `nope`"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_in_use_is_the_machines_fault() {
    let mut options = one_prompt(Output::Text);
    options.open = OpenSpec::Fork { of: None, id: None };
    let finished = prompted(World::new(Vec::new()), options).await;
    assert_eq!(finished.outcome.exit_code(), 4);
    assert_eq!(
        finished.stderr,
        "error: /s/a.jsonl is in use by process 7\n"
    );
}

#[tokio::test(start_paused = true)]
async fn formats_that_do_not_fit_are_refused() {
    let mut options = from_stdin();
    options.output = Output::Text;
    let finished = prompted(World::new(Vec::new()), options).await;
    assert_eq!(finished.outcome, Outcome::Usage);
    let mut options = one_prompt(Output::StreamJson);
    options.permission_prompts = PermissionPrompts::Stdio;
    let finished = prompted(World::new(Vec::new()), options).await;
    assert_eq!(finished.outcome, Outcome::Usage);
}

/// A turn that a crash cut short: one call was cleared, one was asked about.
fn crashed() -> Vec<Fact> {
    let reply = ReplyId::from("r2");
    let called = |id: &str, tool: &str| {
        let call = gimlet_protocol::Call {
            id: id.into(),
            tool: tool.to_owned(),
            input: json!({"command": id}),
            broken: None,
            opaque: None,
        };
        Fact::Called(Called {
            reply: reply.clone(),
            call,
            door: None,
        })
    };
    let spent = Spent {
        asker: gimlet_protocol::Asker::Main,
        provider: "anthropic".to_owned(),
        model: "claude-test-1".to_owned(),
        request_id: None,
        finish: Finish::Complete,
        usage: gimlet_protocol::Usage::default(),
        cost: gimlet_protocol::RequestCost::default(),
        sent_bytes: 0,
        kept_bytes: 0,
        broke_because: None,
        first_ms: None,
        total_ms: 0,
    };
    let risk = gimlet_protocol::Risk::Medium;
    let question = gimlet_protocol::Question::new("run toolu_2", risk, Vec::new(), Vec::new());
    let ruling = Ruling {
        verdict: Verdict::Allow,
        because: Vec::new(),
        confinement: None,
    };
    vec![
        Fact::Prompted(Incoming {
            key: OpKey::from("earlier"),
            origin: Origin::Person,
            content: crate::world::prompt("Do it."),
        }),
        called("toolu_1", "Echo"),
        called("toolu_2", "Ask"),
        Fact::Spent(Box::new(spent)),
        Fact::Cleared(Cleared {
            call: CallId::from("toolu_1"),
            ruling,
        }),
        Fact::Asked(gimlet_protocol::Asked {
            call: CallId::from("toolu_2"),
            question,
        }),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_turn_goes_on_and_nobody_is_asked_forever() {
    let mut world = World::new(vec![Reply::new().text("Done.").complete()]);
    world.past = crashed();
    let mut options = one_prompt(Output::StreamJson);
    options.input = Input::Unfinished;
    let finished = prompted(world, options).await;
    assert_eq!(finished.outcome, Outcome::Success);
    assert_eq!(
        finished.kinds(),
        ["system/init", "user", "user", "assistant", "result/success"]
    );
    let result = &finished.results()[0];
    assert_eq!(
        result["permission_denials"],
        json!([{
            "tool_name": "Ask", "tool_use_id": "toolu_2", "tool_input": {"command": "toolu_2"},
        }])
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_prompt_leaves_the_crashed_turn_behind() {
    let mut world = World::new(vec![Reply::new().text("Done.").complete()]);
    world.past = crashed();
    let finished = prompted(world, one_prompt(Output::StreamJson)).await;
    assert_eq!(
        finished.kinds(),
        ["system/init", "assistant", "result/success"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_finished_turn_does_not_go_on() {
    let mut options = one_prompt(Output::Text);
    options.input = Input::Unfinished;
    let finished = prompted(World::new(Vec::new()), options).await;
    assert_eq!(finished.outcome, Outcome::Usage);
    assert_eq!(
        finished.stderr,
        "error: there is no unfinished turn to go on with\n"
    );
}
