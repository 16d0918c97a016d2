//! Each rule reports a tree that breaks it, and the real tree breaks none.

use super::*;
use crate::repository::{Package, SourceFile};

fn tree(files: &[(&str, &str)]) -> Repository {
    let files = files
        .iter()
        .map(|(path, text)| SourceFile::new(*path, *text));
    Repository {
        root: "/".into(),
        files: files.collect(),
        packages: Vec::new(),
    }
}

fn packages(packages: &[(&str, &[&str])]) -> Repository {
    let packages = packages.iter().map(|(name, normal)| {
        let normal: Vec<String> = normal.iter().map(|name| (*name).to_owned()).collect();
        Package {
            name: (*name).to_owned(),
            all: normal.clone(),
            normal,
        }
    });
    Repository {
        root: "/".into(),
        files: Vec::new(),
        packages: packages.collect(),
    }
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_tree_is_tidy() {
    let findings = told(&check(&Repository::read().unwrap()));
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn an_arrow_that_is_not_in_the_table_is_reported() {
    let repository = packages(&[
        ("gimlet-engine", &["gimlet-ports", "serde", "gimlet-store"]),
        ("gimlet-gateway", &["gimlet-app"]),
        (
            "gimlet-app",
            &["gimlet-engine", "gimlet-gateway", "gimlet-testkit"],
        ),
        ("gimlet-cli", &["gimlet-app", "gimlet-engine"]),
        ("gimlet-extra", &[]),
        ("xtask", &["gimlet-tools"]),
    ]);
    assert_eq!(
        told(&arrows::check(&repository)),
        [
            "gimlet-engine: must not depend on gimlet-store",
            "gimlet-gateway: must not depend on gimlet-app",
            "gimlet-app: must not depend on gimlet-gateway",
            "gimlet-app: must not depend on gimlet-testkit",
            "gimlet-cli: must not depend on gimlet-engine",
            "gimlet-extra: the crate is not in the arrow table \
             (crates/xtask/src/tidy/arrows.rs)",
        ]
    );
}

#[test]
fn a_heavy_crate_out_of_its_place_is_reported() {
    let repository = packages(&[
        ("gimlet-tools", &["grep-searcher", "image", "reqwest"]),
        ("gimlet-providers", &["reqwest"]),
        ("gimlet-engine", &["anyhow", "insta"]),
        ("gimlet-ports", &["tokio"]),
    ]);
    assert_eq!(
        told(&dependencies::placed(&repository)),
        [
            "gimlet-tools: grep-searcher may only be used by gimlet-host",
            "gimlet-tools: reqwest may only be used by gimlet-providers",
            "gimlet-engine: anyhow may only be used by gimlet-cli, xtask",
            "gimlet-engine: insta is for tests and benchmarks only",
            "gimlet-ports: must not link a runtime",
        ]
    );
}

#[test]
fn a_crate_that_is_unused_or_unexplained_is_reported() {
    let manifest = "[workspace]\nresolver = \"3\"\n\n[workspace.dependencies]\n\
                    gimlet-ports = { path = \"x\" }\n# Data\nserde = \"1\"\ntoml = \"1\"\n\n\
                    [profile.dev]\ndebug = 1\n";
    let mut repository = tree(&[
        ("Cargo.toml", manifest),
        ("docs/dependencies.md", "| `toml` |"),
    ]);
    repository.packages = packages(&[("gimlet-ports", &["serde"])]).packages;
    assert_eq!(
        told(&dependencies::explained(&repository)),
        [
            "docs/dependencies.md: `serde` has no line: what for, why this one, its licence",
            "Cargo.toml: no crate uses toml; take it out",
        ]
    );
}

#[test]
fn a_way_around_the_host_is_reported() {
    let code = "//! x\nuse std::{fs, time::Instant};\nuse std::process as p;\n\
                fn f() {\n  fs::read(\"a\");\n  tokio::fs::read(\"a\");\n  Instant::now();\n  \
                println!(\"{:?}\", std::time::SystemTime::now());\n}\n\
                #[cfg(test)]\nmod tests { fn g() { std::fs::read(\"b\"); } }\n";
    let repository = tree(&[
        ("crates/engine/src/driver.rs", code),
        ("crates/engine/src/driver/tests.rs", "use std::fs;"),
        ("crates/engine/tests/it/main.rs", "use std::fs;"),
        (
            "crates/engine/src/clock.rs",
            "use tokio::time::Instant;\nfn f() { Instant::now(); }",
        ),
        ("crates/host/src/files.rs", "use std::fs;"),
        (
            "crates/tools/src/words.rs",
            "// std::fs\nconst A: &str = \"std::fs::read\";",
        ),
    ]);
    assert_eq!(
        told(&effects::doors(&repository)),
        [
            "crates/engine/src/driver.rs:2: std::fs is not for this crate; take a `Host`",
            "crates/engine/src/driver.rs:3: std::process is not for this crate; take a `Host`",
            "crates/engine/src/driver.rs:5: std::fs is not for this crate; take a `Host`",
            "crates/engine/src/driver.rs:6: tokio::fs is not for this crate; take a `Host`",
            "crates/engine/src/driver.rs:7: std::time::Instant::now is not for this crate; use \
             `tokio::time::Instant`, which tests can stop",
            "crates/engine/src/driver.rs:8: std::time::SystemTime::now is not for this crate; \
             take the time from a `Host` or an argument",
        ]
    );
}

#[test]
fn git_that_is_started_beside_its_door_is_reported() {
    let code =
        "use std::process::Command;\nfn f() { Command::new(\"git\"); Command::new(\"sh\"); }";
    let repository = tree(&[
        ("crates/app/src/demo.rs", code),
        ("crates/trust/src/git.rs", code),
        ("crates/app/tests/it/main.rs", code),
    ]);
    assert_eq!(
        told(&effects::git(&repository)),
        ["crates/app/src/demo.rs:2: start git by `gimlet_trust::Git`"]
    );
}

#[test]
fn a_task_without_an_owner_is_reported() {
    let code = "use tokio::task;\nfn f() { task::spawn(g()); tokio::spawn(h()); s.spawn(i()); }";
    let repository = tree(&[
        ("crates/providers/src/wire.rs", code),
        ("crates/engine/src/driver.rs", code),
    ]);
    assert_eq!(
        told(&effects::tasks(&repository)),
        [
            "crates/providers/src/wire.rs:2: tasks are started in engine, host, gateway, app, cli, \
             testkit alone",
            "crates/providers/src/wire.rs:2: tasks are started in engine, host, gateway, app, cli, \
             testkit alone",
        ]
    );
}

#[test]
fn a_variable_that_is_not_registered_or_read_past_the_door_is_reported() {
    let code = "fn f() {\n std::env::var(\"SECRET_SWITCH\");\n std::env::var_os(\"HOME\");\n}";
    let repository = tree(&[
        ("crates/app/src/start.rs", code),
        (
            "crates/host/src/child.rs",
            "use std::env;\nfn f() { env::vars_os(); env::var(\"NEW\"); }",
        ),
        (
            "crates/settings/src/env.rs",
            "fn f() { std::env::vars_os(); }",
        ),
    ]);
    assert_eq!(
        told(&effects::variables(&repository)),
        [
            "crates/app/src/start.rs:2: SECRET_SWITCH is not in crates/settings/src/env_vars.rs",
            "crates/app/src/start.rs:3: take a `gimlet_settings::Env` instead of the process's \
             environment",
            "crates/host/src/child.rs:2: NEW is not in crates/settings/src/env_vars.rs",
        ]
    );
}

#[test]
fn a_variable_that_nobody_reads_is_reported() {
    let all: Vec<String> = gimlet_settings::env_vars::ALL
        .iter()
        .map(|variable| format!("f(env_vars::{});\n", variable.name))
        .collect();
    let code = |without: &str| {
        let kept: Vec<&str> = all
            .iter()
            .filter(|line| !line.contains(without))
            .map(String::as_str)
            .collect();
        format!("fn g() {{ {} }}", kept.concat())
    };
    let told_without = |without| {
        let code = code(without);
        told(&effects::registry(&tree(&[(
            "crates/app/src/start.rs",
            &code,
        )])))
    };
    assert_eq!(told_without("no such"), Vec::<String>::new());
    assert_eq!(
        told_without("::SHELL"),
        ["crates/settings/src/env_vars.rs: SHELL is registered, and nothing reads it"]
    );
}

#[test]
fn a_name_that_says_nothing_is_reported() {
    let mut repository = tree(&[
        ("crates/engine/src/utils.rs", "//! x"),
        ("crates/engine/src/turn/helpers/edit.rs", "//! x"),
        ("crates/engine/src/turn/mod.rs", "//! x"),
        ("crates/engine/src/scores.rs", "//! x"),
    ]);
    repository.packages = packages(&[("gimlet-core", &[])]).packages;
    assert_eq!(
        told(&files::names(&repository)),
        [
            "crates/engine/src/utils.rs: `utils` says nothing; name it for what it does",
            "crates/engine/src/turn/helpers/edit.rs: `helpers` says nothing; name it for what it \
             does",
            "crates/engine/src/turn/mod.rs: write foo.rs with foo/ instead of mod.rs",
            "gimlet-core: `core` says nothing; name it for what it does",
        ]
    );
}

#[test]
fn a_module_without_a_head_is_reported() {
    let repository = tree(&[
        ("crates/a/src/good.rs", "//! Says it.\nfn f() {}"),
        (
            "crates/a/src/attribute.rs",
            "#![expect(unsafe_code, reason = \"x\")]\n//! Says it.",
        ),
        ("crates/a/src/bare.rs", "fn f() {}"),
        ("crates/a/src/bare/tests.rs", "use super::*;"),
        ("crates/a/src/plain.rs", "// A comment."),
        ("crates/a/src/hollow.rs", "//!\nfn f() {}"),
        ("crates/a/src/empty.rs", ""),
    ]);
    let text = "begin the module with a `//!` line that says what it is";
    let expected: Vec<String> = ["bare", "plain", "hollow", "empty"]
        .map(|name| format!("crates/a/src/{name}.rs: {text}"))
        .to_vec();
    assert_eq!(told(&files::heads(&repository)), expected);
}

#[test]
fn a_file_that_is_too_long_is_reported() {
    let long = "x\n".repeat(801);
    let repository = tree(&[
        ("crates/a/src/long.rs", &long),
        ("crates/a/src/full.rs", &"x\n".repeat(800)),
        ("crates/a/src/long/tests.rs", &long),
    ]);
    assert_eq!(
        told(&files::sizes(&repository)),
        ["crates/a/src/long.rs: 801 lines; 800 is the limit, so split it"]
    );
}

#[test]
fn a_waiting_snapshot_is_reported() {
    let repository = tree(&[
        ("crates/a/src/snapshots/a.snap", ""),
        ("crates/a/src/snapshots/a.snap.new", ""),
        ("crates/a/src/.a.rs.pending-snap", ""),
    ]);
    assert_eq!(
        told(&files::leftovers(&repository)),
        [
            "crates/a/src/snapshots/a.snap.new: a snapshot waits: `just snap` reviews it",
            "crates/a/src/.a.rs.pending-snap: a snapshot waits: `just snap` reviews it",
        ]
    );
}

#[test]
fn a_generated_file_that_is_not_current_is_reported() {
    let mut repository = tree(&[("crates/protocol/src/op.rs", "//! x")]);
    repository.files.push(SourceFile::new(
        "docs/environment.md",
        gimlet_settings::environment_reference(),
    ));
    assert_eq!(
        told(&generated::check(&repository)),
        [
            "docs/protocol.md: the page that describes crates/protocol is missing",
            "docs/settings.md: not current: run `cargo xtask gen`",
            "docs/settings.schema.json: not current: run `cargo xtask gen`",
        ]
    );
}

#[test]
fn a_change_of_the_wire_without_a_look_at_its_page_is_reported() {
    let mut repository = tree(&[
        ("crates/protocol/src/op.rs", "//! x"),
        ("docs/protocol.md", "# Protocol\n"),
    ]);
    let page = |repository: &Repository| {
        let outputs = crate::generate::outputs(repository);
        outputs
            .into_iter()
            .find(|(path, _)| *path == "docs/protocol.md")
            .unwrap()
            .1
    };
    repository.files[1].text = page(&repository);
    let is_told = |repository: &Repository| {
        generated::check(repository)
            .iter()
            .any(|finding| finding.place == "docs/protocol.md")
    };
    assert!(!is_told(&repository));
    repository.files[0].text.push_str("\nstruct New;");
    assert!(is_told(&repository));
    repository.files[1].text = page(&repository);
    assert!(!is_told(&repository));
    assert_eq!(repository.files[1].text.matches("<!--").count(), 1);
}

#[test]
fn a_tool_without_its_papers_is_reported() {
    let code = "//! x\nimpl Tool for MultiEdit {}";
    let repository = tree(&[
        ("crates/tools/src/multi_edit.rs", code),
        ("crates/tools/src/edit.rs", code),
        ("crates/tools/src/edit.md", "Edits."),
        ("crates/tools/src/paths.rs", "//! no tool"),
        (
            "crates/tools/tests/it/snapshots/it__schemas__tool_Edit.snap",
            "{}",
        ),
        (
            "scenarios/edit.scene",
            "calls   Edit a.txt\nsays    multi_edit",
        ),
    ]);
    assert_eq!(
        told(&tools::check(&repository)),
        [
            "crates/tools/src/multi_edit.rs: the tool has no crates/tools/src/multi_edit.md",
            "crates/tools/src/multi_edit.rs: the tool has no snapshot of its schema",
            "crates/tools/src/multi_edit.rs: no scenario in scenarios/ names the tool",
        ]
    );
}

#[test]
fn tools_need_no_scenario_while_there_are_none_at_all() {
    let repository = tree(&[
        ("crates/tools/src/ls.rs", "//! x\nimpl Tool for Ls {}"),
        ("crates/tools/src/ls.md", "Lists."),
        (
            "crates/tools/src/snapshots/gimlet_tools__tests__schema@LS.snap",
            "{}",
        ),
    ]);
    assert_eq!(told(&tools::check(&repository)), Vec::<String>::new());
}
