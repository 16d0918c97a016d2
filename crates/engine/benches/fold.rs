//! A long session taken up again: a 200 MB log read from the disk and folded.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gimlet_engine::fold_log;
use gimlet_ports::SessionLog as _;
use gimlet_protocol::{
    Asker, Block, Call, CallId, Called, Fact, Finish, Incoming, Mode, OpKey, Opened, Origin,
    ReplyId, RequestCost, Returned, ReturnedHow, Said, SessionId, Spent, Usage,
};
use gimlet_store::Store;
use std::{fs, hint::black_box, time::Duration};

const LOG_BYTES: u64 = 200_000_000;

fn opened(session: &SessionId) -> Fact {
    Fact::Opened(Box::new(Opened {
        session: session.clone(),
        cwd: "/work".into(),
        model: "anthropic/mock".to_owned(),
        mode: Mode::Default,
        system: vec!["You are Gimlet.".to_owned()],
        preamble: Vec::new(),
        tools: Vec::new(),
        forked_from: None,
        version: "0.1.0".to_owned(),
    }))
}

fn spent() -> Fact {
    Fact::Spent(Box::new(Spent {
        asker: Asker::Main,
        provider: "anthropic".to_owned(),
        model: "mock".to_owned(),
        request_id: None,
        finish: Finish::Complete,
        usage: Usage {
            input_tokens: 3,
            output_tokens: 40,
            ..Usage::default()
        },
        cost: RequestCost {
            micro_usd: Some(12),
        },
        sent_bytes: 0,
        kept_bytes: 0,
        broke_because: None,
        first_ms: Some(300),
        total_ms: 900,
    }))
}

/// One round: a few words, a call, and a result of some kilobytes of source text.
fn round(number: u64) -> [Vec<Fact>; 3] {
    let reply = ReplyId(format!("r{number}"));
    let id = CallId(format!("toolu_{number:020}"));
    let mut output = String::new();
    for line in 0..(20 + number * 37 % 600) {
        output.push_str("\tlet value = compute(\"name\", &mut state)?; // ünïcode ");
        output.push_str(&(line * 7919 + number).to_string());
        output.push('\n');
    }
    let call = Call {
        id: id.clone(),
        tool: "Bash".to_owned(),
        input: serde_json::json!({"command": format!("sed -n 1,600p src/part{number}.rs")}),
        broken: None,
        opaque: None,
    };
    let returned = Returned {
        call: id.clone(),
        how: ReturnedHow::Done,
        content: vec![Block::text(output)],
        data: None,
        marks: Vec::new(),
        took_ms: 3,
    };
    let text = format!("Looking at part {number}.");
    [
        vec![
            Fact::Said(Said {
                reply: reply.clone(),
                text,
                opaque: None,
            }),
            Fact::Called(Called {
                reply,
                call,
                door: None,
            }),
            spent(),
        ],
        vec![Fact::Began(id)],
        vec![Fact::Returned(Box::new(returned))],
    ]
}

fn fold(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let session = Store::fresh_id();
    let mut log = store.create(&session, folder.path()).unwrap();
    log.append(None, vec![opened(&session)]).unwrap();
    let prompt = Incoming {
        key: OpKey::from("p"),
        origin: Origin::Person,
        content: vec![Block::text("Read everything.")],
    };
    log.append(None, vec![Fact::Prompted(prompt)]).unwrap();
    let path = store.path(&session).unwrap();
    let mut number = 0;
    while fs::metadata(&path).unwrap().len() < LOG_BYTES {
        for facts in round(number) {
            log.append(None, facts).unwrap();
        }
        number += 1;
    }
    let mut group = c.benchmark_group("fold");
    group.throughput(Throughput::Bytes(fs::metadata(&path).unwrap().len()));
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(12));
    group.bench_function("open_read_and_fold_200_mb", |b| {
        b.iter(|| {
            let view = store.view(&session).unwrap();
            black_box(fold_log(|| view.read(None)).unwrap().index.messages().len())
        });
    });
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);
