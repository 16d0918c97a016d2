//! Searching a tree, against ripgrep itself, and the start of a command against its shell.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that cannot run should say so and end"
)]

#[path = "../tests/it/tree.rs"]
mod tree;

use criterion::{Criterion, criterion_group, criterion_main};
use gimlet_host::{HostOptions, LocalHost};
use gimlet_ports::{
    ChildEvent, GrepMode, GrepQuery, Host, Launch, OutputTo, Program, StdinFrom, Stop,
};
use std::{
    path::Path,
    process::{Command, Stdio},
};
use tokio::runtime::Runtime;

const PATTERN: &str = r"needles?\b";

fn query(root: &Path) -> GrepQuery {
    GrepQuery {
        root: root.to_owned(),
        pattern: PATTERN.to_owned(),
        globs: Vec::new(),
        file_type: None,
        mode: GrepMode::Content,
        before: 0,
        after: 0,
        ignore_case: false,
        multiline: false,
        only_matching: false,
        offset: 0,
        limit: usize::MAX,
        line_chars: 2000,
    }
}

fn grep(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let host = LocalHost::new(HostOptions::default());
    let has_rg = Command::new("rg")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if !has_rg {
        eprintln!("skipped: ripgrep (`rg`) is not installed, nothing to compare with");
    }
    for (files, lines) in [(50, 40), (2000, 40), (8000, 100)] {
        let folder = tempfile::tempdir().unwrap();
        tree::plant(folder.path(), files, lines);
        let mut group = criterion.benchmark_group(format!("grep in {files} files"));
        group.sample_size(20);
        let query = query(folder.path());
        group.bench_function("gimlet", |bench| {
            bench.iter(|| {
                runtime
                    .block_on(host.grep(query.clone(), &Stop::new()))
                    .unwrap()
                    .matches
            });
        });
        if has_rg {
            group.bench_function("rg", |bench| {
                bench.iter(|| {
                    Command::new("rg")
                        .args(["--no-config", "--line-number", PATTERN])
                        .current_dir(folder.path())
                        .stdin(Stdio::null())
                        .output()
                        .unwrap()
                        .stdout
                        .len()
                });
            });
        }
        group.finish();
    }
}

fn start(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let host = LocalHost::new(HostOptions::default());
    let record = tempfile::NamedTempFile::new().unwrap();
    let launch = |final_cwd| Launch {
        program: Program::Shell("true".to_owned()),
        cwd: "/".into(),
        env: Vec::new(),
        stdin: StdinFrom::Null,
        output: OutputTo::Events,
        final_cwd,
    };
    let run = |launch: Launch| {
        runtime.block_on(async {
            let mut child = host.spawn(launch).unwrap();
            loop {
                if let ChildEvent::Ended(exit) = child.next().await {
                    break exit;
                }
            }
        })
    };
    let mut group = criterion.benchmark_group("true through bash");
    group.bench_function("gimlet", |bench| bench.iter(|| run(launch(None))));
    group.bench_function("gimlet with its last folder", |bench| {
        bench.iter(|| run(launch(Some(record.path().to_owned()))));
    });
    group.bench_function("standard library", |bench| {
        bench.iter(|| {
            Command::new("/bin/bash")
                .args(["-c", "true"])
                .output()
                .unwrap()
                .status
        });
    });
    group.finish();
}

criterion_group!(benches, grep, start);
criterion_main!(benches);
