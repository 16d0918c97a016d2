//! A long session with facts planted all over it, compacted again and again by summaries good
//! and bad: what must be kept is there word for word after each, and a rewind finds the
//! original.

use crate::{ground::Ground, performance::runtime};
use futures::StreamExt as _;
use gimlet_app::{Answers, Hub, Launch, TrustFlag};
use gimlet_ports::{OpenSpec, Sessions as _};
use gimlet_protocol::{
    Block, EntryId, Event, Fact, Mode, OnConflict, Op, OpKey, RewindScope, SessionId, SessionState,
    Signal, SummaryFate,
};
use gimlet_testkit::sse::{Recorded, Reply, Script, Server};
use serde_json::{Value, json};
use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
};

/// What the person asks, one after the other.
const PROMPTS: usize = 31;
/// Rounds with a tool for each.
const ROUNDS: usize = 12;
/// Tokens of context; the smallest that may be set, so that compactions are many.
const WINDOW: u64 = 100_000;
const INSTRUCTION: &str = "Never touch vendor/; the release is called Maple-7.";
const HEADINGS: [&str; 5] = [
    "## Instructions and constraints",
    "## Decisions and why",
    "## What was done and found out",
    "## State of the work",
    "## Next steps",
];

fn asked(prompt: usize) -> String {
    format!(
        "Ask {prompt}: keep \"port {}\" – exactly.\n  - even this indented line {prompt}",
        7000 + prompt
    )
}

fn command(prompt: usize, round: usize) -> String {
    format!(
        "echo 'E{prompt}-{round}: cannot find crate' >&2; exit {}",
        1 + prompt
    )
}

fn todo(prompt: usize, round: usize) -> String {
    format!("open work {prompt}-{round}")
}

/// The model: works off each prompt by rounds, and sums up as told.
#[derive(Default)]
struct Player {
    root: String,
    /// Main requests so far.
    replies: usize,
    /// Orders for a summary so far.
    orders: usize,
    /// Bodies of main requests that came right after an order, with the replies before each.
    compacted: Vec<(usize, Value)>,
    /// Bodies of orders.
    ordered: Vec<Value>,
    /// Bytes of the main request before each order.
    before: Vec<usize>,
    last_bytes: usize,
    after_order: bool,
}

impl Player {
    fn answer(&mut self, request: &Recorded) -> Reply {
        let body = request.json();
        let last = body["messages"].as_array().and_then(|all| all.last());
        if words(last.unwrap_or(&Value::Null)).contains("Write that summary now") {
            self.ordered.push(body);
            self.before.push(self.last_bytes);
            self.after_order = true;
            self.orders += 1;
            return sum_up(self.orders);
        }
        if std::mem::take(&mut self.after_order) {
            self.compacted.push((self.replies, body));
        }
        self.last_bytes = request.body.len();
        let script = counted(request);
        let (prompt, round) = (self.replies / (ROUNDS + 1), self.replies % (ROUNDS + 1));
        self.replies += 1;
        if round == ROUNDS {
            return Reply::events(&script.text(&format!("Done with {prompt}.")));
        }
        let id = format!("toolu_{prompt}_{round}");
        let path = format!("{}/src/part_{prompt}_{round}.txt", self.root);
        let (tool, input) = match round % 4 {
            0 => {
                let content = format!("state {prompt} {round}\n").repeat(3 + prompt);
                ("Write", json!({"file_path": path, "content": content}))
            }
            1 => ("Bash", json!({"command": command(prompt, round)})),
            2 => (
                "Read",
                json!({"file_path": format!("{}/filler.txt", self.root)}),
            ),
            _ => (
                "TodoWrite",
                json!({"todos": [
                    {"content": "finished work", "status": "completed", "activeForm": "x"},
                    {"content": todo(prompt, round), "status": "in_progress", "activeForm": "x"},
                ]}),
            ),
        };
        Reply::events(&script.call(&id, tool, &input))
    }
}

/// A reply that counts the request as a provider would.
fn counted(request: &Recorded) -> Script {
    let tokens = request.body.len() * 10 / 36;
    let start = json!({"input_tokens": tokens, "output_tokens": 1});
    Script::new().usage(start, json!({"output_tokens": 50}))
}

/// Summaries by turns: good, empty, a flood, lies, and then nothing but failures.
fn sum_up(order: usize) -> Reply {
    let sections = |text: &str| -> String {
        let sections = HEADINGS.map(|heading| format!("{heading}\n{text}\n"));
        sections.concat()
    };
    let say = |text: &str| Reply::events(&Script::new().text(text));
    match order {
        1 => say(&sections("as agreed")),
        2 => say(""),
        3 => say(&sections(&"flood ".repeat(30_000))),
        4 => say(&sections(
            "The person asked for nothing, every command passed, no file was written.",
        )),
        _ => Reply::error(500, "api_error", "out of order"),
    }
}

/// Every text in a value.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(items) => items.iter().map(words).collect(),
        Value::Object(fields) => fields.values().map(words).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

struct Session {
    hub: Arc<Hub>,
    id: SessionId,
    entries: Vec<(EntryId, Fact)>,
}

impl Session {
    /// Submits, and follows until all is at rest again; a rewind needs no work.
    async fn submit(&mut self, key: &str, op: Op) {
        let after = self.entries.last().map(|(id, _)| *id);
        let mut events = self.hub.follow(self.id.clone(), after).await.unwrap();
        self.hub
            .submit(self.id.clone(), OpKey(key.to_owned()), op)
            .await
            .unwrap();
        let mut began = false;
        while let Some(event) = events.next().await {
            match event {
                Event::Fact(entry) => {
                    began = true;
                    let is_rewound = matches!(entry.fact, Fact::Rewound(_));
                    self.entries.push((entry.id, entry.fact));
                    if is_rewound {
                        return;
                    }
                }
                Event::Signal(Signal::State {
                    state: SessionState::Resting,
                }) if began => return,
                Event::Signal(_) => {}
            }
        }
        panic!("the session ended");
    }
}

fn prompt(text: String) -> Op {
    Op::Prompt {
        content: vec![Block::text(text)],
    }
}

#[test]
fn what_is_planted_outlives_every_compaction_and_a_rewind_finds_the_original() {
    runtime().block_on(async {
        let ground = Ground::new();
        for folder in [ground.root(), ground.home()] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(ground.root().join("CLAUDE.md"), INSTRUCTION).unwrap();
        fs::write(
            ground.root().join("filler.txt"),
            "nobody needs this line twice\n".repeat(500),
        )
        .unwrap();
        let server = Server::start().await.unwrap();
        let player = Arc::new(Mutex::new(Player {
            root: ground.root().display().to_string(),
            ..Player::default()
        }));
        let model = Arc::clone(&player);
        server.answer_with(move |request| {
            model
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .answer(request)
        });
        let hub = Hub::new(Launch {
            cwd: ground.root(),
            env: ground.env_with([
                ("ANTHROPIC_BASE_URL", server.url().into()),
                ("ANTHROPIC_API_KEY", "key".into()),
            ]),
            model: Some("anthropic/mock".to_owned()),
            permission_mode: Some(Mode::BypassPermissions),
            settings: Some(json!({"autoCompactWindow": WINDOW}).to_string()),
            answers: Answers::FromNobody,
            // The memory file is the repository's.
            trust: TrustFlag::ThisRun,
            ..Launch::default()
        })
        .unwrap();
        let head = hub.open(OpenSpec::New { id: None }).await.unwrap();
        let mut session = Session {
            hub,
            id: head.id,
            entries: Vec::new(),
        };
        for number in 0..PROMPTS {
            session
                .submit(&format!("prompt-{number}"), prompt(asked(number)))
                .await;
        }
        let (compacted, ordered) = {
            let player = player.lock().unwrap_or_else(PoisonError::into_inner);
            assert_eq!(
                player.replies,
                PROMPTS * (ROUNDS + 1),
                "every round was played once"
            );
            (player.compacted.clone(), player.ordered.clone())
        };
        let compactions: Vec<(EntryId, EntryId)> = session
            .entries
            .windows(2)
            .filter(|pair| matches!(pair[1].1, Fact::Compacted(_)))
            .map(|pair| (pair[0].0, pair[1].0))
            .collect();
        assert!(compactions.len() >= 5, "{} compactions", compactions.len());
        assert_eq!(compactions.len(), compacted.len());
        let fates: Vec<bool> = facts(&session)
            .map(|compacted| matches!(compacted.summary, SummaryFate::Accepted))
            .collect();
        let expected: Vec<bool> = (1..=fates.len())
            .map(|order| order == 1 || order == 4)
            .collect();
        assert_eq!(
            fates, expected,
            "good and lying summaries have all sections, the others go"
        );
        for (compaction, fact) in compacted.iter().zip(facts(&session)) {
            assert!(fact.after_tokens < fact.before_tokens, "{fact:?}");
            assert!(fact.after_tokens + 4_000 < WINDOW * 3 / 4, "{fact:?}");
            all_is_there(compaction, &ground);
        }
        for ((before, at), order) in compactions.iter().zip(&ordered).rev() {
            session
                .submit(
                    &format!("rewind-{before:?}"),
                    Op::Rewind {
                        to: *before,
                        scope: RewindScope::Conversation,
                        conflicts: OnConflict::Refuse,
                    },
                )
                .await;
            let index = session.entries.len();
            session
                .submit(&format!("again-{before:?}"), prompt("Go on.".to_owned()))
                .await;
            assert!(session.entries.len() > index, "{at:?}");
            let player = player.lock().unwrap_or_else(PoisonError::into_inner);
            let again = player.ordered.last().unwrap();
            let (old, new) = (
                order["messages"].as_array().unwrap(),
                again["messages"].as_array().unwrap(),
            );
            // All but the last message, which carried the order.
            assert_eq!(
                words(&json!(old[..old.len() - 1])),
                words(&json!(new[..old.len() - 1]))
            );
        }
    });
}

fn facts(session: &Session) -> impl Iterator<Item = &gimlet_protocol::Compacted> {
    session.entries.iter().filter_map(|(_, fact)| {
        if let Fact::Compacted(compacted) = fact {
            Some(&**compacted)
        } else {
            None
        }
    })
}

/// Everything of the kept classes that was planted before a compaction.
fn all_is_there((replies, body): &(usize, Value), ground: &Ground) {
    let text = words(body);
    let holds = |what: &str| {
        assert!(
            text.contains(what),
            "after {replies} replies without {what:?}:\n{text}"
        );
    };
    holds(INSTRUCTION);
    let mut open = String::new();
    for reply in 0..*replies {
        let (prompt, round) = (reply / (ROUNDS + 1), reply % (ROUNDS + 1));
        match round {
            ROUNDS => {}
            _ if round % 4 == 0 => {
                let path = ground.root().join(format!("src/part_{prompt}_{round}.txt"));
                let size = fs::metadata(&path).unwrap().len();
                holds(&format!("{} (written, {size} bytes)", path.display()));
            }
            _ if round % 4 == 1 => {
                holds(&format!("$ {}\n", command(prompt, round)));
                holds(&format!("E{prompt}-{round}: cannot find crate"));
            }
            _ if round % 4 == 3 => open = todo(prompt, round),
            _ => {}
        }
    }
    holds(&open);
    for prompt in 0..=(replies / (ROUNDS + 1)).min(PROMPTS - 1) {
        holds(&asked(prompt));
    }
}
