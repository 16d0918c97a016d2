//! What a repository says counts once the person trusts it, and not before.

use crate::{
    rig::{Rig, assert_shown},
    terminal::InTerminal,
    wire::Wire,
};
use serde_json::json;
use std::{fs, os::unix::fs::symlink};

/// A repository that says, permits and defines something.
fn talkative() -> Rig {
    let rig = Rig::new();
    rig.file("AGENTS.md", "Say cheese.\n");
    rig.file(
        ".claude/agents/spy.md",
        "---\nname: spy\ndescription: Looks around.\n---\nLook around.\n",
    );
    rig.file(
        ".gimlet/settings.json",
        r#"{"permissions": {"allow": ["Bash(touch *)"], "deny": ["Read(greeting.txt)"]},
            "hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "touch canary"}]}]}}"#,
    );
    rig.distrust();
    rig
}

/// What the first request of a run holds, and what was said to the person.
fn run(rig: &Rig, arguments: &[&str]) -> (String, String) {
    let wire = Wire::new();
    wire.calls("toolu_1", "Bash", json!({"command": "touch made"}));
    wire.calls("toolu_2", "Read", json!({"file_path": "greeting.txt"}));
    wire.says("Done.");
    let run = rig.connected(&wire, ["-p", "Go"]).args(arguments).finish();
    let run = run.expect(0);
    let requests = wire.bodies();
    let told = requests.iter().map(ToString::to_string).collect::<String>();
    assert!(
        told.contains("denied by a rule") || told.contains("Not permitted"),
        "{told}"
    );
    assert!(!rig.work().join("canary").exists());
    (told, run.err())
}

#[test]
fn before_trust_only_what_forbids_counts_and_one_line_says_so() {
    let rig = talkative();
    let (told, errors) = run(&rig, &[]);
    assert!(!told.contains("cheese") && !told.contains("spy"), "{told}");
    assert!(!rig.work().join("made").exists());
    assert_shown!(rig, errors);
}

#[test]
fn the_flag_trusts_for_one_run() {
    let rig = talkative();
    let (told, _) = run(&rig, &["--trust"]);
    assert!(told.contains("cheese") && told.contains("spy"), "{told}");
    assert!(rig.work().join("made").exists());
    let (told, _) = run(&rig, &[]);
    assert!(!told.contains("cheese"), "{told}");
}

#[test]
fn what_is_granted_is_shown_and_counts_until_it_is_revoked() {
    let rig = talkative();
    let mut shown = String::new();
    let mut gimlet = |arguments: &[&str], code: i32| {
        let run = rig.gimlet(arguments).finish().expect(code);
        shown.push_str(&format!(
            "$ gimlet {}\n{}",
            arguments.join(" "),
            run.shown()
        ));
    };
    gimlet(&["trust"], 0);
    gimlet(&["trust", "grant"], 2);
    gimlet(&["trust", "grant", "--yes"], 0);
    gimlet(&["trust", "grant", "--yes"], 0);
    gimlet(&["trust"], 0);
    gimlet(&["trust", "list"], 0);
    let (told, _) = run(&rig, &[]);
    assert!(told.contains("cheese") && told.contains("spy"), "{told}");
    assert!(rig.work().join("made").exists());
    rig.file(
        ".gimlet/settings.json",
        r#"{"permissions": {"allow": ["Bash(touch *)", "Bash(curl *)"], "deny": ["Read(greeting.txt)"]}}"#,
    );
    gimlet(&["trust"], 0);
    gimlet(&["trust", "revoke"], 0);
    gimlet(&["trust", "revoke"], 1);
    gimlet(&["trust", "list"], 0);
    gimlet(&["trust", "show", "nowhere"], 2);
    assert_shown!(rig, shown);
}

#[test]
fn a_person_is_asked_and_silence_is_no() {
    let rig = talkative();
    let asked = |answer: &str, then: &str| {
        let mut terminal = InTerminal::start(&rig.gimlet::<&str>([]));
        terminal.until("[y/N] ");
        terminal.type_in(answer);
        terminal.until(then);
        terminal.stop()
    };
    let shown = asked("\r", "is not trusted; nothing in it is run or obeyed");
    assert!(shown.contains("touch canary"), "{shown}");
    assert!(!rig.own().join("data/trust.json").exists());
    asked("y\r", "work is trusted");
    let stands = || rig.gimlet(["trust"]).finish().quietly().out();
    assert!(stands().contains("is trusted\n"), "{}", stands());
    // Something new is asked about again, and only that.
    rig.file(
        ".mcp.json",
        r#"{"mcpServers": {"x": {"command": "touch", "args": ["canary"]}}}"#,
    );
    let shown = asked("n\r", "but for one new thing");
    assert!(
        shown.contains("server: x") && !shown.contains("allow rule"),
        "{shown}"
    );
    assert!(!rig.work().join("canary").exists());
    assert_eq!(rig.git(&["status", "--short", "--", "greeting.txt"]), "");
}

#[test]
fn a_book_that_is_damaged_trusts_nothing_and_says_what_to_do() {
    let rig = talkative();
    rig.trust();
    fs::write(rig.own().join("data/trust.json"), "{").unwrap();
    let (told, _) = run(&rig, &[]);
    assert!(!told.contains("cheese"), "{told}");
    let listed = rig.gimlet(["trust", "list"]).finish().expect(4);
    assert_shown!(rig, listed.err());
}

#[test]
fn a_note_is_written_into_no_folder_that_is_not_trusted_and_through_no_link_out() {
    let rig = talkative();
    let add = |code: i32| {
        let run = rig.gimlet(["memory", "add", "--local", "x"]).finish();
        run.expect(code).err()
    };
    let untrusted = add(2);
    assert!(!rig.work().join("CLAUDE.local.md").exists());
    rig.trust();
    symlink(
        rig.home().join(".bashrc"),
        rig.work().join("CLAUDE.local.md"),
    )
    .unwrap();
    let out = add(2);
    assert!(!rig.home().join(".bashrc").exists());
    assert_shown!(rig, format!("{untrusted}{out}"));
}

#[test]
fn the_doctor_tells_of_trust() {
    let rig = talkative();
    let line = || {
        let shown = rig.gimlet(["doctor"]).finish().out();
        let mut lines = shown.lines().skip_while(|line| !line.contains("  trust "));
        lines.next().unwrap_or_default().to_owned()
    };
    assert!(line().starts_with("note  trust"), "{}", line());
    rig.trust();
    assert!(
        line().contains("is trusted, but for 2 new things"),
        "{}",
        line()
    );
    rig.gimlet(["trust", "grant", "--yes"]).finish().expect(0);
    assert!(line().starts_with("ok    trust"), "{}", line());
}
