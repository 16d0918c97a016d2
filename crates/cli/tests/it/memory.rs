//! `gimlet memory`: what is loaded, what is not and why, and notes; and that what is loaded is
//! what the model gets.

use crate::{
    rig::{Rig, assert_shown},
    wire::Wire,
};
use serde_json::{Value, json};
use std::fs;

fn furnished() -> Rig {
    let rig = Rig::new();
    rig.file(
        "CLAUDE.md",
        "See @docs/style.md, @~/secret.md and @lost.md.\n<!-- not shown -->\n",
    );
    rig.file("docs/style.md", "Use tabs.\n");
    rig.file("AGENTS.md", "Not this one.\n");
    rig.file(
        ".claude/rules/api.md",
        "---\npaths:\n  - src/api/**\n  - 'a['\n---\nUse JSON.\n",
    );
    rig.file("CLAUDE.local.md", "My port is 5433.\n");
    rig.file("vendor/CLAUDE.md", "Below.\n");
    fs::write(rig.home().join("secret.md"), "hidden\n").unwrap();
    fs::create_dir_all(rig.own().join("config")).unwrap();
    fs::write(rig.own().join("config/GIMLET.md"), "x".repeat(50_000)).unwrap();
    rig
}

#[test]
fn memory_shows_what_is_loaded_what_waits_and_what_is_not() {
    let rig = furnished();
    assert_shown!(rig, rig.gimlet(["memory"]).finish().quietly().out());
}

#[test]
fn memory_is_told_as_json_too() {
    let rig = furnished();
    assert_shown!(
        rig,
        rig.gimlet(["memory", "--json"]).finish().quietly().out()
    );
}

#[test]
fn without_files_memory_says_what_to_do() {
    let rig = Rig::new();
    assert_shown!(rig, rig.gimlet(["memory"]).finish().quietly().out());
}

#[test]
fn notes_are_added_and_shown() {
    let rig = Rig::new();
    let mut told = String::new();
    for arguments in [
        &["memory", "add", "Use", "tabs."][..],
        &["memory", "add", "--local", "My port is 5433."],
        &["memory", "add", "--user", "Be short."],
        &["memory", "add", "--project", "Run tests."],
    ] {
        told.push_str(&rig.gimlet(arguments).finish().quietly().out());
    }
    assert_shown!(rig, told);
    assert_eq!(
        rig.text("AGENTS.md"),
        "# Notes\n\n- Use tabs.\n- Run tests.\n"
    );
    assert_eq!(
        rig.text("CLAUDE.local.md"),
        "# Notes\n\n@AGENTS.md\n\n- My port is 5433.\n"
    );
    let rows = rig.gimlet(["memory", "--json"]).finish().quietly().json();
    let states: Vec<&str> = rows["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states.iter().filter(|state| **state == "loaded").count(),
        3,
        "{rows:#}"
    );
}

#[test]
fn an_empty_note_and_two_places_at_once_are_refused() {
    let rig = Rig::new();
    for arguments in [
        &["memory", "add", " "][..],
        &["memory", "add"],
        &["memory", "add", "--user", "--local", "x"],
    ] {
        rig.gimlet(arguments).finish().expect(2);
    }
}

/// The reminders in a request, in order.
fn reminders(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap();
    let blocks = messages
        .iter()
        .flat_map(|message| message["content"].as_array().unwrap());
    let texts = blocks.filter_map(|block| block["text"].as_str());
    texts
        .filter(|text| text.starts_with("<system-reminder>"))
        .map(str::to_owned)
        .collect()
}

/// The words of a request without the marks of what is to be cached.
fn words(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap().clone();
    let plain = messages.into_iter().map(|mut message| {
        for block in message["content"].as_array_mut().unwrap() {
            block.as_object_mut().unwrap().shift_remove("cache_control");
        }
        message.to_string()
    });
    [body["system"].to_string(), body["tools"].to_string()]
        .into_iter()
        .chain(plain)
        .collect()
}

#[test]
fn what_is_loaded_from_the_start_is_in_the_system_prompt() {
    let rig = furnished();
    let wire = Wire::saying(&["Hello."]);
    let run = rig.connected(&wire, ["-p", "Hello"]).finish().expect(0);
    let [body] = &wire.bodies()[..] else {
        panic!("one request is due")
    };
    let system = body["system"].to_string();
    for part in [
        "Use tabs.",
        "See @docs/style.md",
        "My port is 5433.",
        "[cut: 40000 of 50000",
    ] {
        assert!(system.contains(part), "{part}");
    }
    for part in [
        "Not this one.",
        "not shown",
        "hidden",
        "Below.",
        "Use JSON.",
    ] {
        assert!(!body.to_string().contains(part), "{part}");
    }
    assert_shown!(rig, run.err());
}

#[test]
fn nested_files_and_rules_are_appended_once_and_change_nothing_before() {
    let rig = furnished();
    let nested = rig.file("vendor/one.txt", "1\n");
    let api = rig.file("src/api/two.txt", "2\n");
    let wire = Wire::new();
    wire.calls("toolu_1", "Read", json!({"file_path": nested}));
    wire.calls("toolu_2", "Read", json!({"file_path": api}));
    wire.calls("toolu_3", "Read", json!({"file_path": nested, "offset": 1}));
    wire.says("Seen.");
    wire.calls("toolu_4", "Read", json!({"file_path": nested, "limit": 1}));
    wire.says("Seen again.");
    rig.connected(&wire, ["-p", "Look"]).finish().expect(0);
    rig.connected(&wire, ["-p", "Look again", "--continue"])
        .finish()
        .expect(0);
    let bodies = wire.bodies();
    let counts: Vec<usize> = bodies.iter().map(|body| reminders(body).len()).collect();
    assert_eq!(counts, [0, 1, 2, 2, 2, 2]);
    assert_shown!(rig, reminders(bodies.last().unwrap()).join("\n"));
    for pair in bodies.windows(2) {
        let [one, other] = pair else {
            panic!("two are due")
        };
        assert!(
            words(other).starts_with(&words(one)),
            "an earlier word was changed"
        );
    }
}
