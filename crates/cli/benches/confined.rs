//! What a confinement adds to a command: the same command as it is, and confined.

#![expect(clippy::unwrap_used, reason = "a benchmark fails as a test does")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::{
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

const GIMLET: &str = env!("CARGO_BIN_EXE_gimlet");

/// What a session tells its helper, with a workspace and the usual places.
fn told(work: &str) -> String {
    let at = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("\"{work}/{name}\""))
            .collect::<Vec<_>>()
            .join(",")
    };
    let protect = at(&[".git/hooks", ".git/config", ".claude", ".mcp.json"]);
    let hide = at(&["home/.ssh", "home/.aws", "home/.netrc"]);
    format!(
        "{{\"bounds\":{{\"write\":[\"{work}\"],\"protect\":[{protect}],\"hide\":[{hide}],\"network\":\"own\",\"strength\":\"namespaces\"}},\"wire\":null}}"
    )
}

fn start(bench: &mut Criterion) {
    let work = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let place = work.path().canonicalize().unwrap();
    for folder in [".git/hooks", ".claude", "home/.ssh", "home/.aws"] {
        std::fs::create_dir_all(place.join(folder)).unwrap();
    }
    for file in [".git/config", ".mcp.json", "home/.netrc"] {
        std::fs::write(place.join(file), "").unwrap();
    }
    let told = told(place.to_str().unwrap());
    let run = |command: &mut Command| {
        let command = command.current_dir(&place).stdin(Stdio::null());
        assert!(command.status().unwrap().success());
    };
    let mut group = bench.benchmark_group("start");
    group.sample_size(50);
    group.bench_function("plain", |bench| {
        bench.iter(|| run(Command::new("/bin/bash").args(["-c", ":"])));
    });
    group.bench_function("confined", |bench| {
        bench.iter(|| {
            let mut command = Command::new(GIMLET);
            run(command
                .arg0("gimlet-confined")
                .args([told.as_str(), "/bin/bash", "-c", ":"]));
        });
    });
    group.finish();
}

criterion_group!(benches, start);
criterion_main!(benches);
