//! How many bytes a second the sanitiser and the detector of secrets take.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gimlet_hygiene::{
    screen::{Channel, clean, for_model},
    secrets,
};
use std::hint::black_box;

/// About a megabyte, like the output of a build.
fn output() -> String {
    (0..15_000)
        .map(|number| {
            format!(
                "\u{1b}[32m   Compiling\u{1b}[0m part-{number} v0.{number}.1 (/srv/work/part)\n"
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

/// About a megabyte, like source code with the words that secrets stand next to.
fn source() -> String {
    (0..12_000)
        .map(|number| {
            format!(
                "    let token_{number} = self.next_token(); // https://h.example/{number}\n    \
                 let password = request.password.clone();\n"
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

fn passes(criterion: &mut Criterion) {
    let (output, source) = (output(), source());
    let mut group = criterion.benchmark_group("passes");
    group.throughput(Throughput::Bytes(
        u64::try_from(output.len()).unwrap_or(u64::MAX),
    ));
    group.bench_function("screen tool output", |bencher| {
        bencher.iter(|| clean(Channel::ToolOutput, black_box(&output)).len());
    });
    group.throughput(Throughput::Bytes(
        u64::try_from(source.len()).unwrap_or(u64::MAX),
    ));
    group.bench_function("screen plain text", |bencher| {
        bencher.iter(|| clean(Channel::ToolOutput, black_box(&source)).len());
    });
    group.bench_function("clean for the model", |bencher| {
        bencher.iter(|| for_model(black_box(&source)).len());
    });
    group.bench_function("find secrets", |bencher| {
        bencher.iter(|| secrets::find(black_box(&source)).len());
    });
    group.finish();
}

criterion_group!(benches, passes);
criterion_main!(benches);
