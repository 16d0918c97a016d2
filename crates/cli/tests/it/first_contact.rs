//! What a person meets first: help, version, the welcome, the doctor, lists, the demonstration.

use crate::rig::{KEY, Rig, assert_shown, files};
use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _};

#[test]
fn help_names_every_command_and_flag() {
    let rig = Rig::new();
    rig.distrust();
    assert_shown!(
        rig,
        rig.gimlet(["--help"])
            .env("COLUMNS", "100")
            .finish()
            .quietly()
            .out()
    );
    assert_eq!(files(&rig.home()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn every_command_explains_itself() {
    let rig = Rig::new();
    let mut text = String::new();
    for command in [
        "sessions",
        "rewind",
        "cost",
        "context",
        "compact",
        "auth",
        "doctor",
        "tools",
        "features",
        "demo",
        "completions",
        "man",
    ] {
        let help = rig
            .gimlet([command, "--help"])
            .env("COLUMNS", "100")
            .finish()
            .quietly();
        writeln!(text, "$ gimlet {command} --help\n{}", help.out()).unwrap();
    }
    assert_shown!(rig, text);
}

#[test]
fn the_version_is_told_by_all_three_spellings() {
    let rig = Rig::new();
    let version = format!("{} (Gimlet)\n", env!("CARGO_PKG_VERSION"));
    for flag in ["--version", "-v", "-V"] {
        assert_eq!(rig.gimlet([flag]).finish().quietly().out(), version);
    }
}

#[test]
fn without_arguments_it_says_what_is_configured_and_what_to_do_next() {
    let rig = Rig::new();
    rig.distrust();
    let nothing: [&str; 0] = [];
    let without = rig.gimlet(nothing).finish().quietly().out();
    let with = rig
        .gimlet(nothing)
        .env("ANTHROPIC_API_KEY", KEY)
        .finish()
        .quietly()
        .out();
    assert_shown!(rig, format!("{without}\n# with a key\n{with}"));
    assert_eq!(files(&rig.home()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_prompt_without_p_and_a_mistyped_command_are_told_apart() {
    let rig = Rig::new();
    let mut text = String::new();
    for words in ["fix the tests", "sesions", "docter", "hello"] {
        let run = rig.gimlet([words]).finish().expect(2);
        writeln!(text, "$ gimlet {words:?}\n{}", run.shown()).unwrap();
    }
    assert_shown!(rig, text);
}

#[test]
fn the_doctor_reports_every_check_with_what_to_do() {
    let rig = Rig::new();
    let report = rig.gimlet(["doctor", "--json"]).finish().quietly().json();
    assert_eq!(report["good"], true);
    let checks = report["checks"].as_array().unwrap();
    let mut names = checks.iter().map(|check| check["name"].as_str().unwrap());
    for name in [
        "gimlet",
        "model",
        "key of anthropic",
        "keyring",
        "git",
        "bash",
        "terminal",
        "confinement",
        "config folder",
        "data folder",
        "cache folder",
    ] {
        assert!(
            names.any(|found| found == name),
            "{name} is missing or out of order: {report:#}"
        );
    }
    let missing_key = checks
        .iter()
        .find(|check| check["name"] == "key of anthropic")
        .unwrap();
    assert_eq!(missing_key["finding"], "note");
    assert!(
        missing_key["hint"]
            .as_str()
            .unwrap()
            .contains("ANTHROPIC_API_KEY")
    );
    let text = rig.gimlet(["doctor"]).finish().quietly().out();
    for check in checks {
        assert!(
            text.contains(check["text"].as_str().unwrap()),
            "{text}\nlacks {check}"
        );
    }
}

#[test]
fn the_doctor_fails_when_something_is_bad_and_names_it() {
    let rig = Rig::new();
    rig.settings("{\n  \"maxTurns\": \"ten\"\n}\n");
    let run = rig.gimlet(["doctor", "--json"]).finish().expect(1);
    assert_eq!(run.err(), "");
    let report = run.json();
    assert_eq!(report["good"], false);
    let bad: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["finding"] == "bad")
        .cloned()
        .collect();
    assert_shown!(rig, format!("{:#}", serde_json::Value::Array(bad)));
}

#[test]
fn the_tools_are_listed_with_risk_and_permission() {
    let rig = Rig::new();
    assert_shown!(rig, rig.gimlet(["tools"]).finish().quietly().out());
    let list = rig.gimlet(["tools", "--json"]).finish().quietly().json();
    let names: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    for name in [
        "Read",
        "Write",
        "Edit",
        "MultiEdit",
        "Glob",
        "Grep",
        "LS",
        "Bash",
        "TaskOutput",
        "TaskStop",
        "TodoWrite",
        "StructuredOutput",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
}

#[test]
fn features_are_listed_and_show_what_the_person_chose() {
    let rig = Rig::new();
    let name = "fine-grained-tool-streaming";
    let line = |state: &str| {
        let run = rig
            .gimlet(["features"])
            .env("GIMLET_FEATURES", state)
            .finish()
            .quietly();
        run.out()
            .lines()
            .find(|line| line.contains(name))
            .unwrap()
            .to_owned()
    };
    assert!(line(name).starts_with("on "));
    assert!(line(&format!("-{name}")).starts_with("off"));
}

#[test]
fn the_demonstration_does_a_task_and_leaves_nothing() {
    let rig = Rig::new();
    rig.distrust();
    let run = rig
        .gimlet(["demo"])
        .env("TMPDIR", rig.home())
        .finish()
        .quietly();
    let text = rig.snapshots();
    text.bind(|| {
        let shown = run
            .out()
            .replace(&rig.home().display().to_string(), "[HOME]");
        insta::assert_snapshot!(shown);
    });
    assert_eq!(files(&rig.home()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_demonstration_can_be_kept_and_looked_at() {
    let rig = Rig::new();
    rig.distrust();
    let run = rig
        .gimlet(["demo", "--keep"])
        .env("TMPDIR", rig.home())
        .finish()
        .quietly();
    let last = run.out().lines().last().unwrap().to_owned();
    let demo = fs::read_dir(rig.home())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let expected = format!(
        "The repository is {}, and the session's log is in {}.",
        demo.join("repo").display(),
        demo.join("home").display()
    );
    assert_eq!(last, expected);
    let log = std::process::Command::new("git")
        .args(["log", "--format=%s"])
        .current_dir(demo.join("repo"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(log.stdout).unwrap(), "Add statistics\n");
    let tests = std::process::Command::new("sh")
        .arg("test.sh")
        .current_dir(demo.join("repo"))
        .output()
        .unwrap();
    assert!(tests.status.success());
    // The session can be looked at like any other.
    let list = rig
        .gimlet(["sessions", "list", "--all"])
        .env("GIMLET_HOME", demo.join("home"))
        .finish()
        .quietly();
    assert!(
        list.out().contains("The tests in this repository fail."),
        "{}",
        list.shown()
    );
}

#[test]
fn the_demonstration_says_so_when_git_is_missing() {
    let rig = Rig::new();
    let bare = rig.home().join("bin");
    fs::create_dir(&bare).unwrap();
    fs::set_permissions(&bare, fs::Permissions::from_mode(0o755)).unwrap();
    let run = rig
        .gimlet(["demo"])
        .without_env("PATH")
        .env("PATH", &bare)
        .env("TMPDIR", rig.root())
        .finish()
        .expect(4);
    assert_shown!(rig, run.shown());
}

#[test]
fn completions_and_the_manual_page_name_every_command() {
    let rig = Rig::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = rig.gimlet(["completions", shell]).finish().quietly().out();
        for word in [
            "sessions",
            "rewind",
            "doctor",
            "permission-mode",
            "allowedTools",
        ] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let script = rig.root().join("gimlet.bash");
    fs::write(&script, rig.gimlet(["completions", "bash"]).finish().out()).unwrap();
    let understood = std::process::Command::new("bash")
        .arg("-n")
        .arg(&script)
        .status()
        .unwrap();
    assert!(understood.success());
    let page = rig.gimlet(["man"]).finish().quietly().out();
    assert!(
        page.starts_with(".ie") && page.contains(".TH gimlet 1"),
        "{page}"
    );
}

#[test]
fn an_unknown_shell_is_refused_with_the_known_ones() {
    let rig = Rig::new();
    assert_shown!(
        rig,
        rig.gimlet(["completions", "tcsh"])
            .finish()
            .expect(2)
            .shown()
    );
}
