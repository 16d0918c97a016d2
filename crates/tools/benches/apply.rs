//! How fast an edit is found, applied and proven in a large file.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gimlet_tools::{Change, Places, apply};
use std::hint::black_box;

/// A file of about a megabyte, like source code.
fn file() -> String {
    (0..25_000)
        .map(|number| format!("    let value_{number} = compute({number});\n"))
        .collect::<Vec<_>>()
        .concat()
}

fn change(old: &str, new: &str) -> Change {
    Change {
        old: old.to_owned(),
        new: new.to_owned(),
        places: Places::One,
    }
}

fn edits(criterion: &mut Criterion) {
    let lf = file();
    let crlf = lf.replace('\n', "\r\n");
    let old = "    let value_20000 = compute(20000);\n    let value_20001 = compute(20001);\n";
    let cases = [
        ("exact", &lf, change(old, "    let value = 1;\n")),
        ("line ends", &crlf, change(old, "    let value = 1;\n")),
        (
            "indentation",
            &lf,
            change(&old.replace("    ", "\t"), "\tlet value = 1;\n"),
        ),
        ("missing", &lf, change("let value_20000 = compute(1);", "x")),
    ];
    let mut group = criterion.benchmark_group("apply");
    for (name, text, change) in cases {
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        group.throughput(Throughput::Bytes(size));
        group.bench_function(name, |bencher| {
            bencher.iter(|| apply(black_box(text.as_bytes()), black_box(&change)));
        });
    }
    group.finish();
}

criterion_group!(benches, edits);
criterion_main!(benches);
