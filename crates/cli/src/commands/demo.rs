//! `gimlet demo`: a whole task in a small real repository, shown step by step.

use super::here;
use crate::{
    args::DemoArgs,
    exit::{self, Exit},
    headless::runtime,
};
use futures::StreamExt as _;
use gimlet_app::{Demo, Hub};
use gimlet_ports::{OpenSpec, Sessions as _};
use gimlet_protocol::{
    Block, Call, CallId, Event, Fact, Op, OpKey, ReturnedHow, SessionState, Signal,
};
use gimlet_settings::Env;
use std::{collections::VecDeque, time::Duration};

/// The demonstration takes a few seconds; more means that something hangs.
const LIMIT: Duration = Duration::from_mins(1);

pub(crate) fn run(args: &DemoArgs) -> Exit {
    demonstrate(args.keep).unwrap_or_else(|exit| exit)
}

fn demonstrate(keep: bool) -> Result<Exit, Exit> {
    here()?;
    let demo =
        Demo::prepare(&Env::of_process()).map_err(|fault| environment(&fault.to_string()))?;
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
        .diff(&Env::of_process())
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
    let mut steps = Steps::default();
    while let Some(event) = events.next().await {
        match event {
            Event::Fact(entry) => steps.show(&entry.fact),
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

/// The calls under way, in the order in which the model made them. What becomes of them is
/// shown in this order too, though some run together.
#[derive(Default)]
struct Steps(VecDeque<Step>);

struct Step {
    call: Call,
    /// What is to be shown next.
    waiting: Vec<String>,
    over: bool,
}

impl Steps {
    /// A line for each step. The texts themselves were shown as they came.
    fn show(&mut self, fact: &Fact) {
        if let Fact::Called(called) = fact {
            let call = called.call.clone();
            let waiting = Vec::new();
            self.0.push_back(Step {
                call,
                waiting,
                over: false,
            });
        } else if let Fact::Cleared(cleared) = fact {
            let because: Vec<&str> = cleared
                .ruling
                .because
                .iter()
                .map(|reason| reason.text.as_str())
                .collect();
            self.decide(
                &cleared.call,
                &format!("    allowed: {}", because.join("; ")),
            );
        } else if let Fact::Refused(refused) = fact {
            self.decide(&refused.call, &format!("    DENIED: {}", refused.text));
            self.end(&refused.call);
        } else if let Fact::Returned(returned) = fact {
            let mark = if returned.how == ReturnedHow::Done {
                "done"
            } else {
                "failed"
            };
            let shown = match returned.content.first() {
                Some(Block::Text { text, .. }) => shortened(text),
                _ => String::new(),
            };
            self.add(
                &returned.call,
                &format!("    {mark} in {} ms\n{shown}", returned.took_ms),
            );
            self.end(&returned.call);
        } else if let Fact::Spent(spent) = fact {
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
            exit::print_line(&format!(
                "    ({} tokens, {cost})",
                spent.usage.context_tokens()
            ));
        } else if let Fact::Said(_) = fact {
            exit::print_line("");
        }
        self.tell();
    }

    /// What is decided about a call comes after its title.
    fn decide(&mut self, call: &CallId, line: &str) {
        if let Some(step) = self.0.iter_mut().find(|step| step.call.id == *call) {
            step.waiting
                .push(format!("  {}\n{line}", title(&step.call)));
        }
    }

    fn add(&mut self, call: &CallId, line: &str) {
        if let Some(step) = self.0.iter_mut().find(|step| step.call.id == *call) {
            step.waiting.push(line.to_owned());
        }
    }

    fn end(&mut self, call: &CallId) {
        if let Some(step) = self.0.iter_mut().find(|step| step.call.id == *call) {
            step.over = true;
        }
    }

    /// Shows what has its turn.
    fn tell(&mut self) {
        while let Some(step) = self.0.front_mut() {
            for line in step.waiting.drain(..) {
                exit::print_line(&line);
            }
            if !step.over {
                return;
            }
            self.0.pop_front();
        }
    }
}

fn title(call: &Call) -> String {
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
