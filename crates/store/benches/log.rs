//! The log at its sizes: a long session read back, the rate of appending, a long listing.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gimlet_ports::SessionLog;
use gimlet_protocol::{
    Block, Call, CallId, Called, Fact, Incoming, Mark, OpKey, Origin, ReplyId, Returned,
    ReturnedHow, Said, SessionId, Stamp,
};
use gimlet_store::{Index, Scope, SessionFile, Store};
use std::{fs, hint::black_box, path::PathBuf, time::Duration};

const LONG_BYTES: u64 = 200_000_000;
const SESSIONS: usize = 10_000;

fn prompted(text: &str) -> Fact {
    let content = vec![Block::text(text)];
    Fact::Prompted(Incoming {
        key: OpKey::from("op"),
        origin: Origin::Person,
        content,
    })
}

/// One round of a session that works on code: a few words, a call, a result with many lines.
fn round(number: u64) -> [Vec<Fact>; 3] {
    let reply = ReplyId(format!("reply-{number}"));
    let call = CallId(format!("toolu_{number:020}"));
    let mut output = String::new();
    for line in 0..(40 + number * 37 % 900) {
        output.push_str("    let value = compute(\"name\", &mut state)?; // ");
        output.push_str(&(line * 7919 + number).to_string());
        output.push_str(if line % 9 == 0 {
            "\t→ \\d+ ünïcode 漢字\n"
        } else {
            "\n"
        });
    }
    let text = format!("I look at part {number}.\nThen I change `value` and run the tests.");
    let input = serde_json::json!({
        "file_path": format!("/work/demo/src/part{number}.rs"),
        "old_string": output.get(..200).unwrap_or_default(),
        "new_string": "let value = 1;\n",
    });
    let stamp = Stamp {
        hash: "0f".repeat(32),
        size: output.len() as u64,
        modified_ns: 1_700_000_000_123_456_789,
        whole: true,
    };
    let path = PathBuf::from(format!("/work/demo/src/part{number}.rs"));
    let called = Call {
        id: call.clone(),
        tool: "Edit".to_owned(),
        input,
        broken: None,
        opaque: None,
    };
    let returned = Returned {
        call: call.clone(),
        how: ReturnedHow::Done,
        data: Some(serde_json::json!({"stdout": output, "code": 0})),
        content: vec![Block::text(output)],
        marks: vec![Mark::Seen { path, stamp }],
        took_ms: number,
    };
    [
        vec![
            Fact::Said(Said {
                reply: reply.clone(),
                text,
                opaque: None,
            }),
            Fact::Called(Called {
                reply,
                call: called,
                door: None,
            }),
        ],
        vec![Fact::Began(call)],
        vec![Fact::Returned(Box::new(returned))],
    ]
}

fn append(log: &mut SessionFile, facts: Vec<Fact>) {
    let last = log.last();
    log.append(last, facts).unwrap();
}

fn long_log(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path());
    let id = Store::fresh_id();
    let mut log = store.create(&id, dir.path()).unwrap();
    append(&mut log, vec![prompted("begin")]);
    let mut number = 0;
    while fs::metadata(log.path()).unwrap().len() < LONG_BYTES {
        for facts in round(number) {
            append(&mut log, facts);
        }
        number += 1;
    }
    let path = log.path().to_owned();
    drop(log);
    let mut group = criterion.benchmark_group("long");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(LONG_BYTES));
    group.bench_function("open and parse 200 MB", |bencher| {
        bencher.iter(|| {
            let (log, _) = store.open(&id).unwrap();
            let entries: Vec<_> = log.read(None).unwrap().collect::<Result<_, _>>().unwrap();
            black_box(entries.len())
        });
    });
    group.bench_function("open and fold 200 MB", |bencher| {
        bencher.iter(|| {
            let (log, _) = store.open(&id).unwrap();
            black_box(
                log.read(None)
                    .unwrap()
                    .map(Result::unwrap)
                    .map(|e| e.id.0)
                    .sum::<u64>(),
            )
        });
    });
    group.bench_function("open 200 MB to append", |bencher| {
        bencher.iter(|| black_box(store.open(&id).unwrap().0.last()));
    });
    group.bench_function("card of 200 MB", |bencher| {
        bencher.iter(|| black_box(gimlet_store::scan_card(&path).unwrap()));
    });
    group.finish();
}

fn appending(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path());
    let mut log = store.create(&Store::fresh_id(), dir.path()).unwrap();
    criterion.bench_function("append one small fact", |bencher| {
        bencher.iter(|| append(&mut log, vec![Fact::Began(CallId::from("toolu_1"))]));
    });
    let [_, _, result] = round(400);
    criterion.bench_function("append a result of 50 kB", |bencher| {
        bencher.iter(|| append(&mut log, result.clone()));
    });
}

fn listing(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path());
    let folders: Vec<PathBuf> = (0..20)
        .map(|n| dir.path().join(format!("project-{n}")))
        .collect();
    for folder in &folders {
        fs::create_dir(folder).unwrap();
    }
    for (number, folder) in folders.iter().cycle().take(SESSIONS).enumerate() {
        let mut log = store
            .create(&SessionId(format!("s-{number:06}")), folder)
            .unwrap();
        append(&mut log, vec![prompted(&format!("prompt number {number}"))]);
        for facts in round(number as u64 % 30) {
            append(&mut log, facts);
        }
    }
    let mut group = criterion.benchmark_group("listing of 10,000 sessions");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    group.bench_function("from the logs", |bencher| {
        bencher.iter(|| black_box(store.list(&Scope::Everywhere).unwrap().cards.len()));
    });
    drop(Index::rebuild(&store).unwrap());
    group.bench_function("from the index", |bencher| {
        bencher.iter(|| black_box(store.list(&Scope::Everywhere).unwrap().cards.len()));
    });
    group.bench_function("search", |bencher| {
        bencher.iter(|| black_box(store.search("prompt number 4711", 20).unwrap().0.len()));
    });
    group.bench_function("newest of a folder", |bencher| {
        bencher.iter(|| black_box(store.newest(folders.first().unwrap()).unwrap()));
    });
    group.finish();
}

criterion_group!(benches, long_log, appending, listing);
criterion_main!(benches);
