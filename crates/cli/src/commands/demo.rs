//! `gimlet demo`: a whole task in a small real repository, shown step by step.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few facts are shown, the rest passes"
)]

use super::here;
use crate::{
    args::DemoArgs,
    exit::{self, Exit},
    headless::runtime,
};
use futures::StreamExt as _;
use gimlet_app::{Demo, Hub};
use gimlet_ports::{OpenSpec, Sessions as _};
use gimlet_protocol::{Block, Call, Event, Fact, Op, OpKey, ReturnedHow, SessionState, Signal};
use gimlet_settings::Env;
use std::{collections::HashMap, time::Duration};

/// The demonstration takes a few seconds; more means that something hangs.
const LIMIT: Duration = Duration::from_mins(1);

pub(crate) fn run(args: &DemoArgs) -> Exit {
    demonstrate(args.keep).unwrap_or_else(|exit| exit)
}

fn demonstrate(keep: bool) -> Result<Exit, Exit> {
    here()?;
    let demo = Demo::prepare().map_err(|fault| environment(&fault.to_string()))?;
    let outcome = play(&demo);
    let folder = demo.folder().to_owned();
    if keep {
        exit::print_line(&format!(
            "\nThe repository is {}, and the session's log is in {}.",
            demo.repo().display(),
            folder.join("home").display()
        ));
    } else if let Err(fault) = demo.remove() {
        exit::notice(&format!("{} was not removed: {fault}", folder.display()));
    }
    outcome
}

fn play(demo: &Demo) -> Result<Exit, Exit> {
    exit::print_line(
        "A demonstration. The model's words are scripted; everything else is real: a git\nrepository with a bug, the engine, the tools, the permission gate, the shell, the log.\n",
    );
    let (passed, printed) = demo
        .test()
        .map_err(|fault| environment(&fault.to_string()))?;
    exit::print_line(&format!("$ sh test.sh    (before)\n{}", indented(&printed)));
    if passed {
        return Err(exit::complain(
            Exit::Bug,
            "the tests pass before the fix",
            None,
        ));
    }
    exit::print_line(&format!("> {}\n", demo.prompt()));
    runtime()?.block_on(async {
        match tokio::time::timeout(LIMIT, work(demo)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(exit::complain(
                Exit::Bug,
                "the demonstration did not end",
                None,
            )),
        }
    })?;
    let (passed, printed) = demo
        .test()
        .map_err(|fault| environment(&fault.to_string()))?;
    let diff = demo
        .diff()
        .map_err(|fault| environment(&fault.to_string()))?;
    exit::print_line(&format!(
        "\n$ sh test.sh    (after, run outside of the session)\n{}",
        indented(&printed)
    ));
    exit::print_line(&format!("$ git diff\n{}", indented(&diff)));
    if !passed {
        return Err(exit::complain(Exit::Failed, "the tests still fail", None));
    }
    Ok(exit::print_line(
        "The test passes. The words above were scripted: no model was asked and nothing was paid.\nTo connect one: set ANTHROPIC_API_KEY or run `gimlet auth login`, then\n  gimlet -p \"what is to be done\"",
    ))
}

async fn work(demo: &Demo) -> Result<Exit, Exit> {
    let hub =
        Hub::new(demo.launch(&Env::of_process())).map_err(|fault| exit::open_fault(&fault))?;
    let head = hub
        .open(OpenSpec::New { id: None })
        .await
        .map_err(|fault| exit::open_fault(&fault))?;
    let refused = |refusal| {
        exit::complain(
            Exit::Bug,
            &format!("the session refused: {refusal:?}"),
            None,
        )
    };
    let mut events = hub
        .follow(head.id.clone(), head.last)
        .await
        .map_err(refused)?;
    let prompt = Op::Prompt {
        content: vec![Block::text(demo.prompt())],
    };
    hub.submit(head.id, OpKey::from("demo"), prompt)
        .await
        .map_err(refused)?;
    let mut calls: HashMap<_, Call> = HashMap::new();
    while let Some(event) = events.next().await {
        match event {
            Event::Fact(entry) => show(&entry.fact, &mut calls),
            Event::Signal(Signal::TextDelta { text, .. }) => {
                exit::print(&text);
            }
            Event::Signal(Signal::State {
                state: SessionState::Resting,
            }) => break,
            Event::Signal(_) => {}
        }
    }
    hub.close_all().await;
    Ok(Exit::Success)
}

/// A line for each step. The texts themselves were shown as they came.
fn show(fact: &Fact, calls: &mut HashMap<gimlet_protocol::CallId, Call>) {
    let line = match fact {
        Fact::Said(_) => String::new(),
        Fact::Called(called) => {
            calls.insert(called.call.id.clone(), called.call.clone());
            return;
        }
        Fact::Cleared(cleared) => {
            let because: Vec<&str> = cleared
                .ruling
                .because
                .iter()
                .map(|reason| reason.text.as_str())
                .collect();
            format!(
                "  {}\n    allowed: {}",
                title(calls.get(&cleared.call)),
                because.join("; ")
            )
        }
        Fact::Refused(refused) => {
            format!(
                "  {}\n    DENIED: {}",
                title(calls.get(&refused.call)),
                refused.text
            )
        }
        Fact::Returned(returned) => {
            let mark = if returned.how == ReturnedHow::Done {
                "done"
            } else {
                "failed"
            };
            let shown = match returned.content.first() {
                Some(Block::Text { text, .. }) => shortened(text),
                _ => String::new(),
            };
            format!("    {mark} in {} ms\n{shown}", returned.took_ms)
        }
        Fact::Spent(spent) => {
            let cost = spent.cost.micro_usd.map_or_else(
                || "no price known".to_owned(),
                |micro| {
                    format!(
                        "${}.{:06} if it were real",
                        micro / 1_000_000,
                        micro % 1_000_000
                    )
                },
            );
            let tokens = spent.usage.context_tokens();
            format!("    ({tokens} tokens, {cost})")
        }
        _ => return,
    };
    exit::print_line(&line);
}

fn title(call: Option<&Call>) -> String {
    let Some(call) = call else {
        return "?".to_owned();
    };
    let field = |name: &str| call.input.get(name).and_then(|value| value.as_str());
    let what = field("command")
        .or_else(|| field("file_path"))
        .unwrap_or_default();
    format!("{} {what}", call.tool)
}

/// The first lines of a result, indented.
fn shortened(text: &str) -> String {
    const LINES: usize = 6;
    let mut lines: Vec<String> = text
        .lines()
        .take(LINES)
        .map(|line| format!("      {line}"))
        .collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("      … {more} more lines"));
    }
    lines.join("\n")
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

fn environment(text: &str) -> Exit {
    exit::complain(Exit::Environment, text, None)
}
