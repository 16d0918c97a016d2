//! What one ruling costs: everyday commands, and the largest that is analysed.

use criterion::{Criterion, criterion_group, criterion_main};
use gimlet_policy::{NoLinks, Policy, Request, RuleSource, Rules, Site};
use gimlet_protocol::{Access, Mode, Verdict};
use serde_json::json;
use std::hint::black_box;

fn rules() -> Rules {
    let source = RuleSource {
        name: "bench".to_owned(),
        folder: "/work/shop".into(),
        ..RuleSource::default()
    };
    let mut rules = Rules::default();
    for rule in ["Bash(cargo test:*)", "Bash(npm run *)", "Edit(src/**)"] {
        rules.add(Verdict::Allow, rule, &source);
    }
    for rule in [
        "Bash(rm:*)",
        "Bash(git push:*)",
        "Read(~/.ssh/**)",
        "Read(.env)",
    ] {
        rules.add(Verdict::Deny, rule, &source);
    }
    rules
}

fn ruling(bench: &mut Criterion) {
    let rules = rules();
    let policy = Policy {
        rules: &rules,
        ground: &NoLinks,
    };
    let site = Site {
        root: "/work/shop".into(),
        cwd: "/work/shop".into(),
        home: Some("/home/me".into()),
        ..Site::default()
    };
    let long = "cargo test --workspace && ".repeat(380) + "ls";
    let commands = [
        ("look", "git status --short && ls -la src | head -20"),
        ("rule", "cargo test -p shop -- --nocapture 2>&1 | tail -40"),
        (
            "question",
            "curl -s https://shop.example/health | jq .status",
        ),
        ("longest", long.as_str()),
    ];
    let mut group = bench.benchmark_group("ruling");
    for (name, command) in commands {
        let accesses = [Access::Run {
            command: command.to_owned(),
            cwd: site.cwd.clone(),
        }];
        let input = json!({ "command": command });
        let request = Request {
            tool: "Bash",
            input: &input,
            accesses: &accesses,
            site: &site,
            mode: Mode::Default,
        };
        group.bench_function(name, |bench| {
            bench.iter(|| policy.decide(black_box(&request)).verdict());
        });
    }
    let accesses = [Access::Write {
        path: "/work/shop/src/main.rs".into(),
    }];
    let input = json!({ "file_path": "src/main.rs" });
    let request = Request {
        tool: "Edit",
        input: &input,
        accesses: &accesses,
        site: &site,
        mode: Mode::Default,
    };
    group.bench_function("edit", |bench| {
        bench.iter(|| policy.decide(black_box(&request)).verdict());
    });
    group.finish();
}

criterion_group!(benches, ruling);
criterion_main!(benches);
