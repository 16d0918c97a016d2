//! Facts of every kind, and logs made of them.

use gimlet_protocol::{
    Access, Answered, Asked, Asker, Author, Block, Call, CallId, Called, Change, Cleared,
    Compacted, Contact, EntryId, Fact, Fault, FileChange, FileState, Finish, Grant, GrantId,
    Granted, Hired, Incoming, Kept, Lane, LeftOut, Mark, Mode, NoteKind, Noted, OpKey, Opaque,
    Opened, Origin, Question, QueueLane, Queued, Reason, Refused, Reply, ReplyId, ReplyScope,
    Reported, RequestCost, Returned, ReturnedHow, ReviewOutcome, Reviewed, Rewound, Risk, Ruling,
    Said, SessionId, Snapshot, SnapshotOf, Spent, Stamp, SummaryFate, Taken, Todo, TodoStatus,
    ToolSpec, Usage, Verbatim, Verdict, Waits,
};
use serde_json::json;
use std::path::PathBuf;

pub(crate) const SESSION: &str = "01900000-0000-7000-8000-000000000001";

pub(crate) fn opened() -> Fact {
    Fact::Opened(Box::new(Opened {
        session: SessionId::from(SESSION),
        cwd: PathBuf::from("/work/demo"),
        model: "anthropic/claude".to_owned(),
        mode: Mode::Default,
        system: vec!["You are Gimlet.".to_owned()],
        preamble: vec![Block::text("AGENTS.md says: be brief.")],
        tools: vec![ToolSpec {
            name: "Read".to_owned(),
            description: "Reads a file.".to_owned(),
            input_schema: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
            risk: Risk::Low,
            lane: Lane::Shared,
        }],
        forked_from: None,
        version: "0.1.0".to_owned(),
    }))
}

pub(crate) fn prompted(text: &str) -> Fact {
    Fact::Prompted(incoming("op", text))
}

pub(crate) fn said(text: &str) -> Fact {
    Fact::Said(Said {
        reply: ReplyId::from("r1"),
        text: text.to_owned(),
        opaque: None,
    })
}

pub(crate) fn titled(title: &str) -> Fact {
    Fact::Configured(Change::Title {
        title: title.to_owned(),
    })
}

pub(crate) fn opaque(text: &str) -> Opaque {
    let data = Verbatim::parse(text.to_owned()).unwrap();
    Opaque {
        dialect: "anthropic".to_owned(),
        data,
    }
}

fn incoming(key: &str, text: &str) -> Incoming {
    Incoming {
        key: OpKey::from(key),
        origin: Origin::Person,
        content: vec![Block::text(text)],
    }
}

fn ruling(verdict: Verdict) -> Ruling {
    let because = vec![Reason {
        judge: "mode".to_owned(),
        text: "it reads inside the workspace".to_owned(),
        source: Some("--permission-mode".to_owned()),
    }];
    Ruling {
        verdict,
        because,
        confinement: None,
    }
}

pub(crate) fn returned(call: &str, text: &str, marks: Vec<Mark>) -> Fact {
    Fact::Returned(Box::new(Returned {
        call: CallId::from(call),
        how: ReturnedHow::Done,
        content: vec![Block::text(text)],
        data: Some(json!({"lines": 2, "ratio": 0.1})),
        marks,
        took_ms: 12,
    }))
}

pub(crate) fn seen(path: &str) -> Mark {
    let stamp = Stamp {
        hash: "0f".repeat(32),
        size: 12,
        modified_ns: 1_700_000_000_123_456_789,
        whole: true,
    };
    Mark::Seen {
        path: PathBuf::from(path),
        stamp,
    }
}

/// One fact of each kind, in an order that a session could have.
pub(crate) fn every_fact() -> Vec<Fact> {
    let reply = ReplyId::from("r1");
    let call = CallId::from("toolu_1");
    let marks = vec![
        seen("/work/demo/src/main.rs"),
        Mark::Cwd {
            path: PathBuf::from("/work/demo/src"),
        },
        Mark::Todos {
            todos: vec![Todo {
                content: "Run the tests".to_owned(),
                status: TodoStatus::InProgress,
                active_form: "Running the tests".to_owned(),
            }],
        },
        Mark::TurnDone,
    ];
    vec![
        opened(),
        Fact::Queued(Queued {
            incoming: incoming("op-0", "later"),
            lane: QueueLane::FollowUp,
        }),
        Fact::Withdrawn(OpKey::from("op-0")),
        prompted("Fix the bug in src/main.rs"),
        Fact::Thought(Said {
            reply: reply.clone(),
            text: "Let me look.".to_owned(),
            opaque: Some(opaque(r#"{"type":"thinking","signature":"c2ln","n":1.50}"#)),
        }),
        said("I look at the file.\nThen I \"fix\" it. 漢字 🦀"),
        Fact::Called(Called {
            reply: reply.clone(),
            call: Call {
                id: call.clone(),
                tool: "Read".to_owned(),
                input: json!({"path": "src/main.rs", "after": 1}),
                broken: None,
                opaque: None,
            },
            door: None,
        }),
        Fact::Kept(Kept {
            reply,
            opaque: opaque(r#"{"type":"server_note","x":[1,2]}"#),
        }),
        Fact::Spent(Box::new(Spent {
            asker: Asker::Main,
            provider: "anthropic".to_owned(),
            model: "claude".to_owned(),
            request_id: Some("req_1".to_owned()),
            finish: Finish::Complete,
            usage: Usage {
                input_tokens: 10,
                output_tokens: 20,
                ..Usage::default()
            },
            cost: RequestCost {
                micro_usd: Some(330),
            },
            sent_bytes: 1000,
            kept_bytes: 0,
            broke_because: None,
            first_ms: Some(120),
            total_ms: 900,
        })),
        Fact::Asked(Asked {
            call: call.clone(),
            question: Question::new(
                "read src/main.rs",
                Risk::Low,
                vec![Access::Read {
                    path: PathBuf::from("/work/demo/src/main.rs"),
                }],
                ruling(Verdict::Ask).because,
            ),
        }),
        Fact::Answered(Answered {
            call: call.clone(),
            reply: Reply::Allow {
                scope: ReplyScope::Once,
                offer: 0,
                input: None,
            },
        }),
        Fact::Cleared(Cleared {
            call: call.clone(),
            ruling: ruling(Verdict::Allow),
        }),
        Fact::Began(call.clone()),
        returned("toolu_1", "fn main() {\n\tprintln!(\"hi\");\n}\n", marks),
        Fact::Refused(Refused {
            call: CallId::from("toolu_2"),
            text: "nobody can answer".to_owned(),
            ruling: Some(ruling(Verdict::Deny)),
        }),
        Fact::Steered(incoming("op-2", "and add a test")),
        Fact::Interrupted(OpKey::from("op-3")),
        Fact::Faulted(Fault::Limit {
            kind: gimlet_protocol::LimitKind::Turns,
            text: "20 requests were made".to_owned(),
        }),
        Fact::Compacted(Box::new(Compacted {
            content: vec![Block::text("What was done so far.")],
            kept_messages: 2,
            before_tokens: 90_000,
            after_tokens: 2_000,
            trigger: "manual".to_owned(),
            summary: SummaryFate::Accepted,
        })),
        titled("The bug in main"),
        Fact::Noted(Noted {
            kind: NoteKind::Notice,
            text: "the file was cut".to_owned(),
        }),
        Fact::Resumed(OpKey::from("op-4")),
        Fact::Unknown(
            Verbatim::parse(
                r#"{"type":"dreamt","data":{"z":1.50,"a":[ 1,2 ]},"x":null}"#.to_owned(),
            )
            .unwrap(),
        ),
        Fact::Rewound(Rewound {
            key: OpKey::from("op-5"),
            from: EntryId(22),
        }),
        Fact::Closed(OpKey::from("op-6")),
        Fact::Hired(Box::new(Hired {
            call: CallId::from("call_1"),
            worker: SessionId::from("0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e60"),
            kind: "explore".to_owned(),
            task: "find the bug".to_owned(),
            name: Some("finder".to_owned()),
            depth: 1,
            waits: Waits::ForReport,
            worktree: None,
        })),
        Fact::Reported(Box::new(Reported {
            worker: SessionId::from("0199a3f0-5b7e-7c41-9d2e-0a1b2c3d4e60"),
            how: ReturnedHow::Done,
            calls: 3,
            usage: Usage::default(),
            micro_usd: 120,
            took_ms: 900,
            upto: None,
            changes: None,
        })),
        Fact::Snapshot(Box::new(Snapshot {
            of: SnapshotOf::Call {
                call: CallId::from("call_1"),
            },
            changes: vec![FileChange {
                path: PathBuf::from("/work/demo/a"),
                before: None,
                after: Some(FileState::File {
                    mode: 0o644,
                    size: 2,
                    hash: Some("ab".repeat(32)),
                }),
                author: Author::Doubtful,
            }],
            total: 1,
            set: "0001700000000024-s-call_1".to_owned(),
            beside: vec!["call_2".to_owned()],
            left_out: vec![LeftOut {
                path: PathBuf::from("/work/demo/target"),
                why: "it is a cache".to_owned(),
            }],
            taken: Taken::Late,
        })),
        Fact::Granted(Box::new(Granted {
            id: GrantId::from("g1"),
            call: CallId::from("toolu_1"),
            grant: Grant {
                title: "run `cargo test` with any arguments".to_owned(),
                rule: "Bash(cargo test:*)".to_owned(),
            },
            scope: ReplyScope::Always,
            until: None,
            saved_in: Some("/work/demo/.gimlet/settings.local.json".to_owned()),
        })),
        Fact::Revoked(GrantId::from("g1")),
        Fact::Reviewed(Reviewed {
            call: CallId::from("toolu_2"),
            model: "anthropic/claude".to_owned(),
            outcome: ReviewOutcome::Deny,
            reason: "it deletes what was not asked for".to_owned(),
        }),
        Fact::Contacted(Contact {
            host: "crates.example".to_owned(),
            port: 443,
            refused: Some("no rule speaks of the host".to_owned()),
            sent_bytes: 0,
            received_bytes: 0,
        }),
    ]
}
