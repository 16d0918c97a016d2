//! Figures of the parts that must not be slow: an answer as it streams in, a large difference,
//! a key among half a million files, an editor with a megabyte.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_tui::{
    complete::files::{Files, Progress},
    diff,
    editor::{Editor, ViewStyle},
    markdown::Stream,
    theme::{Palette, Theme},
};
use std::hint::black_box;

/// An answer with everything in it, as long as asked.
fn answer(bytes: usize) -> String {
    let page = include_str!("../src/markdown/tests/sample.md");
    page.repeat(bytes / page.len() + 1)
        .chars()
        .take(bytes)
        .collect()
}

/// Pieces between two frames: sixteen of sixteen characters in 16 ms are 16 kB a second.
const PIECES_A_FRAME: usize = 16;

fn streamed(text: &str) -> usize {
    let theme = Theme::new(Palette::Dark);
    let mut stream = Stream::default();
    let mut lines = 0;
    let mut pieces = 0_usize;
    let mut rest = text;
    while !rest.is_empty() {
        pieces += 1;
        let end = rest.char_indices().nth(16).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        stream.push(piece);
        if pieces.is_multiple_of(PIECES_A_FRAME) {
            lines += stream.take_settled(100, &theme).len();
            black_box(stream.open(100, &theme));
        }
    }
    stream.finish();
    lines + stream.take_settled(100, &theme).len()
}

fn markdown(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("an answer in pieces of 16 characters");
    group.sample_size(10);
    for kilobytes in [50, 100, 200] {
        let text = answer(kilobytes * 1000);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("{kilobytes} kB"), |bench| {
            bench.iter(|| streamed(&text));
        });
    }
    let code = format!(
        "```rust\n{}",
        "let x = call(1, \"text\"); // why\n".repeat(6000)
    );
    group.throughput(Throughput::Bytes(code.len() as u64));
    group.bench_function("one fence of 190 kB", |bench| {
        bench.iter(|| streamed(&code));
    });
    let paragraph = "words without any end ".repeat(9000);
    group.throughput(Throughput::Bytes(paragraph.len() as u64));
    group.bench_function("one paragraph of 198 kB", |bench| {
        bench.iter(|| streamed(&paragraph));
    });
    group.finish();
}

fn differences(criterion: &mut Criterion) {
    let line = |number: usize| format!("let value_{number} = compute({number});");
    let changed = |number: usize| format!("let value_{number} = recompute({number}, true);");
    let old: Vec<String> = (0..20_000).map(line).collect();
    let new = (0..20_000).map(|number| {
        if number % 10 == 0 {
            changed(number)
        } else {
            line(number)
        }
    });
    let (old, new) = (old.join("\n"), new.collect::<Vec<_>>().join("\n"));
    let theme = Theme::new(Palette::Dark);
    let mut group = criterion.benchmark_group("a difference of 20,000 lines");
    group.sample_size(10);
    group.bench_function("found", |bench| bench.iter(|| diff::between(&old, &new, 3)));
    let hunks = diff::between(&old, &new, 3);
    for (name, most_lines) in [
        ("drawn, 200 lines of it", 200),
        ("drawn, all of it", usize::MAX),
    ] {
        let view = diff::View {
            columns: 120,
            theme: &theme,
            path: "a.rs",
            most_lines,
        };
        group.bench_function(name, |bench| bench.iter(|| diff::draw(&hunks, &view)));
    }
    group.finish();
}

fn many_files() -> Files {
    let folders = [
        "src",
        "lib",
        "tests",
        "docs",
        "crates/engine",
        "packages/web-client",
        "vendor/third",
    ];
    let names = [
        "index",
        "main",
        "driver",
        "handler",
        "model",
        "view_controller",
        "session",
        "test_utils",
    ];
    let mut files = Files::default();
    let mut paths = Vec::new();
    for number in 0..500_000_usize {
        let folder = folders
            .get(number % folders.len())
            .copied()
            .unwrap_or_default();
        let name = names
            .get(number / 7 % names.len())
            .copied()
            .unwrap_or_default();
        paths.push(format!(
            "{folder}/module_{}/part_{}/{name}_{number}.rs",
            number / 500,
            number / 50 % 10
        ));
    }
    files.add(paths.iter().map(String::as_str));
    files
}

fn completion(criterion: &mut Criterion) {
    let mut files = many_files();
    let mut group = criterion.benchmark_group("a key among 500,000 files");
    group.sample_size(10);
    for query in ["s", "se", "session", "webview12"] {
        group.bench_function(format!("first answer to {query}"), |bench| {
            bench.iter(|| {
                files.search("\u{1}");
                files.search(query);
                black_box(files.hits(10))
            });
        });
        group.bench_function(format!("best answer to {query}"), |bench| {
            bench.iter(|| {
                files.search("\u{1}");
                while files.search(query) == Progress::More {}
                black_box(files.hits(10))
            });
        });
    }
    group.finish();
}

fn editor(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("an editor with a megabyte");
    let text = "some words and more of them, again and\n".repeat(26_000);
    group.sample_size(10);
    group.bench_function("put in", |bench| {
        bench.iter_batched(
            Editor::default,
            |mut editor| {
                editor.insert(&text);
                editor.view(100, 20, &ViewStyle::default())
            },
            BatchSize::LargeInput,
        );
    });
    for (name, code) in [
        ("letter at its end", KeyCode::Char('x')),
        ("row up", KeyCode::Up),
    ] {
        let mut editor = Editor::default();
        editor.insert(&text);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                editor.key(KeyEvent::new(code, KeyModifiers::NONE));
                editor.view(100, 20, &ViewStyle::default())
            });
        });
    }
    let mut editor = Editor::default();
    editor.insert(&text);
    editor.key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    group.bench_function("letter at its start", |bench| {
        bench.iter(|| {
            editor.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE));
            editor.view(100, 20, &ViewStyle::default())
        });
    });
    group.finish();
}

criterion_group!(benches, markdown, differences, completion, editor);
criterion_main!(benches);
