mod past;

use super::{Client, Done, Effect, Layout, Setup};
use crate::{
    input::Input,
    terminal::{
        Full, Inline, Sync,
        tests::{Screen, table, text_of},
    },
    theme::Palette,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_ports::SessionHead;
use gimlet_protocol::{
    Access, Asked, Block, Call, CallId, Called, Entry, EntryId, Event, Fact, Grant, Incoming, Mode,
    Offer, Op, OpKey, Origin, Question, QueueLane, Queued, Reason, Reply, ReplyId, ReplyScope,
    Returned, ReturnedHow, Rewound, Risk, Said, SessionId, SessionState, Signal, Timestamp,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

const START: u64 = 1_000_000;

fn session() -> SessionId {
    SessionId::new("0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e5f")
}

/// A client with its terminal.
struct Desk {
    client: Client,
    screen: Screen,
    inline: Inline,
    /// Everything that was handed over as finished.
    settled: Vec<String>,
    entry: u64,
    now: u64,
    columns: u16,
    rows: u16,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Self {
        let setup = Setup {
            version: "0.1.0".to_owned(),
            strategy: table(),
            palette: Palette::Plain,
            layout: Layout::Inline,
            reduced_motion: true,
            screen_reader: false,
            vim: false,
            prompt: None,
            history: crate::history::History::new("/work/repo", Vec::new()),
            keys: String::new(),
            notify: false,
            size: (usize::from(columns), usize::from(rows)),
            now: Timestamp(START),
        };
        let mut client = Client::new(setup);
        client.done(Done::Opened(Box::new(SessionHead {
            id: session(),
            cwd: PathBuf::from("/work/repo"),
            model: "scripted/demo".to_owned(),
            mode: Mode::Default,
            tools: Vec::new(),
            title: None,
            at: Timestamp(START),
            last: None,
            state: SessionState::Resting,
            unfinished: false,
        })));
        drop(client.take_effects());
        Self {
            client,
            screen: Screen::new(columns, rows),
            inline: Inline::new(usize::from(columns)),
            settled: Vec::new(),
            entry: 0,
            now: START,
            columns,
            rows,
        }
    }

    fn later(&mut self, ms: u64) {
        self.now += ms;
        self.client.tick(Timestamp(self.now));
    }

    fn fact(&mut self, fact: Fact) {
        self.entry += 1;
        let entry = Entry {
            id: EntryId(self.entry),
            parent: self
                .entry
                .checked_sub(1)
                .filter(|parent| *parent > 0)
                .map(EntryId),
            at: Timestamp(self.now),
            fact,
        };
        self.client.event(&session(), Event::Fact(entry));
    }

    fn signal(&mut self, signal: Signal) {
        self.client.event(&session(), Event::Signal(signal));
    }

    fn prompt(&mut self, text: &str) {
        self.fact(Fact::Prompted(incoming(text)));
    }

    fn call(&mut self, id: &str, tool: &str, input: Value) {
        self.fact(Fact::Called(Called {
            reply: ReplyId::new("r1"),
            call: Call {
                id: CallId::new(id),
                tool: tool.to_owned(),
                input,
                broken: None,
                opaque: None,
            },
            door: None,
        }));
    }

    fn returned(&mut self, id: &str, how: ReturnedHow, text: &str, data: Option<Value>) {
        self.fact(Fact::Returned(Box::new(Returned {
            call: CallId::new(id),
            how,
            content: vec![Block::text(text)],
            data,
            marks: Vec::new(),
            took_ms: 1200,
        })));
    }

    fn said(&mut self, text: &str) {
        let said = Said {
            reply: ReplyId::new("r1"),
            text: text.to_owned(),
            opaque: None,
        };
        self.fact(Fact::Said(said));
    }

    fn ask(&mut self, id: &str) {
        let mut question = Question::new(
            "run `rm -rf build && make`",
            Risk::High,
            vec![Access::Run {
                command: "rm -rf build && make".to_owned(),
                cwd: PathBuf::from("/work/repo"),
            }],
            vec![Reason {
                judge: "care".to_owned(),
                text: "`rm` is not known to only look".to_owned(),
                source: None,
            }],
        );
        question.offers = vec![Offer {
            grants: vec![Grant {
                title: "run exactly `make`".to_owned(),
                rule: "Bash(make)".to_owned(),
            }],
        }];
        question.saved_in = Some(".gimlet/settings.local.json".to_owned());
        self.fact(Fact::Asked(Asked {
            call: CallId::new(id),
            question,
        }));
    }

    /// The conversation goes on behind `to`.
    fn rewound(&mut self, to: u64, from: EntryId) {
        self.entry += 1;
        let entry = Entry {
            id: EntryId(self.entry),
            parent: Some(EntryId(to)),
            at: Timestamp(self.now),
            fact: Fact::Rewound(Rewound {
                key: OpKey("back".to_owned()),
                from,
            }),
        };
        self.client.event(&session(), Event::Fact(entry));
    }

    fn rests(&mut self) {
        self.signal(Signal::State {
            state: SessionState::Resting,
        });
    }

    fn key(&mut self, code: KeyCode) {
        self.client
            .input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    fn control(&mut self, letter: char) {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        self.client.input(Input::Key(key));
    }

    fn types(&mut self, text: &str) {
        text.chars()
            .for_each(|letter| self.key(KeyCode::Char(letter)));
    }

    /// The operations that were asked for.
    fn ops(&mut self) -> Vec<Op> {
        let effects = self.client.take_effects().into_iter();
        effects
            .filter_map(|effect| {
                if let Effect::Submit(_, _, op) = effect {
                    Some(op)
                } else {
                    None
                }
            })
            .collect()
    }

    fn draw(&mut self) -> Vec<String> {
        let frame = self.client.frame();
        self.settled.extend(
            frame
                .settled
                .iter()
                .map(|line| line.to_string().trim_end().to_owned()),
        );
        let mut bytes = Vec::new();
        self.inline.draw(&frame, &table(), Sync::Marked, &mut bytes);
        self.screen.take(&bytes);
        let mut expected = self.settled.clone();
        expected.extend(text_of(&frame.live));
        expected
    }

    fn seen(&mut self) -> String {
        self.draw();
        let contents = self.screen.parser.screen().contents();
        let lines: Vec<&str> = contents.lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}

fn incoming(text: &str) -> Incoming {
    Incoming {
        key: OpKey(format!("k{}", text.len())),
        origin: Origin::Person,
        content: vec![Block::text(text)],
    }
}

fn a_turn(desk: &mut Desk) {
    desk.prompt("Why does the build fail? Fix it.");
    desk.said(
        "I look at the **makefile** first.\n\n```sh\nmake build\n```\n\n- one\n- two, with `code`",
    );
    desk.call("c1", "Read", json!({ "file_path": "/work/repo/Makefile" }));
    desk.call(
        "c2",
        "Grep",
        json!({ "pattern": "build:", "path": "/work/repo" }),
    );
    desk.returned("c1", ReturnedHow::Done, "1\n2\n3", None);
    desk.returned(
        "c2",
        ReturnedHow::Done,
        "Makefile:1",
        Some(json!({ "numMatches": 1 })),
    );
    desk.call("c3", "Edit", json!({ "file_path": "/work/repo/Makefile" }));
    let patch = json!({ "filePath": "/work/repo/Makefile", "structuredPatch": [{
        "oldStart": 1, "oldLines": 2, "newStart": 1, "newLines": 2,
        "lines": [" build:", "-\tcc mian.c", "+\tcc main.c"] }] });
    desk.returned("c3", ReturnedHow::Done, "edited", Some(patch));
    desk.call("c4", "Bash", json!({ "command": "make" }));
    desk.fact(Fact::Began(CallId::new("c4")));
}

#[test]
fn a_turn_is_seen_at_every_size() {
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let mut desk = Desk::new(columns, rows);
        a_turn(&mut desk);
        desk.fact(Fact::Queued(Queued {
            incoming: incoming("and then run the tests"),
            lane: QueueLane::FollowUp,
        }));
        desk.later(12_300);
        desk.types("also");
        insta::assert_snapshot!(format!("running_{columns}x{rows}"), desk.seen());
        desk.returned(
            "c4",
            ReturnedHow::Failed,
            "main.c: no such file\n[exit code 2]",
            Some(json!({ "exitCode": 2 })),
        );
        desk.said("It **still** fails.");
        desk.rests();
        insta::assert_snapshot!(format!("rested_{columns}x{rows}"), desk.seen());
    }
}

#[test]
fn a_question_is_seen_at_every_size() {
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let mut desk = Desk::new(columns, rows);
        desk.prompt("build it");
        desk.call(
            "c1",
            "Bash",
            json!({ "command": "rm -rf build && make\u{202e}" }),
        );
        desk.ask("c1");
        desk.later(500);
        insta::assert_snapshot!(format!("question_{columns}x{rows}"), desk.seen());
    }
}

#[test]
fn a_key_before_the_question_could_be_read_answers_nothing() {
    let mut desk = Desk::new(80, 24);
    desk.prompt("build it");
    desk.call("c1", "Bash", json!({ "command": "make" }));
    desk.ask("c1");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.ops(), []);
    // Each early key makes it wait anew.
    desk.later(300);
    desk.key(KeyCode::Enter);
    desk.later(300);
    desk.key(KeyCode::Enter);
    assert_eq!(desk.ops(), []);
    desk.later(500);
    desk.key(KeyCode::Enter);
    let reply = Reply::Allow {
        scope: ReplyScope::Once,
        offer: 0,
        input: None,
    };
    assert_eq!(
        desk.ops(),
        [Op::Answer {
            call: CallId::new("c1"),
            reply
        }]
    );
}

#[test]
fn who_types_goes_on_typing_when_a_question_comes() {
    let mut desk = Desk::new(80, 24);
    desk.prompt("build it");
    desk.call("c1", "Bash", json!({ "command": "make" }));
    desk.types("1 mo");
    desk.ask("c1");
    desk.later(1000);
    desk.types("re 1");
    assert_eq!(desk.client.editor.text(), "1 more 1");
    assert_eq!(desk.ops(), []);
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Char('2'));
    let reply = Reply::Allow {
        scope: ReplyScope::Turn,
        offer: 0,
        input: None,
    };
    assert_eq!(
        desk.ops(),
        [Op::Answer {
            call: CallId::new("c1"),
            reply
        }]
    );
    assert_eq!(desk.client.editor.text(), "1 more 1");
}

#[test]
fn a_command_is_changed_and_a_denial_gets_its_reason() {
    let mut desk = Desk::new(80, 24);
    desk.prompt("build it");
    desk.call("c1", "Bash", json!({ "command": "make" }));
    desk.ask("c1");
    desk.later(1000);
    desk.key(KeyCode::Char('7'));
    desk.types(" -n");
    desk.key(KeyCode::Enter);
    let input = Some(json!({ "command": "make -n" }));
    let reply = Reply::Allow {
        scope: ReplyScope::Once,
        offer: 0,
        input,
    };
    assert_eq!(
        desk.ops(),
        [Op::Answer {
            call: CallId::new("c1"),
            reply
        }]
    );
    desk.call("c2", "Bash", json!({ "command": "make" }));
    desk.ask("c2");
    desk.later(1000);
    desk.key(KeyCode::Char('6'));
    desk.types("not now");
    desk.key(KeyCode::Enter);
    let reply = Reply::Deny {
        reason: Some("not now".to_owned()),
    };
    assert_eq!(
        desk.ops(),
        [Op::Answer {
            call: CallId::new("c2"),
            reply
        }]
    );
}

#[test]
fn enter_steers_and_tab_queues_while_a_turn_runs() {
    let mut desk = Desk::new(80, 24);
    desk.types("first");
    desk.key(KeyCode::Enter);
    desk.prompt("first");
    desk.types("now");
    desk.key(KeyCode::Enter);
    desk.types("later");
    desk.key(KeyCode::Tab);
    desk.key(KeyCode::Esc);
    let said = |text: &str| vec![Block::text(text)];
    assert_eq!(
        desk.ops(),
        [
            Op::Prompt {
                content: said("first")
            },
            Op::Steer {
                content: said("now")
            },
            Op::Prompt {
                content: said("later")
            },
            Op::Interrupt,
        ]
    );
    assert!(desk.seen().contains("Interrupting"));
}

#[test]
fn a_command_that_is_none_is_not_run_as_its_neighbour() {
    let mut desk = Desk::new(80, 24);
    desk.types("/quti");
    desk.key(KeyCode::Enter);
    let effects = desk.client.take_effects();
    assert!(!effects.contains(&Effect::Leave), "{effects:?}");
    assert!(
        desk.seen()
            .contains("There is no /quti. Did you mean /queue?")
    );
    assert_eq!(desk.client.editor.text(), "/quti");
}

#[test]
fn ctrl_c_clears_then_asks_then_leaves() {
    let mut desk = Desk::new(80, 24);
    desk.types("text");
    desk.control('c');
    assert!(desk.client.editor.is_empty());
    assert!(!desk.client.take_effects().contains(&Effect::Leave));
    desk.control('c');
    assert!(desk.client.take_effects().contains(&Effect::Leave));
}

#[test]
fn what_was_streamed_is_what_the_fact_says() {
    let mut desk = Desk::new(60, 12);
    desk.prompt("tell me");
    let text = "One line.\n\nAnother one, that is longer.\n\n1. a\n2. b\n";
    let reply = ReplyId::new("r1");
    desk.signal(Signal::ReplyStarted {
        reply: reply.clone(),
        model: "m".to_owned(),
    });
    for letter in text.chars() {
        let delta = Signal::TextDelta {
            reply: reply.clone(),
            index: 0,
            text: letter.to_string(),
        };
        desk.signal(delta);
        desk.draw();
    }
    desk.said(text);
    desk.rests();
    let streamed = desk.draw();
    let mut whole = Desk::new(60, 12);
    whole.prompt("tell me");
    whole.said(text);
    whole.rests();
    assert_eq!(streamed, whole.draw());
    assert_eq!(desk.screen.everything(), whole.screen.everything());
}

#[derive(Clone, Debug)]
enum Step {
    Prompt,
    Said(String),
    Delta(u8, String),
    Call(u8, bool),
    Ask,
    Return,
    Rest,
    Interrupted,
    Lagged,
    Key(char),
    Special(u8),
    Paste(String),
    Later(u16),
    Draw,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = "[a-z \\n*`|#漢👩é_-]{0,40}";
    let step = prop_oneof![
        2 => Just(Step::Prompt),
        2 => text.prop_map(Step::Said),
        4 => (0u8..3, text).prop_map(|(at, text)| Step::Delta(at, text)),
        3 => (0u8..4, any::<bool>()).prop_map(|(tool, runs)| Step::Call(tool, runs)),
        1 => Just(Step::Ask),
        3 => Just(Step::Return),
        2 => Just(Step::Rest),
        1 => Just(Step::Interrupted),
        1 => Just(Step::Lagged),
        4 => prop_oneof![Just('a'), Just('/'), Just('@'), Just(' '), Just('漢'), Just('1')].prop_map(Step::Key),
        3 => (0u8..9).prop_map(Step::Special),
        1 => "[a-z漢é👩 \n]{0,80}".prop_map(Step::Paste),
        2 => (0u16..3000).prop_map(Step::Later),
        6 => Just(Step::Draw),
    ];
    proptest::collection::vec(step, 1..60)
}

fn play(desk: &mut Desk, step: Step, calls: &mut Vec<String>) {
    match step {
        Step::Prompt => desk.prompt("do it"),
        Step::Said(text) => desk.said(&text),
        Step::Delta(index, text) => desk.signal(Signal::TextDelta {
            reply: ReplyId::new("r1"),
            index: u32::from(index),
            text,
        }),
        Step::Call(tool, runs) => {
            let id = format!("c{}", desk.entry);
            let tool = ["Read", "Bash", "Grep", "Edit"][usize::from(tool)];
            desk.call(
                &id,
                tool,
                json!({ "command": "make all", "file_path": "/work/repo/漢" }),
            );
            if runs {
                desk.fact(Fact::Began(CallId::new(id.clone())));
            }
            calls.push(id);
        }
        Step::Ask => {
            if let Some(id) = calls.last().cloned() {
                desk.ask(&id);
            }
        }
        Step::Return => {
            if let Some(id) = calls.pop() {
                desk.returned(&id, ReturnedHow::Done, "one\ntwo\n漢字", None);
            }
        }
        Step::Rest => desk.rests(),
        Step::Interrupted => desk.fact(Fact::Interrupted(OpKey("i".to_owned()))),
        Step::Lagged => desk.signal(Signal::Lagged { skipped: 3 }),
        Step::Key(letter) => desk.key(KeyCode::Char(letter)),
        Step::Special(which) => {
            let keys = [
                KeyCode::Enter,
                KeyCode::Esc,
                KeyCode::Tab,
                KeyCode::Up,
                KeyCode::Down,
                KeyCode::Backspace,
                KeyCode::Left,
                KeyCode::Home,
                KeyCode::BackTab,
            ];
            desk.key(keys[usize::from(which)]);
        }
        Step::Paste(text) => desk.client.input(Input::Paste(text)),
        Step::Later(ms) => desk.later(u64::from(ms)),
        Step::Draw => drop(desk.draw()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_scrollback_and_the_screen_are_what_was_handed_over(
        steps in steps(),
        (columns, rows) in prop_oneof![Just((40, 12)), Just((80, 24)), Just((23, 9))],
    ) {
        let mut desk = Desk::new(columns, rows);
        let mut calls = Vec::new();
        for step in steps {
            play(&mut desk, step, &mut calls);
            if desk.client.is_full() {
                // A page: it is left again.
                desk.key(KeyCode::Esc);
                desk.key(KeyCode::Esc);
                continue;
            }
            let mut expected = desk.draw();
            while expected.last().is_some_and(String::is_empty) {
                expected.pop();
            }
            let seen: Vec<String> =
                desk.screen.everything().iter().map(|line| line.trim_end().to_owned()).collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn no_size_makes_it_panic_and_no_row_is_too_wide(
        steps in steps(),
        sizes in proptest::collection::vec((1u16..130, 1u16..45), 1..12),
        full in any::<bool>(),
    ) {
        let mut desk = Desk::new(80, 24);
        if full {
            desk.types("/fullscreen");
            desk.key(KeyCode::Esc);
            desk.key(KeyCode::Enter);
        }
        let mut calls = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            play(&mut desk, step, &mut calls);
            let (columns, rows) = sizes[number % sizes.len()];
            (desk.columns, desk.rows) = (columns, rows);
            desk.client.resize(usize::from(columns), usize::from(rows));
            let frame = desk.client.frame();
            for line in frame.live.iter().chain(&frame.settled) {
                prop_assert!(
                    crate::text::line_width(line) <= usize::from(columns).max(8),
                    "{columns}: {line:?}"
                );
            }
            prop_assert!(frame.live.len() <= usize::from(rows).max(4), "{rows}");
            let mut bytes = Vec::new();
            Full::new(usize::from(columns), usize::from(rows))
                .draw(&frame, &table(), Sync::Plain, &mut bytes);
        }
    }
}
